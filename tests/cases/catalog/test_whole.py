from enum import StrEnum

import pytest

from services.cases.catalog import Catalog
from services.cases.model.codes import (
    AgeBand,
    Answer,
    Band,
    CallOutState,
    Consent,
    Decision,
    EventType,
    Ground,
    Relation,
    Role,
    Sex,
    State,
    Status,
)
from services.cases.model.consent import (
    Capacity,
    ConsentValue,
    FactKind,
    Informed,
    Manner,
    ObjectionValue,
    Scope,
    WhyNot,
    Wish,
)
from services.cases.model.published import Label
from services.cases.model.repeats import RepeatState, Verdict
from services.cases.model.shares import ShareKind
from services.cases.model.tellings import TellingKind


def _labels(catalog: Catalog) -> list[Label]:
    lists = [label for names in catalog.codes.values() for label in names.values()]
    regions = [region.label for region in catalog.regions.values()]
    return [
        *lists,
        *regions,
        *(agency.label for agency in catalog.agencies.values()),
        *(reason.label for reason in catalog.reasons.values()),
        *(rule.label for rule in catalog.clocks.rules.values()),
    ]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("role", Role),
        ("relation", Relation),
        ("sex", Sex),
        ("consent", Consent),
        ("answer", Answer),
        ("ground", Ground),
        ("band", Band),
        ("status", Status),
        ("call-outs", CallOutState),
        ("repeat", Verdict),
        ("repeats", RepeatState),
        ("consent-fact", FactKind),
        ("informed", Informed),
        ("wish", Wish),
        ("consent-value", ConsentValue),
        ("objection", ObjectionValue),
        ("consent-scope", Scope),
        ("manner", Manner),
        ("capacity", Capacity),
        ("consent-reason", WhyNot),
        ("share", ShareKind),
        ("telling", TellingKind),
    ],
)
def test_every_code_that_code_branches_on_has_its_names(
    catalog: Catalog, name: str, codes: type[StrEnum]
) -> None:
    assert set(catalog.codes[name]) == {code.value for code in codes}


def test_twenty_regions_and_ten_agencies(catalog: Catalog) -> None:
    assert len(catalog.regions) == 20
    assert len(catalog.agencies) == 10


def test_everything_has_a_name_in_three_languages(catalog: Catalog) -> None:
    assert all(set(label) == {"et", "ru", "en"} and all(label.values()) for label in _labels(catalog))


def test_the_bands_name_every_known_age(catalog: Catalog) -> None:
    assert {band.band for band in catalog.ages.bands} == set(AgeBand) - {AgeBand.UNKNOWN}


def test_reasons_belong_to_refusals(catalog: Catalog) -> None:
    assert {decision for decision, _ in catalog.reasons} == {Decision.DECLINE, Decision.REDIRECT}


def test_every_event_that_a_transition_tells_is_one_of_the_feed(catalog: Catalog) -> None:
    told = {transition.event for transition in catalog.transitions.values()} - {None}
    of_others = {EventType.RECEIVED, EventType.CHILD_NOTICE, EventType.GROUND_FOUND, EventType.CASE_STEP}
    of_others |= {EventType.CASE_ERASED, EventType.TRANSFERRED, EventType.USAGE_DECIDED}
    of_others |= {EventType.SUPPORT_CONTACT}
    assert told == set(EventType) - of_others


def test_every_state_can_be_reached(catalog: Catalog) -> None:
    reached = {catalog.start} | {transition.target for transition in catalog.transitions.values()}
    assert reached == set(State)


def test_a_notice_tells_codes_and_times_only(catalog: Catalog) -> None:
    allowed = {"kind", "recipient", "reference", "senderReference", "status", "occurredAt"}
    by_itself = {  # the sender knows what it did itself, and is not told what was found
        EventType.CHILD_NOTICE,
        EventType.WITHDRAWN,
        EventType.CORRECTED,
        EventType.GROUND_FOUND,
        EventType.CASE_STEP,
        EventType.CASE_ERASED,
        EventType.TRANSFERRED,
        EventType.USAGE_DECIDED,
        EventType.SUPPORT_CONTACT,
    }
    assert set(catalog.notices) == set(EventType) - by_itself
    assert all(rule.fields <= allowed for rule in catalog.notices.values())


def test_every_clock_has_its_code_and_the_holidays_are_those_of_the_law(catalog: Catalog) -> None:
    assert all(code == rule.code for code, rule in catalog.clocks.rules.items())
    assert len(catalog.clocks.holidays.fixed) == 9
    assert catalog.clocks.holidays.from_easter == {-2, 0, 49}


def test_what_happens_in_a_case_has_names_in_three_languages(catalog: Catalog) -> None:
    for lifecycle in catalog.lifecycles.values():
        for label in (*lifecycle.states.values(), *lifecycle.actions.values()):
            assert set(label) == {"et", "ru", "en"}


def test_every_state_of_a_machine_can_be_reached(catalog: Catalog) -> None:
    for lifecycle in catalog.lifecycles.values():
        assert {lifecycle.start, *lifecycle.targets.values()} == lifecycle.states.keys()
