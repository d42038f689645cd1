from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="seamline-"))
    yield folder
    shutil.rmtree(folder)


# A database server started by root runs as another user and must pass through the folders above its own;
# every pytest that starts closes the folder in which tmp_path lies.
open_folder = pytest.fixture(temporary_folder)
open_folder_of_module = pytest.fixture(temporary_folder, scope="module")
