"""dbt as the build's steps run it: as a program of its own, in the folder ``dbt_project``."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.delivery import Endpoint
from include.errors import Misconfigured

PROJECT = Path(__file__).parent.parent / "dbt_project"
PARSED = "partial_parse.msgpack"
NOT_PART = {"target", "logs", "dbt_packages", "README.md", ".user.yml"}
GROUPS = ("staging", "conformed_products", "conformed_stock", "conformed_orders", "metrics", "outbound")


@dataclass(frozen=True, slots=True)
class Failure:
    """A model, test or seed that failed, and what dbt says of it."""

    node: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a dbt invocation did.

    Attributes:
        nodes: how many models, tests and seeds ran.
        failures: those that failed; without any, dbt succeeded.
        output: the last lines that dbt printed.
    """

    nodes: int
    failures: tuple[Failure, ...]
    output: str


def project_sha256() -> str:
    """Changes whenever a file of the dbt project does."""
    digest = hashlib.sha256()
    for path in _project_files():
        digest.update(f"{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(where: Endpoint, group: str) -> Run:
    """Run and test one group of models; see ``dbt_project/selectors.yml``.

    Args:
        where: the warehouse, with the builder's role.
    """
    return _dbt(where, group, "build", "--selector", group)


def sources_of_groups(where: Endpoint) -> dict[str, set[str]]:
    """Raw tables from which each group is made, directly or through other models."""
    manifest = _manifest(where)
    nodes = {**manifest["nodes"], **manifest["sources"]}
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    return {
        group: {
            nodes[source]["name"]
            for key, node in models.items()
            if _is_in(node, group)
            for source in _upstream_sources(manifest, key)
        }
        for group in GROUPS
    }


def target_folder(group: str) -> Path:
    """Where dbt keeps what it compiled, one folder a group, so that two may run at once."""
    root = Path(os.environ.get("SEAMLINE_DBT_TARGET", PROJECT / "target"))
    return root / group


def _is_in(node: dict[str, Any], group: str) -> bool:
    return group in node["tags"] or node["fqn"][1] == group


def _upstream_sources(manifest: dict[str, Any], key: str) -> set[str]:
    found, waiting = set(), [key]
    seen = {key}
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), ()):
            if parent.startswith("source."):
                found.add(parent)
            elif parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return found


def _manifest(where: Endpoint) -> dict[str, Any]:
    path = target_folder("parse") / "manifest.json"
    stamp = target_folder("parse") / "project_sha256"
    if not path.is_file() or not stamp.is_file() or stamp.read_text() != project_sha256():
        run = _dbt(where, "parse", "parse")
        if not path.is_file():
            raise Misconfigured(f"dbt cannot read its project: {run.output}")
        stamp.write_text(project_sha256())
    return json.loads(path.read_text(encoding="utf-8"))


def _dbt(where: Endpoint, group: str, *arguments: str) -> Run:
    target = target_folder(group)
    target.mkdir(parents=True, exist_ok=True)
    _borrow_parsed_project(target)
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    done = subprocess.run(
        [_program(), "--no-use-colors", *arguments, "--target-path", str(target), "--log-path", str(target)],
        cwd=PROJECT,
        env=_environment(where),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return _read(results, done)


def _borrow_parsed_project(target: Path) -> None:
    """Parsing the project anew takes seconds; what another group parsed last serves as well."""
    parsed = target / PARSED
    others = [path for path in target.parent.glob(f"*/{PARSED}") if path != parsed]
    if not parsed.exists() and others:
        made = parsed.with_suffix(".borrowed")
        shutil.copyfile(max(others, key=lambda path: path.stat().st_mtime), made)
        made.rename(parsed)


def _program() -> str:
    beside = Path(sys.executable).parent / "dbt"
    found = str(beside) if beside.exists() else shutil.which("dbt")
    if not found:
        raise Misconfigured(
            "The program dbt is not installed beside Python; run `make` to make the environment."
        )
    return found


def _environment(where: Endpoint) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "SEAMLINE_DBT_HOST": where.host,
        "SEAMLINE_DBT_PORT": str(where.port or 5432),
        "SEAMLINE_DBT_USER": where.login or "",
        "SEAMLINE_DBT_PASSWORD": where.password or "",
        "SEAMLINE_DBT_DBNAME": where.schema or "",
    }


def _read(results: Path, done: subprocess.CompletedProcess[str]) -> Run:
    output = "\n".join(done.stdout.splitlines()[-30:])
    if not results.is_file():
        failures = (Failure("dbt", "error", output),) if done.returncode else ()
        return Run(0, failures, output)
    found = json.loads(results.read_text(encoding="utf-8"))["results"]
    failures = tuple(_failures(found))
    if done.returncode and not failures:
        failures = (Failure("dbt", "error", output),)
    return Run(len(found), failures, output)


def _failures(results: list[dict[str, Any]]) -> Iterator[Failure]:
    for result in results:
        if result["status"] in ("error", "fail", "runtime error"):
            message = " ".join((result.get("message") or "").split())
            yield Failure(result["unique_id"].split(".", 2)[2], result["status"], message)


def _project_files() -> list[Path]:
    return sorted(
        path
        for path in PROJECT.rglob("*")
        if path.is_file()
        and path.relative_to(PROJECT).parts[0] not in NOT_PART
        and "__pycache__" not in path.parts
    )
