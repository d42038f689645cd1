"""Which interchanges a file holds, so that a number that comes twice with different content is seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from include.formats import x12
from include.systems.edi.partners import PartnerProfile


@dataclass(frozen=True, slots=True)
class InterchangeIdentity:
    """An interchange by its number, and what it says.

    Attributes:
        position: which interchange of the file it is, from 1.
        sender, receiver: qualifier and identifier, as ``ZZ:CENTRALWMS``.
        content_sha256: of its groups and transaction sets, whatever separates or wraps them.
    """

    position: int
    sender: str
    receiver: str
    control_number: str
    content_sha256: str


def identities(blocks: Iterable[bytes], profile: PartnerProfile) -> Iterator[InterchangeIdentity]:
    """The interchanges of a file that can be used, in order. One that is refused, as it was cut off, takes no number:
    its partner sends it again under the same one.

    Raises:
        Unreadable: there is none.
    """
    digest = hashlib.sha256()
    for event in x12.read(blocks, profile.reading()):
        match event:
            case x12.Interchange():
                digest = hashlib.sha256()
            case x12.Group():
                digest.update(repr(event.segment).encode())
            case x12.TransactionSet():
                digest.update(event.text.encode())
            case x12.InterchangeEnd() if event.is_accepted:
                yield InterchangeIdentity(
                    event.interchange.number,
                    _party(event.interchange.sender),
                    _party(event.interchange.receiver),
                    event.interchange.control_number,
                    digest.hexdigest(),
                )


def _party(party: x12.Party) -> str:
    return f"{party.qualifier}:{party.identifier}"
