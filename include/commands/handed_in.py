"""Files that a person hands in, as a delivery of a flow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from include.commands.parse import blocks
from include.delivery import Arrival, ArrivingFile, LandedDelivery, LandedFile
from include.errors import NotPossible
from include.flow import PullFlow, flow, flows
from include.systems.partners import Partner, partner, partners


def pull_flow(dag_id: str) -> PullFlow:
    """The pull flow of an id.

    Raises:
        NotPossible: it is no flow, or not one that brings deliveries.
    """
    found = flow(dag_id)
    if not isinstance(found, PullFlow):
        known = ", ".join(f.dag_id for f in flows().values() if isinstance(f, PullFlow))
        raise NotPossible(f"{dag_id} brings no deliveries. These flows do: {known}.")
    return found


def profile_of(found: PullFlow, account: str | None, files: Sequence[Path]) -> Partner:
    """The partner who sent the files: the one named, the only one, or the one whose file names they have.

    Raises:
        NotPossible: it cannot be told.
    """
    known = partners(found.system)
    if not known:
        return partner(found.system, account or found.system)
    if account is not None:
        named = [one for one in known if one.account == account]
        if not named:
            raise NotPossible(
                f"{found.dag_id} has no partner {account!r}. It has: {', '.join(one.account for one in known)}."
            )
        return named[0]
    if len(known) == 1:
        return known[0]
    fitting = [one for one in known if one.pickup and all(path.match(one.pickup.files) for path in files)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(one.account for one in known)
    raise NotPossible(f"{found.dag_id} has several partners ({names}): say who sent it with --account.")


def arrival(found: PullFlow, profile: Partner, files: Sequence[Path]) -> Arrival:
    """The files as one arrival; each file's entity is told by its name where the flow has several.

    Raises:
        NotPossible: a file is missing, or its entity cannot be told.
    """
    for path in files:
        _check_that_it_can_be_read(path)
    entities = _entities(found, profile, files)
    modified = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files]
    moments = [
        profile.pickup.moment(path.name, at) if profile.pickup else at
        for path, at in zip(files, modified, strict=True)
    ]
    full = tuple(found.entities) if profile.is_full else tuple(profile.settings.get("full_entities", ()))
    return Arrival(
        account=profile.account,
        kind=_kind(found),
        name=", ".join(path.name for path in files),
        as_of=max(moments),
        full_entities=full,
        files=[
            ArrivingFile(
                entity=entity,
                name=path.name,
                size_bytes=path.stat().st_size,
                modified_at=at,
                blocks=partial(blocks, path),
            )
            for path, entity, at in zip(files, entities, modified, strict=True)
        ],
    )


def landed(found: PullFlow, given: Arrival) -> LandedDelivery:
    """The arrival as the reader gets it, without landing anything."""
    return LandedDelivery(
        delivery_id=0,
        flow=found.dag_id,
        source_system=found.system,
        account=given.account,
        kind=given.kind,
        name=given.name,
        as_of=given.as_of,
        full_entities=given.full_entities,
        files=tuple(
            LandedFile(entity=file.entity, name=file.name, sha256=_sha256(file.blocks()), blocks=file.blocks)
            for file in given.files
        ),
    )


def deliveries(found: PullFlow, profile: Partner, files: Sequence[Path]) -> Iterator[Arrival]:
    """The files as arrivals: together where the flow's deliveries are sets, else one by one."""
    if len(found.entities) > 1:
        yield arrival(found, profile, files)
    else:
        for path in files:
            yield arrival(found, profile, [path])


def _check_that_it_can_be_read(path: Path) -> None:
    if not path.exists():
        raise NotPossible(f"There is no file {path}.")
    if not path.is_file():
        raise NotPossible(f"{path} is a folder, a pipe or a device; only files can be handed in.")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise NotPossible(f"{path} cannot be read: {error.strerror}.") from None


def _kind(found: PullFlow) -> str:
    if found.exchange is not None:
        return "interchange"
    return "file_set" if len(found.entities) > 1 else "file"


def _entities(found: PullFlow, profile: Partner, files: Sequence[Path]) -> list[str]:
    if len(found.entities) == 1:
        return [found.entities[0]] * len(files)
    names = profile.file_names(found.file_names)
    if not names:
        return [_named_entity(found, path) for path in files]
    by_name = {name: entity for entity, name in names.items()}
    unknown = [path.name for path in files if path.name not in by_name]
    if unknown:
        raise NotPossible(
            f"{found.dag_id} cannot tell what {unknown[0]!r} holds. Its files are named {', '.join(sorted(by_name))}."
        )
    missing = sorted(by_name.keys() - {path.name for path in files})
    if missing:
        raise NotPossible(
            f"A delivery of {found.dag_id} is whole or not at all; missing: {', '.join(missing)}."
        )
    return [by_name[path.name] for path in files]


def _named_entity(found: PullFlow, path: Path) -> str:
    """The entity of a page that was kept, as of ``products.json`` or ``products-2.json``."""
    for entity in found.entities:
        if path.name.startswith((f"{entity}.", f"{entity}-", f"{entity}_")):
            return entity
    raise NotPossible(
        f"{found.dag_id} gets its records page by page and cannot tell what {path.name!r} holds. Let the file's "
        f"name begin with one of: {', '.join(found.entities)}, as {found.entities[0]}.json."
    )


def _sha256(parts: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
