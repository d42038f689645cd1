"""Every benchmark measures what it says at the smallest scale; no test looks at how long anything takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import build, panel
from benchmarks.feed.rows import COLUMNS, Feed
from benchmarks.figures import CHECKED_IN, Figure, Report, at_least, at_most, number, report, rows
from benchmarks.machine import machine
from benchmarks.scale import Bench, Scale, WrongResult
from benchmarks.server import Database
from docs import readme
from include.flow import PushFlow, flows

SMALLEST = Scale(rows=400, rounds=1)
BUILDS = ("build", "panel")
FIGURES = {
    "feed": ["first", "one_percent_changed", "repeated", "reordered", "peak", "log_written", "table_growth"],
    "start": ["help", "help_ratio", "parse", "slowest_file", "parse_ratio"],
    "outbox": ["nothing_changed", "one_percent_changed", "push"],
    "memory": ["peak", "growth"],
    "edi": ["x12", "x12_split", "x12_pyx12", "edifact", "edifact_pydifact", "memory", "memory_growth"],
    "build": ["stored", "one_percent_changed", "nothing_changed"],
    "panel": ["whole", "whole_ratio", "stored"],
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with command.workplace() as (server, folder):
        yield Bench(scale=SMALLEST, server=server, folder=folder)


def figure(**facts: object) -> Figure:
    return Figure(**{"benchmark": "feed", "name": "first", "says": "ours to plain", "values": [2.0]} | facts)


def test_the_figures_of_every_benchmark_are_known() -> None:
    assert list(FIGURES) == list(command.BENCHMARKS)


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in BUILDS])
def test_the_smallest_scale_gives_a_complete_result(bench: Bench, name: str) -> None:
    found = command.measured([name], bench)
    assert [one.name for one in found] == FIGURES[name]
    assert {one.benchmark for one in found} == {name}
    for one in found:
        assert len(one.values) == SMALLEST.rounds, one.name
        assert all(value > 0 for value in one.values), one.name
    if name == "feed":
        assert bench.left_out["dlt"].startswith("not measured: "), "a peer that is not there is named"


@pytest.mark.slow
def test_builds_of_one_warehouse_give_a_complete_result(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # dbt takes some seconds to start, once for every group: two of them will do, and tables for what is not built.
    monkeypatch.setattr(build, "GROUPS", build.GROUPS[:2])
    template = Database(bench.server, "warehouse")
    tables = {flow.outbound_table for flow in flows().values() if isinstance(flow, PushFlow)}
    for table in tables:
        made = f"set role seamline_builder; create table outbound.{table} (_build_id bigint);"
        template.execute(f"{made} grant select on outbound.{table} to seamline_pipeline")
    with build.warehouse(bench, 20) as one:
        one.seconds.same_number.append(one.after_change(2))
        one.seconds.one_percent.append(one.seconds.same_number[0])
        one.seconds.nothing.append(one.built(expects_news=False))
        with pytest.raises(WrongResult, match="plan_build says"):
            one.built()
        found = list(build.figures(one, one, 2))
    template.execute("drop table " + ", ".join(f"outbound.{table}" for table in tables))
    assert [figure.name for figure in found] == FIGURES["build"]
    assert all(figure.median > 0 for figure in found)


def test_baskets_are_filled_and_changed_and_their_figures_are_complete(bench: Bench, tmp_path: Path) -> None:
    """All but dbt, whose builds the test above holds: a full build of the panel takes a minute."""
    with bench.server.database() as database:
        one = build.Warehouse(database, database.workspace(tmp_path), 500, panel.BASKETS)
        one.fill()
        assert database.value("select count(distinct basket_number) from raw.panel_sftp__transactions") == 56
        database.execute(panel.BASKETS.change, "change", 2, 20)
        assert (
            database.value("select count(*) from raw.panel_sftp__transactions where _delivery_id = 2") == 20
        )
        one.seconds.everything, one.seconds.same_number = 6.0, [2.0]
        found = list(panel.figures(one, one, 20, panel.plain_seconds(database)))
    assert [figure.name for figure in found] == FIGURES["panel"]
    assert found[0].values == [6.0]
    assert all(figure.median > 0 for figure in found)


def test_what_is_recorded_keeps_other_figures_of_the_same_day_and_machine_alone() -> None:
    machine = {"processor": "P", "load_at_start": 0.1}
    before = Report(
        machine=machine, measured_on="2026-11-29", scale={"rows": 1}, left_out={"dlt": "not there"},
        figures=[figure(values=[2.0]), figure(benchmark="edi", name="x12")],
    )  # fmt: skip
    busy = {**machine, "load_at_start": 2.0}
    now = replace(before, machine=busy, figures=[figure(values=[1.0])], left_out={})
    both = command.with_others(now, before)
    assert [(one.benchmark, one.values) for one in both.figures] == [("feed", [1.0]), ("edi", [2.0])]
    assert both.left_out == {"dlt": "not there"}
    for other in (
        None,
        replace(before, measured_on="2026-11-28"),
        replace(before, machine={"processor": "Q"}),
    ):
        assert command.with_others(now, other) == now


class TestFeed:
    def test_the_same_arguments_make_the_same_file(self, tmp_path: Path) -> None:
        feed = Feed(rows=1_000)
        assert (
            feed.write(tmp_path / "a.csv").read_bytes()
            == replace(feed).write(tmp_path / "b.csv").read_bytes()
        )
        assert (
            replace(feed, seed=7).write(tmp_path / "c.csv").read_bytes() != (tmp_path / "a.csv").read_bytes()
        )

    def test_another_order_is_another_file_with_the_same_rows(self, tmp_path: Path) -> None:
        one = Feed(rows=1_000).clean.write(tmp_path / "a.csv").read_text()
        other = replace(Feed(rows=1_000).clean, is_reversed=True).write(tmp_path / "b.csv").read_text()
        assert one != other
        assert sorted(one.splitlines()) == sorted(other.splitlines())
        assert one.startswith(",".join(COLUMNS) + "\n")

    def test_a_share_of_the_rows_is_changed(self, tmp_path: Path) -> None:
        clean = Feed(rows=10_000).clean
        one = clean.write(tmp_path / "a.csv").read_text().splitlines()
        other = replace(clean, changed_share=0.01).write(tmp_path / "b.csv").read_text().splitlines()
        changed = sum(ours != theirs for ours, theirs in zip(one, other, strict=True))
        assert 50 < changed < 200


class TestFigures:
    def test_the_median_is_held_against_the_target(self) -> None:
        assert figure(values=[1.0, 9.0, 2.0], target=at_most(2.0)).is_met is True
        assert figure(values=[2.1], target=at_most(2.0)).is_met is False
        assert figure(values=[2.1], target=at_least(2.0)).is_met is True
        assert figure(values=[1.9], target=at_least(2.0)).is_met is False
        assert figure().is_met is None

    def test_a_report_comes_back_as_it_was_written(self) -> None:
        made = Report(
            machine=machine(),
            measured_on="2026-11-26",
            scale={"rows": 400, "rounds": 2},
            figures=[figure(values=[1.0, 2.0], target=at_most(2.0)), figure(name="peak", unit="MB")],
            left_out={"dlt": "not there"},
        )
        assert report(made.to_text()) == made
        assert json.loads(made.to_text())["figures"][0]["median"] == 1.5

    def test_a_row_says_median_spread_target_and_verdict(self) -> None:
        cells = rows([figure(values=[1.5, 2.5, 123.0], target=at_most(2.0), base="`\\copy`: 4.4 s")])
        assert cells == [
            ("feed", "ours to plain (`\\copy`: 4.4 s)", "2.50 x (1.50 to 123)", "at most 2.00 x", "missed")
        ]
        assert rows([figure(unit="MB", values=[1234.5])]) == [("feed", "ours to plain", "1,234 MB", "", "")]

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (1234.5, "1,234"),
            (12.34, "12.3"),
            (1.234, "1.23"),
            (0.5, "0.50"),
            (0.0213, "0.0213"),
            (0.002, "0.002"),
        ],
    )
    def test_a_number_has_as_many_digits_as_its_size_is_worth(self, value: float, said: str) -> None:
        assert number(value) == said

    def test_the_machine_is_told(self) -> None:
        assert {"processor", "cores", "python", "postgresql"} <= machine().keys()
        assert all(machine()[name] for name in ("processor", "cores", "python", "postgresql"))


class TestReadme:
    def test_its_table_is_made_from_the_recorded_figures(self) -> None:
        recorded = report(CHECKED_IN.read_text(encoding="utf-8"))
        told = readme.FILE.read_text(encoding="utf-8")
        assert readme.text() == told
        assert recorded.measured_on in told
        assert recorded.machine["processor"] in told
        for one in recorded.figures:
            assert one.says in told, one.name
        for name in recorded.left_out:
            assert f"- {name}: " in told

    def test_every_benchmark_is_recorded(self) -> None:
        recorded = report(CHECKED_IN.read_text(encoding="utf-8"))
        assert {one.benchmark for one in recorded.figures} == set(command.BENCHMARKS)

    def test_other_figures_make_another_readme(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = replace(report(CHECKED_IN.read_text(encoding="utf-8")), measured_on="1999-12-31")
        (tmp_path / "figures.json").write_text(other.to_text(), encoding="utf-8")
        monkeypatch.setattr(readme, "CHECKED_IN", tmp_path / "figures.json")
        assert "Measured on 1999-12-31" in readme.text()

    def test_lost_marks_are_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "README.md").write_text("# Nothing\n", encoding="utf-8")
        monkeypatch.setattr(readme, "FILE", tmp_path / "README.md")
        with pytest.raises(ValueError, match="has lost the lines"):
            readme.text()


class TestCommand:
    @pytest.fixture(autouse=True)
    def _kept_apart(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(command, "WRITTEN", tmp_path / "build" / "bench.json")
        monkeypatch.setattr(command, "CHECKED_IN", tmp_path / "figures.json")
        monkeypatch.setattr(command.peer, "present", lambda: None)
        monkeypatch.setattr(command, "workplace", lambda: nullcontext((None, tmp_path)))

    def test_help_lists_every_benchmark(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            command.main(["--help"])
        said = capsys.readouterr().out
        assert ended.value.code == 0
        assert all(f"  {name}" in said for name in command.BENCHMARKS)

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (
                ["nothing"],
                "there is no benchmark 'nothing'; there are feed, start, outbox, memory, edi, build",
            ),
            (["--rows", "0"], "'0' is not a whole number above zero"),
            (["--rounds", "many"], "'many' is not a whole number above zero"),
        ],
    )
    def test_what_it_cannot_do_is_said(
        self, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        assert ended.value.code == 2
        assert says in capsys.readouterr().err

    def test_what_was_measured_is_shown_and_written(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(command, "measured", lambda names, bench: [figure(target=at_most(1.0))])
        assert command.main(["feed", "--rows", "1_000", "--rounds", "2"]) == 0
        written = report(command.WRITTEN.read_text(encoding="utf-8"))
        assert written.scale == {"rows": 1_000, "rounds": 2}
        assert [one.name for one in written.figures] == ["first"]
        assert not command.CHECKED_IN.exists()
        assert "missed" in capsys.readouterr().out

    def test_only_on_request_it_is_recorded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(command, "measured", lambda names, bench: [figure()])
        assert command.main(["--record"]) == 0
        assert command.CHECKED_IN.read_text() == command.WRITTEN.read_text()

    def test_a_step_that_does_not_do_its_work_is_no_figure(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def wrong(names: object, bench: object) -> list[Figure]:
            raise WrongResult("it loaded 3 rows where 4 are right")

        monkeypatch.setattr(command, "measured", wrong)
        assert command.main([]) == 2
        assert "it loaded 3 rows where 4 are right" in capsys.readouterr().err
        assert not command.WRITTEN.exists()
