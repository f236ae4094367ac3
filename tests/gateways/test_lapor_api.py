"""LAPOR! over its interface, against the simulator as a process: what is sent, and what every failure means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.failures import Rejected, TemporaryFailure, Unfit, UnknownOutcome
from bot.gateways.base import Photo
from bot.gateways.lapor import LaporApi
from bot.gateways.lapor_terms import SIMULATOR_IDS, STATES, load_ids
from tests.gateways.running import free_address, process, report

PHOTO = Photo("cd" * 32, "image/png", b"\x89PNG" + b"0" * 500)
AUTH, TOKEN = "Bearer rahasia-auth", "rahasia-token"
SUBMIT, UPLOAD = "/complaints/complaint", "/complaints/complaint/file"


def api(address: str, **changes: Any) -> LaporApi:
    given: dict[str, Any] = {
        "base_url": address, "auth_header": "auth", "auth_value": AUTH, "token": TOKEN, "ids": load_ids(SIMULATOR_IDS),
        "user_id": "900", "reporter": "regency", "timeout": 10.0,
    }  # fmt: skip
    return LaporApi(**{**given, **changes})


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with process("bot.simulators.lapor", "--largest", "100000") as (address, _):
        yield address


@pytest_asyncio.fixture
async def control(simulator: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulator) as client:
        await client.delete("/_next")
        yield client


@pytest_asyncio.fixture
async def lapor(simulator: str) -> AsyncIterator[LaporApi]:
    made = api(simulator)
    yield made
    await made.close()


async def complaints(control: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await control.get("/_received")).json()["complaints"])


async def script(control: httpx.AsyncClient, path: str, **how: Any) -> None:
    (await control.post("/_next", json={"path": path, **how})).raise_for_status()


# --- What is sent ------------------------------------------------------------------------------------


async def test_the_complaint_in_full(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    upload = await lapor.upload(PHOTO)
    receipt = await lapor.file(report(), [upload, upload])
    assert receipt is not None
    sent = (await complaints(control))[-1]
    assert sent["id"] == receipt.complaint_id == receipt.tracking_id
    assert sent["body"] == {
        "title": "Lampu jalan mati sejak tiga hari lalu",
        "content": "Lampu jalan mati sejak tiga hari lalu\n\nLokasi: depan masjid, Sangatta Utara\n"
        "Koordinat: 0.537900, 117.555470\nTiket Kutim Siaga: KS-251124-A1B2",
        "channel": "whatsapp",
        "user_id": "900",
        "classification_id": 1,
        "category_id": 104,
        "disposition_id": 502,
        "location_id": 6408040,
        "date_of_incident": "24-11-2025",
        "tags_raw": "",
        "is_anonymous": False,
        "is_secret": False,
        "is_approval": False,
        "attachments": f"[{upload},{upload}]",
    }


def test_without_photos_attachments_is_false() -> None:
    assert api("http://127.0.0.1").body(report(), [])["attachments"] is False
    assert api("http://127.0.0.1").body(report(), [""])["attachments"] is False


def test_only_citizen_mode_names_the_citizen() -> None:
    names = {"nameUser", "phoneUser", "emailUser", "is_new_user_slider"}
    regency = api("http://127.0.0.1").body(report(), [])
    assert not names & regency.keys()
    citizen = api("http://127.0.0.1", reporter="citizen").body(report(), [])
    assert {name: citizen[name] for name in names} == {
        "nameUser": "Warga Contoh", "phoneUser": "+62 811-0000-1234", "emailUser": "", "is_new_user_slider": True,
    }  # fmt: skip
    assert "user_id" not in citizen


@pytest.mark.parametrize("hidden", [{"is_anonymous": True}, {"is_secret": True}])
def test_a_hidden_citizen_is_filed_under_the_regencys_user_even_in_citizen_mode(hidden: dict[str, bool]) -> None:
    body = api("http://127.0.0.1", reporter="citizen").body(report(**hidden), [])
    assert body["user_id"] == "900"
    assert "Warga Contoh" not in str(body)
    assert body["is_anonymous"] is hidden.get("is_anonymous", False)
    assert body["is_secret"] is hidden.get("is_secret", False)
    with pytest.raises(Rejected, match="SIAGA_LAPOR_USER_ID"):
        api("http://127.0.0.1", reporter="citizen", user_id=None).body(report(**hidden), [])


def test_the_agency_that_a_petugas_chose_wins() -> None:
    made = api("http://127.0.0.1")
    assert made.body(report(agency="Dinas Kesehatan"), [])["disposition_id"] == 507
    assert made.body(report(agency="Dinas Perhubungan"), [])["disposition_id"] == 502
    with pytest.raises(Rejected, match="Dinas Antah Berantah"):
        made.body(report(agency="Dinas Antah Berantah"), [])


@pytest.mark.parametrize("shape", ["complaint_id", "results.complaint.id", "data.complaint_id"])
async def test_the_id_is_found_in_every_shape(lapor: LaporApi, control: httpx.AsyncClient, shape: str) -> None:
    await script(control, SUBMIT, shape=shape)
    receipt = await lapor.file(report(), [])
    assert receipt is not None
    assert receipt.complaint_id == (await complaints(control))[-1]["id"]


async def test_a_public_number_of_its_own_is_kept_apart(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    await script(control, SUBMIT, body={"results": {"complaint": {"id": 5, "tracking_id": "8123456"}}})
    receipt = await lapor.file(report(), [])
    assert receipt is not None
    assert (receipt.complaint_id, receipt.tracking_id) == ("5", "8123456")


async def test_both_names_of_the_auth_header_serve(simulator: str) -> None:
    made = api(simulator, auth_header="Authorization")
    assert await made.file(report(), [])
    await made.close()


# --- What failures of a submit mean ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "failure", "stored"),
    [
        ({"status": 429}, TemporaryFailure, 0),
        ({"status": 503}, TemporaryFailure, 0),
        ({"status": 500}, UnknownOutcome, 0),
        ({"status": 502}, UnknownOutcome, 0),
        ({"status": 504}, UnknownOutcome, 0),
        ({"status": 504, "accept": True}, UnknownOutcome, 1),
        ({"status": 302}, UnknownOutcome, 0),
        ({"status": 307}, Rejected, 0),
        ({"status": 400}, Rejected, 0),
        ({"status": 404}, Rejected, 0),
        ({"status": 422}, Rejected, 0),
        ({"drop": "before"}, UnknownOutcome, 0),
        ({"drop": "after"}, UnknownOutcome, 1),
        ({"shape": "none"}, UnknownOutcome, 1),
        ({"body": "<html>pemeliharaan</html>"}, UnknownOutcome, 1),
    ],
)
async def test_what_became_of_a_submit(
    lapor: LaporApi, control: httpx.AsyncClient, how: dict[str, Any], failure: type[Exception], stored: int
) -> None:
    before = len(await complaints(control))
    await script(control, SUBMIT, **how)
    with pytest.raises(failure) as failed:
        await lapor.file(report(), [])
    assert type(failed.value) is failure
    assert len(await complaints(control)) - before == stored
    assert AUTH not in str(failed.value)
    assert TOKEN not in str(failed.value)


async def test_a_submit_answered_too_late_is_unknown_and_was_taken(simulator: str, control: httpx.AsyncClient) -> None:
    before = len(await complaints(control))
    await script(control, SUBMIT, delay=1.5)
    made = api(simulator, timeout=0.5)
    with pytest.raises(UnknownOutcome):
        await made.file(report(), [])
    await made.close()
    assert len(await complaints(control)) - before == 1


async def test_nobody_there_is_temporary() -> None:
    made = api(free_address())
    with pytest.raises(TemporaryFailure):
        await made.file(report(), [])
    with pytest.raises(TemporaryFailure):
        await made.upload(PHOTO)
    await made.close()


async def test_the_wish_to_wait_is_passed_on(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    await script(control, SUBMIT, status=429, headers={"Retry-After": "37"})
    with pytest.raises(TemporaryFailure) as failed:
        await lapor.file(report(), [])
    assert failed.value.retry_after == 37


async def test_a_refusal_speaks_lapors_words_without_numbers_of_people(
    lapor: LaporApi, control: httpx.AsyncClient
) -> None:
    body = {"message": "Data tidak lengkap", "errors": {"phoneUser": ["0811-0000-1234 sudah terdaftar"]}}
    await script(control, SUBMIT, status=422, body=body)
    with pytest.raises(Rejected) as failed:
        await lapor.file(report(), [])
    said = "LAPOR! refused (422): Data tidak lengkap; phoneUser: [nomor telepon dihapus] sudah terdaftar"
    assert str(failed.value) == said


async def test_a_missing_sign_in_names_the_settings(simulator: str) -> None:
    made = api(simulator, token="")
    with pytest.raises(Rejected, match="SIAGA_LAPOR_AUTH_VALUE and SIAGA_LAPOR_TOKEN") as failed:
        await made.file(report(), [])
    await made.close()
    assert AUTH not in str(failed.value)


@pytest.mark.parametrize(
    "wrong", [{"token": "tökén\n"}, {"base_url": "ftp://lapor.example"}, {"base_url": "http://lapor\n.example"}]
)
async def test_settings_that_cannot_be_used_are_named_and_not_shown(simulator: str, wrong: dict[str, str]) -> None:
    made = api(simulator, **wrong)
    with pytest.raises(Rejected, match="SIAGA_LAPOR_URL") as failed:
        await made.file(report(), [])
    await made.close()
    assert "tökén" not in str(failed.value)
    assert failed.value.__suppress_context__


# --- Uploads, status, follow-ups ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        ({"status": 429}, TemporaryFailure), ({"status": 500}, TemporaryFailure), ({"status": 502}, TemporaryFailure),
        ({"status": 504}, TemporaryFailure), ({"drop": "before"}, TemporaryFailure),
        ({"drop": "after"}, TemporaryFailure), ({"body": {"results": {"images": []}}}, TemporaryFailure),
        ({"body": "<html>"}, TemporaryFailure), ({"status": 400}, Unfit), ({"status": 415}, Unfit),
        ({"status": 404}, Rejected),
    ],
)  # fmt: skip
async def test_what_became_of_an_upload(
    lapor: LaporApi, control: httpx.AsyncClient, how: dict[str, Any], failure: type[Exception]
) -> None:
    await script(control, UPLOAD, **how)
    with pytest.raises(failure) as failed:
        await lapor.upload(PHOTO)
    assert type(failed.value) is failure
    assert await lapor.upload(PHOTO)


async def test_a_photo_that_is_too_large_is_rejected(lapor: LaporApi) -> None:
    with pytest.raises(Unfit, match="413"):
        await lapor.upload(Photo("ef" * 32, "image/jpeg", b"0" * 100_001))


async def test_a_document_is_found_in_its_own_list(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    upload = await lapor.upload(Photo("aa" * 32, "application/pdf", b"%PDF-1.7"))
    received = (await control.get("/_received")).json()["uploads"][-1]
    assert received == {"id": upload, "name": "aaaaaaaaaaaaaaaa.pdf", "bytes": 8}


@pytest.mark.parametrize("name", ["Belum Terverifikasi", "Terverifikasi", "Dalam Proses", "Selesai", "Tunda",
                                  "Bukan Wewenang", "Diarsipkan", "Ditolak", "Ditutup oleh Sistem"])  # fmt: skip
async def test_every_status_has_a_state(lapor: LaporApi, control: httpx.AsyncClient, name: str) -> None:
    receipt = await lapor.file(report(), [])
    assert receipt is not None
    moved = {"id": receipt.complaint_id, "status_name": name, "note": "Mohon ditunggu", "disposition_name": "PLN"}
    (await control.post("/_status", json=moved)).raise_for_status()
    status = await lapor.status(receipt.complaint_id)
    assert (status.name, status.state, status.note) == (name, STATES[name.lower()], "Mohon ditunggu")
    assert status.agency == "PLN"


async def test_a_status_by_number_alone_gets_its_name(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    await script(control, "/complaints/1/complaint", body={"results": {"data": {"status_code": "4"}}})
    assert (await lapor.status("1")).state == "done"


async def test_an_unknown_status_is_kept_raw(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    await script(control, "/complaints/1/complaint", body={"results": {"data": {"status_name": "Dilimpahkan"}}})
    status = await lapor.status("1")
    assert (status.name, status.state) == ("Dilimpahkan", None)


async def test_a_complaint_that_lapor_does_not_know(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    with pytest.raises(Rejected, match="Pengaduan tidak ditemukan"):
        await lapor.status("1")
    await script(control, "/complaints/1/complaint", status=500)
    with pytest.raises(TemporaryFailure):
        await lapor.status("1")


async def test_followups_over_all_pages(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    receipt = await lapor.file(report(), [])
    assert receipt is not None
    assert await lapor.followups(receipt.complaint_id) == ()
    for n in range(23):
        await control.post("/_followup", json={"id": receipt.complaint_id, "content": f"Tindak lanjut {n}"})
    found = await lapor.followups(receipt.complaint_id)
    assert [row.content for row in found] == [f"Tindak lanjut {n}" for n in range(23)]
    assert found[0].sender == "Dinas Perhubungan"
    assert found[0].at is not None
    assert found[0].at.utcoffset() is not None


async def test_a_list_of_pages_without_end_comes_to_an_end(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    row = {"id": 1, "created_at": "24-11-2025 10:00:00", "content": "lagi"}
    body = {"results": {"data": [row], "next_page_url": "https://lain.example/?page=2"}}
    await script(control, "/complaints/1/followups", body=body, status=200, times=60)
    assert len(await lapor.followups("1")) == 1


async def test_the_citizens_words_become_a_followup(lapor: LaporApi, control: httpx.AsyncClient) -> None:
    receipt = await lapor.file(report(), [])
    assert receipt is not None
    await lapor.add_followup(receipt.complaint_id, "Belum selesai, hubungi 081100001234")
    last = (await control.get("/_received")).json()["followups"][-1]
    assert last["content"] == "Belum selesai, hubungi [nomor telepon dihapus]"
    await script(control, "/complaints/followup/add", drop="after")
    with pytest.raises(UnknownOutcome):
        await lapor.add_followup(receipt.complaint_id, "Belum selesai")
