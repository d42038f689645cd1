"""What partners say of what we sent, and what happens when they say nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from databases import Database
from edi_answers import contrl, functional, profile_of, x12_file
from edi_mailbox import MORNING

from include.interchange import SentDocument, SentInterchange
from include.operations import COLLECT_EDI_ACKNOWLEDGEMENTS
from include.steps.settle_answers import settle_answers
from include.steps.watch_exchanges import watch_exchanges
from include.stores import edi
from include.stores.edi import NumberKind
from include.stores.landing import NewDelivery, StoredFile, record_delivery
from include.systems.partners import Partner
from include.workspace import Workspace
from tests.include.formats.x12 import x12_documents as documents

COLLECT = replace(
    COLLECT_EDI_ACKNOWLEDGEMENTS, mailboxes=("supplier_edi",), exchange="edi_answers:profile_of"
)
SYSTEM = "supplier_edi"
LETTERS = "select rule, owner, value, status from dead_letter.letters order by dead_letter_id"


@pytest.fixture(autouse=True)
def _partners(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [Partner(account="fjell"), Partner(account="nordkap")]
    monkeypatch.setattr("include.steps.watch_exchanges.partners", lambda system: known)
    assert profile_of(SYSTEM, "nordkap").owner == "supplier-relations"


def send(
    workspace: Workspace,
    *orders: str,
    account: str = "nordkap",
    wait: timedelta | None = timedelta(hours=24),
) -> int:
    """An interchange with one order for each number, as if it had been put on the partner's server."""
    with workspace.connect("tests") as connection, connection.transaction():
        number = edi.next_number(connection, SYSTEM, account, NumberKind.INTERCHANGE)
        sent = SentInterchange(
            source_system=SYSTEM, account=account, flow="push_orders", standard="x12", control_number=number,
            folder="/in", file_name=f"850_{number}.edi", content=b"ISA", owner="supplier-relations",
            runbook="docs/runbooks/push_orders.md", awaited_for=wait,
            documents=tuple(
                SentDocument(kind="850", control_number=f"{place:04}", document_number=order,
                             functional_id="PO", group_number=number)
                for place, order in enumerate(orders, 1)
            ),
        )  # fmt: skip
        interchange_id = edi.write_interchange(connection, sent)
        edi.set_interchange_sent(connection, interchange_id)
    return interchange_id


def hear(
    workspace: Workspace, content: bytes, account: str = "nordkap", name: str = "997.edi"
) -> dict[str, Any]:
    sha256, size = workspace.landing.put([content])
    file = StoredFile(entity="acknowledgements", name=name, size_bytes=size, modified_at=None, sha256=sha256)
    delivery = NewDelivery(
        flow=COLLECT.dag_id, source_system=SYSTEM, account=f"{SYSTEM}/{account}", kind="interchange", name=name,
        content_sha256=sha256, as_of=MORNING,
    )  # fmt: skip
    with workspace.connect("tests") as connection:
        record_delivery(connection, delivery, [file])
    return settle_answers(COLLECT, workspace)


def states(database: Database) -> dict[int, str]:
    rows = database.rows("select control_number, state from edi.sent_states order by interchange_id")
    return {row["control_number"]: row["state"] for row in rows}


def syntax(database: Database) -> list[str]:
    rows = database.rows("select syntax_status from edi.sent_documents order by document_id")
    return [row["syntax_status"] for row in rows]


def acknowledged(group: int, *sets: str, of_group: str = "A", number: int = 900) -> bytes:
    """A 997 for our group; ``sets`` like ``0001*R``."""
    lines: Iterable[str] = (
        line
        for each in sets
        for line in (f"AK2*850*{each.partition('*')[0]}", f"AK5*{each.partition('*')[2]}")
    )
    count = max(1, len(sets))
    ending = f"AK9*{of_group}*{count}*{count}*{count if of_group == 'A' else 0}"
    return x12_file(functional(f"AK1*PO*{group}", *lines, ending), number=number)


def test_a_group_that_is_accepted_says_so_of_every_document(workspace: Workspace, database: Database) -> None:
    send(workspace, "PO-1", "PO-2")
    send(workspace, "PO-3")
    assert hear(workspace, acknowledged(1)) == {"answers": 1, "rejected": 0, "set_aside": 0}
    assert states(database) == {1: "accepted", 2: "sent"}
    assert syntax(database) == ["accepted", "accepted", "awaited"]
    assert (
        database.value("select transport_status from edi.sent_interchanges where control_number = 1")
        == "received"
    )
    assert database.rows("select distinct business_status from edi.sent_documents") == [
        {"business_status": "awaited"}
    ]


def test_a_document_that_is_rejected_goes_to_its_owner_and_its_neighbours_are_good(
    workspace: Workspace, database: Database
) -> None:
    send(workspace, "PO-1", "PO-2", "PO-3")
    found = hear(workspace, acknowledged(1, "0001*A", "0002*R*5", "0003*E*5", of_group="P"))
    assert found == {"answers": 4, "rejected": 1, "set_aside": 1}
    assert syntax(database) == ["accepted", "rejected", "accepted_with_errors"]
    assert states(database) == {1: "rejected"}
    assert database.rows(LETTERS) == [
        {"rule": "rejected_by_partner", "owner": "supplier-relations", "value": "850 PO-2", "status": "open"}
    ]


