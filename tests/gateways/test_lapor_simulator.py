"""The simulator speaks LAPOR!'s contract with its oddities, and forgets nothing."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.gateways.lapor import LaporApi
from bot.gateways.lapor_terms import SIMULATOR_IDS, load_ids
from bot.simulators.lapor_book import BadState, Book
from tests.gateways.running import process, report

HEADERS = {"auth": "Bearer uji", "token": "uji"}


def body(**changes: Any) -> dict[str, Any]:
    made = LaporApi("http://127.0.0.1", "auth", "a", "t", load_ids(SIMULATOR_IDS), "900", "regency").body(report(), [])
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with process("bot.simulators.lapor") as (address, _), httpx.Client(base_url=address) as made:
        yield made


@pytest.mark.parametrize("headers", [{}, {"auth": "Bearer uji"}, {"token": "uji"}, {"auth": "", "token": "uji"}])
@pytest.mark.parametrize("path", ["/complaints/complaint", "/complaints/complaint/file", "/complaints/followup/add"])
def test_one_header_is_not_enough(client: httpx.Client, headers: dict[str, str], path: str) -> None:
    assert client.post(path, json=body(), headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"title": None}, "title"), ({"user_id": None}, "user_id"), ({"attachments": [1]}, "attachments"),
        ({"attachments": "[9]"}, "attachments"), ({"date_of_incident": "2025-11-24"}, "date_of_incident"),
        ({"date_of_incident": "31-02-2025"}, "date_of_incident"), ({"category_id": "104"}, "category_id"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_by_name(client: httpx.Client, changes: dict[str, Any], fault: str) -> None:
    before = client.get("/_received").json()["complaints"]
    answer = client.post("/complaints/complaint", json=body(**changes), headers=HEADERS)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [fault]
    assert client.get("/_received").json()["complaints"] == before


def test_the_same_complaint_twice_is_there_twice(client: httpx.Client) -> None:
    before = len(client.get("/_received").json()["complaints"])
    answers = [client.post("/complaints/complaint", json=body(), headers=HEADERS).json() for _ in range(2)]
    stored = client.get("/_received").json()["complaints"][before:]
    assert [row["id"] for row in stored] == [str(answer["complaint_id"]) for answer in answers]
    assert len({row["id"] for row in stored}) == 2


def test_an_agency_may_say_that_it_is_not_its_matter(client: httpx.Client) -> None:
    complaint_id = client.post("/complaints/complaint", json=body(), headers=HEADERS).json()["complaint_id"]
    reason = {"is_request": 1, "not_authority": 1, "reason": "Bukan wewenang", "reason_description": "Jalan nasional"}
    client.post(f"/complaints/process/{complaint_id}/reject", json=reason, headers=HEADERS).raise_for_status()
    data = client.get(f"/complaints/{complaint_id}/complaint", headers=HEADERS).json()["results"]["data"]
    assert (data["status_code"], data["status_name"]) == (6, "Bukan Wewenang")


def test_masters(client: httpx.Client) -> None:
    for path in ("/masters/institutions/external", "/masters/templates"):
        assert client.get(path, params={"page_size": 1000}, headers=HEADERS).json()["results"]["data"]


def test_a_script_is_used_up_in_order_and_only_for_its_path(client: httpx.Client) -> None:
    twice = {"path": "/complaints/complaint", "status": 503, "times": 2}
    script = {"answers": [twice, {"path": "/masters/*", "status": 500}]}
    assert client.post("/_next", json=script).json() == {"waiting": 2}
    statuses = [client.post("/complaints/complaint", json=body(), headers=HEADERS).status_code for _ in range(3)]
    assert statuses == [503, 503, 201]
    assert client.get("/masters/templates", headers=HEADERS).status_code == 500
    assert client.get("/masters/templates", headers=HEADERS).status_code == 200
    assert client.post("/_next", json={"stattus": 500}).status_code == 422
    assert client.post("/_next", json={"status": 5000}).status_code == 422


def test_a_killed_simulator_remembers_everything(tmp_path: Path) -> None:
    state = tmp_path / "state" / "lapor.jsonl"
    with process("bot.simulators.lapor", "--state", str(state)) as (address, running):
        with httpx.Client(base_url=address) as client:
            files = {"attachments[]": ("a.jpg", b"1", "image/jpeg")}
            client.post("/complaints/complaint/file", files=files, headers=HEADERS).raise_for_status()
            first = client.post("/complaints/complaint", json=body(attachments="[30001]"), headers=HEADERS).json()
            moved = {"id": first["complaint_id"], "status_name": "Selesai", "note": "Sudah diperbaiki"}
            client.post("/_status", json=moved).raise_for_status()
            client.post("/_followup", json={"id": first["complaint_id"], "content": "Terima kasih"}).raise_for_status()
            before = client.get("/_received").json()
            status = client.get(f"/complaints/{first['complaint_id']}/complaint", headers=HEADERS).json()
        running.send_signal(signal.SIGKILL)
        running.wait(10)
    with state.open("ab") as file:
        file.write(b'{"is": "complaint", "id": "70000')
    again = process("bot.simulators.lapor", "--state", str(state))
    with again as (address, _), httpx.Client(base_url=address) as client:
        assert client.get("/_received").json() == before
        assert client.get(f"/complaints/{first['complaint_id']}/complaint", headers=HEADERS).json() == status
        second = client.post("/complaints/complaint", json=body(), headers=HEADERS).json()
        assert second["complaint_id"] == first["complaint_id"] + 1
    assert len([json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()]) == 5


def test_a_file_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "lain.jsonl"
    state.write_text('{"is": "lain"}\n', encoding="utf-8")
    with pytest.raises(BadState, match="line 1"):
        Book(state)
    assert state.read_text(encoding="utf-8") == '{"is": "lain"}\n'


def test_a_share_of_calls_fails_by_chance_and_the_same_for_the_same_seed(client: httpx.Client) -> None:
    def statuses(seed: int) -> list[int]:
        client.delete("/_next")
        row = {"path": "/masters/*", "status": 500, "share": 0.3, "seed": seed}
        assert client.post("/_next", json=row).json() == {"waiting": 1}
        return [client.get("/masters/templates", headers=HEADERS).status_code for _ in range(60)]

    first = statuses(7)
    assert 6 <= first.count(500) <= 32
    assert set(first) == {200, 500}
    assert statuses(7) == first
    assert statuses(8) != first
    client.delete("/_next")
    assert client.get("/masters/templates", headers=HEADERS).status_code == 200
    assert client.post("/_next", json={"share": 2}).status_code == 422


def test_what_happens_to_a_complaint_is_scripted_as_well(client: httpx.Client) -> None:
    complaint = client.post("/complaints/complaint", json=body(), headers=HEADERS).json()["complaint_id"]
    rows = [
        {"complaint": complaint, "status_name": "Tunda", "note": "Nomor tiang?"},
        {"complaint": complaint, "followup": "Kami cek", "sender": "Dinas Perhubungan", "files": ["a.pdf"]},
        {"path": "/complaints/*", "status": 503},
    ]
    assert client.post("/_next", json=rows).json() == {"waiting": 1}
    assert client.get(f"/complaints/{complaint}/complaint", headers=HEADERS).status_code == 503
    status = client.get(f"/complaints/{complaint}/complaint", headers=HEADERS).json()["results"]
    assert (status["data"]["status_name"], status["data_logs"][-1]["content"]) == ("Tunda", "Nomor tiang?")
    followups = client.get(f"/complaints/{complaint}/followups", headers=HEADERS).json()["results"]["data"]
    assert [(f["institution_from_name"], f["attachments"]) for f in followups] == [("Dinas Perhubungan", ["a.pdf"])]
    received = client.get("/_received").json()["followups"][-1]
    assert (received["complaint_id"], received["sender"]) == (str(complaint), "Dinas Perhubungan")
    assert client.post("/_next", json={"complaint": complaint}).status_code == 422
    assert client.post("/_next", json={"complaint": "1", "status_name": "Selesai"}).status_code == 404


def test_lists_come_in_pages(client: httpx.Client) -> None:
    first = client.get("/masters/locations", params={"page_size": 5}, headers=HEADERS).json()["results"]
    assert len(first["data"]) == 5
    assert "page=2" in first["next_page_url"]
    assert client.get("/masters/lain", headers=HEADERS).status_code == 404
