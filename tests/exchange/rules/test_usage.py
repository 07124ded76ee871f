from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.exchange.catalog import tracker
from services.exchange.model.usage import Disclosure, UsageState
from services.exchange.rules.usage import first_state, is_code, subject_of

HIDDEN = tracker.load().hidden
TOLD = Disclosure(
    uuid4(), b"s" * 32, "70009770", "star", None, "Teade", datetime(2026, 12, 1, tzinfo=UTC), "cd" * 16
)


@pytest.mark.parametrize(
    ("receiver", "handle", "state"),
    [
        ("70009770", "cd" * 16, UsageState.WITHHELD),
        ("70009770", None, UsageState.RELEASED),
        ("70008747", "cd" * 16, UsageState.NEVER),
        ("70008747", None, UsageState.NEVER),
    ],
)
def test_a_case_withholds_and_the_hidden_stay_hidden(
    receiver: str, handle: str | None, state: UsageState
) -> None:
    assert first_state(replace(TOLD, receiver_code=receiver, case_handle=handle), HIDDEN) is state


@pytest.mark.parametrize("code", ["EE48805042711", "LV010190-12345", "FI131052-308T"])
def test_a_code_has_its_country(code: str) -> None:
    assert is_code(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "EE",
        "48805042711",
        "EE4880504271",
        "EE488050427111",
        "ee48805042711",
        "EE٤٨٨٠٥٠٤٢٧١١",
        "EEabcdefghijk",
        "LV" + "1" * 31,
        "EE48805042711\n",
    ],
)
def test_what_is_no_code(code: str) -> None:
    assert not is_code(code)


def test_estonian_codes_alone_name_people_whom_we_know() -> None:
    assert subject_of("EE48805042711") == ("personal-code", "48805042711")
    assert subject_of("LV48805042711") == ("foreign-code", "LV48805042711")
