"""Beside the matter: greetings, thanks, questions, complaints about the bot. Answered, then back to the question."""

from __future__ import annotations

from flows import status
from flows.model import Say, State, Text
from flows.options import options

ANSWERS = {
    "salam": "greeting",
    "terima_kasih": "you_are_welcome",
    "bantuan": "help",
    "keluhan_bot": "sorry_bot",
    "luar_topik": "off_topic",
    "privasi": "privacy",
    "tanya_informasi": "no_answer_known",
}
"""Intent -> text key. Questions about services are never answered from the air: they can be filed."""


def is_digression(intent: str) -> bool:
    return intent in ANSWERS or intent == "cek_status"


def answer(state: State, event: Text) -> Say:
    """One bubble that answers, without a question of its own while another is pending."""
    intent = event.understanding.intent
    if intent == "cek_status" or status.named_ticket(event.text):
        say = status.answer(state, event.text)[0]
        assert isinstance(say, Say)
        return say
    return Say(ANSWERS.get(intent, "off_topic"))


def menu() -> Say:
    return Say("menu", options=options("report:new", "status", "staff"))
