"""LAPOR!'s own terms: its ids for our codes, its status names, and the words of a complaint."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.failures import Rejected, SiagaError
from bot.gateways.base import ReportToFile
from flows.model import ReportState

_DATA: Final = Path(__file__).resolve().parents[2] / "data" / "lapor"
SIMULATOR_IDS: Final = _DATA / "simulator_ids.yml"
"""The ids that the simulator understands; they serve only against a loopback address."""
CLASSIFICATIONS: Final = ("pengaduan", "aspirasi", "permintaan_informasi")
MOST_TITLE: Final = 100

STATES: Final[Mapping[str, ReportState]] = {
    "belum terverifikasi": "submitted",
    "terverifikasi": "verified",
    "dalam proses": "in_progress",
    "selesai": "done",
    "tunda": "need_info",
    "bukan wewenang": "transferred",
    "diarsipkan": "archived",
    "ditolak": "rejected",
    "ditutup oleh sistem": "closed",
}
"""LAPOR!'s status names, in lower case, and our states."""


STATUS_NAMES: Final[Mapping[ReportState, str]] = {
    state: " ".join(word if word == "oleh" else word.capitalize() for word in name.split())
    for name, state in STATES.items()
}
"""LAPOR!'s own spelling of its names, by our states."""


def local_state(status_name: str) -> ReportState | None:
    """Our state for LAPOR!'s status name; None for a name we do not know (keep it raw and alert staff)."""
    return STATES.get(" ".join(status_name.split()).lower())


# --- Categories --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LaporCategory:
    """A row of data/lapor/categories.csv. `agency_confirmed`: the regency confirmed that this agency handles it."""

    code: str
    label: str
    lapor_category: str
    lapor_subcategory: str | None
    agency: str
    agency_confirmed: bool


@cache
def categories() -> Mapping[str, LaporCategory]:
    """Our category codes with their names at LAPOR! and the handling agency."""
    with (_DATA / "categories.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: LaporCategory(
                row["code"], row["label"], row["lapor_category"], row["lapor_subcategory"] or None, row["agency"],
                row["agency_confirmed"] == "yes",
            )
            for row in csv.DictReader(lines)
        }  # fmt: skip


# --- Ids ---------------------------------------------------------------------------------------------


class BadIds(SiagaError):
    """The file of LAPOR! ids cannot be used; `str()` is one sentence that names what is wrong or missing."""


@dataclass(frozen=True, slots=True)
class Paths:
    """LAPOR!'s paths below its base address; `{id}` is the complaint's id. They may differ per tenant.

    Where the lists of categories and locations lie is not known: they are read only where their path is given.
    """

    upload: str = "/complaints/complaint/file"
    submit: str = "/complaints/complaint"
    status: str = "/complaints/{id}/complaint"
    followups: str = "/complaints/{id}/followups"
    add_followup: str = "/complaints/followup/add"
    institutions: str = "/masters/institutions/external"
    templates: str = "/masters/templates"
    categories: str | None = None
    locations: str | None = None

    @property
    def masters(self) -> Mapping[str, str]:
        """The lists that can be read, by kind."""
        named = {
            "institutions": self.institutions, "templates": self.templates, "categories": self.categories,
            "locations": self.locations,
        }  # fmt: skip
        return {kind: path for kind, path in named.items() if path}


@dataclass(frozen=True, slots=True)
class CategoryIds:
    """LAPOR!'s id of a category, and of the agency a complaint in it is sent to."""

    category_id: int
    disposition_id: int


@dataclass(frozen=True, slots=True)
class LaporIds:
    """LAPOR!'s ids for our codes, as KemenPANRB gave them to this regency.

    `locations` maps kecamatan and desa codes, `location_fallback` is the regency itself. `agencies` maps names of
    agencies that a petugas may choose instead of the category's own. `statuses` names the numbers of answers that
    give no name. `channel` is what LAPOR! calls this source, None sends our own channel's name. `source` is the
    file, for sentences about it.
    """

    categories: Mapping[str, CategoryIds]
    classifications: Mapping[str, int]
    locations: Mapping[str, int]
    location_fallback: int
    agencies: Mapping[str, int] = field(default_factory=dict)
    statuses: Mapping[int, str] = field(default_factory=dict)
    channel: str | None = None
    paths: Paths = field(default_factory=Paths)
    source: str = "SIAGA_LAPOR_IDS"

    def category(self, code: str) -> CategoryIds:
        """Raises Rejected, naming the code."""
        if code not in self.categories:
            raise Rejected(f"{self.source} has no category_id for the category {code}")
        return self.categories[code]

    def classification(self, name: str) -> int:
        """Raises Rejected, naming the classification."""
        if name not in self.classifications:
            raise Rejected(f"{self.source} has no id for the classification {name}")
        return self.classifications[name]

    def disposition(self, report: ReportToFile) -> int:
        """The agency's id: the one a petugas chose, else the category's own. Raises Rejected, naming the agency."""
        own = categories().get(report.category)
        if report.agency is not None and report.agency in self.agencies:
            return self.agencies[report.agency]
        if report.agency is None or (own is not None and report.agency == own.agency):
            return self.category(report.category).disposition_id
        raise Rejected(f"{self.source} has no disposition_id for the agency {report.agency} (section agencies)")

    def location(self, kecamatan: str | None, desa: str | None) -> int:
        """The desa's id, else the kecamatan's, else the regency's."""
        for code in (desa, kecamatan):
            if code and code in self.locations:
                return self.locations[code]
        return self.location_fallback


