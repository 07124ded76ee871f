"""Who might be the same person, and who is: proposed with its reasons, done by a person, and undone.

Each person keeps the own id; a merge only says that two are one. Whoever sees one of the two alone learns
nothing of it, and nothing of the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.dossiers import Reach
from services.cases.model.ids import PersonId
from services.cases.model.matching import Agreement, Double, Doubles, Merge, MergeState, Verdict
from services.cases.model.refusals import MergeRefused
from services.cases.rules import lifecycle
from services.cases.rules.matching import CODE, likeness
from services.cases.rules.records import check_code
from services.cases.store import merges as store
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

MACHINE: Final = "person-merge"
_MOST: Final = 200  # people who share a birth date or both names, and are compared


@dataclass(frozen=True, slots=True)
class Candidates:
    """The doubles of somebody, each with the decision that shows them."""

    doubles: Doubles
    decisions: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class Merging:
    """Works on merges within the caller's transaction."""

    catalog: Catalog

    async def candidates(self, work: Work, person: UUID, most: int) -> Candidates:
        """Whom the caller may see as well, the likeliest first; NotFound for whom they may not see."""
        same = await store.group(work, person)
        await self._seen(work, same)
        traits = await store.traits(work, same, _MOST)
        mine = _together([traits.get(each, {}) for each in same])
        others = [each for each in traits if each not in set(same)]
        visible = await store.reaches(work, others)
        merges = await store.merges_of(work, same)
        found: list[tuple[Double, Decision]] = []
        for each in others:
            like = likeness(mine, traits[each], self.catalog.matching)
            decision = _decision(work, visible, each)
            if decision is not None and like.verdict is not Verdict.UNLIKELY:
                found.append((Double(each, like, _between(merges, same, each)), decision))
        found.sort(key=lambda one: (-one[0].likeness.weight, one[0].person))
        shown = found[:most]
        doubles = Doubles(PersonId(person), same, [one for one, _ in shown], self.catalog.matching.version)
        return Candidates(doubles, [decision for _, decision in shown])

    async def propose(self, work: Work, person: UUID, other: UUID, reason: str) -> tuple[Merge, Decision]:
        """Proposes that two people, both of whom the caller may see, are one.

        Raises MergeRefused when they are one already, are proposed already, stand against each other in a
        case, or have two personal codes and the reason does not explain it.
        """
        check_code({code: one.label for code, one in self.catalog.matching.reasons.items()}, reason)
        if person == other:
            raise Malformed(errors=[FieldError("/other", "same-person", "a merge is about two people")])
        decision = await self._both(work, person, other)
        await self._mergeable(work, person, other, reason)
        if any(
            {one.one, one.other} == {person, other} and one.state is MergeState.PROPOSED
            for one in await store.merges_of(work, [person])
        ):
            raise _refused("already-proposed", "somebody has proposed this")
        first, second = sorted((PersonId(person), PersonId(other)))
        who = work.permit.caller.subject
        none = (None,) * 6
        merge = Merge(new_id(), first, second, MergeState.PROPOSED, reason, work.now, who, *none, version=1)
        await store.write(work, merge)
        work.audit("create", [merge.id, first, second], {"basic", "identity"}, decision)
        return merge, decision

    async def decide(
        self, work: Work, merge_id: UUID, action: str, reason: str | None, expected: int
    ) -> tuple[Merge, Decision]:
        """A person does what was proposed, or refuses it with a reason."""
        merge, decision = await self._locked(work, merge_id, expected)
        self._reasoned(action, reason)
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], merge.id, merge.state.value, action, reason)
        if action == "merge":
            await self._mergeable(work, merge.one, merge.other, merge.reason)
        await store.decide(work, merge.id, step.target, reason)
        return await self._changed(work, merge, decision)

    async def undo(self, work: Work, merge_id: UUID, reason: str, expected: int) -> tuple[Merge, Decision]:
        """Two people are two again, exactly as they were: nothing of either was changed."""
        merge, decision = await self._locked(work, merge_id, expected)
        check_code(self.catalog.matching.undoings, reason)
        machine = self.catalog.lifecycles[MACHINE]
        step = lifecycle.step(machine, merge.id, merge.state.value, "undo", reason)
        await store.undo(work, merge.id, step.target, reason)
        return await self._changed(work, merge, decision)

    async def of_person(self, work: Work, person: UUID) -> tuple[Sequence[Merge], Sequence[Decision]]:
        """The merges of a person, whatever became of them, of which the caller may see both."""
        decision = await self._seen(work, [person])
        found = await store.merges_of(work, [person])
        others = {each for one in found for each in (one.one, one.other)} - {PersonId(person)}
        visible = await store.reaches(work, others)
        seen = {each for each in others if _decision(work, visible, each)} | {PersonId(person)}
        allowed = [one for one in found if {one.one, one.other} <= seen]
        return allowed, [decision] * len(allowed)

    async def read(self, work: Work, merge_id: UUID) -> tuple[Merge, Decision]:
        """A merge as it stands in this transaction."""
        merge = await store.locked(work, merge_id)
        if merge is None:
            raise NotFound
        return merge, await self._both(work, merge.one, merge.other)

    async def _changed(self, work: Work, merge: Merge, decision: Decision) -> tuple[Merge, Decision]:
        people = {*await store.group(work, merge.one), *await store.group(work, merge.other)}
        await store.look_again(work, sorted(people))
        work.audit("update", [merge.id, merge.one, merge.other], {"basic", "identity"}, decision)
        return await self.read(work, merge.id)

    async def _locked(self, work: Work, merge_id: UUID, expected: int) -> tuple[Merge, Decision]:
        merge, decision = await self.read(work, merge_id)
        if merge.version != expected:
            raise StaleVersion
        return merge, decision

    def _reasoned(self, action: str, reason: str | None) -> None:
        if action == "refuse":
            check_code(self.catalog.matching.refusals, reason or "")
        elif reason is not None:
            raise Malformed(errors=[FieldError("/reason", "not-for-merge", "a merge has its reason already")])

    async def _mergeable(self, work: Work, one: UUID, other: UUID, reason: str) -> None:
        mine, theirs = await store.group(work, one), await store.group(work, other)
        if other in mine:
            raise _refused("already-one", "the two are one person already")
        if await store.opposed(work, mine, theirs):
            raise _refused("opposed-roles", "in one case the two have roles that are never merged")
        traits = await store.traits(work, [*mine, *theirs], 0)
        ours, others = (_together([traits.get(each, {}) for each in group]) for group in (mine, theirs))
        fields = likeness(ours, others, self.catalog.matching).fields
        differ = any(each.field == CODE and each.agreement is Agreement.DIFFERS for each in fields)
        if differ and not self.catalog.matching.reasons[reason].bridges_codes:
            raise _refused("two-codes", "each has a personal code; the reason must explain that")

    async def _both(self, work: Work, one: UUID, other: UUID) -> Decision:
        visible = await store.reaches(work, [one, other])
        first, second = _decision(work, visible, one), _decision(work, visible, other)
        if first is None or second is None:
            raise NotFound
        return first

    @staticmethod
    async def _seen(work: Work, people: Sequence[UUID]) -> Decision:
        visible = await store.reaches(work, people)
        decision = next((found for each in people if (found := _decision(work, visible, each))), None)
        if decision is None:
            raise NotFound
        return decision


def _decision(work: Work, visible: Mapping[PersonId, Sequence[Reach]], person: UUID) -> Decision | None:
    """The first decision by which the caller sees somebody."""
    for reach in visible.get(PersonId(person), ()):
        try:
            return work.permit.on(reach.resource())
        except NotFound:
            continue
    return None


def _together(traits: Sequence[store.Traits]) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {}
    for each in traits:
        for kind, values in each.items():
            found.setdefault(kind, set()).update(values)
    return found


def _between(merges: Sequence[Merge], same: Sequence[PersonId], other: PersonId) -> Merge | None:
    """The last merge between somebody's ids and another person."""
    pairs = [{mine, other} for mine in same]
    return next((one for one in merges if {one.one, one.other} in pairs), None)


def _refused(code: str, reason: str) -> MergeRefused:
    return MergeRefused(errors=[FieldError("/other", code, reason)])
