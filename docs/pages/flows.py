"""``flows.md``: every flow, what it does and why so."""

from __future__ import annotations

from collections.abc import Iterator

from docs.pages.markdown import code, codes, facts, joined, link, opening, table
from include.explanation import OPTIONAL_CONNECTION, flow_facts
from include.flow import (
    CollectFlow,
    Flow,
    MatchFlow,
    OtherFlow,
    PublishFlow,
    PullFlow,
    PushFlow,
    ReconcileFlow,
    flow,
    flows,
)
from include.ownership import owners, systems

KINDS = {
    PullFlow: ("Pulls", "From a system to us: `land`, `check_contract`, `load_raw`, `count_balance`."),
    CollectFlow: (
        "Acknowledgements",
        "What partners say of what we sent: `land`, `settle_answers`, `watch_exchanges`.",
    ),
    PushFlow: (
        "Pushes",
        "From us to a channel: `check_gate`, `fill_outbox`, `push`, `collect_acknowledgements`.",
    ),
    PublishFlow: ("Publications", "To readers of the warehouse: `write_aside`, `audit_aside`, `swap_views`."),
    ReconcileFlow: ("Comparisons", "What a channel shows, against what it should show: `reconcile`."),
    MatchFlow: ("Matches", "What partners claim, against what is owed: `match_invoices`."),
    OtherFlow: ("Builds and operations", "Inside the warehouse, or started by a person."),
}


def page() -> str:
    """Picture, overview, and the facts of each flow."""
    return joined(
        [
            opening(
                "Flows", "`include/flow.py` and the `pull`, `push` and `reconcile` modules of the systems"
            ),
            "A flow moves one entity between one system and us, in one direction. It has one DAG file, one owner, "
            "and one runbook. `./seamline explain <dag_id>` says the same.",
            _mermaid(),
            *(part for kind in KINDS for part in _of_kind(kind)),
        ]
    )


def _of_kind(kind: type[Flow]) -> Iterator[str]:
    title, sentence = KINDS[kind]
    found = [flow for flow in flows().values() if isinstance(flow, kind)]
    yield f"## {title}\n\n{sentence}"
    yield table(
        ("flow", "what it does", "latency class", "schedule (UTC)", "owner"),
        [
            (
                link(one.dag_id, f"#{one.dag_id}"),
                one.summary,
                one.latency,
                _schedule(one),
                owners()[one.owner].name,
            )
            for one in found
        ],
    )
    yield from (_facts(one) for one in found)


def _facts(found: Flow) -> str:
    told = flow_facts(found)
    rows = [
        ("System", told["system"]),
        ("Objects", ", ".join(link(name, _object_anchor(name)) for name in found.objects)),
        ("Pattern", f"{found.pattern}. {found.because}"),
        ("Latency class", found.latency),
        ("Schedule (UTC)", _schedule(found)),
        ("Late after", _duration(found)),
        ("Owner", told["owner"]),
        *_particulars(found),
        ("Runbook", link(found.runbook.removeprefix("docs/"), found.runbook.removeprefix("docs/"))),
        ("DAG", link(code(told["dag"]), f"../{told['dag']}")),
    ]
    return f"### {found.dag_id}\n\n{found.summary}\n\n{facts(rows)}"


def _particulars(found: Flow) -> Iterator[tuple[str, str]]:
    if isinstance(found, PullFlow):
        names = [f"{found.system}.{entity}" for entity in found.entities]
        if found.connection:
            yield "Needs", OPTIONAL_CONNECTION.format(code(found.connection))
        yield "Contracts", ", ".join(link(n, f"contracts.md#{n.replace('.', '')}") for n in names)
        yield "Writes", codes(f"raw.{name}" for name in found.tables)
        yield "Acknowledges", "every interchange" if found.acknowledges else ""
    if isinstance(found, CollectFlow):
        yield "Hears", ", ".join(systems()[name] for name in found.mailboxes)
        yield "Writes", codes(["edi.answers", "edi.sent_interchanges", "edi.sent_documents"])
    if isinstance(found, PushFlow):
        yield "Reads", code(f"outbound.{found.outbound_table}")
        yield "Gate", _source(found.gate)
    if isinstance(found, PublishFlow):
        yield "Shows", codes(f"bi.{name.partition('.')[2]}" for name in found.tables)
        yield "Gates", ", ".join(dict.fromkeys(map(_source, found.gates)))
    if isinstance(found, MatchFlow):
        yield "Reads", codes([found.table, found.claims])
        yield "Writes", code("reconciliation.mismatches")
    if isinstance(found, ReconcileFlow):
        yield (
            "Mends with",
            f"{link(found.repairs_with, '#' + found.repairs_with)}, at most {found.repair_cap} keys a run",
        )


def _source(reference: str) -> str:
    path = f"{reference.partition(':')[0].replace('.', '/')}.py"
    return link(code(path), f"../{path}")


def _object_anchor(name: str) -> str:
    return f"ownership.md#{name.replace(' ', '-')}"


def _schedule(found: Flow) -> str:
    return code(found.schedule) if found.schedule else "by events or by hand"


def _duration(found: Flow) -> str:
    if found.late_after is None:
        return ""
    minutes = int(found.late_after.total_seconds() // 60)
    return f"{minutes // 60} hours" if minutes >= 60 and minutes % 60 == 0 else f"{minutes} minutes"


def _mermaid() -> str:
    shown = dict.fromkeys(one.system for one in flows().values() if one.system in systems())
    lines = ["flowchart LR", *(f'    {name}["{systems()[name]}"]' for name in shown)]
    lines += ['    raw[("raw")]', '    outbound[("conformed, metrics, outbound")]']
    lines += [f"    {edge}" for one in flows().values() for edge in _edges(one)]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _edges(found: Flow) -> Iterator[str]:
    """How a flow is drawn: an arrow with its id."""
    if isinstance(found, PullFlow):
        yield f"{found.system} -->|{found.dag_id}| raw"
    elif isinstance(found, PushFlow | PublishFlow):
        yield f"outbound -->|{found.dag_id}| {found.system}"
    elif isinstance(found, CollectFlow):
        yield from (f"{system} -.->|{found.dag_id}| outbound" for system in found.mailboxes)
    elif isinstance(found, ReconcileFlow | MatchFlow):
        yield f"{found.system} -.->|{found.dag_id}| outbound"
    elif found == flow("build_warehouse"):
        yield f"raw -->|{found.dag_id}| outbound"
