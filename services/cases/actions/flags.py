"""An agency asks whether somebody is a victim in a case: yes or no; of what is sealed no, with an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.disclosures import Discloser
from services.cases.model.disclosures import Act, Disclosure, Receiver
from services.cases.model.dossiers import NO_BARS
from services.cases.model.flags import Alarm, Flag, FlagRule, Verdict
from services.cases.model.ids import CaseId
from services.cases.rules.flags import verdict
from services.cases.store import disclosures, flags
from services.cases.store.people import CODE
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.personal_code import PersonalCode
from services.kit.policy import Decision
from services.kit.sealed import BlindIndex

_AFTER_ALL: Final = Place(date.max, UUID(int=2**128 - 1))
_MEMBER: Final = 2  # instance, class, member, subsystem


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, and what the audit log tells of it."""

    flag: Flag
    decision: Decision
    objects: Sequence[UUID | str]


@dataclass(frozen=True, slots=True)
class Flags:
    """Answers agencies. ``index`` is that by which people are found."""

    rule: FlagRule
    index: BlindIndex
    discloser: Discloser

    async def ask(self, work: Work, code: PersonalCode) -> Answered:
        """Whether somebody is flagged; the same statements run whatever the answer is.

        A yes is a disclosure of the victim to the client that asks.
        """
        decision = work.permit.on({})
        blind = self.index.of(CODE, code.value)
        said = verdict(await flags.victimhoods(work, blind), local_date(work.now), self.rule)
        await disclosures.record(work, self._disclosures(work, code, said.case))
        await flags.alarm(work, _alarms(work, said))
        return Answered(said.flag, decision, [blind.hex(), *([said.case] if said.case else [])])

    def _disclosures(self, work: Work, code: PersonalCode, case: CaseId | None) -> Sequence[Disclosure]:
        if case is None:
            return ()
        receiver, subject = _receiver(work.permit.caller.subject), self.discloser.subject(code.value)
        return [self.discloser.made(work, Act.FLAG, subject, receiver, case, f"getFlags/{new_id()}")]


async def alarms(work: Work, place: Place | None, most: int) -> tuple[Page[Alarm], Sequence[Decision]]:
    """The alarms of the caller's regions, the newest first, each with the decision that shows it."""
    regions = sorted({grant.match["region"] for grant in work.permit.grants if "region" in grant.match})
    found = await flags.alarms(work, regions, place or _AFTER_ALL, most + 1)
    page = page_of(found, most, lambda one: Place(one.asked_on, one.id))
    return page, [work.permit.on({"region": one.region, **NO_BARS.resource()}) for one in page.items]


def _alarms(work: Work, said: Verdict) -> Sequence[Alarm]:
    client, today = work.permit.caller.subject, local_date(work.now)
    return [Alarm(new_id(), one.case, one.region, client, work.now, today) for one in said.alarmed]


def _receiver(client: str) -> Receiver:
    """An X-Road client as a receiver: registry code and system; a member speaks for itself."""
    parts = client.split("/")
    return Receiver(parts[_MEMBER], parts[-1])
