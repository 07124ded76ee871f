"""WSDLs of partners: messages are written with zeep where it can read them, and by hand where it cannot.

Of 31 Estonian WSDLs four do not load in zeep (a header message that is missing, SOAP encoding, schemas that
are elsewhere), and two load without most of their operations, which their port type lacks. What loads
decides, and nobody has to say it. Nothing is ever fetched: what a WSDL imports is among our data, or left
out.
"""

import warnings
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, Literal, NoReturn, Self

from lxml import etree
from zeep import Client
from zeep.exceptions import ValidationError
from zeep.transports import Transport

from services.exchange.model.metadata import Document, Operation
from services.exchange.model.outbox import NoticeUnfit
from services.exchange.model.xroad import Headers, ServiceId
from services.exchange.wire import calls, descriptions, reader
from services.exchange.wire.calls import Words
from services.exchange.wire.envelope import ENVELOPE
from services.exchange.wire.headers import IDENTIFIERS, XROAD
from services.exchange.wire.metadata import LIMITS
from services.kit import datafile, log

Way = Literal["zeep", "raw"]
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
#: Schemas of the protocol, by namespace, as they are among our data.
_KNOWN: Final = {XROAD[1:-1]: "xroad.xsd", IDENTIFIERS[1:-1]: "identifiers.xsd"}
_OURS: Final = "turvavork:"
_log = log.get_logger(__name__)


class Elsewhere(Exception):  # noqa: N818 - it says where a document is
    """A WSDL imports a document that is not among our data."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A partner's WSDL, loaded as far as it can be."""

    _zeep: Any  # zeep has no types; None when it does not load
    _bound: frozenset[str]
    _operations: tuple[Operation, ...]
    _qualified: frozenset[str | None]
    _schema: etree.XMLSchema | None

    @classmethod
    def load(cls, content: bytes) -> Self:
        """Loads a WSDL; MetadataUnreadable when it is none."""
        operations = descriptions.operations(Document("text/xml", content))
        schemas = list(reader.read(content, "text/xml", LIMITS).iter(f"{_XS}schema"))
        qualified = (one for one in schemas if one.get("elementFormDefault") == "qualified")
        client, bound = _with_zeep(content)
        names = frozenset(one.get("targetNamespace") for one in qualified)
        return cls(client, bound, operations, names, _judge(schemas))

    @property
    def judged(self) -> bool:
        """Whether its schemas are whole, so that what we write is checked before it goes."""
        return self._schema is not None

    def way(self, service: ServiceId) -> Way:
        """How messages of this service are written; zeep knows one operation of a name only."""
        named = [each for each in self._operations if each.name == service.code]
        return "zeep" if service.code in self._bound and len(named) == 1 else "raw"

    def write(
        self, headers: Headers, service: ServiceId, words: Words, more: Mapping[str, str] | None = None
    ) -> bytes:
        """The bytes of one message, as ``wire.calls`` has them; NoticeUnfit for words that do not fit."""
        fields = calls.header(headers, service, more or {})
        if self.way(service) == "raw":
            return calls.write(fields, self._checked(self._wrapper(service, words)))
        try:
            envelope = self._zeep.create_message(self._zeep.service, service.code, **words)
        except (TypeError, ValidationError) as error:  # a word that the schema does not know, or wants
            raise NoticeUnfit("the words are not those of the schema") from error
        # zeep looks at the shape only: values that the schema forbids pass it
        return calls.write(fields, self._checked(envelope.find(f"{ENVELOPE}Body")[0]))

    def fits(self, payload: etree._Element) -> bool:
        """Whether a wrapper is as the schemas have it; where they are not whole, nobody can say: no."""
        return self._schema is not None and self._schema.validate(etree.fromstring(etree.tostring(payload)))

    def _wrapper(self, service: ServiceId, words: Words) -> etree._Element:
        """By hand: the element that the WSDL names, else the one that the protocol demands."""
        named = [each for each in self._operations if each.name == service.code]
        if not named:
            raise NoticeUnfit("the WSDL has no such operation")
        same = next((each for each in named if each.version == service.version), named[0])
        name = etree.QName(same.input or f"{{{same.namespace or ''}}}{service.code}")
        return calls.wrapper(
            name.namespace or "", name.localname, words, qualified=name.namespace in self._qualified
        )

    def _checked(self, payload: etree._Element) -> etree._Element:
        alone = etree.fromstring(etree.tostring(payload))
        if self._schema is not None and not self._schema.validate(alone):
            raise NoticeUnfit(_places(self._schema))
        return alone


