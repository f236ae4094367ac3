"""Twilio's forms: checked against their signature, then read as messages or delivery reports. Pure: no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped,unused-ignore]

from bot.channels.base import Forged, Incoming, Kind, Malformed, Media, WebhookRequest
from bot.channels.phone import e164
from bot.failures import AwaitsContact, Rejected, SiagaError, TemporaryFailure, TooFast

SIGNATURE_HEADER: Final = "x-twilio-signature"
SCHEME: Final = "whatsapp:"
OUTSIDE_WINDOW: Final = 63016
WINDOW_CLOSED: Final = (
    f"WhatsApp menerima pesan bebas hanya dalam 24 jam sejak pesan terakhir warga ({OUTSIDE_WINDOW}), "
    "dan tidak ada templat yang dapat dipakai"
)
_TOO_FAST_FOR_ONE: Final = 63018
_TOO_FAST: Final = (20429, 14107)
"""WhatsApp's own rate limit, which may be one chat's; the account's and the sender's."""
_PAUSE_FOR_ONE: Final = 6.0
"""Seconds: WhatsApp bears about one message in six seconds to one citizen."""
_CARDS: Final = ("text/vcard", "text/x-vcard", "text/directory")


class Form(dict[str, list[str]]):
    """Fields of a form, each with all its values: what the SDK's validator needs for repeated fields."""

    def getall(self, name: str) -> list[str]:
        return self[name]

    def one(self, name: str) -> str | None:
        """The first value, or None when absent or empty."""
        values = self.get(name)
        return (values[0] or None) if values else None


def signed_form(request: WebhookRequest, validator: RequestValidator) -> Form:
    """The form of a request that Twilio signed for this public URL. Raises Forged."""
    form = Form()
    fields: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True):
        fields[name].append(value)
    form.update(fields)
    signature = request.headers.get(SIGNATURE_HEADER)
    if not signature or not signature.isascii() or not validator.validate(request.url, form, signature):
        raise Forged(
            f"the Twilio signature of this request is missing or wrong; it must be signed for {request.url} "
            "(SIAGA_PUBLIC_URL) with SIAGA_TWILIO_AUTH_TOKEN"
        )
    return form


def read_message(form: Form) -> Incoming:
    """The citizen's message. Raises Malformed when sender or id is missing or a position is no position."""
    sender, sid = form.one("From"), form.one("MessageSid")
    if not sender or not sender.startswith(SCHEME) or not sid:
        raise Malformed("this Twilio form has no WhatsApp sender (From) or no MessageSid")
    incoming = Incoming(
        "whatsapp", sid, sender, datetime.now(UTC), "unsupported", text=form.one("Body"), own_id=sid,
        profile_name=form.one("ProfileName"), phone=e164(sender.removeprefix(SCHEME)),
    )  # fmt: skip
    if button := form.one("ButtonPayload") or form.one("ListId"):
        title = form.one("ButtonText") or form.one("ListTitle") or incoming.text
        return replace(incoming, kind="button", button=button, text=title)
    if form.one("Latitude") and form.one("Longitude"):
        words = ", ".join(filter(None, (form.one("Label"), form.one("Address"))))
        return replace(incoming, kind="pin", pin=_point(form), text=words or incoming.text)
    if media := _media(form):
        return with_media(incoming, media)
    return replace(incoming, kind="text") if incoming.text else incoming


def with_media(incoming: Incoming, media: tuple[Media, ...]) -> Incoming:
    """The message with its files. A contact's number is inside its card; `phone` then stays unknown."""
    kind = kind_of(media[0].content_type)
    return replace(incoming, kind=kind, media=media, phone=None if kind == "contact" else incoming.phone)


def kind_of(content_type: str | None) -> Kind:
    """What a file is to the dialogue; WhatsApp sends stickers as WebP and photos never so."""
    plain = (content_type or "").partition(";")[0].strip().lower()
    if plain == "image/webp":
        return "sticker"
    if plain in _CARDS:
        return "contact"
    kinds: Mapping[str, Kind] = {"image": "photo", "audio": "voice", "video": "video"}
    return kinds.get(plain.partition("/")[0], "document")


def failure(status: int, code: int | None, words: str) -> SiagaError:
    """Twilio's refusal as one of ours. `code` is Twilio's own number, `status` the HTTP one (0: none)."""
    if code == _TOO_FAST_FOR_ONE:
        return TooFast(f"WhatsApp asks for fewer messages ({code})", _PAUSE_FOR_ONE)
    if status == 429 or code in _TOO_FAST:
        return TooFast(f"WhatsApp asks for fewer messages ({code or status})", everywhere=True)
    if status >= 500:
        return TemporaryFailure(f"Twilio answered {status}")
    if code == OUTSIDE_WINDOW:
        return AwaitsContact(WINDOW_CLOSED)
    if code == 20003 or status == 401:
        return Rejected("Twilio does not accept SIAGA_TWILIO_ACCOUNT_SID with SIAGA_TWILIO_AUTH_TOKEN")
    return Rejected(f"Twilio refused the message ({code or status}): {words}")


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message that Twilio had accepted. `reference` is what `send` returned.

    `state` is Twilio's: queued, sent, delivered, read, undelivered, failed. `failure` says why it did not arrive.
    """

    reference: str
    state: str
    failure: SiagaError | None = None


def read_report(form: Form) -> DeliveryReport:
    """Raises Malformed when it names no message."""
    sid, state = form.one("MessageSid"), form.one("MessageStatus") or form.one("SmsStatus")
    if not sid or not state:
        raise Malformed("this Twilio status form has no MessageSid or no MessageStatus")
    if state not in ("undelivered", "failed"):
        return DeliveryReport(sid, state)
    code = form.one("ErrorCode") or ""
    words = form.one("ErrorMessage") or form.one("ChannelStatusMessage") or state
    return DeliveryReport(sid, state, failure(0, int(code) if code.isdigit() else None, words))


def past_message(message: Any, media: tuple[Media, ...]) -> Incoming:
    """A message as the Messages API lists it later. A pin comes back empty, and so as unsupported."""
    sender = str(message.from_)
    at = message.date_sent or message.date_created or datetime.now(UTC)
    incoming = Incoming(
        "whatsapp", str(message.sid), sender, at, "unsupported", text=message.body or None, own_id=str(message.sid),
        phone=e164(sender.removeprefix(SCHEME)),
    )  # fmt: skip
    if media:
        return with_media(incoming, media)
    return replace(incoming, kind="text") if incoming.text else incoming


def _point(form: Form) -> tuple[float, float]:
    try:
        return float(form.one("Latitude") or ""), float(form.one("Longitude") or "")
    except ValueError:
        raise Malformed("Latitude and Longitude of this Twilio form are not numbers") from None


def _media(form: Form) -> tuple[Media, ...]:
    count = form.one("NumMedia") or "0"
    numbers = range(min(int(count), 10) if count.isdigit() else 0)
    urls = ((form.one(f"MediaUrl{n}"), form.one(f"MediaContentType{n}")) for n in numbers)
    return tuple(Media(url, content_type) for url, content_type in urls if url)
