"""The inbox as it is read: by when, and where; nothing of what it is about."""

from collections.abc import Callable
from typing import Any

import pytest

Build = Callable[..., Any]
CANARIES = ("Salajane", "Perenimi", "555 00", "Lõi ja ähvardas")


async def test_an_inbox_leads_to_the_thing_and_says_nothing_of_it(served: Any, a_message: Build) -> None:
    referral = await served.taken(a_message())
    answer = await served.ask("/duties")
    assert answer.status_code == 200, answer.text
    [duty] = answer.json()["items"]
    assert duty["label"] == {
        "et": "Pöördumine ootab otsust",
        "ru": "Обращение ждёт решения",
        "en": "A referral waits for a decision",
    }
    assert duty["thing"] == {"kind": "referral", "id": referral, "href": f"/referrals/{referral}"}
    assert (duty["state"], duty["mine"], duty["escalated"]) == ("due", False, False)
    assert not [word for word in CANARIES if word in answer.text]
    assert (await served.ask(duty["thing"]["href"])).status_code == 200


async def test_who_may_see_the_referral_but_has_nothing_to_do_has_an_empty_inbox(
    served: Any, a_message: Build
) -> None:
    await served.taken(a_message())
    answer = await served.ask("/duties", "dev:chair:polva:")
    assert answer.json() == {"items": [], "next": None}
    assert (await served.ask("/duties", "dev:coordinator:rakvere:")).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=due", 1),
        ("state=overdue", 0),
        ("state=done", 0),
        ("clock=screening", 1),
        ("clock=research", 0),
        ("region=polva", 1),
        ("region=rakvere", 0),
    ],
)
async def test_an_inbox_is_asked_for_parts(served: Any, a_message: Build, query: str, found: int) -> None:
    await served.taken(a_message())
    assert len((await served.ask(f"/duties?{query}")).json()["items"]) == found


async def test_a_state_that_there_is_not_is_refused_by_name(served: Any) -> None:
    answer = await served.ask("/duties?state=late")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "query:state"


async def test_pages_go_on_where_the_one_before_ended(served: Any, a_message: Build) -> None:
    for _ in range(3):
        await served.taken(a_message())
    first = (await served.ask("/duties?limit=2")).json()
    rest = (await served.ask(f"/duties?limit=2&cursor={first['next']}")).json()
    assert rest["next"] is None
    assert len({one["id"] for one in [*first["items"], *rest["items"]]}) == 3


async def test_counts_are_the_regions_own(served: Any, a_message: Build) -> None:
    await served.taken(a_message())
    [counted] = (await served.ask("/duties/counts")).json()["items"]
    assert {name: counted[name] for name in ("region", "clock", "open")} == {
        "region": "polva",
        "clock": "screening",
        "open": 1,
    }
    assert (await served.ask("/duties/counts", "dev:coordinator:rakvere:")).json() == {"items": []}
    assert (await served.ask("/duties/counts", "dev:agency-member:polva:police")).status_code == 403
