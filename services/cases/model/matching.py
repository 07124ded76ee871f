"""Whether two records are the same person: the published weights, and what they say of two records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.cases.model.ids import PersonId
from services.cases.model.published import Label


class Agreement(StrEnum):
    """How a field of two records compares; swapped: day with month, or given with family name."""

    SAME = "same"
    SWAPPED = "swapped"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What the probability amounts to."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"


class MergeState(StrEnum):
    """A merge: proposed, then done or refused by a person; what was done can be undone."""

    PROPOSED = "proposed"
    MERGED = "merged"
    REFUSED = "refused"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Spelling:
    """Letters in the order in which they are replaced, and those that others write in several ways."""

    letters: Sequence[tuple[str, str]]
    variants: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class MergeReason:
    """Why two people are one; ``bridges_codes``: although each has a personal code of their own."""

    label: Label
    bridges_codes: bool


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """Weights in hundredths of a bit, by field and agreement; ``start`` is the weight of the prior."""

    version: str
    start: int
    weights: Mapping[str, Mapping[Agreement, int]]
    verdicts: Sequence[tuple[Verdict, Decimal]]
    spelling: Spelling
    reasons: Mapping[str, MergeReason]
    refusals: Mapping[str, Label]
    undoings: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class Compared:
    """A field of two records, and what it adds."""

    field: str
    agreement: Agreement
    weight: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two records are one person, and how that came about; ``per_mille`` is rounded down."""

    fields: Sequence[Compared]
    start: int
    weight: int
    per_mille: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Double:
    """Somebody who might be the same person, how likely, and what was last decided about the two."""

    person: PersonId
    likeness: Likeness
    merge: "Merge | None"


@dataclass(frozen=True, slots=True)
class Doubles:
    """Those who might be the same person as somebody, whose own ids are ``same``; by which rule."""

    person: PersonId
    same: Sequence[PersonId]
    found: Sequence[Double]
    rule: str


@dataclass(frozen=True, slots=True)
class Merge:
    """That two people are one, as somebody proposed and somebody decided; each keeps the own id."""

    id: UUID
    one: PersonId
    other: PersonId
    state: MergeState
    reason: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str | None
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None
    version: int
