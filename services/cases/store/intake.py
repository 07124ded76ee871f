"""A referral written whole or not at all: the hot path, in two statements."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from services.cases.model.codes import AgeBand, Ground, Relation, Role, ScoreState, Sex
from services.cases.model.duties import NewDuty
from services.cases.model.ids import AssessmentId, ParticipationId, PersonId, ReferralId
from services.cases.model.referral import Event, Head, Sender
from services.cases.model.states import ReferralState, Score
from services.cases.store import duties
from services.cases.store.people import Matched
from services.cases.store.referrals import state_columns
from services.kit.db import Work
from services.kit.sealed import DataKey

_MAKE = text("""
    with draft as (
        select * from unnest(
            cast(:id as uuid[]), cast(:reference as text[]), cast(:sender as text[]),
            cast(:sender_reference as text[]), cast(:sender_version as integer[]), cast(:digest as bytea[]),
            cast(:region as text[]), cast(:referred_on as date[]), cast(:occurred_at as timestamptz[]),
            cast(:received_at as timestamptz[]), cast(:grounds as text[]), cast(:state as text[]),
            cast(:state_reason as text[]), cast(:decided_at as timestamptz[]), cast(:decided_by as text[]),
            cast(:score_state as text[]), cast(:score_due_at as timestamptz[]), cast(:case_id as uuid[]),
            cast(:key_id as uuid[]), cast(:sealed as bytea[]), cast(:wrapped as bytea[]),
            cast(:events as integer[])
        ) as draft (
            id, reference, sender, sender_reference, sender_version, digest, region, referred_on, occurred_at,
            received_at, grounds, state, state_reason, decided_at, decided_by, score_state, score_due_at,
            case_id, key_id, sealed, wrapped, events
        )
    ), made as (
        insert into referral (
            id, reference, sender, sender_reference, sender_version, content_digest, region, referred_on,
            occurred_at, received_at, changed_at, grounds, state, state_reason, decided_at, decided_by,
            score_state, score_due_at, case_id, key_id, sealed
        )
        select id, reference, sender, sender_reference, sender_version, digest, region, referred_on,
            occurred_at, received_at, received_at, cast(grounds as text[]), state, state_reason, decided_at,
            decided_by, score_state, score_due_at, case_id, key_id, sealed
        from draft order by reference
        on conflict do nothing
        returning id
    ), key as (
        insert into data_key (id, kek, wrapped, made_at)
        select key_id, :kek, wrapped, received_at from draft join made using (id)
    ), stream as (
        insert into stream (id, version) select case_id, events from draft join made using (id)
    )
    select id from made
