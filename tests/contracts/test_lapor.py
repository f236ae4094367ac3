"""One promise, three ways to LAPOR!: over the interface (against the simulator), by a person, on the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio

from bot.gateways.base import Lapor, Photo, Receipt
from bot.gateways.lapor import LaporApi
from bot.gateways.lapor_assisted import LaporAssisted
from bot.gateways.lapor_console import LaporConsole
from bot.gateways.lapor_terms import SIMULATOR_IDS, load_ids
from tests.gateways.running import process, report

PHOTO = Photo("ab" * 32, "image/jpeg", b"\xff\xd8\xff" + b"0" * 2000)


@dataclass
class Twin:
    lapor: Lapor
    by_person: bool
    left_the_house: Callable[[], str]
    """Everything that was sent or shown, as one text."""
    lines: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with process("bot.simulators.lapor") as (address, _):
        yield address


@pytest_asyncio.fixture(params=["api", "assisted", "console"])
async def twin(request: pytest.FixtureRequest, simulator: str) -> AsyncIterator[Twin]:
    lines: list[str] = []
    match request.param:
        case "api":
            ids = load_ids(SIMULATOR_IDS)
            api = LaporApi(f"{simulator}/lapor/3.0.0", "auth", "Bearer uji", "uji", ids, "900", "regency")
            made = Twin(api, False, lambda: httpx.get(f"{simulator}/_received").text)
        case "assisted":
            made = Twin(LaporAssisted(), True, lambda: "")
        case _:
            made = Twin(LaporConsole(lines.append), False, lambda: "\n".join(lines))
    yield made
    await made.lapor.close()


async def test_a_report_is_filed_or_left_to_a_person(twin: Twin) -> None:
    receipt = await twin.lapor.file(report(), [])
    assert receipt is None if twin.by_person else isinstance(receipt, Receipt)
    if receipt is not None:
        assert receipt.complaint_id
        assert receipt.tracking_id
        assert "KS-251124-A1B2" in twin.left_the_house()


async def test_every_filing_is_one_of_its_own(twin: Twin) -> None:
    receipts = [await twin.lapor.file(report(ticket=f"KS-251124-B00{n}"), []) for n in range(3)]
    if not twin.by_person:
        assert len({receipt.complaint_id for receipt in receipts if receipt}) == 3


async def test_photos_may_be_uploaded_again_and_are_filed_with_the_report(twin: Twin) -> None:
    first, again = await twin.lapor.upload(PHOTO), await twin.lapor.upload(PHOTO)
    assert isinstance(first, str)
    assert isinstance(again, str)
    receipt = await twin.lapor.file(report(ticket="KS-251124-F0T0"), [first, again])
    if receipt is not None:
        assert first in twin.left_the_house()
        assert again in twin.left_the_house()


@pytest.mark.parametrize("hidden", [{"is_anonymous": True}, {"is_secret": True}, {}])
async def test_no_name_and_no_number_leaves_under_the_regencys_user(twin: Twin, hidden: dict[str, bool]) -> None:
    words = "Hubungi saya di 0811 0000 1234, NIK 6408 0101 0190 0001"
    await twin.lapor.file(report(description=words, **hidden), [])
    left = twin.left_the_house().replace(" ", "").replace("-", "")
    assert "1100001234" not in left
    assert "6408010101900001" not in left
    assert "WargaContoh" not in left


async def test_a_followup_is_added_or_left_to_a_person(twin: Twin) -> None:
    receipt = await twin.lapor.file(report(ticket="KS-251124-F0LL"), [])
    await twin.lapor.add_followup(
        receipt.complaint_id if receipt else "1", "Masih gelap, hubungi 0811 0000 1234", [PHOTO], is_secret=True
    )
    left = twin.left_the_house()
    assert "1100001234" not in left.replace(" ", "")
    if not twin.by_person:
        assert "Masih gelap" in left


async def test_closing_twice_is_closing(twin: Twin) -> None:
    await twin.lapor.close()
    await twin.lapor.close()
