"""Calls of the Twilio stand-in: what is said is kept, and a key pressed is told to the caller's address, signed.

`GET /_calls` shows the calls made, `POST /_press` presses a key in one of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped,unused-ignore]

from bot.simulators.twilio_api import ACCOUNT_PATH, Account, Json, heard_in

Play = Callable[[str, Callable[[], Json]], Any]
"""Answers a call under a path as the script says: normally with what the function makes."""


class Key(BaseModel):
    """A key pressed in a call. `forged` signs with another token; `times` tells it again; `url` tells it elsewhere."""

    call: str
    digits: str = "1"
    forged: bool = False
    times: int = Field(default=1, ge=1, le=10)
    url: str | None = None


def add_call_routes(
    app: FastAPI, account: Account, allowed: Callable[[Request, str], bool], play: Play, refuse: Callable[[], Response]
) -> None:
    """Make calls, show them, and press keys in them."""

    @app.post(ACCOUNT_PATH + "/{sid}/Calls.json")
    async def create(sid: str, request: Request) -> Response:
        if not allowed(request, sid):
            return refuse()
        form = {name: str(value) for name, value in (await request.form()).multi_items()}
        answered: Response = await play("/Calls.json", lambda: account.call(form))
        return answered

    @app.get("/_calls")
    async def calls() -> Json:
        return {"calls": account.calls}

    @app.post("/_press")
    async def press(key: Key) -> Response:
        call = next((c for c in account.calls if c["sid"] == key.call), None)
        if call is None or not call["action"]:
            return JSONResponse({"error": "there is no such call, or it waits for no key"}, 409)
        form = {
            "CallSid": call["sid"], "AccountSid": account.sid, "From": call["from"], "To": call["to"],
            "CallStatus": "in-progress", "Direction": "outbound-api", "ApiVersion": "2010-04-01",
            "Digits": key.digits, "msg": "Gather End", "FinishedOnKey": "",
        }  # fmt: skip
        url = key.url or str(call["action"])
        signer = RequestValidator(secrets.token_hex(16) if key.forged else account.token)
        headers = {"X-Twilio-Signature": signer.compute_signature(url, form)}
        answers: list[Json] = []
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            for _ in range(key.times):
                got = await client.post(url, data=form, headers=headers)
                answers.append({"status": got.status_code, **(heard_in(got.text) if got.is_success else {})})
        return JSONResponse({"answers": answers})
