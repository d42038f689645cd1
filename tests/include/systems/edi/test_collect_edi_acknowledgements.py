"""Acknowledgements are taken from the mailboxes of all partners, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from standard_pull_suite import time_passes

from include.errors import SystemUnavailable
from include.operations import COLLECT_EDI_ACKNOWLEDGEMENTS
from include.steps.land import land
from include.steps.settle_answers import settle_answers
from include.stores.connection import connected
from include.systems.edi.exchange import acknowledgements
from sandbox.systems import Sandbox
from tests.include.formats.x12 import x12_documents as documents

x12 = documents.x12


def acknowledgement(number: int) -> bytes:
    found = x12.transaction_set(
        "997", "0001", [x12.segment("AK1", "OW", 5), x12.segment("AK9", "A", 1, 1, 1)]
    )
    group = documents.group(found, functional_id="FA", number=number)
    return documents.as_bytes(documents.interchange(group, number=number))


def mailbox(box: Sandbox, name: str) -> Path:
    return box.settings.state_dir / "sftp" / "warehouse" / "central" / name


def test_acknowledgements_are_landed_settled_and_archived_and_reports_are_left_alone(
    own_box: Sandbox, places: Any
) -> None:
    workspace = places(own_box)
    (mailbox(own_box, "out") / "997_1.edi").write_bytes(acknowledgement(901))
    reports = sorted(path.name for path in mailbox(own_box, "out").glob("846_*"))
    assert land(COLLECT_EDI_ACKNOWLEDGEMENTS, workspace)["landed"] == 0
    time_passes(workspace.warehouse)
    assert land(COLLECT_EDI_ACKNOWLEDGEMENTS, workspace)["landed"] == 1
    assert land(COLLECT_EDI_ACKNOWLEDGEMENTS, workspace)["landed"] == 0
    assert (mailbox(own_box, "archive") / "997_1.edi").is_file()
    assert sorted(path.name for path in mailbox(own_box, "out").iterdir()) == reports != []
    with connected(workspace.warehouse, "tests") as connection:
        found = connection.execute("select source_system, account, kind from landing.deliveries").fetchall()
    assert found == [("warehouse_edi", "warehouse_edi/central", "interchange")]
    assert settle_answers(COLLECT_EDI_ACKNOWLEDGEMENTS, workspace)["answers"] == 1


def test_a_mailbox_that_cannot_be_opened_does_not_keep_the_others_waiting(
    own_box: Sandbox, places: Any
) -> None:
    workspace = places(own_box)
    here = workspace.endpoint

    def endpoint(system: str) -> Any:
        return replace(here("warehouse_edi"), port=1) if system == "closed" else here(system)

    workspace = replace(workspace, endpoint=endpoint)
    flow = replace(
        COLLECT_EDI_ACKNOWLEDGEMENTS,
        mailboxes=("closed", "warehouse_edi"),
        source="test_collect_edi_acknowledgements:source",
    )
    (mailbox(own_box, "out") / "997_1.edi").write_bytes(acknowledgement(901))
    for _ in range(2):
        with pytest.raises(SystemUnavailable):
            land(flow, workspace)
        time_passes(workspace.warehouse)
    with connected(workspace.warehouse, "tests") as connection:
        assert connection.execute("select count(*) from landing.deliveries").fetchone() == (1,)


def source(system: str, *look: Any) -> Any:
    """The mailboxes of the warehouses, wherever they are."""
    return acknowledgements("warehouse_edi", *look)
