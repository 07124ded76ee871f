"""The errors of what comes in. Over SOAP each is a Fault, but for business refusals.

Problem
├─ InvalidContentType, MimeParsingFailed, InvalidXml, InvalidSoap,
│  SoapVersionUnsupported                                                 the bytes
├─ MissingHeader, MissingHeaderField, DuplicateHeaderField,
│  InvalidHeaderField, InvalidProtocolVersion                             the header
├─ MissingBody, InvalidBody, InconsistentHeaders, AttachmentMissing,
│  SchemaViolation                                                        the body
├─ UnknownService, AccessDenied                                           the right
├─ MessageIdReused                                                        one id, two contents
├─ NotPutAside                                                            nothing for an operator to decide
├─ AlreadyPaused, PauseEnded                                              nothing to pause or to resume
├─ MessageNotKept, MessageUnreadable                                      no bytes to show an auditor
└─ BusinessRefusal     over SOAP in the response wrapper, with HTTP 200
   ├─ ReferralInvalid         a rule is broken, place by place
   ├─ ReferralVersionExists   this version was sent before with other content
   ├─ ReferralVersionUnexpected   another version is expected
   ├─ ReferralWithdrawn       there is nothing left to correct
   ├─ ReferralUnknown         no such referral of this sender
   ├─ (case_problems)         about incidents, research and actions
   ├─ FlagQuestionInvalid     asked of what is no personal code
   └─ QuotaUsed               asked too often today
"""

from collections.abc import Mapping
from types import MappingProxyType

from services.kit.problem import Kind, Problem


def titled(et: str, ru: str, en: str) -> Mapping[str, str]:
    """A title in the three languages."""
    return MappingProxyType({"et": et, "ru": ru, "en": en})


class InvalidContentType(Problem):
    """The message, or its first part, is not sent as ``text/xml`` (or ``application/xop+xml``)."""

    slug = "invalid-content-type"
    kind = Kind.UNSUPPORTED_MEDIA
    titles = titled("Sisutüüp ei sobi", "Неподходящий тип содержимого", "Content type is not text/xml")


class MimeParsingFailed(Problem):
    """A ``multipart/related`` message that cannot be taken apart, or a part that cannot be decoded."""

    slug = "mime-parsing-failed"
    kind = Kind.MALFORMED
    titles = titled(
        "Mitmeosalist sõnumit ei saa lugeda",
        "Составное сообщение не читается",
        "The multipart message cannot be read",
    )


class InvalidXml(Problem):
    """Not well-formed, with a DOCTYPE, or beyond the caps on depth, elements, attributes and namespaces."""

    slug = "invalid-xml"
    kind = Kind.MALFORMED
    titles = titled("XML ei sobi", "Недопустимый XML", "XML is not acceptable")


class InvalidSoap(Problem):
    """Well-formed XML that is no SOAP 1.1 envelope."""

    slug = "invalid-soap"
    kind = Kind.MALFORMED
    titles = titled("See ei ole SOAP 1.1 ümbrik", "Это не конверт SOAP 1.1", "Not a SOAP 1.1 envelope")


class SoapVersionUnsupported(Problem):
    """An envelope of another version of SOAP than 1.1."""

    slug = "soap-version-unsupported"
    kind = Kind.MALFORMED
    titles = titled(
        "Toetatud on ainult SOAP 1.1", "Поддерживается только SOAP 1.1", "Only SOAP 1.1 is spoken here"
    )


class MissingHeader(Problem):
    """No SOAP header at all."""

    slug = "missing-header"
    kind = Kind.MALFORMED
    titles = titled("SOAP päis puudub", "Нет заголовка SOAP", "The SOAP header is missing")


class MissingHeaderField(Problem):
    """A mandatory X-Road header field is not there, or empty."""

    slug = "missing-header-field"
    kind = Kind.MALFORMED
    titles = titled(
        "X-tee päise väli puudub", "Нет поля заголовка X-tee", "An X-Road header field is missing"
    )


