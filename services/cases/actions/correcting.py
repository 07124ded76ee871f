"""A sender replaces what it told of a referral: matched, scored and screened anew, never silently rescored.

What was accepted stays a case, with the people and the score of the new version. What was told of children
is not taken back; of a child that is named for the first time, or lives elsewhere, child protection is told.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from services.cases.actions.intake import CONTENT, Intake, duties_of, part_of, score_state_of, test_of
from services.cases.actions.withdrawing import mine, unexpected
from services.cases.model.codes import EventType
from services.cases.model.ids import ParticipationId, PersonId
from services.cases.model.problems import (
    ReferralInvalid,
    ReferralVersionExists,
    ReferralWithdrawn,
)
from services.cases.model.referral import Incoming, Referral, Sender
from services.cases.model.states import Accepted, Correct, ReferralState, Score, Withdrawn, state_name
from services.cases.outbound import ScoreAnswer
from services.cases.rules import events as told
from services.cases.rules import intake as rules
from services.cases.rules.transitions import first_action, score_of, step
from services.cases.store import (
    cases,
    children,
    contents,
    corrections,
    duties,
    events,
    keys,
    people,
    referrals,
)
from services.cases.store import intake as store
from services.cases.store.referrals import Stored
from services.kit import log
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.policy import Decision, Permit
from services.kit.problem import FieldError, NotFound, Overloaded, UpstreamUnavailable
from services.kit.sealed import DataKey, Pseudonyms

T = TypeVar("T")
Answer: TypeAlias = Callable[[Work, Stored, Decision], Awaitable[T]]
_TRIES = 5
_CLASSES = frozenset({"basic", "identity", "contact", "risk", "narrative"})
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Correction:
    """A checked version of a referral, scored where it can be; the version is the sender's."""

    sender: Sender
    digest: bytes
    referral: Referral
    scored: ScoreAnswer | None
    at: datetime
    by: str

    @property
    def score(self) -> Score | None:
        return self.scored.score if self.scored else None

    @property
    def unscored(self) -> bool:
        """Its answers must still be scored."""
        answers = self.referral.facts.assessment
        return answers is not None and not self.referral.victim_is_minor and self.scored is None


