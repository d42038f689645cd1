"""Who owns which fact: ``ownership.yml`` as the suite asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from include.contracts.contract import Property
from include.errors import Misconfigured

FILE = Path(__file__).parent / "ownership.yml"


class Right(StrEnum):
    """What a system may do to an object, strongest first."""

    UPDATE = "update"
    CREATE = "create"
    CORRECT = "correct"
    ASK = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Who may do what to an object, or to a field of it."""

    system_of_record: str
    create: tuple[str, ...]
    update: tuple[str, ...]
    ask: tuple[str, ...]
    correct: tuple[str, ...]
    consume: tuple[str, ...]

    def right_of(self, system: str) -> Right | None:
        """The strongest right that a system has; None if it has none."""
        return next((right for right in Right if system in getattr(self, right)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedObject:
    """One of the objects that systems disagree about."""

    name: str
    description: str
    identifiers: tuple[str, ...]
    ownership: Ownership
    fallback: str
    owner: str
    fields: dict[str, Ownership] = field(default_factory=dict)

    def ownership_of(self, field_name: str | None) -> Ownership:
        """Who owns a field; the object's own ownership where the field has none of its own."""
        return self.fields.get(field_name or "", self.ownership)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who can be asked."""

    key: str
    name: str
    contact: str


@cache
def objects() -> dict[str, OwnedObject]:
    """Every object of ``ownership.yml`` by its name."""
    return {name: _object(name, document) for name, document in _document()["objects"].items()}


@cache
def owners() -> dict[str, Owner]:
    """Everybody who owns a flow, a contract or an object."""
    return {key: Owner(key, entry["name"], entry["contact"]) for key, entry in _document()["owners"].items()}


@cache
def systems() -> dict[str, str]:
    """The systems and channels by their name in flows: what they are called by people."""
    return {key: entry["name"] for key, entry in _document()["systems"].items()}


def owned_object(name: str) -> OwnedObject:
    """An object by its name.

    Raises:
        Misconfigured: there is none; the message lists those that exist.
    """
    try:
        return objects()[name]
    except KeyError:
        raise Misconfigured(
            f"ownership.yml has no object {name!r}. It has: {', '.join(objects())}."
        ) from None


def why_not(system: str, prop: Property) -> str | None:
    """Why a system may not state a property: a sentence naming who may. None if it may."""
    owned = owned_object(prop.owned_object)
    ownership = owned.ownership_of(prop.owned_field)
    if ownership.right_of(system) is not None:
        return None
    what = f"{owned.name}.{prop.owned_field}" if prop.owned_field else owned.name
    return (
        f"{system} may not state {prop.source!r}: it belongs to {what}, whose system of record is "
        f"{ownership.system_of_record}. Have it corrected in {' or '.join(ownership.correct) or 'no system'}, or "
        "give the right in ownership.yml."
    )


@cache
def _document() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def _object(name: str, document: dict[str, Any]) -> OwnedObject:
    return OwnedObject(
        name=name,
        description=document["description"],
        identifiers=tuple(document["identifiers"]),
        ownership=_ownership(document),
        fallback=document["fallback"],
        owner=document["owner"],
        fields={key: _ownership(entry) for key, entry in document.get("fields", {}).items()},
    )


def _ownership(document: dict[str, Any]) -> Ownership:
    lists = {role: tuple(document[role]) for role in ("create", "update", "ask", "correct", "consume")}
    return Ownership(system_of_record=document["system_of_record"], **lists)
