"""Twilio's forms: the signature, and every kind of message they can hold."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.channels.base import Forged, Incoming, Malformed, Media, WebhookRequest
from bot.channels.whatsapp import WhatsAppChannel
from bot.failures import AwaitsContact, Rejected, TemporaryFailure

URL = "https://siaga.example.go.id/webhooks/twilio"
AUTH_TOKEN = "token-uji-twilio"
BASE = [
    ("MessageSid", "SM" + "a" * 32),
    ("From", "whatsapp:+6281100001234"),
    ("To", "whatsapp:+628110000100"),
    ("WaId", "6281100001234"),
    ("ProfileName", "Siti Contoh"),
    ("NumMedia", "0"),
]
FILE = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"


def signature(fields: list[tuple[str, str]], url: str = URL, token: str = AUTH_TOKEN) -> str:
    """Twilio's published recipe, written anew here so that the SDK is not checked against itself."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()


def request(fields: list[tuple[str, str]], signed: str | None = "right", url: str = URL) -> WebhookRequest:
    given = signature(fields) if signed == "right" else signed
    headers = {} if given is None else {"x-twilio-signature": given}
    return WebhookRequest(url, headers, urlencode(fields).encode())


def channel() -> WhatsAppChannel:
    return WhatsAppChannel("AC" + "1" * 32, AUTH_TOKEN, "+628110000100")


def one(**fields: str) -> Incoming:
    (found,) = channel().receive(request([*((n, v) for n, v in BASE if n not in fields), *fields.items()]))
    assert isinstance(found, Incoming)
    return found


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Body": "lampu jalan mati"}, {"kind": "text", "text": "lampu jalan mati"}),
        ({"Body": ""}, {"kind": "unsupported", "text": None}),
        ({"Body": "ini", "NumMedia": "1", "MediaUrl0": FILE, "MediaContentType0": "image/jpeg"},
         {"kind": "photo", "text": "ini", "media": (Media(FILE, "image/jpeg"),)}),
        ({"NumMedia": "2", "MediaUrl0": FILE, "MediaContentType0": "image/jpeg", "MediaUrl1": FILE + "2",
          "MediaContentType1": "image/png"},
         {"kind": "photo", "media": (Media(FILE, "image/jpeg"), Media(FILE + "2", "image/png"))}),
        ({"NumMedia": "1", "MediaUrl0": FILE, "MediaContentType0": "image/webp"}, {"kind": "sticker"}),
        ({"NumMedia": "1", "MediaUrl0": FILE, "MediaContentType0": "audio/ogg; codecs=opus"}, {"kind": "voice"}),
        ({"NumMedia": "1", "MediaUrl0": FILE, "MediaContentType0": "video/mp4"}, {"kind": "video"}),
        ({"NumMedia": "1", "MediaUrl0": FILE, "MediaContentType0": "text/vcard"}, {"kind": "contact", "phone": None}),
        ({"NumMedia": "1", "MediaUrl0": FILE, "MediaContentType0": "application/pdf"}, {"kind": "document"}),
        ({"NumMedia": "1", "MediaUrl0": FILE}, {"kind": "document"}),
        ({"NumMedia": "banyak", "Body": "halo"}, {"kind": "text"}),
        ({"Latitude": "0.5379", "Longitude": "117.55547"}, {"kind": "pin", "pin": (0.5379, 117.55547), "text": None}),
        ({"Latitude": "0.5", "Longitude": "117.5", "Label": "Pasar Induk", "Address": "Sangatta Utara"},
         {"kind": "pin", "text": "Pasar Induk, Sangatta Utara"}),
        ({"ButtonPayload": "send", "ButtonText": "Kirim", "Body": "Kirim"},
         {"kind": "button", "button": "send", "text": "Kirim"}),
        ({"ListId": "category:jalan", "ListTitle": "Jalan", "Body": "Jalan"},
         {"kind": "button", "button": "category:jalan", "text": "Jalan"}),
    ],
)  # fmt: skip
def test_messages(fields: dict[str, str], expected: dict[str, Any]) -> None:
    found = one(**fields)
    assert {name: getattr(found, name) for name in expected} == expected
    assert (found.channel, found.message_id, found.address) == ("whatsapp", "SM" + "a" * 32, "whatsapp:+6281100001234")
    assert found.profile_name == "Siti Contoh"
    if found.kind != "contact":
        assert found.phone == "+6281100001234"


@pytest.mark.parametrize("missing", ["From", "MessageSid"])
def test_without_sender_or_id_it_is_malformed(missing: str) -> None:
    with pytest.raises(Malformed):
        channel().receive(request([(n, v) for n, v in BASE if n != missing]))


@pytest.mark.parametrize("changed", [("From", "+6281100001234"), ("Latitude", "utara")])
def test_wrong_fields_are_malformed(changed: tuple[str, str]) -> None:
    with pytest.raises(Malformed):
        channel().receive(request([*((n, v) for n, v in BASE if n != changed[0]), changed, ("Longitude", "117.5")]))


@pytest.mark.parametrize(
    "signed", [None, "", "salah", "é", signature(BASE, token="lain"), signature(BASE, url=URL + "/x")]
)
def test_a_wrong_or_missing_signature_is_forged(signed: str | None) -> None:
    with pytest.raises(Forged):
        channel().receive(request(BASE, signed))


def test_a_changed_field_is_forged() -> None:
    with pytest.raises(Forged):
        channel().receive(request([*BASE, ("Body", "uang")], signature([*BASE, ("Body", "lampu")])))


def test_repeated_fields_are_part_of_what_is_signed() -> None:
    fields = [*BASE, ("Body", "halo"), ("Tag", "b"), ("Tag", "a")]
    (found,) = channel().receive(request(fields))
    assert isinstance(found, Incoming)
    with pytest.raises(Forged):
        channel().receive(request(fields[:-1], signature(fields)))


def test_the_port_of_the_public_address_may_be_signed_or_not() -> None:
    fields = [*BASE, ("Body", "halo")]
    with_port = "https://siaga.example.go.id:443/webhooks/twilio"
    assert channel().receive(WebhookRequest(URL, {"x-twilio-signature": signature(fields, with_port)},
                                            urlencode(fields).encode()))  # fmt: skip


def report(**fields: str) -> Any:
    return channel().report(request([("MessageSid", "SM1"), *fields.items()]))


def test_delivery_reports() -> None:
    assert report(MessageStatus="delivered").failure is None
    outside = report(MessageStatus="undelivered", ErrorCode="63016").failure
    assert isinstance(outside, AwaitsContact)
    assert "24 jam" in str(outside)
    assert isinstance(report(MessageStatus="failed", ErrorCode="63018").failure, TemporaryFailure)
    assert isinstance(report(MessageStatus="failed").failure, Rejected)
    with pytest.raises(Malformed):
        report()
    with pytest.raises(Forged):
        channel().report(request([("MessageSid", "SM1"), ("MessageStatus", "read")], "salah"))
