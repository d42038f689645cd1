"""Tells its owner, once, of each incident: a task that has failed for good, a partner that does not answer."""

from __future__ import annotations

import logging
from typing import Any

import requests
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from include.connections import workspace
from include.flow import flow
from include.ownership import owners
from include.stores.seams import clear_alert, raise_alert, untold

WEBHOOK = "alert_webhook"
log = logging.getLogger(__name__)


def tell_owner(context: dict[str, Any]) -> None:
    """``on_failure_callback``: note the incident, and tell its owner if it is new."""
    failed = flow(context["dag"].dag_id)
    task_id, error = context["task_instance"].task_id, context.get("exception")
    message = f"{failed.dag_id}.{task_id} failed: {error}"
    with workspace().connect(f"alert {failed.dag_id}") as connection:
        raise_alert(
            connection,
            flow=failed.dag_id,
            incident=f"{task_id} failed",
            owner=failed.owner,
            message=message[:2000],
            runbook=failed.runbook,
        )
    tell_untold()


def tell_untold() -> None:
    """Tell the owner of each incident that steps have noted and nobody was told of."""
    with workspace().connect("alerts") as connection:
        news = untold(connection)
    for incident in news:
        _post(**incident)


def all_clear(context: dict[str, Any]) -> None:
    """``on_success_callback``: the incident of this task is over."""
    task_id, dag_id = context["task_instance"].task_id, context["dag"].dag_id
    with workspace().connect(f"alert {dag_id}") as connection:
        clear_alert(connection, dag_id, f"{task_id} failed")


def _post(flow: str, owner: str, message: str, runbook: str) -> None:
    """To the webhook of the connection ``alert_webhook``, where there is one."""
    person = owners()[owner]
    log.error("%s For %s <%s>; see %s.", message, person.name, person.contact, runbook)
    try:
        where = Connection.get(WEBHOOK)
    except AirflowNotFoundException:
        return
    body = {"flow": flow, "owner": person.contact, "message": message, "runbook": runbook}
    try:
        requests.post(where.get_uri(), json=body, timeout=10).raise_for_status()
    except requests.RequestException as problem:
        log.warning("The alert could not be sent to %s: %s", where.host, type(problem).__name__)
