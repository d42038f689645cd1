"""Every DAG keeps the policy of the house: what a newcomer, an operator and Airflow itself rely on."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow_processes import run_python

from include.dbt_runs import GROUPS
from include.flow import (
    CollectFlow,
    Flow,
    LatencyClass,
    MatchFlow,
    Pattern,
    PublishFlow,
    PullFlow,
    PushFlow,
    ReconcileFlow,
    flows,
)
from include.ownership import objects, owners, systems

PROJECT = Path(__file__).resolve().parents[2]
FILES = sorted((PROJECT / "dags").rglob("*.py"))
HEADINGS = ["Data flow", "When", "If it fails", "Safe to re-run?"]
FOLDER = {
    PullFlow: "pull",
    CollectFlow: "collect",
    PushFlow: "push",
    PublishFlow: "push",
    ReconcileFlow: "reconcile",
    MatchFlow: "reconcile",
}
POOL = {
    "pull": "pulls",
    "collect": "pulls",
    "push": "pushes",
    "reconcile": "reconciliations",
    "build": "builds",
    "operate": "default_pool",
}
EVERY = pytest.mark.parametrize("dag_id", flows())
MOST_LINES = 60
WRONG = {
    "reads_a_variable.py": "from airflow.sdk import Variable\nVariable.get('limit')\n",
    "reads_a_connection.py": "from airflow.sdk import BaseHook\nBaseHook.get_connection('shop')\n",
    "reads_a_file.py": "from pathlib import Path\nPath('pyproject.toml').read_text()\n",
    "lists_a_folder.py": "from pathlib import Path\nlist(Path('tests').iterdir())\n",
    "asks_the_network.py": "import socket\nsocket.create_connection(('127.0.0.1', 9), 1)\n",
    "starts_a_program.py": "import subprocess\nsubprocess.run(['true'])\n",
    "cannot_be_read.py": "raise ValueError('of its own')\n",
}


@dataclass(frozen=True)
class Parsed:
    """What Airflow made of a folder of DAG files."""

    errors: dict[str, str]
    dags: dict[str, dict[str, Any]]
    forbidden: list[str]


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Parsed, Parsed]:
    """The DAG files of the project, and wrong ones."""
    home = tmp_path_factory.mktemp("airflow")
    wrong = home / "wrong"
    wrong.mkdir()
    for name, body in WRONG.items():
        wiring = (
            f"from airflow.sdk import DAG\nwith DAG({name.removesuffix('.py')!r}, schedule=None):\n    pass\n"
        )
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        caught = "ValueError" not in body
        guarded = f"try:\n{lines}except (OSError, LookupError):\n    pass\n" if caught else body
        (wrong / name).write_text(wiring + guarded)
    out = home / "parsed.json"
    run_python(Path(__file__).with_name("parsing.py"), out, PROJECT / "dags", wrong, home=home)
    right, bad = (Parsed(**found) for found in json.loads(out.read_text()))
    return right, bad


@pytest.fixture
def bag(parsed: tuple[Parsed, Parsed]) -> Parsed:
    return parsed[0]


@pytest.fixture
def wrong(parsed: tuple[Parsed, Parsed]) -> Parsed:
    return parsed[1]


def folder_of(flow: Flow) -> str:
    return FOLDER.get(type(flow)) or ("build" if flow.dag_id.startswith("build_") else "operate")


class TestTheBag:
    def test_it_holds_every_flow_and_nothing_else(self, bag: Parsed) -> None:
        assert bag.errors == {}
        assert len(bag.dags) >= 12
        assert set(bag.dags) == set(flows())

    def test_a_file_is_named_for_its_one_dag_and_lies_in_the_folder_of_its_kind(self, bag: Parsed) -> None:
        found = {dag_id: dag["file"] for dag_id, dag in bag.dags.items()}
        assert found == {flow.dag_id: f"{folder_of(flow)}/{flow.dag_id}.py" for flow in flows().values()}
        assert [path.stem for path in FILES] == sorted(found, key=lambda dag_id: found[dag_id])

    def test_a_name_says_what_moves_and_where(self) -> None:
        wanted = {
            PullFlow: r"pull_[a-z_]+_from_{system}",
            CollectFlow: r"collect_[a-z_]+",
            PushFlow: r"push_{entity}_to_{system}",
            PublishFlow: r"push_[a-z_]+_to_{system}",
            ReconcileFlow: r"reconcile_[a-z_]+_with_{system}",
            MatchFlow: r"reconcile_[a-z_]+_with_[a-z]+",
        }
        for flow in flows().values():
            pattern = wanted.get(type(flow), r"[a-z]+_[a-z_]+")
            named = pattern.format(system=flow.system, entity=getattr(flow, "entity", ""))
            assert re.fullmatch(named, flow.dag_id), flow.dag_id

    def test_a_file_that_cannot_be_read_is_an_error_and_not_an_empty_bag(self, wrong: Parsed) -> None:
        assert set(wrong.errors) == {"cannot_be_read.py"}


class TestFiles:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_they_are_a_docstring_and_wiring(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        assert len(text.splitlines()) <= MOST_LINES
        assert ast.get_docstring(tree)
        for node in tree.body[1:]:
            assert isinstance(node, ast.Import | ast.ImportFrom | ast.With | ast.Assign), ast.unparse(node)
        (block,) = [node for node in tree.body if isinstance(node, ast.With)]
        assert [type(node) for node in block.body] == [ast.Expr]
        names = [ast.unparse(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)]
        assert names in ([], ["PARAMS"])

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_the_docstring_has_the_fixed_headings_and_something_below_each(self, path: Path) -> None:
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        first, *sections = re.split(r"^### ", doc, flags=re.MULTILINE)
        assert re.fullmatch(r"[A-Z].{10,}[.?]", " ".join(first.split()))
        assert [section.partition("\n")[0] for section in sections] == HEADINGS
        assert [s.partition("\n")[0] for s in sections if len(s.partition("\n")[2].split()) < 2] == []

    def test_nothing_is_read_and_nobody_is_asked_while_they_are_parsed(self, bag: Parsed) -> None:
        assert bag.forbidden == []

    def test_a_file_that_reads_or_asks_is_found(self, wrong: Parsed) -> None:
        found = " ".join(wrong.forbidden)
        for sign in (
            "Variable.get",
            "BaseHook.get_connection",
            "pyproject.toml",
            "os.listdir tests",
            "socket.connect",
            "subprocess.Popen",
        ):
            assert sign in found
        assert len(wrong.dags) == len(WRONG) - 1


class TestFacts:
    @EVERY
    def test_somebody_owns_it(self, bag: Parsed, dag_id: str) -> None:
        dag, flow = bag.dags[dag_id], flows()[dag_id]
        assert flow.owner in owners()
        assert {task["owner"] for task in dag["tasks"].values()} == {flow.owner}

    @EVERY
    def test_its_tags_name_entity_system_and_latency_class(self, bag: Parsed, dag_id: str) -> None:
        flow = flows()[dag_id]
        assert set(flow.objects) <= set(objects())
        assert flow.objects or folder_of(flow) == "operate"
        assert flow.system in systems() or flow.system == "warehouse"
        assert str(flow.latency) in set(map(str, LatencyClass))
        assert set(bag.dags[dag_id]["tags"]) == {*flow.objects, flow.system, str(flow.latency)}

    @EVERY
    def test_its_page_says_what_it_does_why_so_and_where_its_runbook_is(
        self, bag: Parsed, dag_id: str
    ) -> None:
        dag, flow = bag.dags[dag_id], flows()[dag_id]
        assert dag["description"] == flow.summary
        assert flow.summary.endswith(".") and flow.because.endswith(".") and len(flow.because) > 30
        assert re.findall(r"^### (.*)$", dag["doc"], re.MULTILINE) == HEADINGS
        assert f"[{flow.runbook}](/seams/runbooks/{dag_id})" in dag["doc"]
        assert f"{flow.pattern}. {flow.because}" in dag["doc"]
        runbook = (PROJECT / flow.runbook).read_text(encoding="utf-8")
        assert runbook.startswith("# ") and len(runbook.splitlines()) > 20

    @EVERY
    def test_one_run_at_a_time_and_none_for_the_past(self, bag: Parsed, dag_id: str) -> None:
        assert (bag.dags[dag_id]["max_active_runs"], bag.dags[dag_id]["catchup"]) == (1, False)

    @EVERY
    def test_it_runs_when_its_flow_says_and_is_late_only_after_several_runs(
        self, bag: Parsed, dag_id: str
    ) -> None:
        flow = flows()[dag_id]
        assert bag.dags[dag_id]["cron"] == flow.schedule
        assert (flow.schedule is None) == (folder_of(flow) == "operate") == (flow.late_after is None)


class TestTasks:
    @EVERY
    def test_each_waits_in_the_pool_of_its_kind(self, bag: Parsed, dag_id: str) -> None:
        pools = yaml.safe_load((PROJECT / "include" / "pools.yml").read_text(encoding="utf-8"))
        pool = POOL[folder_of(flows()[dag_id])]
        assert {task["pool"] for task in bag.dags[dag_id]["tasks"].values()} == {pool}
        assert pool in pools or pool == "default_pool"

    @EVERY
    def test_each_is_tried_again_and_none_hangs_for_ever(self, bag: Parsed, dag_id: str) -> None:
        for task in bag.dags[dag_id]["tasks"].values():
            assert 2 <= task["retries"] <= 5
            assert 10 <= task["retry_seconds"] < (task["most_retry_seconds"] or 0) <= 3600
            assert 600 <= (task["timeout_seconds"] or 0) <= 2 * 3600

    @EVERY
    def test_the_owner_hears_of_each_that_fails_and_of_its_end(self, bag: Parsed, dag_id: str) -> None:
        for task in bag.dags[dag_id]["tasks"].values():
            assert (task["on_failure"], task["on_success"]) == (["tell_owner"], ["all_clear"])

    @EVERY
    def test_a_task_its_step_and_its_module_have_one_name(self, bag: Parsed, dag_id: str) -> None:
        for task_id, task in bag.dags[dag_id]["tasks"].items():
            step = step_of(task_id)
            assert (PROJECT / "include" / "steps" / f"{step}.py").is_file(), task_id
            assert task["doc"].splitlines()[0].endswith("."), task_id

    def test_every_step_is_a_task_of_some_dag(self, bag: Parsed) -> None:
        steps = {path.stem for path in (PROJECT / "include" / "steps").glob("[a-z]*.py")}
        assert {step_of(task_id) for dag in bag.dags.values() for task_id in dag["tasks"]} == steps

    @EVERY
    def test_no_task_takes_its_work_from_another_one(self, bag: Parsed, dag_id: str) -> None:
        for task in bag.dags[dag_id]["tasks"].values():
            assert task["arguments"] == [[], []]
            assert task["trigger_rule"] == "all_success"


def step_of(task_id: str) -> str:
    """A build has a task for each group of models; all of them are one step."""
    return "build_models" if task_id.removeprefix("build_") in GROUPS else task_id


class TestChains:
    def test_a_pull_lands_checks_loads_answers_and_counts(self, bag: Parsed) -> None:
        for flow in flows().values():
            if isinstance(flow, PullFlow):
                middle = ["acknowledge"] if flow.acknowledges else []
                assert chain_of(bag.dags[flow.dag_id]) == [
                    "land", "check_contract", "load_raw", *middle, "count_balance",
                ]  # fmt: skip

    def test_answers_are_settled_before_anybody_is_called_late(self, bag: Parsed) -> None:
        found = [flow.dag_id for flow in flows().values() if isinstance(flow, CollectFlow)]
        assert [chain_of(bag.dags[dag_id]) for dag_id in found] == [
            ["land", "settle_answers", "watch_exchanges"]
        ]

    def test_nothing_is_pushed_before_its_gate(self, bag: Parsed) -> None:
        for flow in flows().values():
            if isinstance(flow, PushFlow):
                steps = ["check_gate", "fill_outbox", "push", "collect_acknowledgements"]
                assert chain_of(bag.dags[flow.dag_id]) == steps

    def test_readers_see_only_what_was_audited(self, bag: Parsed) -> None:
        assert chain_of(bag.dags["push_metrics_to_bi"]) == ["write_aside", "audit_aside", "swap_views"]

    def test_a_build_goes_from_layer_to_layer_and_closes_behind_all(self, bag: Parsed) -> None:
        tasks = bag.dags["build_warehouse"]["tasks"]
        assert set(tasks) == {"plan_build", "close_build", *(f"build_{group}" for group in GROUPS)}
        assert {task_id for task_id in tasks if task_id != "close_build"} == behind(tasks, "close_build")
        assert "build_staging" in behind(tasks, "build_conformed_orders")
        for group in ("conformed_products", "conformed_stock"):
            assert f"build_{group}" in behind(tasks, "build_outbound")
        for group in ("conformed_orders", "conformed_stock"):
            assert f"build_{group}" in behind(tasks, "build_metrics")
        assert behind(tasks, "build_staging") == {"plan_build"}


def chain_of(dag: dict[str, Any]) -> list[str]:
    """The tasks in their order; each follows exactly the one before it."""
    order = list(dag["tasks"])
    assert [dag["tasks"][task_id]["upstream"] for task_id in order] == [
        [],
        *([task_id] for task_id in order[:-1]),
    ]
    return order


def behind(tasks: dict[str, dict[str, Any]], task_id: str) -> set[str]:
    """Everything that must have happened before a task."""
    found: set[str] = set()
    waiting = list(tasks[task_id]["upstream"])
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += tasks[one]["upstream"]
    return found


class TestAssets:
    def test_any_pull_wakes_the_build(self, bag: Parsed) -> None:
        pulls = [flow.dag_id for flow in flows().values() if isinstance(flow, PullFlow)]
        assert bag.dags["build_warehouse"]["wakes_on"] == sorted(f"loaded/{dag_id}" for dag_id in pulls)
        assert pulls

    def test_each_push_is_woken_by_its_own_changes_alone(self, bag: Parsed) -> None:
        woken = {
            dag_id: dag["wakes_on"]
            for dag_id, dag in bag.dags.items()
            if folder_of(flows()[dag_id]) == "push"
        }
        assert woken == {dag_id: [f"changed/{dag_id}"] for dag_id in woken}
        assert len(woken) >= 3

    def test_who_takes_documents_is_woken_by_those_who_find_them_in_their_files(self, bag: Parsed) -> None:
        takers = {
            flow.dag_id
            for flow in flows().values()
            if isinstance(flow, CollectFlow) or (isinstance(flow, PullFlow) and flow.pattern is Pattern.EDI)
        }
        assert {dag_id: bag.dags[dag_id]["wakes_on"] for dag_id in takers} == {
            dag_id: [f"handed_over/{dag_id}"] for dag_id in takers
        }
        assert len(takers) >= 10

    def test_nothing_else_is_woken(self, bag: Parsed) -> None:
        woken = {dag_id for dag_id, dag in bag.dags.items() if dag["wakes_on"]}
        assert {folder_of(flows()[dag_id]) for dag_id in woken} == {"push", "build", "pull", "collect"}
        assert all(
            flows()[dag_id].pattern is Pattern.EDI
            for dag_id in woken
            if folder_of(flows()[dag_id]) in ("pull", "collect")
        )

    @EVERY
    def test_only_the_tasks_that_make_news_may_tell_it(self, bag: Parsed, dag_id: str) -> None:
        tellers = {
            "pull": {"count_balance"},
            "collect": {"settle_answers"},
            "build": {"close_build"},
            "push": {"push", "collect_acknowledgements"},
            "reconcile": {"reconcile"},
            "operate": set(),
        }[folder_of(flows()[dag_id])]
        tasks = bag.dags[dag_id]["tasks"]
        if "acknowledge" in tasks:
            tellers = tellers | {"check_contract"}
        found = {task_id: task["outlets"] for task_id, task in tasks.items() if task["outlets"]}
        assert found == {task_id: [f"news of {dag_id}"] for task_id in tellers & set(tasks)}
