"""What we offer over X-Road, and which clients may call it, as published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.exchange.model.xroad import ClientId

SUBMIT: Final = "submit_referral"
CORRECT: Final = "correct_referral"
WITHDRAW: Final = "withdraw_referral"
STATUS: Final = "get_referral_status"
FLAGS: Final = "get_flags"
REPORT: Final = "report_incident"
RESEARCH: Final = "submit_research"
ACTIONS: Final = "list_actions"
ACTION: Final = "report_action"
PROOF: Final = "get_receipt_proof"
FIND_USAGE: Final = "find_usage"
USAGE_PERIOD: Final = "get_usage_period"
HEARTBEAT: Final = "check_tracker"
#: The file that describes our services over SOAP; others have their own.
WSDL: Final = "turvavork.wsdl"


@dataclass(frozen=True, slots=True)
class Operation:
    """A service that we offer: its name over SOAP, if it is there, and the header fields that it demands.

    ``wsdl`` is the file among our data that describes it over SOAP.
    """

    name: str
    service_code: str | None
    service_version: str | None
    requires: frozenset[str]
    purpose: str = "intake"
    wsdl: str = WSDL


@dataclass(frozen=True, slots=True)
class Right:
    """What an operation may be about: a scope, and the relation of the table of access that decides it."""

    scope: str
    relation: str


@dataclass(frozen=True, slots=True)
class Offered:
    """Who we are, what we offer (by name, and by SOAP service), and which clients may call what.

    ``rights`` are of clients, by operation; ``member_rights`` of every subsystem of a member.
    """

    provider: ClientId
    operations: Mapping[str, Operation]
    services: Mapping[tuple[str, str | None], Operation]
    rights: Mapping[ClientId, Mapping[str, Right]]
    member_rights: Mapping[ClientId, Mapping[str, Right]]