def test_a_group_that_is_rejected_takes_all_of_its_documents_with_it(
    workspace: Workspace, database: Database
) -> None:
    send(workspace, "PO-1", "PO-2")
    hear(workspace, acknowledged(1, of_group="R"))
    assert syntax(database) == ["rejected", "rejected"]
    assert len(database.rows(LETTERS)) == 2


def test_transport_and_business_are_kept_apart_from_syntax(workspace: Workspace, database: Database) -> None:
    send(workspace, "PO-1", "PO-2")
    hear(workspace, x12_file(notes=("TA1*000000001*261102*0500*A*000",)))
    assert states(database) == {1: "received"}
    assert syntax(database) == ["awaited", "awaited"]
    advice = documents.x12.transaction_set(
        "824", "0001",
        [documents.x12.segment("BGN", "00", "1", "20261102"), documents.x12.segment("OTI", "TR", "PO", "PO-2")],
    )  # fmt: skip
    hear(workspace, x12_file(advice, functional_id="AG", number=901), name="824.edi")
    rows = database.rows("select syntax_status, business_status from edi.sent_documents order by document_id")
    assert [tuple(row.values()) for row in rows] == [("awaited", "awaited"), ("awaited", "rejected")]
    assert states(database) == {1: "received"}
    assert [row["value"] for row in database.rows(LETTERS)] == ["850 PO-2"]


def test_an_interchange_that_could_not_be_read_is_rejected_as_a_whole(
    workspace: Workspace, database: Database
) -> None:
    send(workspace, "PO-1")
    hear(workspace, x12_file(notes=("TA1*000000001*261102*0500*R*006",)))
    assert states(database) == {1: "rejected"}
    assert [row["value"] for row in database.rows(LETTERS)] == ["interchange 1"]


def test_a_contrl_answers_the_messages_of_one_interchange(workspace: Workspace, database: Database) -> None:
    send(workspace, "PO-1", "PO-2", account="fjell")
    send(workspace, "PO-3", account="fjell")
    uci = "UCI+1+LINDQVIST:ZZ+NORDKAP:ZZ"
    hear(workspace, contrl(f"{uci}+8"), "fjell")
    assert states(database) == {1: "received", 2: "sent"}
    lines = (f"{uci}+7", "UCM+0001+ORDERS:D:96A:UN+4+13", "UCM+0002+ORDERS:D:96A:UN+7")
    hear(workspace, contrl(*lines).replace(b"+77", b"+78").replace(b"77'", b"78'"), "fjell", name="2.edi")
    assert syntax(database) == ["rejected", "accepted", "awaited"]


def test_partners_with_the_same_numbers_are_not_confused(workspace: Workspace, database: Database) -> None:
    send(workspace, "PO-1")
    send(workspace, "PO-2", account="fjell")
    hear(workspace, contrl("UCI+1+LINDQVIST:ZZ+NORDKAP:ZZ+7"), "fjell")
    assert syntax(database) == ["awaited", "accepted"]


def test_an_answer_to_nothing_that_was_sent_is_set_aside(workspace: Workspace, database: Database) -> None:
    send(workspace, "PO-1")
    hear(workspace, acknowledged(7, "0001*A"))
    assert [row["rule"] for row in database.rows(LETTERS)] == ["answers_nothing_sent"]
    assert syntax(database) == ["awaited"]


def test_an_answer_may_overtake_our_own_note_that_the_document_was_sent(
    workspace: Workspace, database: Database
) -> None:
    """The file lay in the mailbox, and whoever put it there was lost before it said so: the partner was quicker."""
    interchange_id = send(workspace, "PO-1")
    database.execute(
        "update edi.sent_interchanges set transport_status = 'written', sent_at = null, due_at = null"
    )
    assert hear(workspace, acknowledged(1, "0001*A"), name="early.edi")["set_aside"] == 1
    database.execute("update edi.sent_interchanges set staged_at = now()")
    assert hear(workspace, acknowledged(1, "0001*A", number=901), name="late.edi")["set_aside"] == 0
    assert states(database) == {1: "accepted"}
    with workspace.connect("tests") as connection:
        edi.set_interchange_sent(connection, interchange_id)
    assert database.rows("select transport_status, sent_at is null as unsent from edi.sent_interchanges") == [
        {"transport_status": "received", "unsent": False}
    ]


def test_the_opposite_of_what_was_said_before_is_set_aside_and_holds(
    workspace: Workspace, database: Database
) -> None:
    send(workspace, "PO-1")
    hear(workspace, acknowledged(1, "0001*A"))
    hear(workspace, acknowledged(1, "0001*R", of_group="R", number=901), name="again.edi")
    assert syntax(database) == ["rejected"]
    assert {row["rule"] for row in database.rows(LETTERS)} == {"rejected_by_partner", "answer_contradicts"}


