"""What X-Road tells of its members and their services."""

from dataclasses import dataclass, field

from services.exchange.model.xroad import ClientId, ServiceId


class MetadataUnreadable(Exception):  # noqa: N818 - it says what the metadata are
    """Metadata that are not as the protocol has them; says what was read, never a part of it."""


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A member or subsystem that is registered in X-Road, with its name."""

    client: ClientId
    name: str


@dataclass(frozen=True, slots=True)
class RestService:
    """A REST service; ``kind`` is REST or OPENAPI, ``endpoints`` are verbs and paths, with wildcards."""

    service: ServiceId
    kind: str
    endpoints: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a WSDL; elements are written ``{namespace}name``, and None where there is none."""

    name: str
    version: str | None
    namespace: str | None
    input: str | None
    output: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """The description of a service as its provider has it: WSDL, or OpenAPI in JSON or YAML."""

    content_type: str
    body: bytes = field(repr=False)
