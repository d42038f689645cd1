"""The three steps in a process of their own, as tasks have them: seconds of each, and the peak of memory.

Behind them the delivery is closed by ``count_balance``, which is not measured.

``python -m benchmarks.feed.three_steps FOLDER``, with the warehouse's connection string on standard input; the
folder has ``systems/`` (files to take) and ``landing/``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.feed import mill
from include.delivery import Endpoint
from include.steps.check_contract import check_contract
from include.steps.count_balance import count_balance
from include.steps.land import land
from include.steps.load_raw import load_raw
from include.stores.landing_files import LandingFiles
from include.workspace import Workspace

STEPS = (land, check_contract, load_raw)


def measured(workspace: Workspace) -> dict[str, Any]:
    """What the steps took and what they say."""
    seconds, said = {}, {}
    for step in STEPS:
        began = time.perf_counter()
        said[step.__name__] = step(mill.FLOW, workspace)
        seconds[step.__name__] = time.perf_counter() - began
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    count_balance(mill.FLOW, workspace)
    return {"seconds": seconds, "said": said, "peak_bytes": peak_bytes}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    mill.install(folder)
    workspace = Workspace(
        warehouse=sys.stdin.readline().strip(),
        landing=LandingFiles(folder / "landing"),
        endpoint=lambda _: Endpoint(host=str(folder / "systems")),
    )
    json.dump(measured(workspace), sys.stdout)
