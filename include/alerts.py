"""Tells the owner of a flow, once per incident, when one of its tasks has failed for good."""

from __future__ import annotations

import logging
from typing import Any

import requests
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from include.connections import workspace
from include.flow import Flow, flow
from include.ownership import owners
from include.stores.seams import clear_alert, raise_alert

WEBHOOK = "alert_webhook"
log = logging.getLogger(__name__)


def tell_owner(context: dict[str, Any]) -> None:
    """``on_failure_callback``: note the incident, and tell its owner if it is new."""
    failed = flow(context["dag"].dag_id)
    task_id, error = context["task_instance"].task_id, context.get("exception")
    message = f"{failed.dag_id}.{task_id} failed: {error}"
    with workspace().connect(f"alert {failed.dag_id}") as connection:
        is_new = raise_alert(
            connection,
            flow=failed.dag_id,
            incident=f"{task_id} failed",
            owner=failed.owner,
            message=message[:2000],
            runbook=failed.runbook,
        )
    if is_new:
        _post(failed, message)


def all_clear(context: dict[str, Any]) -> None:
    """``on_success_callback``: the incident of this task is over."""
    task_id, dag_id = context["task_instance"].task_id, context["dag"].dag_id
    with workspace().connect(f"alert {dag_id}") as connection:
        clear_alert(connection, dag_id, f"{task_id} failed")


def _post(failed: Flow, message: str) -> None:
    """To the webhook of the connection ``alert_webhook``, where there is one."""
    owner = owners()[failed.owner]
    log.error("%s For %s <%s>; see %s.", message, owner.name, owner.contact, failed.runbook)
    try:
        where = Connection.get(WEBHOOK)
    except AirflowNotFoundException:
        return
    body = {"flow": failed.dag_id, "owner": owner.contact, "message": message, "runbook": failed.runbook}
    try:
        requests.post(where.get_uri(), json=body, timeout=10).raise_for_status()
    except requests.RequestException as problem:
        log.warning("The alert could not be sent to %s: %s", where.host, type(problem).__name__)
