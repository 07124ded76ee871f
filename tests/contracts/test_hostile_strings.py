"""Naughty strings in every text of every message: kept as they are where words are free, else refused."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from tests.contracts import contract, corpora
from tests.contracts.bodies import changed, texts
from tests.contracts.door import CANARY, Body, Door, Place, entered, referral, submission
from tests.contracts.doors import DOORS
from tests.contracts.letters import post, question, soap
from tests.contracts.together import POLIS, Together, grown

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile-strings")]
Said = Callable[[], str]
#: Strings of the corpus that a usual run takes for one door, of 515.
AT_A_DOOR = 100
#: The same where all its codes are wrong: there are many doors, which together have all of them.
OF_CODES = 24
_SPACE = r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
#: What Unicode calls white space: names lose it at both ends.
_ENDS = re.compile(rf"\A{_SPACE}|{_SPACE}\Z")
_NAMES = frozenset({"givenName", "familyName", "name", "unit"})
_LONGEST = {**dict.fromkeys(_NAMES, 100), **dict.fromkeys(("address", "phone", "safeContact"), 400)}
REFERRALS = [
    door for door in DOORS if door.operation in {"take_referral", "enter_referral", "submit_referral"}
]
EACH_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.operation)
#: Their codes are made by an issuer of sessions, whose form of them nobody prescribes; or all is an instant,
#: whose form is a format, which a schema tells and does not hold.
OF_ANOTHER = frozenset({"create_session", "name_members", "seal_case", "extend_removal"})


def free(body: Body) -> list[Place]:
    """Where a body holds words that nobody prescribes."""
    return [place for place, text in texts(body) if CANARY in text]


def coded(body: Body) -> list[Place]:
    """Where it holds codes, dates and ids."""
    return [place for place, text in texts(body) if CANARY not in text]


def kept(place: Place, text: str) -> str | None:
    """How a text is kept at a place; None where it is refused."""
    name = str(place[-1])
    shown = _ENDS.sub("", text) if name in _NAMES else text
    return shown if (name in _LONGEST) <= len(shown) <= _LONGEST.get(name, 4000) else None


def collapsed(place: Place, text: str) -> str | None:
    """The same over SOAP: its narratives are not empty, its names and contacts are tokens of XML Schema."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if str(place[-1]) in _LONGEST:
        token = re.sub("[ \t\n]+", " ", text).strip(" ")
        return kept(place, token) if kept(place, token) == token or place[-1] in _NAMES else None
    return text or None


def shown_at(view: Mapping[str, Any], place: Place) -> Any:
    """What a referral's view has where a message has a place."""
    if place[0] == "persons":
        person = view["persons"][place[1]]
        return (person["identity"] | person["contact"])[place[2]]
    inner = view["narrative"]["referrer"] if place[0] == "referrer" else view["narrative"]
    return inner[place[-1]]


