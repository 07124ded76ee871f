"""What a safety plan must say, and what becomes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases import catalog as published
from services.cases.model.ids import CaseId
from services.cases.model.problems import TransitionRefused
from services.cases.model.safety import MACHINE, SafetyPlan, SafetyState
from services.cases.rules.safety import agreed, amended, ended, texts
from services.kit.problem import Malformed

CATALOG = published.load()
RULES, LIFECYCLE = CATALOG.safety, CATALOG.lifecycles[MACHINE]
TODAY = date(2017, 5, 4)
NEW = SafetyPlan(
    id=UUID(int=1),
    case=CaseId(UUID(int=2)),
    part=None,
    state=SafetyState.DRAFT,
    agreed_on=None,
    agreed_version=None,
    review_on=None,
    reason=None,
    version=1,
    content_version=1,
    changed_at=datetime(2017, 5, 4, tzinfo=UTC),
    changed_by="m-1",
)
LATER = TODAY + timedelta(days=90)


def test_the_machine_has_the_states_of_the_model() -> None:
    assert set(LIFECYCLE.states) == {state.value for state in SafetyState}


def test_keepers_are_agencies_and_sections_have_a_class() -> None:
    assert RULES.keepers <= CATALOG.agencies.keys()
    assert {section.kind for section in RULES.sections.values()} == {"narrative", "contact"}


@pytest.mark.parametrize(
    ("sections", "pointer", "code"),
    [
        ([("in-danger", "a"), ("tea", "b")], "/sections/1/code", "unknown"),
        ([("in-danger", "a"), ("in-danger", "b")], "/sections/1/code", "twice"),
    ],
)
def test_a_section_is_a_published_one_and_once(
    sections: list[tuple[str, str]], pointer: str, code: str
) -> None:
    with pytest.raises(Malformed) as refused:
        texts(sections, RULES)
    [error] = refused.value.errors
    assert (error.pointer, error.code) == (pointer, code)


@pytest.mark.parametrize(
    ("on", "review_on", "pointer", "code"),
    [
        (TODAY + timedelta(days=1), LATER, "/agreedOn", "future"),
        (TODAY, TODAY, "/reviewOn", "before-agreement"),
        (TODAY, date(2018, 5, 5), "/reviewOn", "too-far"),
    ],
)
def test_days_of_agreement_and_review_stand_in_order(
    on: date, review_on: date, pointer: str, code: str
) -> None:
    with pytest.raises(Malformed) as refused:
        agreed(NEW, (on, review_on), RULES, LIFECYCLE, TODAY)
    [error] = refused.value.errors
    assert (error.pointer, error.code) == (pointer, code)


def test_other_words_are_a_draft_and_the_agreement_is_remembered() -> None:
    first, _ = agreed(NEW, (TODAY, LATER), RULES, LIFECYCLE, TODAY)
    assert (first.state, first.agreed_version) == (SafetyState.AGREED, 1)
    changed, _ = amended(first, LIFECYCLE)
    assert (changed.state, changed.content_version) == (SafetyState.DRAFT, 2)
    assert (changed.agreed_on, changed.agreed_version) == (TODAY, 1)


def test_it_ends_for_a_published_reason() -> None:
    with pytest.raises(Malformed):
        ended(NEW, "tea", rules=RULES, lifecycle=LIFECYCLE)
    over, step = ended(NEW, "replaced", rules=RULES, lifecycle=LIFECYCLE)
    assert (over.state, over.reason, step.reason) == (SafetyState.ENDED, "replaced", "replaced")


@given(st.lists(st.sampled_from(["amend", "agree", "end"]), max_size=20))
def test_no_sequence_leads_to_a_plan_that_cannot_be(verbs: list[str]) -> None:
    plan = NEW
    for verb in verbs:
        try:
            match verb:
                case "amend":
                    plan, _ = amended(plan, LIFECYCLE)
                case "agree":
                    plan, _ = agreed(plan, (TODAY, LATER), RULES, LIFECYCLE, TODAY)
                case _:
                    plan, _ = ended(plan, "replaced", rules=RULES, lifecycle=LIFECYCLE)
        except TransitionRefused:
            assert plan.state is SafetyState.ENDED
            continue
        assert (plan.agreed_on is None) is (plan.agreed_version is None)
        assert (plan.agreed_version or 1) <= plan.content_version <= plan.version
        assert plan.state is not SafetyState.AGREED or plan.agreed_version == plan.content_version
        assert (plan.state is SafetyState.ENDED) is (plan.reason is not None)
    with pytest.raises(TransitionRefused):
        amended(replace(plan, state=SafetyState.ENDED), LIFECYCLE)
