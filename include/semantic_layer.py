"""Metrics as dbt's semantic layer defines them (``dbt_project/metrics``), turned into SQL by MetricFlow.

One definition answers everybody: `mf query` over the tables that a build writes, and `./seamline metric` over
their published copies in schema ``bi``, of which readers see whole states only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

import yaml

from include.dbt_runs import PROJECT, parsed_semantic_layer
from include.errors import NotPossible

PUBLISHED = "bi"
METRIC_TIME = "metric_time"
GRAINS = ("day", "week", "month", "quarter", "year")
CURRENCY = "currency"
SHARE = "share"


class NoSuchMetric(NotPossible):
    """`./seamline metric` without a name lists all metrics; docs/metrics.md describes them."""


class NoSuchDimension(NotPossible):
    """Ask by one of those; metrics that are asked together are told apart by what all of them have."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as it is defined.

    Attributes:
        unit: ``currency`` for amounts in the reporting currency, ``share`` for numbers of which 1 is the whole, else
            what is counted.
        date: which day of its subject it counts on.
        formula: how it comes about, in the names of columns and metrics.
    """

    name: str
    label: str
    description: str
    owner: str
    unit: str
    date: str
    formula: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """What somebody asks of metrics.

    Attributes:
        names: metrics.
        by: what to tell them apart by: days to years, dimensions.
        only: values of dimensions; of each dimension one of them.
        since, until: first and last day.
    """

    names: Sequence[str]
    by: Sequence[str] = ()
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A question as SQL.

    Attributes:
        parameters: by name, for placeholders as psycopg has them.
        columns: names of its columns: what it is told apart by, then the metrics.
    """

    text: str
    parameters: dict[str, str]
    columns: tuple[str, ...]


class SemanticLayer:
    """The metrics of the dbt project, over their published tables.

    Args:
        manifest: ``semantic_manifest.json``, as dbt writes it when it reads the project.
    """

    def __init__(self, manifest: dict[str, Any]):
        self._manifest = _over(manifest, PUBLISHED)
        self.metrics = {found["name"]: _metric(found) for found in manifest["metrics"]}
        self.currency_code = reporting_currency()

    def dimensions(self, names: Sequence[str]) -> dict[str, str]:
        """By which metrics can be told apart together: short names, and how MetricFlow calls them.

        Raises:
            NoSuchMetric: one of the metrics does not exist.
        """
        self._refuse_unknown(names)
        of_each = [self._dimensions(name) for name in names]
        return {name: found for name, found in of_each[0].items() if all(name in one for one in of_each)}

    def statement(self, question: Question) -> Statement:
        """A question as SQL.

        Raises:
            NoSuchMetric, NoSuchDimension: it names what does not exist.
            NotPossible: the metrics do not go together, or not by what was asked.
        """
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest, OutputColumnOrderMode
        from metricflow_semantics.errors.error_classes import MetricFlowException

        if not question.names:
            raise NoSuchMetric("No metric was named.")
        known = self.dimensions(question.names)
        by = [_found(known, name) for name in question.by]
        marks = _marks(question.only)
        try:
            explained = self._engine.explain(
                MetricFlowQueryRequest.create(
                    metric_names=list(question.names),
                    group_by_names=by,
                    order_by_names=by,
                    output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
                    where_constraints=[
                        _condition(_found(known, name), list(marks[name])) for name in question.only
                    ]
                    or None,
                    time_constraint_start=_midnight(question.since),
                    time_constraint_end=_midnight(question.until),
                )
            )
        except MetricFlowException as error:
            raise NotPossible(_reason(error)) from None
        values = {mark: value for of_one in marks.values() for mark, value in of_one.items()}
        return Statement(
            _with_placeholders(explained.sql_statement.sql, values),
            values,
            (*question.by, *question.names),
        )

    @cached_property
    def _engine(self) -> Any:
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        parsed = parse_manifest_from_dbt_generated_manifest(json.dumps(self._manifest))
        return MetricFlowEngine(SemanticManifestLookup(parsed), _Postgres())

    def _dimensions(self, name: str) -> dict[str, str]:
        found = self._engine.simple_dimensions_for_metrics([name])
        finest = max(GRAINS.index(_grain(one)) for one in found if one.name == METRIC_TIME)
        times = {grain: f"{METRIC_TIME}__{grain}" for grain in GRAINS[finest:]}
        # Of two ways to the same dimension the direct one is meant.
        near = (one for one in found if one.name != METRIC_TIME and len(one.entity_links) == 1)
        return {one.name: _qualified(one) for one in near} | times

    def _refuse_unknown(self, names: Sequence[str]) -> None:
        unknown = [name for name in names if name not in self.metrics]
        if unknown:
            raise NoSuchMetric(f"There is no metric {unknown[0]!r}.")


