"""Faults strike the requests that they are meant for, as often as they say."""

from __future__ import annotations

import pytest

from sandbox.faults import Fault, FaultKind, Faults, read_fault
from sandbox.state import State


@pytest.fixture
def faults(tmp_path):
    state = State(tmp_path / "state.sqlite")
    yield Faults(state)
    state.close()


def strikes(faults: Faults, count: int, operation: str = "orders") -> list[bool]:
    return [faults.take("shopify", operation) is not None for _ in range(count)]


def error(**changes: object) -> Fault:
    return Fault(**{"system": "shopify", "kind": FaultKind.ERROR_BEFORE_EFFECT} | changes)


def test_a_fault_strikes_as_often_as_it_says(faults):
    faults.add(error(times=2))
    assert strikes(faults, 4) == [True, True, False, False]
    assert faults.listed()[0]["hits"] == 2


def test_a_fault_without_end_goes_on(faults):
    faults.add(error(times=None))
    assert all(strikes(faults, 20))


def test_a_fault_can_wait_for_later_requests(faults):
    faults.add(error(skip=2))
    assert strikes(faults, 5) == [False, False, True, False, False]


def test_a_fault_strikes_only_what_it_names(faults):
    faults.add(error(operation="product*"))
    assert strikes(faults, 1, "orders") == [False]
    assert faults.take("akeneo", "products-uuid") is None
    assert strikes(faults, 1, "productSet") == [True]


def test_a_fault_can_name_its_subject(faults):
    faults.add(Fault(system="sftp", kind=FaultKind.CUT_IN_READ, subject="/nordhaus/*"))
    assert faults.take("sftp", "read", "/lumiere/outbox/a.csv") is None
    assert faults.take("sftp", "read", "/nordhaus/outbox/a.csv") is not None


def test_chance_is_seeded(tmp_path, faults):
    faults.add(error(times=None, probability=0.3, seed=5))
    first = strikes(faults, 200)
    faults.clear()
    faults.add(error(times=None, probability=0.3, seed=5))
    assert strikes(faults, 200) == first
    assert 30 < sum(first) < 90
    faults.clear()
    faults.add(error(times=None, probability=0.3, seed=6))
    assert strikes(faults, 200) != first


def test_one_request_meets_one_fault_the_oldest_first(faults):
    faults.add(error(kind=FaultKind.LATENCY))
    faults.add(error(kind=FaultKind.RATE_LIMIT))
    assert [faults.take("shopify", "orders").kind for _ in range(2)] == [
        FaultKind.LATENCY,
        FaultKind.RATE_LIMIT,
    ]


def test_faults_can_be_switched_off(faults):
    number = faults.add(error())
    other = faults.add(error(operation="productSet"))
    faults.clear(number)
    assert [fault["id"] for fault in faults.listed()] == [other]
    faults.clear()
    assert faults.listed() == []


def test_faults_outlive_a_restart(tmp_path):
    path = tmp_path / "state.sqlite"
    state = State(path)
    Faults(state).add(error(times=2))
    Faults(state).take("shopify", "orders")
    state.close()
    state = State(path)
    assert strikes(Faults(state), 2) == [True, False]
    state.close()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "a fault is a JSON object"),
        ({"system": "erp", "kind": "latency"}, "system must be one of akeneo, shopify, sftp, not 'erp'"),
        ({"system": "sftp", "kind": "gremlins"}, "kind must be one of latency"),
        ({"system": "sftp", "kind": "latency", "howoften": 3}, "unknown field 'howoften' of a fault"),
    ],
)
def test_what_is_no_fault_is_refused_with_a_reason(document, said):
    with pytest.raises(ValueError, match="^" + said.replace("'", ".")):
        read_fault(document)


def test_a_fault_is_read_as_it_was_written():
    fields = {"system": "shopify", "kind": "error_before_effect", "times": None, "retry_after": 3}
    assert read_fault(fields) == error(times=None, retry_after=3)
