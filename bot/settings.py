"""Settings by name, read once at the start. A wrong value stops the start with one sentence that names it."""

from __future__ import annotations

import os
import re
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.failures import SiagaError
from bot.periods import Periods

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadSettings(SiagaError):
    """The settings cannot be used; `str()` names every fault, one a line."""


class Settings(BaseSettings):
    """Everything an operator can set; the names are these in capitals with the prefix SIAGA_."""

    model_config = SettingsConfigDict(env_prefix="SIAGA_", env_file=".env", extra="ignore", hide_input_in_errors=True)

    database_url: str = "sqlite+aiosqlite:///var/siaga.db"
    media_dir: Path = Path("var/media")
    spool_dir: Path = Path("var/spool")
    """Where signed WhatsApp messages lie while the database does not answer."""
    erasures_file: Path = Path("var/erasures.sealed")
    """The ledger of erased citizens; it belongs beside the back-ups, which do not know of later erasures."""
    public_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr

    telegram_token: SecretStr | None = None
    telegram_secret: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"

    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
    twilio_api_url: str = "https://api.twilio.com"
    twilio_voice_from: str | None = None
    """The number that calls come from; it needs twilio_account_sid and twilio_auth_token."""
    twilio_sms_from: str | None = None
    """The number or approved name that SMS come from; needs the same."""

    lapor_mode: Literal["assisted", "api"] = "assisted"
    lapor_url: str | None = None
    lapor_auth_header: str = "auth"
    lapor_auth_value: SecretStr | None = None
    lapor_token: SecretStr | None = None
    lapor_ids: Path | None = None
    lapor_user_id: str | None = None
    lapor_reporter: Literal["regency", "citizen"] = "regency"
    lapor_timeout: float = Field(default=90, ge=1, le=600)
    """Seconds that one request to LAPOR! may take."""
    lapor_poll_seconds: float = Field(default=10800, ge=1, le=86400)
    """Between two readings of a report's status at LAPOR!; a third of it after one that failed."""
    lapor_tracking_pattern: str = "[A-Z0-9-]{4,32}"
    """What a tracking ID looks like, to be confirmed with KemenPANRB; a petugas who mistypes is told."""
    lapor_queue_hours: float = Field(default=24, gt=0, le=720)
    """A report that waits to be filed for longer than this is counted by the morning summary."""
    deadline_forward_days: int = Field(default=3, ge=1, le=60)
    deadline_followup_days: int = Field(default=5, ge=1, le=60)
    deadline_close_days: int = Field(default=10, ge=1, le=60)
    holidays: Path = DATA / "holidays.yml"
    summary_at: time = time(7, 30)
    """When the morning summary goes to the staff group (WITA)."""

    staff_telegram_chat: int | None = None
    emergency_ladder: Path | None = None
    emergency_webhook_url: str | None = None
    emergency_webhook_secret: SecretStr | None = None
    emergency_webhook_format: Literal["json", "cap"] = "json"
    """Our own JSON, or CAP 1.2."""

    nlu_url: str | None = None
    boundaries: Path | None = None

    second_factor: Literal["required", "optional"] = "required"
    """Whether admin and petugas 112 must sign in with an authenticator app as well."""
    demo: bool = False
    """Set by `siaga demo` alone: the password that everybody knows may stay."""

    retention_drafts_days: int = Field(default=30, ge=1)
    retention_transcripts_days: int = Field(default=180, ge=1)
    retention_inbox_days: int = Field(default=30, ge=2)
    retention_outbox_days: int = Field(default=90, ge=2)
    retention_media_days: int = Field(default=7, ge=2)
    retention_names_days: int = Field(default=365, ge=1)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters; `openssl rand -hex 32` makes one")
        return value

    @field_validator(
        "public_url", "telegram_api_url", "twilio_api_url", "lapor_url", "emergency_webhook_url", "nlu_url"
    )
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is None or value == "":
            return None
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError("must be a full http(s) address such as https://siaga.example.go.id")
        return value.rstrip("/")

    @field_validator("twilio_voice_from")
    @classmethod
    def _is_number(cls, value: str | None) -> str | None:
        number = re.sub(r"[ .-]", "", value or "")
        if value and not re.fullmatch(r"\+[1-9]\d{7,14}", number):
            raise ValueError("must be a number with its country, such as +62 811-0000-0100")
        return number or None

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, value: str) -> str:
        for plain, driver in (("postgresql://", "postgresql+asyncpg://"), ("postgres://", "postgresql+asyncpg://"),
                              ("sqlite://", "sqlite+aiosqlite://")):  # fmt: skip
            if value.startswith(plain):
                return driver + value.removeprefix(plain)
        if not value.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite://")):
            raise ValueError("must be a sqlite:/// or postgresql:// address")
        return value

    @field_validator("lapor_tracking_pattern")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return value

    @field_validator("summary_at")
    @classmethod
    def _without_zone(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("is a time of day in WITA without a zone, such as 07:30")
        return value

    @field_validator("lapor_ids", "emergency_ladder", "boundaries", "holidays")
    @classmethod
    def _file_is_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file {value}")
        return value

    @model_validator(mode="after")
    def _whole_groups(self) -> Settings:
        """Half a group is a mistake, not a wish."""
        _together(telegram_token=self.telegram_token, telegram_secret=self.telegram_secret)
        _together(
            twilio_account_sid=self.twilio_account_sid,
            twilio_auth_token=self.twilio_auth_token,
            twilio_from=self.twilio_from,
        )
        _together(
            emergency_webhook_url=self.emergency_webhook_url, emergency_webhook_secret=self.emergency_webhook_secret
        )
        if self.retention_drafts_days > self.retention_transcripts_days:
            raise ValueError(
                "SIAGA_RETENTION_DRAFTS_DAYS must not be above SIAGA_RETENTION_TRANSCRIPTS_DAYS: "
                "a draft needs the messages that its photos came in"
            )
        for name in ("twilio_voice_from", "twilio_sms_from"):
            if getattr(self, name) and not self.twilio_account_sid:
                raise ValueError(f"SIAGA_{name.upper()} needs SIAGA_TWILIO_ACCOUNT_SID and the rest of its group")
        if self.staff_telegram_chat is not None and self.telegram_token is None:
            raise ValueError("SIAGA_STAFF_TELEGRAM_CHAT needs SIAGA_TELEGRAM_TOKEN")
        if self.lapor_mode == "api":
            needed = {
                "lapor_url": self.lapor_url,
                "lapor_auth_value": self.lapor_auth_value,
                "lapor_token": self.lapor_token,
            }
            missing = [f"SIAGA_{name.upper()}" for name, value in needed.items() if not value]
            if missing:
                raise ValueError(f"SIAGA_LAPOR_MODE=api needs {' and '.join(missing)}")
            if self.lapor_ids is None and urlsplit(self.lapor_url or "").hostname not in _LOOPBACK:
                raise ValueError("SIAGA_LAPOR_MODE=api needs SIAGA_LAPOR_IDS, the file of LAPOR! ids for this regency")
            if self.lapor_reporter == "regency" and not self.lapor_user_id:
                raise ValueError("SIAGA_LAPOR_REPORTER=regency needs SIAGA_LAPOR_USER_ID, the regency's LAPOR! user")
        return self

    @property
    def periods(self) -> Periods:
        """How long each kind of data is kept."""
        days = {
            "drafts": self.retention_drafts_days, "transcripts": self.retention_transcripts_days,
            "inbox": self.retention_inbox_days, "outbox": self.retention_outbox_days,
            "media": self.retention_media_days, "names": self.retention_names_days,
        }  # fmt: skip
        return Periods(**{kind: timedelta(days=number) for kind, number in days.items()})

    @property
    def twilio_templates(self) -> dict[str, str]:
        """Content SIDs by lower-case name, from SIAGA_TWILIO_TEMPLATE_<NAME> in the environment or .env."""
        prefix = "SIAGA_TWILIO_TEMPLATE_"
        given = {**dotenv_values(".env"), **os.environ}
        return {
            name.removeprefix(prefix).lower(): sid for name, sid in given.items() if name.startswith(prefix) and sid
        }

    @property
    def telegram_polls(self) -> bool:
        """Without a public https address Telegram cannot call us, so we ask."""
        return not self.public_url.startswith("https://") and urlsplit(self.telegram_api_url).hostname not in _LOOPBACK


def _together(**group: Any) -> None:
    missing = [f"SIAGA_{name.upper()}" for name, value in group.items() if value in (None, "")]
    if missing and len(missing) < len(group):
        raise ValueError(f"{' and '.join(missing)} is missing: set the whole group or none of it")


def load(**given: Any) -> Settings:
    """The settings of environment and .env, with `given` above them. Raises BadSettings."""
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            name = f"SIAGA_{str(fault['loc'][0]).upper()} " if fault["loc"] else ""
            message = fault["msg"].removeprefix("Value error, ")
            lines.append(name + ("is required" if fault["type"] == "missing" else message))
        raise BadSettings("\n".join(lines)) from None
