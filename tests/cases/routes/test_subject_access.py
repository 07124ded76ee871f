"""A person asks what is kept of them."""

from datetime import date
from typing import Any

from services.kit import personal_code
from tests.cases.routes.network import CHAIR, ELSEWHERE, Network, slug
from tests.cases.statements import heard

LAST = "2020-05-04"


async def _asked(network: Network, code: str) -> Any:
    told = {"region": "polva", "personalCode": code, "receivedOn": "2017-05-04"}
    return await network.made("/access-requests", told)


async def _decide(network: Network, asked: Any, **told: Any) -> Any:
    return await network.do(f"/access-requests/{asked['id']}/decision", told, asked["version"])


async def _export(network: Network, decided: Any) -> Any:
    return await network.do(f"/access-requests/{decided['id']}/export", None, decided["version"])


async def test_a_person_is_told_the_own_data_once_and_nothing_of_others(network: Network) -> None:
    """The one who threatens gives the victim's hiding place as the own address: that is not told back."""
    victim, threat, child = network.a_message()["persons"]
    threat["address"] = victim["address"].upper()
    case = await network.case(persons=[victim, threat, child])
    asked = await _asked(network, threat["personalCode"])
    assert (asked["state"], asked["answerBy"]) == ("received", "2017-06-04")
    assert slug(await _export(network, asked)) == "transition-refused"
    granted = (await _decide(network, asked, decision="grant")).json()
    with heard(network.served.app.state.database) as statements:
        answer = await _export(network, granted)
    told = answer.json()
    assert (answer.status_code, [part["caseId"] for part in told["parts"]]) == (200, [case])
    [part] = told["parts"]
    assert (part["role"], part["identity"]["personalCode"]) == ("threatening-person", threat["personalCode"])
    assert (part["contact"]["address"], part["contact"]["phone"]) == (None, threat["phone"])
    for other in (victim, child):
        assert not [word for word in (other["personalCode"], other["phone"]) if word in answer.text]
    assert "Salajane" not in answer.text
    first = len(statements)
    assert slug(await _export(network, {**granted, "version": 3})) == "transition-refused"
    [row] = await network.served.world.rows("select action, source from disclosure")
    assert (row["action"], str(row["source"]).partition("/")[0]) == (
        "Väljastatud isikule endale tema taotlusel",
        "subject-access",
    )
    rows = "select fields, basis from audit where operation = 'export_access_request' and action = 'disclose'"
    assert len(await network.served.world.rows(rows)) == 1
    [kept] = await network.served.world.rows("select person_sealed from access_request")
    assert threat["personalCode"].encode() not in bytes(kept[0])

    await network.case(persons=[victim, threat, child])
    again = (await _decide(network, await _asked(network, threat["personalCode"]), decision="grant")).json()
    with heard(network.served.app.state.database) as statements:
        assert len((await _export(network, again)).json()["parts"]) == 2
    assert len(statements) == first  # however many referrals there are
    nobody = (
        await _decide(
            network, await _asked(network, personal_code.make(date(1990, 1, 1), "male", 77)), decision="grant"
        )
    ).json()
    assert (await _export(network, nobody)).json()["parts"] == []


async def test_a_restriction_has_a_ground_and_ends_within_three_years(network: Network) -> None:
    victim, threat, child = network.a_message()["persons"]
    await network.case(persons=[victim, threat, child])
    asked = await _asked(network, threat["personalCode"])
    why = {"ground": "life-and-health", "reason": "Ta otsib kannatanut."}
    for wrong in (
        {"decision": "restrict", **why, "until": "2020-05-05"},
        {"decision": "restrict", **why, "until": "2017-05-04"},
        {"decision": "restrict", **why},
        {"decision": "restrict", **why, "ground": "no-such", "until": LAST},
        {"decision": "restrict-partly", **why, "until": LAST},
        {"decision": "restrict-partly", **why, "until": LAST, "withheld": ["everything"]},
        {"decision": "grant", "ground": "life-and-health"},
    ):
        answer = await _decide(network, asked, **wrong)
        assert (answer.status_code, slug(answer)) == (422, "malformed"), wrong
    restricted = (await _decide(network, asked, decision="restrict", **why, until=LAST)).json()
    assert (restricted["state"], restricted["reviewOn"], restricted["restrictedOn"]) == (
        "restricted",
        LAST,
        "2017-05-04",
    )
    assert slug(await _export(network, restricted)) == "transition-refused"
    [row] = await network.served.world.rows("select reason_sealed from access_request")
    assert b"otsib" not in bytes(row[0])
    partly = await _decide(
        network, restricted, decision="restrict-partly", **why, until=LAST, withheld=["role", "contact"]
    )
    assert (partly.status_code, partly.json()["withheld"]) == (200, ["role", "contact"])
    told = (await _export(network, partly.json())).json()
    [part] = told["parts"]
    assert (part["role"], part["contact"], told["ground"]) == (None, None, "life-and-health")
    assert part["identity"]["givenName"] == threat["givenName"]

    due = (await network.get("/access-requests?reviewBy=2020-06-01")).json()["items"]
    assert [one["id"] for one in due] == [asked["id"]]
    assert due[0]["reason"] == "Ta otsib kannatanut."
    assert (await network.get("/access-requests?reviewBy=2020-01-01")).json()["items"] == []
    assert (await network.get("/access-requests", ELSEWHERE)).json()["items"] == []
    assert (await network.get(f"/access-requests/{asked['id']}", ELSEWHERE)).status_code == 404
    assert (await network.get(f"/access-requests/{asked['id']}", CHAIR)).status_code == 403
