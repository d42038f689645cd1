from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import pytest

from sandbox.stack.failures import StackFailure
from sandbox.stack.ports import LOOPBACK, PREFERRED, any_free_port, choose_ports, is_free


@pytest.fixture
def occupied():
    with closing(socket.socket()) as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


def chosen(environment, names=("ui",), **options):
    with ExitStack() as held:
        return choose_ports(list(names), environment, held, **options)


def test_a_free_port_that_was_asked_for_is_taken_without_a_word():
    wanted = any_free_port()
    ports = chosen({"SEAMLINE_PORT_UI": str(wanted)})
    assert ports.numbers == {"ui": wanted}
    assert ports.remarks == ()


def test_where_a_port_is_taken_another_is_chosen_and_said(occupied):
    ports = chosen({"SEAMLINE_PORT_UI": str(occupied)})
    assert ports.numbers["ui"] != occupied
    assert is_free(ports.numbers["ui"])
    assert ports.remarks == (
        f"Port {occupied} is taken, so ui listens on {ports.numbers['ui']} (SEAMLINE_PORT_UI sets it).",
    )


def test_a_server_on_all_interfaces_counts_as_taken():
    with closing(socket.socket()) as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])


def test_zero_asks_for_any_port_and_nothing_is_said():
    ports = chosen({"SEAMLINE_PORT_UI": "0"})
    assert ports.numbers["ui"] > 0
    assert ports.remarks == ()


def test_two_stacks_that_start_at_the_same_time_never_choose_the_same_port():
    wanted = {"SEAMLINE_PORT_UI": str(any_free_port())}
    with ExitStack() as first, ExitStack() as second:
        one = choose_ports(["ui"], wanted, first)
        other = choose_ports(["ui"], wanted, second)
    assert one.numbers["ui"] != other.numbers["ui"]
    assert other.remarks


def test_a_reservation_ends_with_its_holder():
    wanted = {"SEAMLINE_PORT_UI": str(any_free_port())}
    assert chosen(wanted).numbers == chosen(wanted).numbers


def test_a_free_port_that_another_stack_has_just_chosen_is_not_taken():
    offered = iter([any_free_port(), any_free_port(), any_free_port()])
    first_offer = next(offered)
    with ExitStack() as held:
        choose_ports(["ui"], {"SEAMLINE_PORT_UI": str(first_offer)}, held)
        ports = choose_ports(
            ["sftp"], {"SEAMLINE_PORT_SFTP": "0"}, held, free_port=iter([first_offer, next(offered)]).__next__
        )
    assert ports.numbers["sftp"] != first_offer


def test_all_ports_of_one_stack_differ():
    numbers = chosen({f"SEAMLINE_PORT_{name.upper()}": "0" for name in PREFERRED}, names=PREFERRED).numbers
    assert len(set(numbers.values())) == len(PREFERRED)


@pytest.mark.parametrize("nonsense", ["http", "-1", "65536", "80.5", " "])
def test_what_is_no_port_is_refused_by_name(nonsense):
    with pytest.raises(StackFailure, match=r"SEAMLINE_PORT_UI=.* is no port"):
        chosen({"SEAMLINE_PORT_UI": nonsense})
