"""Corrections as training data: masked examples in Rasa's YAML, and their way into data/nlu/koreksi.yml.

The form is that of the other files in data/nlu (see its README): one block an intent, each example with `text` and
`metadata`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from bot.catalogue import Catalogue
from bot.failures import SiagaError
from bot.store.masking import mask_words
from bot.store.review import Verdict
from nlu.labelled import Labelled, read

AUTHOR: Final = "koreksi"
_NUMBER: Final = "0811-0000-0000"
_MAIL: Final = "nama@contoh.id"
_SOMEBODY: Final = "Fulan"
_SHORTEST_NAME: Final = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A message without personal data, and what it means."""

    text: str
    verdict: Verdict

    @property
    def bare(self) -> str:
        """The words by which two examples are the same."""
        return bare(self.text)


def bare(text: str) -> str:
    return " ".join(text.lower().split())


def example(text: str, verdict: Verdict, name: str | None) -> Example:
    """The message with its numbers, mail addresses and the citizen's own name replaced by invented ones."""
    for part in sorted({*(name or "").split(), name or ""}, key=len, reverse=True):
        if len(part.strip()) >= _SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(part.strip())}(?!\w)", _SOMEBODY, text, flags=re.IGNORECASE)
    text = re.sub(r"\*{4}\d{2}", _NUMBER, mask_words(text)).replace("****", _MAIL)
    # Brackets would be read as a marked entity.
    text = " ".join(text.translate(str.maketrans("[]", "()")).split())
    return Example(text, verdict)


def as_yaml(examples: Iterable[Example]) -> str:
    """The file of these examples; of several with the same words the last one counts."""
    latest = {e.bare: e for e in examples if e.text}
    lines = ['version: "3.1"', "nlu:" if latest else "nlu: []"]
    for intent in sorted({e.verdict.intent for e in latest.values()}):
        lines += [f"- intent: {intent}", "  examples:"]
        for one in sorted((e for e in latest.values() if e.verdict.intent == intent), key=lambda e: e.bare):
            lines += [f"  - text: {_quoted(one.text)}", f"    metadata: {{{_metadata(one.verdict)}}}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _metadata(verdict: Verdict) -> str:
    found = [f"emergency: {int(verdict.danger)}"]
    if verdict.danger:
        found.append(f"emergency_type: {verdict.danger_type or 'lainnya'}")
    if verdict.category:
        found.append(f"category: {verdict.category}")
    if verdict.kecamatan:
        found.append(f'kec: "{verdict.kecamatan}"')
    if verdict.desa:
        found.append(f'desa: "{verdict.desa}"')
    return ", ".join([*found, f"author: {AUTHOR}", f"register: {AUTHOR}"])


def examples_of(content: str, source: str, catalogue: Catalogue) -> list[Example]:
    """The examples of such a file. Raises SiagaError that names the first one which keeps the label contract not."""
    try:
        blocks = yaml.safe_load(content)["nlu"]
        raw = [(str(block["intent"]), e["text"], e["metadata"]) for block in blocks for e in block["examples"]]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise SiagaError(f"{source} is not a file of corrections: it needs nlu, intent, examples, metadata") from error
    found = []
    for intent, text, labels in raw:
        if not isinstance(text, str) or not text.strip() or not isinstance(labels, dict):
            raise SiagaError(f"{source}: an example of {intent} has no text or no metadata")
        if fault := _fault(intent, labels, catalogue):
            raise SiagaError(f"{source}: {text[:60]!r} {fault}")
        danger = bool(labels.get("emergency"))
        kind = labels.get("emergency_type")
        verdict = Verdict(intent, labels.get("category"), danger, kind, labels.get("kec"), labels.get("desa"))
        found.append(Example(text.strip(), verdict))
    return found


def _fault(intent: str, labels: Mapping[str, Any], catalogue: Catalogue) -> str | None:
    danger, kind = bool(labels.get("emergency")), labels.get("emergency_type")
    category, kec, desa = labels.get("category"), labels.get("kec"), labels.get("desa")
    if intent not in catalogue.intents:
        return f"has the unknown intent {intent}"
    if (intent == "darurat") is not danger or danger is not (kind is not None):
        return "must have intent darurat, emergency 1 and an emergency_type together, or none of them"
    if kind is not None and kind not in catalogue.dangers:
        return f"has the unknown emergency_type {kind}"
    if category is not None and category not in catalogue.categories:
        return f"has the unknown category {category}"
    if kec is not None and kec not in catalogue.kecamatan:
        return f"has the unknown kec {kec}"
    if desa is not None and (desa not in catalogue.villages or catalogue.villages[desa].kecamatan != kec):
        return f"has a desa that is not in its kec: {desa}"
    return None


@dataclass(frozen=True, slots=True)
class Merge:
    """What becomes of the file: its new words, how many examples are new or changed, and what was left out and why."""

    content: str
    before: str
    added: int
    changed: int
    known: int
    left_out: tuple[tuple[str, str], ...]

    @property
    def diff(self) -> str:
        """Line by line, as it would be read before a merge."""
        lines = difflib.unified_diff(self.before.splitlines(), self.content.splitlines(), "before", "after", "", "", 1)
        return "\n".join(line.rstrip("\n") for line in lines)


def merge(new: Sequence[Example], target: Path, catalogue: Catalogue) -> Merge:
    """Put these examples into `target` among the training files of its folder, without writing it yet.

    A later correction replaces an earlier one of the same words. What an author's file says otherwise, and what the
    held-back set (folder dev) holds, is left out. Raises SiagaError when a file cannot be read.
    """
    before = target.read_text(encoding="utf-8") if target.is_file() else ""
    present = {e.bare: e for e in examples_of(before, target.name, catalogue)} if before else {}
    authors = _labelled(path for path in sorted(target.parent.glob("*.yml")) if path != target)
    held_back = _labelled(sorted((target.parent / "dev").glob("*.yml")))
    added = changed = known = 0
    left_out: list[tuple[str, str]] = []
    for one in new:
        old = present.get(one.bare)
        if one.bare in held_back:
            left_out.append((one.text, f"is in the held-back {held_back[one.bare][0]}"))
        elif one.bare in authors:
            file, other = authors[one.bare]
            if _agree(other, one.verdict):
                known += 1
            else:
                left_out.append((one.text, f"contradicts {file}: {other.intent}, {other.category or 'no category'}"))
        elif old is not None and old.verdict == one.verdict:
            known += 1
        else:
            added, changed = added + (old is None), changed + (old is not None)
            present[one.bare] = one
    content = as_yaml(present.values()) if present else before
    return Merge(content, before, added, changed, known, tuple(left_out))


def _labelled(files: Iterable[Path]) -> dict[str, tuple[str, Labelled]]:
    return {bare(message.text): (path.name, message) for path in files for message in read([path])}


def _agree(other: Labelled, verdict: Verdict) -> bool:
    """Whether an author's labels say the same in what decides: intent, category, danger."""
    return (other.intent, other.category, other.emergency) == (verdict.intent, verdict.category, verdict.danger)
