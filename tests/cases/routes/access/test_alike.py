"""Foreign, unknown, sealed, closed and erased things answer alike: the same bytes, by the same statements."""

import pytest

from tests.cases.routes.access.full import Full
from tests.cases.routes.access.house import AWAY, HOME, MEMBERS, Answer, House, unknown_ids
from tests.cases.routes.access.oracle import Asker, expected
from tests.cases.statements import heard

pytestmark = pytest.mark.xdist_group("access")
COORDINATOR, CHAIR, POLICE = (
    next(each for each in MEMBERS if each.name == name)
    for name in (f"coordinator-{HOME}", f"chair-{HOME}", f"agency-member-{HOME}-police")
)
SCREENING = {"decision": "decline", "reason": "criteria-not-met"}


def _nothing(house: House, path: str, asker: Asker = COORDINATOR) -> list[str]:
    """Ids under which somebody finds nothing there: foreign, closed, erased, or of something else."""
    word = [expected(asker, "get_referral", "case-work", kept.thing).status for kept in house.kept]
    seen = [kept for kept, status in zip(house.kept, word, strict=True) if status == 200 and not kept.erased]
    gone = [kept for kept in house.kept if kept not in seen]
    match path:
        case "/cases/{}" | "/cases/{}/exclusions":
            no_cases = [kept.case for kept in seen if not kept.is_case]
            return [*(kept.case for kept in gone if kept.is_case), *no_cases, *(kept.id for kept in seen)]
        case "/people/{}":
            known = {person for kept in seen for person in kept.persons}
            return [person for kept in gone for person in kept.persons if person not in known]
        case _:
            return [*(kept.id for kept in gone), *(kept.case for kept in seen)]


async def _ask(house: House, asker: Asker, path: str, id_: str) -> Answer:
    if path.endswith("/screening"):
        tag = {"If-Match": '"1"'}
        return await house.ask(asker, path.format(id_), method="POST", json=SCREENING, headers=tag)
    return await house.ask(asker, path.format(id_))


PATHS = ("/referrals/{}", "/cases/{}", "/people/{}", "/referrals/{}/screening", "/cases/{}/exclusions")


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_not_there_for_the_caller_answers_in_the_same_bytes(house: House, path: str) -> None:
    ids = [*_nothing(house, path), *unknown_ids()]
    answers = [await _ask(house, COORDINATOR, path, each) for each in ids]
    assert len(answers) > 12
    assert {answer.status for answer in answers} == {404}
    assert len({str(answer.bare()) for answer in answers}) == 1


@pytest.mark.parametrize("path", PATHS[:3])
@pytest.mark.parametrize("asker", [CHAIR, POLICE], ids=str)
async def test_to_others_as_well(house: House, asker: Asker, path: str) -> None:
    answers = [
        await _ask(house, asker, path, each) for each in [*_nothing(house, path, asker), *unknown_ids()]
    ]
    assert len({str(answer.bare()) for answer in answers}) == 1


@pytest.mark.parametrize("path", PATHS)
async def test_the_database_is_asked_the_same(house: House, path: str) -> None:
    asked = set()
    for each in [*_nothing(house, path), *unknown_ids()]:
        with heard(house.app.state.database) as told:
            await _ask(house, COORDINATOR, path, each)
        asked.add(tuple(statement for statement, _ in told))
    assert len(asked) == 1


@pytest.mark.parametrize("path", PATHS[:3])
async def test_an_own_thing_is_found_under_every_spelling_of_its_id(
    house: House, full: Full, path: str
) -> None:
    kept = house.kept[0]
    own = {"/referrals/{}": kept.id, "/cases/{}": kept.case, "/people/{}": kept.persons[0]}[path]
    bodies = [
        (await _ask(house, COORDINATOR, path, each)).body for each in (own, own.upper(), own.replace("-", ""))
    ]
    assert bodies[0]["id"] == own
    assert bodies == [bodies[0]] * 3


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", ["one", "polva", "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c1g", "%27%20or%201=1"])
async def test_what_is_no_id_is_malformed_whoever_asks(house: House, path: str, wrong: str) -> None:
    asker = COORDINATOR
    answer = await _ask(house, asker, path, wrong)
    assert (answer.status, answer.slug) == (422, "malformed")
    assert wrong not in answer.content.decode()
    anonymous = Asker("anonymous", "m-nobody", credentials="none")
    assert (await _ask(house, anonymous, path, wrong)).status == 401


async def test_a_list_of_another_region_is_as_empty_as_that_of_a_region_that_is_none(house: House) -> None:
    of_home = next(each for each in MEMBERS if each.name == "last-day")  # who broke no glass elsewhere
    answers = [
        await house.ask(of_home, f"/{things}?region={region}")
        for things in ("referrals", "cases")
        for region in (AWAY, "atlantis", "valga")
    ]
    assert len({str(answer.bare()) for answer in answers}) == 1
    assert answers[0].body == {"items": [], "next": None}
