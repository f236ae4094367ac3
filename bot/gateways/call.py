"""A telephone call that reads an incident out in Indonesian, slowly and twice; pressing 1 acknowledges it.

The words go along with the request for the call, so that nothing of ours has to answer before they are heard. The
key pressed comes to our own address, whose query names the incident; Twilio signs the whole address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped,unused-ignore]
from twilio.rest import Client  # type: ignore[import-untyped,unused-ignore]
from twilio.twiml.voice_response import Gather, VoiceResponse  # type: ignore[import-untyped,unused-ignore]

from bot.failures import Rejected, SiagaError, UnknownOutcome
from bot.gateways.alert_text import spoken
from bot.gateways.base import Alert
from bot.gateways.rota import Contact
from bot.twilio_http import REAL_API, REFUSALS, TwilioTransport, refusal

LANGUAGE: Final = "id-ID"
VOICE: Final = "Google.id-ID-Standard-A"
"""Twilio's own voices speak no Indonesian; a language without a voice that speaks it fails the sentence."""
RINGS_FOR: Final = 30
LASTS_AT_MOST: Final = 180
"""Seconds."""
PRESSED_WITHIN: Final = timedelta(minutes=10)
"""A key pressed later than this after the call began belongs to no call of ours."""
PATH: Final = "/webhooks/twilio/voice"
_ACCEPTS: Final = "1"


class NotOurs(SiagaError):
    """The request is not Twilio's answer to a call of ours: answer 403, change nothing."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key pressed by `who` in the call `call` about an incident; `accepts`: it was the 1."""

    call: str
    incident: str
    who: str
    accepts: bool


class VoiceCall:
    """Calls one contact from `sender`; `public_url` is where the key pressed is told."""

    name = "call"

    def __init__(
        self, account_sid: str, auth_token: str, sender: str, public_url: str, api_url: str = REAL_API,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._transport = TwilioTransport(api_url)
        self._client = Client(account_sid, auth_token, http_client=self._transport)
        self._validator = RequestValidator(auth_token)
        self._sender = sender
        self._url = public_url.rstrip("/") + PATH
        self._clock = clock

    async def alert(self, alert: Alert, to: Contact | None = None) -> str:
        """Let it ring and return the call's sid. Raises TemporaryFailure, Rejected or UnknownOutcome."""
        if to is None:
            raise Rejected("a call needs a contact with a number")
        query = {"incident": alert.incident, "who": to.name, "at": int(self._clock().timestamp())}
        action = f"{self._url}?{urlencode(query, quote_via=quote)}"
        await self._transport.open()
        try:
            call = await self._client.calls.create_async(
                to.to, self._sender, twiml=announcement(alert, action), timeout=RINGS_FOR, time_limit=LASTS_AT_MOST
            )
        except REFUSALS as error:
            raise refusal(error) from None
        except ValueError:
            raise UnknownOutcome("Twilio's answer cannot be read; the telephone may have rung") from None
        return str(call.sid)

    def pressed(self, url: str, headers: Mapping[str, str], body: bytes) -> Pressed:
        """What was pressed, of a request to `url` as Twilio signed it (header names in lower case). Raises NotOurs."""
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        signature = headers.get("x-twilio-signature", "")
        if not signature.isascii() or not self._validator.validate(url, form, signature):
            raise NotOurs("the signature is missing or wrong")
        asked = dict(parse_qsl(urlsplit(url).query))
        at, call = asked.get("at", ""), form.get("CallSid", "")
        if not (call and asked.get("incident") and at.isascii() and at.isdecimal() and len(at) <= 12):
            raise NotOurs("the request names no call and no incident")
        if not timedelta(0) <= self._clock() - datetime.fromtimestamp(int(at), UTC) + _SKEW <= PRESSED_WITHIN + _SKEW:
            raise NotOurs("the call is too long ago")
        return Pressed(call[:64], asked["incident"], asked.get("who", "petugas")[:80], form.get("Digits") == _ACCEPTS)

    async def close(self) -> None:
        await self._transport.close()


_SKEW: Final = timedelta(seconds=5)


def announcement(alert: Alert, action: str) -> str:
    """TwiML: the sentences twice, each followed by a rest, while one key is waited for."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, action=action, method="POST", timeout=10, input="dtmf", finish_on_key="")
    _say(gather, ["Ini panggilan otomatis Kutim Siaga."])
    for _ in range(2):
        _say(gather, spoken(alert))
        _say(gather, ["Tekan 1 untuk menerima kejadian ini."])
    response.append(gather)
    _say(response, ["Belum ada yang menekan 1. Petugas berikutnya akan dihubungi."])
    return str(response)


def closing(*sentences: str) -> str:
    """TwiML: these sentences, then the call ends."""
    response = VoiceResponse()
    _say(response, sentences)
    response.hangup()
    return str(response)


def _say(verb: Gather | VoiceResponse, sentences: Sequence[str]) -> None:
    for sentence in sentences:
        verb.say(sentence, voice=VOICE, language=LANGUAGE)
        verb.pause(length=1)
