"""The words of the public vocabulary that code branches on; their names in et, ru, en are in ``data/``."""

from enum import StrEnum


class Role(StrEnum):
    """A person's part in a referral."""

    VICTIM = "victim"
    THREATENING_PERSON = "threatening-person"
    CHILD = "child"
    OTHER = "other"


class Relation(StrEnum):
    """What a person is to the victim; the victim has none."""

    PARTNER = "partner"
    FORMER_PARTNER = "former-partner"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    OTHER_RELATIVE = "other-relative"
    OTHER = "other"


class Sex(StrEnum):
    """As the sender states it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    """Age on the day of referral, too wide to point at one person; the borders are in ``ages.yaml``."""

    UNTIL_6 = "0-6"
    FROM_7 = "7-13"
    FROM_14 = "14-17"
    FROM_18 = "18-24"
    FROM_25 = "25-34"
    FROM_35 = "35-49"
    FROM_50 = "50-64"
    FROM_65 = "65+"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """*No*, *don't know* and *not asked* are three answers, never one."""

    YES = "yes"
    NO = "no"
    DONT_KNOW = "dont-know"
    NOT_ASKED = "not-asked"


class Ground(StrEnum):
    """Why a victim is referred (SafeLives referral criteria)."""

    VISIBLE_HIGH_RISK = "visible-high-risk"
    PROFESSIONAL_JUDGEMENT = "professional-judgement"
    POTENTIAL_ESCALATION = "potential-escalation"
    REPEAT = "repeat"


class Band(StrEnum):
    """What a score means in words."""

    STANDARD = "standard"
    MEDIUM = "medium"
    HIGH = "high"


class Consent(StrEnum):
    """The victim's consent, apart from the legal basis, which does not need it (OAS § 10)."""

    GIVEN = "given"
    REFUSED = "refused"
    NOT_ASKED = "not-asked"


class State(StrEnum):
    """Where a referral stands, as stored."""

    RECEIVED = "received"
    AWAITING_SCREENING = "awaiting-screening"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    WITHDRAWN = "withdrawn"


class Status(StrEnum):
    """Where a referral stands, as partners read it."""

    RECEIVED = "RECEIVED"
    AWAITING_SCREENING = "AWAITING_SCREENING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    REDIRECTED = "REDIRECTED"
    WITHDRAWN = "WITHDRAWN"


class ScoreState(StrEnum):
    """Whether there is a score: nothing to score, waiting for the scorer, scored, refused by it."""

    NONE = "none"
    WAITING = "waiting"
    SCORED = "scored"
    REFUSED = "refused"


class Decision(StrEnum):
    """What a person decides at screening."""

    ACCEPT = "accept"
    DECLINE = "decline"
    REDIRECT = "redirect"


class EventType(StrEnum):
    """The kinds of events in the feed."""

    RECEIVED = "referral.received"
    SCORED = "referral.scored"
    ACCEPTED = "referral.accepted"
    DECLINED = "referral.declined"
    REDIRECTED = "referral.redirected"
    WITHDRAWN = "referral.withdrawn"
    CORRECTED = "referral.corrected"
    CHILD_NOTICE = "referral.child-notice"
    GROUND_FOUND = "referral.ground-found"
    SUPPORT_CONTACT = "support.contact"
    CASE_STEP = "case.step"
    CASE_ERASED = "case.erased"
    TRANSFERRED = "case.transferred"
    USAGE_DECIDED = "case.usage-decided"


class CallOutState(StrEnum):
    """Whether the police told of call-outs: not yet, yes, they refuse, not asked (no use, or no codes)."""

    WAITING = "waiting"
    KNOWN = "known"
    REFUSED = "refused"
    NOT_NEEDED = "not-needed"
    NOT_POSSIBLE = "not-possible"


class ChildNoticeState(StrEnum):
    """Whether child protection was told of a child: not yet, handed over for sending, stopped by a person."""

    DUE = "due"
    LEFT = "left"
    STOPPED = "stopped"
