"""Imports point one way, rooms have names that say something, and what is learned from files is in order."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from include.flow import Flow, MatchFlow, PublishFlow, PullFlow, PushFlow, ReconcileFlow, flows
from include.ownership import systems
from include.stores.sql import QUERIES, statements

PROJECT = Path(__file__).resolve().parents[1]
OURS = ("include", "dags", "plugins", "sandbox", "docs", "benchmarks", "tests")
IMPORT_AIRFLOW = {"alerts", "assets", "connections", "task_groups"}
"""Modules of include/ that Airflow's processes alone import."""
NAMES_OF_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "base",
    "manager",
    "managers",
    "misc",
}
PROTOCOLS = {"connector", "edi", "sftp"}
"""Folders of include/systems that several systems share, and that are no system themselves."""

FACTS = {
    "contracts",
    "delivery",
    "environment",
    "errors",
    "flow",
    "formats",
    "interchange",
    "outcome",
    "ownership",
}
BESIDE_STEPS = {"dbt_runs", "delivery_reading", "gates", "interventions", "settlement", "workspace"}
MAY_IMPORT = {
    "formats": set(),
    "contracts": {"errors", "formats", "reading_ahead"},
    "systems": {"contracts", "delivery", "errors", "flow", "formats", "interchange", "outcome"},
    "stores": {"contracts", "delivery", "environment", "errors", "flow", "interchange", "reading_ahead"},
    "gates": {"delivery"},
    "steps": FACTS | BESIDE_STEPS | {"stores", "systems"},
    "pages": FACTS | {"explanation", "interventions", "seam_status", "stores", "tracing", "workspace"},
}
"""What the modules of a room of include/ may import of ours, beside their own room."""


@cache
def imports(folder: Path) -> tuple[tuple[str, str], ...]:
    """(module, full name of what it imports) for every import below a folder, those inside functions too."""
    return tuple(
        (name, found)
        for path in sorted(folder.rglob("*.py"))
        for name in [
            ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
        ]
        for found in imported_by(ast.parse(path.read_text(encoding="utf-8")))
    )


