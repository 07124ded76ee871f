"""When the glass may be broken, and who is told."""

from datetime import UTC, datetime

import pytest

from services.cases.model.closed import FreshLoginRequired
from services.cases.model.glass import GlassRule
from services.cases.model.seals import SealRules
from services.cases.rules.glass import check_login, check_reason, fallback, own_agencies
from services.kit.policy import Appointment
from services.kit.problem import Malformed

RULE = GlassRule(300, 60, 20, ("police", "victim-support"))
NOW = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("ago", [0, 1, 299, 300, -30])
def test_a_login_of_the_last_minutes_is_fresh(ago: int) -> None:
    check_login(int(NOW.timestamp()) - ago, NOW, RULE)


@pytest.mark.parametrize("at", [None, 0, int(NOW.timestamp()) - 301])
def test_an_older_one_and_one_that_nothing_is_known_of_are_not(at: int | None) -> None:
    with pytest.raises(FreshLoginRequired) as refused:
        check_login(at, NOW, RULE)
    assert (refused.value.status, refused.value.headers["WWW-Authenticate"]) == (
        401,
        'Bearer error="insufficient_user_authentication", max_age="300"',
    )


def test_a_reason_says_something() -> None:
    check_reason("x" * 20, RULE)
    for little in ("x" * 19, "x " * 19, "   " * 20):
        with pytest.raises(Malformed):
            check_reason(little, RULE)


def test_the_second_agency_is_not_the_own() -> None:
    police = Appointment("agency-member", {"region": "polva", "agency": "police"})
    coordinator = Appointment("coordinator", {"region": "polva"})
    seals = SealRules({"coordinator": "victim-support"})
    assert own_agencies([police, coordinator], seals) == {"police", "victim-support"}
    assert fallback(own_agencies([police], seals), RULE) == "victim-support"
    assert fallback(own_agencies([coordinator], seals), RULE) == "police"
    assert fallback(own_agencies([], seals), RULE) == "police"
