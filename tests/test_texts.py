"""The texts are whole, fit every channel, and say in an emergency what must be said first."""

from __future__ import annotations

import ast
import csv
import re
import shutil
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.base import Limits
from bot.sentences import SENTENCES
from bot.texts import LANGUAGES, Texts, TextsBroken, shortened
from flows import digress, model
from flows.model import Language, Name, Option, Say
from flows.options import option, options

ROOT = Path(__file__).parents[1]
TEXTS = ROOT / "data" / "texts"
WHATSAPP = Limits(text=1600, text_with_buttons=1024, buttons=3, button_title=20, rows=10, row_title=24)
TELEGRAM = Limits()
PLAIN = Limits(buttons=0)
LABELS = yaml.safe_load((ROOT / "data" / "labels.yml").read_text(encoding="utf-8"))
MOMENT = datetime(2026, 11, 24, 13, 40, tzinfo=UTC)
EXPANDS = {
    "report_": [s for s in typing.get_args(model.ReportState) if s not in ("queued", "filing")],
    "received_": list(typing.get_args(model.OtherKind)),
    "photo_": list(typing.get_args(model.PhotoProblem)),
    "emergency_": ["resolved", "not_emergency"],
}
"""What the dialogue may put behind these beginnings of a key."""


def place_names() -> dict[str, str]:
    """Display names as the gazetteer gives them."""
    names = {}
    with (ROOT / "data" / "places" / "wilayah.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kecamatan = f"Kec. {row['kecamatan']}"
            kind = {"desa": "Desa", "kelurahan": "Kel."}.get(row["kind"])
            names[row["code"]] = f"{kind} {row['name']}, {kecamatan}" if kind else kecamatan
    return names


PLACES = place_names()
LONGEST = max(PLACES, key=lambda code: len(PLACES[code]))


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(TEXTS, PLACES.__getitem__)


# --- what the dialogue says --------------------------------------------------------------------------


def sources() -> Iterator[ast.AST]:
    for file in sorted((ROOT / "flows").glob("*.py")):
        yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def words_of(node: ast.AST | None) -> list[str]:
    """The keys that an expression may stand for; an f-string by its beginning and a star."""
    match node:
        case ast.Constant(value=str(word)):
            return [word]
        case ast.IfExp(body=body, orelse=orelse):
            return words_of(body) + words_of(orelse)
        case ast.JoinedStr(values=[ast.Constant(value=str(word)), *_]):
            return [f"{word}*"]
        case _:
            return []


def spoken() -> set[str]:
    found: set[str] = set(digress.ANSWERS.values())
    for node in sources():
        match node:
            case ast.Call(func=ast.Name(id="Say"), args=[key, *_]):
                found.update(words_of(key))
            case ast.keyword(arg="key", value=value):
                found.update(words_of(value))
            case ast.Assign(targets=[ast.Name(id="key")], value=value):
                found.update(words_of(value))
            case ast.Call(func=ast.Name(id="offer_shelf"), args=[_, _, key]):
                found.update(words_of(key))
            case ast.FunctionDef(args=ast.arguments(args=args, defaults=defaults)):
                named = zip(args[len(args) - len(defaults) :], defaults, strict=True)
                found.update(word for a, d in named if a.arg == "key" for word in words_of(d))
    return found


def test_every_key_of_the_dialogue_has_a_text() -> None:
    found = spoken()
    begun = {key.rstrip("*") for key in found if key.endswith("*")}
    assert begun == set(EXPANDS), "a new kind of key made of parts: name what it may become in EXPANDS"
    keys = {key for key in found if not key.endswith("*")}
    keys |= {f"{start}{end}" for start, ends in EXPANDS.items() for end in ends}
    assert len(keys) > 70
    assert keys <= set(SENTENCES), keys - set(SENTENCES)
    ours = {k for k in SENTENCES if not re.match(r"(option|state|classification|anonymity)_|clock|numbered|trouble", k)}
    assert ours | {"anonymity_noted"} == keys, "texts that nobody says"


def test_every_key_is_given_the_arguments_it_is_known_for() -> None:
    checked = 0
    for node in sources():
        match node:
            case ast.Call(func=ast.Name(id="Say"), args=[key, *rest]) if words_of(key):
                given: set[str] | None = set()
                if rest and isinstance(rest[0], ast.Dict):
                    given = {k.value for k in rest[0].keys if isinstance(k, ast.Constant)}  # type: ignore[misc]
                elif rest:
                    given = None
                for word in words_of(key):
                    if given is not None and word in SENTENCES:
                        assert given == set(SENTENCES[word]), word
                        checked += 1
    assert checked > 50


def test_options_of_the_dialogue_have_titles(texts: Texts) -> None:
    ids: set[str] = set()
    for node in sources():
        match node:
            case ast.Call(func=ast.Name(id="options" | "option"), args=args):
                ids.update(word for a in args for word in words_of(a) if not word.endswith("*"))
    ids |= {f"change:{line}" for line in ("category", "place", "description", "date", "photos", "reporter", "phone")}
    assert len(ids) > 20
    for option_id in sorted(ids):
        for language in LANGUAGES:
            assert texts.title(option(option_id), language)
    known = {option(i).key for i in ids} | {"option_name"}
    assert known == {k for k in SENTENCES if k.startswith("option_")}, "titles that nobody offers"


def all_options() -> list[str]:
    named = [f"category:{code}" for code in LABELS["categories"]] + [f"place:{code}" for code in PLACES]
    acts = [k.removeprefix("option_") for k in SENTENCES if k.startswith("option_") and k != "option_name"]
    groups = (
        "change", "anonymity", "photo", "phone", "similar", "done", "erase", "place", "report", "shelf", "emergency",
    )  # fmt: skip
    ids = [re.sub(rf"^({'|'.join(groups)})_", r"\1:", act) for act in acts]
    return [*named, *ids]


@pytest.mark.parametrize("language", LANGUAGES)
def test_option_titles_fit_every_channel(texts: Texts, language: Language) -> None:
    for option_id in all_options():
        offered = option(option_id)
        assert len(option_id.encode()) <= 64, "Telegram's callback data"
        assert 1 <= len(texts.title(offered, language, 20)) <= 20, option_id
        assert 1 <= len(texts.title(offered, language, 24)) <= 24, option_id
        if not option_id.startswith("place:"):
            assert "…" not in texts.title(offered, language, 20), f"{option_id} wants a .short"


def test_short_titles_of_categories_differ(texts: Texts) -> None:
    for language in LANGUAGES:
        short = [texts.title(option(f"category:{code}"), language, 20) for code in LABELS["categories"]]
        assert len(set(short)) == len(short)


# --- what is said ------------------------------------------------------------------------------------

SAMPLES: dict[str, Any] = {
    "category": Name("category", "pertanian"), "classification": Name("classification", "permintaan_informasi"),
    "state": Name("state", "transferred"), "place": Name("place", LONGEST), "description": "lampu jalan mati " * 30,
    "date": date(2026, 11, 24), "photos": 5, "anonymity": "anonim", "reporter": "Siti Rahmawati", "detail": "d" * 200,
    "pin": "yes", "uncertain": "yes", "outside": "Kabupaten Kutai Kartanegara", "most": 5, "ticket": "KS-261124-ABCD",
    "tracking": "12345678", "note": "Mohon nomor tiang. " * 40, "filed": MOMENT,
    "addressee": "Dinas Komunikasi Informatika Statistik dan Persandian", "count": 12, "shown": 3,
    "words": "lampu jalan mati", "by": "Operator Sari", "at": MOMENT, "type": "kebakaran", "name": "x",
    "answer": Name("faq", "ktp_hilang"), "hour": "09", "minute": "05", "number": 2, "title": "x",
    "files": 2, "phone": "+6281100000001", "kind": "video", "full": "yes", "whose": "other", "street": "Jl. Poros",
    "asks": "yes", "since": MOMENT, "messages": 120, "kept": "12345678, 12345679", "incident": "yes", "back": MOMENT,
    "checked": MOMENT, "sender": "Dinas Perhubungan", "attached": "foto.jpg, surat.pdf",
}  # fmt: skip


def sample(key: str, full: bool) -> Say:
    args: dict[str, Any] = {}
    for name in SENTENCES[key]:
        value = SAMPLES[name.rstrip("0123456789") if name[-1].isdigit() else name]
        empty = 0 if isinstance(value, int) else "" if isinstance(value, str) else value
        args[name] = value if full else empty
    if key == "emergency_live":
        args = {"type": "kebakaran", "outside": "yes"}
    if key == "emergency_noted_by":
        args = {"by": SAMPLES["by"]}
    return Say(key, args)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("key", sorted(set(SENTENCES) - {"option_name"}))
def test_every_text_can_be_said_and_fits(texts: Texts, key: str, full: bool, language: Language) -> None:
    three = (Option("send", "option_send"), Option("change", "option_change"), Option("status", "option_status"))
    for limits, most in ((WHATSAPP, 1024), (TELEGRAM, 4096)):
        say = sample(key, full)
        said = texts.render(Say(say.key, say.args, three), language, limits).text
        assert said
        assert len(said) <= most
        assert not re.search(r"[{}$\u2068\u2069\ue000]|\?\?\?|[a-z]+_[a-z]+", said), said
        assert "  " not in said.replace("…", "")
        assert not re.search(r"[.,:]{2}|\s[.,]", said), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_short(texts: Texts, language: Language) -> None:
    for key in set(SENTENCES) - {"summary", "status_list", "option_name", "faq"}:
        args = {k: (v[:20] if isinstance(v, str) else v) for k, v in sample(key, True).args.items()}
        assert len(texts.render(Say(key, args), language, TELEGRAM).text) <= 350, key


def test_nothing_is_lost_of_a_summary_but_the_end_of_the_description(texts: Texts) -> None:
    say = sample("summary", True)
    long = {**say.args, "description": "lampu jalan mati " * 200, "anonymity": "none"}
    out = texts.render(Say("summary", long, options("send", "change", "anonymity")), "id", WHATSAPP)
    assert 1000 < len(out.text) <= 1024
    assert re.search(r"Isi: (lampu jalan mati )+(lampu )?(jalan )?(mati )?…\n", out.text)
    for part in (PLACES[LONGEST], "d" * 200, "Selasa, 24 November 2026", "Siti Rahmawati", "lokasi belum pasti"):
        assert part in out.text
    assert out.text.endswith("Pilih *Kirim* kalau sudah benar.")


def test_a_description_is_shown_as_it_was_written(texts: Texts) -> None:
    args = {**sample("summary", True).args, "description": 'dia bilang "{ $x }"\nbaris kedua *tebal* 👍'}
    assert str(args["description"]) in texts.render(Say("summary", args), "id", WHATSAPP).text


def test_moments_are_shown_in_wita(texts: Texts) -> None:
    at = texts.render(Say("emergency_on_scene", {"by": "", "at": MOMENT}), "id", TELEGRAM).text
    assert "21.40 WITA" in at
    late = datetime(2026, 11, 24, 16, 5, tzinfo=UTC)
    one = texts.render(Say("status_one", {**sample("status_one", False).args, "filed": late}), "id", TELEGRAM).text
    assert "Rabu, 25 November 2026" in one


@pytest.mark.parametrize(("text", "most", "short"), [
    ("lampu jalan", 11, "lampu jalan"), ("lampu jalan mati", 13, "lampu jalan …"), ("lampu jalan", 8, "lampu …"),
    ("lampujalanmati", 8, "…"), ("👍👍 ok", 6, "👍👍 …"), ("👍👍 ok", 5, "…"),
])  # fmt: skip
def test_shortening_keeps_whole_words(text: str, most: int, short: str) -> None:
    assert shortened(text, most) == short


# --- emergencies -------------------------------------------------------------------------------------

FIRST = {"id": "*Telepon 112 sekarang (gratis)*", "en": "*Call 112 now (free)*"}
BEGIN_WITH_112 = (
    "emergency_live", "emergency_ask", "emergency_more", "emergency_unanswered", "emergency_alerted_unconfirmed",
    "trouble",
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outside", ["yes", "no"])
@pytest.mark.parametrize("danger", list(LABELS["emergency_types"]))
def test_a_live_danger_hears_112_first(texts: Texts, danger: str, outside: str, language: Language) -> None:
    said = texts.render(Say("emergency_live", {"type": danger, "outside": outside}), language, WHATSAPP).text
    assert said.startswith(FIRST[language])
    assert len(said) <= 350
    assert ("luar Kutai Timur" in said or "outside Kutai Timur" in said) is (outside == "yes")
    assert ("119 ext 8" in said) is (danger == "krisis_jiwa")
    assert ("belum pasti" in said) or ("not certain" in said)


def test_every_danger_has_its_own_instruction(texts: Texts) -> None:
    said = [
        texts.render(Say("emergency_live", {"type": danger, "outside": "no"}), "id", WHATSAPP).text
        for danger in LABELS["emergency_types"]
    ]
    assert len(set(said)) == len(said) == 14


@pytest.mark.parametrize("language", LANGUAGES)
def test_emergencies_are_calm(texts: Texts, language: Language) -> None:
    for key in (k for k in SENTENCES if k.startswith("emergency_") or k == "trouble"):
        for full in (True, False):
            said = texts.render(sample(key, full), language, WHATSAPP).text
            assert "!" not in said, key
            if key in BEGIN_WITH_112:
                assert "112" in said[:20], key
            if key not in ("emergency_dispatched", "emergency_on_scene"):
                promise = r"bantuan (segera|sedang|akan|diberangkat)|help (is on|was sent|arrived)"
                assert not re.search(promise, said), key


def test_only_the_emergency_numbers_are_named() -> None:
    for file in TEXTS.rglob("*.ftl"):
        prose = re.sub(r"UU PDP 27/2022|Law 27/2022|\\u000A", "", file.read_text(encoding="utf-8"))
        assert set(re.findall(r"\d{3,}", prose)) <= {"112", "119"}, file


# --- what citizens choose ----------------------------------------------------------------------------

THREE = ("category:jalan", "category:jembatan", "category:lainnya")
SUMMARY = ("send", "change", "anonymity")


@pytest.mark.parametrize(
    ("offered", "words", "chosen"),
    [
        (THREE, "2", 1), (THREE, "no 2", 1), (THREE, "nomor dua", 1), (THREE, "yang kedua", 1), (THREE, "2.", 1),
        (THREE, "(2)", 1), (THREE, "2️⃣", 1), (THREE, "ke-2 aja", 1), (THREE, "yg ke 2 pak", 1), (THREE, "pilih 3", 2),
        (THREE, "the second one", 1), (THREE, "option 1 please", 0), (THREE, "yang terakhir", 2), (THREE, "no.3", 2),
        (THREE, "JEMBATAN dan Dermaga!", 1), (THREE, "jembatan", 1), (THREE, "👍 lainnya 👍", 2), (THREE, "jalan", 0),
        (THREE, "4", None), (THREE, "0", None), (THREE, "22", None), (THREE, "", None), (THREE, "dermaga", None),
        (THREE, "jalan di sepaso", None), (THREE, "2 tiang", None), (THREE, "j", None),
        (SUMMARY, "kirim", 0), (SUMMARY, "Kirim aja pak", 0), (SUMMARY, "Send", 0), (SUMMARY, "anonim", None),
        (SUMMARY, "jangan kirim", None), (SUMMARY, "kirim foto", None),
        (THREE, "2. Jembatan dan dermaga", 1), (THREE, "1. Jembatan dan dermaga", None), (THREE, "dua", 1),
        (("emergency:skip",), "1", None), (("emergency:skip",), "satu", None), (("photo:skip",), "Lewati.", 0),
        (("emergency:yes", "emergency:no"), "ya", 0), (("emergency:yes", "emergency:no"), "Ya pak", 0),
        (("emergency:yes", "emergency:no"), "tidak", 1), (("emergency:yes", "emergency:no"), "ya tidak", None),
        (("place:64.08.09.2001", "place:64.08.09.2006", "place:none"), "sepaso", 0),
        (("place:64.08.09.2001", "place:64.08.09.2006", "place:none"), "desa sepaso timur", 1),
        (("place:64.08.09.2006", "place:64.08.09.2011", "place:none"), "sepaso", None),
        (("place:64.08.02", "place:64.08.02.2003", "place:none"), "muara wahau", None),
        (("place:64.08.02", "place:64.08.02.2003", "place:none"), "kecamatan muara wahau", 0),
        (("place:64.08.02", "place:64.08.02.2003", "place:none"), "kec. muara wahau", 0),
        (("place:64.08.02", "place:64.08.02.2003", "place:none"), "desa muara wahau", 1),
        (("menu", "staff"), "2", 1), ((), "1", None),
    ],
)  # fmt: skip
def test_choices_by_title_and_number(texts: Texts, offered: tuple[str, ...], words: str, chosen: int | None) -> None:
    expected = None if chosen is None else offered[chosen]
    if "menu" in offered:
        offered = ("status", *offered[1:])
    assert texts.choice(offered, words, "id") == expected


def test_every_shown_title_chooses_its_option(texts: Texts) -> None:
    for limits in (WHATSAPP, TELEGRAM):
        for language in LANGUAGES:
            for ids in (THREE, SUMMARY, ("place:64.08.09.2001", "place:64.08.02", "place:none")):
                for button in texts.render(Say("ask_category", options=options(*ids)), language, limits).buttons:
                    assert texts.choice(ids, button.title, language) == button.id


# --- buttons -----------------------------------------------------------------------------------------


def test_more_options_than_fit_become_numbered_lines(texts: Texts) -> None:
    out = texts.render(Say("ask_category", options=options(*THREE)), "id", PLAIN)
    assert out.buttons == ()
    assert out.text.endswith("1. Jalan rusak\n2. Jembatan dan dermaga\n3. Lainnya")


def test_long_places_are_written_out_above_short_buttons(texts: Texts) -> None:
    ids = (f"place:{LONGEST}", "place:64.08.03.2003", "place:none")
    out = texts.render(Say("ask_place_which", options=options(*ids)), "id", WHATSAPP)
    assert f"1. {PLACES[LONGEST]}\n" in out.text
    assert [b.title[:3] for b in out.buttons] == ["1. ", "2. ", "3. "]
    assert all(len(b.title) <= 20 for b in out.buttons)
    roomy = texts.render(Say("ask_place_which", options=options(*ids)), "id", TELEGRAM)
    assert roomy.buttons[0].title == PLACES[LONGEST]
    assert "1. " not in roomy.text


def test_an_unknown_place_code_is_shown_rather_than_silence(texts: Texts) -> None:
    assert texts.name("place", "64.08.99") == "64.08.99"


def test_request_and_urgency_are_handed_on(texts: Texts) -> None:
    say = Say("emergency_ask_phone", options=options("emergency:skip"), request="contact", urgent=True)
    out = texts.render(say, "id", WHATSAPP)
    assert (out.request, out.urgent, out.buttons[0].id) == ("contact", True, "emergency:skip")


# --- what stops the start ----------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(TEXTS, tmp_path / "texts")
    shutil.copy(ROOT / "data" / "labels.yml", tmp_path / "labels.yml")
    shutil.copytree(ROOT / "data" / "faq", tmp_path / "faq")
    return tmp_path / "texts"


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("id/talk.ftl", "help = ", "halp = ", "'halp' is never said"),
        ("id/talk.ftl", "off_topic = Maaf", "# off_topic = Maaf", "'off_topic' is missing in data/texts/id"),
        ("en/report.ftl", "{ $most }", "{ $least }", r"'photo_enough' uses \$least"),
        ("en/report.ftl", "{ $most }", "{ $most", "en/report.ftl does not parse at: photo_enough"),
        ("id/report.ftl", "{ $most }", "{ other }", "'photo_enough' refers to"),
        ("id/status.ftl", "status_none = ", "notice = x\nstatus_none = ", "'notice' is there twice"),
        ("../labels.yml", "en: Rubbish", "eng: Rubbish", "'sampah' has no name in 'en'"),
        ("../labels.yml", "categories:", "things:", "labels.yml cannot be read"),
    ],
)
def test_broken_texts_stop_the_start(copy: Path, file: str, old: str, new: str, sentence: str) -> None:
    path = copy / file
    whole = path.read_text(encoding="utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TextsBroken, match=sentence):
        Texts(copy, PLACES.__getitem__)


def test_a_text_without_its_argument_is_refused(texts: Texts) -> None:
    with pytest.raises(TextsBroken, match="filed"):
        texts.render(Say("filed"), "id", TELEGRAM)
    with pytest.raises(TextsBroken, match="nowhere"):
        texts.render(Say("nowhere"), "id", TELEGRAM)
