"""A frequent question: its answer with source and date, and the way to ask it officially all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flows.asking import proceed
from flows.draft import absorb, begin
from flows.model import Name, Say, State, Step, Text
from flows.options import options, question


def bubble(answer: str) -> Say:
    """The answer alone, for when another question is pending."""
    return Say("faq", {"answer": Name("faq", answer)})


def answer(state: State, event: Text, answer: str) -> Step:
    """Answer, and keep the question itself, so that one tap makes it a permintaan informasi."""
    say = replace(bubble(answer), options=options("question:file"))
    begun = begin(state, event.at)
    assert begun.draft is not None
    draft = absorb(begun.draft, event, event.text, event.understanding)
    draft = replace(draft, classification="permintaan_informasi", photo_settled=True)
    return Step(replace(state, asked=draft, question=question("faq", say)), (say,))


def file(state: State, at: datetime) -> Step:
    """The answer was not enough: gather what the kept question still lacks, then show the summary."""
    assert state.asked is not None
    return proceed(replace(state, draft=state.asked, asked=None, question=None), at)
