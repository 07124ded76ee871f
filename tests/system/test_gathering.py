"""How an answer gets onto the wire."""

import asyncio

from system.gathering import MOST, Gathering


class Transport:
    """Keeps what is done with it."""

    def __init__(self) -> None:
        self.done: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.done.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.done


def gathering() -> tuple[Transport, Gathering]:
    transport = Transport()
    return transport, Gathering(transport, asyncio.get_running_loop())  # type: ignore[arg-type]


async def test_what_is_written_in_one_turn_is_one_write() -> None:
    transport, gathered = gathering()
    gathered.write(b"head ")
    gathered.write(b"body")
    assert transport.done == []
    await asyncio.sleep(0)
    gathered.write(b"next")
    await asyncio.sleep(0)
    assert transport.done == [b"head body", b"next"]


async def test_it_closes_after_what_was_written() -> None:
    transport, gathered = gathering()
    gathered.write(b"last words")
    assert not gathered.is_closing()
    gathered.close()
    assert gathered.is_closing()
    await asyncio.sleep(0)
    assert transport.done == [b"last words", "closed"]


async def test_it_holds_back_no_more_than_a_transport_would() -> None:
    transport, gathered = gathering()
    part = b"x" * (MOST // 2)
    for _ in range(5):
        gathered.write(part)
    assert transport.done == [part * 3]
    await asyncio.sleep(0)
    assert b"".join(map(bytes, transport.done)) == part * 5  # type: ignore[arg-type]
