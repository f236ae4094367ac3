"""A stand-in for Telegram's Bot API that speaks real HTTP: `python -m bot.simulators.telegram --port P`.

It checks every call against the official format and answers as Telegram does. Besides, for demo and tests:
`GET /_sent` (everything the bot did; `?after=N` the rest), `GET /_said` (what came of deliveries), `POST /_next` (how
next calls are answered, by path: "/sendMessage", ..., "/file"), `POST /_webhook` (where and with which secret updates
go), `POST /_say` (a citizen acts), `POST /_raw` (an update of any content), `POST /_file` (a file, as raw body).
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from bot.simulators.courier import Courier
from bot.simulators.serving import Script, Scripted, add_script_route, answer, serve, told
from bot.simulators.telegram_api import BotApi, Json, RefusedCall
from bot.simulators.telegram_citizen import Act, Citizen, NoSuchButton


class Webhook(BaseModel):
    """Where updates go; an empty address means they wait for getUpdates.

    With `copies` a courier brings them, each up to so many times, until they are taken; `POST /_say` then waits for
    nothing.
    """

    url: str
    secret: str = ""
    copies: int = Field(default=0, ge=0, le=10)
    seed: int = 0


def create_app(token: str | None = None) -> FastAPI:
    """The stand-in. Without `token` any well-formed one is taken."""
    app = FastAPI(title="Telegram stand-in", openapi_url=None)
    api = BotApi()
    citizen = Citizen(api)
    script = Script()
    couriers: list[Courier] = []
    add_script_route(app, script)

    @app.api_route("/bot{given}/{method}", methods=["GET", "POST"])
    async def call(given: str, method: str, request: Request) -> Response:
        if refusal := _refused_token(given, token):
            return refusal
        parameters, uploads = await _parameters(request)
        name = method.lower()
        if name == "getupdates":
            return await _updates(api, parameters, request)
        return await _play(script.next(f"/{method}"), lambda: api.call(name, parameters, uploads), api.sent)

    @app.get("/file/bot{given}/{path:path}")
    async def download(given: str, path: str) -> Response:
        content = api.file_at(path)
        if _refused_token(given, token) or content is None:
            return _error(404, "Not Found")
        scripted = script.next("/file")
        if scripted.drop or not scripted.takes:
            return await _play(scripted, dict, [])
        await asyncio.sleep(scripted.delay)
        return Response(content, media_type="application/octet-stream")

    @app.get("/_sent")
    async def sent(after: int = 0) -> Json:
        return {"sent": api.sent[after:]}

    @app.get("/_said")
    async def said(after: int = 0) -> Json:
        return {"deliveries": couriers[-1].deliveries[after:] if couriers else []}

    @app.post("/_webhook")
    async def webhook(wanted: Webhook) -> Json:
        api.webhook, api.secret = wanted.url, wanted.secret
        while couriers:
            await couriers.pop().close()
        if wanted.copies:
            couriers.append(Courier(wanted.url, wanted.secret, wanted.copies, wanted.seed))
        return {"url": api.webhook}

    @app.post("/_say")
    async def say(act: Act) -> Response:
        try:
            updates = citizen.updates(act)
        except NoSuchButton as error:
            return JSONResponse({"error": str(error)}, 409)
        statuses: list[int | None] = []
        if couriers:
            for update in updates:
                couriers[-1].put(act.chat, update)
        else:
            statuses = [await _deliver(api, update) for update in updates for _ in range(act.times)]
        return JSONResponse({
            "statuses": statuses, "updates": updates,
            "message_ids": [m["message_id"] for u in updates for m in (u.get("message"), u.get("edited_message")) if m],
        })  # fmt: skip

    @app.post("/_raw")
    async def raw(update: dict[str, Any]) -> Json:
        return {"status": await _deliver(api, citizen.numbered(update))}

    @app.post("/_file")
    async def keep(request: Request, folder: str = "photos", ending: str = ".jpg") -> Json:
        return {"file_id": api.keep_file(await request.body(), folder, ending)}

    return app


async def _deliver(api: BotApi, update: Json) -> int | None:
    """Post to the webhook and return its status; None when the update waits for getUpdates."""
    if not api.webhook:
        api.queue(update)
        return None
    headers = {"X-Telegram-Bot-Api-Secret-Token": api.secret} if api.secret else {}
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        return (await client.post(api.webhook, json=update, headers=headers)).status_code


async def _parameters(request: Request) -> tuple[Json, dict[str, bytes]]:
    """Parameters from the address, a form or JSON, and uploaded files."""
    given: Json = dict(request.query_params)
    uploads: dict[str, bytes] = {}
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        body = await request.json()
        given |= body if isinstance(body, dict) else {}
    elif kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        for name, value in (await request.form()).multi_items():
            if isinstance(value, UploadFile):
                uploads[name] = await value.read()
            else:
                given[name] = value
    return given, uploads


async def _play(scripted: Scripted, carry_out: Callable[[], Any], record: list[Json]) -> Response:
    """Carry the call out, unless the script says otherwise, and answer it; the record tells how."""
    if not scripted.takes:
        body = _error_body(scripted.status or 500) if scripted.body is None else scripted.body
        return await answer(replace(scripted, body=body), 500, body)
    before = len(record)
    try:
        result = carry_out()
        for row in record[before:]:
            row["answered"] = told(scripted)
        return await answer(scripted, 200, {"ok": True, "result": result})
    except RefusedCall as error:
        return _error(error.status, error.description)


async def _updates(api: BotApi, given: Json, request: Request) -> Response:
    try:
        return JSONResponse({"ok": True, "result": await api.updates(given, request.is_disconnected)})
    except RefusedCall as error:
        return _error(error.status, error.description)


def _refused_token(given: str, token: str | None) -> Response | None:
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", given):
        return _error(404, "Not Found")
    if token is not None and given != token:
        return _error(401, "Unauthorized")
    return None


def _error(status: int, description: str) -> Response:
    return JSONResponse({"ok": False, "error_code": status, "description": description}, status)


def _error_body(status: int) -> dict[str, Any]:
    words = {400: "Bad Request: scripted", 401: "Unauthorized", 403: "Forbidden: bot was blocked by the user",
             404: "Not Found", 429: "Too Many Requests: retry after 7", 500: "Internal Server Error",
             502: "Bad Gateway"}  # fmt: skip
    body: Json = {"ok": False, "error_code": status, "description": words.get(status, "scripted")}
    return body | ({"parameters": {"retry_after": 7}} if status == 429 else {})


def main() -> None:
    arguments = argparse.ArgumentParser(description="A stand-in for Telegram's Bot API")
    arguments.add_argument("--port", type=int, default=8081)
    arguments.add_argument("--token", help="the one token that is accepted; default: any well-formed one")
    given = arguments.parse_args()
    serve(create_app(given.token), "Telegram stand-in", "127.0.0.1", given.port)


if __name__ == "__main__":
    main()
