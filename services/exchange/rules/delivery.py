"""What follows when a try to deliver a message has failed.

Sources: the error codes of X-Road in both generations (CamelCase up to 7.7, snake_case from 7.8) and its rule
on who may retry: network failures and maintenance yes, refusals no. A message is never given up because a
partner or a security server is out of order; it is put aside for a person when it is itself at fault.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,119}")
_XROAD: Final = re.compile(r"(client|server\.(clientproxy|serverproxy)|signer)\..+")
#: The one code whose words changed between the generations, beside their spelling.
_RENAMED: Final = {"outdatedglobalconf": "globalconfoutdated"}
#: States of the network or of a security server that its keepers mend: no message is at fault.
_TEMPORARY: Final = frozenset(
    {
        "networkerror", "ioerror", "unknownhost", "maintenancemode", "globalconfoutdated",
        "timestampingfailed", "timestamperfailed", "tokennotactive", "tokennotavailable", "loginfailed",
        "pinincorrect", "keynotfound", "cannotsign", "cannotcreatesignature", "loggingfailed",
        "databaseerror", "sslauthenticationfailed",
    }
)  # fmt: skip
_PERMANENT: Final = frozenset({"servicedisabled", "servicemissingurl", "servicemalformedurl", "servicetype"})
_PERMANENT_FAMILIES: Final = ("unknown", "invalid", "inconsistent", "missing", "duplicate")
_HTTP_CODE: Final = re.compile(r"http-[1-5][0-9]{2}")
_HTTP_TEMPORARY: Final = frozenset({408, 425, 429, 502, 503, 504})


class Origin(StrEnum):
    """Who said that it failed."""

    TRANSPORT = "transport"  # nobody: no connection, no answer in time or cut short, a page of a gateway
    SECURITY_SERVER = "security-server"  # an X-Road error code
    PARTNER = "partner"  # a fault, or a status of the partner's own
    BUSINESS = "business"  # the partner understood the message and refused it
    ANSWER = "answer"  # an answer came and does not belong to the message that was sent


class Nature(StrEnum):
    """What the failure means for a further try."""

    TEMPORARY = "temporary"
    UNKNOWN = "unknown"
    PERMANENT = "permanent"


class Reason(StrEnum):
    """Why a message waits for a person; titles in three languages are in ``data/quarantine.yaml``."""

    ACCESS_DENIED = "access-denied"
    SERVICE_UNKNOWN = "service-unknown"
    MESSAGE_REFUSED = "message-refused"
    PARTNER_REFUSED = "partner-refused"
    PARTNER_FAILED = "partner-failed"
    ANSWER_INCONSISTENT = "answer-inconsistent"
    GATEWAY_REFUSED = "gateway-refused"
    UNKNOWN_ERROR = "unknown-error"
    NOTICE_UNAVAILABLE = "notice-unavailable"
    NOTICE_INVALID = "notice-invalid"
    RECIPIENT_MISMATCH = "recipient-mismatch"
    RESIDENCE_UNKNOWN = "residence-unknown"
    SEAL_BROKEN = "seal-broken"


#: Those whose codes are words of ours; ``content``: the message never was sent.
_OURS: Final = frozenset({Origin.TRANSPORT.value, Origin.ANSWER.value, "content"})


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try: who said so, with which code (never with free text), and what they ask for."""

    origin: Origin
    code: str
    status: int | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How long to wait between tries, and how many tries an unknown error gets."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=5)
    tries_of_unknown: int = 5