class DuplicateHeaderField(Problem):
    """An X-Road header field stands there twice."""

    slug = "duplicate-header-field"
    kind = Kind.MALFORMED
    titles = titled(
        "X-tee päise väli on topelt", "Поле заголовка X-tee повторяется", "An X-Road header field is repeated"
    )


class InvalidHeaderField(Problem):
    """An X-Road header field cannot be read."""

    slug = "invalid-header-field"
    kind = Kind.MALFORMED
    titles = titled(
        "X-tee päise väli on vigane", "Ошибка в поле заголовка X-tee", "An X-Road header field is wrong"
    )


class InvalidProtocolVersion(Problem):
    """Another major version of the message protocol than 4."""

    slug = "invalid-protocol-version"
    kind = Kind.MALFORMED
    titles = titled(
        "X-tee protokolli versioon peab olema 4.x",
        "Версия протокола X-tee должна быть 4.x",
        "The X-Road protocol version must be 4.x",
    )


class MissingBody(Problem):
    """No SOAP body."""

    slug = "missing-body"
    kind = Kind.MALFORMED
    titles = titled("SOAP keha puudub", "Нет тела SOAP", "The SOAP body is missing")


class InvalidBody(Problem):
    """The SOAP body does not hold exactly one element."""

    slug = "invalid-body"
    kind = Kind.MALFORMED
    titles = titled(
        "SOAP kehas peab olema üks element",
        "В теле SOAP должен быть один элемент",
        "The SOAP body must hold exactly one element",
    )


class InconsistentHeaders(Problem):
    """The element in the body is not the one that the service header names."""

    slug = "inconsistent-headers"
    kind = Kind.MALFORMED
    titles = titled(
        "Päis ja keha nimetavad eri teenuseid",
        "Заголовок и тело называют разные услуги",
        "Header and body name different services",
    )


class AttachmentMissing(Problem):
    """The body refers to an attachment that did not come with it, or to one of two."""

    slug = "attachment-missing"
    kind = Kind.MALFORMED
    titles = titled(
        "Manus, millele sõnum viitab, puudub",
        "Нет вложения, на которое ссылается сообщение",
        "An attachment that the message refers to is missing",
    )


class SchemaViolation(Problem):
    """The body does not fit the schema; ``errors`` says where."""

    slug = "schema-violation"
    kind = Kind.MALFORMED
    titles = titled(
        "Sõnum ei vasta skeemile", "Сообщение не соответствует схеме", "The message does not fit its schema"
    )


class UnknownService(Problem):
    """We do not offer this service, or not in this version."""

    slug = "unknown-service"
    kind = Kind.NOT_FOUND
    titles = titled("Sellist teenust ei ole", "Такой услуги нет", "There is no such service")


class AccessDenied(Problem):
    """The client is not among those who may use the service."""

    slug = "access-denied"
    kind = Kind.FORBIDDEN
    titles = titled(
        "Sellel X-tee kliendil ei ole õigust",
        "У этого клиента X-tee нет права",
        "This X-Road client may not use the service",
    )


class MessageIdReused(Problem):
    """The id belongs to an earlier message with other content; the earlier one stands."""

    slug = "message-id-reused"
    kind = Kind.CONFLICT
    titles = titled(
        "Sama tunnusega sõnum on juba saadetud teise sisuga",
        "Сообщение с этим идентификатором уже отправлено с другим содержанием",
        "A message with this id was already sent with other content",
    )


class NotPutAside(Problem):
    """The message does not wait for a person: there is nothing to send again or to skip."""

    slug = "message-not-put-aside"
    kind = Kind.CONFLICT
    titles = titled(
        "Sõnum ei oota inimese otsust",
        "Сообщение не ждёт решения человека",
        "The message does not wait for a person's decision",
    )


