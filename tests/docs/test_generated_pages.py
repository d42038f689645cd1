"""Pages made from the code say what the code says; everything that the documentation names is there."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest

from docs import generate
from docs.pages import cli, rules
from docs.pages.markdown import anchor
from include.flow import flows

PROJECT = Path(__file__).parents[2]
NAMED_FIRST = {"_at_first_line", "_finding", "_flaw", "_problem", "_unreadable", "_Violation"}
"""Functions of the code whose first argument is the name of a rule."""
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def markdown_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [PROJECT / line for line in listed.splitlines() if (PROJECT / line).exists()]


def headings(path: Path) -> set[str]:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return {anchor(found.replace("`", "")) for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def links(path: Path) -> Iterator[str]:
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text(encoding="utf-8")))
    # A code span as the text of a link is gone by now, its target is not.
    yield from re.findall(r"\]\(([^)\s]+)\)", text)


def problem_of(link: str, path: Path) -> str | None:
    """Why a link of a page leads nowhere; None where it leads somewhere or out of the project."""
    if re.match(r"[a-z]+:", link):
        return None
    file, _, place = link.partition("#")
    target = (path.parent / unquote(file)).resolve() if file else path
    if not target.exists():
        return f"{link}: no such file"
    if place and target.suffix == ".md" and place not in headings(target):
        return f"{link}: no such heading"
    return None


def test_a_page_that_is_missing_or_says_something_else_is_stale(tmp_path):
    fresh, edited = tmp_path / "fresh.md", tmp_path / "edited.md"
    fresh.write_text("a\n")
    edited.write_text("b\n")
    made = {fresh: "a\n", edited: "a\n", tmp_path / "missing.md": "a\n"}
    assert generate.stale(made) == [edited, tmp_path / "missing.md"]


def test_check_names_stale_pages_and_writes_nothing(tmp_path, monkeypatch, capsys):
    page = tmp_path / "docs" / "flows.md"
    monkeypatch.setattr(generate, "FOLDER", page.parent)
    monkeypatch.setattr(generate, "pages", lambda: {page: "text\n"})
    assert generate.main(["--check"]) == 1
    assert "docs/flows.md is stale" in capsys.readouterr().out
    assert not page.exists()


def test_generated_pages_are_fresh():
    assert [path.name for path in generate.stale(generate.pages())] == []


def rules_of_the_code() -> dict[str, str]:
    """Every name of a rule that stands as a text in the code, with the file where it stands."""
    found = {}
    for path in sorted((PROJECT / "include").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            named = getattr(call.func, "id", getattr(call.func, "attr", ""))
            given = [keyword.value for keyword in call.keywords if keyword.arg == "rule"]
            given += call.args[:1] if named in NAMED_FIRST else []
            for value in given:
                found |= {name: str(path.relative_to(PROJECT)) for name in _texts(value)}
    return found


def _texts(value: ast.expr) -> Iterator[str]:
    """The texts that an argument may be; not those that are arguments of a call in it."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)


def test_every_rule_of_the_code_is_documented():
    found = rules_of_the_code()
    assert {
        "required",
        "cut_off",
        "not_json",
        "renamed_column",
        "field_count",
        "missing_file",
    } <= found.keys()
    assert {name: path for name, path in found.items() if name not in rules.documented()} == {}


def test_every_rule_of_the_code_is_still_there():
    told = {name for _, _, of_section in rules.SECTIONS for name in of_section}
    text = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "include").rglob("*.py"))
    results = {"rejected", "retry", "parked", "not_shown"}
    assert [name for name in sorted(told - results) if f'"{name}"' not in text] == []


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_leads_somewhere(path):
    assert [problem for link in links(path) if (problem := problem_of(link, path))] == []


def test_a_link_to_nothing_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One\n\n[a](other.md) [`b`](#one) [c](#two) [d](https://example.org/x)\n")
    found = [problem_of(link, page) for link in links(page)]
    assert found == ["other.md: no such file", None, "#two: no such heading", None]


def test_every_target_of_make_that_is_named_exists():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {
        (target, str(path.relative_to(PROJECT)))
        for path in markdown_files()
        for target in re.findall(r"(?:`|^\s*)make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert ("docs", "docs/flows.md") in named
    assert {found for found in named if found[0] not in targets} == set()


def test_every_command_that_is_named_exists():
    known = {name.removeprefix(f"{cli.PROGRAM} ") for name, _ in cli.commands()}
    groups = {name.partition(" ")[0] for name in known}
    wrong = []
    for path in markdown_files():
        text = path.read_text(encoding="utf-8")
        for first, second in re.findall(r"\./seamline ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text):
            if first not in groups or (first not in known and second and f"{first} {second}" not in known):
                wrong.append(f"{path.relative_to(PROJECT)}: ./seamline {first} {second}")
    assert "explain" in known
    assert wrong == []


@pytest.mark.parametrize("dag_id", flows())
def test_every_flow_has_a_runbook(dag_id):
    assert (PROJECT / flows()[dag_id].runbook).exists()


def test_every_place_in_a_runbook_that_the_code_links_to_is_there():
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "include" / "steps").glob("*.py")
    )
    places = set(re.findall(r"runbook}#([a-z-]+)", text))
    assert "counts-do-not-close" in places
    for place, kinds in {
        "counts-do-not-close": "pull",
        "the-gate-is-shut": "push",
        "channel-does-not-answer": "push",
        "other-failures": "push",
        "mismatches": "reconcile",
    }.items():
        places.discard(place)
        for flow in flows().values():
            if flow.dag_id.startswith(f"{kinds}_") and not (
                place == "channel-does-not-answer" and flow.system == "bi"
            ):
                assert place in headings(PROJECT / flow.runbook), f"{flow.runbook}#{place}"
    assert places == set(), "the code links to a place that this test does not know"


def test_every_query_in_the_documentation_can_be_asked(database):
    asked = []
    with psycopg.connect(database.dsn("seamline_reader")) as connection:
        for path in markdown_files():
            for query in re.findall(r'./seamline sql "(select [^"]+)"', path.read_text(encoding="utf-8")):
                if re.search(r"\b(conformed|metrics|outbound|bi)\.(?!freshness)", query):
                    continue  # made by dbt, not by the migrations
                connection.execute("explain " + query.replace("DELIVERY", "1"))
                asked.append(query)
    assert any("landing.delivery_counts" in query for query in asked)
