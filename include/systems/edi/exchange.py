"""The exchange with a partner of any EDI system: what was agreed, and what lies ready in its mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from include.delivery import Arrival, Endpoint, Memory
from include.errors import Misconfigured
from include.systems.edi.partners import PartnerProfile, partner_profile
from include.systems.partners import ACKNOWLEDGEMENTS, partner, partners
from include.systems.sftp import pickup


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
