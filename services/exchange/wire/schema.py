"""The published schemas of our SOAP services: each file as bytes, and as a judge of messages."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final, Protocol, cast

from lxml import etree

from services.exchange.model.offered import WSDL
from services.exchange.model.problems import SchemaViolation
from services.kit import datafile
from services.kit.problem import FieldError

NAMESPACE: Final = "http://turvavork.x-road.eu/producer"
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_ENCODING_STYLE: Final = "{http://schemas.xmlsoap.org/soap/envelope/}encodingStyle"
_STEP: Final = re.compile(r"(?:[^/:\[\]]+:)?([^/:\[\]]+)(\[\d+\])?")
_MOST_ERRORS: Final = 100
#: What libxml2 calls an error → our code and words. Its own words repeat the value.
_KINDS: Final = {
    "SCHEMAV_ELEMENT_CONTENT": ("unexpected-element", "an element is missing, unknown or out of order"),
    "SCHEMAV_CVC_ENUMERATION_VALID": ("not-in-list", "not one of the listed values"),
    "SCHEMAV_CVC_PATTERN_VALID": ("form", "does not have the required form"),
    "SCHEMAV_CVC_MAXLENGTH_VALID": ("too-long", "too long"),
    "SCHEMAV_CVC_MINLENGTH_VALID": ("empty", "must not be empty"),
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": ("type", "is not of the required type"),
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": ("unexpected-attribute", "has an attribute that does not belong there"),
    "SCHEMAV_CVC_COMPLEX_TYPE_4": ("missing-attribute", "lacks an attribute"),
    "SCHEMAV_CVC_IDC": ("repeated", "must not be repeated"),
}
_OTHER: Final = ("schema", "does not fit the schema")


class _Entry(Protocol):
    """One line of lxml's error log, of which its type stubs say nothing."""

    path: str | None
    type_name: str


def wsdl(file: str = WSDL) -> bytes:
    """A service description, byte for byte as it is among our data."""
    return datafile.read_bytes("services.exchange", file)


@cache
def namespace(file: str) -> str:
    """The namespace of the wrappers that a service description has."""
    return str(_description(file).get("targetNamespace"))


def check(payload: etree._Element, file: str = WSDL) -> None:
    """Raises SchemaViolation when a wrapper element does not fit the published schema."""
    schema = _schema(file)
    if not (schema.validate(payload) or (_bare(payload) and schema.validate(payload))):
        raise SchemaViolation(errors=_errors(cast("Iterable[_Entry]", schema.error_log), _names(file)))


def _bare(payload: etree._Element) -> bool:
    """Takes away ``encodingStyle``, which SOAP 1.1 allows everywhere (§ 4.1.1); whether there was one."""
    found = [element for element in payload.iter() if _ENCODING_STYLE in element.attrib]
    for element in found:
        del element.attrib[_ENCODING_STYLE]
    return bool(found)


def values(simple_type: str) -> tuple[str, ...]:
    """The listed values of a simple type of the schema, in their order."""
    found = _producer(WSDL).find(f"{_XS}simpleType[@name='{simple_type}']")
    if found is None:
        msg = f"the schema has no simple type {simple_type}"
        raise LookupError(msg)
    return tuple(str(each.get("value")) for each in found.iter(f"{_XS}enumeration"))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _description(file: str) -> etree._Element:
    return etree.fromstring(wsdl(file), _parser())


@cache
def _producer(file: str) -> etree._Element:
    root, own = _description(file), namespace(file)
    found = next(each for each in root.iter(f"{_XS}schema") if each.get("targetNamespace") == own)
    return etree.fromstring(etree.tostring(found), _parser())


@cache
def _schema(file: str) -> etree.XMLSchema:
    return etree.XMLSchema(_producer(file))


@cache
def _names(file: str) -> frozenset[str]:
    return frozenset(str(name) for each in _producer(file).iter() if (name := each.get("name")) is not None)


def _errors(log: Iterable[_Entry], names: AbstractSet[str]) -> list[FieldError]:
    found: dict[tuple[str, str], FieldError] = {}
    for entry in log:
        code, reason = _KINDS.get(entry.type_name, _OTHER)
        place = _place(entry.path or "", names)
        # One wrong value is reported as wrong facet and as wrong type: the first says more.
        if not any(known == place for known, _ in found):
            found[place, code] = FieldError(place, code, reason)
    return list(found.values())[:_MOST_ERRORS]


def _place(path: str, names: AbstractSet[str]) -> str:
    """libxml2's path without the sender's prefixes, and with ``*`` for names that are not ours."""
    steps = (_STEP.fullmatch(step) for step in path.split("/") if step)
    return "".join(
        f"/{step[1] if step and step[1] in names else '*'}{(step and step[2]) or ''}" for step in steps
    )
