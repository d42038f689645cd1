"""Partner profiles: how one partner of a file or EDI system sends what it sends.

One YAML file each, ``<system>/partners/<account>.yml``; see CONTRIBUTING for every key. A system
without profiles has the one partner that its connection leads to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from include.contracts.conventions import Conventions
from include.errors import Misconfigured
from include.formats.delimited import Dialect

SYSTEMS = Path(__file__).parent
ACKNOWLEDGEMENTS = "acknowledgements"
"""What stands for them among the patterns of a pickup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """Where a partner puts its files, and when one is complete.

    Attributes:
        folder: on the server, seen from the login's root.
        files: glob pattern of the names to take; or one for each entity, where a partner puts several things there.
            Acknowledgements are looked for only where they have a pattern of their own.
        stable_seconds: a file is complete when two looks, this far apart, see the same size and time.
        marker: name of an empty file that says that its folder is complete; then looks do not matter.
        archive: folder to which a file is moved when it is safe with us; None leaves it where it is.
        moment_pattern, moment_format: a regular expression whose first group is the moment of which the
            file speaks, and its strptime format (in UTC); without them the file's own time counts.
    """

    folder: str
    files: str | dict[str, str] = "*"
    stable_seconds: float = 30
    marker: str | None = None
    archive: str | None = None
    moment_pattern: str | None = None
    moment_format: str | None = None

    def pattern_of(self, entity: str) -> str | None:
        """The names to take for an entity; None where the partner sends nothing of it."""
        if isinstance(self.files, str):
            return None if entity == ACKNOWLEDGEMENTS else self.files
        return self.files.get(entity)

    def moment(self, name: str, modified_at: datetime) -> datetime:
        """The moment of which a file speaks."""
        if self.moment_pattern is None or self.moment_format is None:
            return modified_at
        found = re.search(self.moment_pattern, name)
        if found is None:
            return modified_at
        return datetime.strptime(found[1], self.moment_format).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """The profile of one partner.

    Attributes:
        account: its name here; part of every key of its records.
        pickups: other places, by what lies there, where it puts things apart.
        is_full: each of its deliveries lists everything it has.
        rename: its column names to ours.
        constants: columns that it does not send and that are always the same.
        fill_down: columns left empty where they repeat the row above.
        settings: the whole profile, for what only one system needs.
        digest: changes whenever the profile does.
    """

    account: str
    pickup: Pickup | None = None
    pickups: dict[str, Pickup] = field(default_factory=dict)
    dialect: Dialect = Dialect()  # noqa: RUF009 - frozen
    conventions: Conventions = Conventions()  # noqa: RUF009 - frozen
    is_full: bool = False
    rename: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    fill_down: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    digest: str = ""

    def file_names(self, usual: Mapping[str, str]) -> dict[str, str]:
        """The name of each entity's file: the usual one, unless the profile has another under ``file_names``."""
        return {**usual, **self.settings.get("file_names", {})}


def partners(system: str) -> list[Partner]:
    """Every partner of a system that has profiles, by account."""
    return [partner(system, path.stem) for path in sorted(_folder(system).glob("*.yml"))]


@cache
def partner(system: str, account: str) -> Partner:
    """The profile of a partner; a bare one where the system has no profiles at all.

    Raises:
        Misconfigured: the system has profiles, but none of this partner, or it says something impossible.
    """
    if not _folder(system).is_dir():
        return Partner(account=account)
    path = _folder(system) / f"{account}.yml"
    if (
        path.parent != _folder(system) or not path.is_file()
    ):  # an account is a name, never a way to another folder
        known = ", ".join(sorted(p.stem for p in _folder(system).glob("*.yml")))
        raise Misconfigured(
            f"{system} has no partner {account!r}. It has: {known}. A new one is a new file {path.name}."
        )
    text = path.read_text(encoding="utf-8")
    try:
        return _parsed(account, yaml.safe_load(text), hashlib.sha256(text.encode()).hexdigest()[:12])
    except (yaml.YAMLError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise Misconfigured(
            f"Partner profile {system}/partners/{path.name} cannot be used: {' '.join(str(error).split())}."
        ) from error


def _folder(system: str) -> Path:
    return SYSTEMS / system / "partners"


def _parsed(account: str, document: dict[str, Any], digest: str) -> Partner:
    return Partner(
        account=account,
        pickup=Pickup(**document["pickup"]) if "pickup" in document else None,
        pickups={name: Pickup(**place) for name, place in document.get("pickups", {}).items()},
        dialect=Dialect(**_tuples(document.get("dialect", {}))),
        conventions=Conventions(**_tuples(document.get("conventions", {}))),
        is_full=bool(document.get("is_full", False)),
        rename=document.get("rename", {}),
        constants={key: str(value) for key, value in document.get("constants", {}).items()},
        fill_down=tuple(document.get("fill_down", ())),
        settings=document,
        digest=digest,
    )


def _tuples(document: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}
