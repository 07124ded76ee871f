"""A notice in the words of a partner: SOAP or REST, by the partner's contract, checked against its schema."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Self
from uuid import UUID

from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from referencing import Registry

from services.exchange.model.contract import Contract, RestContract, SoapContract
from services.exchange.model.outbox import Notice, NoticeUnfit, Rendered, Told
from services.exchange.model.xroad import ClientId, Headers
from services.exchange.wire import address, consumer
from services.kit import datafile, strictjson
from services.kit.fieldclass import FieldClass

JSON: Final = "application/json"


class NoticeWords(BaseModel):
    """The words of a notice with their classes, for the door through which they leave."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    reference: str
    sender_reference: str
    status: str
    occurred_at: str

    @classmethod
    def of(cls, notice: Notice) -> Self:
        """The words of a notice."""
        return cls.model_validate(notice.words())


class ChildWords(BaseModel):
    """The words of a notice about a child with their classes; what is not known is absent."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    number: str
    version: int
    reference: str
    municipality: Annotated[str, FieldClass("contact")]
    role: str
    referred_on: str
    occurred_at: str
    personal_code: Annotated[str | None, FieldClass("identity")] = None
    birth_date: Annotated[str, FieldClass("identity")]
    given_name: Annotated[str, FieldClass("identity")]
    family_name: Annotated[str, FieldClass("identity")]
    sex: str
    address: Annotated[str | None, FieldClass("contact")] = None


def words(told: Told) -> NoticeWords | ChildWords:
    """The words of a notice for the door through which they leave."""
    return NoticeWords.of(told) if isinstance(told, Notice) else ChildWords.model_validate(told.words())


def render(contract: Contract, us: ClientId, message_id: UUID, notice: Told) -> Rendered:
    """The bytes of a notice and how they are sent; NoticeUnfit when it does not fit the contract."""
    match contract:
        case SoapContract():
            headers = Headers(us, str(message_id), issue=notice.reference)
            body = consumer.render(contract, notice.words(), headers)
            return Rendered("soap", "POST", "/", consumer.CONTENT_TYPE, body)
        case RestContract(service=service, path=path, schema=schema):
            return Rendered(
                "rest", "POST", address.of_service(service, path), JSON, _json(schema, notice.words())
            )


def _json(schema: str, words: Mapping[str, str | int]) -> bytes:
    errors = [
        f"{error.validator} at /{'/'.join(map(str, error.absolute_path))}"
        for error in _validator(schema).iter_errors(words)
    ]
    if errors:
        raise NoticeUnfit(", ".join(errors))
    return strictjson.dumps_canonical(words)


@cache
def _validator(schema: str) -> Draft202012Validator:
    content: Any = strictjson.loads(datafile.read_bytes("services.exchange", schema))
    return Draft202012Validator(content, registry=Registry())
