"""A referral written whole or not at all: the hot path, in two statements."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from services.cases.model.codes import AgeBand, Ground, Relation, Role, ScoreState, Sex
from services.cases.model.ids import AssessmentId, ParticipationId, PersonId
from services.cases.model.referral import Event, Head, Sender
from services.cases.model.states import ReferralState, Score
from services.cases.store.people import Matched
from services.cases.store.referrals import state_columns
from services.kit.db import Work
from services.kit.sealed import DataKey

_MAKE = text("""
    with made as (
        insert into referral (
            id, reference, sender, sender_reference, sender_version, content_digest, region, referred_on,
            occurred_at, received_at, changed_at, grounds, state, state_reason, decided_at, decided_by,
            score_state, score_due_at, case_id, key_id, sealed
        ) values (
            :id, :reference, :sender, :sender_reference, :sender_version, :digest, :region, :referred_on,
            :occurred_at, :received_at, :received_at, :grounds, :state, :state_reason, :decided_at,
            :decided_by, :score_state, :score_due_at, :case_id, :key_id, :sealed
        )
        on conflict do nothing
        returning case_id, key_id
    ), key as (
        insert into data_key (id, kek, wrapped, made_at)
        select key_id, :kek, :wrapped, cast(:received_at as timestamptz) from made
    ), stream as (
        insert into stream (id, version) select case_id, cast(:events as integer) from made
    )
    select count(*) from made
""")


_FILL = text("""
    with people as (
        insert into person (id) select unnest(cast(:fresh as uuid[]))
    ), entries as (
        insert into person_index (kind, value, person_id)
        select kind, value, person_id
        from unnest(cast(:kinds as text[]), cast(:values as bytea[]), cast(:owners as uuid[]))
            as entry (kind, value, person_id)
        order by kind, value, person_id
        on conflict do nothing
        returning kind
    ), parts as (
        insert into participation (
            id, person_id, referral_id, role, relation, sex, age_band, municipality, sealed, key_id
        )
        select id, person_id, cast(:referral as uuid), role, relation, sex, age_band, municipality, sealed,
               cast(:key as uuid)
        from unnest(
            cast(:ids as uuid[]), cast(:persons as uuid[]), cast(:roles as text[]),
            cast(:relations as text[]), cast(:sexes as text[]), cast(:bands as text[]),
            cast(:places as text[]), cast(:sealed as bytea[])
        ) as part (id, person_id, role, relation, sex, age_band, municipality, sealed)
    ), tested as (
        insert into assessment (
            id, referral_id, instrument, completed_on, answers_sealed, version, content_hash, engine, score,
            band, grounds, result_sealed, scored_at
        )
        select cast(:test as uuid), cast(:referral as uuid), cast(:instrument as text),
               cast(:completed_on as date), cast(:answers as bytea), cast(:version as text),
               cast(:content_hash as text), cast(:engine as text), cast(:score as integer),
               cast(:band as text), cast(:grounds as text[]), cast(:result as bytea),
               cast(:scored_at as timestamptz)
        where cast(:test as uuid) is not null
    ), told as (
        insert into event (id, stream, stream_version, type, occurred_at, recorded_at, data)
        select id, cast(:stream as uuid), place, type, cast(:at as timestamptz), cast(:at as timestamptz),
               cast(data as jsonb)
        from unnest(cast(:events as uuid[]), cast(:types as text[]), cast(:data as text[])) with ordinality
            as event (id, type, data, place)
    )
    select count(*) from entries
""")


class PeopleChangedError(Exception):
    """Somebody else wrote about the same people at the same moment: roll back, match them again."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A referral about to be written."""

    head: Head
    sender: Sender | None
    digest: bytes
    occurred_at: datetime
    received_at: datetime
    grounds: Sequence[Ground]
    state: ReferralState
    score_state: ScoreState
    key: DataKey
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A person's part in a referral about to be written."""

    id: ParticipationId
    person: PersonId
    role: Role
    relation: Relation | None
    sex: Sex
    age_band: AgeBand
    municipality: str | None
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Test:
    """An assessment about to be written; score and result come together or not at all."""

    id: AssessmentId
    instrument: str
    completed_on: date
    answers: bytes
    score: Score | None
    result: bytes | None


