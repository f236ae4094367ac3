"""The exported model in process: consistent, fast, and unstoppable."""

from __future__ import annotations

import gzip
import statistics
import time
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.model import Understanding
from nlu.labelled import read
from nlu.model import PLAIN, READER, WEIGHTS, Model
from nlu.places import Gazetteer
from nlu.runtime import Runtime
from tests.nlu.conftest import NOW


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("batal", "batal"),
        ("Menu", "bantuan"),
        ("ULANG", "ulang"),
        ("petugas", "petugas"),
        ("status", "cek_status"),
        ("kirim", "setuju"),
        ("lewati", "lewati"),
        ("ga", "tolak"),
        ("y", "setuju"),
    ],
)
def test_global_words_are_certain(runtime: Runtime, now: datetime, text: str, intent: str) -> None:
    said = runtime.parse(text, now)
    assert (said.intent, said.confidence) == (intent, 1.0)


def test_a_whole_report_is_read_at_once(runtime: Runtime, now: datetime) -> None:
    said = runtime.parse(
        "sejak kemarin lampu jalan mati di desa sepaso bengalon dekat masjid, tlg nama sy jangan disebut", now
    )
    assert said.intent == "lapor"
    assert said.category.ranking[0].code == "lampu_jalan"
    assert said.place.kecamatan == "64.08.09"
    assert said.date == date(2026, 11, 23)
    assert said.anonymity == "anonim"
    assert said.emergency.level == "none"


def test_live_danger(runtime: Runtime, now: datetime) -> None:
    said = runtime.parse("tolong pak rumah tetangga kebakaran sekarang apinya besar", now)
    assert (said.intent, said.emergency.level, said.emergency.type) == ("darurat", "live", "kebakaran")


def test_a_bare_wish_to_report_has_no_category(runtime: Runtime, now: datetime) -> None:
    said = runtime.parse("mau lapor", now)
    assert (said.intent, said.category.code, said.category.certainty) == ("lapor", None, "unknown")
    assert len(said.category.ranking) == 26


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the street light in front of my house has been broken for a week", "en"),
        ("potholes everywhere, please fix the road", "en"),
        ("jalan rusak parah pak", "id"),
        ("min update dong progress laporan gue", "id"),
        ("", "id"),
    ],
)
def test_language(runtime: Runtime, now: datetime, text: str, language: str) -> None:
    assert runtime.parse(text, now).language == language


@pytest.mark.parametrize(
    "text", ["", " ", "\x00\x01\x1f", "a" * 20_000, "tolong " * 3000, "\ud800", "🔥" * 500, "[a](b) {c}"]
)
def test_nothing_stops_it(runtime: Runtime, now: datetime, text: str) -> None:
    assert isinstance(runtime.parse(text, now), Understanding)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=400))
def test_intent_and_level_agree(runtime: Runtime, text: str) -> None:
    said = runtime.parse(text, NOW)
    if said.emergency.level == "live":
        assert said.intent == "darurat"
    if said.intent == "darurat":
        assert said.emergency.level != "none"
    assert (said.emergency.type is None) == (said.emergency.level == "none")
    assert 0.0 <= said.emergency.score <= 1.0
    assert sum(entry.confidence for entry in said.category.ranking) == pytest.approx(1.0, abs=1e-3)


async def test_many_texts_keep_their_order(runtime: Runtime, now: datetime) -> None:
    texts = ["batal", "petugas", "ulang"]
    assert [said.intent for said in await runtime.understand(texts, now)] == texts


def test_size_start_and_speed(gazetteer: Gazetteer) -> None:
    files = [path for path in Path("data/model").iterdir() if path.is_file()]
    assert {PLAIN, WEIGHTS, READER, "manifest.json", "parity.jsonl"} == {path.name for path in files}
    assert sum(path.stat().st_size for path in files) < 5_000_000
    start = time.perf_counter()
    loaded = Runtime.load(Path("data/model"), gazetteer)
    assert time.perf_counter() - start < 3.0, "goal is 1 s on a quiet machine"
    texts = [message.text for message in read([Path("data/nlu/dev")])[::7]]
    took = []
    for text in texts:
        begun = time.perf_counter()
        loaded.parse(text, NOW)
        took.append(time.perf_counter() - begun)
    assert statistics.median(took) < 0.003, "goal is 1 ms on a quiet machine"


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    for name in (PLAIN, WEIGHTS, READER):
        (tmp_path / name).write_bytes((Path("data/model") / name).read_bytes())
    return tmp_path


def test_an_export_of_another_vocabulary_is_refused(damaged: Path) -> None:
    text = gzip.decompress((damaged / PLAIN).read_bytes()).decode()
    (damaged / PLAIN).write_bytes(gzip.compress(text.replace('"words":["', '"words":["zzz","', 1).encode()))
    with pytest.raises(ValueError, match=r"does not fit|lists of words|vocabulary"):
        Model.load(damaged)


@pytest.mark.parametrize("kept", [b"", b"no gzip", gzip.compress(b"[]", mtime=0), gzip.compress(b"{", mtime=0)])
def test_damaged_plain_values_are_refused(damaged: Path, kept: bytes) -> None:
    (damaged / PLAIN).write_bytes(kept)
    with pytest.raises(ValueError, match=r"damaged|holds no model|Expecting"):
        Model.load(damaged)


def test_half_a_plain_file_is_refused(damaged: Path) -> None:
    (damaged / PLAIN).write_bytes((damaged / PLAIN).read_bytes()[:5000])
    with pytest.raises(ValueError, match="damaged"):
        Model.load(damaged)


def test_half_a_model_is_refused_rather_than_used(damaged: Path) -> None:
    (damaged / READER).unlink()
    with pytest.raises(OSError, match=READER):
        Model.load(damaged)


@pytest.mark.parametrize("text", ["/help", "/start", "/HELP@kutim_bot", "/menu"])
def test_a_command_for_help_is_no_cry_for_help(runtime: Runtime, now: datetime, text: str) -> None:
    said = runtime.parse(text, now)
    assert (said.intent, said.emergency.level) == ("bantuan", "none")
