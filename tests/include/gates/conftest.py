"""What the tests of the gates share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

DBT_PROJECT = Path(__file__).parents[3] / "dbt_project"


@pytest.fixture
def column_names() -> Callable[[str], set[str]]:
    """The columns that a model of dbt_project describes, by the path of its page without ending."""

    def names(model: str) -> set[str]:
        page = yaml.safe_load((DBT_PROJECT / f"{model}.yml").read_text())
        (described,) = page["models"]
        return {column["name"] for column in described["columns"]}

    return names
