"""Rows and opened sealed values put together as what people read; one query for the keys of a whole page."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.cases.model.codes import State
from services.cases.model.states import public_status
from services.cases.schemas.views import (
    CaseSummary,
    ContactView,
    IdentityView,
    NarrativeView,
    ParticipantView,
    ReferralSummary,
    ReferralView,
    ScoreView,
)
from services.cases.store import contents, keys
from services.cases.store.listing import Found
from services.kit.db import Work
from services.kit.sealed import DataKey, KeyRing


async def data_keys(work: Work, ring: KeyRing, rows: Iterable[Found]) -> dict[UUID, DataKey]:
    """The keys that open these rows; those of erased cases are missing."""
    found = await keys.load(work, ring, sorted({row.key_id for row in rows}))
    return {UUID(str(key_id)): key for key_id, key in found.items()}


def referral_summary(row: Found) -> ReferralSummary:
    """A referral in a list."""
    return ReferralSummary.model_validate(_summary(row))


def _summary(row: Found) -> dict[str, Any]:
    accepted = row.state == State.ACCEPTED
    return {
        "id": row.id,
        "reference": row.reference,
        "region": row.region,
        "referredOn": row.referred_on,
        "receivedAt": row.received_at,
        "status": public_status(State(row.state)),
        "reason": row.state_reason,
        "caseId": row.case_id if accepted else None,
        "version": row.version,
        "score": row.score,
        "band": row.band,
        "grounds": row.score_grounds if row.score_grounds is not None else row.grounds,
    }


def referral_view(row: Found, key: DataKey, persons: Sequence[ParticipantView]) -> ReferralView:
    """A referral whole; raises kit.sealed.SealBroken when a sealed value is not the row's own."""
    place = contents.referral_place(row.id, row.content_version)
    return ReferralView.model_validate(
        {
            **_summary(row),
            "sender": row.sender,
            "senderReference": row.sender_reference,
            "occurredAt": row.occurred_at,
            "changedAt": row.changed_at,
            "decidedAt": row.decided_at,
            "persons": persons,
            "assessment": _score(row, key),
            "narrative": _narrative(contents.opened(key, row.sealed, place), row, key),
        }
    )


def _narrative(told: dict[str, Any], row: Found, key: DataKey) -> NarrativeView:
    note = None
    if row.note_sealed is not None:
        note = contents.opened(key, row.note_sealed, contents.note_place(row.id))["note"]
    return NarrativeView.model_validate({**told, "screeningNote": note})


def _score(row: Found, key: DataKey) -> ScoreView | None:
    if row.score is None:
        return None
    result = contents.opened(key, row.result_sealed, contents.result_place(row.assessment_id))
    return ScoreView.model_validate(
        {
            "instrument": row.instrument,
            "version": row.instrument_version,
            "contentHash": row.content_hash,
            "engine": row.engine,
            "score": row.score,
            "band": row.band,
            "grounds": row.score_grounds,
            "scoredAt": row.scored_at,
            **{name: result[name] for name in ("range", "unanswered", "items")},
        }
    )


def participant(row: Found, key: DataKey) -> ParticipantView:
    """Somebody's part, with identity and contact."""
    told = contents.opened(key, row.sealed, contents.participation_place(row.id, row.version))
    return ParticipantView.model_validate(
        {
            "id": row.id,
            "personId": row.person_id,
            "role": row.role,
            "relationToVictim": row.relation,
            "sex": row.sex,
            "ageBand": row.age_band,
            "municipality": row.municipality,
            "identity": {name: told[name] for name in _names(IdentityView)},
            "contact": {name: told[name] for name in _names(ContactView)},
        }
    )


def _names(view: type[IdentityView | ContactView]) -> list[str]:
    return [field.alias or name for name, field in view.model_fields.items()]


def case_summary(row: Found) -> dict[str, Any]:
    """The fields of a case in a list."""
    return {
        "id": row.id,
        "region": row.region,
        "state": row.state,
        "openedOn": row.opened_on,
        "agencies": sorted(name.partition("@")[0] for name in row.agencies),
        "version": row.version,
    }


def case_in_list(row: Found) -> CaseSummary:
    """A case in a list."""
    return CaseSummary.model_validate(case_summary(row))
