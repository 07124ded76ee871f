"""Disclosures: written in the transaction in which data about somebody leave, told to the Data Tracker."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.cases.model.disclosures import Act, Disclosure, DisclosureRules, Receiver, Told
from services.cases.model.dossiers import Part
from services.cases.model.ids import CaseId
from services.cases.model.problems import EpochEnded
from services.cases.store import disclosures
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.sealed import BlindIndex
from services.kit.sequencer import Cursor, current_epoch

CODE: Final = "personal-code"
_HANDLE: Final = 32
_BEFORE_ALL: Final = -1
_LANGUAGE: Final = "et"  # the Data Tracker shows one language


@dataclass(frozen=True, slots=True)
class Discloser:
    """Makes disclosures. ``index`` is under the key that ``exchange`` has as well."""

    rules: DisclosureRules
    index: BlindIndex

    def of_part(self, work: Work, part: Part, case: CaseId, source: str) -> Disclosure:
        """That child protection is told of somebody in a referral.

        Without a personal code nobody can ask by one: then the subject is our own name for the person.
        """
        return self.made(work, Act.CHILD_NOTICE, self.whom(part), self.rules.child_notice, case, source)

    def of_call_outs(self, work: Work, part: Part, case: CaseId) -> Disclosure:
        """That the police were asked about call-outs about somebody in a referral; asked again, it is one."""
        source = f"{Act.CALL_OUTS}/{part.id}"
        return self.made(work, Act.CALL_OUTS, self.whom(part), self.rules.call_outs, case, source)

    def whom(self, part: Part) -> bytes:
        """Whom a disclosure of somebody's part is about; our own name for who has no personal code."""
        code = part.identity.personal_code
        return self.index.of("person", str(part.person_id)) if code is None else self.subject(code)

    def subject(self, code: str) -> bytes:
        """Whom a disclosure is about."""
        return self.index.of(CODE, code)

    def made(  # noqa: PLR0913, PLR0917 - the words of one disclosure
        self, work: Work, act: Act, subject: bytes, receiver: Receiver, case: CaseId, source: str
    ) -> Disclosure:
        """A disclosure that happens in this transaction."""
        name = self.rules.receivers.get(receiver.code)
        return Disclosure(
            id=new_id(),
            subject=subject,
            receiver=receiver,
            receiver_name=None if name is None else name[_LANGUAGE],
            action=self.rules.acts[act][_LANGUAGE],
            case_handle=self.handle(case),
            occurred_at=work.now,
            source=source,
        )

    def handle(self, case: UUID) -> str:
        """What a case is called outside: the same for the same case, and nothing without the key."""
        return self.index.of("case", str(case)).hex()[:_HANDLE]


async def after(work: Work, cursor: Cursor | None, most: int) -> tuple[str, Sequence[Told]]:
    """The feed's epoch, and up to ``most`` disclosures after a cursor; EpochEnded when it is of another."""
    epoch = await current_epoch(work.conn)
    if cursor is not None and cursor.epoch != epoch:
        raise EpochEnded
    return epoch, await disclosures.after(work, cursor.position if cursor else _BEFORE_ALL, most)