class AlreadyPaused(Problem):
    """Nothing is sent to the partner already; the earlier pause stands."""

    slug = "partner-already-paused"
    kind = Kind.CONFLICT
    titles = titled(
        "Partnerile saatmine on juba peatatud",
        "Отправка партнёру уже приостановлена",
        "Sending to the partner is already paused",
    )


class PauseEnded(Problem):
    """The pause was ended before."""

    slug = "pause-ended"
    kind = Kind.CONFLICT
    titles = titled("Paus on juba lõppenud", "Пауза уже закончилась", "The pause has already ended")


class MessageNotKept(Problem):
    """There are no bytes: the message was refused or erased, or what it says has not been fetched yet."""

    slug = "message-not-kept"
    kind = Kind.GONE
    titles = titled(
        "Sõnumi sisu ei ole alles",
        "Содержание сообщения не сохранено",
        "The bytes of the message are not kept",
    )


class MessageUnreadable(Problem):
    """The stored bytes were changed, or their key is not ours."""

    slug = "message-unreadable"
    kind = Kind.CONFLICT
    titles = titled(
        "Salvestatud sõnumit ei saa lugeda",
        "Сохранённое сообщение нельзя прочесть",
        "The stored message cannot be read",
    )


class CallOutsRefused(Problem):
    """The police do not tell, and to ask again is of no use until somebody has put it right."""

    slug = "call-outs-refused"
    kind = Kind.CONFLICT
    titles = titled(
        "Politsei ei anna väljakutsete andmeid",
        "Полиция не даёт сведений о вызовах",
        "The police do not tell of call-outs",
    )


class BusinessRefusal(Problem):
    """Understood and refused: not an error of the protocol."""


class ReferralInvalid(BusinessRefusal):
    """The referral can be read, but breaks a rule; ``errors`` says where."""

    slug = "referral-invalid"
    kind = Kind.MALFORMED
    titles = titled(
        "Pöördumine ei vasta reeglitele", "Обращение не соответствует правилам", "The referral breaks a rule"
    )


class ReferralVersionExists(BusinessRefusal):
    """This version of the sender's referral is already here with other content; the first one stands."""

    slug = "referral-version-exists"
    kind = Kind.CONFLICT
    titles = titled(
        "Sama versioon on juba saadetud teise sisuga",
        "Эта версия уже отправлена с другим содержанием",
        "This version was already sent with other content",
    )


class ReferralVersionUnexpected(BusinessRefusal):
    """The sender speaks of another version than the last; ``errors`` says which one is expected."""

    slug = "referral-version-unexpected"
    kind = Kind.CONFLICT
    titles = titled(
        "Oodatakse pöördumise teist versiooni",
        "Ожидается другая версия обращения",
        "Another version of the referral is expected",
    )


class ReferralWithdrawn(BusinessRefusal):
    """The sender has withdrawn the referral: there is nothing left to correct."""

    slug = "referral-withdrawn"
    kind = Kind.CONFLICT
    titles = titled(
        "Saatja on pöördumise tagasi võtnud",
        "Отправитель отозвал обращение",
        "The sender has withdrawn the referral",
    )


class ReferralUnknown(BusinessRefusal):
    """No such referral of this sender; another's answers the same."""

    slug = "referral-unknown"
    kind = Kind.NOT_FOUND
    titles = titled("Sellist pöördumist ei ole", "Такого обращения нет", "There is no such referral")


class FlagQuestionInvalid(BusinessRefusal):
    """A flag is asked of what is no personal code; ``errors`` says what is wrong with it."""

    slug = "flag-question-invalid"
    kind = Kind.MALFORMED
    titles = titled("Isikukood ei sobi", "Неверный личный код", "The personal code is not right")


class QuotaUsed(BusinessRefusal):
    """The client has asked as often as it may on one day; ``Retry-After`` says when the next begins."""

    slug = "quota-used"
    kind = Kind.TOO_MANY
    titles = titled(
        "Päeva päringute piirarv on täis",
        "Дневной лимит запросов исчерпан",
        "The quota of the day is used up",
    )
