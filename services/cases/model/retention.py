"""How long things are kept, what holds them beyond that, and what becomes of them then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from services.cases.model.ids import CaseId
from services.cases.model.published import Label
from services.kit.problem import Kind, Problem


class Because(StrEnum):
    """From what a term is counted, or why it does not run yet."""

    LAST_ENTRY = "last-entry"
    MAJORITY = "majority"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Term:
    """How long one kind of record is kept, by which law."""

    code: str
    years: int
    from_majority: bool
    source: str


@dataclass(frozen=True, slots=True)
class HoldRule:
    """A ground on which something is held, and after how many months somebody looks again."""

    review_after_months: int
    source: str
    label: Label


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """Everything published about retention."""

    version: str
    terms: Mapping[str, Term]
    propose_again_after_months: int
    holds: Mapping[str, HoldRule]
    lift_reasons: Mapping[str, Label]
    refusals: Mapping[str, Label]


@dataclass(frozen=True, slots=True, repr=False)
class TermFacts:
    """What decides when the term of a case or referral ends."""

    kind: str
    is_over: bool
    last_entry: date
    births: Sequence[date]


@dataclass(frozen=True, slots=True)
class Ending:
    """When a term ends, and why then; without a day it does not run yet."""

    because: Because
    counted_from: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a case is not erased, whatever its term says."""

    id: UUID
    case: CaseId
    ground: str
    state: str
    reason: str = field(repr=False)
    set_by: str
    set_at: datetime
    review_on: date
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a case is kept: its term, when that ends, and what holds it."""

    case: CaseId
    term: Term
    rules: str
    ending: Ending
    holds: Sequence[Hold]


@dataclass(frozen=True, slots=True)
class Due:
    """A case or referral whose term may be over."""

    id: CaseId
    kind: str
    region: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """That a term is over, who agreed and approved, and what came of it."""

    id: UUID
    kind: str
    case: CaseId
    region: str
    rules: str
    counted_from: date
    because: Because
    due_on: date
    state: str
    proposed_at: datetime
    agreed_by: str | None
    agreed_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    refused_by: str | None
    refused_at: datetime | None
    reason: str | None
    erased_at: datetime | None
    counts: Mapping[str, int] | None
    certificate: str | None
    version: int


class CaseHeld(Problem):
    """Something that is held is not erased."""

    slug = "case-held"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Juhtumi kustutamine on peatatud",
            "ru": "Удаление дела приостановлено",
            "en": "The case is held: it is not erased",
        }
    )


class HoldExists(Problem):
    """The case is held on this ground already."""

    slug = "hold-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Kustutamine on sel alusel juba peatatud",
            "ru": "Удаление уже приостановлено по этому основанию",
            "en": "The case is held on this ground already",
        }
    )


class NotDue(Problem):
    """The term is not over, or no longer."""

    slug = "erasure-not-due"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Säilitamise tähtaeg ei ole möödas",
            "ru": "Срок хранения не истёк",
            "en": "The term of retention is not over",
        }
    )
