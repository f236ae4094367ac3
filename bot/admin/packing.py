"""Pages travel gzipped: a long transcript weighs a tenth."""

from __future__ import annotations

import gzip
import io
import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

_LEAST: Final = 1024
_PACKED: Final = ("text/html", "text/css", "text/javascript")
_MOST_PADDING: Final = 100


def packed(answer: Response, request: Request) -> Response:
    """The answer, its body gzipped where that pays and the browser takes it; streams and pictures stay as they are.

    A file name of random length in gzip's header blurs the size of pages, which could otherwise betray a form's token
    to someone who watches the line and guesses (BREACH).
    """
    type_ = answer.headers.get("content-type", "").partition(";")[0]
    if isinstance(answer, StreamingResponse) or type_ not in _PACKED or len(answer.body) < _LEAST:
        return answer
    answer.headers["Vary"] = "Accept-Encoding"
    if "gzip" not in request.headers.get("accept-encoding", "").lower():
        return answer
    out, name = io.BytesIO(), secrets.token_hex(_MOST_PADDING)[: secrets.randbelow(_MOST_PADDING) + 1]
    with gzip.GzipFile(name, "wb", 6, out, 0) as file:
        file.write(answer.body)
    answer.body = out.getvalue()
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer
