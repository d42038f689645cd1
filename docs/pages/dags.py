"""``dags.md``: what each DAG file says of itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from docs.pages.markdown import anchor, code, joined, link, one_line, opening, table

DAGS = Path(__file__).parents[2] / "dags"


def page() -> str:
    """A list, then the docstring of each file: data flow, when, if it fails, safe to re-run."""
    found = {path: _docstring(path) for path in sorted(DAGS.glob("*/*.py"))}
    return joined(
        [
            opening("DAGs", "the docstrings of `dags/*/*.py`"),
            "One file a flow; the name of the file is the id of the DAG. The same text stands in Airflow on the page "
            "of the DAG. Facts and reasons are on the page [Flows](flows.md).",
            table(
                ("DAG", "folder", "what it is for"),
                [
                    (
                        link(path.stem, f"#{anchor(path.stem)}"),
                        path.parent.name,
                        one_line(text.partition("\n")[0]),
                    )
                    for path, text in found.items()
                ],
            ),
            *(_section(path, text) for path, text in found.items()),
        ]
    )


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def _section(path: Path, text: str) -> str:
    """The docstring, its headings turned into bold words, so that each DAG is one heading."""
    where = path.relative_to(DAGS.parent)
    told = re.sub(r"^### (.+)$", r"**\1**", text, flags=re.MULTILINE)
    links = (
        link(code(where), f"../{where}"),
        link("runbook", f"runbooks/{path.stem}.md"),
        link("facts", f"flows.md#{path.stem}"),
    )
    return f"## {path.stem}\n\n{told}\n\n{', '.join(links)}"
