"""``metrics.md``: the dictionary of metrics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from docs.pages.markdown import code, codes, joined, opening, table
from include.dbt_runs import PROJECT
from include.ownership import owners
from include.semantic_layer import GRAINS, Metric, SemanticLayer, published

DEFINITIONS = PROJECT / "metrics" / "definitions"
HEADER = ("metric", "what it says", "formula", "unit", "counts on", "owner", "version")


def page() -> str:
    """Every metric by its subject, and by what it can be told apart."""
    layer = published()
    return joined(
        [
            opening("Metrics", "`dbt_project/metrics/definitions` and `dbt_project/metrics/semantic_models`"),
            f"Each is defined once, in dbt's semantic layer. Amounts are in {layer.currency_code}, the reporting "
            "currency, at the rate of the day on which the order was placed. An owner answers for the definition; a "
            "change of meaning is a new version.",
            "    ./seamline metric net_revenue --by month,channel               # a table; --csv, --json\n"
            "    ./seamline metric net_revenue --by month --plot revenue.png\n"
            "    ./seamline metric orders --by channel --where environment=production --since 2026-11-01",
            "Three ways lead to the same number: `./seamline metric` and the views of schema `bi`, which show what was "
            "published last, and `mf query` in `dbt_project`, which asks the tables that a build writes "
            "([how](../dbt_project/README.md)).",
            *(part for path in sorted(DEFINITIONS.glob("*.yml")) for part in _subject(layer, path)),
        ]
    )


def _subject(layer: SemanticLayer, path: Path) -> Iterator[str]:
    names = [one["name"] for one in yaml.safe_load(path.read_text(encoding="utf-8"))["metrics"]]
    yield f"## {path.stem.replace('_', ' ').capitalize()}"
    yield table(HEADER, [_row(layer.metrics[name]) for name in names])
    apart: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        apart.setdefault(tuple(layer.dimensions([name])), []).append(name)
    yield "\n".join(
        f"- {codes(alike)} can be told apart by {codes(sorted(set(by) - set(GRAINS)))}, and by "
        f"{codes(grain for grain in GRAINS if grain in by)}."
        for by, alike in apart.items()
    )


def _row(metric: Metric) -> tuple[str, ...]:
    return (
        code(metric.name),
        metric.description,
        code(metric.formula),
        metric.unit,
        metric.date,
        owners()[metric.owner].name,
        metric.version,
    )
