"""What of a group of models a build has to run: what is made from tables that have news, and the tests that look at it.

Read from dbt's manifest (``manifest.json``, https://schemas.getdbt.com/dbt/manifest/), so that it follows the models'
own ``ref`` and ``source``. The groups are those of ``dbt_project/selectors.yml``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

TOLD_BY_BUILDS = ("raw", "outbox")
"""Schemas of which a build knows what changed since the last one: deliveries, and identifiers that channels gave."""


def nodes_with_news(manifest: dict[str, Any], group: str, tables: Collection[str]) -> list[str]:
    """Models and tests of a group that have to run, by their ids; none if no model is made from any of the tables.

    A model that also reads what no delivery tells of, such as the seams' own records, runs whenever its group does. One
    that is made from seeds alone changes with the project, and a new project runs whole.

    Args:
        tables: names of source tables with news, as ``shopify__orders``.
    """
    models = _models_of(manifest, group)
    changed = {key for key in models if _is_made_from(manifest, key, tables)}
    if not changed:
        return []
    running = changed | {key for key in models if _changes_by_itself(manifest, key)}
    tests = (key for key in _tests_of(manifest, models) if running & set(_parents(manifest, key)))
    return sorted([*running, *tests])


def selected(manifest: dict[str, Any], nodes: Collection[str]) -> list[str]:
    """Nodes as the command line of dbt names them."""
    return ["fqn:" + ".".join(manifest["nodes"][key]["fqn"]) for key in nodes]


def _models_of(manifest: dict[str, Any], group: str) -> set[str]:
    return {
        key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and group in node["tags"]
    }


def _tests_of(manifest: dict[str, Any], models: set[str]) -> Iterator[str]:
    """Tests that look at one of the models, and otherwise at what these are made from (dbt's ``buildable``)."""
    known = models.union(*(_ancestors(manifest, key) for key in models))
    for key, node in manifest["nodes"].items():
        parents = set(_parents(manifest, key))
        if node["resource_type"] == "test" and parents & models and parents <= known:
            yield key


def _is_made_from(manifest: dict[str, Any], key: str, tables: Collection[str]) -> bool:
    return any(source["name"] in tables for source in _sources(manifest, key))


def _changes_by_itself(manifest: dict[str, Any], key: str) -> bool:
    return any(source["schema"] not in TOLD_BY_BUILDS for source in _sources(manifest, key))


def _sources(manifest: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = _ancestors(manifest, key)
    return [manifest["sources"][one] for one in found if one in manifest["sources"]]


def _ancestors(manifest: dict[str, Any], key: str) -> set[str]:
    found: set[str] = set()
    waiting = [key]
    while waiting:
        new = set(_parents(manifest, waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _parents(manifest: dict[str, Any], key: str) -> list[str]:
    return manifest["parent_map"].get(key, [])