""")


_FILL = text(
    f"""
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
    ), tokens as (
        insert into person_index (kind, value, person_id)
        select kind, value, person_id
        from unnest(cast(:token_kinds as text[]), cast(:tokens as bytea[]), cast(:token_owners as uuid[]))
            as token (kind, value, person_id)
        order by kind, value, person_id
        on conflict do nothing
    ), parts as (
        insert into participation (
            id, person_id, referral_id, role, relation, sex, age_band, municipality, sealed, key_id
        )
        select id, person_id, referral_id, role, relation, sex, age_band, municipality, sealed, key_id
        from unnest(
            cast(:part as uuid[]), cast(:person as uuid[]), cast(:part_of as uuid[]), cast(:role as text[]),
            cast(:relation as text[]), cast(:sex as text[]), cast(:age_band as text[]),
            cast(:municipality as text[]), cast(:part_sealed as bytea[]), cast(:part_key as uuid[])
        ) as part (
            id, person_id, referral_id, role, relation, sex, age_band, municipality, sealed, key_id
        )
    ), tested as (
        insert into assessment (
            id, referral_id, instrument, completed_on, answers_sealed, version, content_hash, engine, score,
            band, grounds, result_sealed, scored_at
        )
        select id, referral_id, instrument, completed_on, answers, version, content_hash, engine, score, band,
            cast(grounds as text[]), result, scored_at
        from unnest(
            cast(:test as uuid[]), cast(:test_of as uuid[]), cast(:instrument as text[]),
            cast(:completed_on as date[]), cast(:answers as bytea[]), cast(:version as text[]),
            cast(:content_hash as text[]), cast(:engine as text[]), cast(:score as integer[]),
            cast(:band as text[]), cast(:test_grounds as text[]), cast(:result as bytea[]),
            cast(:scored_at as timestamptz[])
        ) as test (
            id, referral_id, instrument, completed_on, answers, version, content_hash, engine, score, band,
            grounds, result, scored_at
        )
    ), told as (
        insert into event (id, stream, stream_version, type, occurred_at, recorded_at, data)
        select id, stream, stream_version, type, occurred_at, occurred_at, cast(data as jsonb)
        from unnest(
            cast(:event as uuid[]), cast(:stream as uuid[]), cast(:stream_version as integer[]),
            cast(:type as text[]), cast(:occurred_at as timestamptz[]), cast(:data as text[])
        ) as event (id, stream, stream_version, type, occurred_at, data)
    ), waiting as ({duties.FROM_ARRAYS})
    select count(*) from entries
    """  # noqa: S608 - constants
)


#: The columns of an assessment: a group of referrals may have none.
_TEST = (
    *("test", "test_of", "instrument", "completed_on", "answers", "version", "content_hash", "engine"),
    *("score", "band", "test_grounds", "result", "scored_at"),
)


_NEWS = ("event", "stream", "stream_version", "type", "occurred_at", "data")


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


@dataclass(frozen=True, slots=True)
class Filling:
    """What hangs on a referral about to be written; a correction has no events here."""

    draft: Draft
    parts: Sequence[Part]
    test: Test | None
    events: Sequence[Event]
    duties: Sequence[NewDuty] = ()


async def make(work: Work, drafts: Sequence[tuple[Draft, int]], *, kek: str) -> frozenset[ReferralId]:
    """Writes referrals with their keys and streams; the ids of those written: the others are here already.

    Args:
        work: the transaction.
        drafts: what to write; with how many events each stream begins.
        kek: the id of the key-encryption key under which the drafts' keys are wrapped.
    """
    rows = [_columns(draft) | {"events": events} for draft, events in drafts]
    written = await work.conn.execute(_MAKE, {**_arrays(rows), "kek": kek})
    return frozenset(ReferralId(found) for found in written.scalars())


async def fill(work: Work, matched: Matched, fillings: Sequence[Filling]) -> None:
    """Writes people, their parts, the assessments, events and duties of referrals that :func:`make` has made.

    Raises PeopleChangedError when a blind index was written by somebody else since the people were matched.
    """
    parameters = {
        "fresh": list(matched.fresh),
        "kinds": [entry.kind for entry in matched.entries],
        "values": [entry.value for entry in matched.entries],
        "owners": [entry.person for entry in matched.entries],
        "token_kinds": [token.kind for token in matched.tokens],
        "tokens": [token.value for token in matched.tokens],
        "token_owners": [token.person for token in matched.tokens],
        **_arrays([_part(one.draft, part) for one in fillings for part in one.parts]),
        **_arrays([_test(one.draft, one.test) for one in fillings if one.test], _TEST),
        **_arrays([_event(event) for one in fillings for event in one.events], _NEWS),
        **duties.arrays([duty for one in fillings for duty in one.duties]),
    }
    written: int = (await work.conn.execute(_FILL, parameters)).scalar_one()
    if written != len(matched.entries):
        raise PeopleChangedError


def _arrays(rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Rows as one array for each column; there may be no row where the columns are named."""
    return {name: [row[name] for row in rows] for name in names or rows[0]}


def _columns(draft: Draft) -> dict[str, Any]:
    head, sender = draft.head, draft.sender
    return {
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
        "grounds": _codes(draft.grounds),
        **state_columns(draft.state),
        "score_state": draft.score_state.value,
        "score_due_at": draft.received_at if draft.score_state is ScoreState.WAITING else None,
        "case_id": head.case,
        "key_id": draft.key.id,
        "sealed": draft.sealed,
        "wrapped": draft.key.wrapped,
    }


def _part(draft: Draft, part: Part) -> dict[str, Any]:
    return {
        "part": part.id,
        "person": part.person,
        "part_of": draft.head.id,
        "role": part.role.value,
        "relation": part.relation.value if part.relation else None,
        "sex": part.sex.value,
        "age_band": part.age_band.value,
        "municipality": part.municipality,
        "part_sealed": part.sealed,
        "part_key": draft.key.id,
    }


def _test(draft: Draft, test: Test) -> dict[str, Any]:
    score = test.score
    return {
        "test": test.id,
        "test_of": draft.head.id,
        "instrument": test.instrument,
        "completed_on": test.completed_on,
        "answers": test.answers,
        "result": test.result,
        **score_columns(score),
        "test_grounds": _codes(score.grounds) if score else None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "event": event.id,
        "stream": event.stream,
        "stream_version": event.stream_version,
        "type": event.type.value,
        "occurred_at": event.occurred_at,
        "data": json.dumps(event.data),
    }


def _codes(grounds: Sequence[Ground]) -> str:
    """Codes as the text of an array: arrays of arrays do not unnest."""
    return "{" + ",".join(ground.value for ground in grounds) + "}"


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
