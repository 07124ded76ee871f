"""A referral comes in: checked, scored, matched, and written in one transaction, once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar

from services.cases.catalog import Catalog
from services.cases.model.codes import Band, ScoreState, State, Status
from services.cases.model.duties import NewDuty
from services.cases.model.ids import AssessmentId, CaseId, EventId, ParticipationId, PersonId, ReferralId
from services.cases.model.problems import ReferralInvalid, ReferralVersionExists
from services.cases.model.referral import Event, Head, Incoming, Person, Referral
from services.cases.model.states import (
    AwaitingScreening,
    Received,
    ReferralState,
    public_status,
    state_name,
)
from services.cases.outbound import RiskScore, ScoreAnswer, ScoreRefusedError
from services.cases.rules import duties
from services.cases.rules import events as told
from services.cases.rules import intake as rules
from services.cases.rules.transitions import first_action, score_of, step
from services.cases.store import contents, people, referrals
from services.cases.store import intake as store
from services.kit import log
from services.kit.calendar import local_date
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.policy import Decision, Permit
from services.kit.problem import Overloaded, UpstreamUnavailable, UpstreamWrong
from services.kit.sealed import BlindIndex, DataKey, KeyRing
from services.kit.together import Together

T = TypeVar("T")
Answer: TypeAlias = Callable[[Work, "Taken", Decision], Awaitable[T]]
CONTENT: Final = "referral-content"
_TRIES: Final = 5
_CLASSES: Final = frozenset({"basic", "identity", "contact", "risk", "narrative"})
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an incoming referral; ``first`` is False when it was here already."""

    id: ReferralId
    reference: str
    status: Status
    band: Band | None
    first: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    """A referral that may be written, and how its answer is made."""

    permit: Permit
    request_id: str
    decision: Decision
    draft: store.Draft
    referral: Referral
    traces: Sequence[people.Traces]
    rows: Sequence[ParticipationId]
    children: Sequence[ParticipationId]
    duties: Sequence[NewDuty]
    scored: ScoreAnswer | None
    answer: Answer[Any]


