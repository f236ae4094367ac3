"""SP4N-LAPOR! over its integration interface: uploads, complaints, status, follow-ups.

There is no idempotency key, so a submit whose answer is lost is an UnknownOutcome and never a retry. Uploads and
readings may be repeated, so everything transient about them is a TemporaryFailure. Headers are never logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import httpx

from bot.failures import Rejected, SiagaError, TemporaryFailure, Unfit, UnknownOutcome
from bot.gateways.answers import NOT_CONNECTED, json_of, retry_after, words_of
from bot.gateways.base import FollowupReceipt, Photo, Receipt, ReportToFile
from bot.gateways.lapor_answers import (
    ComplaintStatus,
    Followup,
    Master,
    followup_receipt_of,
    followups_of,
    has_next_page,
    masters_of,
    receipt_of,
    status_of,
    upload_id_of,
)
from bot.gateways.lapor_terms import LaporIds, content_of, redact, title_of

_MOST_PAGES: Final = 50
_WRONG_SETTING: Final = (UnicodeEncodeError, httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class LaporApi:
    """Files reports by itself. `base_url` is the tenant's root, `auth_header` the name of the bearer-like header.

    `reporter` "regency" files everything under `user_id`; "citizen" names the citizen where the report is neither
    anonim nor rahasia, and files the others under `user_id`. In seconds: `connect_timeout` until connected (at
    most a third of the other), `timeout` for a whole call. A client given as `http` stays the caller's to close.
    """

    def __init__(
        self,
        base_url: str,
        auth_header: str,
        auth_value: str,
        token: str,
        ids: LaporIds,
        user_id: str | None,
        reporter: Literal["regency", "citizen"],
        http: httpx.AsyncClient | None = None,
        *,
        connect_timeout: float = 30.0,
        timeout: float = 90.0,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._auth_header = auth_header
        self._headers = {auth_header: auth_value, "token": token, "Accept": "application/json"}
        self._ids = ids
        self._user_id = user_id
        self._reporter = reporter
        # Connecting must give up well before the whole call does: only then is it known that nothing was sent.
        self._timeout = httpx.Timeout(timeout, connect=min(connect_timeout, timeout / 3))
        self._total = timeout
        # A connection is never used twice: one that the server closes while idle would make a harmless
        # failure look like a submit whose answer was lost.
        self._http = http or httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))
        self._owns_http = http is None

    async def upload(self, photo: Photo) -> str:
        """Upload one photo and return its id at LAPOR!. May be repeated.

        Raises TemporaryFailure, Rejected, and Unfit when LAPOR! does not take this very photo.
        """
        files = {"attachments[]": (photo.file_name, photo.content, photo.content_type)}
        answer = await self._repeatable("POST", self._ids.paths.upload, Unfit, files=files)
        found = upload_id_of(json_of(answer))
        if found is None:
            raise TemporaryFailure("LAPOR! took a photo but its answer has no id in results.images or results.docs")
        return found

    async def file(self, report: ReportToFile, attachments: list[str]) -> Receipt | None:
        """Submit one complaint with these upload ids.

        Raises TemporaryFailure when LAPOR! was not reached or turned the call away (429, 503), Rejected with
        LAPOR!'s words, UnknownOutcome when the request left and it is not known what became of it.
        """
        answer = await self._once("a complaint", self._ids.paths.submit, json=self.body(report, attachments))
        receipt = receipt_of(json_of(answer))
        if receipt is None:
            raise UnknownOutcome(
                f"LAPOR! answered {answer.status_code} without a complaint id; look the ticket up before filing again"
            )
        return receipt

    def body(self, report: ReportToFile, attachments: list[str]) -> dict[str, Any]:
        """The complaint as LAPOR! wants it. Raises Rejected when an id or the reporter is missing."""
        category = self._ids.category(report.category)
        uploads = [upload for upload in attachments if upload]
        return {
            "title": title_of(report),
            "content": content_of(report),
            "channel": self._ids.channel or report.channel,
            **self._who(report),
            "classification_id": self._ids.classification(report.classification),
            "category_id": category.category_id,
            "disposition_id": self._ids.disposition(report),
            "location_id": self._ids.location(report.kecamatan, report.desa),
            "date_of_incident": f"{report.incident_date:%d-%m-%Y}",
            "tags_raw": "",
            "is_anonymous": report.is_anonymous,
            "is_secret": report.is_secret,
            "is_approval": False,
            "attachments": f"[{','.join(uploads)}]" if uploads else False,
        }

    async def status(self, complaint_id: str) -> ComplaintStatus:
        """Where a complaint stands. Raises TemporaryFailure, or Rejected when LAPOR! does not know it."""
        answer = await self._repeatable("GET", self._ids.paths.status.format(id=complaint_id))
        found = status_of(json_of(answer), self._ids.statuses)
        if found is None:
            raise TemporaryFailure(f"LAPOR! answered the status of {complaint_id} without a status name or number")
        return found

    async def followups(self, complaint_id: str) -> tuple[Followup, ...]:
        """Everything agencies wrote on a complaint, in LAPOR!'s order, over all pages (at most 50).

        Raises TemporaryFailure, or Rejected when LAPOR! does not know it.
        """
        path = self._ids.paths.followups.format(id=complaint_id)
        found: dict[str, Followup] = {}
        for page in range(1, _MOST_PAGES + 1):
            body = json_of(await self._repeatable("GET", path, params={"page": page}))
            rows = followups_of(body)
            if rows is None:
                raise TemporaryFailure(f"LAPOR! answered the follow-ups of {complaint_id} in an unknown shape")
            found.update((row.id, row) for row in rows)
            if not rows or not has_next_page(body):
                break
        return tuple(found.values())

    @property
    def lists(self) -> tuple[str, ...]:
        """The kinds of LAPOR!'s lists whose paths are known."""
        return tuple(self._ids.paths.masters)

    async def masters(self, kind: str) -> tuple[Master, ...]:
        """One of LAPOR!'s lists over all pages (at most 50). Raises TemporaryFailure, Rejected."""
        path = self._ids.paths.masters[kind]
        found: dict[str, Master] = {}
        for page in range(1, _MOST_PAGES + 1):
            body = json_of(await self._repeatable("GET", path, params={"page_size": 1000, "page": page}))
            rows = masters_of(body)
            if rows is None:
                raise TemporaryFailure(f"LAPOR! answered the list of {kind} in an unknown shape")
            known = len(found)
            found.update((row.id, row) for row in rows)
            # A server that knows no pages answers the same one again and again.
            if len(found) == known or not has_next_page(body):
                break
        return tuple(found.values())

    async def add_followup(
        self, complaint_id: str, words: str, photos: Sequence[Photo] = (), *, is_secret: bool = False
    ) -> FollowupReceipt:
        """Add the citizen's words and photos to a complaint, without NIK or phone. Same errors as `file`."""
        fields = {"complaint_id": complaint_id, "content": redact(words), "is_secret": "1" if is_secret else "0"}
        multipart: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        for n, photo in enumerate(photos):
            multipart[f"attachment[{n}]"] = (photo.file_name, photo.content, photo.content_type)
        answer = await self._once("a follow-up", self._ids.paths.add_followup, files=multipart)
        return followup_receipt_of(json_of(answer))

    async def close(self) -> None:
        if self._owns_http:
            await self._http.aclose()

    def _who(self, report: ReportToFile) -> dict[str, Any]:
        hidden = report.is_anonymous or report.is_secret
        if self._reporter == "citizen" and not hidden and report.reporter:
            return {
                "nameUser": report.reporter, "phoneUser": report.phone or "", "emailUser": "",
                "is_new_user_slider": True,
            }  # fmt: skip
        if self._user_id:
            return {"user_id": self._user_id}
        raise Rejected(
            "a report without the citizen's name needs SIAGA_LAPOR_USER_ID, the LAPOR! user it is filed under"
            if self._reporter == "citizen"
            else "SIAGA_LAPOR_USER_ID is missing, the LAPOR! user that reports are filed under"
        )

    # --- Calls -----------------------------------------------------------------------------------------

    async def _once(self, what: str, path: str, **content: Any) -> httpx.Response:
        """A call that must never happen twice. Returns a 2xx answer."""
        lost = UnknownOutcome(f"LAPOR! was sent {what} and gave no answer; look it up there before sending it again")
        answer = await self._call("POST", path, lambda _: lost, content)
        if answer.is_success:
            return answer
        status = answer.status_code
        if status in (429, 503):
            raise TemporaryFailure(f"LAPOR! turned {what} away ({status}){_said(answer)}", retry_after(answer))
        if status >= 500 or status in (302, 303):  # a form may answer success with a page to go to
            raise UnknownOutcome(
                f"LAPOR! answered {what} with {status}{_said(answer)}; look it up there before sending it again"
            )
        raise self._refusal(answer)

    async def _repeatable(
        self, method: str, path: str, refused: type[Rejected] = Rejected, **content: Any
    ) -> httpx.Response:
        """A call that may happen twice. Returns a 2xx answer. Raises `refused` for content that is not taken."""

        def lost(kind: str) -> TemporaryFailure:
            return TemporaryFailure(f"LAPOR! gave no answer ({kind})")

        answer = await self._call(method, path, lost, content)
        if answer.is_success:
            return answer
        if answer.status_code >= 500 or answer.status_code in (408, 425, 429):
            raise TemporaryFailure(f"LAPOR! answered {answer.status_code}{_said(answer)}", retry_after(answer))
        raise self._refusal(answer, refused)

    async def _call(
        self, method: str, path: str, lost: Callable[[str], SiagaError], content: Mapping[str, Any]
    ) -> httpx.Response:
        """Any answer at all. `lost` makes the error for a request that may have left, from the kind of failure.

        Our own sentences replace httpx's (`from None`): those of a wrong header would quote its value.
        """
        try:
            async with asyncio.timeout(self._total):
                return await self._http.request(
                    method, self._base + path, headers=self._headers, timeout=self._timeout, **content
                )
        except NOT_CONNECTED as error:
            raise TemporaryFailure(f"LAPOR! cannot be reached ({type(error).__name__})") from None
        except (TimeoutError, httpx.TransportError, httpx.DecodingError) as error:
            if isinstance(error, _WRONG_SETTING):
                raise self._unusable() from None
            raise lost(type(error).__name__) from None
        except _WRONG_SETTING:
            raise self._unusable() from None

    def _unusable(self) -> Rejected:
        return Rejected(
            "LAPOR! cannot be called with these settings: check SIAGA_LAPOR_URL, SIAGA_LAPOR_AUTH_HEADER, "
            "SIAGA_LAPOR_AUTH_VALUE and SIAGA_LAPOR_TOKEN"
        )

    def _refusal(self, answer: httpx.Response, refused: type[Rejected] = Rejected) -> Rejected:
        """The error of a 3xx or 4xx answer; `refused` when it is about what was sent and not about us."""
        status = answer.status_code
        if status in (401, 403):
            return Rejected(
                f"LAPOR! does not accept the sign-in ({status}){_said(answer)}: check SIAGA_LAPOR_AUTH_HEADER "
                f"({self._auth_header}), SIAGA_LAPOR_AUTH_VALUE and SIAGA_LAPOR_TOKEN"
            )
        if status == 413:
            return refused(f"LAPOR! says the file is too large (413){_said(answer)}")
        if 300 <= status < 400:
            return Rejected(f"LAPOR! answered {status}, it is at another address: check SIAGA_LAPOR_URL")
        return (refused if status in (400, 415, 422) else Rejected)(f"LAPOR! refused ({status}){_said(answer)}")


def _said(answer: httpx.Response) -> str:
    words = redact(words_of(answer))
    return f": {words}" if words else ""
