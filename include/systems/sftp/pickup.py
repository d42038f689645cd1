"""What lies ready at a partner's pickup: files one by one, or sets of files in a folder each.

A file is ready when two looks saw the same size and time, or when a marker says so. What is safe with
us already is only archived. What vanishes or changes between the look and the opening is left for the
next time. What can never be taken is an arrival too, whose files raise ``DeliveryRefused``: so it is
put on record, with its evidence, and stands in nobody's way. The evidence is the same as long as the
server shows the same, so that it can be recorded once.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial

from include.delivery import Arrival, ArrivingFile, Endpoint, Memory
from include.errors import DeliveryRefused, Misconfigured, Stop
from include.systems.partners import Partner, Pickup, partners
from include.systems.sftp.client import Client, Entry, OpenFile, connected, safe

AHEAD = timedelta(days=2)
"""A file may speak of a moment this far ahead of us: zones and clocks differ."""


Source = Callable[[Endpoint, Memory, datetime], Iterator[Arrival]]
"""What is there now: from where, knowing what, at which moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one partner's pickup.

    Attributes:
        now: when it began.
    """

    server: Client
    partner: Partner
    memory: Memory
    now: datetime

    @property
    def pickup(self) -> Pickup:
        """Where the partner puts its files.

        Raises:
            Misconfigured: its profile does not say.
        """
        if self.partner.pickup is None:
            raise Misconfigured(f"The profile of partner {self.partner.account!r} has no `pickup`.")
        return self.partner.pickup

    def listing(self, folder: str) -> list[Entry]:
        """What is in a folder of the partner.

        Raises:
            Misconfigured: there is no such folder.
        """
        try:
            return self.server.listing(folder)
        except FileNotFoundError:
            raise Misconfigured(
                f"The folder {folder} of partner {self.partner.account!r} is not on the server: mend "
                "`pickup.folder` in its profile, or have the folder made."
            ) from None

    def moment(self, name: str, modified_at: datetime) -> datetime:
        """The moment of which a file or set speaks.

        Raises:
            DeliveryRefused: its name says no moment, or one in the future, behind which every later
                delivery would seem old.
        """
        try:
            moment = self.pickup.moment(name, modified_at)
        except ValueError:
            message = f"{name} names a moment that does not exist. Ask for it under a proper name."
            raise DeliveryRefused(message, rule="impossible_moment", name=name) from None
        if moment > self.now + AHEAD:
            message = (
                f"{name} speaks of {moment:%Y-%m-%d %H:%M} UTC, which is yet to come. Ask for a proper name."
            )
            raise DeliveryRefused(message, rule="future_moment", name=name)
        return moment

    def is_stable(self, name: str, entry: Entry) -> bool:
        """An earlier look saw the same."""
        return self.memory.is_stable(
            self.partner.account, name, entry.size_bytes, entry.modified_at, self.pickup.stable_seconds
        )

    def is_landed(self, name: str, entry: Entry) -> bool:
        """It is safe with us."""
        return self.memory.is_landed(self.partner.account, name, entry.size_bytes, entry.modified_at)

    def refused(self, name: str, kind: str, moment: datetime, reason: DeliveryRefused) -> Arrival:
        """An arrival that can only be put on record."""
        return Arrival(
            account=self.partner.account, kind=kind, name=name, as_of=moment, files=_raising(reason)
        )


def arrivals(
    endpoint: Endpoint,
    senders: Iterable[Partner],
    memory: Memory,
    now: datetime,
    look: Callable[[Look], Iterator[Arrival]],
) -> Iterator[Arrival]:
    """What lies ready at the pickups of all partners, in one session.

    One partner's trouble does not keep the others waiting: it is raised after them.

    Raises:
        RetryLater, Stop: see ``client.connected``.
    """
    trouble: list[Stop] = []
    with connected(endpoint) as server:
        for partner in senders:
            try:
                yield from look(Look(server=server, partner=partner, memory=memory, now=now))
            except Stop as error:
                trouble.append(error)
    if trouble:
        raise trouble[0]


def source_of_files(system: str, entity: str) -> Source:
    """The source of a flow whose partners put files that are a delivery each; see ``arrivals``."""
    return _source(system, partial(files, entity=entity))


def source_of_sets(system: str, names: Mapping[str, str], place: str | None = None) -> Source:
    """The source of a flow whose partners put sets of files, all or nothing; see ``arrivals``.

    Args:
        names: the usual file name by entity.
        place: which of a partner's ``pickups`` they are put at, if not at its only one; whoever has none is not asked.
    """
    return _source(system, lambda look: file_sets(look, look.partner.file_names(names)), place)


def _source(system: str, look: Callable[[Look], Iterator[Arrival]], place: str | None = None) -> Source:
    def found(endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
        return arrivals(endpoint, _senders(system, place), memory, now, look)

    return found


def _senders(system: str, place: str | None) -> list[Partner]:
    """The partners of a system, each with the place at which to look."""
    if place is None:
        return partners(system)
    return [replace(one, pickup=one.pickups[place]) for one in partners(system) if place in one.pickups]


def files(look: Look, entity: str, kind: str = "file") -> Iterator[Arrival]:
    """Files that are a delivery each, the oldest moment first."""
    found = look.listing(safe(look.pickup.folder))
    is_marked = any(entry.name == look.pickup.marker for entry in found)
    wanted = _wanted(found, look.pickup, entity)
    ready = [entry for entry in wanted if _is_ready(look, entry, is_marked=is_marked)]
    for moment, entry, reason in sorted(_dated(look, ready), key=lambda one: (one[0], one[1].path)):
        if reason is not None:
            yield look.refused(_shown(entry.name), kind, moment, reason)
        else:
            yield from _file(look, entry, moment, entity, kind)


def file_sets(look: Look, names: Mapping[str, str]) -> Iterator[Arrival]:
    """Folders whose files are one delivery together, the oldest moment first.

    Args:
        names: the file name by entity; every one of them belongs to the set.
    """
    folders = [
        entry for entry in look.listing(safe(look.pickup.folder)) if entry.is_folder and entry.is_usable
    ]
    sets = [found for folder in folders if (found := _set(look, folder, names)) is not None]
    for moment, found, reason in sorted(
        _dated_sets(look, sets), key=lambda one: (one[0], one[1].folder.path)
    ):
        if reason is not None:
            yield look.refused(found.folder.name, "file_set", moment, reason)
        else:
            yield from _file_set(look, found, moment)


@dataclass(frozen=True, slots=True)
class _Set:
    """A folder that says that it is complete, with its files by entity."""

    folder: Entry
    files: dict[str, Entry]
    missing: tuple[str, ...]

    def name_of(self, entry: Entry) -> str:
        """What to call a file of the set."""
        return f"{self.folder.name}/{entry.name}"

    @property
    def modified_at(self) -> datetime:
        """When the last of its files was changed."""
        return max((entry.modified_at for entry in self.files.values()), default=self.folder.modified_at)


def _wanted(found: Iterable[Entry], pickup: Pickup, entity: str) -> Iterator[Entry]:
    """The files that the profile names; those that somebody is still writing begin with a dot."""
    pattern = pickup.pattern_of(entity)
    for entry in found if pattern is not None else ():
        is_hidden = entry.name.startswith(".") or entry.name == pickup.marker
        if entry.is_file and not is_hidden and fnmatchcase(entry.name, pattern):
            yield entry


def _is_ready(look: Look, entry: Entry, *, is_marked: bool) -> bool:
    """It is complete and not yet with us; what is with us is archived."""
    if not entry.is_usable:
        return True
    if look.is_landed(entry.name, entry):
        _archive(look, entry, entry.name)
        return False
    return is_marked if look.pickup.marker else look.is_stable(entry.name, entry)


def _dated(look: Look, entries: Iterable[Entry]) -> Iterator[tuple[datetime, Entry, DeliveryRefused | None]]:
    for entry in entries:
        try:
            _refuse_unusable(entry)
            yield look.moment(entry.name, entry.modified_at), entry, None
        except DeliveryRefused as reason:
            yield entry.modified_at, entry, reason


def _dated_sets(look: Look, sets: Iterable[_Set]) -> Iterator[tuple[datetime, _Set, DeliveryRefused | None]]:
    for found in sets:
        try:
            moment = look.moment(found.folder.name, found.modified_at)
            yield moment, found, _gap(found) if found.missing else None
        except DeliveryRefused as reason:
            yield found.modified_at, found, reason


def _refuse_unusable(entry: Entry) -> None:
    if not entry.is_usable:
        message = f"The file name {entry.name!r} has control characters. Ask for it under a proper name."
        raise DeliveryRefused(message, rule="unusable_name", name=_shown(entry.name))


def _gap(found: _Set) -> DeliveryRefused:
    return DeliveryRefused(
        f"The set {found.folder.name} says that it is complete, but lacks {', '.join(found.missing)}. It is taken "
        "as soon as they are there.",
        rule="missing_file",
        missing=list(found.missing),
        present={entry.name: entry.size_bytes for entry in found.files.values()},
    )


def _file(look: Look, entry: Entry, moment: datetime, entity: str, kind: str) -> Iterator[Arrival]:
    with look.server.opened(entry) as file:
        if file is None:
            return
        yield Arrival(
            account=look.partner.account,
            kind=kind,
            name=entry.name,
            as_of=moment,
            files=(_arriving(entity, entry.name, file),),
            full_entities=(entity,) if look.partner.is_full else (),
            after_landing=partial(_archive, look, entry, entry.name),
        )


def _set(look: Look, folder: Entry, names: Mapping[str, str]) -> _Set | None:
    """A set that is complete by its own account and not yet with us."""
    try:
        present = {entry.name: entry for entry in look.server.listing(folder.path) if entry.is_file}
    except FileNotFoundError:
        return None
    found = _Set(
        folder=folder,
        files={entity: present[name] for entity, name in names.items() if name in present},
        missing=tuple(name for name in names.values() if name not in present),
    )
    if not found.missing and all(
        look.is_landed(found.name_of(entry), entry) for entry in found.files.values()
    ):
        _archive_set(look, found)
        return None
    return found if _is_complete(look, found, present) else None


def _is_complete(look: Look, found: _Set, present: Mapping[str, Entry]) -> bool:
    if look.pickup.marker:
        return look.pickup.marker in present
    looks = [look.is_stable(found.name_of(entry), entry) for entry in found.files.values()]
    return not found.missing and all(looks)


def _file_set(look: Look, found: _Set, moment: datetime) -> Iterator[Arrival]:
    with ExitStack() as stack:
        opened = {
            entity: stack.enter_context(look.server.opened(entry)) for entity, entry in found.files.items()
        }
        if None in opened.values():
            return
        yield Arrival(
            account=look.partner.account,
            kind="file_set",
            name=found.folder.name,
            as_of=moment,
            files=tuple(
                _arriving(entity, found.name_of(found.files[entity]), file) for entity, file in opened.items()
            ),
            full_entities=_full_entities(look.partner, found.files),
            after_landing=partial(_archive_set, look, found),
        )


def _full_entities(partner: Partner, entities: Iterable[str]) -> tuple[str, ...]:
    """Entities of which a set lists everything, as the profile says."""
    if partner.is_full:
        return tuple(entities)
    named = partner.settings.get("full_entities", ())
    return tuple(entity for entity in entities if entity in named)


def _arriving(entity: str, name: str, file: OpenFile) -> ArrivingFile:
    return ArrivingFile(
        entity=entity,
        name=name,
        size_bytes=file.entry.size_bytes,
        modified_at=file.entry.modified_at,
        blocks=file.blocks,
    )


def _archive(look: Look, entry: Entry, name: str) -> None:
    """Move it to the archive, unless its name means another file by now."""
    archive = look.pickup.archive
    if archive is not None and entry.is_same_as(look.server.entry(entry.path)):
        look.server.move(entry.path, posixpath.join(safe(archive), name))


def _archive_set(look: Look, found: _Set) -> None:
    archive = look.pickup.archive
    if archive is not None and all(e.is_same_as(look.server.entry(e.path)) for e in found.files.values()):
        look.server.move(found.folder.path, posixpath.join(safe(archive), found.folder.name))


def _raising(reason: DeliveryRefused) -> Iterator[ArrivingFile]:
    """Files that cannot be had: whoever goes through them learns why."""
    raise reason
    yield


def _shown(name: str) -> str:
    """A name without control characters."""
    return name.encode("unicode_escape").decode()
