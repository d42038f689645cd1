"""A data contract as the suite uses it, read from an Open Data Contract Standard v3 file.

Source: https://bitol-io.github.io/open-data-contract-standard/. What the standard leaves to the user
stands in ``customProperties``:

=================  ========  =====================================================================
property           where     meaning
=================  ========  =====================================================================
object, field      both      the object (and field) of ``ownership.yml`` that the values state
recordVersion      contract  the property that orders the versions of a record; without it, the
                             delivery's own moment does
drift              contract  what a new, missing or renamed column does: keep or stop
notTaken           contract  columns that are known and left in landing, each with the reason
deleteCap          contract  the largest share of rows that one full delivery may remove
repeats            contract  ``taken_once``: records that stand in a delivery more than once and say the
                             same are one, and noted; else all but the first are refused
derived            property  made when the file is read, not a column of it
mayBeAbsent        property  the column may be missing as a whole
indexed            property  raw gets an index on it
=================  ========  =====================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from include.errors import Misconfigured

CONTRACTS = Path(__file__).parent


class Kind(StrEnum):
    """The logical types of the standard that contracts of ours use."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ARRAY = "array"
    OBJECT = "object"


SQL_TYPES = {
    Kind.STRING: "text",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "numeric(18,4)",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamptz",
    Kind.ARRAY: "jsonb",
    Kind.OBJECT: "jsonb",
}


class DriftAction(StrEnum):
    """What an unexpected column does to the delivery."""

    KEEP = "keep"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One column of a record.

    Attributes:
        name: the column in raw.
        source: the column or path in the delivery.
        sql_type: the PostgreSQL type in raw.
        key_position: place in the primary key, from 1; None if not part of it.
        allowed: the values of an enumeration; empty if any value may come.
        owned_object, owned_field: what of ``ownership.yml`` the value states.
        items: for arrays of objects, the properties of one element.
    """

    name: str
    source: str
    kind: Kind
    sql_type: str
    is_required: bool = False
    key_position: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    minimum: Decimal | int | None = None
    maximum: Decimal | int | None = None
    allowed: tuple[str, ...] = ()
    owned_object: str = ""
    owned_field: str | None = None
    is_derived: bool = False
    may_be_absent: bool = False
    is_indexed: bool = False
    items: tuple[Property, ...] = ()

    @property
    def precision_and_scale(self) -> tuple[int, int]:
        """Digits in all and behind the point of a number, from its SQL type."""
        found = re.fullmatch(r"numeric\((\d+),\s*(\d+)\)", self.sql_type)
        if found is None:
            raise Misconfigured(
                f"Property {self.name!r} is a number of type {self.sql_type!r}, not numeric(p,s)."
            )
        return int(found[1]), int(found[2])


@dataclass(frozen=True, slots=True)
class RecordRule:
    """A rule over several columns of one record, as a SQL expression that must not be false."""

    name: str
    description: str
    expression: str
    field: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What one entity of one system may contain.

    Attributes:
        version: semantic version; goes into every dead letter and delivery.
        record_version: the property that orders versions of a record, if records carry one.
        not_taken: columns that stay in landing, with the reason.
        delete_cap: the largest share of live rows that one full delivery may remove.
        takes_repeats_once: records of one delivery that say the same are one; else all but the first are refused.
    """

    system: str
    entity: str
    version: str
    owner: str
    properties: tuple[Property, ...]
    rules: tuple[RecordRule, ...] = ()
    owned_object: str = ""
    record_version: str | None = None
    new_column: DriftAction = DriftAction.KEEP
    not_taken: dict[str, str] = field(default_factory=dict)
    delete_cap: float = 0.05
    takes_repeats_once: bool = False

    @property
    def id(self) -> str:
        """``<system>.<entity>``."""
        return f"{self.system}.{self.entity}"

    @property
    def table(self) -> str:
        """The table in schema raw."""
        return f"{self.system}__{self.entity}"

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's properties, in order."""
        parts = [p for p in self.properties if p.key_position is not None]
        return tuple(p.name for p in sorted(parts, key=lambda p: p.key_position or 0))


