"""Which interchanges a file holds, so that a number that comes twice with different content is seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from include.formats import edifact, x12
from include.systems.edi.partners import PartnerProfile, Standard


@dataclass(frozen=True, slots=True)
class InterchangeIdentity:
    """An interchange by its number, and what it says.

    Attributes:
        position: which interchange of the file it is, from 1.
        sender, receiver: qualifier and identifier, as ``ZZ:CENTRALWMS``.
        content_sha256: of its groups and documents, whatever separates or wraps them.
        kinds: the transaction sets or messages that it holds, as ``846``, and its notes, as ``TA1``.
    """

    position: int
    sender: str
    receiver: str
    control_number: str
    content_sha256: str
    kinds: frozenset[str]


def identities(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[InterchangeIdentity]:
    """The interchanges of a file that can be used, in order. One that is refused, as it was cut off, takes no number:
    its partner sends it again under the same one.

    Raises:
        Unreadable: there is none.
    """
    if profile.standard is Standard.EDIFACT:
        yield from _edifact_identities(blocks, profile)
    else:
        yield from _x12_identities(blocks, profile)


def _x12_identities(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[InterchangeIdentity]:
    digest, kinds = hashlib.sha256(), set[str]()
    for event in x12.read(blocks, profile.reading()):
        match event:
            case x12.Interchange():
                digest, kinds = hashlib.sha256(), set()
            case x12.Group():
                digest.update(repr(event.segment).encode())
            case x12.InterchangeNote():
                digest.update(repr(event.segment).encode())
                kinds.add(event.segment.tag)
            case x12.TransactionSet():
                digest.update(event.text.encode("utf-8", "surrogateescape"))
                kinds.add(event.set_id)
            case x12.InterchangeEnd() if event.is_accepted:
                begin = event.interchange
                parties = (
                    f"{party.qualifier}:{party.identifier}" for party in (begin.sender, begin.receiver)
                )
                yield InterchangeIdentity(
                    begin.number, *parties, begin.control_number, digest.hexdigest(), frozenset(kinds)
                )


def _edifact_identities(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[InterchangeIdentity]:
    digest, kinds = hashlib.sha256(), set[str]()
    for event in edifact.read(blocks, profile.edifact_reading()):
        match event:
            case edifact.Interchange():
                digest, kinds = hashlib.sha256(), set()
            case edifact.Group():
                digest.update(repr(event.segment).encode())
            case edifact.Message():
                digest.update(event.text.encode("utf-8", "surrogateescape"))
                kinds.add(event.type.id)
            case edifact.InterchangeEnd() if event.is_accepted:
                begin = event.interchange
                parties = (
                    f"{party.qualifier}:{party.identifier}" for party in (begin.sender, begin.recipient)
                )
                yield InterchangeIdentity(
                    begin.number, *parties, begin.control_reference, digest.hexdigest(), frozenset(kinds)
                )
