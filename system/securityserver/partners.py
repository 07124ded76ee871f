"""POLIS (SOAP) and STAR (REST) as the exchange sees them: they take notices, once per message id."""

import json
import re
from dataclasses import dataclass
from typing import Final, Protocol

from lxml import etree

from system.securityserver import soap
from system.securityserver.behaviour import Effect, Rule
from system.securityserver.callouts import SERVICE, CallOutRegister, refuse
from system.securityserver.faults import soap_fault
from system.securityserver.ledger import Ledger, Received

POLIS: Final = "ee-dev/GOV/70008747/polis"
STAR: Final = "ee-dev/GOV/70009770/star"
TURVAVORK: Final = "ee-dev/GOV/70001975/turvavork"
POLIS_NAMESPACE: Final = "http://polis.x-road.eu/producer"
#: Short names in the control address and in the ledger.
NAMES: Final = {"polis": POLIS, "star": STAR}
STAR_PATH: Final = "/v1/notices"
WORDS: Final = ("reference", "senderReference", "status", "occurredAt")
STATUSES: Final = frozenset({"RECEIVED", "AWAITING_SCREENING", "ACCEPTED", "DECLINED", "REDIRECTED"})
_REFERENCE: Final = re.compile(r"TV(-[0-9A-HJKMNP-TV-Z]{4}){4}-[0-9A-HJKMNP-TV-Z]")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner's information system answers to its security server."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def fault_of(notice: dict[str, str]) -> str | None:
    """The code with which a registry refuses a notice that it cannot read; None when it can."""
    if set(notice) != set(WORDS):
        return "NOTICE_FIELDS"
    if not _REFERENCE.fullmatch(notice["reference"]):
        return "NOTICE_REFERENCE"
    if notice["status"] not in STATUSES:
        return "NOTICE_STATUS"
    return None if _INSTANT.fullmatch(notice["occurredAt"]) else "NOTICE_TIME"


def polis_words(message: soap.Message) -> dict[str, str]:
    """The words of a caseNotice in a SOAP body."""
    return {etree.QName(child).localname: child.text or "" for child in message.payload}


class Children(Protocol):
    """Who takes notices about children (``children.ChildRegister``)."""

    def take(self, message_id: str, raw: bytes, rule: Rule | None) -> Answer:
        """Take one notice, or refuse it."""


class Polis:
    """The police information system: SOAP services ``caseNotice.v1`` and ``getCallouts.v1``."""

    def __init__(self, ledger: Ledger, callouts: CallOutRegister) -> None:
        self._ledger, self._callouts = ledger, callouts

    def take(self, message: soap.Message, raw: bytes, rule: Rule | None) -> Answer:
        """What the service that the message names answers."""
        if message.service_code == SERVICE:
            return self._tell(message, rule)
        return self._take(message, raw, rule)

    def _tell(self, message: soap.Message, rule: Rule | None) -> Answer:
        """Answer a question about call-outs, or refuse it in the wrapper of the answer."""
        if rule is not None and rule.effect is Effect.PARTNER_FAULT:
            return Answer(500, "text/xml;charset=UTF-8", soap_fault(rule.code, "Internal error"))
        wrapper = etree.Element(f"{{{POLIS_NAMESPACE}}}{SERVICE}Response", nsmap={"pol": POLIS_NAMESPACE})
        if rule is not None and rule.effect is Effect.BUSINESS:
            wrapper = refuse(wrapper, rule.code)
        else:
            wrapper = self._callouts.tell(message)
        return Answer(200, "text/xml;charset=UTF-8", soap.echo(message, wrapper))

    def _take(self, message: soap.Message, raw: bytes, rule: Rule | None) -> Answer:
        """Take one notice, or refuse it in the wrapper of the answer."""
        notice = polis_words(message)
        refusal = _refusal(rule, fault_of(notice))
        if rule is not None and rule.effect is Effect.PARTNER_FAULT:
            return Answer(500, "text/xml;charset=UTF-8", soap_fault(rule.code, "Internal error"))
        if refusal is not None:
            return self._answer(message, faultCode=refusal, faultString="Notice refused")
        row = self._ledger.take("polis", message.fields["id"], notice, raw)
        return self._answer(message, notice=row.id, receivedAt=row.at)

    @staticmethod
    def _answer(message: soap.Message, **words: str) -> Answer:
        wrapper = etree.Element(f"{{{POLIS_NAMESPACE}}}caseNoticeResponse", nsmap={"pol": POLIS_NAMESPACE})
        for name, word in words.items():
            etree.SubElement(wrapper, name).text = word
        return Answer(200, "text/xml;charset=UTF-8", soap.echo(message, wrapper))


class Star:
    """The social services register: REST service ``caseNotice``, ``POST /v1/notices``."""

    def __init__(self, ledger: Ledger, children: "Children") -> None:
        self._ledger = ledger
        self.children = children

    def take(self, message_id: str, raw: bytes, rule: Rule | None) -> Answer:
        """Take one notice, or refuse it with a status of its own."""
        notice = json_words(raw)
        refusal = _refusal(rule, fault_of(notice))
        if rule is not None and rule.effect is Effect.STATUS:
            asked = () if rule.retry_after is None else (("Retry-After", str(rule.retry_after)),)
            return _json(rule.status, {"code": rule.code}, asked)
        if refusal is not None:
            return _json(422, {"code": refusal})
        row: Received = self._ledger.take("star", message_id, notice, raw)
        return _json(200 if row.duplicate else 201, {"notice": row.id, "receivedAt": row.at})


def _refusal(rule: Rule | None, own: str | None) -> str | None:
    return rule.code if rule is not None and rule.effect is Effect.BUSINESS else own


def json_words(raw: bytes) -> dict[str, str]:
    """The words of a caseNotice in a JSON body; empty when it is not an object of strings."""
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    if not isinstance(body, dict) or not all(isinstance(word, str) for word in body.values()):
        return {}
    return body


def reference_of(raw: bytes) -> str:
    """The reference in a JSON body, whatever else it says."""
    try:
        body = json.loads(raw)
    except ValueError:
        return ""
    told = body.get("reference") if isinstance(body, dict) else None
    return told if isinstance(told, str) else ""


def _json(status: int, body: dict[str, str], headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, "application/json", json.dumps(body).encode(), headers)
