"""Corrections by petugas: two clicks, the queue, precision over time, and what leaves as training data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
import yaml

from bot.catalogue import standard
from bot.corrections import examples_of
from bot.store.ledger import labels
from bot.store.review import Reviews, Verdict
from bot.store.tables import Message
from bot.store.tables_review import Review
from bot.store.unit_of_work import Store
from nlu.labelled import read
from tests.admin.world import NAME, NOW, PHONE, World, post, token_of

DANGER = {"intent": "darurat", "confidence": 0.7, "emergency": {"level": "live", "type": "banjir", "score": 0.9}}
ASKED = {"intent": "lapor", "confidence": 0.4, "emergency": {"level": "ask", "type": "kebakaran", "score": 0.5}}


async def said(store: Store, conversation: int, text: str, understanding: dict[str, object]) -> int:
    """A message of the citizen with what the bot made of it; its id."""
    async with store.write() as session:
        message = Message(
            conversation_id=conversation, direction="in", kind="text", text=text, data={}, at=NOW,
            understanding=understanding, **labels(understanding),
        )  # fmt: skip
        session.add(message)
        await session.flush()
        return message.id


async def verdict(store: Store, message: int) -> tuple[object, ...] | None:
    columns = (Review.intent, Review.category, Review.danger, Review.danger_type, Review.kecamatan, Review.desa,
               Review.right)  # fmt: skip
    async with store.read() as session:
        row = (await session.execute(sa.select(*columns).where(Review.message_id == message))).one_or_none()
    return None if row is None else tuple(row)


async def test_a_label_is_corrected_in_two_steps_with_and_without_a_script(world: World, store: Store) -> None:
    browser = await world.sign_in("operator")
    transcript = (await browser.get(f"/admin/percakapan/{world.conversation}")).text
    assert 'href="/admin/tinjauan/1?apa=maksud&amp;dari=percakapan"' in transcript
    page = (await browser.get("/admin/tinjauan/1?apa=maksud&dari=percakapan")).text
    assert 'name="nilai" value="aspirasi"' in page
    part = (await browser.get("/admin/tinjauan/1?apa=maksud", headers={"X-Siaga-Part": "1"})).text
    assert part.lstrip().startswith("<form")
    assert "<html" not in part
    answer = await post(browser, "/admin/tinjauan/1", apa="maksud", nilai="aspirasi", dari="percakapan")
    assert answer.headers["location"] == f"/admin/percakapan/{world.conversation}#m1"
    assert await verdict(store, 1) == ("aspirasi", "lampu_jalan", False, None, "64.08.04", None, False)
    token = token_of(await browser.get("/admin"))
    given = {"csrf": token, "apa": "maksud", "nilai": "lapor", "dari": "percakapan"}
    chips = await browser.post("/admin/tinjauan/1", data=given, headers={"X-Siaga-Part": "1"})
    assert chips.status_code == 200
    assert "benar" in chips.text
    assert "<html" not in chips.text
    assert (await verdict(store, 1) or ())[-1] is True, "back to what the bot said: it was right"
    assert ("review_intent", "message:1", None) in await world.audit()


EACH = [
    ("benar", "", ("lapor", "lampu_jalan", False, None, "64.08.04", None, True)),
    ("kategori", "jalan", ("lapor", "jalan", False, None, "64.08.04", None, False)),
    ("kategori", "", ("lapor", None, False, None, "64.08.04", None, False)),
    ("lokasi", "64.08.10", ("lapor", "lampu_jalan", False, None, "64.08.10", None, False)),
    ("lokasi", "", ("lapor", "lampu_jalan", False, None, None, None, False)),
    ("darurat", "listrik", ("darurat", "lampu_jalan", True, "listrik", "64.08.04", None, False)),
    ("maksud", "darurat", ("darurat", "lampu_jalan", True, "lainnya", "64.08.04", None, False)),
]


async def test_each_label_can_be_corrected_and_the_verdict_withdrawn(world: World, store: Store) -> None:
    browser = await world.sign_in("petugas_112")
    for aspect, value, expected in EACH:
        assert (await post(browser, "/admin/tinjauan/1", apa=aspect, nilai=value)).status_code == 303
        assert await verdict(store, 1) == expected, (aspect, value)
        await post(browser, "/admin/tinjauan/1", apa="batal")
        assert await verdict(store, 1) is None


async def test_a_desa_brings_its_kecamatan_and_nonsense_is_refused(world: World, store: Store) -> None:
    browser = await world.sign_in("operator")
    desa = next(iter(standard().villages.values()))
    await post(browser, "/admin/tinjauan/1", apa="lokasi", nilai=desa.code)
    assert (await verdict(store, 1) or ())[4:6] == (desa.kecamatan, desa.code)
    for aspect, value in (("lokasi", "99.99"), ("maksud", "<b>"), ("darurat", "api"), ("nama", "x"), ("", "")):
        assert (await post(browser, "/admin/tinjauan/1", apa=aspect, nilai=value)).status_code == 422
    assert (await post(browser, "/admin/tinjauan/2", apa="benar")).status_code == 404, "the bot's own line"


async def test_danger_and_intent_never_contradict_each_other(world: World, store: Store) -> None:
    message = await said(store, world.conversation, "air naik cepat", DANGER)
    browser = await world.sign_in("operator")
    await post(browser, f"/admin/tinjauan/{message}", apa="darurat", nilai="")
    assert (await verdict(store, message) or ())[:4] == ("lapor", None, False, None)
    await post(browser, f"/admin/tinjauan/{message}", apa="darurat", nilai="banjir")
    assert (await verdict(store, message) or ())[:4] == ("darurat", None, True, "banjir")
    asked = await said(store, world.conversation, "ada asap", ASKED)
    await post(browser, f"/admin/tinjauan/{asked}", apa="darurat", nilai="kebakaran")
    assert (await verdict(store, asked) or ())[-1] is True, "to ask was right"


async def test_the_queue_shows_doubt_and_danger_first_and_a_sample(world: World, store: Store) -> None:
    sure = await said(store, world.conversation, "terima kasih", {"intent": "terima_kasih", "confidence": 0.99})
    unsure = await said(store, world.conversation, "anu itu", {"intent": "luar_topik", "confidence": 0.11})
    danger = await said(store, world.conversation, f"banjir, saya {NAME} {PHONE}", DANGER)
    browser = await world.sign_in("operator")
    html = (await browser.get("/admin/tinjauan")).text
    order = [html.index(f'data-message="{n}"') for n in (unsure, danger, 1, sure)]
    assert order == sorted(order)
    assert NAME not in html
    assert "00000011" not in html
    assert "1 pesan yang terbaca darurat" in html
    only = (await browser.get("/admin/tinjauan?cara=darurat")).text
    assert [f'data-message="{n}"' in only for n in (danger, unsure)] == [True, False]
    sample = (await browser.get("/admin/tinjauan?cara=acak")).text
    assert sample.count("data-message=") >= 1
    assert sample == (await browser.get("/admin/tinjauan?cara=acak")).text, "the same all day"
    await post(browser, f"/admin/tinjauan/{unsure}", apa="benar", dari="ragu")
    assert f'data-message="{unsure}"' not in (await browser.get("/admin/tinjauan")).text
    results = (await browser.get("/admin/tinjauan/hasil?hasil=benar")).text
    assert 'data-count="1"' in results
    assert f'data-message="{unsure}"' in results


async def test_precision_is_shown_by_label_and_by_week(world: World, store: Store) -> None:
    for n, (days, intent) in enumerate([(20, "lapor"), (20, "aspirasi"), (1, "lapor"), (0, "lapor")]):
        number = await said(store, world.conversation, f"pesan {n}", {"intent": "lapor", "confidence": 0.8})
        async with store.write() as session:
            reviews = Reviews(session, store.sealer)
            message = await reviews.message(number)
            assert message
            await reviews.judge(message, Verdict(intent), "random" if n else "doubtful", 1, NOW - timedelta(days=days))
    browser = await world.sign_in("peninjau")
    html = (await browser.get("/admin/tinjauan/ketepatan")).text
    assert "3 dari 4" in html
    assert "50% <span" in html
    assert "100% <span" in html
    sample = (await browser.get("/admin/tinjauan/ketepatan?contoh=acak")).text
    assert "2 dari 3" in sample
    assert (await browser.get("/admin/tinjauan/ketepatan?label=lokasi")).status_code == 200


async def test_corrections_leave_as_rasa_yaml_without_personal_data(world: World, store: Store, tmp_path: Path) -> None:
    words = f"Banjir [di sini](detail)!\nsaya {NAME}, {PHONE} atau siti.rahma@contoh.id, NIK 6408010101010001"
    danger = await said(store, world.conversation, words, DANGER)
    twice = [await said(store, world.conversation, "Halo  pak", {"intent": "salam", "confidence": 0.9}) for _ in "ab"]
    admin = await world.sign_in("admin")
    for message in (danger, *twice):
        await post(admin, f"/admin/tinjauan/{message}", apa="benar")
    await post(admin, f"/admin/tinjauan/{twice[1]}", apa="maksud", nilai="jawaban")
    answer = await post(admin, "/admin/tinjauan/ekspor")
    assert answer.headers["content-disposition"].startswith('attachment; filename="koreksi-')
    assert ("export", "corrections", None) in await world.audit()
    content = answer.text
    for secret in (NAME, "Rahma", "Siti", PHONE, "00000011", "siti.rahma", "6408010101010001", "[", "]("):
        assert secret not in content, secret
    data = yaml.safe_load(content)
    assert data["version"] == "3.1"
    assert [block["intent"] for block in data["nlu"]] == ["darurat", "jawaban"], "the later verdict on the same words"
    for block in data["nlu"]:
        assert set(block) == {"intent", "examples"}
        for one in block["examples"]:
            assert set(one) == {"text", "metadata"}
            assert isinstance(one["text"], str)
    file = tmp_path / "koreksi.yml"
    file.write_text(content, encoding="utf-8")
    found = {m.intent: m for m in read([file])}
    assert (found["darurat"].emergency, found["darurat"].emergency_type) == (True, "banjir")
    assert "0811-0000-0000" in found["darurat"].text
    assert len(examples_of(content, "x.yml", standard())) == 2


async def test_only_an_admin_takes_corrections_out(world: World) -> None:
    for role in ("peninjau", "operator", "petugas_112"):
        browser = await world.sign_in(role)
        assert (await post(browser, "/admin/tinjauan/ekspor")).status_code == 403
    browser = await world.sign_in("peninjau")
    assert "apa=maksud" not in (await browser.get("/admin/tinjauan")).text, "a peninjau sees labels but cannot change"