async def make(work: Work, draft: Draft, *, kek: str, events: int) -> bool:
    """Writes the referral with its key and stream; False, and nothing written, if it is here already.

    Args:
        work: the transaction.
        draft: what to write.
        kek: the id of the key-encryption key under which the draft's key is wrapped.
        events: how many events the stream begins with.
    """
    head, sender = draft.head, draft.sender
    parameters = {
        "id": head.id,
        "reference": head.reference,
        "sender": head.sender,
        "sender_reference": sender.reference if sender else None,
        "sender_version": sender.version if sender else None,
        "digest": draft.digest,
        "region": head.region,
        "referred_on": head.referred_on,
        "occurred_at": draft.occurred_at,
        "received_at": draft.received_at,
        "grounds": [ground.value for ground in draft.grounds],
        **state_columns(draft.state),
        "score_state": draft.score_state.value,
        "score_due_at": draft.received_at if draft.score_state is ScoreState.WAITING else None,
        "case_id": head.case,
        "key_id": draft.key.id,
        "sealed": draft.sealed,
        "kek": kek,
        "wrapped": draft.key.wrapped,
        "events": events,
    }
    made: int = (await work.conn.execute(_MAKE, parameters)).scalar_one()
    return made == 1


@dataclass(frozen=True, slots=True)
class Filling:
    """What hangs on a referral about to be written."""

    matched: Matched
    parts: Sequence[Part]
    test: Test | None
    events: Sequence[Event]


async def fill(work: Work, draft: Draft, filling: Filling) -> None:
    """Writes people, their parts, the assessment and the events of a referral that :func:`make` has made.

    Raises PeopleChangedError when a blind index was written by somebody else since the people were matched.
    """
    parameters = {
        "referral": draft.head.id,
        "key": draft.key.id,
        "stream": draft.head.case,
        "at": draft.received_at,
        **_people(filling.matched),
        **_parts(filling.parts),
        **_test(filling.test),
        "events": [event.id for event in filling.events],
        "types": [event.type.value for event in filling.events],
        "data": [json.dumps(event.data) for event in filling.events],
    }
    written: int = (await work.conn.execute(_FILL, parameters)).scalar_one()
    if written != len(filling.matched.entries):
        raise PeopleChangedError


def _people(matched: Matched) -> dict[str, Any]:
    return {
        "fresh": list(matched.fresh),
        "kinds": [entry.kind for entry in matched.entries],
        "values": [entry.value for entry in matched.entries],
        "owners": [entry.person for entry in matched.entries],
    }


def _parts(parts: Sequence[Part]) -> dict[str, Any]:
    return {
        "ids": [part.id for part in parts],
        "persons": [part.person for part in parts],
        "roles": [part.role.value for part in parts],
        "relations": [part.relation.value if part.relation else None for part in parts],
        "sexes": [part.sex.value for part in parts],
        "bands": [part.age_band.value for part in parts],
        "places": [part.municipality for part in parts],
        "sealed": [part.sealed for part in parts],
    }


def _test(test: Test | None) -> dict[str, Any]:
    score = test.score if test else None
    return {
        "test": test.id if test else None,
        "instrument": test.instrument if test else None,
        "completed_on": test.completed_on if test else None,
        "answers": test.answers if test else None,
        "result": test.result if test else None,
        **score_columns(score),
    }


def score_columns(score: Score | None) -> dict[str, Any]:
    """The columns that hold a score, all of them or none."""
    if score is None:
        return dict.fromkeys(("version", "content_hash", "engine", "score", "band", "grounds", "scored_at"))
    return {
        "version": score.version,
        "content_hash": score.content_hash,
        "engine": score.engine,
        "score": score.value,
        "band": score.band.value,
        "grounds": [ground.value for ground in score.grounds],
        "scored_at": score.scored_at,
    }
