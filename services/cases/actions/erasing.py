"""Our own worker proposes what is due, and carries out what two persons approved.

To erase is one transaction: the keys, the rows, the tokens, the pseudonyms, the news of it in the feed, and
the audit row. Killed before its end, nothing was erased and the next round begins again; killed after it,
only the certificate is missing, which the next round makes. `exchange` and `indicators` hear of it by the
feed, which tells at least once, and do their part in one transaction each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from services.cases.catalog import Catalog
from services.cases.model.codes import EventType
from services.cases.model.retention import Due, Erasure
from services.cases.rules import events as told
from services.cases.rules import lifecycle
from services.cases.rules import retention as rules
from services.cases.store import erasures as store
from services.cases.store import events, retention
from services.kit import log
from services.kit.calendar import add_months, format_instant, local_date
from services.kit.db import Database, Work
from services.kit.ids import new_id
from services.kit.policy import Caller, Permit, Policy
from services.kit.sealed import KeyRing

WORKER: Final = "worker:retention"
PURPOSE: Final = "accountability"
BATCH: Final = 50
#: The type of the signed statement.
CERTIFICATE: Final = "erasure-certificate+jws"
_MACHINE: Final = "erasure"
_YEAR: Final = 12
_NO_LONGER: Final = "no-longer-due"
_CLASSES: Final = ("basic", "identity", "contact", "risk", "health", "criminal", "narrative")
_log = log.get_logger(__name__)

Signer = Callable[[dict[str, object]], str]


@dataclass(frozen=True, slots=True)
class Eraser:
    """Proposes, erases and certifies; any number may run. ``sign`` makes a certificate of facts."""

    database: Database
    policy: Policy
    catalog: Catalog
    ring: KeyRing
    sign: Signer

    async def round(self) -> int:
        """Proposes what is due, and carries on with what was approved; how many things were done."""
        return await self._propose() + await self._carry_out()

    async def _propose(self) -> int:
        permit = self._permit("propose_erasures")
        async with self.database.work(permit, str(uuid4())) as work:
            found = await self._candidates(work)
            made = [erasure for due in found if (erasure := await self._proposed(work, due))]
            if made:
                work.audit("create", made, ["basic"])
        return len(made)

    async def _candidates(self, work: Work) -> list[Due]:
        published, today = self.catalog.retention, local_date(work.now)

        def back(kind: str) -> date:
            return add_months(today, -published.terms[kind].years * _YEAR)

        return list(
            await retention.candidates(
                work,
                BATCH,
                refused_since=add_months(today, -published.propose_again_after_months),
                today=today,
                cases_before=back("case"),
                referrals_before=back("referral"),
            )
        )

    async def _proposed(self, work: Work, due: Due) -> UUID | None:
        facts = await retention.facts(work, self.ring, due.id)
        if facts is None:
            return None
        end = rules.ending(facts, self.catalog.retention.terms[due.kind])
        if not rules.is_due(end, local_date(work.now)):
            if end.ends_on is not None:
                await retention.look_later(work, due.id, end.ends_on)
            return None
        machine, erasure = self.catalog.lifecycles[_MACHINE], new_id()
        made = await store.propose(work, erasure, due, self.catalog.retention.version, end, machine.start)
        return erasure if made else None

    async def _carry_out(self) -> int:
        permit = self._permit("carry_out_erasures")
        async with self.database.work(permit, str(uuid4())) as work:
            waiting = await store.waiting(work, BATCH)
        done = 0
        for erasure in waiting:
            async with self.database.work(permit, str(uuid4())) as work:
                done += await self._carry_on(work, erasure)
        return done

    async def _carry_on(self, work: Work, erasure_id: UUID) -> bool:
        kept = await store.locked(work, erasure_id)
        if kept is None:
            return False
        if kept.erasure.state == "erased":
            return await self._certify(work, kept.erasure)
        return kept.erasure.state == "approved" and await self._erase(work, kept.erasure)

    async def _erase(self, work: Work, erasure: Erasure) -> bool:
        references = await store.references(work, erasure.case)
        facts = await retention.facts(work, self.ring, erasure.case)
        if facts is None or not rules.is_due(
            rules.ending(facts, self.catalog.retention.terms[facts.kind]), local_date(work.now)
        ):
            await store.refuse(work, erasure.id, self._next(erasure, "refuse"), _NO_LONGER)
            work.audit("update", [erasure.id, erasure.case], ["basic"])
            return True
        if await store.erase(work, erasure.id) is None:
            return False  # it is held
        news = told.case_erased(erasure, references, local_date(work.now))
        await events.append(work, erasure.case, [(EventType.CASE_ERASED, news)])
        work.audit("delete", [erasure.id, erasure.case], _CLASSES)
        _log.info("erased", object_id=erasure.id)
        return True

    async def _certify(self, work: Work, erasure: Erasure) -> bool:
        evidence = await store.evidence(work, erasure.id)
        if evidence is None:
            return False  # the audit row has no place in the log yet
        certificate = self.sign(self._facts(erasure, evidence))
        await store.certify(work, erasure.id, self._next(erasure, "certify"), certificate)
        work.audit("update", [erasure.id], ["basic"])
        return True

    def _facts(self, erasure: Erasure, evidence: store.Evidence) -> dict[str, object]:
        """What a certificate says: no person, and of the case its id alone, which leads to nothing."""
        term = self.catalog.retention.terms[erasure.kind]
        return {
            "erasure": str(erasure.id),
            "kind": erasure.kind,
            "case": str(erasure.case),
            "region": erasure.region,
            "term": {"years": term.years, "source": term.source, "rules": erasure.rules},
            "countedFrom": erasure.counted_from.isoformat(),
            "because": erasure.because.value,
            "dueOn": erasure.due_on.isoformat(),
            "agreedBy": erasure.agreed_by,
            "approvedBy": erasure.approved_by,
            "erasedAt": format_instant(erasure.erased_at) if erasure.erased_at else None,
            "counts": dict(erasure.counts or {}),
            "audit": {
                "position": evidence.position,
                "leaf": evidence.leaf,
                "checkpoint": evidence.note,
            },
        }

    def _next(self, erasure: Erasure, action: str) -> str:
        return lifecycle.step(self.catalog.lifecycles[_MACHINE], erasure.id, erasure.state, action).target

    def _permit(self, operation: str) -> Permit:
        return self.policy.permit(Caller.system(WORKER, "cases"), operation, PURPOSE)
