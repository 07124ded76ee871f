"""Where a member is told that something waits: one's own to say and to read."""

from typing import Any

import pytest

COORDINATOR, POLICE = "dev:coordinator:polva:", "dev:agency-member:polva:police"


async def test_an_address_is_said_read_and_taken_away(served: Any) -> None:
    assert (await served.ask("/me/address")).json() == {"email": None, "language": "et"}
    said = {"email": "mari@example.ee", "language": "en"}
    assert (await served.ask("/me/address", COORDINATOR, "PUT", json=said)).json() == said
    other = {"email": "maasikas@example.ee", "language": "ru"}
    assert (await served.ask("/me/address", COORDINATOR, "PUT", json=other)).json() == other
    assert (await served.ask("/me/address")).json() == other
    assert (await served.ask("/me/address", POLICE)).json()["email"] is None
    await served.ask("/me/address", COORDINATOR, "PUT", json={"email": None})
    assert (await served.ask("/me/address")).json()["email"] is None
    assert await served.world.count("member_address") == 0


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"email": "mari"}, "/email"),
        ({"email": "mari@example.ee\nBcc: x@example.ee"}, "/email"),
        ({"email": "mari@example.ee, x@example.ee"}, "/email"),
        ({"email": "mari@example.ee", "language": "de"}, "/language"),
        ({}, "/email"),
    ],
)
async def test_what_is_no_address_is_refused_by_name(served: Any, said: dict[str, Any], pointer: str) -> None:
    answer = await served.ask("/me/address", COORDINATOR, "PUT", json=said)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert "mari" not in answer.text
    assert await served.world.count("member_address") == 0
