"""An SMS with the incident in short and the address where it is acknowledged."""

from __future__ import annotations

from twilio.rest import Client  # type: ignore[import-untyped,unused-ignore]

from bot.failures import Rejected, UnknownOutcome
from bot.gateways.alert_text import short_text
from bot.gateways.base import Alert
from bot.gateways.rota import Contact
from bot.twilio_http import REAL_API, REFUSALS, TwilioTransport, refusal


class TextMessage:
    """Writes to one contact from `sender`, a number or an approved name."""

    name = "sms"

    def __init__(self, account_sid: str, auth_token: str, sender: str, api_url: str = REAL_API) -> None:
        self._transport = TwilioTransport(api_url)
        self._client = Client(account_sid, auth_token, http_client=self._transport)
        self._sender = sender

    async def alert(self, alert: Alert, to: Contact | None = None) -> str:
        """Send it and return the message's sid. Raises TemporaryFailure, Rejected or UnknownOutcome."""
        if to is None:
            raise Rejected("an SMS needs a contact with a number")
        await self._transport.open()
        try:
            message = await self._client.messages.create_async(to.to, from_=self._sender, body=short_text(alert))
        except REFUSALS as error:
            raise refusal(error) from None
        except ValueError:
            raise UnknownOutcome("Twilio's answer cannot be read; the SMS may have been sent") from None
        return str(message.sid)

    async def close(self) -> None:
        await self._transport.close()