def load_ids(path: Path) -> LaporIds:
    """Read the file of ids; every category and classification must be in it. Raises BadIds.

    Sections: `categories` (code: {category_id, disposition_id}), `classifications` (name: id), `locations`
    (wilayah code: id), `location_fallback` (id); optional `agencies`, `statuses`, `channel`, `paths`.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadIds(f"the file of LAPOR! ids {path} cannot be read ({type(error).__name__})") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise BadIds(f"the file of LAPOR! ids {path} is not YAML at line {line}") from None
    if not isinstance(given, dict):
        raise BadIds(f"the file of LAPOR! ids {path} must have the sections categories, classifications, locations")
    missing: list[str] = []
    cats = _section(given, "categories", path)
    category_ids: dict[str, CategoryIds] = {}
    for code in dict.fromkeys((*categories(), *map(str, cats))):
        row = cats.get(code)
        ids = [_id(row, name, f"{name} for the category {code}", missing) for name in ("category_id", "disposition_id")]
        category_ids[code] = CategoryIds(*ids)
    named = _section(given, "classifications", path)
    classifications = {name: _id(named, name, f"id for the classification {name}", missing) for name in CLASSIFICATIONS}
    fallback = _id(given, "location_fallback", "location_fallback", missing)
    locations = _numbers(given, "locations", "id for the location", path, missing)
    agencies = _numbers(given, "agencies", "disposition_id for the agency", path, missing)
    if missing:
        raise BadIds(f"the file of LAPOR! ids {path} has no {', no '.join(missing)}")
    statuses = _section(given, "statuses", path)
    if not all(isinstance(number, int) for number in statuses):
        raise BadIds(f"the file of LAPOR! ids {path} must name statuses by number")
    channel = given.get("channel")
    return LaporIds(
        category_ids, classifications, locations, fallback, agencies,
        {number: str(name) for number, name in statuses.items()}, None if channel is None else str(channel),
        _paths(_section(given, "paths", path), path), str(path),
    )  # fmt: skip


def _section(given: Mapping[str, Any], name: str, path: Path) -> dict[Any, Any]:
    section = given.get(name) or {}
    if not isinstance(section, dict):
        raise BadIds(f"the section {name} of the file of LAPOR! ids {path} must map names to ids")
    return section


def _id(row: Any, name: str, shown: str, missing: list[str]) -> int:
    """The number, or 0 with a note of what is missing."""
    value = row.get(name) if isinstance(row, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    missing.append(shown)
    return 0


def _numbers(given: Mapping[str, Any], section: str, shown: str, path: Path, missing: list[str]) -> dict[str, int]:
    rows = _section(given, section, path)
    return {str(name): _id(rows, name, f"{shown} {name}", missing) for name in rows}


def _paths(given: Mapping[str, Any], path: Path) -> Paths:
    known = Paths.__dataclass_fields__
    for name, value in given.items():
        if name not in known or not str(value).startswith("/"):
            raise BadIds(f"paths in the file of LAPOR! ids {path} are {', '.join(known)}, each a /path; not {name}")
    return Paths(**{name: str(value) for name, value in given.items()})


# --- Words -------------------------------------------------------------------------------------------

# A NIK has 16 digits, however it is grouped; a phone begins with 08, 62 8 or +62 8, a landline with an area code.
# A number that follows a decimal point or comma is part of a coordinate or an amount, not the start of a phone.
_NIK: Final = re.compile(r"(?<!\d)\d(?:[ .-]?\d){15}(?!\d)")
_PHONE: Final = re.compile(
    r"(?<!\d)(?<!\d[.,])(?:\(?\+?62\)?[ .-]{0,2}|0)8\d(?:[ .-]{0,2}\d){6,10}(?!\d)"
    r"|(?<!\d)(?<!\d[.,])\(?(?:0|\+62[ .-]?)[2-79]\d{1,2}\)?[ .-]{0,2}\d{3,4}[ .-]?\d{2,5}(?!\d)"
)


def redact(words: str) -> str:
    """The same words without any NIK or phone number. Emergency numbers of three digits stay."""
    return _PHONE.sub("[nomor telepon dihapus]", _NIK.sub("[NIK dihapus]", words))


def title_of(report: ReportToFile) -> str:
    """The first words of the description, at most 100 characters, cut between words; never empty."""
    words = redact(" ".join(report.description.split()))
    if not words:
        own = categories().get(report.category)
        return f"Laporan warga: {own.label if own else report.category}"
    if len(words) <= MOST_TITLE:
        return words
    cut = words[: MOST_TITLE - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,.;:-") + "…"


def content_of(report: ReportToFile) -> str:
    """The complaint in full: the citizen's words, the place, the coordinates, our ticket. No NIK, no phone.

    The ticket is how a person finds a complaint again whose answer was lost: LAPOR! has no idempotency key.
    """
    lines = [redact(report.description.strip()), ""]
    if report.place_text.strip():
        lines.append(f"Lokasi: {redact(report.place_text.strip())}")
    if report.lat is not None and report.lon is not None:
        lines.append(f"Koordinat: {report.lat:.6f}, {report.lon:.6f}")
    return "\n".join([*lines, f"Tiket Kutim Siaga: {report.ticket}"])
