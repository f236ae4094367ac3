"""What is said besides the matter: an alarm taken back, and bare answers that name no danger."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.codec import decode, encode
from flows.model import Category, Emergency, Ranked, Understanding
from nlu.assemble import Alarm, Answers
from nlu.runtime import Runtime
from nlu.wordlist import WordList


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("sudah aman", "safe"),
        ("sdh aman pak makasih", "safe"),
        ("ga jadi, apinya sudah padam", "safe"),
        ("udah ditolong warga", "safe"),
        ("sudahmi ditolong orang, tidak usah lagi kirim", "safe"),
        ("wis aman mas", "safe"),
        ("alhamdulillah sudah ditangani damkar", "safe"),
        ("tdk apa2 pak", "safe"),
        ("the fire is out", "safe"),
        ("bercanda kok", "joke"),
        ("cuma bercanda", "joke"),
        ("iseng aja pak", "joke"),
        ("maaf salah kirim tadi", "joke"),
        ("PRANK hehe", "joke"),
        ("kepencet pak maaf", "joke"),
        ("belum aman pak", "none"),
        ("sudah dipadamkan tapi masih berasap", "none"),
        ("satu sudah dibawa, satu lagi masih terjepit", "none"),
        ("apakah sudah aman?", "none"),
        ("listrik sudah padam 3 hari", "none"),
        ("ini bukan bercanda", "none"),
        ("serius pak bukan prank", "none"),
        ("salah kirim foto", "none"),
        ("ada orang iseng lempar batu ke kaca sekolah", "none"),
        ("jalan rusak di bengalon", "none"),
        ("ya", "none"),
        ("", "none"),
    ],
)
def test_an_alarm_taken_back(word_list: WordList, now: datetime, text: str, over: str) -> None:
    assert word_list.parse(text, now).over == over


def test_the_model_says_the_same(runtime: Runtime, now: datetime) -> None:
    assert [runtime.parse(text, now).over for text in ("sudah aman", "cuma bercanda", "jalan rusak")] == [
        "safe", "joke", "none",
    ]  # fmt: skip


def test_a_long_story_takes_nothing_back(word_list: WordList, now: datetime) -> None:
    story = "sudah aman katanya orang kampung sebelah waktu saya lewat tadi sore mau ke pasar beli ikan sama sayur"
    assert word_list.parse(story, now).over == "none"


def test_a_live_danger_is_never_over(word_list: WordList, now: datetime) -> None:
    live = Answers((Ranked("darurat", 1.0),), Category(), Emergency("live", "kebakaran", 0.99))
    said = word_list.assembly.understanding("sudah aman", ["sudah", "aman"], live, Alarm(), now)
    assert (said.emergency.level, said.over) == ("live", "none")


@pytest.mark.parametrize("text", ["rumah bapak", "di rumah saya", "anak saya", "belakang rumah pak rt", "RUMAH IBU"])
def test_a_bare_answer_is_not_asked_about(word_list: WordList, runtime: Runtime, now: datetime, text: str) -> None:
    assert runtime.parse(text, now).emergency.level == "none"
    ask = Answers((Ranked("darurat", 0.6), Ranked("jawaban", 0.4)), Category(), Emergency("ask", "medis", 0.3))
    said = word_list.assembly.understanding(text, word_list.words.normaliser.tokens(text), ask, Alarm(), now)
    assert (said.intent, said.emergency) == ("jawaban", Emergency("none", None, 0.3))


@pytest.mark.parametrize("text", ["rumah terbakar", "tolong anak saya", "anak saya hilang", "di rumah saya ada ular"])
def test_a_word_of_danger_or_need_still_counts(word_list: WordList, now: datetime, text: str) -> None:
    ask = Answers((Ranked("darurat", 0.6), Ranked("jawaban", 0.4)), Category(), Emergency("ask", "medis", 0.3))
    said = word_list.assembly.understanding(text, word_list.words.normaliser.tokens(text), ask, Alarm(), now)
    assert said.emergency.level != "none"


def test_the_codec_carries_it() -> None:
    assert decode(Understanding, encode(Understanding(over="joke"))).over == "joke"
    assert "over" not in encode(Understanding())


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("mau lapor", "lapor"),
        ("saya mau lapor pak", "lapor"),
        ("pak mau lapor dong", "lapor"),
        ("batal aja bu", "batal"),
        ("iya bener pak", "setuju"),
        ("kirim min", "setuju"),
        ("petugas dong kak", "petugas"),
        ("gak jadi lapor", "batal"),
    ],
)
def test_a_global_word_stays_one_whoever_is_addressed(
    word_list: WordList, runtime: Runtime, now: datetime, text: str, intent: str
) -> None:
    assert word_list.parse(text, now).intent == intent
    assert runtime.parse(text, now).intent == intent
