"""A stand-in for the 112 system behind the signed webhook: takes incidents, sends acknowledgements back.

It checks and makes signatures by itself, from the description of the webhook and not from our sender's code, so
that both sides cannot be wrong alike. `python -m bot.simulators.emergency --port 8091 --secret S`
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import time
from typing import Any, Final
from xml.etree import ElementTree

import httpx
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from bot.simulators.serving import Script, add_script_route, answer, serve

WINDOW: Final = 300
"""Seconds that a signed message stays valid."""


def create_app(secret: str) -> FastAPI:
    """The receiver: POST /incidents takes alerts, GET /_received what came when, POST /_acknowledge answers one."""
    app = FastAPI(title="Simulator 112", docs_url=None, redoc_url=None)
    script = Script()
    received: list[dict[str, Any]] = []
    arrivals: list[float] = []
    answers: list[dict[str, Any]] = []
    add_script_route(app, script)

    @app.post("/incidents")
    async def incident(request: Request) -> Response:
        raw = await request.body()
        if (fault := _fault(secret, request, raw)) is not None:
            return JSONResponse({"message": fault}, 401)
        scripted = script.next(request.url.path)
        reference = f"112-{len(received) + 1}"
        if scripted.takes:
            try:
                received.append(_read(request.headers.get("content-type", ""), raw))
                arrivals.append(time.time())
            except ValueError:
                return JSONResponse({"message": "the body is neither JSON nor XML"}, 400)
        return await answer(scripted, 202, {"reference": reference})

    @app.get("/_received")
    async def shown() -> dict[str, Any]:
        return {"incidents": received, "at": arrivals, "acknowledged": answers}

    @app.post("/_acknowledge")
    async def acknowledge(request: Request) -> dict[str, Any]:
        """Send {"incident", "state", "by"} signed to the address in "to"; answers the status it got."""
        given = await request.json()
        if not isinstance(given, dict) or not given.get("to") or not given.get("incident"):
            raise HTTPException(422, "needs to and incident; state and by may be given")
        told = {
            "incident": given["incident"],
            "state": given.get("state", "acknowledged"),
            "by": given.get("by", "Operator 112"),
        }
        raw = json.dumps(told).encode()
        stamp = str(int(time.time()))
        headers = {"X-Siaga-Timestamp": stamp, "X-Siaga-Signature": _expected(secret, stamp, raw)}
        try:
            async with httpx.AsyncClient(timeout=10) as http:
                got = await http.post(str(given["to"]), content=raw, headers=headers)
        except httpx.HTTPError as error:
            raise HTTPException(502, f"no answer ({type(error).__name__})") from None
        answers.append({**told, "status": got.status_code, "body": got.text})
        return {"status": got.status_code, "body": got.text}

    return app


def _read(content_type: str, raw: bytes) -> dict[str, Any]:
    """The alert: our JSON as it is, a CAP document as its text and type. Raises ValueError."""
    if not content_type.startswith("application/cap+xml"):
        taken: dict[str, Any] = json.loads(raw)
        return taken
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 - our own service is the only one that writes it
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    cap = "{urn:oasis:names:tc:emergency:cap:1.2}"
    return {"content_type": content_type, "cap": raw.decode(), "incident": root.findtext(f"{cap}identifier")}


def _expected(secret: str, stamp: str, raw: bytes) -> str:
    return f"v1={hmac.digest(secret.encode(), f'{stamp}.'.encode() + raw, 'sha256').hex()}"


def _fault(secret: str, request: Request, raw: bytes) -> str | None:
    stamp = request.headers.get("x-siaga-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > WINDOW:
        return "the timestamp is missing or too old"
    if not hmac.compare_digest(_expected(secret, stamp, raw), request.headers.get("x-siaga-signature", "")):
        return "the signature is wrong"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulator emergency", description="A stand-in for a 112 system.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8091, help="0 takes a free one")
    parser.add_argument("--secret", default=os.environ.get("SIAGA_EMERGENCY_WEBHOOK_SECRET"))
    given = parser.parse_args()
    if not given.secret:
        parser.error("--secret or SIAGA_EMERGENCY_WEBHOOK_SECRET is needed")
    serve(create_app(given.secret), "simulator 112", given.host, given.port)


if __name__ == "__main__":
    main()
