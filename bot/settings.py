"""Settings by name, read once at the start. A wrong value stops the start with one sentence that names it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.failures import SiagaError

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
    public_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr

    telegram_token: SecretStr | None = None
    telegram_secret: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"

    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
    twilio_api_url: str = "https://api.twilio.com"

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

    staff_telegram_chat: int | None = None
    emergency_ladder: Path | None = None
    emergency_webhook_url: str | None = None
    emergency_webhook_secret: SecretStr | None = None

    nlu_url: str | None = None
    boundaries: Path | None = None

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

    @field_validator("lapor_ids", "emergency_ladder", "boundaries")
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
