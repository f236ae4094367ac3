"""A webhook that keeps each request as it came, and a client for the control side of the stand-ins."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response

from bot.channels.base import WebhookRequest

TOKEN = "7000000001:AAEuji-token-palsu-untuk-pengujian-000"
SECRET = "rahasia-uji-0123456789"
ACCOUNT = "AC" + "1" * 32
AUTH_TOKEN = "token-uji-twilio"
SENDER = "whatsapp:+628110000100"
CITIZEN = "whatsapp:+628110000001"


class Ear:
    """Listens where a stand-in posts; `heard` are its requests, oldest first."""

    def __init__(self) -> None:
        self.heard: list[WebhookRequest] = []
        self.app = FastAPI()
        self.app.post("/webhook")(self._hear)

    async def _hear(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append(WebhookRequest(str(request.url), headers, await request.body()))
        return Response()


class StandIn:
    """The control side of a stand-in."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, path: str, body: Any) -> Any:
        answer = httpx.post(f"{self.url}{path}", json=body, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def say(self, **act: Any) -> Any:
        return self.post("/_say", act)

    def next(self, **answer: Any) -> None:
        self.post("/_next", answer)

    def sent(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = httpx.get(f"{self.url}/_sent", timeout=30, trust_env=False).json()["sent"]
        return rows

    def template(self, body: str) -> str:
        """The sid of a content template of plain words at the Twilio stand-in, as WhatsApp would have approved."""
        wanted = {"friendly_name": "uji", "language": "id", "types": {"twilio/text": {"body": body}}}
        auth = (ACCOUNT, AUTH_TOKEN)
        answer = httpx.post(f"{self.url}/v1/Content", json=wanted, auth=auth, timeout=30, trust_env=False)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["sid"])

    def webhook(self) -> str:
        """Where the Telegram stand-in sends updates now."""
        answer = httpx.get(f"{self.url}/bot{TOKEN}/getWebhookInfo", timeout=30, trust_env=False)
        return str(answer.json()["result"]["url"])

    def put(self, content: bytes, **query: str) -> dict[str, str]:
        answer = httpx.post(f"{self.url}/_file", params=query, content=content, timeout=60, trust_env=False)
        kept: dict[str, str] = answer.json()
        return kept


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
