"""From bytes to a tree, without trusting a byte: capped and without DOCTYPE before any tree is built.

Where counting ``<``, ``</`` and ``=`` cannot show that a message is small, a first pass (expat, no tree)
counts levels, elements, attributes and namespaces, and stops at the first excess or at a DOCTYPE; only then
lxml, hardened, builds the tree. The character set comes from the first bytes (a byte order mark, or ``<`` in
UTF-16), else the content type (RFC 7303 § 3.2), else the XML declaration, else it is UTF-8. Security servers
forward the content type as it came and read by the declaration alone: where the bytes cannot be what the
content type says, the message's own word counts.

Whoever a security server has found to be the client must be the client here. So no declaration is passed over
whose character set may have other bytes for markup than ours: in Shift JIS a ``]`` may be half of a letter,
and what is markup for one reader is text for the other.
"""

import codecs
import re
from dataclasses import dataclass
from email.message import Message
from typing import Final, NoReturn
from xml.parsers import expat

from lxml import etree

from services.exchange.model.problems import InvalidContentType, InvalidXml
from services.kit.problem import TooLarge

UTF_8: Final = "utf-8"
#: Character sets of Estonia and its neighbours, by the name of Python's codec.
CHARSETS: Final = frozenset(
    {
        UTF_8,
        "ascii",
        "iso8859-1",
        "iso8859-2",
        "iso8859-4",
        "iso8859-5",
        "iso8859-10",
        "iso8859-13",
        "iso8859-15",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1257",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
    }
)
#: The same XML; the second is the root part of MTOM.
_KINDS: Final = frozenset({"text/xml", "application/xop+xml"})
#: First bytes that leave no doubt (XML 1.0, appendix F): no other character set that we read has a NUL.
_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
#: What libxml2 holds against a name of a namespace or an ``xml:id``, and the XML recommendations do not.
_PETTY: Final = frozenset(
    {
        etree.ErrorTypes.WAR_NS_URI,
        etree.ErrorTypes.DTD_XMLID_VALUE,
        etree.ErrorTypes.DTD_ID_REDEFINED,
    }
)
_DECLARED: Final = re.compile(r"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"'>]*)[\"']")
_DECLARING: Final = tuple(f"<?xml{space}" for space in " \t\r\n")
_LONGEST_DECLARATION: Final = 500
_DECLARATION: Final = re.compile(r"<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest message that is read; ``attributes`` and ``namespaces`` are those of the whole message."""

    bytes: int = 1024 * 1024
    depth: int = 256
    elements: int = 20_000
    attributes_of_one: int = 128
    attributes: int = 20_000
    namespaces: int = 256


def read(body: bytes, content_type: str | None, limits: Limits) -> etree._Element:
    """The root element; comments and processing instructions are left out.

    Raises TooLarge, InvalidContentType, InvalidXml: never with a part of the message.
    """
    if len(body) > limits.bytes:
        raise TooLarge
    data = _utf8(body, content_type)
    if not _plainly_small(data, limits):
        _Count(limits).over(data)
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        root = _read_all_the_same(data, getattr(error, "code", 0))
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidXml("a DOCTYPE is not accepted")
    return root


def _plainly_small(data: bytes, limits: Limits) -> bool:
    """Cheap upper bounds: an element needs a ``<``, a level its ``</``, an attribute its ``=``."""
    return (
        data.count(b"<") <= limits.elements
        and data.count(b"</") <= limits.depth
        and data.count(b"=") <= limits.attributes_of_one
        and data.count(b"xmlns") <= limits.namespaces
        and b"<!DOCTYPE" not in data
    )


def _content_type(value: str | None) -> tuple[str, str | None]:
    if value in _USUAL:
        return _USUAL[value]
    message = Message()
    message["content-type"] = value or "application/octet-stream"
    charset = message.get_content_charset()
    return message.get_content_type(), charset


_USUAL: Final = {
    "text/xml": ("text/xml", None),
    "text/xml; charset=utf-8": ("text/xml", UTF_8),
    "text/xml; charset=UTF-8": ("text/xml", UTF_8),
    "text/xml;charset=UTF-8": ("text/xml", UTF_8),
    "text/xml;charset=utf-8": ("text/xml", UTF_8),
}


def _utf8(body: bytes, content_type: str | None) -> bytes:
    kind, named = _content_type(content_type)
    if kind not in _KINDS:
        raise InvalidContentType
    sure = next((charset for mark, charset in _MARKS if body.startswith(mark)), None)
    declared = _declared(body, sure)
    charset = _readable(sure or named or declared)
    if charset is None or _readable(declared) is None:
        raise InvalidContentType("the character set is not one that we read")
    text = _decoded(body, charset)
    if text is None and sure is None:
        charset = _readable(declared) or charset
        text = _decoded(body, charset)
    if text is None:
        raise InvalidXml("the message is not in the character set that it names")
    if "\0" in text:  # parsers would take it for another character set than the one that was checked
        raise InvalidXml("the message is not well-formed")
    if charset == UTF_8:
        return body.removeprefix(codecs.BOM_UTF8)
    return _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1).encode(UTF_8)


def _declared(body: bytes, sure: str | None) -> str:
    """The character set by the message itself; without a declaration it is UTF-8."""
    start = body[:_LONGEST_DECLARATION].decode(sure or "latin-1", "replace").removeprefix("\ufeff")
    declared = _DECLARED.match(start)
    if declared is None and start.startswith(_DECLARING) and "?>" not in start:
        raise InvalidXml("the XML declaration is too long")
    return UTF_8 if declared is None else declared[1]


def _readable(name: str) -> str | None:
    """The codec's name of a character set, if it is one that we read."""
    try:
        charset = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return charset if charset in CHARSETS else None


def _decoded(body: bytes, charset: str) -> str | None:
    """The text; None when the bytes are not in this character set, or cannot begin a message in it."""
    if charset.startswith("utf-16") and not any(body.startswith(mark) for mark, _ in _MARKS):
        return None
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _read_all_the_same(data: bytes, first: int) -> etree._Element:
    """Reads on past what other parsers do not mind; InvalidXml unless there was nothing else to mind."""
    if first in _PETTY:
        parser = _hardened(recover=True)
        root = etree.fromstring(data, parser)
        if {entry.type for entry in parser.error_log} <= _PETTY:
            return root
    raise InvalidXml("the message is not well-formed") from None


def _hardened(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=UTF_8,
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


_PARSER: Final = _hardened()


class _Count:
    """The first pass: stops the parser at the first thing that is too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._depth = self._elements = self._attributes = self._namespaces = 0

    def over(self, data: bytes) -> None:
        parser = expat.ParserCreate(UTF_8)
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError:
            raise InvalidXml("the message is not well-formed") from None

    def _start(self, _: str, attributes: list[str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > self._limits.depth or self._elements > self._limits.elements:
            raise InvalidXml("the message has too many elements, or too many levels of them")
        if attributes:
            self._attribute(attributes)

    def _attribute(self, attributes: list[str]) -> None:
        count = len(attributes) // 2
        self._attributes += count
        self._namespaces += sum(name.startswith("xmlns") for name in attributes[::2])
        limits = self._limits
        if count > limits.attributes_of_one or self._attributes > limits.attributes:
            raise InvalidXml("the message has too many attributes")
        if self._namespaces > limits.namespaces:
            raise InvalidXml("the message has too many namespaces")

    def _end(self, _: str) -> None:
        self._depth -= 1

    @staticmethod
    def _doctype(*_: object) -> NoReturn:
        raise InvalidXml("a DOCTYPE is not accepted")