async def view_of(house: Together, reference: str) -> Mapping[str, Any]:
    (row,) = await house.rows("cases", "select id from referral where reference = $1", reference)
    headers = house.caller("cases", "get_referral")
    answer = await house.http["cases"].get(f"/api/cases/v1/referrals/{row['id']}", headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def send(house: Together, door: Door, body: Body) -> Any:
    call = await door.call(house)
    return await house.http[contract.served_by(door.document)].request(
        door.method, call.path, json=body, headers=call.headers
    )


def strings_for(door: str) -> Sequence[str]:
    """All for the door of people, a share for the others."""
    strings = corpora.naughty_strings()
    return strings if door == "enter_referral" else corpora.share(strings, AT_A_DOOR, door)


@pytest.mark.parametrize("door", REFERRALS, ids=lambda door: door.operation)
async def test_free_words_come_back_as_they_were(house: Together, door: Door, said: Said) -> None:
    strings = strings_for(door.operation)
    said()
    for text in strings:
        body = door.body(house)
        fits = {place: shown for place in free(body) if (shown := kept(place, text)) is not None}
        answer = await send(house, door, changed(body, dict.fromkeys(fits, text)))
        assert answer.status_code in {200, 201}, (text, answer.text)
        view = answer.json()
        if "narrative" not in view:
            view = await view_of(house, view["reference"])
        assert {place: shown_at(view, place) for place in fits} == fits
        assert not contract.repeats(said(), text)


async def test_free_words_of_a_soap_message_come_back_as_they_were(house: Together, said: Said) -> None:
    for text in strings_for("soap"):
        body = submission()
        try:
            etree.Element("a").text = text
        except ValueError:
            answer = await soap(house, changed(body, {("victimWishes",): text}))
            assert (answer.status_code, "Client.invalid_xml" in answer.text) == (500, True), text
            continue
        fits = {place: shown for place in free(body) if (shown := collapsed(place, text)) is not None}
        answer = await soap(house, changed(body, dict.fromkeys(fits, text)))
        assert "<status>AWAITING_SCREENING" in answer.text, (text, answer.text)
        reference = etree.fromstring(answer.content).findtext(".//reference")
        view = await view_of(house, reference or "")
        assert {place: shown_at(view, place) for place in fits} == fits
        assert not contract.repeats(said(), text)


async def test_a_note_of_a_screening_comes_back_as_it_was(house: Together, said: Said) -> None:
    for text in corpora.share(corpora.naughty_strings(), AT_A_DOOR, "note"):
        shown = await entered(house, referral())
        headers = house.caller("cases", "screen_referral") | {"if-match": f'"{shown["version"]}"'}
        answer = await house.http["cases"].post(
            f"/api/cases/v1/referrals/{shown['id']}/screening",
            json={"decision": "decline", "reason": "other", "note": text},
            headers=headers,
        )
        assert answer.status_code == 200, (text, answer.text)
        assert answer.json()["narrative"]["screeningNote"] == text
        assert not contract.repeats(said(), text)


async def refusals(
    house: Together, door: Door, texts: Sequence[tuple[str, Body]], said: Said
) -> list[tuple[str, str]]:
    """Sends bodies that must be refused, each with the text that is wrong in it; what was not in order."""
    call, wrong = await door.call(house), []
    before = await house.counts()
    said()
    for text, body in texts:
        answer = await house.http[contract.served_by(door.document)].request(
            door.method, call.path, json=body, headers=call.headers
        )
        if answer.status_code < 300:
            wrong.append((text, f"{answer.status_code}"))
        elif why := door.broken(answer):
            wrong.append((text, why))
        if any(CANARY in told or contract.repeats(told, text) for told in (answer.text, said())):
            wrong.append((text, "repeated"))
    assert grown(before, await house.counts()) == {}
    return wrong


@EACH_DOOR
async def test_words_in_the_place_of_codes_are_refused(house: Together, door: Door, said: Said) -> None:
    """All at once, and then one by one where the schema alone would let them in."""
    strings = corpora.share(corpora.naughty_strings(), OF_CODES, door.operation)
    body = door.body(house)
    places = coded(body)
    cases = [(text, changed(body, dict.fromkeys(places, text))) for text in strings]
    bad = [(text, whole) for text, whole in cases if not door.schema.is_valid(whole)]
    assert len(bad) > len(cases) * 0.75 or door.operation in OF_ANOTHER or not places
    assert await refusals(house, door, bad, said) == []
    for text in strings:
        for place in places:
            one = changed(door.body(house), {place: text})
            if door.schema.is_valid(one):
                answer = await send(house, door, one)
                promised = door.broken(answer)
                assert answer.status_code < 300 or promised is None, (place, text, promised)
                assert answer.status_code < 300 or not contract.repeats(answer.text, text)


@pytest.mark.parametrize("door", REFERRALS, ids=lambda door: door.operation)
async def test_words_that_are_too_long_or_none_are_refused(house: Together, door: Door, said: Said) -> None:
    body = door.body(house)
    cases = []
    for place in free(body):
        longest = _LONGEST.get(str(place[-1]), 4000)
        cases += [("õ" * n, changed(body, {place: "õ" * n})) for n in (longest + 1, 50_000)]
        if str(place[-1]) in _LONGEST:
            cases.append(("", changed(body, {place: ""})))
        if place[-1] in _NAMES:
            cases.append((" ", changed(body, {place: "\u3000 \t"})))
    assert await refusals(house, door, cases, said) == []


async def test_words_that_are_too_long_over_soap_are_a_fault_or_a_refusal(house: Together) -> None:
    body = submission()
    before = await house.counts()
    for place in free(body):
        longest = _LONGEST.get(str(place[-1]), 4000)
        answer = await soap(house, changed(body, {place: "õ" * (longest + 1)}))
        assert (answer.status_code, "Client.schema_violation" in answer.text) == (500, True), place
        assert "õõ" not in answer.text
    assert grown(before, await house.counts()) == {}


async def test_words_in_the_place_of_codes_over_soap_are_refused(house: Together, said: Said) -> None:
    strings = corpora.share(corpora.naughty_strings(), AT_A_DOOR, "soap codes")
    places = coded(submission())
    said()
    for number, text in enumerate(strings):
        place = places[number % len(places)]
        answer = await soap(house, changed(submission(), {place: text}))
        assert answer.status_code in {200, 500}, (place, text)
        refused = "Fault>" in answer.text or "<faultCode>" in answer.text
        assert not (refused and contract.repeats(answer.text, text)), (place, text)
        assert "env:Server" not in answer.text, (place, text)
        assert refused or place in {("senderReference",), ("persons", 0, "language")}, (place, text)
        assert not contract.repeats(said(), text), (place, text)


TRACKER = "ee-dev/GOV/70006317/datatracker"
#: Questions over SOAP: service, client, a wrapper with a place for anything, header fields that take it as
#: well, and what may stand there.
QUESTIONS = {
    "flag": (
        "getFlags",
        POLIS,
        '<t:getFlags xmlns:t="http://turvavork.x-road.eu/producer"><personalCode>{}</personalCode></t:getFlags>',
        (),
        None,
    ),
    "window": (
        "findUsage",
        TRACKER,
        '<d:findUsage xmlns:d="http://dumonitor.x-road.eu/producer"><limit>{}</limit></d:findUsage>',
        (),
        re.compile("[ \t\r\n]*[0-9]{1,4}[ \t\r\n]*"),
    ),
    "subject": (
        "findUsage",
        TRACKER,
        '<d:findUsage xmlns:d="http://dumonitor.x-road.eu/producer"/>',
        ("userId",),
        re.compile("[A-Z]{2}[A-Za-z0-9-]{1,30}"),
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_words_in_a_question_over_soap_are_refused(house: Together, said: Said, name: str) -> None:
    service, client, wrapper, fields, good = QUESTIONS[name]
    before = await house.counts()
    said()
    for text in corpora.share(corpora.naughty_strings(), AT_A_DOOR, f"soap {name}"):
        header = dict.fromkeys(fields, escape(text))
        content = question(service, wrapper.format(escape(text)), client, header)
        answer = await post(house, content)
        refused = "Fault>" in answer.text or "<faultCode>" in answer.text
        assert refused or (good is not None and good.fullmatch(text)), text
        assert "env:Server" not in answer.text, text
        assert not (refused and contract.repeats(answer.text, text)), text
        assert not contract.repeats(said(), text), text
    assert grown(before, await house.counts()) == {}


async def test_a_header_of_a_soap_message_may_hold_anything_and_is_not_logged(
    house: Together, said: Said
) -> None:
    fields = ("id", "userId", "issue", "protocolVersion", "client", "service")
    for number, text in enumerate(corpora.share(corpora.naughty_strings(), AT_A_DOOR, "soap headers")):
        for name in fields if corpora.SOAK else (fields[number % len(fields)],):
            answer = await soap(house, submission(), POLIS, header={name: escape(text)})
            assert answer.status_code in {200, 500}
            assert "env:Server" not in answer.text, (name, text)
            if "Fault>" in answer.text:
                assert not contract.repeats(answer.text, text), (name, text)
            assert not contract.repeats(said(), text), (name, text)
