"""The fixed chains of a pull, a push, a publication and a build: the steps wired as Airflow tasks.

Every task takes its work from the database, so each may be cleared at any time, in any order, twice.
What a task returns to Airflow is a summary for people; no task reads it.
"""

from __future__ import annotations

import ast
import inspect
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, AssetAlias, AssetAny, TriggerRule, chain, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.timetables.assets import AssetOrTimeSchedule
from airflow.timetables.trigger import CronTriggerTimetable

from include import alerts, assets
from include.dbt_runs import GROUPS
from include.errors import Stop
from include.flow import (
    CollectFlow,
    Flow,
    MatchFlow,
    PublishFlow,
    PullFlow,
    PushFlow,
    ReconcileFlow,
    flows,
    resolved,
)
from include.flow import (
    flow as flow_of,
)

log = logging.getLogger(__name__)

STEPS = Path(__file__).with_name("steps")
START = datetime(2026, 1, 1, tzinfo=UTC)
KEEP_GOING_SECONDS = 20
TIMEOUTS = {
    "pulls": timedelta(hours=2),
    "builds": timedelta(hours=2),
    "pushes": timedelta(minutes=30),
    "reconciliations": timedelta(minutes=15),
    "default_pool": timedelta(minutes=30),
}
"""After which a task hangs, by pool: it is stopped, and what it left half-way is taken up by its next attempt."""


def facts(flow: Flow, doc: str | None, *, wakes_on: list[Asset] | None = None) -> dict[str, Any]:
    """The arguments that every DAG has in common.

    Args:
        doc: the docstring of the DAG file: its page in Airflow.
        wakes_on: assets any of which starts it, beside its own schedule.
    """
    return {
        "schedule": _schedule(flow, wakes_on),
        "start_date": START,
        "catchup": False,
        "max_active_runs": 1,
        "tags": flow.tags,
        "description": flow.summary,
        "doc_md": f"{inspect.cleandoc(doc or '')}\n\n{_fact_sheet(flow)}",
        "default_args": {
            "owner": flow.owner,
            "retries": 3,
            "retry_delay": timedelta(seconds=20),
            "retry_exponential_backoff": 2,
            "max_retry_delay": timedelta(minutes=15),
            "on_failure_callback": alerts.tell_owner,
            "on_success_callback": alerts.all_clear,
        },
    }


def pull_chain(flow: PullFlow) -> None:
    """land, check_contract, load_raw, (acknowledge,) count_balance: the build is woken by what was loaded, and by
    documents that are for others, those others."""
    news = assets.perhaps(flow)
    steps = [
        _step("land", flow, pool="pulls", skips_if_nothing=True),
        _step("check_contract", flow, pool="pulls", **_handing_over(flow, news)),
        _step("load_raw", flow, pool="pulls"),
    ]
    if flow.acknowledges:
        steps.append(_step("acknowledge", flow, pool="pulls"))
    steps.append(_step("count_balance", flow, pool="pulls", news=news, wakes=_loaded_rows(flow)))
    chain(*steps)


def collect_chain(flow: CollectFlow) -> None:
    """land, settle_answers, watch_exchanges: what came is settled before what is missing is told, and flows whose
    messages were answered are woken."""
    chain(
        _step("land", flow, pool="pulls"),
        _step("settle_answers", flow, pool="pulls", news=assets.perhaps(flow), wakes=_woken_flows),
        _step("watch_exchanges", flow, pool="pulls"),
    )


def push_chain(flow: PushFlow) -> None:
    """check_gate, fill_outbox, push, collect_acknowledgements; what is due is sent though the gate be shut.

    Skipped as a whole when nothing changed and nothing is due.
    """
    chain(
        _step("check_gate", flow, pool="pushes", skips_if_nothing=True),
        _step("fill_outbox", flow, pool="pushes"),
        *(
            _step(
                name,
                flow,
                pool="pushes",
                options={"keep_going_seconds": KEEP_GOING_SECONDS},
                news=assets.perhaps(flow),
                wakes=_waiting_pushes(flow),
            )
            for name in ("push", "collect_acknowledgements")
        ),
    )


def publish_chain(flow: PublishFlow) -> None:
    """write_aside, audit_aside, swap_views."""
    chain(
        _step("write_aside", flow, pool="pushes", skips_if_nothing=True),
        _step("audit_aside", flow, pool="pushes"),
        _step("swap_views", flow, pool="pushes"),
    )


def reconcile_chain(flow: ReconcileFlow) -> None:
    """The one task of a comparison; what it repairs wakes the push."""
    pushed = assets.changed(flow_of(flow.repairs_with))
    _step(
        "reconcile",
        flow,
        pool="reconciliations",
        skips_if_nothing=True,
        news=assets.perhaps(flow),
        wakes=lambda summary: [pushed] if summary.get("repairs") else [],
    )


def match_chain(flow: MatchFlow) -> None:
    """The one task that hands differences to their owner."""
    _step("match_invoices", flow, pool="reconciliations", skips_if_nothing=True)


def operate(flow: Flow, params: Mapping[str, Any] | None = None) -> None:
    """The one task of an operation that people start; its parameters come from the form."""
    _step(flow.dag_id, flow, pool="default_pool", params=tuple(params or ()))


