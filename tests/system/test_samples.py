from collections import Counter
from datetime import date
from typing import Any

import pytest

from services.kit import datafile, personal_code
from services.kit.calendar import age_on, half_year, local_date, parse_instant
from services.riskscore.catalog import load_catalog
from services.riskscore.model import Answer, Circumstances
from system.samples import FILE, PACKAGE, messages
from system.samples.generate import as_text, generate

MESSAGES = messages()
EVERYBODY = [(message, person) for message in MESSAGES for person in message["referral"]["persons"]]
TABLE = {  # region, half-year: cases, people served, victims among them; the report's table of cases
    ("polva", "2016-H2"): (2, 7, 2),
    ("polva", "2017-H1"): (5, 17, 5),
    ("polva", "2017-H2"): (3, 17, 3),
    ("rakvere", "2017-H2"): (3, 11, 3),
    ("polva", "2018-H1"): (4, 11, 4),
    ("rakvere", "2018-H1"): (4, 8, 4),
    ("haapsalu", "2018-H1"): (3, 14, 3),
    ("viljandi", "2018-H1"): (5, 20, 5),
}


def cell(message: dict[str, Any]) -> tuple[str, str]:
    referral = message["referral"]
    return referral["region"], str(half_year(date.fromisoformat(referral["referredOn"])))


def served(person: dict[str, Any]) -> bool:
    return person["role"] in {"victim", "child"} or person["relationToVictim"] in {
        "partner",
        "former-partner",
    }


def born(person: dict[str, Any]) -> date:
    if person["personalCode"] is None:
        return date.fromisoformat(person["birthDate"])
    return personal_code.parse(person["personalCode"]).birth_date


def test_the_committed_file_is_what_the_generator_makes() -> None:
    assert as_text(generate()) == datafile.read_bytes(PACKAGE, FILE).decode()


def test_the_table_of_cases_comes_out() -> None:
    cases = Counter(cell(message) for message in MESSAGES)
    people = Counter(cell(message) for message, person in EVERYBODY if served(person))
    victims = Counter(cell(message) for message, person in EVERYBODY if person["role"] == "victim")
    assert {key: (cases[key], people[key], victims[key]) for key in cases} == TABLE


def test_the_first_seven_cases_hold_ten_minors_and_seven_partners() -> None:
    first = [p for m, p in EVERYBODY if cell(m)[0] == "polva" and m["referral"]["referredOn"] <= "2017-06-30"]
    assert Counter(person["role"] for person in first) == {"victim": 7, "threatening-person": 7, "child": 10}
    consents = {m["referral"]["consent"] for m in MESSAGES if m["referral"]["referredOn"] <= "2017-06-30"}
    assert consents == {"given"}


def test_everybody_is_somebody_else() -> None:
    names = Counter((person["givenName"], person["familyName"], born(person)) for _, person in EVERYBODY)
    codes = Counter(person["personalCode"] for _, person in EVERYBODY if person["personalCode"] is not None)
    assert len(EVERYBODY) == len(names) == 108
    assert max(codes.values()) == 1


def test_ids_and_references_are_unique_and_the_doors_take_turns() -> None:
    assert len({message["messageId"] for message in MESSAGES}) == len(MESSAGES) == 29
    assert len({message["sender"]["reference"] for message in MESSAGES}) == 29
    assert [m["protocol"] for m in MESSAGES] == [("soap", "rest")[i % 2] for i in range(29)]
    assert {(m["protocol"], m["sender"]["client"].rsplit("/")[-1]) for m in MESSAGES} == {
        ("soap", "polis"),
        ("rest", "star"),
    }


@pytest.mark.parametrize(("message", "person"), EVERYBODY)
def test_codes_fit_sex_and_age_fits_the_role(message: dict[str, Any], person: dict[str, Any]) -> None:
    if person["personalCode"] is not None:
        code = personal_code.parse(person["personalCode"])
        assert code.sex == person["sex"]
        assert int(person["personalCode"][7:10]) >= 900
    age = age_on(born(person), date.fromisoformat(message["referral"]["referredOn"]))
    assert age < 18 if person["role"] == "child" else age >= 18


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: str(message["key"]))
def test_events_come_before_referrals_and_grounds_fit_the_answers(message: dict[str, Any]) -> None:
    referral = message["referral"]
    assert local_date(parse_instant(referral["event"]["occurredAt"])) <= date.fromisoformat(
        referral["referredOn"]
    )
    judged = "professional-judgement" in referral["grounds"]
    answers = {key: Answer(answer) for key, answer in referral["assessment"]["answers"].items()}
    score = (
        load_catalog()
        .find("dash", None, date.fromisoformat(referral["referredOn"]))
        .score(Circumstances(answers, professional_judgement=judged))
    )
    assert score.band.id == "high"
    assert (score.total >= 14) == ("visible-high-risk" in referral["grounds"])
    assert judged == (referral["judgementReason"] is not None)
