"""The fields of `submitReferral` behind fastapi-xroad-soap, which reads them all; it stores nothing.

Runs in an environment of its own (`bench.peers` makes it): the package asks for old FastAPI and lxml.
It takes no attributes, so the items of the answers are left out for it; it answers reference and version.
"""

import sys
from typing import List, Optional

import uvicorn
from fastapi_xroad_soap import MessageBody, SoapService
from fastapi_xroad_soap.elements import String


class Event(MessageBody, tag="event"):
    occurred_at: Optional[str] = String(tag="occurredAt")
    description: Optional[str] = String(tag="description")


class Person(MessageBody, tag="person"):
    role: Optional[str] = String(tag="role")
    relation_to_victim: Optional[str] = String(tag="relationToVictim")
    personal_code: Optional[str] = String(tag="personalCode")
    birth_date: Optional[str] = String(tag="birthDate")
    given_name: Optional[str] = String(tag="givenName")
    family_name: Optional[str] = String(tag="familyName")
    sex: Optional[str] = String(tag="sex")
    municipality: Optional[str] = String(tag="municipality")
    address: Optional[str] = String(tag="address")
    phone: Optional[str] = String(tag="phone")
    safe_contact: Optional[str] = String(tag="safeContact")
    language: Optional[str] = String(tag="language")


class Persons(MessageBody, tag="persons"):
    person: List[Person] = Person.Element(tag="person", max_occurs=46)


class Answers(MessageBody, tag="answers"):
    answer: List[str] = String(tag="answer", max_occurs=64)


class Assessment(MessageBody, tag="assessment"):
    instrument: Optional[str] = String(tag="instrument")
    completed_on: Optional[str] = String(tag="completedOn")
    answers: Optional[Answers] = Answers.Element(tag="answers")


class Grounds(MessageBody, tag="grounds"):
    ground: List[str] = String(tag="ground", max_occurs=9)


class Referrer(MessageBody, tag="referrer"):
    name: Optional[str] = String(tag="name")
    unit: Optional[str] = String(tag="unit")


class Referral(MessageBody, tag="referral"):
    referred_on: Optional[str] = String(tag="referredOn")
    region: Optional[str] = String(tag="region")
    event: Optional[Event] = Event.Element(tag="event")
    persons: Optional[Persons] = Persons.Element(tag="persons")
    assessment: Optional[Assessment] = Assessment.Element(tag="assessment")
    grounds: Optional[Grounds] = Grounds.Element(tag="grounds")
    judgement_reason: Optional[str] = String(tag="judgementReason")
    consent: Optional[str] = String(tag="consent")
    victim_informed: Optional[str] = String(tag="victimInformed")
    victim_wishes: Optional[str] = String(tag="victimWishes")
    referrer: Optional[Referrer] = Referrer.Element(tag="referrer")


class Submission(MessageBody, tag="submitReferral"):
    sender_reference = String(tag="senderReference")
    version = String(tag="version")
    referral: Optional[Referral] = Referral.Element(tag="referral")


class Receipt(MessageBody, tag="submitReferralResponse"):
    sender_reference = String(tag="senderReference")
    version = String(tag="version")


soap = SoapService()


@soap.action("submitReferral")
async def submit(body: Submission) -> Receipt:
    """The reference and version again."""
    return Receipt(sender_reference=body.sender_reference, version=body.version)


if __name__ == "__main__":
    uvicorn.run(soap, host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", access_log=False)
