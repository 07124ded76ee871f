"""Our SOAP answers as bytes; ``TURVAVORK_WRITE_GOLDEN=1`` writes the files anew, for review."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from lxml import etree

from services.exchange.model.case_problems import AnswerOvertaken, IncidentInvalid, NotAsked
from services.exchange.model.casework import ActionList, ActionState, AgencyAction, Settled
from services.exchange.model.flags import Flag
from services.exchange.model.inbox import Receipt, Status
from services.exchange.model.problems import QuotaUsed, ReferralInvalid, ReferralUnknown, SchemaViolation
from services.exchange.model.usage import Usage, UsagePage
from services.exchange.rules import amendment
from services.exchange.wire import envelope, faults, messages, schema, usage
from services.exchange.wire.reader import Limits
from services.kit.problem import FieldError

Golden = Callable[[str], bytes]
FOLDER = Path(__file__).parents[1] / "golden"
AT = datetime(2017, 3, 2, 12, 0, 0, 5000, UTC)
THING = UUID("0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11")
REFERENCE = "TV-0000-0000-0000-0000-0"
ERRORS = (
    FieldError("/persons/1/personalCode", "check-digit", "the check digit of the personal code does not fit"),
    FieldError("/event/occurredAt", "future", "the event has not happened yet"),
)

INCIDENT_ERRORS = (
    FieldError("/occurredAt", "future", "it has not happened yet"),
    FieldError("/threateningPersons/0", "check-digit", "the check digit of the personal code does not fit"),
)


def submitted() -> bytes:
    return messages.receipt(
        "submitReferral",
        Receipt(REFERENCE, Status.AWAITING_SCREENING, AT, leaf=bytes.fromhex("5e" * 32)),
        with_current=False,
    )


def corrected() -> bytes:
    leaf = bytes.fromhex("5e" * 32)
    receipt = Receipt(REFERENCE, Status.AWAITING_SCREENING, AT, leaf=leaf)
    return messages.receipt("correctReferral", receipt, with_current=False)


def withdrawn() -> bytes:
    leaf = bytes.fromhex("5e" * 32)
    receipt = Receipt(REFERENCE, Status.WITHDRAWN, AT, leaf=leaf)
    return messages.receipt("withdrawReferral", receipt, with_current=False)


def noted() -> bytes:
    return messages.noted(Receipt(REFERENCE, Status.RECEIVED, AT, leaf=bytes.fromhex("5e" * 32)))


def listed() -> bytes:
    items = [
        AgencyAction(THING, 2, ActionState.ASSIGNED, date(2017, 3, 9), "Patrull <&> käib.", "Rahulik."),
        AgencyAction(THING, 1, ActionState.PROPOSED, date(2017, 3, 10), None, None),
    ]
    return messages.actions(ActionList(items, "2017-03-10_0b8f7a52"))


def told() -> bytes:
    return messages.receipt(
        "getReferralStatus", Receipt(REFERENCE, Status.RECEIVED, AT, current=False), with_current=True
    )


def used() -> bytes:
    usages = [
        Usage(AT, "Teade lapse elukohajärgsele lastekaitsele", "70009770", "star", "STAR <&>"),
        Usage(AT, "Teade", "70009770", "star", None),
    ]
    return usage.soap_answer("http://dumonitor.x-road.eu/producer", UsagePage(2, usages))


ANSWERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "submitReferral.response.xml": ("submitReferral.request.xml", submitted),
    "submitReferral.refused.response.xml": (
        "submitReferral.request.xml",
        lambda: messages.refusal("submitReferral", ReferralInvalid(errors=ERRORS)),
    ),
    "correctReferral.response.xml": ("correctReferral.request.xml", corrected),
    "correctReferral.refused.response.xml": (
        "correctReferral.request.xml",
        lambda: messages.refusal("correctReferral", amendment.unexpected(2)),
    ),
    "withdrawReferral.response.xml": ("withdrawReferral.request.xml", withdrawn),
    "withdrawReferral.refused.response.xml": (
        "withdrawReferral.request.xml",
        lambda: messages.refusal("withdrawReferral", amendment.unexpected(1)),
    ),
    "reportIncident.response.xml": ("reportIncident.request.xml", noted),
    "reportIncident.refused.response.xml": (
        "reportIncident.request.xml",
        lambda: messages.refusal("reportIncident", IncidentInvalid(errors=INCIDENT_ERRORS)),
    ),
    "submitResearch.response.xml": (
        "submitResearch.request.xml",
        lambda: messages.settled("submitResearch", "request", Settled(THING, "relevant", 2)),
    ),
    "submitResearch.refused.response.xml": (
        "submitResearch.request.xml",
        lambda: messages.refusal("submitResearch", NotAsked()),
    ),
    "listActions.response.xml": ("listActions.request.xml", listed),
    "reportAction.response.xml": (
        "reportAction.request.xml",
        lambda: messages.settled("reportAction", "action", Settled(THING, "done", 3)),
    ),
    "reportAction.refused.response.xml": (
        "reportAction.request.xml",
        lambda: messages.refusal("reportAction", AnswerOvertaken()),
    ),
    "getReferralStatus.response.xml": ("getReferralStatus.by-reference.request.xml", told),
    "getReferralStatus.unknown.response.xml": (
        "getReferralStatus.by-reference.request.xml",
        lambda: messages.refusal("getReferralStatus", ReferralUnknown()),
    ),
    "findUsage.response.xml": ("findUsage.request.xml", used),
    "getFlags.response.xml": ("getFlags.request.xml", lambda: messages.flag(Flag.YES)),
    "getFlags.refused.response.xml": (
        "getFlags.request.xml",
        lambda: messages.refusal("getFlags", QuotaUsed()),
    ),
}


def compare(name: str, content: bytes) -> None:
    if os.environ.get("TURVAVORK_WRITE_GOLDEN"):
        (FOLDER / name).write_bytes(content)
    assert (FOLDER / name).read_bytes() == content


@pytest.mark.parametrize(("name", "request_and_payload"), ANSWERS.items(), ids=ANSWERS.keys())
def test_golden_answers(
    golden: Golden, name: str, request_and_payload: tuple[str, Callable[[], bytes]]
) -> None:
    request, payload = request_and_payload
    content = envelope.answer(envelope.read(golden(request), "text/xml", Limits()), payload())
    compare(name, content)
    body = etree.fromstring(content)[1]
    schema.check(body[0], "findusage.wsdl" if name.startswith("findUsage") else "turvavork.wsdl")
    assert body[0].tag.removesuffix("Response") == etree.fromstring(golden(request))[1][0].tag


def test_golden_fault() -> None:
    problem = SchemaViolation(
        errors=[FieldError("/submitReferral/version", "form", "does not have the form")]
    )
    compare("fault.response.xml", faults.fault(problem, "00000000-0000-4000-8000-000000000000"))


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("", "/submitReferral/referral"),
        ("/version", "/submitReferral/version"),
        ("/persons/0/birthDate", "/submitReferral/referral/persons/person[1]/birthDate"),
        ("/grounds/1", "/submitReferral/referral/grounds/ground[2]"),
        ("/assessment/answers/injury", "/submitReferral/referral/assessment/answers/answer[@item='injury']"),
    ],
)
def test_a_pointer_becomes_a_path(pointer: str, path: str) -> None:
    assert messages.placed("submitReferral", FieldError(pointer, "x", "y")).pointer == path


def test_white_space_around_codes_and_names_is_not_meant(golden: Golden) -> None:
    body = golden("submitReferral.request.xml")
    spaced = body.replace(b">Mari-Liis<", b">\n Mari-Liis\n\t<").replace(b">polva<", b"> polva\n<")
    spaced = spaced.replace(b">yes<", b"> yes <").replace(b'"injury"', b'" injury "')
    read = [messages.referral(envelope.read(each, "text/xml", Limits()).payload) for each in (body, spaced)]
    assert read[0] == read[1]


def test_white_space_in_narratives_is_kept(golden: Golden) -> None:
    body = golden("submitReferral.request.xml").replace(b">Naabrid kutsusid", b">\n  Naabrid\n kutsusid")
    read = messages.referral(envelope.read(body, "text/xml", Limits()).payload)
    assert read["event"]["description"].startswith("\n  Naabrid\n kutsusid politsei")


def test_questions_are_read(golden: Golden) -> None:
    asked = [
        messages.query(
            envelope.read(golden(f"getReferralStatus.by-{by}.request.xml"), "text/xml", Limits()).payload
        )
        for by in ("reference", "senderReference", "messageId")
    ]
    assert asked == [
        {"reference": REFERENCE},
        {"senderReference": "PV-2017-001203", "version": 1},
        {"messageId": "4c2b8a1e-0d6f-4f0a-9b7c-3e5d1f2a6b80"},
    ]
