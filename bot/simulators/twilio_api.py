"""The Messages and Content API of the Twilio stand-in: checks each call as Twilio does, answers in its format."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from xml.etree import ElementTree

Json = dict[str, Any]

MOST_TEXT: Final = 1600
MOST_CONTENT_BODY: Final = 1024
MOST_OPTIONS: Final = 10
ACCOUNT_PATH: Final = "/2010-04-01/Accounts"
_WHATSAPP: Final = re.compile(r"whatsapp:\+[1-9]\d{6,14}")
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
MOST_TWIML: Final = 4000
_APPROVED: Final = "twilio/text"
_VARIABLE: Final = re.compile(r"\{\{\s*(\w{1,16})\s*\}\}")


class RefusedCall(Exception):
    """The call is wrong: Twilio's own number, its words and the HTTP status."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}",
                     "status": status}  # fmt: skip


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


@dataclass
class Account:
    """What one account holds: its messages (both directions), files and content templates."""

    sid: str
    token: str
    messages: list[Json] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    media: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    contents: dict[str, Json] = field(default_factory=dict)
    calls: list[Json] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    """Citizens who wrote longer than 24 hours ago."""

    def call(self, form: dict[str, str]) -> Json:
        """Take a call to be made and return its resource. Raises RefusedCall."""
        to, sender, twiml = form.get("To", ""), form.get("From", ""), form.get("Twiml", "")
        for name, number, code in (("To", to, 21211), ("From", sender, 21212)):
            if not _NUMBER.fullmatch(number):
                raise RefusedCall(code, f"The phone number you are attempting to call, {number}, is not valid: {name}")
        if not twiml and not form.get("Url"):
            raise RefusedCall(21205, "Url parameter is required.")
        if len(twiml) > MOST_TWIML:
            raise RefusedCall(21218, "Twiml is longer than 4000 characters")
        try:
            heard = heard_in(twiml)
        except ElementTree.ParseError as error:
            raise RefusedCall(12100, f"Document parse failure: {error}") from None
        sid, now = new_sid("CA"), format_datetime(datetime.now(UTC))
        call: Json = {
            "sid": sid, "account_sid": self.sid, "api_version": "2010-04-01", "to": to, "from": sender,
            "status": "queued", "direction": "outbound-api", "date_created": now, "date_updated": now,
            "start_time": None, "end_time": None, "duration": None, "price": None, "price_unit": "USD",
            "uri": f"{ACCOUNT_PATH}/{self.sid}/Calls/{sid}.json", "subresource_uris": {},
        }  # fmt: skip
        self.calls.append({**call, "twiml": twiml, "timeout": form.get("Timeout"), **heard})
        return call

    def create(self, form: dict[str, str]) -> Json:
        """Take an outgoing message and return its resource. Raises RefusedCall."""
        to, sender = form.get("To", ""), form.get("From", "")
        if not to:
            raise RefusedCall(21604, "A 'To' phone number is required.")
        if not sender:
            raise RefusedCall(21603, "A 'From' phone number is required.")
        if _NUMBER.fullmatch(to):
            # An SMS: the sender is a number or an approved name, and the body may be as long.
            if sender.startswith("whatsapp:"):
                raise RefusedCall(21910, "Invalid From and To pair. From and To should be of the same channel")
        elif not _WHATSAPP.fullmatch(to):
            raise RefusedCall(21211, f"Invalid 'To' Phone Number: {to}")
        elif not _WHATSAPP.fullmatch(sender):
            raise RefusedCall(21910, "Invalid From and To pair. From and To should be of the same channel")
        if to in self.silent and not self._approved(form.get("ContentSid", "")):
            raise RefusedCall(63016, "Failed to send freeform message because you are outside the allowed window.")
        body, buttons = self._words(form)
        if any(re.search(r"[\n\t]| {5}", value) for value in self._values(form)):
            raise RefusedCall(21656, "The ContentVariables Parameter is invalid")
        message = self.store(sender, to, body, "outbound-api", "queued")
        self.sent.append({
            "at": datetime.now(UTC).isoformat(), "sid": message["sid"], "to": to, "from": sender, "body": body,
            "content_sid": form.get("ContentSid"), "buttons": buttons, "status_callback": form.get("StatusCallback"),
        })  # fmt: skip
        return message

    def store(self, sender: str, to: str, body: str, direction: str, status: str, media: int = 0) -> Json:
        """Add a message resource of either direction."""
        sid, now = new_sid("SM"), format_datetime(datetime.now(UTC))
        uri = f"{ACCOUNT_PATH}/{self.sid}/Messages/{sid}"
        message = {
            "account_sid": self.sid, "api_version": "2010-04-01", "body": body, "date_created": now,
            "date_sent": now if direction == "inbound" else None, "date_updated": now, "direction": direction,
            "error_code": None, "error_message": None, "from": sender, "messaging_service_sid": None,
            "num_media": str(media), "num_segments": "1", "price": None, "price_unit": None, "sid": sid,
            "status": status, "subresource_uris": {"media": f"{uri}/Media.json"}, "to": to, "uri": f"{uri}.json",
        }  # fmt: skip
        self.messages.append(message)
        return message

    def create_content(self, wanted: Any) -> Json:
        """Create a content template. Raises RefusedCall."""
        types = wanted.get("types") if isinstance(wanted, dict) else None
        kinds = {name: value for name, value in types.items() if value} if isinstance(types, dict) else {}
        if len(kinds) != 1 or not wanted.get("language"):
            raise RefusedCall(20001, "A content template needs a language and one of the content types")
        name, value = next(iter(kinds.items()))
        options = value.get("actions") if name == "twilio/quick-reply" else value.get("items")
        if name not in ("twilio/quick-reply", "twilio/list-picker", _APPROVED) or not value.get("body"):
            raise RefusedCall(20001, f"{name} is not known here or has no body")
        whole = all(option.get("id") and (option.get("title") or option.get("item")) for option in options or ())
        if name != _APPROVED and (not options or len(options) > MOST_OPTIONS or not whole):
            raise RefusedCall(20001, f"{name} needs 1 to {MOST_OPTIONS} options with id and title")
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        sid = new_sid("HX")
        self.contents[sid] = {
            "sid": sid, "account_sid": self.sid, "friendly_name": wanted.get("friendly_name"),
            "language": wanted["language"], "variables": wanted.get("variables") or {}, "types": {name: value},
            "date_created": now, "date_updated": now, "url": f"https://content.twilio.com/v1/Content/{sid}",
            "links": {},
        }  # fmt: skip
        return self.contents[sid]

    def listed(self, to: str | None, sender: str | None, path: str) -> Json:
        """A page with all messages, newest first."""
        found = [m for m in reversed(self.messages) if to in (None, m["to"]) and sender in (None, m["from"])]
        return {"messages": found, "page": 0, "page_size": 1000, "start": 0, "end": max(len(found) - 1, 0),
                "uri": path, "first_page_uri": path, "next_page_uri": None, "previous_page_uri": None}  # fmt: skip

    def media_of(self, message: str, path: str) -> Json:
        found = [
            {"sid": sid, "account_sid": self.sid, "parent_sid": message, "content_type": content_type,
             "date_created": format_datetime(datetime.now(UTC)), "date_updated": format_datetime(datetime.now(UTC)),
             "uri": f"{ACCOUNT_PATH}/{self.sid}/Messages/{message}/Media/{sid}.json"}
            for sid, (parent, content_type, _) in self.media.items() if parent == message
        ]  # fmt: skip
        return {"media_list": found, "page": 0, "page_size": 50, "start": 0, "end": max(len(found) - 1, 0),
                "uri": path, "first_page_uri": path, "next_page_uri": None, "previous_page_uri": None}  # fmt: skip

    def _approved(self, sid: str) -> bool:
        """Only templates of plain words stand for what WhatsApp has approved; buttons are session messages."""
        return _APPROVED in self.contents.get(sid, {}).get("types", {})

    def _values(self, form: dict[str, str]) -> list[str]:
        """What an approved template is filled with: WhatsApp takes no line breaks, tabs or wide gaps in it."""
        if not self._approved(form.get("ContentSid", "")):
            return []
        return list(map(str, json.loads(form.get("ContentVariables", "{}")).values()))

    def _words(self, form: dict[str, str]) -> tuple[str, list[Json]]:
        """Body and buttons as the citizen sees them."""
        if "ContentSid" in form:
            return self._rendered(form["ContentSid"], form.get("ContentVariables", "{}"))
        body = form.get("Body", "")
        if not body:
            raise RefusedCall(21602, "Message body is required.")
        if len(body) > MOST_TEXT:
            raise RefusedCall(21617, "The concatenated message body exceeds the 1600 character limit.")
        return body, []

    def _rendered(self, sid: str, variables: str) -> tuple[str, list[Json]]:
        content = self.contents.get(sid)
        if content is None:
            raise RefusedCall(21655, f"The ContentSid {sid} is Invalid")
        try:
            given = json.loads(variables)
        except ValueError:
            given = None
        if not isinstance(given, dict) or not all(isinstance(v, str) and v for v in given.values()):
            raise RefusedCall(21656, "The ContentVariables Parameter is invalid")
        values = {**content["variables"], **given}
        name, template = next(iter(content["types"].items()))

        def filled(text: str) -> str:
            return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)

        longest = 20 if name == "twilio/quick-reply" else 24
        options = template.get("actions") or template.get("items") or ()
        buttons = [{"id": filled(o["id"]), "title": filled(o.get("title") or o["item"])} for o in options]
        if name == "twilio/quick-reply" and len(buttons) > 3:
            raise RefusedCall(63013, "Only three buttons are allowed in a session message")
        body = filled(template["body"])
        if len(body) > MOST_CONTENT_BODY or any(len(b["title"]) > longest or len(b["id"]) > 200 for b in buttons):
            raise RefusedCall(21656, "The ContentVariables Parameter is invalid")
        if len({b["id"] for b in buttons}) != len(buttons):
            raise RefusedCall(63013, "Buttons of a message need different ids")
        return body, buttons


def heard_in(twiml: str) -> Json:
    """What somebody hears of this TwiML, in order, and where a key that they press is told. Raises ParseError."""
    root = ElementTree.fromstring(twiml)  # noqa: S314 - our own service is the only one that writes it
    gather = root.find("Gather")
    return {
        "said": [" ".join((say.text or "").split()) for say in root.iter("Say")],
        "languages": sorted({say.get("language", "") for say in root.iter("Say")}),
        "digits": gather.get("numDigits") if gather is not None else None,
        "action": gather.get("action") if gather is not None else None,
    }
