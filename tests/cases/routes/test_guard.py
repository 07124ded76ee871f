"""Over HTTP: what is protected does not reach who may not be told it, in whatever field it stands."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.cases.routes.network import CHAIR, COORDINATOR, POLICE, PROBATION, Network
from tests.cases.statements import heard

Build = Callable[..., Any]
SECRETS = {"address": "Kase tn 5-3, Põlva linn", "phone": "+372 5551 2345"}
WORDS = "Viia ta Kase tänavale majja 5, helistada 5551-2345."


@pytest_asyncio.fixture
async def case(network: Network) -> str:
    """A case of police and probation, in which a place and a number are marked."""
    found = await network.case("police", "probation")
    people = (await network.get(f"/cases/{found}/people")).json()["items"]
    victim = next(one["personId"] for one in people if one["role"] == "victim")
    for category, value in (
        ("address", {"address": SECRETS["address"], "kind": "shelter"}),
        ("phone", {"phone": SECRETS["phone"]}),
    ):
        told = {"personId": victim, "role": "victim", "category": category, "source": "victim"}
        await network.made(f"/cases/{found}/entries", {**told, "value": value, "protected": True})
    return found


async def _planned(network: Network, case: str) -> Any:
    wish = {"what": WORDS, "outcomeWanted": "Turvalisus.", "dueOn": "2017-06-15"}
    return await network.made(f"/cases/{case}/actions", wish)


async def test_words_are_cut_for_whoever_may_not_be_told(network: Network, case: str) -> None:
    made = await _planned(network, case)
    assert made["what"] == WORDS
    for by in (COORDINATOR, POLICE):
        told = await network.get(f"/actions/{made['id']}", by)
        assert (told.json()["what"], told.headers.get("withheld")) == (WORDS, None)
    for by in (CHAIR, PROBATION):
        told = await network.get(f"/actions/{made['id']}", by)
        mark = "\u27e6varjatud {0} / {1} / withheld {2}\u27e7"
        address = mark.format("aadress", "скрытый адрес", "address")
        phone = mark.format("telefon", "скрытый телефон", "phone")
        assert told.json()["what"] == f"Viia ta {address}, helistada {phone}."
        assert told.headers["withheld"] == '"/what";kind=address, "/what";kind=phone'
        assert int(told.headers["content-length"]) == len(told.content)
    rows = await network.served.world.rows("select rule_id from audit where operation = 'get_action'")
    cut = "+withheld:address+withheld:phone"
    assert sorted(row["rule_id"].endswith(cut) for row in rows) == [False, False, True, True]


async def test_a_field_that_is_nothing_but_the_value_holds_nothing(network: Network, case: str) -> None:
    """The probation may see what tells where somebody is, unless it is marked."""
    listed = (await network.get(f"/cases/{case}/entries", PROBATION)).json()["items"]
    assert [one["protected"] for one in listed] == [True, True]
    assert {(one["contact"]["address"], one["contact"]["phone"]) for one in listed} == {(None, None)}
    shown = json.dumps((await network.get(f"/cases/{case}/entries", POLICE)).json(), ensure_ascii=False)
    assert all(secret in shown for secret in SECRETS.values())


async def test_the_mark_is_not_written_back(network: Network, case: str) -> None:
    made = await _planned(network, case)
    cut = (await network.get(f"/actions/{made['id']}", CHAIR)).json()["what"]
    wish = {"what": cut, "outcomeWanted": "Turvalisus.", "dueOn": "2017-06-15"}
    refused = await network.do(f"/cases/{case}/actions", wish, by=PROBATION)
    assert refused.status_code == 422, refused.text
    assert [error["code"] for error in refused.json()["errors"]] == ["withheld-mark"]
    assert (await network.get(f"/actions/{made['id']}")).json()["what"] == WORDS


async def test_what_goes_beside_a_thing_is_cut_as_well(network: Network, case: str) -> None:
    made = await _planned(network, case)
    whole = await network.get(f"/cases/{case}?expand=actions", CHAIR)
    assert made["id"] in whole.text
    assert "5551" not in whole.text
    shown = await network.get(f"/cases/{case}?expand=actions", COORDINATOR)
    assert "5551-2345" in shown.text


@pytest.mark.parametrize(("by", "more"), [(COORDINATOR, 0), (CHAIR, 1)])
async def test_it_takes_one_statement_and_none_for_who_may_be_told(
    network: Network, case: str, by: str, more: int
) -> None:
    for _ in range(2):
        await _planned(network, case)
        database = network.served.app.state.database
        counts = []
        for guard in (None, database.guard):
            with pytest.MonkeyPatch.context() as patch, heard(database) as told:
                patch.setattr(database, "guard", guard)
                await network.get(f"/cases/{case}/actions", by)
            counts.append(len(told))
        assert counts[1] - counts[0] == more