@dataclass(frozen=True, slots=True)
class History:
    """How often a message has failed: at all, and with errors that nobody knows."""

    tries: int
    unknown: int

    def after(self, failure: Failure) -> "History":
        """The history with one more failure."""
        return History(self.tries + 1, self.unknown + (nature(failure) is Nature.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Again:
    """Send the same bytes once more, not before this time has passed."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Do not send again until a person has decided."""

    reason: Reason


def clean_code(text: str | None) -> str:
    """A code as a partner wrote it, or ``unreadable``: free text may hold what no log may."""
    code = (text or "").strip()
    return code if _CODE.fullmatch(code) else "unreadable"


def normalise(code: str) -> str:
    """One spelling for both generations of X-Road codes."""
    head, dot, last = code.lower().replace("_", "").rpartition(".")
    return head + dot + _RENAMED.get(last, last)


def is_xroad_code(code: str) -> bool:
    """True for a code of a security server; a provider's own fault is a QName or a bare word."""
    return _XROAD.fullmatch(normalise(code)) is not None


def label(origin: str, code: str) -> str:
    """A failure's code for figures, of which there are few whatever partners say; else ``other``."""
    if origin in _OURS or (origin == Origin.PARTNER and _HTTP_CODE.fullmatch(code)):
        return code
    if origin != Origin.SECURITY_SERVER:
        return "other"
    last = normalise(code).rpartition(".")[2]
    if last in _TEMPORARY | _PERMANENT | {"accessdenied"}:
        return last
    family = next((each for each in _PERMANENT_FAMILIES if last.startswith(each)), None)
    return "other" if family is None else f"{family}-any"


def nature(failure: Failure) -> Nature:
    """Whether a further try can help."""
    match failure.origin:
        case Origin.TRANSPORT:
            return _nature_of_transport(failure)
        case Origin.BUSINESS:
            return Nature.PERMANENT
        case Origin.ANSWER:
            return Nature.UNKNOWN
        case Origin.PARTNER:
            return _nature_of_partner(failure)
        case Origin.SECURITY_SERVER:
            return _nature_of_code(normalise(failure.code))


def _nature_of_transport(failure: Failure) -> Nature:
    """A status below 500 on a SOAP call is a gateway's: a security server answers SOAP with SOAP, 200 or 500.

    It may pass (a certificate that is being changed, an address that is being put right), so it is tried
    again; it may also be about this very message (too large, a pattern that a filter dislikes) and would come
    for ever, so after the tries of an unknown error a person must look.
    """
    if failure.status is None or failure.status >= 500 or failure.status in _HTTP_TEMPORARY:  # noqa: PLR2004 - HTTP
        return Nature.TEMPORARY
    return Nature.UNKNOWN


def _nature_of_partner(failure: Failure) -> Nature:
    if (
        failure.status is None
    ):  # a SOAP fault: soap:Client, and soap:Client.what, say that the message is wrong
        side = failure.code.rpartition(":")[2].partition(".")[0]
        return Nature.PERMANENT if side.lower() == "client" else Nature.UNKNOWN
    if failure.status in _HTTP_TEMPORARY:
        return Nature.TEMPORARY
    return Nature.PERMANENT if 300 <= failure.status < 500 else Nature.UNKNOWN  # noqa: PLR2004 - HTTP classes


def _nature_of_code(code: str) -> Nature:
    parts = code.split(".")
    if parts[-1] in _TEMPORARY or any("network" in part for part in parts):
        return Nature.TEMPORARY
    refused = parts[0] == "client" or "accessdenied" in parts or parts[-1] in _PERMANENT
    return Nature.PERMANENT if refused or parts[-1].startswith(_PERMANENT_FAMILIES) else Nature.UNKNOWN


def reason(failure: Failure) -> Reason:
    """The words under which an operator finds the message."""
    match failure.origin:
        case Origin.BUSINESS:
            return Reason.PARTNER_REFUSED
        case Origin.ANSWER:
            return Reason.ANSWER_INCONSISTENT
        case Origin.PARTNER:
            return Reason.PARTNER_REFUSED if nature(failure) is Nature.PERMANENT else Reason.PARTNER_FAILED
        case Origin.TRANSPORT:
            return Reason.GATEWAY_REFUSED
        case Origin.SECURITY_SERVER:
            return _reason_of_code(normalise(failure.code).split("."))


def _reason_of_code(parts: list[str]) -> Reason:
    last = parts[-1]
    if "accessdenied" in parts:
        return Reason.ACCESS_DENIED
    if last in _PERMANENT or last.startswith("unknown"):
        return Reason.SERVICE_UNKNOWN
    if last == "inconsistentresponse":
        return Reason.ANSWER_INCONSISTENT
    refused = _nature_of_code(".".join(parts)) is Nature.PERMANENT
    return Reason.MESSAGE_REFUSED if refused else Reason.UNKNOWN_ERROR


def wait(tries: int, terms: Terms, jitter: int) -> timedelta:
    """Time before the next try: doubles from the first wait up to the longest; half of it is left to chance.

    Args:
        tries: how many tries have failed in a row, 1 or more.
        terms: the first and the longest wait.
        jitter: chance in thousandths, 0 to 1000.
    """
    doubled = terms.longest if tries > 40 else terms.first * 2 ** (tries - 1)  # noqa: PLR2004 - keeps the power small
    half = min(doubled, terms.longest) / 2
    return half + half * jitter // 1000


def after_failure(failure: Failure, history: History, terms: Terms, jitter: int) -> Again | Quarantine:
    """What next, after this failure, for a message with this history (this failure counted)."""
    found = nature(failure)
    if found is Nature.PERMANENT or (found is Nature.UNKNOWN and history.unknown >= terms.tries_of_unknown):
        return Quarantine(reason(failure))
    asked = min(failure.retry_after or timedelta(0), terms.longest)
    return Again(max(asked, wait(history.tries, terms, jitter)))
