"""Everything in the house as somebody reads it who may see every field; and what others should read of it."""

from dataclasses import dataclass, field
from typing import Any

from tests.cases.routes.access.house import AWAY, HOME, House, Kept
from tests.cases.routes.access.oracle import Asker, Expected, Thing, expected, granted, stripped
from tests.cases.routes.access.standing import STANDS

#: The classes that an answer of an operation holds; what a rule allows beyond them does not show.
CLASSES = {
    "list_referrals": {"basic", "risk"},
    "get_referral": {"basic", "identity", "contact", "risk", "narrative"},
    "list_cases": {"basic"},
    "get_case": {"basic", "identity", "contact", "risk"},
    "get_person": {"basic", "identity", "contact"},
    "search_people": {"basic", "identity"},
    "get_me": {"basic"},
    "get_calendar": {"basic"},
    "list_child_notices": {"basic", "contact", "narrative"},
    "list_duties": {"basic"},
    "count_duties": {"basic"},
    "get_my_address": {"basic", "technical"},
    "list_case_actions": {"basic", "narrative"},
    "list_safety_plans": {"basic", "contact", "narrative"},
    "list_safety_plan_sections": {"basic"},
    "list_region_sets": {"basic"},
    "list_code_lists": {"basic"},
    "list_lifecycles": {"basic"},
    "get_region_start": {"basic", "narrative"},
    "list_consent_facts": {"basic", "narrative"},
    "list_case_steps": {"basic"},
    "get_monitoring": {"basic", "risk", "narrative"},
    "list_incidents": {"basic", "risk", "narrative"},
    "list_evaluations": {"basic", "risk", "narrative"},
    "list_assessments": {"basic", "risk", "narrative"},
    "list_shares": {"basic", "narrative"},
    "list_support_contacts": {"basic", "narrative"},
    "list_support_reports": {"basic", "narrative"},
    "list_services": {"basic"},
    "list_case_types": {"basic"},
    "list_removal_measures": {"basic"},
    "list_removals": {"basic", "criminal"},
    "list_service_offers": {"basic", "narrative"},
    "list_support_persons": {"basic", "identity", "contact"},
    "list_supervisions": {"basic"},
    "list_support_candidates": {"basic", "identity"},
    "list_support_assignments": {"basic", "identity"},
    "list_tellings": {"basic", "contact"},
    "list_repeat_proposals": {"basic", "risk"},
    "list_exclusions": {"basic", "narrative"},
    "list_access_reports": {"basic", "narrative"},
    "get_seal": {"basic", "narrative"},
    "get_retention": {"basic"},
    "list_holds": {"basic", "narrative"},
    "list_erasures": {"basic"},
    "list_access_requests": {"basic", "identity", "narrative"},
    "list_case_people": {"basic"},
    "list_relations": {"basic", "risk", "narrative"},
    "list_entries": {"basic", "identity", "contact", "risk", "health", "criminal", "narrative"},
}
#: Lists of one case: one decision shows them, so the row tells its classes whether there is anything or not.
BY_ONE_DECISION = {
    "list_support_contacts",
    "list_support_reports",
    "list_service_offers",
    "list_removals",
    "list_case_actions",
    "list_safety_plans",
    "list_consent_facts",
    "get_monitoring",
    "list_incidents",
    "list_evaluations",
    "list_assessments",
    "list_entries",
    "list_shares",
    "list_support_candidates",
    "list_support_assignments",
    "list_tellings",
    "list_repeat_proposals",
    "list_relations",
    "list_holds",
}
#: What coordinators read of each case.
HANGS = (
    *("exclusions", "seal", "history", "support-assignments", "support-candidates"),
    *("assessments", "retention"),
)
SUPPORT = "support-person"
SUMMARY = {
    "list_referrals": (
        "id", "reference", "region", "referredOn", "receivedAt", "status", "reason", "caseId", "version",
        "withdrawal", "redirectedTo", "screenBy",
        "score", "band", "grounds",
    ),
    "list_cases": ("id", "region", "caseType", "state", "openedOn", "agencies", "version"),
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What should come back: the table's word, the body, and the ids that it shows."""

    expected: Expected
    body: Any = None
    objects: frozenset[str] = frozenset()

    def classes(self, operation: str) -> list[str]:
        """The classes of fields that the audit row should tell."""
        is_empty = isinstance(self.body, dict) and self.body.get("items") == []
        if is_empty and operation not in BY_ONE_DECISION:
            return ["basic"]
        return sorted(CLASSES[operation] & self.expected.fields)


@dataclass(frozen=True)
class Full:
    """Answers with every field, by id."""

    kept: list[Kept]
    referrals: dict[str, Any]
    cases: dict[str, Any]
    people: dict[str, list[tuple[Thing, Any]]]
    children: dict[str, Any]
    duties: list[tuple[Thing, Any]]
    closing: dict[str, Any] = field(default_factory=dict)
    """Exclusions, seals, steps, and who stands or could stand by whom, by path."""
    """Exclusions, seals, steps and assessments, by path."""
    shares: dict[str, list[Any]] = field(default_factory=dict)
    tellings: dict[str, list[Any]] = field(default_factory=dict)
    reports: list[tuple[Thing, Any]] = field(default_factory=list)
    """Reports of accesses, the newest first, with the case that each is about."""

    @classmethod
    async def of(cls, house: House) -> "Full":
        """Reads everything as the coordinators of the regions."""
        made = cls(house.kept, {}, {}, {}, {}, [])
        await made._waits(house)
        for kept in house.kept:
            if kept.erased:
                continue
            coordinator = Asker("seed", f"dev:coordinator:{kept.thing.region}:")
            made.referrals[kept.id] = (await house.ask(coordinator, f"/referrals/{kept.id}")).body
            path = f"/referrals/{kept.id}/child-notices"
            made.children[kept.id] = (await house.ask(coordinator, path)).body
            told_of = await house.ask(coordinator, f"/referrals/{kept.id}/tellings")
            made.tellings[kept.id] = told_of.body["items"]
            if kept.is_case:
                made.cases[kept.case] = (await house.ask(coordinator, f"/cases/{kept.case}")).body
                for what in HANGS:
                    path = f"/cases/{kept.case}/{what}"
                    told = await house.ask(coordinator, path)
                    if told.status == 200:
                        made.closing[path] = told.body
                receipts = await house.ask(coordinator, f"/cases/{kept.case}/shares")
                made.shares[kept.case] = receipts.body["items"]
            for person in kept.persons:
                told = (await house.ask(coordinator, f"/people/{person}")).body["items"]
                mine = next(each for each in told if each["referralId"] == kept.id)
                made.people.setdefault(person, []).append((kept.thing, mine))
        things = {kept.case: kept.thing for kept in house.kept}
        for region in (HOME, AWAY):
            owner = Asker("seed", f"dev:coordinator:{region}:")
            pool = f"/regions/{region}/support-persons"
            made.closing[pool] = (await house.ask(owner, pool)).body
            told = (await house.ask(owner, "/access-reports?limit=100")).body["items"]
            made.reports.extend((things[one["caseId"]], one) for one in told)
        made.reports.sort(key=lambda pair: (pair[1]["reportedAt"][:10], pair[1]["id"]), reverse=True)
        for parts in made.people.values():
            parts.sort(key=lambda part: made.referrals[part[1]["referralId"]]["referredOn"], reverse=True)
        return made

    async def _waits(self, house: House) -> None:
        """What waits in the house: for coordinators, about referrals and cases; for who stands by victims."""
        askers = [Asker("seed", f"dev:coordinator:{region}:") for region in (HOME, AWAY)]
        things = {id_: kept.thing for kept in house.kept for id_ in (kept.id, kept.case)}
        for asker in (*askers, Asker("stands", STANDS)):
            for each in (await house.ask(asker, "/duties")).body["items"]:
                self.duties.append((things[each["caseId"] or each["referralId"]], each))
        known = {each["caseId"] for _, each in self.duties if each["role"] == SUPPORT}
        [report] = [each for _, each in self.duties if each["role"] == SUPPORT]
        closed = [kept for kept in house.kept if kept.thing.assigned and kept.case not in known]
        self.duties.extend((kept.thing, report | {"caseId": kept.case}) for kept in closed)  # to be counted
        self.duties.sort(key=lambda pair: (pair[1]["dueOn"], pair[1]["id"]))

    def inbox(self, asker: Asker, purpose: str | None) -> Wanted:
        """What waits for a coordinator, or for a support person, waits for nobody else."""
        nothing = expected(asker, "list_duties", purpose, None)
        if nothing.status != 404:
            return Wanted(nothing)
        found = [pair for pair in self._mine(asker, "list_duties", purpose) if _is_for(asker, *pair)]
        words = [expected(asker, "list_duties", purpose, thing) for thing, _ in found]
        rules = tuple(dict.fromkeys(rule for word in words for rule in word.rules))
        if not found:
            rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, "list_duties", purpose)))
        objects = frozenset(duty["thing"]["id"] for _, duty in found)
        body = {"items": [duty for _, duty in found], "next": None}
        return Wanted(Expected(200, rules=rules, fields=frozenset({"basic"})), body, objects)

    def _mine(self, asker: Asker, operation: str, purpose: str | None) -> list[tuple[Thing, Any]]:
        """What waits in the regions of a coordinator, or for a support person, where they may see it."""
        mine = {region for role, region in _seats(asker) if role in {"coordinator", SUPPORT}}
        return [
            (thing, duty)
            for thing, duty in self.duties
            if thing.region in mine and expected(asker, operation, purpose, thing).status == 200
        ]

    def counts(self, asker: Asker, purpose: str | None) -> Wanted:
        """As many as the lists hold, region by region."""
        nothing = expected(asker, "count_duties", purpose, None)
        if nothing.status != 404:
            return Wanted(nothing)
        mine = sorted({region for role, region in _seats(asker) if role == "coordinator" and region})
        items, every = [], self._mine(asker, "count_duties", purpose)
        for region in mine:
            mine_here = [duty for thing, duty in every if thing.region == region]
            labels = {duty["clock"]: duty["label"] for duty in mine_here}
            for clock in sorted(labels):
                here = [duty for duty in mine_here if duty["clock"] == clock]
                some = {state: sum(duty["state"] == state for duty in here) for state in ("soon", "overdue")}
                late = sum(duty["escalated"] for duty in here)
                kind = {"region": region, "clock": clock, "label": labels[clock]}
                items.append({**kind, "open": len(here), **some, "escalated": late})
        rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, "count_duties", purpose)))
        return Wanted(Expected(200, rules=rules, fields=frozenset({"basic"})), {"items": items})

    def referral(self, asker: Asker, purpose: str | None, kept: Kept) -> Wanted:
        word = expected(asker, "get_referral", purpose, None if kept.erased else kept.thing)
        if word.status != 200:
            return Wanted(word)
        body = self.referrals[kept.id]
        shown = {kept.id, kept.case, *(each["personId"] for each in body["persons"])}
        return Wanted(word, stripped(body, word.fields), frozenset(shown))

    def child_notices(self, asker: Asker, purpose: str | None, kept: Kept) -> Wanted:
        word = expected(asker, "list_child_notices", purpose, None if kept.erased else kept.thing)
        if word.status != 200:
            return Wanted(word)
        body = self.children[kept.id]
        shown = {kept.id, *(each["number"] for each in body["items"])}
        return Wanted(word, stripped(body, word.fields), frozenset(shown))

    def case(self, asker: Asker, purpose: str | None, kept: Kept) -> Wanted:
        word = expected(asker, "get_case", purpose, None if kept.erased or not kept.is_case else kept.thing)
        if word.status != 200:
            return Wanted(word)
        body = self.cases[kept.case]
        shown = {kept.case, kept.id, *(each["personId"] for each in body["persons"])}
        return Wanted(word, stripped(body, word.fields), frozenset(shown))

    def person(self, asker: Asker, purpose: str | None, person: str) -> Wanted:
        parts = self.people.get(person, [])
        words = [(expected(asker, "get_person", purpose, thing), part) for thing, part in parts]
        seen = [(word, part) for word, part in words if word.status == 200]
        if not seen:
            return Wanted(expected(asker, "get_person", purpose, None))
        items = [stripped(part, word.fields) for word, part in seen]
        rules = tuple(dict.fromkeys(rule for word, _ in seen for rule in word.rules))
        fields = frozenset(name for word, _ in seen for name in word.fields)
        ids = {part[name] for _, part in seen for name in ("referralId", "caseId")} - {None}
        return Wanted(
            Expected(200, rules=rules, fields=fields),
            {"id": person, "items": items},
            frozenset(ids | {person}),
        )

    def listed(self, asker: Asker, operation: str, purpose: str | None) -> Wanted:
        """The list is the filter of the single reads, the newest first."""
        get, day, whole = {
            "list_referrals": (self.referral, "referredOn", self.referrals),
            "list_cases": (self.case, "openedOn", self.cases),
        }[operation]
        nothing = expected(asker, operation, purpose, None)
        if nothing.status != 404:
            return Wanted(nothing)
        found = [(kept, get(asker, purpose, kept)) for kept in self.kept]
        seen = [(kept, wanted.expected) for kept, wanted in found if wanted.expected.status == 200]
        pairs = [
            (whole[kept.id if operation == "list_referrals" else kept.case], word) for kept, word in seen
        ]
        pairs.sort(key=lambda pair: (pair[0][day], pair[0]["id"]), reverse=True)
        items = [
            stripped({name: body[name] for name in SUMMARY[operation]}, word.fields) for body, word in pairs
        ]
        rules = tuple(dict.fromkeys(rule for _, word in pairs for rule in word.rules))
        fields = frozenset(name for _, word in pairs for name in word.fields)
        ids = {kept.case for kept, _ in seen}
        if operation == "list_referrals":
            ids |= {kept.id for kept, _ in seen}
        if not seen:
            rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, operation, purpose)))
        return Wanted(
            Expected(200, rules=rules, fields=fields), {"items": items, "next": None}, frozenset(ids)
        )


def _is_for(asker: Asker, thing: Thing, duty: dict[str, Any]) -> bool:
    return (duty["role"], thing.region) in _seats(asker)


def _seats(asker: Asker) -> list[tuple[str, str | None]]:
    return [(role, attributes.get("region")) for role, attributes in asker.roles()]
