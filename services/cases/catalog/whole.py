"""Everything published, as one thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from services.cases.catalog import (
    bases,
    casetypes,
    clocks,
    glass,
    lifecycles,
    lists,
    meetings,
    monitoring,
    networks,
    notices,
    notifications,
    offers,
    offices,
    papers,
    people,
    plan,
    protection,
    quality,
    referrals,
    removals,
    repeats,
    retention,
    safety,
    seals,
    searches,
    starts,
    subject_access,
    support,
    transfers,
    unusual,
)
from services.cases.catalog.files import read
from services.cases.model.casetypes import CaseTypes
from services.cases.model.clocks import Clocks
from services.cases.model.codes import EventType, State
from services.cases.model.consent import Bases
from services.cases.model.disclosures import DisclosureRules
from services.cases.model.flags import FlagRule
from services.cases.model.glass import GlassRule
from services.cases.model.lifecycle import Lifecycles
from services.cases.model.lists import CodeLists
from services.cases.model.matching import MatchingRule
from services.cases.model.meetings import MeetingRules
from services.cases.model.members import OfficeRules
from services.cases.model.monitoring import MonitoringRule
from services.cases.model.networks import Agency, Networks
from services.cases.model.notifications import NotificationRules
from services.cases.model.offers import OfferRules
from services.cases.model.papers import PaperRules
from services.cases.model.plan import PlanRules
from services.cases.model.protection import Protection
from services.cases.model.published import (
    Ages,
    CallOutRule,
    ChildNoticeRule,
    Label,
    NoticeRule,
    Reasons,
    Region,
    Regions,
    Transitions,
)
from services.cases.model.quality import QualityRules
from services.cases.model.records import Listed
from services.cases.model.relations import RelationRules
from services.cases.model.removals import RemovalRules
from services.cases.model.repeats import RepeatRules
from services.cases.model.reported import ReportedRule
from services.cases.model.retention import RetentionRules
from services.cases.model.safety import SafetyRules
from services.cases.model.seals import SealRules
from services.cases.model.searches import SearchRules
from services.cases.model.starts import Standard
from services.cases.model.subject_access import SubjectAccessRules
from services.cases.model.support import SupportRule
from services.cases.model.transfers import TransferRules
from services.cases.model.unusual import UnusualRules
from services.cases.model.usage import UsageRules


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything published, file by file."""

    regions: Regions
    agencies: Mapping[str, Agency]
    networks: Networks
    systems: Mapping[str, str]
    offices: OfficeRules
    standard: Standard
    reasons: Reasons
    withdrawals: Mapping[str, Label]
    services: Mapping[str, Label]
    transitions: Transitions
    start: State
    ages: Ages
    notices: Mapping[EventType, NoticeRule]
    child_notice: ChildNoticeRule
    disclosures: DisclosureRules
    call_outs: CallOutRule
    flags: FlagRule
    reported: ReportedRule
    bases: Bases
    repeats: RepeatRules
    clocks: Clocks
    meetings: MeetingRules
    plan: PlanRules
    notifications: NotificationRules
    safety: SafetyRules
    listed: Listed
    matching: MatchingRule
    relations: RelationRules
    codes: Mapping[str, Mapping[str, Label]]
    lifecycles: Lifecycles
    lists: CodeLists
    monitoring: MonitoringRule
    seals: SealRules
    searches: SearchRules
    support: SupportRule
    glass: GlassRule
    unusual: UnusualRules
    usage: UsageRules
    papers: PaperRules
    retention: RetentionRules
    subject_access: SubjectAccessRules
    protection: Protection
    transfers: TransferRules
    quality: QualityRules
    offers: OfferRules = field(default_factory=offers.offers)
    removals: RemovalRules = field(default_factory=removals.removals)
    case_types: CaseTypes = field(default_factory=casetypes.casetypes)

    def regions_on(self, day: date) -> Mapping[str, Region]:
        """The networks that are at work on a day."""
        return {code: one for code, one in self.regions.items() if one.at_work(day)}

    def agencies_on(self, day: date) -> Mapping[str, Agency]:
        """The kinds of agencies that sit in networks on a day."""
        return {code: one for code, one in self.agencies.items() if one.at_work(day)}


@cache
def load() -> Catalog:
    """Reads and checks ``data/``; raises DataFileError, which says what to mend."""
    return Catalog(
        regions={row["code"]: referrals.region(row) for row in read("regions")["regions"]},
        agencies={row["code"]: networks.agency(row) for row in read("agencies")["agencies"]},
        networks=networks.networks(),
        systems=networks.systems(),
        offices=offices.offices(),
        standard=starts.standard(),
        reasons=referrals.reasons(),
        withdrawals={row["code"]: row["label"] for row in read("reasons")["withdrawals"]},
        services={row["code"]: row["label"] for row in read("reasons")["services"]},
        transitions=referrals.transitions(read("transitions")["transitions"]),
        start=State(read("transitions")["start"]),
        ages=referrals.ages(read("ages")),
        reported=notices.reported(),
        **_told(),
        usage=notices.usage(),
        bases=bases.bases(),
        repeats=repeats.repeats(),
        clocks=clocks.clocks(),
        meetings=meetings.meetings(),
        plan=plan.plan(),
        notifications=notifications.notifications(),
        safety=safety.safety(),
        listed=people.listed(),
        matching=people.matching(),
        relations=people.relations(),
        codes=read("codes")["lists"],
        lifecycles=lifecycles.lifecycles(),
        lists=lists.lists(),
        support=support.support(),
        monitoring=monitoring.monitoring(clocks.clocks()),
        seals=seals.seals(),
        searches=searches.searches(),
        glass=glass.glass(),
        unusual=unusual.unusual(),
        papers=papers.papers(),
        retention=retention.retention(),
        subject_access=subject_access.subject_access(),
        protection=protection.protection(),
        quality=quality.quality(),
        transfers=transfers.transfers(lifecycles.lifecycles(), clocks.clocks()),
    )


def _told() -> dict[str, Any]:
    """What is said of cases to others, and asked of them."""
    return {
        "notices": notices.notices(),
        "child_notice": notices.child_notice(),
        "disclosures": notices.disclosures(),
        "call_outs": notices.call_outs(),
        "flags": notices.flags(),
    }
