"""``edge_cases.md``: the edge cases of commerce, from what a source says to the status and metric that come of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from docs.pages.markdown import anchor, code, joined, link, one_line, opening, table

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "tests" / "samples" / "scenarios" / "orders.yml"
ARRIVES = {"first": "arrives", "then": "then", "later": "at last"}

Scenario = dict[str, Any]


def page() -> str:
    """A list of all of them, and each with its story, what arrives, and what holds in the end."""
    scenarios: list[Scenario] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    source = link("tests/samples/scenarios/orders.yml", "../tests/samples/scenarios/orders.yml")
    return joined(
        [
            opening("Edge cases", source),
            "Each of these is played by a test (`tests/dbt_project/test_edge_cases.py`): what arrives goes through raw "
            "and the model in one build after another, and what is listed here holds after the last. Fields of an "
            "order are those of the storefront's API; what is not stated is as usual: paid at once, nothing sent.",
            "\n".join(f"- {_entry(scenario)}" for scenario in scenarios),
            *(part for scenario in scenarios for part in _section(scenario)),
        ]
    )


def _entry(scenario: Scenario) -> str:
    return link(scenario["title"], f"#{anchor(scenario['title'])}")


def _section(scenario: Scenario) -> Iterator[str]:
    yield f"## {scenario['title']}"
    yield one_line(scenario["story"])
    rows = [
        (when, kind, _said(facts))
        for phase, when in ARRIVES.items()
        for event in scenario.get(phase, ())
        for kind, facts in event.items()
    ]
    ends = [("holds", name.replace("_", " "), _holds(found)) for name, found in scenario["ends"].items()]
    yield table(("", "of", f"on {scenario['day']}"), [*rows, *ends])


def _said(facts: Any) -> str:
    if not isinstance(facts, dict):
        return str(facts)
    return ", ".join(f"{name} {_value(value)}" for name, value in facts.items())


def _holds(found: Any) -> str:
    if isinstance(found, str):
        return found
    rows = found if isinstance(found, list) else [found]
    return "; ".join(_said(row) for row in rows) or "none"


def _value(value: Any) -> str:
    match value:
        case list():
            return " + ".join(f"({_said(one)})" for one in value) or "none"
        case dict():
            return f"({_said(value)})"
        case bool() | None:
            return code({True: "true", False: "false", None: "null"}[value])
        case _:
            return code(value)
