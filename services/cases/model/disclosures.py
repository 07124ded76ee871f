"""Disclosures: that data about somebody left this register, to whom and why; never the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.published import Label


class Act(StrEnum):
    """The kinds of disclosures."""

    CHILD_NOTICE = "child-notice"
    CALL_OUTS = "call-outs"
    FLAG = "flag"
    SHARE = "share"
    SUBJECT_ACCESS = "subject-access"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who got the data: a registry code, and the information system."""

    code: str
    system: str


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """How disclosures are told to the person: names of acts and of receivers."""

    acts: Mapping[Act, Label]
    receivers: Mapping[str, Label]
    child_notice: Receiver
    call_outs: Receiver
    subject_access: Receiver


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure of one person.

    ``subject`` is a blind index of the personal code, under a key for this alone. ``source`` is what was
    disclosed: told again, it is the same disclosure. ``case_handle`` leads to the case here and nowhere else.
    """

    id: UUID
    subject: bytes
    receiver: Receiver
    receiver_name: str | None
    action: str
    case_handle: str
    occurred_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Told:
    """A disclosure with its place in the feed."""

    position: int
    disclosure: Disclosure
