"""How a landed delivery becomes batches: by its flow's reader, or as repaired records; EDI without what came before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import psycopg

from include.delivery import LandedDelivery, LandedFile
from include.flow import CollectFlow, Flow, PullFlow, flows, resolved
from include.formats.batches import Batch
from include.formats.findings import Finding, Unreadable
from include.stores import edi
from include.stores.landing import files_of
from include.stores.landing_files import LandingFiles
from include.systems.edi.answers import KINDS as ANSWERS
from include.systems.edi.documents import PART
from include.systems.edi.interchanges import identities
from include.systems.edi.partners import PartnerProfile


def landed(connection: psycopg.Connection, files: LandingFiles, facts: dict[str, Any]) -> LandedDelivery:
    """A delivery with its bytes at hand, from its claimed row in the ledger."""
    return LandedDelivery(
        delivery_id=facts["delivery_id"],
        flow=facts["flow"],
        source_system=facts["source_system"],
        account=facts["account"],
        kind=facts["kind"],
        name=facts["name"],
        as_of=facts["as_of"],
        full_entities=tuple(facts["full_entities"]),
        files=tuple(
            LandedFile(entity=entity, name=name, sha256=sha256, blocks=partial(files.blocks, sha256))
            for entity, name, sha256 in files_of(connection, facts["delivery_id"])
        ),
    )


def read(flow: PullFlow, delivery: LandedDelivery) -> Iterator[Batch]:
    """The batches of a delivery.

    A delivery of kind ``repair`` holds records as text columns, one JSON object a line, whatever the
    flow's own format is.

    Raises:
        Unreadable: it cannot be used as a whole; of several files, the one that was read last is named.
    """
    if delivery.kind != "repair":
        opened: list[str] = []
        files = (replace(file, blocks=partial(_opening, file, opened)) for file in delivery.files)
        try:
            yield from resolved(flow.reader)(replace(delivery, files=tuple(files)))
        except Unreadable as error:
            raise Unreadable(_in_file(error.finding, opened, delivery)) from None
        return
    from include.formats.json_records import flat_records

    for file in delivery.files:
        yield from flat_records(file.blocks(), entity=file.entity)


def _opening(file: LandedFile, opened: list[str]) -> Iterator[bytes]:
    opened.append(file.name)
    return file.blocks()


def _in_file(finding: Finding, opened: list[str], delivery: LandedDelivery) -> Finding:
    """The finding with the file at its place, where there are several and it does not say which."""
    if len(delivery.files) < 2 or not opened or opened[-1] in finding.place:
        return finding
    return replace(finding, place=", ".join(part for part in (opened[-1], finding.place) if part))


@dataclass(frozen=True, slots=True)
class Numbered:
    """What the interchanges of a file are.

    Attributes:
        repeated: those, from 1, that came before with the same content; each is put on record.
        kinds: the documents in all others.
    """

    repeated: frozenset[int]
    kinds: frozenset[str]


def numbered(
    connection: psycopg.Connection, delivery: LandedDelivery, file: LandedFile, profile: PartnerProfile
) -> Numbered:
    """Take the numbers of the interchanges of a file for this delivery; which of them were taken before.

    An interchange that came with a delivery of another flow is not passed over: each takes its own documents.

    Raises:
        Unreadable: there is no interchange, or a number came before with other content: an alarm, not a delivery.
    """
    system, account = delivery.source_system, delivery.account.rpartition("/")[2]
    repeated: set[int] = set()
    kinds: set[str] = set()
    for found in identities(file.blocks(), profile):
        identity = asdict(found)
        position, held = identity.pop("position"), identity.pop("kinds")
        number = edi.register(connection, system, account, identity, delivery.delivery_id)
        if not number.is_same:
            raise Unreadable(_reused(identity, number.delivery_id))
        if number.is_new or number.flow != delivery.flow:
            kinds |= held
        else:
            edi.note_repeat(
                connection, delivery.delivery_id, file.name, position, identity, number.delivery_id
            )
            repeated.add(position)
    return Numbered(frozenset(repeated), frozenset(kinds))


def hand_over(
    connection: psycopg.Connection, flow: PullFlow, delivery: LandedDelivery, kinds: Collection[str]
) -> list[str]:
    """Give a delivery to the other flows that take documents of these kinds from the system; which they are.

    The bytes are the same; each flow takes what is its own, and only the one that landed them answers the partner.
    """
    takers = [one for one, its in _takers(flow) if its & set(kinds)]
    for taker in takers:
        account = f"{flow.system}/{delivery.account}" if isinstance(taker, CollectFlow) else delivery.account
        edi.hand_over(connection, delivery.delivery_id, taker.dag_id, account, PART)
    return [taker.dag_id for taker in takers]


def waiting_takers(connection: psycopg.Connection, flow: PullFlow) -> list[str]:
    """Flows for which something lies that was handed over to them, and that this flow may have found.

    They are asked for in the database, not kept from the hand-over: whoever died right after it is told by its next
    attempt.
    """
    return edi.waiting_for(connection, [one.dag_id for one, _ in _takers(flow)], PART)


def _takers(flow: PullFlow) -> Iterator[tuple[Flow, set[str]]]:
    """The other flows that take documents out of the same mailboxes, with the kinds that each takes."""
    for one in flows().values():
        if isinstance(one, PullFlow) and one.system == flow.system and one != flow:
            yield one, set(one.documents)
        elif isinstance(one, CollectFlow) and flow.system in one.mailboxes:
            yield one, set(ANSWERS)


def _reused(identity: dict[str, Any], other_delivery: int) -> Finding:
    return Finding(
        rule="control_number_reused",
        message=f"Interchange {identity['control_number']} of {identity['sender']} came before, with delivery "
        f"{other_delivery}, and said something else. One of the two is wrong: ask the partner which, and for the other "
        "one under a new number.",
        field="ISA13",
        value=identity["control_number"],
        code="025",
    )
