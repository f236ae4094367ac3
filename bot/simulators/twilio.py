"""A stand-in for Twilio that speaks real HTTP: `python -m bot.simulators.twilio --port P --auth-token T`.

Messages (WhatsApp, SMS), their media (basic auth, then a redirect that must come without the password), content
templates, and calls (bot.simulators.twilio_calls).
Besides, for demo and tests: `GET /_sent`, `POST /_next` (how next calls are answered, by path: "/Messages.json",
"/Messages" (the list), "/Media", "/v1/Content"), `POST /_webhook`,
`POST /_say` (a citizen acts; signed as Twilio signs), `POST /_status` (a delivery report), `POST /_silent` (a
citizen's 24 hours are over), `POST /_file`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped,unused-ignore]

from bot.simulators.serving import Script, Scripted, add_script_route, answer, serve, told
from bot.simulators.twilio_api import ACCOUNT_PATH, Account, Json, RefusedCall, new_sid
from bot.simulators.twilio_calls import add_call_routes

ACCOUNT: Final = "AC" + "0" * 32
SENDER: Final = "whatsapp:+628110000100"
HANGS_UP: Final = 15.0
"""Seconds that Twilio waits for our answer."""


class Webhook(BaseModel):
    """The public address that Twilio would call and sign for."""

    url: str


class MediaFile(BaseModel):
    content: str
    content_type: str = "image/jpeg"


class Act(BaseModel):
    """One act of a citizen. `sender` is E.164; `button` the id or title of one on their latest message with buttons.

    `media` are base64 files with their type, or addresses of files put by /_file. `times` delivers it again.
    """

    sender: str = "+628110000001"
    name: str = "Warga Uji"
    text: str = ""
    media: list[MediaFile | str] = Field(default_factory=list, max_length=10)
    pin: tuple[float, float] | None = None
    label: str | None = None
    address: str | None = None
    button: str | None = None
    forged: bool = False
    times: int = Field(default=1, ge=1, le=10)


class Silence(BaseModel):
    """A citizen who wrote longer than 24 hours ago, until their next act. `sender` is E.164."""

    sender: str


class Delivery(BaseModel):
    """A delivery report for a message of ours, sent to the StatusCallback it was created with."""

    sid: str
    status: str
    error_code: int | None = None


class Citizen:
    """Turns acts into the forms that Twilio posts, and keeps the messages for the Messages API."""

    def __init__(self, account: Account, sender: str) -> None:
        self._account = account
        self._sender = sender

    def form(self, act: Act, origin: str) -> dict[str, str]:
        """The form of one act. Raises LookupError when there is no such button."""
        citizen = f"whatsapp:{act.sender}"
        button = self._button(citizen, act.button) if act.button is not None else None
        body = button["title"] if button else act.text
        self._account.silent.discard(citizen)
        message = self._account.store(citizen, self._sender, body, "inbound", "received", len(act.media))
        sid = message["sid"]
        form = {
            "SmsMessageSid": sid, "MessageSid": sid, "SmsSid": sid, "AccountSid": self._account.sid,
            "From": citizen, "To": self._sender, "WaId": act.sender.lstrip("+"), "ProfileName": act.name,
            "Body": body, "NumMedia": str(len(act.media)), "NumSegments": "1", "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }  # fmt: skip
        for number, file in enumerate(act.media):
            url, content_type = self._media(file, sid, origin)
            form |= {f"MediaUrl{number}": url, f"MediaContentType{number}": content_type}
        if act.pin is not None:
            form |= {"Latitude": str(act.pin[0]), "Longitude": str(act.pin[1])}
            form |= {k: v for k, v in (("Label", act.label), ("Address", act.address)) if v}
        if button and button["list"]:
            form |= {"ListId": button["id"], "ListTitle": button["title"]}
        elif button:
            form |= {"ButtonPayload": button["id"], "ButtonText": button["title"]}
        return form

    def _button(self, citizen: str, wanted: str) -> Json:
        for message in reversed(self._account.sent):
            for button in message["buttons"] if message["to"] == citizen else ():
                if wanted in (button["id"], button["title"]):
                    return {**button, "list": len(message["buttons"]) > 3}
        raise LookupError(f"no message to {citizen} has the button {wanted!r}")

    def _media(self, file: MediaFile | str, message: str, origin: str) -> tuple[str, str]:
        if isinstance(file, str):
            return file, self._account.media[file.rpartition("/")[2]][1]
        content = base64.b64decode(file.content)
        return keep(self._account, content, file.content_type, origin, message), file.content_type


def keep(account: Account, content: bytes, content_type: str, origin: str, message: str | None = None) -> str:
    """Store a file of a message and return its media address."""
    message, sid = message or new_sid("MM"), new_sid("ME")
    account.media[sid] = (message, content_type, content)
    return f"{origin}{ACCOUNT_PATH}/{account.sid}/Messages/{message}/Media/{sid}"


def create_app(auth_token: str, account_sid: str = ACCOUNT, sender: str = SENDER) -> FastAPI:
    """The stand-in for one account with one WhatsApp sender."""
    app = FastAPI(title="Twilio stand-in", openapi_url=None)
    account = Account(account_sid, auth_token)
    citizen = Citizen(account, sender)
    script = Script()
    add_script_route(app, script)
    validator = RequestValidator(auth_token)
    webhook = Webhook(url="")

    def allowed(request: Request, sid: str = account_sid) -> bool:
        given = request.headers.get("authorization", "")
        expected = "Basic " + base64.b64encode(f"{account.sid}:{account.token}".encode()).decode()
        return sid == account.sid and secrets.compare_digest(given.encode(), expected.encode())

    @app.post(ACCOUNT_PATH + "/{sid}/Messages.json")
    async def create(sid: str, request: Request) -> Response:
        if not allowed(request, sid):
            return _unauthorized()
        form = {name: str(value) for name, value in (await request.form()).multi_items()}
        return await _play(script.next("/Messages.json"), lambda: _sent(account, sender, form), account.sent)

    @app.get(ACCOUNT_PATH + "/{sid}/Messages.json")
    async def messages(sid: str, request: Request) -> Response:
        if not allowed(request, sid):
            return _unauthorized()
        query = request.query_params
        scripted = script.next("/Messages")
        if scripted.drop or not scripted.takes:
            return await _play(scripted, dict)
        return JSONResponse(account.listed(query.get("To"), query.get("From"), request.url.path))

    @app.get(ACCOUNT_PATH + "/{sid}/Messages/{message}/Media.json")
    async def media_list(sid: str, message: str, request: Request) -> Response:
        return JSONResponse(account.media_of(message, request.url.path)) if allowed(request, sid) else _unauthorized()

    @app.get(ACCOUNT_PATH + "/{sid}/Messages/{message}/Media/{media}")
    async def media(sid: str, message: str, media: str, request: Request) -> Response:
        if not allowed(request, sid):
            return _unauthorized()
        if account.media.get(media, ("", "", b""))[0] != message:
            return _refused(RefusedCall(20404, f"The requested resource {request.url.path} was not found", 404))
        scripted = script.next("/Media")
        if scripted.drop or not scripted.takes:
            return await _play(scripted, dict)
        await asyncio.sleep(scripted.delay)
        return RedirectResponse(scripted.headers.get("Location", f"/_cdn/{media}"), 307)

    @app.get("/_cdn/{media}")
    async def content(media: str, request: Request) -> Response:
        if "authorization" in request.headers:
            return Response("the password must not travel to the file store", 400)
        _, content_type, data = account.media[media]
        return Response(data, media_type=content_type)

    @app.post("/v1/Content")
    async def create_content(request: Request) -> Response:
        if not allowed(request):
            return _unauthorized()
        wanted = await request.json()
        return await _play(script.next("/v1/Content"), lambda: account.create_content(wanted))

    async def play(path: str, create: Callable[[], Json]) -> Response:
        return await _play(script.next(path), create)

    add_call_routes(app, account, allowed, play, _unauthorized)

    @app.get("/_sent")
    async def sent(after: int = 0) -> Json:
        return {"sent": account.sent[after:]}

    @app.post("/_webhook")
    async def set_webhook(wanted: Webhook) -> Json:
        webhook.url = wanted.url
        return {"url": webhook.url}

    @app.post("/_say")
    async def say(act: Act, request: Request) -> Response:
        try:
            form = citizen.form(act, str(request.base_url).rstrip("/"))
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 409)
        signer = RequestValidator(secrets.token_hex(16)) if act.forged else validator
        statuses = [await _post(webhook.url, form, signer) for _ in range(act.times)]
        return JSONResponse({"statuses": statuses, "form": form})

    @app.post("/_silent")
    async def silent(citizen: Silence) -> Json:
        account.silent.add(f"whatsapp:{citizen.sender}")
        return {"silent": sorted(account.silent)}

    @app.post("/_status")
    async def status(delivery: Delivery) -> Response:
        message = next((m for m in account.sent if m["sid"] == delivery.sid), None)
        if message is None or not message["status_callback"]:
            return JSONResponse({"error": "there is no such message with a StatusCallback"}, 409)
        form = {
            "MessageSid": delivery.sid, "SmsSid": delivery.sid, "MessageStatus": delivery.status,
            "SmsStatus": delivery.status, "AccountSid": account.sid, "From": message["from"], "To": message["to"],
            "ApiVersion": "2010-04-01", **({"ErrorCode": str(delivery.error_code)} if delivery.error_code else {}),
        }  # fmt: skip
        return JSONResponse({"statuses": [await _post(message["status_callback"], form, validator)], "form": form})

    @app.post("/_file")
    async def put(request: Request, content_type: str = "image/jpeg") -> Json:
        origin = str(request.base_url).rstrip("/")
        return {"url": keep(account, await request.body(), content_type, origin)}

    return app


async def _post(url: str, form: dict[str, str], signer: Any) -> int | None:
    """Post a signed form once and return the status; None without a webhook or an answer: it waits in the list."""
    if not url:
        return None
    headers = {"X-Twilio-Signature": signer.compute_signature(url, form)}
    async with httpx.AsyncClient(timeout=HANGS_UP, trust_env=False) as client:
        try:
            return (await client.post(url, data=form, headers=headers)).status_code
        except httpx.HTTPError:
            return None


def _sent(account: Account, sender: str, form: dict[str, str]) -> Json:
    if form.get("From") not in (None, "", sender) and form["From"].startswith("whatsapp:"):
        raise RefusedCall(63007, f"Twilio could not find a Channel with the specified From address {form['From']}")
    return account.create(form)


async def _play(scripted: Scripted, create: Callable[[], Json], record: Sequence[Json] = ()) -> Response:
    """Carry the call out, unless the script says otherwise, and answer it; the record tells how."""
    if not scripted.takes:
        body = _error_body(scripted.status or 500) if scripted.body is None else scripted.body
        return await answer(replace(scripted, body=body), 500, body)
    before = len(record)
    try:
        made = create()
        for row in record[before:]:
            row["answered"] = told(scripted)
        return await answer(scripted, 201, made)
    except RefusedCall as error:
        return _refused(error)


def _refused(error: RefusedCall) -> Response:
    return JSONResponse(error.body, error.status)


def _unauthorized() -> Response:
    return _refused(RefusedCall(20003, "Authenticate", 401))


def _error_body(status: int) -> Json:
    code = {401: 20003, 404: 20404, 429: 20429}.get(status, 20500 if status >= 500 else 20001)
    return RefusedCall(code, "scripted", status).body


def main() -> None:
    arguments = argparse.ArgumentParser(description="A stand-in for Twilio")
    arguments.add_argument("--port", type=int, default=8082)
    arguments.add_argument("--auth-token", required=True)
    arguments.add_argument("--account-sid", default=ACCOUNT)
    arguments.add_argument("--sender", default=SENDER)
    given = arguments.parse_args()
    serve(create_app(given.auth_token, given.account_sid, given.sender), "Twilio stand-in", "127.0.0.1", given.port)


if __name__ == "__main__":
    main()
