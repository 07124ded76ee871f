"""A port that was given out is nobody else's, whether its program listens just now or not."""

import gc
import itertools
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from system import ports
from system.environment import Layout
from system.gateway import Doors
from system.ports import LOOPBACK, Reservation, free_port, hold, is_free, reserve

Offer = Callable[[Iterable[int]], None]


@pytest.fixture
def reserved() -> Iterator[Reservation]:
    with reserve() as reservation:
        yield reservation


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Chance falls on these ports before it falls on others."""

    def first(these: Iterable[int]) -> None:
        offered = itertools.chain(these, iter(ports._by_chance, None))
        monkeypatch.setattr(ports, "_by_chance", lambda: next(offered))

    return first


def _serve_once(port: int) -> None:
    """A server like ours: it listens, answers, and is gone; of its connection the kernel keeps a trace."""
    with (
        socket.create_server((LOOPBACK, port)) as server,
        socket.create_connection((LOOPBACK, port)) as client,
    ):
        server.accept()[0].close()
        assert client.recv(1) == b""


def test_a_reserved_port_is_never_given(reserved: Reservation, offer: Offer) -> None:
    offer([reserved.port] * 3)
    assert free_port() != reserved.port
    offer([reserved.port] * 3)
    with reserve() as other:
        assert other.port != reserved.port


def test_a_server_can_listen_on_a_reserved_port_again_and_again(reserved: Reservation) -> None:
    for _ in range(3):
        assert is_free(reserved.port)
        _serve_once(reserved.port)


def test_a_reserved_port_whose_server_is_gone_is_still_not_given(reserved: Reservation, offer: Offer) -> None:
    _serve_once(reserved.port)
    offer([reserved.port])
    assert free_port() != reserved.port


def test_a_program_that_shares_with_nobody_cannot_take_a_reserved_port(reserved: Reservation) -> None:
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, reserved.port))


def test_a_closed_reservation_gives_its_port_back() -> None:
    reservation = reserve()
    reservation.close()
    reservation.close()
    with socket.socket() as other:
        other.bind((LOOPBACK, reservation.port))


def test_a_forgotten_reservation_gives_its_port_back() -> None:
    port = reserve().port
    gc.collect()
    with socket.socket() as other:
        other.bind((LOOPBACK, port))


def test_a_chosen_port_is_held_unless_somebody_listens_on_it(reserved: Reservation, offer: Offer) -> None:
    reserved.close()
    with hold(reserved.port) as held:
        assert held.port == reserved.port
        offer([held.port])
        assert free_port() != held.port
        _serve_once(held.port)
    hold(reserved.port).close()  # what the kernel remembers of an old connection is no obstacle
    with socket.create_server((LOOPBACK, reserved.port)), pytest.raises(OSError, match="in use"):
        hold(reserved.port)


def test_it_does_not_choose_for_ever_when_nothing_can_be_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "LOOPBACK", "192.0.2.1")
    with pytest.raises(OSError, match="assign"):
        reserve()


def test_two_layouts_cannot_share_a_port(tmp_path: Path, offer: Offer) -> None:
    one = Layout(tmp_path, Doors(1, 2), None)
    offer(one.ports.values())
    two = Layout(tmp_path, Doors(1, 2), None)
    assert not set(one.ports.values()) & set(two.ports.values())
    assert set(one.ports) == set(two.ports) >= {"cases", "simulator", "postgres"}
    one.close()
    offer(one.ports.values())
    three = Layout(tmp_path, Doors(1, 2), None)
    assert set(three.ports.values()) == set(one.ports.values()), "a closed one holds nothing back"
