"""Promises of the accounts and of the masks, beneath the pages."""

from __future__ import annotations

import asyncio

import pytest

from bot.failures import Rejected
from bot.store.accounts import MOST_FAILURES, ROLES, Accounts, hashed, password_fits
from bot.store.masking import mask_name, mask_phone, mask_words
from bot.store.unit_of_work import Store
from tests.admin.world import NOW, PASSWORD


@pytest.mark.parametrize(("name", "masked"), [("Siti Rahma", "S*** R***"), ("Budi", "B***"), ("  ", ""), (None, "")])
def test_names(name: str | None, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+6281100000011", "+62 811-****-0011"),
        ("0811-0000-0011", "+62 811-****-0011"),
        ("112", "****12"),
        ("", ""),
        (None, ""),
    ],
)
def test_phones(phone: str | None, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("words", "hidden"),
    [
        ("hubungi 081100000011 ya", "81100000011"),
        ("wa +62 811-0000-0011", "0000"),
        ("nik 6408010101010001.", "640801"),
        ("surat warga@contoh.example saja", "warga@"),
        ("kantor 0549-12345", "12345"),
    ],
)
def test_personal_numbers_leave_the_words(words: str, hidden: str) -> None:
    masked = mask_words(words)
    assert hidden not in masked
    assert "****" in masked


@pytest.mark.parametrize(
    "words",
    [
        "telepon 112 atau 119",
        "KS-261124-AAAA",
        "tanggal 24-11-2026 jam 10.30",
        "0.537906, 117.555470",
        "km 5 sudah 3 hari, Rp 150000",
    ],
)
def test_other_numbers_stay(words: str) -> None:
    assert mask_words(words) == words


def test_the_known_name_leaves_the_words() -> None:
    assert mask_words("saya siti rahma di pasar", "Siti Rahma") == "saya S*** R*** di pasar"


async def test_seeding_twice_changes_nothing(store: Store) -> None:
    for _ in range(2):
        async with store.write() as session:
            await Accounts(session).seed_roles()
    async with store.write() as session:
        for role in ROLES:
            await Accounts(session).add_user(role, role, "x", role, NOW)


async def test_users_that_cannot_be_are_refused(store: Store) -> None:
    async with store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
        await accounts.add_user("Budi ", "Budi", "x", "operator", NOW)
        for username, shown, role, why in [
            ("budi", "Budi", "operator", "sudah dipakai"),
            (" ", "Budi", "operator", "harus diisi"),
            ("ani", " ", "operator", "harus diisi"),
            ("ani", "Ani", "raja", "Tidak ada peran"),
        ]:
            with pytest.raises(Rejected, match=why):
                await accounts.add_user(username, shown, "x", role, NOW)
    with pytest.raises(Rejected, match="12"):
        await hashed("pendek")


async def test_passwords_are_checked_against_argon2(store: Store) -> None:
    password_hash = await hashed(PASSWORD)
    assert password_hash.startswith("$argon2id$")
    assert await password_fits(password_hash, PASSWORD)
    assert not await password_fits(password_hash, PASSWORD + "x")
    assert not await password_fits("not a hash", PASSWORD)
    assert not await password_fits(None, PASSWORD)


async def test_guesses_side_by_side_gain_nothing(store: Store) -> None:
    async with store.write() as session:
        await Accounts(session).seed_roles()
        await Accounts(session).add_user("budi", "Budi", "x", "operator", NOW)

    async def attempt() -> bool:
        async with store.write() as session:
            return await Accounts(session).begin_attempt("budi", NOW) is not None

    tried = await asyncio.gather(*(attempt() for _ in range(20)))
    assert sum(tried) == MOST_FAILURES
