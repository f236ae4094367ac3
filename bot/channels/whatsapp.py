"""WhatsApp over Twilio: signed forms in, the Messages API out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx
import structlog
from twilio.base.exceptions import (  # type: ignore[import-untyped,unused-ignore]
    TwilioRestException,
    TwilioServiceException,
)
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped,unused-ignore]
from twilio.rest import Client  # type: ignore[import-untyped,unused-ignore]
from twilio.rest.content.v1.content import ContentList  # type: ignore[import-untyped,unused-ignore]

from bot.channels import whatsapp_templates as templates_of
from bot.channels.base import Incoming, Media, Outgoing, StaffTap, WebhookRequest
from bot.channels.download import check_announced, collect
from bot.channels.layout import numbered, parts
from bot.channels.whatsapp_forms import (
    SCHEME,
    WINDOW_CLOSED,
    DeliveryReport,
    failure,
    past_message,
    read_message,
    read_report,
    signed_form,
)
from bot.failures import AwaitsContact, Rejected, TemporaryFailure, UnknownOutcome
from bot.twilio_http import CONNECT_SECONDS, READ_SECONDS, REAL_API, TwilioTransport

log = structlog.get_logger(__name__)

MOST_REDIRECTS: Final = 4
MOST_MISSED: Final = 1000

Known = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Which of these message ids were taken in before."""


