"""``deliver``: files handed in by a person: a real delivery, through every step up to raw, then the build."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from include.commands import printing
from include.commands.handed_in import deliveries, profile_of, pull_flow
from include.delivery import Arrival
from include.errors import SeamlineError
from include.flow import PullFlow, flow
from include.interventions import Person
from include.stores import dead_letters, landing
from include.stores.dead_letters import LetterStatus
from include.stores.seams import record_intervention
from include.workspace import Workspace, from_environment

MOST_LETTERS = 100


def deliver_files(
    dag_id: str,
    files: Sequence[Path],
    *,
    by: str,
    because: str,
    account: str | None,
    build: bool,
    as_json: bool,
) -> int:
    """Deliver files: 0 everything was accepted, 1 something was set aside."""
    person = Person(by, because)
    found = pull_flow(dag_id)
    profile = profile_of(found, account, files)
    workspace = from_environment()
    landed = [_landed(workspace, found, given, person) for given in deliveries(found, profile, files)]
    _run_steps(found, workspace)
    told = [_told(workspace, delivery_id, is_new) for delivery_id, is_new in landed]
    built, hindrance = _build(workspace) if build else ({}, None)
    if as_json:
        error = {"build_error": hindrance.message} if hindrance else {}
        printing.as_json({"flow": dag_id, "deliveries": told, "build": built or None, **error})
    else:
        _print(told, built)
    if hindrance:
        print(f"The delivery is in raw, but the build stopped: {hindrance.message}", file=sys.stderr)
        print(hindrance.advice, file=sys.stderr)
        return 2
    return int(any(one["dead_letters"] for one in told))


def _landed(workspace: Workspace, found: PullFlow, given: Arrival, person: Person) -> tuple[int, bool]:
    """Store the bytes and record the delivery with the person who hands it in."""
    from include.steps.land import content_sha256, stored

    files = [stored(workspace.landing, file) for file in given.files]
    delivery = landing.NewDelivery(
        flow=found.dag_id,
        source_system=found.system,
        account=given.account,
        kind=given.kind,
        name=given.name,
        content_sha256=content_sha256(files),
        as_of=given.as_of,
        full_entities=given.full_entities,
        handed_in_by=person.name,
        handed_in_because=person.reason,
    )
    with workspace.connect(f"deliver {found.dag_id}") as connection, connection.transaction():
        delivery_id, is_new = landing.record_delivery(connection, delivery, files)
        record_intervention(connection, "hand_in", f"delivery {delivery_id}", person.name, person.reason)
    return delivery_id, is_new


def _run_steps(found: PullFlow, workspace: Workspace) -> None:
    from include.steps.acknowledge import acknowledge
    from include.steps.check_contract import check_contract
    from include.steps.count_balance import count_balance
    from include.steps.load_raw import load_raw

    check_contract(found, workspace)
    load_raw(found, workspace)
    if found.acknowledges:
        acknowledge(found, workspace)
    count_balance(found, workspace)


def _build(workspace: Workspace) -> tuple[dict[str, Any], SeamlineError | None]:
    """The build, here and now, and what stopped it; what was delivered stays delivered all the same."""
    try:
        return _built(workspace), None
    except SeamlineError as error:
        return {}, error


def _built(workspace: Workspace) -> dict[str, Any]:
    """A build that Airflow runs at the same moment takes the rows up as well."""
    from include.dbt_runs import GROUPS
    from include.steps.build_models import build_models
    from include.steps.close_build import close_build
    from include.steps.plan_build import plan_build

    building = flow("build_warehouse")
    planned = plan_build(building, workspace)
    if planned:
        for group in GROUPS:
            build_models(building, workspace, group=group)
        planned |= close_build(building, workspace)
    return planned


def _told(workspace: Workspace, delivery_id: int, is_new: bool) -> dict[str, Any]:
    """How a delivery came out; of one that was there already, what still waits of it."""
    statuses = tuple(LetterStatus) if is_new else (LetterStatus.OPEN, LetterStatus.ESCALATED)
    with workspace.connect("deliver") as connection:
        letters = dead_letters.listed(
            connection, delivery_id=delivery_id, statuses=statuses, limit=MOST_LETTERS
        )
        return {
            "delivery_id": delivery_id,
            "is_new": is_new,
            "status": landing.status_of(connection, delivery_id),
            "counts": landing.counts_of(connection, delivery_id),
            "dead_letters": letters,
        }


def _print(told: list[dict[str, Any]], built: dict[str, Any]) -> None:
    for one in told:
        if not one["is_new"]:
            printing.line(
                f"Delivery {one['delivery_id']} has this content already; nothing was taken twice. It is "
                f"{one['status']}."
            )
        else:
            printing.line(f"delivery {one['delivery_id']}: {one['status']}")
        printing.table(
            one["counts"],
            ("entity", "delivered", "accepted", "refused", "new", "changed", "unchanged", "older"),
        )
        printing.table(one["dead_letters"], ("dead_letter_id", "place", "field", "value", "message", "owner"))
        if len(one["dead_letters"]) == MOST_LETTERS:
            printing.line("There may be more: ./seamline dead-letters list")
    if built:
        printing.line(f"Build {built['build_id']} took in {', '.join(built['tables'])}.")
