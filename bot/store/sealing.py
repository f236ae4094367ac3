"""Personal identifiers at rest: sealed with a key of the regency, found again by a keyed hash.

One secret (SIAGA_SECRET_KEY) gives three independent keys by HKDF: for sealing, for fingerprints, for signing.
Losing it loses every sealed column, so it belongs into the back-up of the settings, apart from the database's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.failures import SiagaError


class WrongKey(SiagaError):
    """The stored value was sealed with another SIAGA_SECRET_KEY."""


class Sealer:
    """Seals and opens text; the same secret opens what it sealed, on any machine."""

    def __init__(self, secret_key: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(_derive(secret_key, b"seal")))
        self._fingerprint_key = _derive(secret_key, b"fingerprint")
        self._signing_key = _derive(secret_key, b"sign")

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, blob: bytes) -> str:
        """The text again. Raises WrongKey."""
        try:
            return self._fernet.decrypt(bytes(blob)).decode()
        except InvalidToken:
            raise WrongKey(
                "a stored value cannot be opened: SIAGA_SECRET_KEY is not the one it was sealed with"
            ) from None

    def seal_json(self, value: Any) -> bytes:
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def open_json(self, blob: bytes) -> Any:
        return json.loads(self.open(blob))

    def seal_or_none(self, text: str | None) -> bytes | None:
        return self.seal(text) if text else None

    def open_or_none(self, blob: bytes | None) -> str | None:
        return self.open(blob) if blob else None

    def fingerprint(self, channel: str, address: str) -> str:
        """The keyed hash by which a contact is found without storing its address in the clear (hex)."""
        return hmac.new(self._fingerprint_key, f"{channel}\0{address}".encode(), hashlib.sha256).hexdigest()

    def sign(self, text: str) -> str:
        """A signature for cookies (hex); check it with `hmac.compare_digest`."""
        return hmac.new(self._signing_key, text.encode(), hashlib.sha256).hexdigest()


def _derive(secret_key: str, purpose: bytes) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"kutim-siaga", info=purpose)
    return kdf.derive(secret_key.encode())
