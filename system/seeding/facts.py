"""A story in the words of a referral and its screening."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from services.cases.model.codes import Answer, Consent, Decision, Ground, Relation, Role, Sex
from services.cases.model.records import Told
from services.cases.model.referral import AssessmentFacts, Occurrence, PersonFacts, ReferralFacts, Referrer
from services.cases.model.states import Screening
from system.seeding.nation import Fate, Someone, Story

AGENCIES: Final = ("victim-support", "police", "local-government")
_ITEMS: Final = ("injury", "very-frightened", "separated", "getting-worse", "threat-kill", "strangle")
_ROLES: Final = {Role.THREATENING_PERSON: Relation.PARTNER, Role.CHILD: Relation.CHILD}


def screening(story: Story) -> Screening:
    """What the coordinator decides."""
    match story.fate:
        case Fate.DECLINED:
            return Screening(Decision.DECLINE, "criteria-not-met", None, ())
        case Fate.REDIRECTED:
            return Screening(Decision.REDIRECT, "other-service", None, (), "child-protection")
        case _:
            return Screening(Decision.ACCEPT, None, None, AGENCIES)


def referral(story: Story) -> ReferralFacts:
    """What the police tell."""
    answers = dict.fromkeys(_ITEMS, Answer.YES if story.fate.is_case else Answer.NO)
    grounds = (Ground.PROFESSIONAL_JUDGEMENT,)
    return ReferralFacts(
        referred_on=story.day,
        region=story.region,
        occurrence=Occurrence(
            datetime.combine(story.day - timedelta(days=1), time(20), UTC),
            "Näidisjuhtum: väljamõeldud kirjeldus.",
        ),
        persons=tuple(_persons(story)),
        assessment=AssessmentFacts("dash", story.day, answers),
        grounds=grounds,
        judgement_reason="Näidis: hirm on suur.",
        consent=Consent.GIVEN,
        victim_informed=True,
        victim_wishes="Näidis: soovib rahu.",
        referrer=Referrer("Näidis Ametnik", "Näidisprefektuur"),
    )


def _persons(story: Story) -> Iterator[PersonFacts]:
    yield _person(Role.VICTIM, story.victim, story)
    yield _person(Role.THREATENING_PERSON, story.threatening, story)
    for child in story.children:
        yield _person(Role.CHILD, child, story)


def _person(role: Role, who: Someone, story: Story) -> PersonFacts:
    return PersonFacts(
        role=role,
        relation=_ROLES.get(role),
        personal_code=who.code,
        birth_date=who.birth,
        given_name=who.given,
        family_name=who.family,
        sex=Sex(who.sex),
        municipality="0622",
        address=f"Näidise {story.reference[-6:]}, Näidise küla",
        phone=None,
        safe_contact="näidise kaudu" if role is Role.VICTIM else None,
        language="et",
    )


def hidden(story: Story) -> Told:
    """Where the victim is now: what must not reach the one who threatens."""
    where = {"kind": "residence", "address": f"Varjupaik {story.reference[3:12]}, Näidise vald"}
    return Told("victim", None, story.day, None, protected=True, value=where)