def imported_by(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole way"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    """``include.steps.land`` lies in ``steps``; a module at the root is a room of its own."""
    return name.split(".")[1] if "." in name else ""


def wrong_ways(folder: Path) -> list[str]:
    """Imports of the modules below ``include`` that the table does not allow."""
    return [
        f"{name} imports {found}"
        for name, found in imports(folder)
        if (room := room_of(name)) in MAY_IMPORT
        and found.startswith("include.")
        and room_of(found) not in MAY_IMPORT[room] | {room}
    ]


def importers(folder: Path, of: str) -> set[str]:
    """Modules below a folder that import a package."""
    return {name for name, found in imports(folder) if found.split(".")[0] == of}


def steps_of_steps(folder: Path) -> list[str]:
    return [
        f"{name} imports {found}"
        for name, found in imports(folder)
        if name.startswith("include.steps.") and found.startswith("include.steps")
    ]


class TestImportsPointOneWay:
    def test_rooms_import_only_what_they_may(self) -> None:
        assert wrong_ways(PROJECT / "include") == []

    def test_a_step_never_imports_another(self) -> None:
        assert steps_of_steps(PROJECT / "include") == []

    def test_airflow_is_imported_where_tasks_are_wired_and_nowhere_else(self) -> None:
        assert importers(PROJECT / "include", "airflow") == {f"include.{name}" for name in IMPORT_AIRFLOW}
        for folder in ("sandbox", "docs", "benchmarks"):
            assert importers(PROJECT / folder, "airflow") == set(), folder

    def test_what_imports_airflow_is_imported_by_dags_plugins_and_its_like_alone(self) -> None:
        wrong = [
            f"{name} imports {found}"
            for folder in OURS
            if folder not in ("dags", "plugins", "tests")
            for name, found in imports(PROJECT / folder)
            if found.startswith("include.")
            and room_of(found) in IMPORT_AIRFLOW
            and room_of(name) not in IMPORT_AIRFLOW
        ]
        assert wrong == []

    @pytest.mark.parametrize("of", ["sandbox", "tests", "docs", "benchmarks", "dags", "plugins"])
    def test_the_product_never_imports_what_surrounds_it(self, of: str) -> None:
        for folder in ("include", "dags", "plugins"):
            assert importers(PROJECT / folder, of) == set()

    def test_nothing_imports_the_command_line_or_the_pages_but_their_doors(self) -> None:
        doors = {"commands": {"docs.pages.cli", "docs.pages.edi_verdicts"}, "pages": {"plugins.seam_pages"}}
        for room, allowed in doors.items():
            found = {
                name
                for folder in OURS
                if folder != "tests"
                for name, imported in imports(PROJECT / folder)
                if f"{imported}.".startswith(f"include.{room}.") and room_of(name) != room
            }
            assert found == allowed

    def test_a_wrong_import_is_found(self, tmp_path: Path) -> None:
        folder = tmp_path / "include"
        (folder / "formats").mkdir(parents=True)
        (folder / "steps").mkdir()
        (folder / "formats" / "csv.py").write_text("def f():\n    from include.stores import landing\n")
        (folder / "steps" / "one.py").write_text("import airflow.sdk\nfrom include.steps import two\n")
        assert wrong_ways(folder) == ["include.formats.csv imports include.stores.landing"]
        assert steps_of_steps(folder) == ["include.steps.one imports include.steps.two"]
        assert importers(folder, "airflow") == {"include.steps.one"}

    def test_steps_and_commands_run_where_airflow_is_not_installed(self) -> None:
        names = [f"include.steps.{name}" for name in ("land", "check_contract", "load_raw", "push")]
        program = (
            "import importlib, sys\nsys.modules['airflow'] = None\n"
            f"for name in {[*names, 'include.commands.app']}: importlib.import_module(name)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


class TestRooms:
    def test_none_is_called_by_a_name_that_says_nothing(self) -> None:
        wrong = [
            str(path.relative_to(PROJECT))
            for folder in (*OURS, "dbt_project")
            for path in (PROJECT / folder).rglob("*")
            if (path.is_dir() or path.suffix in (".py", ".sql"))
            and path.stem in NAMES_OF_NOTHING
            and not {"target", "dbt_packages"} & set(path.parts)
        ]
        assert wrong == []

    def test_nothing_can_be_imported_that_dbt_would_take_for_a_plugin_of_its_own(self) -> None:
        # dbt imports every importable module whose name begins with dbt_; Airflow puts dags/ and plugins/ on the path.
        wrong = [path for folder in ("dags", "plugins") for path in (PROJECT / folder).rglob("dbt_*")]
        assert wrong + list(PROJECT.glob("dbt_*.py")) == []

    def test_the_dbt_project_is_no_python_package(self) -> None:
        python = [path for path in (PROJECT / "dbt_project").rglob("*.py") if "target" not in path.parts]
        assert python == []

    def test_the_roots_of_dags_and_plugins_hold_only_what_is_named_for_its_work(self) -> None:
        assert [path.name for path in (PROJECT / "dags").glob("*.py")] == []
        assert {path.name for path in (PROJECT / "plugins").glob("*.py")} == {
            "seam_pages.py",
            "library_start.py",
        }
        assert not list((PROJECT / "dags").rglob("__init__.py"))

    def test_the_project_is_on_the_path_and_its_parts_are_not(self) -> None:
        from sandbox.stack.environment import _surroundings
        from sandbox.stack.places import places

        assert _surroundings(places())["PYTHONPATH"].split(":") == [str(PROJECT)]


class TestSteps:
    @pytest.mark.parametrize(
        "path", sorted((PROJECT / "include" / "steps").glob("[a-z]*.py")), ids=lambda p: p.stem
    )
    def test_one_file_has_one_public_function_of_its_name(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert path.stem in [name for name in _defined(tree) if not name.startswith("_")]
        assert (ast.get_docstring(tree) or "").startswith(f"``{path.stem}``: ")
        function = next(node for node in tree.body if getattr(node, "name", "") == path.stem)
        assert [argument.arg for argument in function.args.args[:2]] == ["flow", "workspace"]
        assert ast.get_docstring(function)


def _defined(tree: ast.Module) -> Iterable[str]:
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


class TestSystems:
    @pytest.mark.parametrize("system", systems())
    def test_an_outside_system_is_a_folder_with_the_same_file_names_as_every_other(self, system: str) -> None:
        folder = PROJECT / "include" / "systems" / system
        files = {path.name for path in folder.iterdir()}
        assert {"README.md", "__init__.py"} <= files
        kinds = {type(flow) for flow in flows().values() if flow.system == system}
        for name, wanted in {
            "pull.py": {PullFlow},
            "push.py": {PushFlow, PublishFlow},
            "reconcile.py": {ReconcileFlow, MatchFlow},
        }.items():
            assert (name in files) == bool(kinds & wanted), name

    def test_every_folder_is_a_system_or_a_protocol(self) -> None:
        folders = {p.name for p in (PROJECT / "include" / "systems").iterdir() if p.is_dir()} - {
            "__pycache__"
        }
        assert folders == set(systems()) | PROTOCOLS

    def test_whoever_speaks_to_a_server_has_a_client(self) -> None:
        for system in ("akeneo", "shopify", "sftp"):
            assert (PROJECT / "include" / "systems" / system / "client.py").is_file()

    @pytest.mark.parametrize("system", [*systems(), *sorted(PROTOCOLS)])
    def test_its_page_says_how_to_look_by_hand(self, system: str) -> None:
        page = (PROJECT / "include" / "systems" / system / "README.md").read_text(encoding="utf-8")
        assert re.search(r"^## (By hand|Check by hand)$", page, re.MULTILINE)

    @pytest.mark.parametrize("flow", flows().values(), ids=lambda flow: flow.dag_id)
    def test_a_flow_belongs_to_a_known_system(self, flow: Flow) -> None:
        assert flow.system in systems() or flow.system == "warehouse"


class TestSql:
    @pytest.mark.parametrize("path", sorted(QUERIES.glob("*.sql")), ids=lambda path: path.stem)
    def test_every_query_has_a_name_and_a_sentence(self, path: Path) -> None:
        names = re.findall(r"^-- name: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        found = statements(path.stem)
        assert len(found) == len(set(names)) == len(names) > 0
        assert [name for name in names if not re.fullmatch(r"[a-z_]+", name)] == []
        assert [name for name, text in found.items() if not re.match(r"-- [A-Z0-9\"].*", text)] == []

    @pytest.mark.parametrize("path", sorted(QUERIES.glob("*.sql")), ids=lambda path: path.stem)
    def test_every_query_is_asked_by_somebody(self, path: Path) -> None:
        code = "\n".join(p.read_text(encoding="utf-8") for p in (PROJECT / "include").rglob("*.py"))
        assert [name for name in statements(path.stem) if not _is_named(name, code)] == []

    def test_migrations_are_numbered_without_a_gap(self) -> None:
        names = sorted(path.name for path in (PROJECT / "include" / "stores" / "migrations").iterdir())
        assert [name[:5] for name in names] == [f"{number:04}_" for number in range(1, len(names) + 1)]
        assert [name for name in names if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name)] == []
        assert len(names) >= 11


def _is_named(name: str, code: str) -> bool:
    """By its whole name, or made of a status: ``set_{status}``."""
    return f'"{name}"' in code or (name.startswith("set_") and 'f"set_{' in code)
