"""``make docs``: the pages of ``docs/`` that are made from the code, the figures of the README, the site of the model.

``--check`` names those that are stale.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import docs.pages
from docs import model_site, readme

FOLDER = Path(__file__).parent


def pages() -> dict[Path, str]:
    """The text of every generated page by the file that it belongs in."""
    modules = (
        importlib.import_module(found.name)
        for found in pkgutil.iter_modules(docs.pages.__path__, "docs.pages.")
    )
    made = {
        FOLDER / f"{module.__name__.rpartition('.')[2]}.md": module.page()
        for module in modules
        if hasattr(module, "page")
    }
    return {**made, readme.FILE: readme.text()}


def stale(made: dict[Path, str]) -> list[Path]:
    """The pages whose file is missing or says something else."""
    return [
        path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """Write what is stale, or only name it; 1 if ``--check`` found something."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name what is stale")
    is_check = parser.parse_args(arguments).check
    made = pages()
    found = stale(made)
    for path in found:
        if not is_check:
            path.write_text(made[path], encoding="utf-8")
        print(f"{path.relative_to(FOLDER.parent)} {'is stale: run `make docs`' if is_check else 'written'}")
    if not is_check:
        print(f"{model_site.write().relative_to(FOLDER.parent)} written: open it in a browser")
    return int(is_check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
