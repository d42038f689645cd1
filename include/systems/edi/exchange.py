"""The exchange with a partner of any EDI system: what was agreed, and what lies ready in its mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from include.delivery import Arrival, Endpoint, LandedDelivery, Memory
from include.errors import Misconfigured
from include.flow import PullFlow, flows
from include.formats.batches import Batch
from include.systems.edi import documents
from include.systems.edi.partners import PartnerProfile, partner_profile
from include.systems.partners import ACKNOWLEDGEMENTS, partner, partners
from include.systems.sftp import pickup


def read(system: str, entity: str, mapping: str, delivery: LandedDelivery) -> Iterator[Batch]:
    """The records of an entity in a delivery; see ``documents.read``.

    Args:
        mapping: name of a file in ``records``.
    """
    others = {
        kind
        for flow in flows().values()
        if isinstance(flow, PullFlow) and flow.system == system and flow.entities != (entity,)
        for kind in flow.documents
    }
    yield from documents.read(delivery, entity, mapping, exchange_with(system, delivery.account), others)


def exchange_with(system: str, account: str) -> PartnerProfile:
    """What was agreed with a partner about the exchange of interchanges.

    Raises:
        Misconfigured: there is no such partner, or its profile has no usable section ``edi``.
    """
    facts = partner(system, account).settings.get("edi")
    source = f"{system}/partners/{account}.yml"
    if not isinstance(facts, dict):
        raise Misconfigured(f"{source} has no section `edi`, which says how interchanges are exchanged.")
    return partner_profile(account, facts, source)


def arrivals(
    system: str, entity: str, endpoint: Endpoint, memory: Memory, now: datetime
) -> Iterator[Arrival]:
    """Every file with interchanges of an entity that lies ready, partner by partner, the oldest first.

    Raises:
        RetryLater, Stop: see ``sftp.client.connected``.
    """
    senders = [one for one in partners(system) if one.pickup is None or one.pickup.pattern_of(entity)]
    look = partial(pickup.files, entity=entity, kind="interchange")
    return pickup.arrivals(endpoint, senders, memory, now, look) if senders else iter(())


def acknowledgements(system: str, endpoint: Endpoint, memory: Memory, now: datetime) -> Iterator[Arrival]:
    """Every file with acknowledgements that lies ready in the mailboxes of a system. Their account is
    ``<system>/<account>``, for two systems may know the same name.

    Raises:
        RetryLater, Stop: see ``sftp.client.connected``.
    """
    senders = [
        replace(one, account=f"{system}/{one.account}")
        for one in partners(system)
        if one.pickup is not None and one.pickup.pattern_of(ACKNOWLEDGEMENTS)
    ]
    look = partial(pickup.files, entity=ACKNOWLEDGEMENTS, kind="interchange")
    for found in pickup.arrivals(endpoint, senders, memory, now, look) if senders else ():
        yield replace(found, system=system)
