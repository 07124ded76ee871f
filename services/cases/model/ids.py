"""Typed identifiers: one kind cannot stand where another is meant."""

from typing import NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)
ReferralId = NewType("ReferralId", UUID)
ParticipationId = NewType("ParticipationId", UUID)
AssessmentId = NewType("AssessmentId", UUID)
CaseId = NewType("CaseId", UUID)
EventId = NewType("EventId", UUID)
KeyId = NewType("KeyId", UUID)