class _Offline(Transport):
    """What zeep asks for: schemas of the protocol are with us, and nothing else is fetched or opened."""

    def load(self, url: str) -> bytes:
        """The content of a schema of the protocol; Elsewhere for all others."""
        name = url.rpartition("/")[2]
        if url.startswith("http://x-road.eu/xsd/") and name in _KNOWN.values():
            return datafile.read_bytes("services.exchange", name)
        raise Elsewhere

    def get(self, *_: object) -> NoReturn:
        """Never: zeep writes messages for us and sends none."""
        raise Elsewhere

    post = get


def _with_zeep(content: bytes) -> tuple[Any, frozenset[str]]:
    """A client and the operations that it has bound; none when zeep does not load the WSDL."""
    make: Any = Client
    offline: Any = _Offline
    try:
        with warnings.catch_warnings(action="ignore"):  # it warns of operations that it leaves out
            client = make(BytesIO(content), transport=offline())
        return client, frozenset(client.service._operations)  # noqa: SLF001 - there is no other list
    except Exception as error:  # noqa: BLE001 - it raises whatever it stumbles over, AttributeError too
        _log.info("wsdl-read-by-hand", cause=type(error).__name__)
        return None, frozenset()


def _judge(schemas: list[etree._Element]) -> etree.XMLSchema | None:
    """All schemas of a WSDL as one; None when they are not whole."""
    named = {space: one for one in schemas if (space := one.get("targetNamespace")) is not None}
    known = {space: datafile.read_bytes("services.exchange", name) for space, name in _KNOWN.items()}
    within = {space: _bytes(one, {*known, *named}) for space, one in named.items()}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_Resolver({**known, **within}))
    lines = "".join(f'<xs:import namespace="{space}" schemaLocation="{_OURS}{space}"/>' for space in within)
    driver = f'<xs:schema xmlns:xs="{_XS[1:-1]}">{lines}</xs:schema>'
    try:
        return etree.XMLSchema(etree.fromstring(driver, parser))
    except etree.XMLSchemaParseError:
        _log.warning("wsdl-cannot-judge")
        return None


class _Resolver(etree.Resolver):
    """Schemas by namespace: where a WSDL says that they are does not count."""

    def __init__(self, known: Mapping[str, bytes]) -> None:
        self._known = known

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # type: ignore[override]  # noqa: ANN401, ARG002 - lxml's own
        """The schema behind one of our addresses."""
        found: Any = self.resolve_string  # the stubs want what lxml does not
        return found(self._known[system_url.removeprefix(_OURS)], context)


def _bytes(schema: etree._Element, had: AbstractSet[str]) -> bytes:
    """A schema alone, with the prefixes that it had inside; its imports lead to what we have, or nowhere."""
    alone = etree.fromstring(etree.tostring(schema, with_tail=False))
    for each in alone.findall(f"{_XS}import"):
        space = each.get("namespace")
        each.attrib.pop("schemaLocation", "")
        if space in had:
            each.set("schemaLocation", f"{_OURS}{space}")
    for each in alone.findall(f"{_XS}include"):
        alone.remove(each)
    return etree.tostring(alone)


def _places(schema: etree.XMLSchema) -> str:
    """Where a message does not fit: libxml2's names of the errors and elements, never the values."""
    entries: Any = schema.error_log  # the stubs do not know that it can be iterated
    return ", ".join(f"{entry.type_name} at {entry.path}" for entry in entries)
