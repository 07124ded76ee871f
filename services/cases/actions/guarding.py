"""The disclosure guard: looks through what leaves for protected values that its receiver may not be told.

It knows the receiver by the rows of the table of access by which the answer was allowed, and the values by
the keys that were opened for it and the cases that it shows. What is found is left out and marked; what
cannot be changed is stopped. The audit row says of which kind it was, and the log how often; neither says
what.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID

from pydantic import BaseModel

from services.cases.model.protection import DisclosureStopped, Protection, Recipient, Secret, Trust
from services.cases.rules import protection as rules
from services.cases.rules.phrases import Words
from services.cases.rules.protection import Finder
from services.cases.rules.spelling import Speller
from services.cases.store import protection as store
from services.cases.store.protection import Guarded
from services.kit import log
from services.kit.db import Work
from services.kit.fieldclass import Excluded
from services.kit.leaving import Leaving, Withheld
from services.kit.masking import masked
from services.kit.policy import Decision, Permit, Policy
from services.kit.sealed import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable

_log = log.get_logger(__name__)
AGENCIES: Final = "agencies"
REGION: Final = "region"
_ORDER: Final = (Trust.NOTHING, Trust.UNMARKED, Trust.ALL)


@dataclass(frozen=True)
class DisclosureGuard:
    """``kit.leaving.Guard`` by the published rules; ``recipients`` by the ids of rows of the table."""

    published: Protection
    ring: KeyRing = field(repr=False)
    recipients: Mapping[str, Recipient]
    speller: Speller = field(repr=False)
    words: Words = field(repr=False)

    @classmethod
    def of(cls, published: Protection, policy: Policy, ring: KeyRing) -> Self:
        """One for a table of access."""
        found = {
            rule.id: recipient
            for rule in policy.rules
            if rule.effect == "allow"
            and (recipient := rules.recipient_of(published, rule.roles or (), rule.relation, rule.operations))
        }
        speller = Speller(published.spelling)
        return cls(published, ring, found, speller, Words.of(published, speller))

    async def __call__(self, leaving: Sequence[Leaving]) -> None:
        """Looks at everything that leaves a transaction; raises DisclosureStopped."""
        for one in leaving:
            if (look := await self._look(one)) is not None:
                payload = look.through(one)
                if look.found and one.can_change and payload is not None:
                    one.replace(payload, look.found)
                if look.found:
                    _told(one.work, look.found, stopped=not one.can_change)

    async def _look(self, one: Leaving) -> "_Look | None":
        """What is to be looked for in what leaves; None: nothing."""
        permit = one.work.permit
        if one.each and all(self._is_cleared(permit, decision) for decision in one.each):
            return None
        shown = [each for each in one.objects if isinstance(each, UUID)]
        kept = await store.of_what_leaves(one.work, self.ring, shown, self.published)
        secrets = [secret for case in kept for secret in self._kept(permit, case)]
        return _Look(Finder.of(secrets, self.speller, self.words)) if secrets else None

    def _is_cleared(self, permit: Permit, decision: Decision) -> bool:
        """Whether the decision alone says that its receiver may be told everything: nothing is looked up."""
        ids = set(decision.rule_id.split("+"))
        return any(self._clears(permit, rule, decision) for rule in ids & self.recipients.keys())

    def _clears(self, permit: Permit, rule: str, decision: Decision) -> bool:
        recipient = self.recipients[rule]
        if recipient.in_case and self.published.field_class not in decision.fields:
            return False
        mine = [grant for grant in permit.grants if grant.rule_id == rule]
        return bool(mine) and all(rules.trust(recipient, _agency(grant.match)) is Trust.ALL for grant in mine)

    def _kept(self, permit: Permit, case: Guarded) -> Iterator[Secret]:
        """What of a case is kept from whoever asks."""
        allowed = max((self._trust(permit, case)), key=_ORDER.index, default=Trust.NOTHING)
        for secret in case.secrets:
            if allowed is Trust.NOTHING or (allowed is Trust.UNMARKED and secret.marked):
                yield secret

    def _trust(self, permit: Permit, case: Guarded) -> Iterator[Trust]:
        for grant in permit.grants:
            recipient = self.recipients.get(grant.rule_id)
            if recipient is not None and grant.effect == "allow" and _holds(grant.match, case):
                yield rules.trust(recipient, _agency(grant.match))


@dataclass
class _Look:
    """One look through what leaves, and what it finds."""

    finder: Finder
    found: list[Withheld] = field(default_factory=list)

    def through(self, one: Leaving) -> BaseModel | Sequence[BaseModel] | None:
        """The payload without what was found; None for a document."""
        if one.payload is None:
            self._at_words(one.words)
            return None
        if isinstance(one.payload, BaseModel):
            return self.at(one.payload, one.excluded[0])
        pairs = zip(one.payload, one.excluded, strict=True)
        return [self.at(model, left_out, f"/{n}") for n, (model, left_out) in enumerate(pairs)]

    def at(self, model: BaseModel, left_out: Excluded, pointer: str = "") -> BaseModel:
        """A model without what was found."""
        return masked(model, left_out, self.change, pointer)

    def change(self, text: str, pointer: str, may_be_none: bool) -> str | None:  # noqa: FBT001 - kit.masking's
        """What stands in the place of a text."""
        hits = self.finder.find(text)
        if not hits:
            return text
        self.found += (Withheld(pointer, hit.kind.code) for hit in hits)
        return None if may_be_none and rules.is_all(text, hits) else rules.without(text, hits)

    def _at_words(self, words: Sequence[str] | None) -> None:
        """A document: what it says, or that nobody can tell what it says."""
        if words is None:
            self.found.append(Withheld("", "unreadable"))
        for text in words or ():
            self.found += (Withheld("", hit.kind.code) for hit in self.finder.find(text))


def _told(work: Work, found: Sequence[Withheld], *, stopped: bool) -> None:
    """Says in the log that something was withheld, of which kinds, and stops what could not be changed."""
    for kind in sorted({each.kind for each in found}):
        count = sum(each.kind == kind for each in found)
        outcome = "stopped" if stopped else "withheld"
        operation = work.permit.operation
        _log.warning("disclosure-guard", operation=operation, code=kind, count=count, outcome=outcome)
    if stopped:
        problem = DisclosureStopped()
        problem.rule_id = "+".join(f"withheld:{kind}" for kind in sorted({each.kind for each in found}))
        raise problem


def _agency(match: Mapping[str, str]) -> str | None:
    return match[AGENCIES].partition("@")[0] if AGENCIES in match else None


_BY: Final[Mapping[str, "Callable[[str, Guarded], bool]"]] = {
    REGION: lambda value, case: case.region == value,
    AGENCIES: lambda value, case: value in case.agencies,
}


def _holds(match: Mapping[str, str], case: Guarded) -> bool:
    """Whether the relation holds to this case; one that is not of region or agency does not."""
    return all(name in _BY and _BY[name](value, case) for name, value in match.items())