def test_the_same_acknowledgement_again_changes_nothing(workspace: Workspace, database: Database) -> None:
    send(workspace, "PO-1")
    content = acknowledged(1, "0001*R", of_group="R")
    hear(workspace, content)
    before = database.photograph("edi")["edi.sent_documents"]
    found = hear(workspace, content.replace(b"\n", b"\r\n"), name="again.edi")
    assert found["answers"] == 0
    assert database.photograph("edi")["edi.sent_documents"] == before
    assert len(database.rows(LETTERS)) == 1
    assert database.value("select count(*) from edi.repeated_interchanges") == 1


def test_what_is_no_interchange_is_refused_on_record(workspace: Workspace, database: Database) -> None:
    hear(workspace, b"thank you for your order\n")
    assert [row["rule"] for row in database.rows(LETTERS)] == ["x12.no_interchange"]
    assert database.value("select status from landing.deliveries") == "refused"


class TestDeadlines:
    def test_who_does_not_answer_in_time_is_told_of_once_and_taken_back_when_the_answer_comes(
        self, workspace: Workspace, database: Database
    ) -> None:
        sent = send(workspace, "PO-1")
        assert watch_exchanges(COLLECT, workspace)["alerts"] == 0
        database.execute("update edi.sent_interchanges set due_at = now() - interval '1 second'")
        assert states(database) == {1: "overdue"}
        assert [watch_exchanges(COLLECT, workspace)["alerts"] for _ in range(3)] == [1, 0, 0]
        (alert,) = database.rows(
            "select flow, incident, owner, message, seen_count, cleared_at from seam.alerts"
        )
        assert (alert["flow"], alert["owner"], alert["seen_count"]) == (
            "push_orders",
            "supplier-relations",
            3,
        )
        assert alert["incident"] == f"interchange {sent} is not acknowledged"
        assert "nordkap" in alert["message"] and "850_1.edi" in alert["message"]
        hear(workspace, acknowledged(1))
        watch_exchanges(COLLECT, workspace)
        assert database.value("select cleared_at is not null from seam.alerts")

    def test_received_is_no_answer_about_its_documents(
        self, workspace: Workspace, database: Database
    ) -> None:
        send(workspace, "PO-1")
        database.execute("update edi.sent_interchanges set due_at = now() - interval '1 second'")
        hear(workspace, x12_file(notes=("TA1*000000001*261102*0500*A*000",)))
        assert states(database) == {1: "overdue"}

    def test_nobody_waits_for_a_partner_that_never_answers(
        self, workspace: Workspace, database: Database
    ) -> None:
        send(workspace, "PO-1", wait=None)
        assert database.value("select due_at from edi.sent_interchanges") is None
        assert watch_exchanges(COLLECT, workspace)["alerts"] == 0


class TestGaps:
    def hear_numbers(self, workspace: Workspace, database: Database, *numbers: int) -> None:
        for number in numbers:
            hear(
                workspace,
                x12_file(notes=("TA1*000000001*261102*0500*A*000",), number=number),
                name=f"{number}.edi",
            )
        database.execute("update edi.interchanges set received_at = received_at - interval '2 hours'")

    def gaps(self, database: Database) -> list[tuple[str, str]]:
        gaps = "from dead_letter.letters where rule = 'control_number_gap' order by dead_letter_id"
        return [tuple(row.values()) for row in database.rows(f"select value, status {gaps}")]

    def test_a_gap_is_set_aside_once_after_the_partners_patience(
        self, workspace: Workspace, database: Database
    ) -> None:
        send(workspace, "PO-1")
        hear(workspace, x12_file(notes=("TA1*000000001*261102*0500*A*000",), number=900), name="900.edi")
        hear(workspace, x12_file(notes=("TA1*000000001*261102*0500*A*000",), number=904), name="904.edi")
        assert watch_exchanges(COLLECT, workspace)["missing"] == 0
        database.execute("update edi.interchanges set received_at = received_at - interval '2 hours'")
        assert [watch_exchanges(COLLECT, workspace)["missing"] for _ in range(2)] == [1, 0]
        assert self.gaps(database) == [("901 to 903", "open")]
        (letter,) = database.rows("select owner, account, step from dead_letter.letters")
        assert letter == {"owner": "supplier-relations", "account": "nordkap", "step": "watch_exchanges"}

    def test_numbers_that_come_after_all_settle_their_letter(
        self, workspace: Workspace, database: Database
    ) -> None:
        send(workspace, "PO-1")
        self.hear_numbers(workspace, database, 900, 904)
        watch_exchanges(COLLECT, workspace)
        self.hear_numbers(workspace, database, 902)
        assert watch_exchanges(COLLECT, workspace) == {"alerts": 0, "missing": 2, "came": 1}
        assert self.gaps(database) == [("901 to 903", "resolved"), ("901", "open"), ("903", "open")]
        self.hear_numbers(workspace, database, 901, 903)
        assert watch_exchanges(COLLECT, workspace) == {"alerts": 0, "missing": 0, "came": 2}
        assert {status for _, status in self.gaps(database)} == {"resolved"}
