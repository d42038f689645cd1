"""``warehouse.md``: what rests where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from docs.pages.markdown import anchor, code, joined, link, one_line, opening, table
from docs.pages.migrations import schema
from include.contracts.contract import contract, contract_ids
from include.dbt_runs import PROJECT
from include.flow import PublishFlow, flows

LAYERS = ("staging", "conformed", "metrics", "outbound")


def page() -> str:
    """Schemas, their tables, the models, and who may read what."""
    found = schema()
    schemas = [name for name in found.comments if "." not in name]
    return joined(
        [
            opening(
                "Warehouse",
                "`include/stores/migrations/*.sql`, the contracts and the `.yml` files of `dbt_project`",
            ),
            "One PostgreSQL database. Data go from the top of this list to its end. `make psql` and "
            "`./seamline sql` read it; the same comments stand in the database (`\\d+`).",
            table(("schema", "what rests there"), [(_schema_link(s), found.comments[s]) for s in schemas]),
            *(part for name in schemas for part in _of_schema(name)),
            "## Roles",
            table(("role", "for whom"), [(code(role), text) for role, text in found.roles.items()]),
        ]
    )


def _schema_link(name: str) -> str:
    return link(code(name), f"#{anchor(name)}") if _rows(name) else code(name)


def _of_schema(name: str) -> Iterator[str]:
    rows = _rows(name)
    if not rows:
        return
    yield f"## {name}\n\n{schema().comments[name]}"
    yield table(("table", "what a row is"), rows)
    columns = [
        (code(key.removeprefix(f"{name}.")), text)
        for key, text in schema().comments.items()
        if key.startswith(f"{name}.") and key.count(".") == 2
    ]
    yield table(("column", "meaning"), columns)


def _rows(name: str) -> list[tuple[str, str]]:
    """Tables of a schema with what is said of them, whoever makes them."""
    if name == "raw":
        return [_raw(*ids) for ids in contract_ids()]
    if name in LAYERS:
        return [_model(path, found) for path, found in models(name)]
    made = [
        (code(relation), schema().comments.get(relation, ""))
        for relation in schema().relations
        if relation.startswith(f"{name}.")
    ]
    return made + (_published() if name == "bi" else [])


def _raw(system: str, entity: str) -> tuple[str, str]:
    agreed = contract(system, entity)
    return code(
        f"raw.{agreed.table}"
    ), f"See contract {link(agreed.id, f'contracts.md#{anchor(agreed.id)}')}."


def models(layer: str) -> list[tuple[Path, dict[str, Any]]]:
    """(path of the yml, model) of every dbt model of a layer."""
    return [
        (path, found)
        for path in sorted((PROJECT / layer).rglob("*.yml"))
        for found in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", ())
    ]


def _model(path: Path, found: dict[str, Any]) -> tuple[str, str]:
    where = path.relative_to(PROJECT.parent)
    return link(code(f"{path.relative_to(PROJECT).parts[0]}.{found['name']}"), f"../{where}"), one_line(
        found["description"]
    )


def _published() -> list[tuple[str, str]]:
    return [
        (code(f"bi.{table.partition('.')[2]}"), f"{code(table)} of the newest build that passed its audit.")
        for flow in flows().values()
        if isinstance(flow, PublishFlow)
        for table in flow.tables
    ]