class WhatsAppChannel:
    """One WhatsApp sender at Twilio.

    `templates` maps "options_1" ... "options_10" to content sids; where one is missing, or refused, the options
    go out as numbered text. `status_callback` is the public address for delivery reports. `list_title` is on the
    button that opens a list.
    """

    name = "whatsapp"
    limits = templates_of.LIMITS

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        api_url: str = REAL_API,
        templates: Mapping[str, str] | None = None,
        status_callback: str | None = None,
        list_title: str = "Pilih",
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._account = (account_sid, auth_token)
        self._sender = sender if sender.startswith(SCHEME) else SCHEME + sender
        self._api_url = api_url.rstrip("/")
        self._templates = {name.lower(): sid for name, sid in (templates or {}).items()}
        self._fixed = {"from_": self._sender} | ({"status_callback": status_callback} if status_callback else {})
        self._list_title = list_title
        self._validator = RequestValidator(auth_token)
        self._transport = TwilioTransport(self._api_url, read_seconds)
        self._client = Client(account_sid, auth_token, http_client=self._transport)
        self._files = httpx.AsyncClient(
            follow_redirects=False, timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
        )

    def receive(self, request: WebhookRequest) -> Sequence[Incoming | StaffTap]:
        """The one message of the form. Raises Forged or Malformed."""
        return [read_message(signed_form(request, self._validator))]

    def report(self, request: WebhookRequest) -> DeliveryReport:
        """Twilio's later word on a message that it had accepted. Raises Forged or Malformed."""
        return read_report(signed_form(request, self._validator))

    async def send(self, address: str, message: Outgoing) -> str:
        """Send a bubble and return the sid of its last piece.

        Longer than 1600 it goes out in pieces; when a later piece fails, a repeat begins with the first.
        """
        if message.closed:
            return await self._by_template(address, message)
        template = self._templates.get(templates_of.template_name(len(message.buttons)))
        if template and templates_of.fits(message.text, message.buttons):
            values = json.dumps(templates_of.variables(message.text, message.buttons), ensure_ascii=False)
            try:
                return await self._create(address, content_sid=template, content_variables=values)
            except TemplateRefused as error:
                log.warning("whatsapp_template_refused", template=template, reason=str(error))
            except AwaitsContact:
                return await self._by_template(address, message)
        sid = ""
        for piece in parts(numbered(message.text, message.buttons), self.limits.text):
            try:
                sid = await self._create(address, body=piece)
            except AwaitsContact:
                return await self._by_template(address, message)
        return sid

    async def _by_template(self, address: str, message: Outgoing) -> str:
        """Outside the 24 hours: by an approved template, or not before the citizen writes again (AwaitsContact)."""
        chosen = templates_of.approved(message, self._templates)
        if chosen is None:
            raise AwaitsContact(WINDOW_CLOSED)
        sid, values = chosen
        try:
            return await self._create(
                address, content_sid=sid, content_variables=json.dumps(values, ensure_ascii=False)
            )
        except TemplateRefused as error:
            log.warning("whatsapp_template_refused", template=sid, reason=str(error))
            raise AwaitsContact(f"{WINDOW_CLOSED}: Twilio menolak {sid}") from None

    async def fetch(self, media: Media, most_bytes: int) -> bytes:
        """The file, asked for with the password at Twilio's own host only; redirects are followed without it."""
        if _origin(media.ref) != _origin(self._api_url):
            raise Rejected(f"media are only taken from {urlsplit(self._api_url).hostname}, not from elsewhere")
        url = media.ref
        auth: httpx.Auth = httpx.BasicAuth(*self._account)
        try:
            for _ in range(1 + MOST_REDIRECTS):
                async with self._files.stream("GET", url, auth=auth) as response:
                    if not response.has_redirect_location:
                        return await _content(response, most_bytes)
                    url = urljoin(url, response.headers["Location"])
                if urlsplit(url).scheme != "https" and _origin(url) != _origin(self._api_url):
                    raise Rejected("Twilio's redirect to the file is not https")
                auth = _NoPassword()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise TemporaryFailure(f"the file could not be fetched from Twilio ({type(error).__name__})") from None
        raise Rejected("the file is behind too many redirects")

    async def answered(self, incoming: Incoming | StaffTap) -> None:
        """WhatsApp shows no spinner."""

    async def start(self) -> None:
        await self._transport.open()

    async def close(self) -> None:
        await self._transport.close()
        await self._files.aclose()

    async def missed(self, since: datetime, known: Known | None = None) -> list[Incoming]:
        """What citizens wrote since then and is not `known`, oldest first, for after an outage.

        A pin comes back without its coordinates, as unsupported. At most 1000 messages. Raises TemporaryFailure
        or Rejected.
        """
        try:
            listed = await self._client.messages.list_async(to=self._sender, date_sent_after=since, limit=MOST_MISSED)
            theirs = [m for m in listed if m.direction == "inbound" and str(m.from_).startswith(SCHEME)]
            # Each message with files costs a call, so those that are here already are not asked about.
            here = await known([str(m.sid) for m in theirs]) if known and theirs else set()
            return [
                past_message(message, await self._media_of(message))
                for message in sorted(theirs, key=lambda m: m.date_created)
                if str(message.sid) not in here
            ]
        except UnknownOutcome as error:
            raise TemporaryFailure(str(error)) from None
        except (TwilioRestException, TwilioServiceException) as error:
            raise failure(error.status, error.code, _words(error)) from None

    async def create_templates(self) -> dict[str, str]:
        """Create the content templates that are not configured yet; names and sids of the new ones, for .env."""
        made: dict[str, str] = {}
        for count in range(1, self.limits.rows + 1):
            name = templates_of.template_name(count)
            if name in self._templates:
                continue
            request = ContentList.ContentCreateRequest(templates_of.definition(count, self._list_title))
            try:
                made[name] = str((await self._client.content.v1.contents.create_async(request)).sid)
            except (TwilioRestException, TwilioServiceException) as error:
                raise failure(error.status, error.code, _words(error)) from None
        self._templates |= made
        return made

    async def _create(self, address: str, **what: str) -> str:
        try:
            return str((await self._client.messages.create_async(address, **self._fixed, **what)).sid)
        except (TwilioRestException, TwilioServiceException) as error:
            if "content_sid" in what and error.code in templates_of.REFUSED:
                raise TemplateRefused(_words(error)) from None
            raise failure(error.status, error.code, _words(error)) from None
        except ValueError:
            raise UnknownOutcome("Twilio's answer cannot be read; the message may have been sent") from None

    async def _media_of(self, message: Any) -> tuple[Media, ...]:
        if not int(message.num_media or 0):
            return ()
        files = await message.media.list_async()
        return tuple(Media(self._api_url + str(f.uri).removesuffix(".json"), f.content_type) for f in files)


class TemplateRefused(Rejected):
    """Twilio does not take this template; the same words as plain text may pass."""


class _NoPassword(httpx.Auth):
    """Sends no credentials, whatever the address or the environment hold."""


async def _content(response: httpx.Response, most_bytes: int) -> bytes:
    if response.status_code == 429 or response.status_code >= 500:
        raise TemporaryFailure(f"Twilio answered {response.status_code} when asked for the file")
    if response.status_code != 200:
        raise Rejected(f"Twilio answered {response.status_code} when asked for the file: it is gone or not ours")
    check_announced(response.headers.get("Content-Length"), most_bytes)
    return await collect(response.aiter_bytes(), most_bytes)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port. A port that is no number makes an origin that equals no real one."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None


def _words(error: Any) -> str:
    """Twilio's words without the SDK's own preface."""
    words = str(getattr(error, "msg", None) or getattr(error, "detail", None) or getattr(error, "title", ""))
    return words.removeprefix("Unable to create record: ")
