"""Descriptions of services as their providers publish them: operations of a WSDL, endpoints of an OpenAPI.

They come from elsewhere: WSDL is read without DOCTYPE and without following an import, JSON strictly, YAML as
plain texts, lists and objects without aliases; all of it capped.
"""

from collections.abc import Iterator
from typing import Any, Final

import yaml
from lxml import etree

from services.exchange.model.metadata import Document, MetadataUnreadable, Operation
from services.exchange.model.problems import InvalidContentType, InvalidXml
from services.exchange.wire import mediatype, reader
from services.exchange.wire.metadata import LIMITS
from services.kit import datafile, strictjson
from services.kit.problem import Malformed, TooLarge

_WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_SOAP: Final = "{http://schemas.xmlsoap.org/wsdl/soap/}"
#: Reading YAML takes long (some 20 s for a mebibyte), so less of it is read.
_MOST_YAML: Final = 256 * 1024
_MOST_VALUES: Final = 500_000
_VERBS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def of_contract(name: str) -> tuple[Operation, ...]:
    """The operations of a partner's WSDL among our data: what we rely on."""
    return operations(Document("text/xml", datafile.read_bytes("services.exchange", name)))


def operations(wsdl: Document) -> tuple[Operation, ...]:
    """The operations of the SOAP bindings, with the version of X-Road; MetadataUnreadable."""
    try:
        root = reader.read(wsdl.body, _xml_type(wsdl.content_type), LIMITS)
    except (InvalidContentType, InvalidXml, TooLarge):
        raise MetadataUnreadable("the WSDL is not XML that can be read") from None
    if root.tag != f"{_WSDL}definitions":
        raise MetadataUnreadable("the WSDL has another root")
    return tuple(
        _operation(root, binding, each)
        for binding in root.iterfind(f"{_WSDL}binding")
        if binding.find(f"{_SOAP}binding") is not None
        for each in binding.iterfind(f"{_WSDL}operation")
    )


def endpoints(openapi: Document) -> tuple[tuple[str, str], ...]:
    """Verbs and paths of an OpenAPI document, JSON or YAML; MetadataUnreadable."""
    told = _json(openapi.body) if _looks_like_json(openapi) else _yaml(openapi.body)
    paths = told.get("paths") if isinstance(told, dict) and "openapi" in told else None
    if not isinstance(paths, dict):
        raise MetadataUnreadable("the document is not OpenAPI 3")
    return tuple(
        (verb.upper(), str(path))
        for path, entry in paths.items()
        if isinstance(entry, dict)
        for verb in entry
        if verb in _VERBS
    )


def _xml_type(content_type: str) -> str:
    """Providers name WSDL in many ways; the character set is what matters."""
    charset = mediatype.read(content_type).get_content_charset()
    return "text/xml" if charset is None else f"text/xml; charset={charset}"


def _operation(root: etree._Element, binding: etree._Element, told: etree._Element) -> Operation:
    name = told.get("name", "")
    port = _local(binding.get("type"))
    found = (
        each
        for kind in root.iterfind(f"{_WSDL}portType")
        if kind.get("name") == port
        for each in kind.iterfind(f"{_WSDL}operation")
        if each.get("name") == name
    )
    abstract = next(found, None)
    version = next((each.text for each in told if each.tag.endswith("}version")), None)
    return Operation(
        name,
        None if version is None else version.strip() or None,
        root.get("targetNamespace"),
        _element(root, told, abstract, "input"),
        _element(root, told, abstract, "output"),
    )


def _element(
    root: etree._Element, bound: etree._Element, abstract: etree._Element | None, direction: str
) -> str | None:
    """The element of the body: of the part that ``soap:body`` names, else of the message's first."""
    used = None if abstract is None else abstract.find(f"{_WSDL}{direction}")
    body = bound.find(f"{_WSDL}{direction}//{_SOAP}body")
    named = (body.get("parts") or "").split() if body is not None else []
    wanted = None if used is None else _local(used.get("message"))
    for part in _parts(root, wanted):
        if not named or part.get("name") in named:
            return _qualified(part)
    return None


def _parts(root: etree._Element, message: str | None) -> Iterator[etree._Element]:
    for each in root.iterfind(f"{_WSDL}message"):
        if each.get("name") == message:
            yield from each.iterfind(f"{_WSDL}part")


def _qualified(part: etree._Element) -> str | None:
    prefix, colon, local = (part.get("element") or "").rpartition(":")
    namespace = part.nsmap.get(prefix if colon else None)
    return f"{{{namespace or ''}}}{local}" if local else None


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


def _looks_like_json(document: Document) -> bool:
    return "json" in document.content_type.lower() or document.body.lstrip()[:1] == b"{"


def _json(body: bytes) -> Any:  # noqa: ANN401 - not yet checked
    try:
        return strictjson.loads(body, max_values=_MOST_VALUES)
    except Malformed:
        raise MetadataUnreadable("the OpenAPI document is not JSON that can be read") from None


def _yaml(body: bytes) -> Any:  # noqa: ANN401 - not yet checked
    if len(body) > _MOST_YAML:
        raise MetadataUnreadable("the OpenAPI document is too large")
    try:
        return yaml.load(body.decode("utf-8-sig"), _Plain)  # noqa: S506 - makes texts, lists and objects only
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise MetadataUnreadable("the OpenAPI document is not YAML that can be read") from None


class _Plain(yaml.BaseLoader):
    """YAML without types, and without aliases: a short text with those can stand for a very long one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node, unless it is an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "an alias", None)
        return super().compose_node(parent, index)
