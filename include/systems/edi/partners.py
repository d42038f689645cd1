"""What was agreed with an EDI partner: the section ``edi`` of its profile.

Every key is described at its attribute. An unknown key, a rule or column that does not exist, a time zone that nobody
knows: each stops the reading of the profile with the file and the key, before any data is touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from include.errors import Misconfigured
from include.formats import edifact, x12

_ENCODINGS = frozenset({"ascii", "latin-1", "cp1252", "utf-8"})


_CONTROL_NAME = "CONTRL_{partner}_{control_number:09}.edi"


class Standard(StrEnum):
    """In which language a partner writes."""

    X12 = "x12"
    EDIFACT = "edifact"


class AcknowledgementKind(StrEnum):
    """How a partner wants to hear that a functional group, or an interchange of EDIFACT, arrived."""

    FUNCTIONAL = "997"
    IMPLEMENTATION = "999"
    CONTROL = "CONTRL"
    NONE = "none"


_KINDS_OF = {
    Standard.X12: {AcknowledgementKind.FUNCTIONAL, AcknowledgementKind.IMPLEMENTATION},
    Standard.EDIFACT: {AcknowledgementKind.CONTROL},
}


class InterchangeAcknowledgement(StrEnum):
    """When a partner gets a TA1: as ISA14 asks, that and whenever the interchange is rejected, or never."""

    AS_REQUESTED = "as_requested"
    ALSO_WHEN_REJECTED = "also_when_rejected"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One side of the exchange: qualifier and identifier of ISA or UNB, and the application's code of GS."""

    identifier: str
    qualifier: str = ""
    application: str = ""

    @property
    def party(self) -> x12.Party:
        """As ISA names it."""
        return x12.Party(self.qualifier, self.identifier)

    @property
    def edifact_party(self) -> edifact.Party:
        """As UNB names it."""
        return edifact.Party(self.identifier, self.qualifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What the partner expects back.

    Attributes:
        kind: 997 or 999 for each functional group, CONTRL for each interchange of EDIFACT, or none.
        interchange: when a TA1 is sent.
        deadline: how long after it was sent an interchange must be answered, by us and by the partner.
        is_sent: whether the partner answers what we send; else nobody waits for it.
        gap_patience: how long a number may be missing before it is asked for.
        control_version, version: ISA12 and GS08 of the answer.
        syntax: element S001 of an answer in EDIFACT, as ``UNOC:3``.
        file_name: of the answer, with ``{partner}``, ``{control_number}`` (of our interchange, a number) and
            ``{prepared_at}`` (a datetime, as ``{prepared_at:%Y%m%d%H%M}``).
        folder: on the partner's server, where answers are put.
    """

    kind: AcknowledgementKind = AcknowledgementKind.FUNCTIONAL
    interchange: InterchangeAcknowledgement = InterchangeAcknowledgement.AS_REQUESTED
    deadline: timedelta = timedelta(hours=24)
    is_sent: bool = True
    gap_patience: timedelta = timedelta(hours=1)
    control_version: str = "00401"
    version: str = "004010"
    syntax: str = "UNOC:3"
    file_name: str = "997_{partner}_{control_number:09}.edi"
    folder: str = "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where our documents to the partner go.

    Attributes:
        folder: on the partner's server.
        file_name: with ``{partner}``, ``{kind}`` (as ``850``), ``{control_number}`` (of the interchange, a number) and
            ``{prepared_at}`` (a datetime).
    """

    folder: str
    file_name: str = "{kind}_{partner}_{control_number:09}.edi"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerProfile:
    """One partner.

    Attributes:
        name: that of the profile's file.
        description, owner: who it is, and who of us answers for the exchange.
        standard: ``x12`` or ``edifact``.
        partner, us: how ISA and GS, or UNB, name both sides.
        sets: transaction sets that it sends, each with the values of GS08 that it uses for them; messages of EDIFACT,
            each with the directories that it uses, as ``D96A``.
        writes: the documents that we send it, each with GS08, or the type of the message as ``D:96A:UN:EAN008``.
        mailbox: where those go.
        encoding: of its text; of EDIFACT only where it is another than UNB says.
        separators: what we write with when we write to it.
        tolerates: rules of the reader whose findings are reported but refuse nothing.
        time_zone: IANA name of the zone of times without a time code.
        item_numbers: item number qualifiers (element 235) and the column of each.
        own_item_number: the column of those that holds our own article number; it becomes ``sku``.
        quantities: quantity qualifiers (element 673) and the column of each.
        locations: entity identifiers (element 98) whose identifier (N104) is the location.
        references: reference qualifiers (element 128) and the column of each.
        as_of: date/time qualifiers (element 374) that say of which moment the quantities speak.
        tables: further tables of qualifiers and their columns, by the names that mappings give them; an empty column
            takes a code out of the mapping's own table.
        units: its units of measure (element 355) and ours; a unit that is not listed refuses the record. All are taken
            as they are where nothing is listed.
        defaults: columns and the value that they have where the document says none.
        overrides: lines of the mapping that are this partner's own, as ``{record: {LIN: {…}}}``.
        acknowledgement: what goes back.
    """

    name: str
    description: str
    owner: str
    partner: Identity
    us: Identity
    sets: Mapping[str, frozenset[str]]
    standard: Standard = Standard.X12
    writes: Mapping[str, str] = field(default_factory=dict)
    mailbox: Mailbox | None = None
    encoding: str = "ascii"
    separators: x12.Separators | edifact.Separators = field(default_factory=x12.Separators)
    tolerates: frozenset[str] = frozenset()
    time_zone: str = "UTC"
    item_numbers: Mapping[str, str] = field(default_factory=dict)
    own_item_number: str | None = None
    quantities: Mapping[str, str] = field(default_factory=dict)
    locations: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    as_of: tuple[str, ...] = ()
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    acknowledgement: Acknowledgement = Acknowledgement()

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times without a time code."""
        return ZoneInfo(self.time_zone)

    def tables_by_name(self) -> dict[str, Mapping[str, str]]:
        """Everything that it says of qualifiers, by the name of the table in a mapping."""
        own = {
            "item_numbers": self.item_numbers,
            "quantities": self.quantities,
            "references": self.references,
        }
        own |= {
            "parties": dict.fromkeys(self.locations, "location"),
            "dates": dict.fromkeys(self.as_of, "as_of_at"),
        }
        names = {*own, *self.tables}
        return {name: {**own.get(name, {}), **self.tables.get(name, {})} for name in names}

    def reading(self) -> x12.Reading:
        """How interchanges from this partner are read."""
        return x12.Reading(
            encoding=self.encoding,
            tolerated=self.tolerates,
            sets=frozenset(self.sets),
            releases=frozenset().union(*self.sets.values()),
            sender=self.partner.party,
            receiver=self.us.party,
        )

    def edifact_reading(self) -> edifact.Reading:
        """How interchanges from this partner are read, if it writes EDIFACT."""
        return edifact.Reading(
            encoding=self.encoding or None,
            tolerated=self.tolerates,
            messages=frozenset(self.sets),
            sender=self.partner.edifact_party,
            recipient=self.us.edifact_party,
        )

    def mapping(self, facts: Mapping[str, Any]) -> x12.RecordMapping:
        """The mapping ``facts`` with this partner's codes and overrides.

        Raises:
            Misconfigured: the profile names a column or table that the mapping does not have.
        """
        tables = {
            "item_numbers": self.item_numbers,
            "quantities": self.quantities,
            "locations": dict.fromkeys(self.locations, "location"),
            "references": self.references,
            "moments": dict.fromkeys(self.as_of, "as_of_at"),
        }
        try:
            return x12.record_mapping(
                _overridden(facts, self.overrides),
                tables,
                time_zone=self.time_zone,
                defaults=self.defaults,
                translations={"unit": self.units} if self.units else None,
                copies={"sku": self.own_item_number} if self.own_item_number else None,
            )
        except x12.InvalidMapping as error:
            raise Misconfigured(f"The profile of EDI partner {self.name} cannot be used: {error}") from error

    def document_name(self, kind: str, control_number: int, prepared_at: datetime) -> str:
        """The file name of documents of a kind in our interchange of this number."""
        assert self.mailbox is not None
        return self.mailbox.file_name.format(
            partner=self.name, kind=kind, control_number=control_number, prepared_at=prepared_at
        )

    def unit_of(self, unit_code: str) -> str:
        """How the partner writes a unit of ours: the first of its codes that means it."""
        return next((theirs for theirs, ours in self.units.items() if ours == unit_code), unit_code)

    def answer_name(self, control_number: int, prepared_at: datetime) -> str:
        """The file name of the acknowledgement in our interchange of this number."""
        return self.acknowledgement.file_name.format(
            partner=self.name, control_number=control_number, prepared_at=prepared_at
        )


def _overridden(facts: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: {**value, **overrides[key]}
        if isinstance(value, dict) and key in overrides
        else overrides.get(key, value)
        for key, value in facts.items()
    }


def load_partner(path: Path) -> PartnerProfile:
    """The profile in a YAML file; its name is the file's.

    Raises:
        Misconfigured: the file is missing, is no YAML, or says something impossible.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Misconfigured(f"The profile of an EDI partner cannot be read from {path}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("edi"), dict):
        raise Misconfigured(
            f"{path}: the section edi is missing, which says how the partner exchanges interchanges."
        )
    return partner_profile(path.stem, document["edi"], str(path))


def partner_profile(name: str, facts: Mapping[str, Any], source: str) -> PartnerProfile:
    """The profile that ``facts`` (the section ``edi``) state; ``source`` names them in errors.

    Raises:
        Misconfigured: a key is missing or unknown, or a value is impossible.
    """
    try:
        standard = Standard(facts.get("standard", Standard.X12))
        values = {key: _value(key, value, standard) for key, value in facts.items()}
        profile = PartnerProfile(name=name, **{**_defaults(standard), **values})
        complaints = _complaints(profile)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise Misconfigured(f"{source}: {_reason(error)}") from error
    if complaints:
        raise Misconfigured(f"{source}: {'; '.join(complaints)}")
    return profile


def _defaults(standard: Standard) -> dict[str, Any]:
    if standard is Standard.X12:
        return {}
    answer = Acknowledgement(kind=AcknowledgementKind.CONTROL, file_name=_CONTROL_NAME)
    return {"encoding": "", "separators": edifact.Separators(), "acknowledgement": answer}


def _value(key: str, value: Any, standard: Standard) -> Any:
    match key:
        case "standard":
            return standard
        case "partner" | "us":
            return Identity(**value)
        case "sets":
            return {str(set_id): frozenset(map(str, versions)) for set_id, versions in value.items()}
        case "separators":
            kind = x12.Separators if standard is Standard.X12 else edifact.Separators
            return kind(**{n: t.encode("latin-1") if isinstance(t, str) else t for n, t in value.items()})
        case "tolerates":
            return frozenset(value)
        case "locations" | "as_of":
            return tuple(map(str, value))
        case "item_numbers" | "quantities" | "references" | "units" | "defaults" | "writes":
            return {str(code): str(column) for code, column in value.items()}
        case "tables":
            return {
                name: {str(code): column for code, column in table.items()} for name, table in value.items()
            }
        case "mailbox":
            return Mailbox(**value)
        case "acknowledgement":
            return _acknowledgement(value, standard)
        case _:
            return value


def _acknowledgement(facts: Mapping[str, Any], standard: Standard) -> Acknowledgement:
    values = dict(facts)
    if standard is Standard.EDIFACT:
        values = {"kind": AcknowledgementKind.CONTROL, "file_name": _CONTROL_NAME, **values}
    if "kind" in values:
        values["kind"] = AcknowledgementKind(str(values["kind"]))
    if "interchange" in values:
        values["interchange"] = InterchangeAcknowledgement(values["interchange"])
    for name, key in (("deadline", "deadline_hours"), ("gap_patience", "gap_patience_hours")):
        if key in values:
            values[name] = timedelta(hours=values.pop(key))
    return Acknowledgement(**values)


def _complaints(profile: PartnerProfile) -> list[str]:
    return [complaint for check in (_on_reading, _on_writing) for complaint in check(profile)]


def _on_reading(profile: PartnerProfile) -> list[str]:
    complaints = []
    if profile.encoding not in _ENCODINGS and (profile.encoding or profile.standard is Standard.X12):
        complaints.append(
            f"encoding is {profile.encoding!r}, it must be one of {', '.join(sorted(_ENCODINGS))}"
        )
    rules = x12.RULES if profile.standard is Standard.X12 else edifact.RULES
    if unknown := profile.tolerates - rules.keys():
        complaints.append(f"tolerates names rules that do not exist: {', '.join(sorted(unknown))}")
    if not _is_zone(profile.time_zone):
        complaints.append(f"time_zone is {profile.time_zone!r}, which is no IANA time zone")
    if profile.own_item_number and profile.own_item_number not in profile.item_numbers.values():
        complaints.append(
            f"own_item_number is {profile.own_item_number!r}, which no code of item_numbers leads to"
        )
    return complaints


def _on_writing(profile: PartnerProfile) -> list[str]:
    marks = profile.separators
    optional = [marks.release] if isinstance(marks, edifact.Separators) else []
    needed = [
        marks.element,
        marks.component,
        marks.segment,
        *(mark for mark in (marks.repetition, *optional) if mark),
    ]
    complaints = []
    if any(len(mark) != 1 or mark.isalnum() or mark in b" .-" for mark in needed) or len(set(needed)) < len(
        needed
    ):
        complaints.append(
            "separators must be single characters, all different, and nothing that stands in words or numbers"
        )
    if profile.mailbox is not None and "/" in profile.document_name("850", 1, datetime(2000, 1, 1)):
        complaints.append("mailbox.file_name is a name, without a folder")
    answer = profile.acknowledgement
    if "/" in profile.answer_name(1, datetime(2000, 1, 1)):
        complaints.append("acknowledgement.file_name is a name, without a folder")
    if answer.kind not in {*_KINDS_OF[profile.standard], AcknowledgementKind.NONE}:
        complaints.append(f"acknowledgement.kind {answer.kind} is none of {profile.standard}")
    for side, identity in (("partner", profile.partner), ("us", profile.us)):
        complaints += [f"{side}: {complaint}" for complaint in _on_identity(identity, profile.standard)]
    return complaints


def _on_identity(identity: Identity, standard: Standard) -> list[str]:
    lengths = len(identity.qualifier), len(identity.identifier), len(identity.application)
    if standard is Standard.EDIFACT:
        is_right = lengths[0] <= 4 and 1 <= lengths[1] <= 35
        return [] if is_right else ["qualifier and identifier have up to 4 and 1 to 35 characters"]
    if lengths[0] != 2 or not 1 <= lengths[1] <= 15 or not 2 <= lengths[2] <= 15:
        return ["qualifier, identifier and application have 2, 1 to 15 and 2 to 15 characters"]
    return []


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError):
        return False
    return True


def _reason(error: Exception) -> str:
    """What a constructor says, without the class that says it."""
    text = re.sub(r"^\w*\.?__init__\(\) ", "", str(error))
    return text.replace("got an unexpected keyword argument", "there is no key").replace(
        "keyword-only argument", "key"
    )