def reporting_currency() -> str:
    """The currency of all amounts of metrics, ISO 4217."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return project["vars"]["reporting_currency"]


def published() -> SemanticLayer:
    """The metrics over what readers see; needs no database.

    Raises:
        Misconfigured: dbt cannot read its project.
    """
    return SemanticLayer(parsed_semantic_layer())


class _Postgres:
    """What MetricFlow wants to know of a database that it only writes SQL for."""

    def __init__(self) -> None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer

        self.sql_engine_type = SqlEngine.POSTGRES
        self.sql_plan_renderer = PostgresSQLSqlPlanRenderer()


def _metric(found: dict[str, Any]) -> Metric:
    meta = found["config"]["meta"]
    return Metric(
        name=found["name"],
        label=found["label"],
        description=found["description"],
        **{name: str(meta[name]) for name in ("owner", "unit", "date", "formula", "version")},
    )


def _over(manifest: dict[str, Any], schema: str) -> dict[str, Any]:
    """The manifest with every table in one schema."""
    moved = json.loads(json.dumps(manifest))
    places = [model["node_relation"] for model in moved["semantic_models"]]
    places += [spine["node_relation"] for spine in moved["project_configuration"]["time_spines"]]
    for place in places:
        place["schema_name"] = schema
        place["relation_name"] = f'"{schema}"."{place["alias"]}"'
    return moved


def _qualified(dimension: Any) -> str:
    """Its name as MetricFlow takes it; of a time in the grain in which it is kept."""
    grain = _grain(dimension)
    return f"{dimension.dunder_name}__{grain}" if grain else dimension.dunder_name


def _grain(dimension: Any) -> str:
    return dimension.type_params.time_granularity.value if dimension.type_params else ""


def _found(known: Mapping[str, str], name: str) -> str:
    if name in known:
        return known[name]
    if name in known.values():
        return name
    raise NoSuchDimension(f"This cannot be told apart by {name!r}, but by: {', '.join(sorted(known))}.")


def _marks(only: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """A name of its own for each value: no value becomes part of a template or of SQL."""
    return {
        name: {f"value_{place}_{number}": value for number, value in enumerate(values)}
        for place, (name, values) in enumerate(only.items())
    }


def _condition(dimension: str, marks: Sequence[str]) -> str:
    values = ", ".join(f"'{mark}'" for mark in marks)
    return f"{{{{ Dimension('{dimension}') }}}} in ({values})"


def _with_placeholders(text: str, values: Mapping[str, str]) -> str:
    escaped = text.replace("%", "%%")
    return re.sub(
        r"'(value_\d+_\d+)'", lambda mark: f"%({mark[1]})s" if mark[1] in values else mark[0], escaped
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time()) if day else None


def _reason(error: Exception) -> str:
    """What MetricFlow says, without the trees of its resolver."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [
        line
        for line in lines
        if line and not line.startswith(("Query Input", "Query input", "Issue Location", "["))
    ]
    return f"MetricFlow cannot answer this: {' '.join(said)[:600]}"
