from datetime import UTC, date, datetime
from typing import get_args
from uuid import uuid4

import pytest

from services.cases.model import problems, states
from services.cases.model.codes import State, Status
from services.cases.model.ids import CaseId
from services.cases.model.published import Region
from services.cases.model.referral import PersonFacts
from services.kit.problem import Problem

AT = datetime(2017, 3, 2, tzinfo=UTC)


def test_every_state_has_a_class_and_every_class_a_state() -> None:
    assert set(states.NAMES) == set(get_args(states.ReferralState))
    assert set(states.NAMES.values()) == set(State)


def test_every_action_has_a_name() -> None:
    assert set(states.ACTIONS) == set(get_args(states.Action))


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_public_status(state: State) -> None:
    assert states.public_status(state) in Status


def test_a_state_has_only_the_fields_that_it_has() -> None:
    accepted = states.Accepted(None, CaseId(uuid4()), AT, "somebody")
    assert not hasattr(accepted, "reason")
    assert not hasattr(states.Received(), "score")
    assert not hasattr(states.AwaitingScreening(None), "decided_at")


@pytest.mark.parametrize(
    ("day", "at_work"),
    [
        (date(2016, 6, 30), False),
        (date(2016, 7, 1), True),
        (date(2019, 12, 31), True),
        (date(2020, 1, 1), False),
    ],
)
def test_a_region_works_from_its_first_day_until_before_its_last(day: date, *, at_work: bool) -> None:
    region = Region("polva", {}, "polvamaa", date(2016, 7, 1), date(2020, 1, 1))
    assert region.at_work(day) is at_work


def test_a_person_does_not_print_who_it_is(a_person: object) -> None:
    person = a_person()  # type: ignore[operator] # a builder
    assert isinstance(person, PersonFacts)
    assert person.family_name not in repr(person)
    assert person.personal_code not in repr(person)


def test_every_problem_has_its_own_slug() -> None:
    tree = [each for each in vars(problems).values() if isinstance(each, type) and issubclass(each, Problem)]
    own = [each.slug for each in tree if each is not Problem]
    assert len(own) == len(set(own)) >= 4
