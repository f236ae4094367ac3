"""`siaga nlu parse` and `siaga nlu evaluate`: looking at what the model understands."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import logs
from bot.catalogue import standard
from bot.corrections import examples_of, merge
from bot.failures import SiagaError
from bot.settings import DATA
from flows.model import Understanding
from nlu import evaluate as evaluation
from nlu.places import Gazetteer
from nlu.understand import understander

CORRECTIONS = DATA / "nlu" / "koreksi.yml"


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True)
    group.command("parse")(parse)
    group.command("evaluate")(evaluate)
    group.command("import-corrections")(import_corrections)
    app.add_typer(group, name="nlu")


def parse(url: Annotated[str | None, typer.Option(help="a Rasa server instead of the exported model")] = None) -> None:
    """JSON lines in, JSON lines out; a line that cannot be read is answered with its error."""
    logs.configure("WARNING", "console")
    model = understander(DATA, Gazetteer.load(DATA / "places"), url)

    async def run() -> None:
        for line in sys.stdin:
            if not line.strip():
                continue
            try:
                given = json.loads(line)
                text = str(given["text"])
            except (ValueError, KeyError, TypeError) as error:
                print(json.dumps({"id": None, "error": f"the line needs id and text: {error}"}), flush=True)
                continue
            started = time.perf_counter()
            understood = (await model.understand([text], datetime.now(UTC)))[0]
            took = (time.perf_counter() - started) * 1000
            print(json.dumps(record(given.get("id"), understood, took), ensure_ascii=False), flush=True)

    asyncio.run(run())


def record(id_: Any, u: Understanding, milliseconds: float) -> dict[str, Any]:
    """The parse record other programs rely on."""
    return {
        "id": id_,
        "intent": u.intent,
        "confidence": round(u.confidence, 4),
        "emergency": {"level": u.emergency.level, "type": u.emergency.type, "score": round(u.emergency.score, 4)},
        "category": {
            "code": u.category.code,
            "confidence": round(u.category.confidence, 4),
            "ranking": [{"code": r.code, "confidence": round(r.confidence, 4)} for r in u.category.ranking],
            "certainty": u.category.certainty,
        },
        "place": {
            "kecamatan": u.place.kecamatan,
            "desa": u.place.desa,
            "detail": u.place.detail,
            "outside": bool(u.place.outside),
            "outside_name": u.place.outside,
            "candidates": [{"code": c.code, "score": round(c.confidence, 4)} for c in u.place.candidates],
            "certainty": u.place.certainty,
        },
        "date": u.date.isoformat() if u.date else None,
        "acts": {"anonymity": u.anonymity, "no_photo": u.no_photo, "data": u.act, "tone": u.tone, "over": u.over},
        "more": [{"text": p.text, "category": p.category} for p in u.more],
        "language": u.language,
        "faq": u.faq,
        "ms": round(milliseconds, 3),
    }


def evaluate(
    files: list[Path],
    floor: Annotated[
        list[str] | None, typer.Option(help="name=value, such as intent=0.9; exit 1 when it is not kept")
    ] = None,
    errors: Annotated[int, typer.Option(min=0, help="wrong answers of each kind to list")] = 40,
    folds: Annotated[
        int | None, typer.Option(min=2, help="cross-validate: train on some authors, judge by the others, in turn")
    ] = None,
) -> None:
    """Labelled Rasa YAML or JSON lines against the model: precision, recall, confusion, calibration, errors.

    With --folds the given lines themselves teach and judge, in Rasa's environment (`make rasa`).
    """
    missing = [str(file) for file in files if not file.exists()]
    if missing:
        raise SiagaError(f"there is no file {missing[0]}")
    floors = dict(_floor(f) for f in floor or ())
    if folds is not None:
        raise SystemExit(evaluation.folded(files, folds, floors, DATA, errors))
    raise SystemExit(evaluation.main(files, floors, DATA, errors))


def import_corrections(
    file: Path,
    yes: Annotated[bool, typer.Option("--yes", help="merge without asking")] = False,
    into: Annotated[Path, typer.Option(help="the file of corrections among the training data")] = CORRECTIONS,
) -> None:
    """Corrections exported from the admin pages into the training data: shows what would change, asks, merges."""
    try:
        content = file.read_text(encoding="utf-8")
        catalogue = standard()
        merged = merge(examples_of(content, file.name, catalogue), into, catalogue)
    except (OSError, ValueError) as error:
        raise SiagaError(f"{file} cannot be imported: {error}") from None
    if merged.diff:
        typer.echo(merged.diff)
    for text, why in merged.left_out:
        typer.echo(f"left out: {text!r} {why}")
    typer.echo(f"{merged.added} new, {merged.changed} changed, {merged.known} known already")
    if merged.content == merged.before:
        typer.echo("nothing to merge")
        return
    if not yes and not typer.confirm(f"merge this into {into.name}?"):
        typer.echo("nothing was changed")
        return
    draft = into.with_name(f"{into.name}.part")
    draft.write_text(merged.content, encoding="utf-8")
    draft.replace(into)
    typer.echo(f"merged into {into.name}: the model learns it with `make train`, which is due now")


def _floor(given: str) -> tuple[str, float]:
    name, _, value = given.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise SiagaError(f"--floor {given} is not of the form name=number") from None
