"""The gate of the admin web: who is signed in, what they may, forms that are really ours, and safe headers."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import jinja2
import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.admin import words
from bot.admin.actions import Name
from bot.admin.packing import packed
from bot.catalogue import Catalogue, standard
from bot.failures import SiagaError, TemporaryFailure
from bot.store.accounts import SESSION_LASTS, Accounts, Officer, Permission
from bot.store.review import Understood
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)

COOKIE: Final = "siaga_admin"
FACTOR_STEP: Final = "/admin/kode"
"""Where the code of the second factor is given."""
_MOST_FORM: Final = 64 * 1024
_HERE: Final = Path(__file__).parent
_TYPES: Final = {"admin.css": "text/css; charset=utf-8", "admin.js": "text/javascript; charset=utf-8",
                "live.js": "text/javascript; charset=utf-8", "review.js": "text/javascript; charset=utf-8",
                "reply.js": "text/javascript; charset=utf-8"}  # fmt: skip
_SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Cache-Control": "no-store",
}

Needs = Permission | Literal["self", "nobody"]
"""A permission; `self` is any signed-in officer about their own sign-in; `nobody` needs no sign-in at all."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Who needs a second factor, by role; `demo`: the demonstration's password may stay."""

    factor_for: frozenset[str] = frozenset()
    demo: bool = False

    def next_step(self, officer: Officer) -> str | None:
        """The page that stands before all others until its step is done; None for whoever is really in."""
        if officer.factor and not officer.verified:
            return FACTOR_STEP
        if officer.must_change:
            return "/admin/sandi"
        if not officer.factor and officer.role in self.factor_for:
            return "/admin/pengaman"
        return None