@dataclass(slots=True)
class Intake:
    """Takes referrals. ``patience``: seconds that the scorer may take before the referral waits for it."""

    database: Database
    catalog: Catalog
    riskscore: RiskScore
    ring: KeyRing
    index: BlindIndex
    patience: float
    _writing: Together[_Ready, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Referrals of one caller that come at once are written in one transaction."""
        self._writing = Together(self._write_all)

    async def take(
        self,
        permit: Permit,
        request_id: str,
        incoming: Incoming,
        answer: Answer[T],
    ) -> T:
        """Takes a referral once, and answers within the same transaction.

        Raises NotFound when the caller may not send this, ReferralInvalid when a rule is broken,
        ReferralVersionExists when reference or sender's version are known with other content.

        Args:
            permit: of ``take_referral`` or ``enter_referral``.
            request_id: for the audit log.
            incoming: reference, sender and content.
            answer: makes the answer from what became of it; runs in the transaction, perhaps more than once.
        """
        decision = permit.on(_resource(incoming))
        at = self.database.clock.now()
        referral = rules.check(incoming.facts, at=at, regions=self.catalog.regions, ages=self.catalog.ages)
        scored = await self.score(permit, referral, at)
        draft = self._draft(permit, incoming, referral, scored, at)
        traces = [
            people.traces(person, self.index, self.catalog.matching.spelling) for person in referral.persons
        ]
        rows = [ParticipationId(new_id()) for _ in referral.persons]
        children = rules.children(referral, rows, rule=self.catalog.child_notice, ages=self.catalog.ages)
        waiting = duties_of(self.catalog, draft, referral, rows, children)
        ready = _Ready(
            permit, request_id, decision, draft, referral, traces, rows, children, waiting, scored, answer
        )
        kind = (permit.caller.subject, permit.operation, permit.purpose)
        result: T = await self._writing.add(kind, ready)
        return result

    def traces(self, referral: Referral) -> Sequence[people.Traces]:
        """By what the people of a referral are recognised, and found again."""
        spelling = self.catalog.matching.spelling
        return [people.traces(person, self.index, spelling) for person in referral.persons]

    async def score(self, permit: Permit, referral: Referral, at: datetime) -> ScoreAnswer | None:
        """The score, or None when there is nothing to score or the scorer is away: then the worker asks."""
        facts = referral.facts
        if facts.assessment is None or referral.victim_is_minor:
            return None
        try:
            return await self.riskscore.score(
                facts.assessment,
                facts.grounds,
                caller=permit.caller,
                purpose=permit.purpose,
                at=at,
                timeout=self.patience,
            )
        except ScoreRefusedError as error:
            raise ReferralInvalid(errors=error.errors) from None
        except (UpstreamUnavailable, UpstreamWrong) as error:
            _log.warning("score-later", problem=error.slug)
            return None

    def _draft(
        self,
        permit: Permit,
        incoming: Incoming,
        referral: Referral,
        scored: ScoreAnswer | None,
        at: datetime,
    ) -> store.Draft:
        facts, sender = referral.facts, incoming.sender
        head = Head(
            ReferralId(new_id()),
            incoming.reference,
            sender.client if sender else None,
            facts.region,
            facts.referred_on,
            CaseId(new_id()),
        )
        action = first_action(
            minor=referral.victim_is_minor,
            assessed=facts.assessment is not None,
            score=scored.score if scored else None,
            at=at,
            by=permit.caller.subject,
        )
        start = Received()
        state: ReferralState = start if action is None else step(start, action, self.catalog.transitions)
        key = self.ring.new_data_key(at)
        return store.Draft(
            head=head,
            sender=sender,
            digest=self.index.of(CONTENT, incoming.content.decode()),
            occurred_at=facts.occurrence.occurred_at,
            received_at=at,
            grounds=facts.grounds,
            state=state,
            score_state=score_state_of(state),
            key=key,
            sealed=contents.sealed(key, contents.referral(facts), contents.referral_place(head.id, 1)),
        )

    async def _write_all(self, ready: Sequence[_Ready]) -> Sequence[Any]:
        """Those of one caller, wholly or not at all; the people are matched anew when others changed them."""
        for _ in range(_TRIES):
            try:
                async with self.database.work(ready[0].permit, ready[0].request_id) as work:
                    taken = await self._write(work, ready)
                    return [
                        await self._tell(work, one, became) for one, became in zip(ready, taken, strict=True)
                    ]
            except store.PeopleChangedError:
                _log.info("people-changed", object_id=ready[0].draft.head.id)
        raise Overloaded("the same people are written about too often at this moment")

    async def _write(self, work: Work, ready: Sequence[_Ready]) -> Sequence[Taken]:
        news = {one.draft.head.id: _events(one.draft, one.children) for one in ready}
        drafts = [(one.draft, len(news[one.draft.head.id])) for one in ready]
        made = await store.make(work, drafts, kek=self.ring.active)
        fresh = [one for one in ready if one.draft.head.id in made]
        if fresh:
            matched = await people.match_people(work, [one.traces for one in fresh])
            fillings = [
                _filling(one, known, news[one.draft.head.id])
                for one, known in zip(fresh, matched.persons, strict=True)
            ]
            await store.fill(work, matched, fillings)
        return [
            _first(one.draft) if one.draft.head.id in made else await _earlier(work, one.draft)
            for one in ready
        ]

    async def _tell(self, work: Work, ready: _Ready, taken: Taken) -> Any:  # noqa: ANN401 - as the caller makes it
        own = work.of_request(ready.request_id, ready.permit)
        if taken.first:
            self._audit(own, ready.draft, ready.decision)
        return await ready.answer(own, taken, ready.decision)

    def _audit(self, work: Work, draft: store.Draft, decision: Decision) -> None:
        work.audit(
            "receive" if draft.sender else "create",
            [draft.head.id],
            _CLASSES,
            decision,
            client=draft.head.sender,
        )


def _resource(incoming: Incoming) -> dict[str, object]:
    sender = incoming.sender.client if incoming.sender else None
    return {
        "sender": sender,
        "region": incoming.facts.region,
        "agencies": frozenset[str](),
        "state": State.RECEIVED.value,
    }


def score_state_of(state: ReferralState) -> ScoreState:
    """How the score of a referral stands that has just been told."""
    if isinstance(state, Received):
        return ScoreState.WAITING
    return ScoreState.SCORED if state.score else ScoreState.NONE


async def _earlier(work: Work, draft: store.Draft) -> Taken:
    for stored in await referrals.same(work, draft.head.reference, draft.sender):
        if stored.digest == draft.digest:
            status = public_status(state_name(stored.state))
            return Taken(stored.head.id, stored.head.reference, status, stored.band, first=False)
    raise ReferralVersionExists


def _first(draft: store.Draft) -> Taken:
    score = score_of(draft.state)
    status = public_status(state_name(draft.state))
    return Taken(draft.head.id, draft.head.reference, status, score.band if score else None, first=True)


def _filling(ready: _Ready, known: Sequence[PersonId], news: Sequence[Event]) -> store.Filling:
    draft, persons = ready.draft, ready.referral.persons
    parts = [
        part_of(row, person, person_id, draft.key)
        for row, person, person_id in zip(ready.rows, persons, known, strict=True)
    ]
    return store.Filling(draft, parts, test_of(ready.referral, ready.scored, draft.key), news, ready.duties)


def duties_of(
    catalog: Catalog,
    draft: store.Draft,
    referral: Referral,
    rows: Sequence[ParticipationId],
    children: Sequence[ParticipationId],
) -> Sequence[NewDuty]:
    """What waits for the coordinator once a referral is told, or told anew."""
    lives = {row: person.facts.municipality for row, person in zip(rows, referral.persons, strict=True)}
    return duties.of_receipt(
        catalog.clocks,
        draft.head,
        local_date(draft.received_at),
        waits=isinstance(draft.state, Received | AwaitingScreening),
        unplaced=[row for row in children if lives[row] is None],
    )


def _events(draft: store.Draft, children: Sequence[ParticipationId]) -> list[Event]:
    """What the feed tells of a receipt."""
    return [
        Event(EventId(new_id()), draft.head.case, version, kind, draft.received_at, data)
        for version, (kind, data) in enumerate(told.of_receipt(draft.head, draft.state, children), 1)
    ]


def part_of(row: ParticipationId, person: Person, known: PersonId, key: DataKey) -> store.Part:
    """Somebody's part, sealed under the referral's key."""
    facts = person.facts
    return store.Part(
        id=row,
        person=known,
        role=facts.role,
        relation=facts.relation,
        sex=facts.sex,
        age_band=person.age_band,
        municipality=facts.municipality,
        sealed=contents.sealed(key, contents.person(person), contents.participation_place(row, 1)),
    )


def test_of(referral: Referral, scored: ScoreAnswer | None, key: DataKey) -> store.Test | None:
    """The answers with their score, sealed; None when there are none."""
    facts = referral.facts.assessment
    if facts is None:
        return None
    row = AssessmentId(new_id())
    return store.Test(
        id=row,
        instrument=facts.instrument,
        completed_on=facts.completed_on,
        answers=contents.sealed(key, contents.answers(facts), contents.answers_place(row)),
        score=scored.score if scored else None,
        result=contents.sealed(key, scored.result, contents.result_place(row)) if scored else None,
    )