@cache
def contract(system: str, entity: str) -> Contract:
    """The contract of an entity of a system.

    Raises:
        Misconfigured: there is none, or it contradicts itself.
    """
    path = CONTRACTS / system / f"{entity}.yml"
    if not path.is_file():
        raise Misconfigured(f"There is no contract {path.relative_to(CONTRACTS.parent.parent)}.")
    try:
        return parsed(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        shown = path.relative_to(CONTRACTS.parent.parent)
        raise Misconfigured(f"The contract {shown} cannot be used: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    """What is wrong with the file, on one line; a key that is missing by its name."""
    text = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
    return " ".join(text.split())


def contract_ids() -> list[tuple[str, str]]:
    """(system, entity) of every contract, sorted."""
    return sorted((path.parent.name, path.stem) for path in CONTRACTS.glob("*/*.yml"))


def parsed(document: dict[str, Any]) -> Contract:
    """A contract from the YAML document of the standard.

    Raises:
        Misconfigured: it has no schema, no key, or a rule that names an unknown property.
    """
    system, entity = document["id"].split(".")
    custom = _custom(document)
    schema = document["schema"][0]
    owned_object = custom.get("object", "")
    made = Contract(
        system=system,
        entity=entity,
        version=str(document["version"]),
        owner=_owner(document),
        properties=tuple(_property(p, owned_object) for p in schema["properties"]),
        rules=tuple(map(_rule, schema.get("quality", ()))),
        owned_object=owned_object,
        record_version=custom.get("recordVersion"),
        new_column=DriftAction(custom.get("drift", {}).get("newColumn", "keep")),
        not_taken=custom.get("notTaken", {}),
        delete_cap=float(custom.get("deleteCap", 0.05)),
        takes_repeats_once=_takes_repeats_once(custom),
    )
    _check(made)
    return made


def _takes_repeats_once(custom: dict[str, Any]) -> bool:
    policy = custom.get("repeats", "refused")
    if policy not in ("refused", "taken_once"):
        raise ValueError(f"repeats is {policy!r}, and may be refused or taken_once")
    return policy == "taken_once"


def _custom(part: dict[str, Any]) -> dict[str, Any]:
    return {entry["property"]: entry["value"] for entry in part.get("customProperties", ())}


def _owner(document: dict[str, Any]) -> str:
    members = document.get("team", {}).get("members", ())
    return next((m["username"] for m in members if m.get("role") == "owner"), "")


def _limit(options: dict[str, Any], name: str) -> Decimal | int | None:
    """A limit as it is written: 0.001 is no binary fraction."""
    limit = options.get(name)
    return limit if limit is None or isinstance(limit, int) else Decimal(str(limit))


def _property(document: dict[str, Any], owned_object: str) -> Property:
    custom = _custom(document)
    options = document.get("logicalTypeOptions", {})
    kind = Kind(document["logicalType"])
    owner = custom.get("object", owned_object)
    return Property(
        name=document["name"],
        source=document.get("physicalName", document["name"]),
        kind=kind,
        sql_type=document.get("physicalType", SQL_TYPES[kind]),
        is_required=bool(document.get("required")),
        key_position=document.get("primaryKeyPosition") if document.get("primaryKey") else None,
        min_length=options.get("minLength"),
        max_length=options.get("maxLength"),
        pattern=options.get("pattern"),
        minimum=_limit(options, "minimum"),
        maximum=_limit(options, "maximum"),
        allowed=tuple(str(value["value"]) for value in document.get("enum", ())),
        owned_object=owner,
        owned_field=custom.get("field"),
        is_derived=bool(custom.get("derived")),
        may_be_absent=bool(custom.get("mayBeAbsent")),
        is_indexed=bool(custom.get("indexed")),
        items=tuple(_property(p, owner) for p in document.get("items", {}).get("properties", ())),
    )


def _rule(document: dict[str, Any]) -> RecordRule:
    return RecordRule(
        name=document["name"],
        description=document.get("description", document["name"]),
        expression=document["implementation"],
        field=_custom(document).get("field"),
    )


def _check(made: Contract) -> None:
    names = [p.name for p in made.properties]
    if not made.key:
        raise Misconfigured(f"Contract {made.id} names no primary key.")
    if not made.owner:
        raise Misconfigured(f"Contract {made.id} names no owner in team.members.")
    if len(set(names)) < len(names):
        raise Misconfigured(f"Contract {made.id} names a property twice.")
    if made.record_version is not None and made.record_version not in names:
        raise Misconfigured(f"Contract {made.id}: recordVersion {made.record_version!r} is not a property.")
    unknown = [rule.name for rule in made.rules if rule.field is not None and rule.field not in names]
    if unknown:
        raise Misconfigured(f"Contract {made.id}: rule {unknown[0]!r} names an unknown field.")