class Refusal(Exception):
    """The request ends with this sentence and status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a signed-in officer. `form` is checked for its CSRF token and holds only text."""

    request: Request
    officer: Officer
    form: Mapping[str, str] = field(default_factory=dict)

    def param(self, name: str) -> str:
        return str(self.request.path_params[name])

    def number(self, name: str) -> int:
        """A path parameter that is a number. Raises Refusal 404."""
        value = self.param(name)
        if not value.isascii() or not value.isdigit() or len(value) > 15:
            raise Refusal(404, "Halaman ini tidak ada.")
        return int(value)

    @property
    def wants_part(self) -> bool:
        """Whether a script of ours asks, which needs only the part that changed."""
        return self.request.headers.get("x-siaga-part") == "1"

    def page(self) -> int:
        """The page of a list that is asked for, from 0."""
        value = self.request.query_params.get("hal", "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0


Handler = Callable[[Visit], Awaitable[Response]]
OpenHandler = Callable[[Request], Awaitable[Response]]


class Pages:
    """Registers pages; none can be registered without saying what it needs."""

    def __init__(
        self, store: Store, public_url: str, name: Name, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        catalogue: Catalogue | None = None,
    ) -> None:  # fmt: skip
        self.router = APIRouter()
        self.store = store
        self.name = name
        self.now = clock
        self.secure = public_url.startswith("https://")
        self.needs: dict[tuple[str, str], Needs] = {}
        self.policy = Policy()
        self.catalogue = catalogue or standard()
        self.endings: list[Callable[[], None]] = []
        self._templates = _environment(name, clock)
        self._templates.globals["labels"] = self.labels

    def close(self) -> None:
        """End what these pages keep open: the service stops."""
        for end in self.endings:
            end()

    def labels(self, kind: str) -> list[tuple[str, str]]:
        """Every code of a kind (category, emergency, kecamatan) with its name, as a form offers them."""
        catalogue = self.catalogue
        if kind == "kecamatan":
            return list(catalogue.kecamatan.items())
        codes = catalogue.categories if kind == "category" else catalogue.dangers
        return [(code, self.name(kind, code)) for code in codes]

    def page(
        self, method: Literal["GET", "POST"], path: str, needs: Permission | Literal["self"]
    ) -> Callable[[Handler], Handler]:
        """A page for officers who have the permission."""

        def register(handler: Handler) -> Handler:
            self._add(method, path, needs, partial(self._guarded, handler, needs))
            return handler

        return register

    def open_page(self, method: Literal["GET", "POST"], path: str) -> Callable[[OpenHandler], OpenHandler]:
        """A page that needs no sign-in."""

        def register(handler: OpenHandler) -> OpenHandler:
            self._add(method, path, "nobody", handler)
            return handler

        return register

    def _add(self, method: str, path: str, needs: Needs, handler: OpenHandler) -> None:
        async def endpoint(request: Request) -> Response:
            return await self._answered(handler, request)

        self.needs[method, path] = needs
        self.router.add_route(path, endpoint, [method], include_in_schema=False)

    # --- the gate ---

    async def _guarded(self, handler: Handler, needs: str, request: Request) -> Response:
        if "%00" in request.url.query:
            # No database takes it, and nobody writes it.
            raise Refusal(400, "Alamat ini tidak dapat dibaca.")
        officer = await self.officer(request)
        if officer is None:
            to = quote(request.url.path) if request.method == "GET" else "/admin"
            return RedirectResponse(f"/admin/masuk?ke={to}", 303)
        step, path = self.policy.next_step(officer), request.url.path
        if step and path != "/admin/keluar" and path != step and not path.startswith(f"{step}/"):
            return RedirectResponse(f"{step}?ke={quote(path)}" if step == FACTOR_STEP else step, 303)
        if needs != "self" and not officer.may(needs):
            raise Refusal(403, "Peran Anda tidak mencakup halaman ini.")
        form: dict[str, str] = {}
        if request.method == "POST":
            form = await read_form(request)
            if not hmac.compare_digest(form.get("csrf", "").encode(), officer.csrf.encode()):
                raise Refusal(403, "Formulir ini kedaluwarsa. Muat ulang halamannya, lalu kirim sekali lagi.")
        return await handler(Visit(request, officer, form))

    async def officer(self, request: Request) -> Officer | None:
        """Whose session this request belongs to."""
        cookie = request.cookies.get(COOKIE, "")
        if not cookie:
            return None
        async with self.store.read() as session:
            return await Accounts(session).officer_of(cookie, self.now())

    async def _answered(self, handler: OpenHandler, request: Request) -> Response:
        try:
            answer = await handler(request)
        except Refusal as refusal:
            answer = await self._trouble(request, refusal.status, refusal.sentence)
        except TemporaryFailure as error:
            log.warning("admin_unavailable", path=request.url.path, error=str(error))
            answer = await self._trouble(request, 503, "Sistem sedang tidak dapat dijangkau. Coba lagi sebentar lagi.")
        except SiagaError as error:
            answer = await self._trouble(request, 409, str(error))
        except Exception:
            log.exception("admin_page_failed", method=request.method, path=request.url.path)
            answer = await self._trouble(
                request, 500, "Halaman ini tidak dapat ditampilkan. Kesalahannya sudah dicatat."
            )
        for header, value in _SECURITY.items():
            answer.headers.setdefault(header, value)
        if self.secure:
            answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return packed(answer, request)

    async def _trouble(self, request: Request, status: int, sentence: str) -> Response:
        try:
            officer = await self.officer(request)
        except SiagaError:
            officer = None
        return self.render("trouble.html", officer, status, sentence=sentence)

    # --- answers ---

    def signed_in(self, answer: Response, cookie: str) -> Response:
        """The answer with the session's cookie."""
        answer.set_cookie(
            COOKIE, cookie, max_age=int(SESSION_LASTS.total_seconds()), path="/admin", httponly=True, samesite="lax",
            secure=self.secure,
        )  # fmt: skip
        return answer

    def render(self, template: str, officer: Officer | None, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(officer=officer, **values), status)

    def show(self, template: str, visit: Visit, status: int = 200, **values: Any) -> Response:
        """A page for this officer; `done` in the address says what was just done."""
        return HTMLResponse(self.words_of(template, visit, **values), status)

    def words_of(self, template: str, visit: Visit, **values: Any) -> str:
        """The same as a string: a part of a page, for a stream."""
        done = words.DONE.get(visit.request.query_params.get("ok", ""))
        values = {"done": done, "path": visit.request.url.path, **values}
        return self._templates.get_template(template).render(officer=visit.officer, **values)

    async def write_down(self, visit: Visit, action: str, object_: str, reason: str | None = None) -> None:
        """An audit row, committed before the thing itself is done: what is not written down does not happen."""
        async with self.store.write() as session:
            Accounts(session).audit(visit.officer.id, action, object_, self.now(), reason)


def inside(to: str) -> str:
    """Where to go after signing in: only ever into these pages."""
    return to if to.startswith("/admin/") and "\\" not in to and "//" not in to and to.isprintable() else "/admin"


def back(path: str, done: str) -> Response:
    """After a change: the page anew, saying what was done."""
    return RedirectResponse(f"{path}?ok={done}", 303)


async def read_form(request: Request) -> dict[str, str]:
    """The text fields of a small form. Raises Refusal."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > _MOST_FORM:
        raise Refusal(413, "Formulir ini terlalu besar.")
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Refusal(400, "Formulir ini tidak dapat dibaca.")
    async with request.form() as form:
        return {key: value.replace("\0", "") for key, value in form.items() if isinstance(value, str)}


async def static(request: Request) -> Response:
    """A stylesheet or script of ours."""
    name = str(request.path_params["name"])
    if name not in _TYPES:
        raise Refusal(404, "Halaman ini tidak ada.")
    content = (_HERE / "static" / name).read_bytes()
    return Response(content, media_type=_TYPES[name], headers={"Cache-Control": "public, max-age=31536000, immutable"})


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]


def _environment(name: Name, clock: Callable[[], datetime]) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        wita=words.wita, age=lambda at: words.age(at, clock()), number=words.number, twice=lambda code: (code, code)
    )
    environment.globals.update(
        called=name, place=partial(words.place, name), understood=partial(words.understood, name), words=words,
        understood_as=Understood.of,
        static=lambda file: f"/admin/static/{file}?v={_version(file)}", done=None, path="",
    )  # fmt: skip
    return environment
