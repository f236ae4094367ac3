"""Writes docs/conversation-rules.md: every rule of conversation, the transcripts that show it, and whether they pass.

`python scripts/rules_table.py` writes the table; with `--check` it exits 1 when the file is not what would be written.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FILE: Final = ROOT / "docs" / "conversation-rules.md"
RULES: Final = {
    "1.1": "The first message may already be the report",
    "1.2": "One question a turn, answered by button, number or words",
    "1.3": "What a report needs; date, reporter and phone",
    "1.4": "Category: sure is taken, unsure is offered as three and Lainnya",
    "1.5": "Place: pin, typed, landmark; doubtful is confirmed, unknown is asked once more",
    "1.6": "Outside Kutai Timur",
    "1.7": "Photos: before, during, after, as an album, late",
    "1.8": "Voice, sticker, video, document, contact, live location: never silence",
    "1.9": "Summary before filing; each line can be changed; only Kirim files",
    "1.10": "Anonim and rahasia",
    "1.11": "Digressions and global words",
    "1.12": "Batal, reminder, closing, the kept draft",
    "1.13": "Two problems in one message",
    "1.14": "Possible duplicates and support",
    "1.15": "Edited messages and old buttons",
    "1.16": "Insults and advertising",
    "1.17": "To a person and back, office hours",
    "1.18": "Messages typed in a burst",
    "1.19": "First contact, one's own data",
    "1.20": "Language and tone",
    "2.1": "Danger is heard at any moment",
    "2.2": "Live: 112 first, the desk at once, one question at a time",
    "2.3": "Unsure danger asks first",
    "2.4": "Help is promised only after a person acknowledged",
    "2.5": "The report under way is kept",
    "2.7": "A crisis of the soul",
    "2.8": "Danger outside Kutai Timur; the number to call",
    "3.3": "Status, only of one's own reports",
    "3.4": "After selesai",
}
_HEAD: Final = """# Rules of conversation and the transcripts that show them

Written by `scripts/rules_table.py`; a test holds it to the transcripts in `tests/transcripts/`. "Unhappy" are those in
which something goes wrong, comes late, out of order or twice. Each transcript is played against the dialogue with its
state stored and read back between all turns.

| rule | what it is about | transcripts | unhappy | pass |
|---|---|--:|--:|---|
"""


def main(arguments: Sequence[str]) -> int:
    text = table()
    if "--check" in arguments:
        return 0 if FILE.read_text(encoding="utf-8") == text else 1
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    return 0


def table() -> str:
    """The whole file, with every transcript played now. Raises LookupError for a rule that is not in RULES."""
    from bot.texts import Texts
    from tests.transcripts.runner import play, transcripts

    with (ROOT / "data" / "places" / "wilayah.csv").open(encoding="utf-8", newline="") as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    texts = Texts(ROOT / "data" / "texts", names.__getitem__)
    by_rule: dict[str, list[tuple[str, bool, bool]]] = {rule: [] for rule in RULES}
    for transcript in transcripts():
        if transcript.rule not in by_rule:
            raise LookupError(f"{transcript.name}: scripts/rules_table.py does not know rule {transcript.rule}")
        try:
            play(transcript, texts)
        except AssertionError:
            passed = False
        else:
            passed = True
        title = f"{transcript.title} ({transcript.file}.yml)"
        by_rule[transcript.rule].append((title, transcript.unhappy, passed))
    lines, listed = [], []
    for rule, found in by_rule.items():
        unhappy, failed = sum(u for _, u, _ in found), sum(not p for _, _, p in found)
        verdict = f"{failed} of {len(found)} fail" if failed else "all" if found else "none there"
        lines.append(f"| {rule} | {RULES[rule]} | {len(found)} | {unhappy} | {verdict} |")
        listed.append(f"\n## {rule} {RULES[rule]}\n")
        listed += [f"- {title}{', unhappy' if u else ''}{'' if p else ' **fails**'}" for title, u, p in found]
    return _HEAD + "\n".join(lines) + "\n" + "\n".join(listed) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
