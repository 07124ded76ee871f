"""The published schema judges messages; what it says of them repeats nothing of theirs."""

from collections.abc import Callable

import pytest
from lxml import etree

from services.exchange.model.problems import SchemaViolation
from services.exchange.wire import envelope, schema
from services.exchange.wire.reader import Limits
from services.kit import datafile

Golden = Callable[[str], bytes]
CANARY = "Kanaarilind"
REFERRAL = "/submitReferral/referral"


def violations(body: bytes) -> list[tuple[str, str]]:
    payload = envelope.read(body, "text/xml", Limits()).payload
    with pytest.raises(SchemaViolation) as caught:
        schema.check(payload)
    assert CANARY not in repr([caught.value.errors, caught.value.detail])
    return [(error.pointer, error.code) for error in caught.value.errors]


@pytest.fixture
def broken(golden: Golden) -> Callable[[str, str], list[tuple[str, str]]]:
    """The violations of the golden referral with one text in the place of another."""

    def check(old: str, new: str) -> list[tuple[str, str]]:
        body = golden("submitReferral.request.xml").decode()
        assert old in body
        return violations(body.replace(old, new, 1).encode())

    return check


Broken = Callable[[str, str], list[tuple[str, str]]]


@pytest.mark.parametrize("by", ["reference", "senderReference", "messageId"])
def test_golden_questions_fit(golden: Golden, by: str) -> None:
    schema.check(
        envelope.read(golden(f"getReferralStatus.by-{by}.request.xml"), "text/xml", Limits()).payload
    )


def test_the_golden_referral_fits(golden: Golden) -> None:
    schema.check(envelope.read(golden("submitReferral.request.xml"), "text/xml", Limits()).payload)


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        ("<region>polva<", f"<region>{CANARY}<", f"{REFERRAL}/region", "not-in-list"),
        ("<role>victim<", f"<role>{CANARY}<", f"{REFERRAL}/persons/person[1]/role", "not-in-list"),
        ("<referredOn>2017-03-02<", "<referredOn>2017-13-02<", f"{REFERRAL}/referredOn", "type"),
        ("<referredOn>2017-03-02<", "<referredOn>2017-03-02Z<", f"{REFERRAL}/referredOn", "form"),
        ("<referredOn>2017-03-02<", "<referredOn>9999-03-02<", f"{REFERRAL}/referredOn", "form"),
        ("21:40:00+02:00", "21:40:00", f"{REFERRAL}/event/occurredAt", "form"),
        ("<version>1<", "<version>0<", "/submitReferral/version", "type"),
        ("PV-2017-001203", f"{CANARY} {CANARY}", "/submitReferral/senderReference", "form"),
        ("<givenName>Anna<", "<givenName> <", f"{REFERRAL}/persons/person[3]/givenName", "empty"),
        (
            "<givenName>Anna<",
            f"<givenName>{CANARY * 10}<",
            f"{REFERRAL}/persons/person[3]/givenName",
            "too-long",
        ),
        ("<victimInformed>true<", "<victimInformed>1<", f"{REFERRAL}/victimInformed", "form"),
        (
            "<sex>male</sex>",
            f"<sex>male</sex><{CANARY}/>",
            f"{REFERRAL}/persons/person[2]/*",
            "unexpected-element",
        ),
        ("<consent>given</consent>", "", f"{REFERRAL}/victimInformed", "unexpected-element"),
        (
            '<answer item="injury">',
            f'<answer item="{CANARY}">',
            f"{REFERRAL}/assessment/answers/answer[1]",
            "not-in-list",
        ),
        (
            '<answer item="injury">',
            "<answer>",
            f"{REFERRAL}/assessment/answers/answer[1]",
            "missing-attribute",
        ),
        (
            '<answer item="injury">',
            f'<answer {CANARY}="x" item="injury">',
            f"{REFERRAL}/assessment/answers/answer[1]",
            "unexpected-attribute",
        ),
        (
            '<answer item="isolated">',
            '<answer item="injury">',
            f"{REFERRAL}/assessment/answers/answer[4]",
            "repeated",
        ),
        (
            "<ground>professional-judgement<",
            "<ground>visible-high-risk<",
            f"{REFERRAL}/grounds/ground[2]",
            "repeated",
        ),
        ("<referral>", f'<referral xmlns="urn:{CANARY}">', "/submitReferral/*[3]", "unexpected-element"),
    ],
)
def test_a_violation_says_where_and_what(broken: Broken, old: str, new: str, place: str, code: str) -> None:
    assert (place, code) in broken(old, new)


def test_a_wrong_value_is_told_once(broken: Broken) -> None:
    assert len(broken("<region>polva<", "<region>atlantis<")) == 1


def test_many_violations_are_told_up_to_a_hundred(golden: Golden) -> None:
    person = "<person><role>victim</role><givenName/><familyName/><sex>?</sex></person>" * 46
    body = golden("submitReferral.request.xml").decode()
    start, end = body.index("<persons>") + 9, body.index("</persons>")
    assert len(violations((body[:start] + person + body[end:]).encode())) == 100


@pytest.mark.parametrize("file", ["turvavork.wsdl", "findusage.wsdl"])
def test_the_schemas_inside_the_wsdl_are_the_published_files(file: str) -> None:
    inside = {
        each.get("targetNamespace"): each
        for each in etree.fromstring(schema.wsdl(file)).iter("{http://www.w3.org/2001/XMLSchema}schema")
    }
    for name, space in (("identifiers.xsd", "identifiers"), ("xroad.xsd", "xroad.xsd")):
        published = etree.fromstring(datafile.read_bytes("services.exchange", name))
        assert _plain(published) == _plain(inside[f"http://x-road.eu/xsd/{space}"])


def _plain(element: etree._Element) -> list[tuple[str, dict[str, str]]]:
    return [
        (each.tag, {key: value for key, value in each.attrib.items() if key != "schemaLocation"})
        for each in element.iter("*")
    ]