def build_chain(flow: Flow) -> None:
    """plan_build, the groups of models in their order, close_build: it wakes the flows that have news."""
    plan = _step("plan_build", flow, pool="builds", skips_if_nothing=True)
    groups = {
        group: _step("build_models", flow, pool="builds", task_id=f"build_{group}", options={"group": group})
        for group in GROUPS
    }
    close = _step("close_build", flow, pool="builds", news=assets.perhaps(flow), wakes=_woken_flows)
    chain(
        plan,
        groups["staging"],
        groups["conformed_products"],
        [groups["conformed_stock"], groups["conformed_orders"]],
    )
    for last in ("metrics", "outbound"):
        chain([groups["conformed_stock"], groups["conformed_orders"]], groups[last], close)


def _step(
    name: str,
    flow: Flow,
    *,
    pool: str,
    task_id: str | None = None,
    options: dict[str, Any] | None = None,
    params: tuple[str, ...] = (),
    skips_if_nothing: bool = False,
    news: AssetAlias | None = None,
    wakes: Callable[[dict[str, Any]], list[Asset]] | None = None,
) -> Any:
    """A step of ``include.steps`` as a task of the same name."""

    def run(**context: Any) -> dict[str, Any]:
        chosen = {param: context["params"][param] for param in params}
        summary = _summary(name, flow, {**(options or {}), **chosen})
        log.info(
            "%s: %s", name, ", ".join(f"{key} {value}" for key, value in summary.items()) or "nothing to do"
        )
        if skips_if_nothing and not any(summary.values()) and not _has_open_work(flow):
            raise AirflowSkipException("There is nothing new.")
        if summary.get("alerts"):
            alerts.tell_untold()
        for asset in wakes(summary) if wakes and news else ():
            context["outlet_events"][news].add(asset)
        return summary

    run.__doc__ = _docstring(name)
    return task(
        task_id=task_id or name,
        pool=pool,
        execution_timeout=TIMEOUTS[pool],
        outlets=[news] if news else [],
        trigger_rule=TriggerRule.ALL_SUCCESS,
        doc_md=run.__doc__,
    )(run)()


@cache
def _docstring(name: str) -> str:
    """What a step does, read without importing it: DAG files are parsed all the time."""
    tree = ast.parse((STEPS / f"{name}.py").read_text(encoding="utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return ast.get_docstring(found) or ""


def _function(name: str) -> Callable[..., dict[str, Any]]:
    return resolved(f"include.steps.{name}:{name}")


def _summary(name: str, flow: Flow, options: dict[str, Any]) -> dict[str, Any]:
    """Run a step; an error that no retry can mend fails the task at once."""
    from include.connections import workspace

    try:
        return _function(name)(flow, workspace(), **options)
    except Stop as error:
        raise AirflowFailException(str(error)) from error


def _has_open_work(flow: Flow) -> bool:
    """Deliveries or messages of this flow that an earlier run left half-way, or that are due again."""
    from include.connections import workspace
    from include.stores.landing import has_open
    from include.stores.outbox import Outbox

    with workspace().connect(f"look {flow.dag_id}") as connection:
        if isinstance(flow, PullFlow):
            return has_open(connection, flow.dag_id)
        if isinstance(flow, PushFlow):
            return Outbox(connection, flow.system, flow.entity).has_work(KEEP_GOING_SECONDS)
    return False


def _loaded_rows(flow: PullFlow) -> Callable[[dict[str, Any]], list[Asset]]:
    return lambda summary: [assets.loaded(flow)] if summary.get("moved_rows") else []


def _waiting_pushes(flow: PushFlow) -> Callable[[dict[str, Any]], list[Asset]]:
    """What the channel made now may be what other messages to it wait for."""
    others = [
        f for f in flows().values() if isinstance(f, PushFlow) and f.system == flow.system and f != flow
    ]
    return lambda summary: [assets.changed(other) for other in others] if summary.get("new_ids") else []


def _handing_over(flow: PullFlow, news: AssetAlias) -> dict[str, Any]:
    """What a mailbox holds may be for several flows; those that find nothing there themselves are woken."""
    return {"news": news, "wakes": _woken_flows} if assets.takes_documents(flow) else {}


def _woken_flows(summary: dict[str, Any]) -> list[Asset]:
    wakeable = assets.wakeable()
    return [wakeable[dag_id] for dag_id in summary.get("wakes", ())]


def _schedule(flow: Flow, wakes_on: list[Asset] | None) -> Any:
    timetable = CronTriggerTimetable(flow.schedule, timezone="UTC") if flow.schedule else None
    if not wakes_on:
        return timetable
    return AssetOrTimeSchedule(timetable=timetable, assets=AssetAny(*wakes_on)) if timetable else wakes_on


def _fact_sheet(flow: Flow) -> str:
    rows = {
        "Pattern": f"{flow.pattern}. {flow.because}",
        "Latency class": str(flow.latency),
        "Owner": flow.owner,
        "Runbook": f"[{flow.runbook}](/seams/runbooks/{flow.dag_id})",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])
