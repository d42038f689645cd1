"""What must be true at the end of the demo, held against what the sandbox knows of its own deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.demo.figures import Figures

BY_CURSOR = ("pull_products_from_akeneo", "pull_orders_from_shopify", "pull_carts_from_shopify")
DEAR = {"price", "quantity"}
"""Each supplier invoices its first order too dear; and a line that is taken back on day two was shipped on day one."""
SETTLED = {"applied", "superseded", "rejected", "dead"}


@dataclass(frozen=True, slots=True)
class Check:
    """One statement that must hold, and what was found."""

    statement: str
    holds: bool
    found: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"statement": self.statement, "holds": self.holds, "found": self.found}


def checks(
    figures: Figures,
    expected: list[dict[str, Any]],
    effects: list[dict[str, Any]],
    failed: Iterable[dict[str, Any]],
    day_began_at: dict[int, datetime],
) -> list[Check]:
    """Everything that must hold.

    Args:
        expected: what the sandbox says of each delivery.
        effects: every change that the stand-ins made, one by one.
        failed: runs of Airflow that failed.
        day_began_at: when each day's deliveries came.
    """
    return [
        *_deliveries(figures, expected, day_began_at),
        *_balances(figures),
        *_outbox(figures),
        *_warehouses(figures, effects),
        *_retailers(figures, effects),
        *_suppliers(figures, effects, are_invoices_there=2 in day_began_at),
        *_once_in_effect(effects),
        Check("no run of a flow has failed", not list(failed), ", ".join(run["dag_id"] for run in failed)),
    ]


def _deliveries(
    figures: Figures, expected: list[dict[str, Any]], day_began_at: dict[int, datetime]
) -> Iterator[Check]:
    for wanted in expected:
        if wanted["flow"] in BY_CURSOR:
            yield _by_cursor(figures, wanted, day_began_at)
        else:
            yield _by_name(figures, wanted)


def _by_cursor(figures: Figures, wanted: dict[str, Any], day_began_at: dict[int, datetime]) -> Check:
    """An API that is read by a cursor: what is new or changed since the day began, however often it was read."""
    since = day_began_at[wanted["day"]]
    later = [at for day, at in day_began_at.items() if day > wanted["day"]]
    found = figures.rows(
        "taken_in",
        flow=wanted["flow"],
        entity=wanted["entity"],
        since=since,
        before=min(later, default=datetime.max),
    )[0]
    moved = wanted["accepted"] if wanted["changed"] is None else wanted["changed"]
    refused = len(wanted["refused"])
    return Check(
        f"day {wanted['day']}: {wanted['flow']} takes in {moved} {wanted['entity']} and refuses {refused}",
        found["moved"] == moved and found["refused"] == refused,
        f"{found['moved']} taken in, {found['refused']} refused",
    )


def _by_name(figures: Figures, wanted: dict[str, Any]) -> Check:
    name = wanted["delivery"].rpartition("/")[2]
    where = {"flow": wanted["flow"], "name": name}
    statement = f"day {wanted['day']}: {wanted['flow']}, {name}, {wanted['entity']}: "
    found = figures.rows("deliveries_by_name", entity=wanted["entity"], **where)
    match wanted["outcome"]:
        case "duplicate":
            is_repeated = figures.rows("is_repeated", **where)[0]["exists"]
            return Check(statement + "the same again is taken once", is_repeated, f"{len(found)} deliveries")
        case "broken":
            is_refused = [row["status"] for row in found] == ["refused"]
            return Check(statement + "refused as a whole, on record", is_refused, _shown(found))
    refused = len(wanted["refused"])
    sentence = f"{wanted['delivered']} delivered = {wanted['accepted']} accepted + {refused} refused"
    holds = len(found) == 1 and [found[0][n] for n in ("status", "delivered", "accepted", "refused")] == [
        "closed",
        wanted["delivered"],
        wanted["accepted"],
        refused,
    ]
    if wanted["outcome"] == "older":
        sentence += ", nothing newer replaced"
        holds = holds and found[0]["changed"] == 0
    return Check(statement + sentence, holds, _shown(found))


def _balances(figures: Figures) -> Iterator[Check]:
    gaps = figures.rows("gaps")
    yield Check(
        "delivered = accepted + refused and accepted = new + changed + unchanged + older, for every delivery",
        not gaps,
        f"{len(gaps)} gaps",
    )


def _outbox(figures: Figures) -> Iterator[Check]:
    rows = figures.rows("messages")
    unclear = [row for row in rows if row["status"] not in SETTLED | {"pending"}]
    yield Check("every message is settled or waits for something named", not unclear, _shown(unclear))
    (stock,) = (row for row in figures.flows() if row["flow"] == "reconcile_stock_with_shopify")
    found = f"{stock['mismatches']} mismatches"
    yield Check("the storefront shows what it should", stock["mismatches"] == 0, found)
    compared = [row for row in figures.flows() if row["compared"]]
    yield Check("the storefront was compared after the last push", bool(compared), "never compared")


def _warehouses(figures: Figures, effects: list[dict[str, Any]]) -> Iterator[Check]:
    """What warehouses are to send, as they understood it."""
    wanted = {row["key"]: row["quantities"] for row in figures.rows("to_be_sent")}
    has = {effect["key"]: effect["after"] for effect in effects if effect["operation"] == "shipping_order"}
    has = {key: articles for key, articles in has.items() if articles}
    differing = sorted(key for key in {*wanted, *has} if _numbers(wanted.get(key)) != _numbers(has.get(key)))
    found = f"{len(wanted)} orders; {', '.join(differing) or 'none'} differ"
    yield Check("every warehouse has every order as it is to be sent", bool(wanted) and not differing, found)


def _retailers(figures: Figures, effects: list[dict[str, Any]]) -> Iterator[Check]:
    """What retailers know of stock and prices, as they understood it."""
    for what, operation, statement in (
        ("stock", "retailer_stock", "every retailer knows how much it can order"),
        ("catalog", "retailer_price", "every retailer knows what it can order, and at which prices"),
    ):
        name = {"stock": "quantity", "catalog": "price"}[what]
        rows = figures.rows(f"{what}_for_retailers")
        held = {row["key"] for row in rows if row["is_held"]}
        wanted = {row["key"]: row[name] for row in rows if row["key"] not in held}
        told = [
            effect for effect in effects if effect["operation"] == operation and effect["key"] not in held
        ]
        has = {effect["key"]: effect["after"] for effect in told}
        # An article that was never listed and has lost its number is told to nobody.
        differing = sorted(
            key for key in {*wanted, *has} if (wanted.get(key) or None) != (has.get(key) or None)
        )
        found = f"{len(wanted)} articles, {len(held)} held; {', '.join(differing[:5]) or 'none'} differ"
        yield Check(statement, bool(wanted) and not differing, found)


def _suppliers(
    figures: Figures, effects: list[dict[str, Any]], *, are_invoices_there: bool
) -> Iterator[Check]:
    """What we ordered, as suppliers understood it; and what they asked for too much, once they invoice."""
    refused = [effect["after"] for effect in effects if effect["operation"] == "refused_interchange"]
    yield Check("partners could read everything that they got", not refused, "; ".join(map(str, refused)))
    got = [effect["key"] for effect in effects if effect["operation"] == "edi_interchange"]
    yield Check("no partner got anything twice", len(got) == len(set(got)), f"{len(got)} interchanges")
    wanted = {row["key"]: row["quantities"] for row in figures.rows("ordered")}
    has = {effect["key"]: effect["after"] for effect in effects if effect["operation"] == "purchase_order"}
    differing = sorted(key for key in {*wanted, *has} if _numbers(wanted.get(key)) != _numbers(has.get(key)))
    yield Check("every supplier has every order as it stands", not differing, ", ".join(differing))
    documents = figures.rows("sent_documents")
    is_all = bool(documents) and all(row["documents"] == row["accepted"] for row in documents)
    yield Check("partners have acknowledged every document", is_all, _shown(documents))
    dear = figures.rows("invoice_differences")
    statement = "the invoices that ask more than was agreed are with finance, and no others"
    yield Check(
        statement, {row["kind"] for row in dear} <= DEAR and bool(dear) == are_invoices_there, _shown(dear)
    )


def _numbers(quantities: dict[str, str] | None) -> dict[str, float]:
    return {line: float(quantity) for line, quantity in (quantities or {}).items()}


def _once_in_effect(effects: list[dict[str, Any]]) -> Iterator[Check]:
    """The same change of the same thing, twice in a row, is a message that had its effect twice."""
    repeated = []
    last: dict[tuple[str, str], Any] = {}
    for effect in effects:
        key = (str(effect["operation"]), str(effect["key"]))
        if effect["operation"] == "inventorySetQuantities" and last.get(key) == effect["after"]:
            repeated.append(key)
        last[key] = effect["after"]
    yield Check("no message had its effect twice", not repeated, f"{len(repeated)} twice")


def _shown(rows: list[dict[str, Any]]) -> str:
    return (
        "; ".join(", ".join(f"{k} {v}" for k, v in row.items() if v is not None) for row in rows) or "nothing"
    )
