"""A stand-in Rasa server: real HTTP on 127.0.0.1, answers of the exported model in Rasa's own form.

`python rasa_stand_in.py` prints its port and serves until its input closes. A text of "galat 500", "galat json" or
"galat bentuk" is answered with that fault.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nlu.model import Model
from nlu.normaliser import MAX_CHARS
from nlu.places import Gazetteer

MODEL = Model.load(Path("data/model"))
GAZETTEER = Gazetteer.load(Path("data/places"))


def answer(text: str) -> dict[str, Any]:
    """As Rasa's parse route answers for our pipeline."""
    assert len(text) <= MAX_CHARS
    said = MODEL.answers(MODEL.words.normaliser.tokens(text))
    ranking = [{"name": name, "confidence": confidence} for name, confidence in said["intent_ranking"]]
    found = GAZETTEER.find(text)
    place = {
        "kecamatan": found.kecamatan, "desa": found.desa, "detail": found.detail, "outside": found.outside,
        "candidates": [{"code": code, "score": score} for code, score in found.candidates],
        "certainty": found.certainty,
    }  # fmt: skip
    return {"text": text, "intent": ranking[0], "entities": [], "intent_ranking": ranking,
            "category": said["category"], "emergency": said["emergency"], "place": place}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        status, body = 200, b""
        match text:
            case _ if self.path != "/model/parse":
                status = 404
            case "galat 500":
                status = 500
            case "galat json":
                body = b"<html>"
            case "galat bentuk":
                body = json.dumps({"text": text, "intent": {"name": "greet"}, "intent_ranking": []}).encode()
            case _:
                body = json.dumps(answer(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    server.shutdown()
