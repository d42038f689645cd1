"""``ownership.md``: who owns which fact."""

from __future__ import annotations

from collections.abc import Iterator

from docs.pages.markdown import codes, facts, joined, link, opening, table
from include.flow import flows
from include.ownership import OwnedObject, Ownership, objects, owners, systems

LETTERS = {"create": "C", "update": "U", "correct": "K", "ask": "a", "consume": "s"}


def page() -> str:
    """The matrix, each object, and who can be asked."""
    return joined(
        [
            opening("Ownership", "`include/ownership.yml`"),
            "For every object one system's word counts: its system of record. A record from a system that has no "
            "right to state it is refused with the rule [`ownership`](rules.md#ownership). "
            "`./seamline explain <object>` says the same of one object.",
            "**R** system of record, **C** may create, **U** may update, **K** corrects mistakes, **a** may only ask: "
            "its statements are kept as proposals, **s** is shown it.",
            table(
                ("object", *systems().values(), "owner"),
                [_row(owned.name, owned.ownership, owned) for owned in objects().values()],
            ),
            *(_facts(owned) for owned in objects().values()),
            "## Who can be asked",
            table(
                ("owner", "key", "contact"), [(o.name, f"`{o.key}`", o.contact) for o in owners().values()]
            ),
        ]
    )


def _row(name: str, ownership: Ownership, owned: OwnedObject) -> tuple[str, ...]:
    rights = (_rights(ownership, system) for system in systems())
    return (link(name, f"#{name.replace(' ', '-')}"), *rights, owners()[owned.owner].name)


def _rights(ownership: Ownership, system: str) -> str:
    record = "**R** " if ownership.system_of_record == system else ""
    return record + " ".join(letter for role, letter in LETTERS.items() if system in getattr(ownership, role))


def _facts(owned: OwnedObject) -> str:
    moved_by = [flow.dag_id for flow in flows().values() if owned.name in flow.objects]
    rows = [
        ("Identifiers", codes(owned.identifiers)),
        *_rights_in_words(owned.ownership),
        *((f"Field `{name}`", _field(ownership)) for name, ownership in owned.fields.items()),
        ("When it is silent", owned.fallback),
        ("Owner", f"{owners()[owned.owner].name} <{owners()[owned.owner].contact}>"),
        ("Flows", ", ".join(link(dag_id, f"flows.md#{dag_id}") for dag_id in moved_by)),
    ]
    return f"## {owned.name}\n\n{owned.description}\n\n{facts(rows)}"


def _rights_in_words(ownership: Ownership) -> Iterator[tuple[str, str]]:
    yield "System of record", _named((ownership.system_of_record,))
    yield "May create", _named(ownership.create)
    yield "May update", _named(ownership.update)
    yield "May only ask", _named(ownership.ask)
    yield "Corrected in", _named(ownership.correct) or "no system"
    yield "Shown to", _named(ownership.consume)


def _field(ownership: Ownership) -> str:
    return "; ".join(f"{name.lower()}: {value}" for name, value in _rights_in_words(ownership) if value)


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(systems()[name] for name in names)
