"""``contracts.md``: what a delivery may contain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from docs.pages.markdown import anchor, code, codes, facts, joined, link, one_line, opening, table
from include.contracts.contract import CONTRACTS, Contract, Property, contract, contract_ids
from include.flow import Flow, PullFlow, flows
from include.ownership import owners

HEADER = ("column", "in the delivery", "type", "required", "rules", "states", "meaning")


def page() -> str:
    """Every contract with its columns and rules."""
    found = [contract(*ids) for ids in contract_ids()]
    return joined(
        [
            opening("Contracts", "`include/contracts/<system>/<entity>.yml`"),
            "A contract says what a delivery may contain, in the Open Data Contract Standard v3. A record that breaks "
            "one becomes a dead letter with the name of the [rule](rules.md). `./seamline try <dag_id> FILE…` checks "
            "a file without writing anything.",
            table(("contract", "version", "grain", "owner"), map(_summary, found)),
            *(part for one in found for part in _sections(one)),
        ]
    )


def _summary(agreed: Contract) -> tuple[str, ...]:
    grain = _document(agreed)["schema"][0]["dataGranularityDescription"]
    return link(agreed.id, f"#{anchor(agreed.id)}"), agreed.version, grain, owners()[agreed.owner].name


def _sections(agreed: Contract) -> Iterator[str]:
    document = _document(agreed)
    schema = document["schema"][0]
    said = document.get("description", {})
    told = " ".join(one_line(said[key]) for key in ("purpose", "usage", "limitations") if key in said)
    yield f"## {agreed.id}\n\n{told}"
    yield facts(_facts(agreed, schema["dataGranularityDescription"]))
    yield table(HEADER, _columns(agreed.properties, schema["properties"], agreed.key))
    yield _record_rules(agreed)
    yield _not_taken(agreed)


def _facts(agreed: Contract, grain: str) -> Iterator[tuple[str, object]]:
    path = f"include/contracts/{agreed.system}/{agreed.entity}.yml"
    flow = _flow_of(agreed)
    yield "Version", agreed.version
    yield "Grain", grain
    yield "Key", codes(agreed.key)
    yield "Flow", link(flow.dag_id, f"flows.md#{flow.dag_id}")
    yield "Table", code(f"raw.{agreed.table}")
    yield (
        "Newest version of a record by",
        code(agreed.record_version) if agreed.record_version else "the delivery's moment",
    )
    yield "A new column", "is kept beside the record" if agreed.new_column == "keep" else "stops the delivery"
    yield "One complete list may delete", f"{agreed.delete_cap:.0%} of the records"
    yield "Owner", owners()[agreed.owner].name
    yield "File", link(code(path), f"../{path}")


def _flow_of(agreed: Contract) -> Flow:
    return next(
        flow
        for flow in flows().values()
        if isinstance(flow, PullFlow) and flow.system == agreed.system and agreed.entity in flow.entities
    )


def _columns(
    properties: Sequence[Property],
    documents: Sequence[dict[str, Any]],
    key: Sequence[str] = (),
    above: str = "",
) -> Iterator[tuple[object, ...]]:
    """A row for each column, and for each property of the elements of a list."""
    for prop, document in zip(properties, documents, strict=True):
        name = above + prop.name
        yield (
            code(name) + (" (key)" if prop.name in key and not above else ""),
            "made when the file is read" if prop.is_derived else code(prop.source),
            prop.kind if above else prop.sql_type,
            "yes" if prop.is_required else "",
            "; ".join(_rules(prop)),
            prop.owned_object + (f".{prop.owned_field}" if prop.owned_field else ""),
            document.get("description"),
        )
        nested = document.get("items", {}).get("properties", ())
        yield from _columns(prop.items, nested, above=f"{name}[].")


def _rules(prop: Property) -> Iterator[str]:
    if prop.pattern:
        yield f"matches {code(prop.pattern)}"
    if prop.min_length is not None or prop.max_length is not None:
        yield f"{prop.min_length or 0} to {prop.max_length or 'any number of'} characters"
    if prop.minimum is not None:
        yield f"{prop.minimum} or more"
    if prop.maximum is not None:
        yield f"{prop.maximum} or less"
    if prop.allowed:
        yield f"one of {codes(prop.allowed)}"
    if prop.may_be_absent:
        yield "the column may be missing"


def _record_rules(agreed: Contract) -> str:
    rows = [(code(rule.name), rule.description, code(rule.expression)) for rule in agreed.rules]
    made = table(("rule on a record", "what must hold", "expression"), rows)
    return made and f"Rules over several columns:\n\n{made}"


def _not_taken(agreed: Contract) -> str:
    made = table(("column", "why"), [(code(name), why) for name, why in agreed.not_taken.items()])
    return made and f"Known and left in landing:\n\n{made}"


def _document(agreed: Contract) -> dict[str, Any]:
    path = CONTRACTS / agreed.system / f"{agreed.entity}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