@dataclass(frozen=True, slots=True)
class Correcting:
    """Takes corrections; scores and matches as ``intake`` does."""

    intake: Intake
    pseudonyms: Pseudonyms

    async def correct(
        self, permit: Permit, request_id: str, incoming: Incoming, sender: Sender, answer: Answer[T]
    ) -> T:
        """Takes a version once, and answers within the same transaction; the same again changes nothing.

        Raises NotFound for what this sender did not send, ReferralInvalid when a rule is broken,
        ReferralVersionExists for a known version with other content, ReferralVersionUnexpected when one is
        missing between, ReferralWithdrawn; UpstreamUnavailable when new answers of a case cannot be scored.
        """
        at = self.intake.database.clock.now()
        catalog = self.intake.catalog
        referral = rules.check(incoming.facts, at=at, regions=catalog.regions, ages=catalog.ages)
        scored = await self.intake.score(permit, referral, at)
        digest = self.intake.index.of(CONTENT, incoming.content.decode())
        correction = _Correction(sender, digest, referral, scored, at, permit.caller.subject)
        for _ in range(_TRIES):
            try:
                async with self.intake.database.work(permit, request_id) as work:
                    stored, decision = await self._take(work, incoming.reference, correction)
                    return await answer(work, stored, decision)
            except store.PeopleChangedError:
                _log.info("people-changed", reference=incoming.reference)
        raise Overloaded("the same people are written about too often at this moment")

    async def _take(self, work: Work, reference: str, correction: _Correction) -> tuple[Stored, Decision]:
        stored, decision = await mine(work, reference, correction.sender)
        if await _repeated(work, stored, correction):
            return stored, decision
        if isinstance(stored.state, Withdrawn) or stored.withdrawn_at is not None:
            raise ReferralWithdrawn
        if correction.referral.facts.region != stored.head.first_region:
            reason = "a referral stays in its region: withdraw it, and submit another"
            raise ReferralInvalid(errors=[FieldError("/region", "not-correctable", reason)])
        await self._write(work, stored, correction)
        shown = [stored.head.id, stored.head.case]
        work.audit("receive", shown, _CLASSES, decision, client=stored.head.sender)
        after = await referrals.locked(work, stored.head.id)
        if after is None:
            raise NotFound
        return after, decision

    async def _write(self, work: Work, stored: Stored, correction: _Correction) -> None:
        key = await keys.load_one(work, self.intake.ring, stored.key)
        draft = self._draft(stored, correction, key)
        await corrections.replace(work, draft, correction.sender.version)
        rows, known = await self._people(work, draft, correction)
        if isinstance(draft.state, Accepted):
            await cases.join(work, draft.head.case, draft.head.id)
        due = await self._children(work, draft, correction.referral, rows, known)
        await self._duties(work, draft, correction.referral, rows)
        await events.append(work, draft.head.case, await self._news(work, draft, correction, due))

    def _draft(self, stored: Stored, correction: _Correction, key: DataKey) -> store.Draft:
        facts = correction.referral.facts
        state = self._state(stored.state, correction)
        place = contents.referral_place(stored.head.id, stored.content_version + 1)
        return store.Draft(
            head=dataclasses.replace(stored.head, referred_on=facts.referred_on),
            sender=correction.sender,
            digest=correction.digest,
            occurred_at=facts.occurrence.occurred_at,
            received_at=correction.at,
            grounds=facts.grounds,
            state=state,
            score_state=score_state_of(state),
            key=key,
            sealed=contents.sealed(key, contents.referral(facts), place),
        )

    def _state(self, state: ReferralState, correction: _Correction) -> ReferralState:
        if isinstance(state, Accepted):
            if correction.unscored:
                raise UpstreamUnavailable("a case is corrected with its score, and the scorer is away")
            return dataclasses.replace(state, score=correction.score)
        start = step(state, Correct(), self.intake.catalog.transitions)
        action = first_action(
            minor=correction.referral.victim_is_minor,
            assessed=correction.referral.facts.assessment is not None,
            score=correction.score,
            at=correction.at,
            by=correction.by,
        )
        return start if action is None else step(start, action, self.intake.catalog.transitions)

    async def _people(
        self, work: Work, draft: store.Draft, correction: _Correction
    ) -> tuple[Sequence[ParticipationId], Sequence[PersonId]]:
        """Matches and writes the people, and the answers; the ids of their parts, and whom they are."""
        referral = correction.referral
        traces = [
            people.traces(person, self.intake.index, self.intake.catalog.matching.spelling)
            for person in referral.persons
        ]
        matched = await people.match_people(work, [traces])
        (known,) = matched.persons
        rows = [ParticipationId(new_id()) for _ in referral.persons]
        parts = [
            part_of(row, person, person_id, draft.key)
            for row, person, person_id in zip(rows, referral.persons, known, strict=True)
        ]
        test = test_of(referral, correction.scored, draft.key)
        await store.fill(work, matched, [store.Filling(draft, parts, test, ())])
        return rows, known

    async def _duties(
        self, work: Work, draft: store.Draft, referral: Referral, rows: Sequence[ParticipationId]
    ) -> None:
        """What the version before let somebody do is asked of this one."""
        catalog = self.intake.catalog
        young = rules.children(referral, rows, rule=catalog.child_notice, ages=catalog.ages)
        await duties.restart(work, draft.head.id, duties_of(catalog, draft, referral, rows, young))

    async def _children(
        self,
        work: Work,
        draft: store.Draft,
        referral: Referral,
        rows: Sequence[ParticipationId],
        known: Sequence[PersonId],
    ) -> Sequence[ParticipationId]:
        """Of whom child protection was not told yet, or told where they do not live."""
        catalog = self.intake.catalog
        due = set(rules.children(referral, rows, rule=catalog.child_notice, ages=catalog.ages))
        earlier = await children.announced(work, draft.head.id, draft.head.case)
        everybody = zip(rows, known, referral.persons, strict=True)
        return [
            row
            for row, person_id, person in everybody
            if row in due and (person_id, person.facts.municipality) not in earlier
        ]

    async def _news(
        self, work: Work, draft: store.Draft, correction: _Correction, due: Sequence[ParticipationId]
    ) -> list[tuple[EventType, told.Data]]:
        """The correction, then what follows from it; *received* was told before."""
        if not isinstance(draft.state, Accepted):
            first = told.corrected(draft.head, state_name(draft.state), correction.sender.version)
            return [(EventType.CORRECTED, first), *told.of_receipt(draft.head, draft.state, due)[1:]]
        score = score_of(draft.state)
        news = told.corrected(
            draft.head,
            state_name(draft.state),
            correction.sender.version,
            band=score.band if score else None,
            participants=await cases.participants(work, draft.head.id),
            pseudonym=self.pseudonyms.of,
        )
        return [(EventType.CORRECTED, news), *told.of_receipt(draft.head, draft.state, due)[1:]]


async def _repeated(work: Work, stored: Stored, correction: _Correction) -> bool:
    """Whether this version is here already with this content; raises what its version deserves otherwise."""
    version, last = correction.sender.version, stored.last_version
    if last is None or version > last + 1:
        raise unexpected(None if last is None else last + 1)
    if version == last + 1:
        return False
    first = version == stored.sender_version
    earlier = stored.digest if first else await corrections.digest(work, stored.head.id, version)
    if earlier is None:
        raise unexpected(last + 1)
    if earlier != correction.digest:
        raise ReferralVersionExists(errors=unexpected(last + 1).errors)
    return True
