"""The fields of `submitReferral` behind spyne, which reads, validates and answers them; it stores nothing.

Runs in an environment of its own (`bench.peers` makes it): spyne 2.14 knows no Python above 3.11.
"""

import sys

from spyne import Application, Array, Boolean, ComplexModel, Integer, ServiceBase, Unicode, rpc
from spyne.model.complex import XmlAttribute, XmlData
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication
from waitress import serve

NAMESPACE = "http://turvavork.x-road.eu/producer"


class Part(ComplexModel):
    __namespace__ = NAMESPACE


class Event(Part):
    occurredAt = Unicode
    description = Unicode


class Person(Part):
    role = Unicode
    relationToVictim = Unicode
    personalCode = Unicode
    birthDate = Unicode
    givenName = Unicode
    familyName = Unicode
    sex = Unicode
    municipality = Unicode
    address = Unicode
    phone = Unicode
    safeContact = Unicode
    language = Unicode


class Answer(Part):
    value = XmlData(Unicode)
    item = XmlAttribute(Unicode)


class Assessment(Part):
    instrument = Unicode
    completedOn = Unicode
    answers = Array(Answer.customize(sub_name="answer"))


class Referrer(Part):
    name = Unicode
    unit = Unicode


class Referral(Part):
    referredOn = Unicode
    region = Unicode
    event = Event
    persons = Array(Person.customize(sub_name="person"))
    assessment = Assessment
    grounds = Array(Unicode.customize(sub_name="ground"))
    judgementReason = Unicode
    consent = Unicode
    victimInformed = Boolean
    victimWishes = Unicode
    referrer = Referrer


class Received(Part):
    senderReference = Unicode
    version = Integer
    referral = Referral


class Exchange(ServiceBase):
    @rpc(Unicode, Integer, Referral, _returns=Received)
    def submitReferral(ctx, senderReference, version, referral):  # noqa: N802, N803, N805 - as the message says
        return Received(senderReference=senderReference, version=version, referral=referral)


application = Application([Exchange], NAMESPACE, in_protocol=Soap11(validator="soft"), out_protocol=Soap11())

if __name__ == "__main__":
    serve(WsgiApplication(application), host="127.0.0.1", port=int(sys.argv[1]), threads=1)
