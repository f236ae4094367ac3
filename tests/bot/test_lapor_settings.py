"""Settings of LAPOR! that cannot be used are one sentence, and `siaga lapor` shows what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import BadSettings, load
from tests.conftest import SECRET
from tests.e2e.processes import run
from tests.gateways.running import process


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"lapor_tracking_pattern": "["}, "SIAGA_LAPOR_TRACKING_PATTERN is no regular expression"),
        ({"holidays": "/nowhere/libur.yml"}, "SIAGA_HOLIDAYS there is no file"),
        ({"summary_at": "07:30+08:00"}, "SIAGA_SUMMARY_AT is a time of day in WITA"),
        ({"summary_at": "pagi"}, "SIAGA_SUMMARY_AT"),
        ({"lapor_poll_seconds": 0}, "SIAGA_LAPOR_POLL_SECONDS"),
        ({"deadline_forward_days": 0}, "SIAGA_DEADLINE_FORWARD_DAYS"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(BadSettings) as failed:
        load(secret_key=SECRET, **given)
    assert sentence in str(failed.value)


def test_the_lists_are_read_and_compared_from_the_command(tmp_path: Path) -> None:
    ids = tmp_path / "ids.yml"
    whole = (Path(__file__).parents[2] / "data" / "lapor" / "simulator_ids.yml").read_text("utf-8")
    ids.write_text(whole.replace("PLN: 505", "PLN: 599"), "utf-8")
    with process("bot.simulators.lapor") as (address, _):
        settings = {
            "SIAGA_SECRET_KEY": SECRET, "SIAGA_DATABASE_URL": f"sqlite:///{tmp_path}/siaga.db",
            "SIAGA_LAPOR_MODE": "api", "SIAGA_LAPOR_URL": address, "SIAGA_LAPOR_AUTH_VALUE": "a",
            "SIAGA_LAPOR_TOKEN": "t", "SIAGA_LAPOR_USER_ID": "1", "SIAGA_LAPOR_IDS": str(ids),
        }  # fmt: skip
        assert run(tmp_path, settings, "db", "upgrade").returncode == 0
        ended = run(tmp_path, settings, "lapor", "masters")
    assert ended.returncode == 1
    assert "DIFFERS  agencies: PLN has the id 599" in ended.stdout
    assert "read     20 institutions" in ended.stdout
    away = run(tmp_path, settings, "lapor", "masters")
    assert away.returncode == 1
    assert "the kept list stays" in away.stdout
    kept = run(tmp_path, settings, "lapor", "masters", "--kept")
    assert "DIFFERS  agencies: PLN has the id 599" in kept.stdout
    assert "Tidak ada laporan yang tertahan." in run(tmp_path, settings, "lapor", "summary").stdout
