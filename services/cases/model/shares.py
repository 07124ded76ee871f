"""Shares: that data of a case went to somebody, on which basis, for what and until when; never the data."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.cases.model.ids import CaseId, PersonId


class ShareKind(StrEnum):
    """An agency takes part in the case from then on, or something was handed over once."""

    TAKING_PART = "taking-part"
    HANDOVER = "handover"


class ShareState(StrEnum):
    """Whether a share still holds."""

    IN_FORCE = "in-force"
    ENDED = "ended"
    EXPIRED = "expired"


class FieldClassName(StrEnum):
    """The classes of fields that can be shared."""

    IDENTITY = "identity"
    CONTACT = "contact"
    RISK = "risk"
    NARRATIVE = "narrative"


@dataclass(frozen=True, slots=True)
class Outside:
    """A receiver outside the network: registry code, and the system or way."""

    code: str
    system: str


@dataclass(frozen=True, slots=True, repr=False)
class Why:
    """Why it is necessary, and why an agency that the law does not name; sealed."""

    necessity: str | None = None
    recipient_reason: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ToldShare:
    """A share as somebody tells it; ``rules.shares.check`` looks at it."""

    kind: ShareKind
    basis: str
    purpose: str
    agencies: tuple[str, ...]
    outside: Outside | None
    persons: tuple[PersonId, ...]
    classes: tuple[FieldClassName, ...]
    content_digest: bytes | None
    expires_on: date | None
    why: Why = Why()


@dataclass(frozen=True, slots=True)
class Share:
    """A receipt. ``parties`` are the agencies that shared and received, as ``agency@region``."""

    id: UUID
    case: CaseId
    kind: ShareKind
    basis: str
    purpose: str
    sharer: str | None
    recipients: Sequence[str]
    outside: Outside | None
    persons: Sequence[PersonId]
    classes: Sequence[FieldClassName]
    content_digest: bytes | None
    shared_at: datetime
    shared_by: str
    expires_on: date | None

    @property
    def parties(self) -> frozenset[str]:
        """Who shared and who received."""
        return frozenset(self.recipients) | (frozenset() if self.sharer is None else {self.sharer})

    @property
    def fields_hash(self) -> bytes:
        """The hash of the list of what was shared."""
        return _hash({"classes": sorted(self.classes), "persons": sorted(map(str, self.persons))})

    @property
    def digest(self) -> bytes:
        """The hash of the whole receipt: whoever has it can show that nothing in it was changed."""
        return _hash(
            {
                "id": str(self.id),
                "case": str(self.case),
                "kind": self.kind,
                "basis": self.basis,
                "purpose": self.purpose,
                "sharer": self.sharer,
                "recipients": list(self.recipients),
                "outside": None if self.outside is None else [self.outside.code, self.outside.system],
                "fields": self.fields_hash.hex(),
                "content": None if self.content_digest is None else self.content_digest.hex(),
                "sharedAt": self.shared_at.isoformat(),
                "sharedBy": self.shared_by,
                "expiresOn": None if self.expires_on is None else self.expires_on.isoformat(),
            }
        )


@dataclass(frozen=True, slots=True, repr=False)
class KeptShare:
    """A receipt as it is kept, with its reasons and whether it still holds."""

    share: Share
    digest: bytes
    why: Why
    state: ShareState
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None
    version: int


def _hash(content: Mapping[str, object]) -> bytes:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()
