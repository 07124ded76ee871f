"""Documents of meetings: what was told, in words; what was not told is not there."""

from typing import Any

import pytest

from services.cases.catalog import load
from services.cases.model.papers import Kind, Reader, Section
from services.cases.rules.papers import Words, day, paper, reader
from services.kit.paper.blocks import Entry, Heading, Note, Passage, Table, texts

READER = Reader("agency-member", "police", "polva", "0a1b2c3d")
MEETING = {
    "region": "polva",
    "kind": "emergency",
    "meetsOn": "2017-06-01",
    "startsAt": "13:00",
    "place": "Ruum",
}
PERSON = {
    "role": "victim",
    "relationToVictim": None,
    "givenName": "Mari",
    "familyName": "Mets",
    "birthDate": "1980-01-31",
}
RECORD: dict[str, Any] = {
    "state": "draft",
    "wishes": "Soov.",
    "facts": [{"agency": "police", "text": "Fakt."}],
    "risks": {"victim": "Oht.", "children": None, "staff": None, "others": None},
    "decisions": None,
}
ACTION = {
    "what": "Tegu.",
    "outcomeWanted": "Tulemus.",
    "agency": None,
    "dueOn": "2017-06-09",
    "state": "proposed",
}
ITEM: dict[str, Any] = {
    "caseId": "c-1",
    "why": "new",
    "minutes": 30,
    "outcome": "review",
    "reviewOn": "2017-07-01",
    "people": [PERSON],
    "returns": [
        {"agency": "police", "state": "relevant", "text": "Teave."},
        {"agency": "no-such", "state": "asked"},
    ],
    "conflicts": [{"agency": None}, {"agency": "police"}],
    "record": RECORD,
    "actions": [ACTION],
}
ATTENDANCE = [{"agency": "police", "unit": "Valga", "seat": "core", "presence": None, "people": None}]
TOLD = {"meeting": MEETING, "attendance": ATTENDANCE, "items": [ITEM]}


def _words(language: str = "en") -> Words:
    return Words(load().papers, language)


def test_a_document_has_all_that_was_told_in_the_published_order() -> None:
    made = paper(Kind.MINUTES, TOLD, READER, _words())
    assert (made.title, made.mark, made.page) == (
        "Minutes of the meeting, 01.06.2017",
        "Confidential",
        "Page",
    )
    assert made.copy == "Copy: Agency member, Police, Põlva, 0a1b2c3d"
    below = [block.text for block in made.blocks if isinstance(block, Heading) and block.level > 1]
    assert below == [
        "People", "Declared conflicts of interest", "What the victim wants", "What agencies said", "Risks",
        "Decisions", "Actions",
    ]  # fmt: skip
    tables = [block for block in made.blocks if isinstance(block, Table)]
    assert [row for table in tables for row in table.rows] == [
        ["Police, Valga", "Core", "Not recorded", "–"],
        ["Mari Mets", "31.01.1980", "Victim", "–"],
        ["Tegu.", "Tulemus.", "Nobody yet", "09.06.2017", "Proposed"],
    ]
    notes = [block.text for block in made.blocks if isinstance(block, Note)]
    assert notes[1:] == ["The chair has not closed this record.", "Nothing is written."]
    assert Entry("Next review", "01.07.2017") in made.blocks
    assert Entry("Left the discussion", "A member of the network") in made.blocks
    assert Passage("To the victim", "Oht.") in made.blocks


def test_what_a_reader_was_not_shown_is_not_there() -> None:
    bare = {
        **ITEM,
        "people": [{"role": "victim", "relationToVictim": None}],
        "record": {"state": "closed"},
        "actions": [{name: ACTION[name] for name in ("agency", "dueOn", "state")}],
        "returns": [{"agency": "police", "state": "relevant"}],
    }
    for kind in Kind:
        made = paper(kind, {"meeting": MEETING, "items": [bare]}, READER, _words())
        said = " ".join(texts(made.told()))
        for hidden in (
            "Mari",
            "31.01.1980",
            "Soov.",
            "Fakt.",
            "Oht.",
            "Teave.",
            "Tegu.",
            "Risks",
            "Decisions",
        ):
            assert hidden not in said


@pytest.mark.parametrize("language", ["et", "ru", "en"])
def test_every_word_is_published_in_every_language(language: str) -> None:
    empty = {
        **ITEM,
        "people": [],
        "returns": [],
        "conflicts": [],
        "record": None,
        "actions": [],
        "outcome": None,
    }
    for kind in Kind:
        for items in ([ITEM], [empty], []):
            for attendance in (ATTENDANCE, []):
                told = {"meeting": MEETING, "items": items, "attendance": attendance}
                made = paper(kind, told, Reader(None, None, "polva", "x"), _words(language))
                assert made.language == language
                assert made.blocks


def test_a_copy_is_of_the_office_that_sees_most() -> None:
    held = [
        ("agency-member", {"region": "polva", "agency": "police"}),
        ("agency-member", {"region": "polva", "agency": "school"}),
        ("coordinator", {"region": "rakvere"}),
        ("chair", {"region": "polva"}),
    ]
    assert reader(held, "polva", "x") == Reader("chair", None, "polva", "x")
    assert reader(held[:2], "polva", "x") == Reader("agency-member", "police", "polva", "x")
    assert reader(held, "rakvere", "x") == Reader("coordinator", None, "rakvere", "x")
    assert reader(held, "valga", "x") == Reader(None, None, "valga", "x")


def test_a_pack_asks_what_agencies_told_and_minutes_what_was_said() -> None:
    rules = load().papers
    assert {each for kind in Kind for each in rules.kinds[kind].sections} == set(Section)
    assert _words().name("agency", "no-such") == "no-such"
    assert day(None) == "–"
    for code in ("seat", "presence", "why", "outcome"):
        assert rules.lists[code]
