from collections.abc import Container
from datetime import date

import pytest

from services.cases.catalog import Catalog
from services.cases.model.codes import Decision
from services.cases.model.states import Screening
from services.cases.rules.screening import check
from services.kit.problem import Malformed


def to(catalog: Catalog) -> dict[str, Container[str]]:
    """Where referrals could go in the spring of 2017."""
    return {"region": catalog.regions_on(date(2017, 5, 4)), "service": catalog.services}


@pytest.mark.parametrize(
    "screening",
    [
        Screening(Decision.ACCEPT, None, "ühine plaan", ("police", "victim-support")),
        Screening(Decision.ACCEPT, None, None, ()),
        Screening(Decision.DECLINE, "criteria-not-met", None, ()),
        Screening(Decision.REDIRECT, "other-region", None, (), "haapsalu"),
        Screening(Decision.REDIRECT, "other-service", None, (), "crisis-help"),
        Screening(Decision.REDIRECT, "victim-under-18", None, ()),
    ],
)
def test_what_says_what_it_must_passes(catalog: Catalog, screening: Screening) -> None:
    check(
        screening,
        reasons=catalog.reasons,
        agencies=catalog.agencies,
        to=to(catalog),
        types=catalog.case_types.by_code,
    )


@pytest.mark.parametrize(
    ("screening", "place", "code"),
    [
        (Screening(Decision.DECLINE, None, None, ()), "/reason", "required"),
        (Screening(Decision.DECLINE, "other-region", None, ()), "/reason", "unknown"),
        (Screening(Decision.REDIRECT, "criteria-not-met", None, ()), "/reason", "unknown"),
        (Screening(Decision.ACCEPT, "other", None, ()), "/reason", "not-for-accept"),
        (Screening(Decision.DECLINE, "other", None, ("police",)), "/agencies", "only-for-accept"),
        (Screening(Decision.ACCEPT, None, None, ("cosmonauts",)), "/agencies/0", "unknown"),
        (Screening(Decision.ACCEPT, None, None, ("police", "police")), "/agencies/1", "twice"),
        (Screening(Decision.REDIRECT, "other-region", None, ()), "/to", "required"),
        (Screening(Decision.REDIRECT, "other-region", None, (), "crisis-help"), "/to", "unknown"),
        (Screening(Decision.REDIRECT, "other-region", None, (), "narva"), "/to", "unknown"),
        (Screening(Decision.REDIRECT, "other-service", None, (), "haapsalu"), "/to", "unknown"),
        (Screening(Decision.REDIRECT, "victim-under-18", None, (), "haapsalu"), "/to", "not-for-reason"),
        (Screening(Decision.DECLINE, "other", None, (), "haapsalu"), "/to", "not-for-reason"),
    ],
)
def test_what_does_not_is_told_where(catalog: Catalog, screening: Screening, place: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        check(
            screening,
            reasons=catalog.reasons,
            agencies=catalog.agencies,
            to=to(catalog),
            types=catalog.case_types.by_code,
        )
    assert [(error.pointer, error.code) for error in caught.value.errors] == [(place, code)]
