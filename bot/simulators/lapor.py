"""A stand-in for SP4N-LAPOR! that speaks its contract as practised, oddities included.

It stores what it gets: a complaint sent twice is there twice, for the caller to be ashamed of.
`python -m bot.simulators.lapor --port 8090 [--state FILE]`

`POST /_next` scripts answers (bot/simulators/serving.py: status, delay, drop, share ...); a row with `complaint`
happens at once instead: `{"complaint": "7000001", "status_name": "Selesai", "note": .., "disposition_name": ..}`, or
`{"complaint": "7000001", "followup": "words", "sender": .., "files": [..]}`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData, UploadFile

from bot.simulators.lapor_book import STATUS_CODES, Book, Complaint
from bot.simulators.serving import Script, Scripted, add_script_route, answer, serve

LARGEST: Final = 5_000_000
"""Bytes of one upload; anything larger is answered with 413."""
PAGE: Final = 10
PREFIXES: Final = ("", "/lapor/3.0.0", "/sandbox-konsolidasi/1.0")
"""Below each of these the same contract is spoken, so any base address that was seen may be used."""
SHAPES: Final = ("complaint_id", "results.complaint.id", "data.complaint_id")
_NEEDED: Final = (
    "title", "content", "channel", "classification_id", "category_id", "disposition_id", "location_id",
    "date_of_incident", "is_anonymous", "is_secret", "attachments",
)  # fmt: skip
_DATE: Final = re.compile(r"\d{2}-\d{2}-\d{4}\Z")
_ATTACHMENTS: Final = re.compile(r"\[\d+(,\d+)*\]\Z")


def create_app(state: Path | None = None, largest: int = LARGEST) -> FastAPI:
    """The simulator as an application; with `state` it remembers everything across restarts."""
    app = FastAPI(title="Simulator LAPOR!", docs_url=None, redoc_url=None)
    app.state.script = Script()
    desk = _Desk(Book(state), app.state.script, largest)
    for prefix in PREFIXES:
        app.include_router(_contract(desk), prefix=prefix)
    app.include_router(_control(desk))
    add_script_route(app, app.state.script, desk.happens)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"status": "error", "message": error.detail}, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"status": "error", "message": "Permintaan tidak dapat dibaca"}, 422)

    return app


class _Desk:
    """What the routes share."""

    def __init__(self, book: Book, script: Script, largest: int) -> None:
        self.book = book
        self.script = script
        self.largest = largest

    def scripted(self, request: Request) -> Scripted:
        path = request.url.path
        for prefix in PREFIXES[1:]:
            path = path.removeprefix(prefix)
        return self.script.next(path)

    def happens(self, given: Any) -> Any:
        """Let what is about a complaint happen, and return the rest, which are answers to come. Raises ValueError."""
        rows = given.get("answers", [given]) if isinstance(given, dict) else given
        if not isinstance(rows, list):
            return given
        for row in rows:
            if isinstance(row, dict) and "complaint" in row:
                self._happen(row)
        return [row for row in rows if not (isinstance(row, dict) and "complaint" in row)]

    def _happen(self, row: dict[str, Any]) -> None:
        complaint = self.complaint(str(row["complaint"]))
        if row.get("followup"):
            sender = str(row.get("sender") or complaint.disposition_name)
            self.book.follow_up(complaint, sender, str(row["followup"]), list(row.get("files") or ()))
        elif row.get("status_name"):
            self.book.move(complaint, str(row["status_name"]), row.get("note"), row.get("disposition_name"))
        else:
            raise ValueError("a row with complaint needs status_name or followup")

    def complaint(self, complaint_id: str) -> Complaint:
        found = self.book.complaints.get(complaint_id)
        if found is None:
            raise HTTPException(404, "Pengaduan tidak ditemukan")
        return found


def _contract(desk: _Desk) -> APIRouter:
    router = APIRouter()

    @router.post("/complaints/complaint/file")
    async def upload(request: Request) -> Response:
        return await _answered(desk, request, 200, lambda form: _uploaded(desk, form))

    @router.post("/complaints/complaint")
    async def submit(request: Request) -> Response:
        if (refusal := _unauthorised(request)) is not None:
            return refusal
        scripted = desk.scripted(request)
        if not scripted.takes:
            return await answer(scripted, 200, None)
        try:
            body = await request.json()
        except ValueError:
            return _refused("Isi permintaan bukan JSON", {})
        faults = _faults(body, desk.book)
        if faults:
            return _refused("Data yang dikirim tidak lengkap", faults)
        complaint_id = desk.book.add_complaint(body)
        return await answer(scripted, 201, _shaped(complaint_id, scripted.shape))

    @router.get("/complaints/{complaint_id}/complaint")
    async def status(request: Request, complaint_id: str) -> Response:
        return await _answered(desk, request, 200, lambda _: _status(desk.complaint(complaint_id)))

    @router.get("/complaints/{complaint_id}/followups")
    async def followups(request: Request, complaint_id: str, page: int = 1) -> Response:
        return await _answered(
            desk, request, 200, lambda _: _paged(desk.complaint(complaint_id).followups, page, PAGE, request)
        )

    @router.post("/complaints/followup/add")
    async def add_followup(request: Request) -> Response:
        return await _answered(desk, request, 201, lambda form: _followed_up(desk, form))

    @router.post("/complaints/process/{complaint_id}/reject")
    async def reject(request: Request, complaint_id: str) -> Response:
        async def rejected() -> dict[str, Any]:
            body = await request.json()
            reason = str(body.get("reason_description") or body.get("reason") or "") if isinstance(body, dict) else ""
            if not reason:
                raise HTTPException(422, "reason wajib diisi")
            desk.book.move(desk.complaint(complaint_id), "Bukan Wewenang", reason, None)
            return {"status": "success"}

        if (refusal := _unauthorised(request)) is not None:
            return refusal
        scripted = desk.scripted(request)
        return await answer(scripted, 200, await rejected() if scripted.takes else None)

    @router.get("/masters/institutions/external")
    @router.get("/masters/{kind}")
    async def masters(request: Request, kind: str = "institutions", page: int = 1, page_size: int = PAGE) -> Response:
        rows = desk.book.masters().get(kind)
        if rows is None:
            raise HTTPException(404, "Halaman tidak ditemukan")
        return await _answered(desk, request, 200, lambda _: _paged(rows, page, max(page_size, 1), request))

    return router


def _control(desk: _Desk) -> APIRouter:
    """What tests and demonstrations use: see what arrived, let an agency act."""
    router = APIRouter()

    @router.get("/_received")
    async def received() -> dict[str, Any]:
        return desk.book.received()

    @router.post("/_status")
    async def move(request: Request) -> dict[str, Any]:
        given = await request.json()
        if not isinstance(given, dict) or not given.get("id") or not given.get("status_name"):
            raise HTTPException(422, "needs id and status_name; note and disposition_name may be given")
        complaint = desk.complaint(str(given["id"]))
        desk.book.move(complaint, str(given["status_name"]), given.get("note"), given.get("disposition_name"))
        return {"id": complaint.id, "status_name": complaint.status_name}

    @router.post("/_followup")
    async def reply(request: Request) -> dict[str, Any]:
        given = await request.json()
        if not isinstance(given, dict) or not given.get("id") or not given.get("content"):
            raise HTTPException(422, "needs id and content; institution_from_name may be given")
        complaint = desk.complaint(str(given["id"]))
        sender = str(given.get("institution_from_name") or complaint.disposition_name)
        return desk.book.follow_up(complaint, sender, str(given["content"]), [])

    return router


async def _answered(desk: _Desk, request: Request, status: int, do: Callable[[FormData], dict[str, Any]]) -> Response:
    """Check the sign-in, then the script, then do it."""
    if (refusal := _unauthorised(request)) is not None:
        return refusal
    scripted = desk.scripted(request)
    # Like the real server, the body is read before any answer: a refusal must not look like a broken connection.
    form = await request.form() if request.method == "POST" else FormData()
    made_up = request.method == "GET" and scripted.body is not None
    return await answer(scripted, status, do(form) if scripted.takes and not made_up else None)


def _unauthorised(request: Request) -> Response | None:
    """Two headers at once: a bearer-like value in `auth` or `Authorization`, and `token`."""
    signed = request.headers.get("auth") or request.headers.get("authorization")
    if signed and request.headers.get("token"):
        return None
    return JSONResponse({"status": "error", "message": "Unauthorized"}, 401)


def _refused(message: str, faults: dict[str, list[str]]) -> Response:
    return JSONResponse({"status": "error", "message": message, "errors": faults}, 422)


def _faults(body: Any, book: Book) -> dict[str, list[str]]:
    if not isinstance(body, dict):
        return {"body": ["bukan objek JSON"]}
    faults = {name: [f"{name} wajib diisi"] for name in _NEEDED if body.get(name) in (None, "")}
    if not body.get("user_id") and not (body.get("is_new_user_slider") is True and body.get("nameUser")):
        faults["user_id"] = ["user_id wajib diisi, atau nameUser dengan is_new_user_slider"]
    if "date_of_incident" not in faults and not _is_date(body["date_of_incident"]):
        faults["date_of_incident"] = ["format date_of_incident adalah d-m-Y"]
    for name in ("classification_id", "category_id", "disposition_id", "location_id"):
        if name not in faults and (isinstance(body[name], bool) or not isinstance(body[name], int)):
            faults[name] = [f"{name} harus berupa angka"]
    attachments = body.get("attachments")
    if isinstance(attachments, str) and _ATTACHMENTS.match(attachments):
        unknown = [i for i in attachments[1:-1].split(",") if i not in book.upload_ids]
        if unknown:
            faults["attachments"] = [f"lampiran {', '.join(unknown)} tidak ditemukan"]
    elif "attachments" not in faults and attachments is not False:
        faults["attachments"] = ['attachments adalah string seperti "[1,2]", atau false']
    return faults


def _is_date(value: Any) -> bool:
    try:
        return bool(_DATE.match(str(value))) and bool(datetime.strptime(str(value), "%d-%m-%Y"))  # noqa: DTZ007
    except ValueError:
        return False


def _shaped(complaint_id: str, shape: str | None) -> dict[str, Any]:
    number = int(complaint_id)
    match shape:
        case "results.complaint.id":
            return {"status": "success", "results": {"complaint": {"id": number}}}
        case "data.complaint_id":
            return {"status": "success", "data": {"complaint_id": str(number)}}
        case "none":
            return {"status": "success"}
        case _:
            return {"status": "success", "complaint_id": number}


def _uploaded(desk: _Desk, form: FormData) -> dict[str, Any]:
    files = [item for item in form.getlist("attachments[]") if isinstance(item, UploadFile)]
    if not files:
        raise HTTPException(422, "attachments[] wajib diisi")
    if any((item.size or 0) > desk.largest for item in files):
        raise HTTPException(413, f"Ukuran berkas melebihi {desk.largest} byte")
    results: dict[str, list[dict[str, Any]]] = {"images": [], "docs": []}
    for item in files:
        upload = desk.book.add_upload(item.filename or "", item.size or 0)
        kind = "images" if (item.content_type or "").startswith("image/") else "docs"
        results[kind].append({"id": int(upload), "name": item.filename})
    return {"status": "success", "results": results}


def _status(complaint: Complaint) -> dict[str, Any]:
    data = {
        "status_code": STATUS_CODES.get(complaint.status_name, 99),
        "status_name": complaint.status_name,
        "disposition_id": complaint.body["disposition_id"],
        "disposition_name": complaint.disposition_name,
        "status_logs": [{"status_name": log["status_name"], "created_at": log["created_at"]} for log in complaint.logs],
    }
    return {"status": "success", "results": {"data": data, "data_logs": complaint.logs}}


def _paged(rows: list[dict[str, Any]], page: int, size: int, request: Request) -> dict[str, Any]:
    start = (max(page, 1) - 1) * size
    more = f"{request.url.replace(query='')}?page={page + 1}" if start + size < len(rows) else None
    return {"status": "success", "results": {"data": rows[start : start + size], "next_page_url": more}}


def _followed_up(desk: _Desk, form: FormData) -> dict[str, Any]:
    complaint_id, content = str(form.get("complaint_id") or ""), str(form.get("content") or "")
    if not complaint_id or not (content or form.get("template_code")):
        raise HTTPException(422, "complaint_id dan content wajib diisi")
    files = [item.filename for item in (one for _, one in form.multi_items()) if isinstance(item, UploadFile)]
    row = desk.book.follow_up(desk.complaint(complaint_id), "Pelapor", content, files)
    return {"status": "success", "results": {"followup": {"id": row["id"]}}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulator lapor", description="A stand-in for SP4N-LAPOR!.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--state", type=Path, help="file that keeps what was received across restarts")
    parser.add_argument("--largest", type=int, default=LARGEST, help="bytes of the largest upload")
    given = parser.parse_args()
    serve(create_app(given.state, given.largest), "simulator LAPOR!", given.host, given.port)


if __name__ == "__main__":
    main()
