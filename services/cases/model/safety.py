"""Safety plans: what somebody and those around her do when it becomes dangerous."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.ids import CaseId
from services.cases.model.published import Label

MACHINE: Final = "safety-plan"


class SafetyState(StrEnum):
    """Where a plan stands; ``data/lifecycles.yaml`` says how it gets on."""

    DRAFT = "draft"
    AGREED = "agreed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Section:
    """A published heading; ``kind`` is the class of fields that its text is of."""

    code: str
    kind: Literal["narrative", "contact"]
    heading: Label
    hint: Label


@dataclass(frozen=True, slots=True)
class SafetyRules:
    """Published: sections, who keeps plans, for whom they are, and why one ends."""

    sections: Mapping[str, Section]
    keepers: frozenset[str]
    roles: frozenset[Role]
    review_months: int
    ends: Mapping[str, Label]


Texts = Mapping[str, str]
"""Texts by the code of their section."""


@dataclass(frozen=True, slots=True)
class SafetyPlan:
    """A plan without its words. ``part``: whose part in the case it is for; None is the whole family's.

    ``agreed_version`` is the version of the words that she agreed to; ``content_version`` of those there are.
    """

    id: UUID
    case: CaseId
    part: UUID | None
    state: SafetyState
    agreed_on: date | None
    agreed_version: int | None
    review_on: date | None
    reason: str | None
    version: int
    content_version: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Written:
    """A plan with its words."""

    plan: SafetyPlan
    texts: Texts = field(repr=False)


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a plan was until a change replaced it."""

    id: UUID
    written: Written
    replaced_at: datetime
    replaced_by: str
