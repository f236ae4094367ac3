"""The WhatsApp channel against the stand-in over real HTTP: templates, numbered text, errors, media, outages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI, Response

from bot.channels.base import Button, Incoming, Media, Outgoing
from bot.channels.whatsapp import WhatsAppChannel
from bot.failures import AwaitsContact, Rejected, TemporaryFailure, TooFast, UnknownOutcome
from tests.channels.ear import ACCOUNT, AUTH_TOKEN, CITIZEN, SENDER, Ear, StandIn, encoded
from tests.gateways.running import free_address, serving

YES_NO = (Button("yes", "Ya"), Button("no", "Tidak"))


def last(standin: StandIn) -> dict[str, Any]:
    return standin.sent()[-1]


def options(count: int, title: str = "Pilihan") -> tuple[Button, ...]:
    return tuple(Button(f"option:{n}", f"{title} {n}") for n in range(1, count + 1))


async def test_without_templates_options_are_numbered(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    sid = await whatsapp.send(CITIZEN, Outgoing("Sudah benar?", YES_NO))
    sent = last(twilio_standin)
    assert (sent["sid"], sent["to"], sent["from"]) == (sid, CITIZEN, SENDER)
    assert sent["body"] == "Sudah benar?\n\n1. Ya\n2. Tidak"
    assert sent["status_callback"] == "https://siaga.example.go.id/webhooks/twilio/status"


async def test_templates_carry_titles_and_ids(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    made = await whatsapp.create_templates()
    assert sorted(made) == sorted(f"options_{n}" for n in range(1, 11))
    assert await whatsapp.create_templates() == {}
    for count in (1, 3, 4, 10):
        await whatsapp.send(CITIZEN, Outgoing('Pilih "satu"\nsaja', options(count)))
        sent = last(twilio_standin)
        assert sent["content_sid"] == made[f"options_{count}"]
        assert sent["body"] == 'Pilih "satu"\nsaja'
        assert sent["buttons"] == [{"id": b.id, "title": b.title} for b in options(count)]


@pytest.mark.parametrize(
    "message",
    [
        Outgoing("Pilih", options(11)),
        Outgoing("Pilih", options(2, "Judul yang terlalu panjang")),
        Outgoing("Pilih " * 200, options(2)),
        Outgoing("Pilih", (Button("x" * 201, "Ya"),)),
        Outgoing("Pilih", (Button("sama", "Ya"), Button("sama", "Tidak"))),
    ],
)
async def test_what_no_template_holds_is_numbered(
    whatsapp: WhatsAppChannel, twilio_standin: StandIn, message: Outgoing
) -> None:
    await whatsapp.create_templates()
    await whatsapp.send(CITIZEN, message)
    assert last(twilio_standin)["content_sid"] is None
    assert f"1. {message.buttons[0].title}" in last(twilio_standin)["body"]


async def test_a_template_that_is_gone_does_not_stop_the_message(twilio_standin: StandIn) -> None:
    channel = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, twilio_standin.url, {"OPTIONS_2": "HX" + "0" * 32})
    await channel.start()
    await channel.send(CITIZEN, Outgoing("Ya?", YES_NO))
    assert last(twilio_standin)["body"] == "Ya?\n\n1. Ya\n2. Tidak"
    await channel.close()


async def test_long_text_goes_in_pieces(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    before = len(twilio_standin.sent())
    text = "kata " * 700
    await whatsapp.send(CITIZEN, Outgoing(text, YES_NO))
    bodies = [sent["body"] for sent in twilio_standin.sent()[before:]]
    assert len(bodies) == 3
    assert all(len(body) <= 1600 for body in bodies)
    assert " ".join(bodies).split() == [*text.split(), "1.", "Ya", "2.", "Tidak"]


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        ({"status": 429, "headers": {"Retry-After": "9"}}, TooFast, "429"),
        ({"status": 400, "body": {"code": 63018, "message": "rate", "status": 400}}, TooFast, "63018"),
        ({"status": 400, "body": {"code": 63016, "message": "window", "status": 400}}, AwaitsContact, "24 jam"),
        ({"status": 400, "body": {"code": 21610, "message": "unsubscribed", "status": 400}}, Rejected, "unsubscribed"),
        ({"status": 401}, Rejected, "SIAGA_TWILIO_AUTH_TOKEN"),
        ({"status": 404, "body": "<html>"}, Rejected, "404"),
        ({"status": 500}, TemporaryFailure, "500"),
        ({"status": 503, "body": "<html>"}, TemporaryFailure, "503"),
        ({"drop": True}, UnknownOutcome, "did not answer"),
        ({"delay": 2}, UnknownOutcome, "did not answer"),
        ({"status": 201, "body": "not json"}, UnknownOutcome, "cannot be read"),
    ],
)
async def test_errors_say_what_to_do_next(
    whatsapp: WhatsAppChannel, twilio_standin: StandIn, answer: dict[str, Any], failure: type[Exception], words: str
) -> None:
    twilio_standin.next(path="/Messages.json", **answer)
    with pytest.raises(failure, match=words) as caught:
        await whatsapp.send(CITIZEN, Outgoing("halo"))
    assert type(caught.value) is failure
    assert AUTH_TOKEN not in str(caught.value)
    if isinstance(caught.value, TooFast):
        assert (caught.value.retry_after, caught.value.everywhere) == (
            (9.0, True) if "headers" in answer else (6.0, False)
        )


async def test_outside_the_window_only_an_approved_template_goes_out(twilio_standin: StandIn) -> None:
    made = {
        name: twilio_standin.template(f"Kabar {body}")
        for name, body in (("status", "{{1}}: {{2}}"), ("notify", "{{1}}"))
    }
    channel = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, twilio_standin.url, made)
    without = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, twilio_standin.url)
    await channel.start()
    await without.start()
    news = Outgoing("Laporan sudah selesai.\nSudah benar?", YES_NO, subject="KS-261124-AAAA")
    try:
        with pytest.raises(AwaitsContact, match="24 jam"):
            await without.send(CITIZEN, replace(news, closed=True))
        await channel.send(CITIZEN, replace(news, closed=True))
        assert (
            last(twilio_standin)["body"] == "Kabar KS-261124-AAAA: Laporan sudah selesai. Sudah benar? 1. Ya 2. Tidak"
        )
        await channel.send(CITIZEN, Outgoing("Halo.", closed=True))
        assert last(twilio_standin)["content_sid"] == made["notify"]
        assert last(twilio_standin)["body"] == "Kabar Halo."

        # We think that the window is open and Twilio knows better.
        twilio_standin.next(path="/Messages.json", status=400, body={"code": 63016, "message": "x", "status": 400})
        await channel.send(CITIZEN, news)
        assert last(twilio_standin)["content_sid"] == made["status"]
        await channel.send(CITIZEN, Outgoing("kata " * 500, closed=True))
        assert len(last(twilio_standin)["body"]) < 800
    finally:
        await channel.close()
        await without.close()


async def test_an_approved_template_that_twilio_refuses_waits_for_the_citizen(twilio_standin: StandIn) -> None:
    channel = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, twilio_standin.url, {"notify": "HX" + "0" * 32})
    await channel.start()
    with pytest.raises(AwaitsContact, match="HX0000"):
        await channel.send(CITIZEN, Outgoing("halo", closed=True))
    await channel.close()


async def test_what_is_known_is_not_asked_about_again(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    since = datetime.now(UTC) - timedelta(hours=24)
    kept = twilio_standin.say(sender="+628110000004", text="satu")["form"]["MessageSid"]
    new = twilio_standin.say(sender="+628110000004", text="dua")["form"]["MessageSid"]

    async def known(ids: Sequence[str]) -> set[str]:
        assert {kept, new} <= set(ids)
        return set(ids) - {new}

    assert [m.message_id for m in await whatsapp.missed(since, known)] == [new]


async def test_a_dropped_answer_was_sent_all_the_same(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    twilio_standin.next(path="/Messages.json", drop=True)
    with pytest.raises(UnknownOutcome):
        await whatsapp.send(CITIZEN, Outgoing("sudah terkirim"))
    assert last(twilio_standin)["body"] == "sudah terkirim"


async def test_no_connection_is_temporary() -> None:
    channel = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, free_address())
    with pytest.raises(TemporaryFailure, match=r"start\(\)"):
        await channel.send(CITIZEN, Outgoing("halo"))
    await channel.start()
    with pytest.raises(TemporaryFailure, match="no connection"):
        await channel.send(CITIZEN, Outgoing("halo"))
    with pytest.raises(TemporaryFailure):
        await channel.missed(datetime.now(UTC))
    await channel.close()


async def test_twilio_s_own_refusals(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    with pytest.raises(Rejected, match="21211"):
        await whatsapp.send("whatsapp:08110000", Outgoing("halo"))
    with pytest.raises(Rejected, match="21602"):
        await whatsapp.send(CITIZEN, Outgoing(""))
    stranger = WhatsAppChannel(ACCOUNT, "salah", SENDER, twilio_standin.url)
    await stranger.start()
    with pytest.raises(Rejected, match="SIAGA_TWILIO_AUTH_TOKEN"):
        await stranger.send(CITIZEN, Outgoing("halo"))
    await stranger.close()


# --- media ---


async def test_media_come_with_the_password_and_the_redirect_without(
    whatsapp: WhatsAppChannel, twilio_standin: StandIn
) -> None:
    content = b"\xff\xd8" + b"x" * 5000
    media = Media(twilio_standin.put(content)["url"])
    # The stand-in answers 400 at the end of its redirect when the password came along.
    assert await whatsapp.fetch(media, 5002) == content
    with pytest.raises(Rejected, match="larger than 5001 bytes"):
        await whatsapp.fetch(media, 5001)
    with pytest.raises(Rejected, match="404"):
        await whatsapp.fetch(Media(f"{media.ref}x"), 10)
    for broken in ({"status": 503}, {"drop": True}, {"delay": 2}):
        twilio_standin.next(path="/Media", **broken)
        with pytest.raises(TemporaryFailure):
            await whatsapp.fetch(media, 10_000)


async def test_25_megabytes_are_refused(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    media = Media(twilio_standin.put(b"x" * 25 * 1024 * 1024)["url"])
    with pytest.raises(Rejected, match="larger than"):
        await whatsapp.fetch(media, 20 * 1024 * 1024)


class Listener:
    """A host that is not Twilio: counts who comes and whether they bring the password."""

    def __init__(self) -> None:
        self.visits = 0
        self.app = FastAPI()
        self.app.get("/{path:path}")(self._visited)

    async def _visited(self, path: str) -> Response:
        self.visits += 1
        return Response(b"x")


@pytest.fixture
def elsewhere() -> Iterator[tuple[Listener, str]]:
    listener = Listener()
    with serving(listener.app) as url:
        yield listener, url


async def test_media_of_other_hosts_are_never_asked_for(
    whatsapp: WhatsAppChannel, elsewhere: tuple[Listener, str]
) -> None:
    listener, url = elsewhere
    host = url.removeprefix("http://")
    api = str(whatsapp._api_url).removeprefix("http://")
    for address in (f"{url}/a", f"http://{api}@{host}/a", f"//{host}/a", "file:///etc/passwd", "", "http://[",
                    f"http://{api}.example.org/a", f"https://{api}/a"):  # fmt: skip
        with pytest.raises(Rejected, match="only taken from"):
            await whatsapp.fetch(Media(address), 100)
    assert listener.visits == 0


async def test_a_redirect_without_https_is_not_followed(
    whatsapp: WhatsAppChannel, twilio_standin: StandIn, elsewhere: tuple[Listener, str]
) -> None:
    listener, url = elsewhere
    media = Media(twilio_standin.put(b"x")["url"])
    twilio_standin.next(path="/Media", headers={"Location": f"{url}/a"})
    with pytest.raises(Rejected, match="https"):
        await whatsapp.fetch(media, 100)
    assert listener.visits == 0


async def test_redirects_end(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    media = Media(twilio_standin.put(b"x")["url"])
    twilio_standin.next(path="/Media", headers={"Location": media.ref})
    # Back at the same address the password is missing: the stand-in refuses it.
    with pytest.raises(Rejected, match="401"):
        await whatsapp.fetch(media, 100)


def test_the_real_host_is_the_default() -> None:
    channel = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER)
    aimed = channel._transport._aimed
    assert aimed("https://content.twilio.com/v1/Content") == "https://content.twilio.com/v1/Content"
    local = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, "http://127.0.0.1:9")
    assert local._transport._aimed("https://content.twilio.com/v1/Content?a=b") == "http://127.0.0.1:9/v1/Content?a=b"


# --- in ---


async def test_what_the_stand_in_signs_is_read(
    whatsapp: WhatsAppChannel, twilio_standin: StandIn, ear: tuple[Ear, str]
) -> None:
    listening, url = ear
    twilio_standin.post("/_webhook", {"url": url})
    try:
        await whatsapp.create_templates()
        await whatsapp.send(CITIZEN, Outgoing("Ya?", YES_NO))
        await whatsapp.send("whatsapp:+628110000002", Outgoing("Yang mana?", options(5)))
        twilio_standin.say(text="lampu jalan mati & gelap = bahaya")
        twilio_standin.say(media=[{"content": encoded(b"foto")}], text="ini")
        twilio_standin.say(pin=[0.5, 117.5], label="Pasar")
        twilio_standin.say(button="Ya")
        twilio_standin.say(sender="+628110000002", button="option:4")
        found = [m for heard in listening.heard for m in whatsapp.receive(heard) if isinstance(m, Incoming)]
        assert [m.kind for m in found] == ["text", "photo", "pin", "button", "button"]
        assert found[0].text == "lampu jalan mati & gelap = bahaya"
        assert await whatsapp.fetch(found[1].media[0], 100) == b"foto"
        assert (found[2].pin, found[2].text) == ((0.5, 117.5), "Pasar")
        assert [m.button for m in found[3:]] == ["yes", "option:4"]
    finally:
        twilio_standin.post("/_webhook", {"url": ""})


async def test_messages_of_an_outage_are_listed(whatsapp: WhatsAppChannel, twilio_standin: StandIn) -> None:
    since = datetime.now(UTC) - timedelta(hours=24)
    words = twilio_standin.say(sender="+628110000003", text="pesan saat padam")["form"]["MessageSid"]
    photo = twilio_standin.say(sender="+628110000003", media=[{"content": encoded(b"foto")}])["form"]["MessageSid"]
    pin = twilio_standin.say(sender="+628110000003", pin=[0.5, 117.5])["form"]["MessageSid"]
    await whatsapp.send("whatsapp:+628110000003", Outgoing("jawaban"))
    found = {m.message_id: m for m in await whatsapp.missed(since) if m.address == "whatsapp:+628110000003"}
    assert set(found) == {words, photo, pin}
    assert (found[words].kind, found[words].text) == ("text", "pesan saat padam")
    assert found[words].at.tzinfo is not None
    assert found[photo].kind == "photo"
    assert await whatsapp.fetch(found[photo].media[0], 100) == b"foto"
    assert found[pin].kind == "unsupported"


async def test_a_delivery_report_names_the_message(twilio_standin: StandIn, ear: tuple[Ear, str]) -> None:
    listening, url = ear
    channel = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, twilio_standin.url, status_callback=url)
    await channel.start()
    sid = await channel.send(CITIZEN, Outgoing("halo"))
    twilio_standin.post("/_status", {"sid": sid, "status": "undelivered", "error_code": 63016})
    told = channel.report(listening.heard[0])
    assert (told.reference, told.state) == (sid, "undelivered")
    assert isinstance(told.failure, Rejected)
    await channel.close()
