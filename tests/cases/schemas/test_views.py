"""Which class of right each field needs: an unmarked field is seen by everybody who sees the thing."""

import typing
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from services.cases.model.dossiers import ListedCase
from services.cases.model.ids import CaseId
from services.cases.schemas import views
from services.cases.schemas.views import (
    CasePage,
    CaseSummary,
    CaseView,
    PersonView,
    ReferralPage,
    ReferralView,
)
from services.kit.fieldclass import CLASSES, shape_of, view
from services.kit.paging import Page

OPEN = {"basic"}
#: Fields by class, in the words of the wire, as a lawyer would read them.
IDENTITY = {"personalCode", "birthDate", "givenName", "familyName"}
CONTACT = {"address", "phone", "safeContact", "language", "municipality"}
NARRATIVE = {
    "description", "judgementReason", "consent", "victimInformed", "victimWishes", "referrer", "screeningNote"
}  # fmt: skip
RISK = {"score", "band", "grounds", "contentHash", "engine", "unanswered", "instrument", "scoredAt", "answer"}
#: How consent stands, in codes: not what was told of it.
OF_THE_CASE = {"consent"}
ANSWERS = (ReferralPage, ReferralView, CasePage, CaseView, PersonView)


def _names(model: type[BaseModel], allowed: frozenset[str]) -> Iterator[str]:
    """The names that an answer shows to who holds these classes."""
    excluded, _ = view(model, allowed)
    yield from _left(model, excluded)


def _left(model: type[BaseModel], excluded: Mapping[str, Any]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        out = excluded.get(name)
        if out is True:
            continue
        yield field.alias or name
        inner = _model_in(field.annotation)
        if inner is not None:
            yield from _left(inner, out.get("__all__", out) if isinstance(out, dict) else {})


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(each) for each in typing.get_args(annotation))
    return next((each for each in found if each is not None), None)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    ("field_class", "names"),
    [("identity", IDENTITY), ("contact", CONTACT), ("narrative", NARRATIVE), ("risk", RISK)],
)
def test_a_field_shows_with_its_class_alone(
    answer: type[BaseModel], field_class: str, names: set[str]
) -> None:
    if answer is CaseView:
        names = names - OF_THE_CASE
    every = set(_names(answer, CLASSES))
    without = set(_names(answer, CLASSES - {field_class}))
    assert every - without >= names & every
    assert not names & without
    assert not names & set(_names(answer, frozenset({"basic"})))


def test_every_answer_has_a_shape_that_can_be_cut() -> None:
    for answer in ANSWERS:
        assert shape_of(answer).shown(CLASSES) >= OPEN


def test_a_whole_referral_holds_every_name_that_is_marked() -> None:
    assert set(_names(ReferralView, CLASSES)) >= IDENTITY | CONTACT | NARRATIVE | RISK


def test_the_words_of_the_wire_are_camel_case() -> None:
    for answer in ANSWERS:
        assert not [name for name in _names(answer, CLASSES) if "_" in name]


def a_case(**changes: Any) -> ListedCase:
    given: dict[str, Any] = {
        "id": CaseId(UUID(int=1)),
        "region": "polva",
        "state": "open",
        "opened_on": date(2017, 5, 4),
        "taking_part": frozenset({"police@polva"}),
        "version": 1,
    }
    return ListedCase(**(given | changes))


def test_a_page_is_made_of_what_is_listed() -> None:
    page = CasePage.of(Page([a_case()], "2017-05-04.x"))
    assert page.model_dump(mode="json", by_alias=True) == {
        "items": [
            {
                "id": str(UUID(int=1)),
                "region": "polva",
                "caseType": "marac",
                "state": "open",
                "openedOn": "2017-05-04",
                "agencies": ["police"],
                "version": 1,
            }
        ],
        "next": "2017-05-04.x",
    }


def test_a_state_that_the_contract_does_not_know_is_not_shown() -> None:
    with pytest.raises(ValidationError):
        CaseSummary.model_validate(a_case(state="frozen"))


def test_every_view_is_closed() -> None:
    made = [each for each in vars(views).values() if isinstance(each, type) and issubclass(each, views.View)]
    assert len(made) > 10
    for each in made:
        assert each.model_config["extra"] == "forbid"
        assert each.model_config["frozen"]
