"""Is it a repeat? Per definition, from the accepted referrals about the same two people."""

from collections.abc import Iterable, Sequence
from datetime import date

from services.cases.model.repeats import Base, Definition, Earlier, Finding, Incident, RepeatRules, Verdict
from services.kit.calendar import add_months


def findings(
    incidents: Sequence[Incident], earlier: Sequence[Earlier], rules: RepeatRules
) -> Sequence[Finding]:
    """What each definition says, in their order; of several pairs of people the one that makes it a repeat.

    Args:
        incidents: the incident that is referred, once for each victim and threatening person.
        earlier: the accepted referrals about any of these pairs.
        rules: the published definitions.
    """
    return [_by(definition, incidents, earlier) for definition in rules.definitions]


def is_ground(found: Iterable[Finding], rules: RepeatRules) -> bool:
    """Whether the definition in force calls it a repeat."""
    return any(each.definition == rules.in_force and each.verdict is Verdict.YES for each in found)


def _by(definition: Definition, incidents: Sequence[Incident], earlier: Sequence[Earlier]) -> Finding:
    each = [_one(definition, incident, earlier) for incident in incidents]
    nothing = Finding(definition.id, definition.version, Verdict.NO)
    order = {Verdict.YES: 2, Verdict.UNKNOWN: 1, Verdict.NO: 0}
    return max([nothing, *each], key=lambda found: (order[found.verdict], found.counted_from or date.min))


def _one(definition: Definition, incident: Incident, earlier: Sequence[Earlier]) -> Finding:
    """The latest that is counted from decides: within its months it is a repeat, else a new referral."""
    counted = [
        (start, each)
        for each in earlier
        if each.people == incident.people
        and each.occurred_on < incident.occurred_on
        and (start := _start(definition, each)) is not None
        and start <= incident.occurred_on
    ]
    if not counted:
        return Finding(definition.id, definition.version, Verdict.NO)
    start, latest = max(counted, key=lambda found: (found[0], found[1].referral))
    until = add_months(start, definition.months)
    verdict = _kind(definition, incident) if incident.occurred_on < until else Verdict.NO
    return Finding(definition.id, definition.version, verdict, latest.referral, start, until)


def _start(definition: Definition, earlier: Earlier) -> date | None:
    return earlier.referred_on if definition.counts_from is Base.ACCEPTED_REFERRAL else earlier.discussed_on


def _kind(definition: Definition, incident: Incident) -> Verdict:
    if not definition.only_criminal or incident.criminal:
        return Verdict.YES
    return Verdict.UNKNOWN if incident.criminal is None else Verdict.NO
