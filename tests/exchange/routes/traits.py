"""Traits of messages as other implementations write them, and what becomes of each.

A trait changes the golden request into bytes, a content type and more header fields of HTTP. What becomes of
it: ``READ`` (the referral is taken as the golden one is), or the code of the Fault.
"""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass

READ = "read"
TEXT = "text/xml; charset=utf-8"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Sent:
    """A request: its body, its content type (None: it has none) and further header fields."""

    body: bytes
    content_type: str | None = TEXT
    fields: tuple[str, ...] = ()


Make = Callable[[str], Sent]
Traits = dict[str, tuple[Make, str]]


def as_utf_8(change: Callable[[str], str]) -> Make:
    """A trait of the text alone."""
    return lambda golden: Sent(change(golden).encode())


def swap(*pairs: tuple[str, str]) -> Make:
    """Replaces each of the texts, which must be there."""

    def change(golden: str) -> Sent:
        for old, new in pairs:
            assert old in golden, old
            golden = golden.replace(old, new)
        return Sent(golden.encode())

    return change


def typed(content_type: str | None, *fields: str) -> Make:
    """A trait of the transport alone."""
    return lambda golden: Sent(golden.encode(), content_type, fields)


def coded(charset: str, content_type: str, declared: str | None = "", *, mark: bytes = b"") -> Make:
    """In another character set; ``declared``: the one that the message names; None: no declaration."""

    def change(golden: str) -> Sent:
        text = golden.removeprefix(DECLARATION).replace("–", "-")
        if declared is not None:
            said = f' encoding="{declared}"' if declared else ""
            text = f'<?xml version="1.0"{said}?>\n{text}'
        return Sent(mark + text.encode(charset), content_type)

    return change


def wrapped(open_: str, close: str) -> Make:
    """Something before the root element and something after it."""

    def change(golden: str) -> Sent:
        return Sent((open_ + golden.removeprefix(DECLARATION) + close).encode())

    return change


CHARSETS: Traits = {
    "utf-8, in capitals": (typed("text/xml; charset=UTF-8"), READ),
    "utf-8, quoted": (typed('text/xml; charset="utf-8"'), READ),
    "utf-8 under another name": (typed("text/xml;charset=utf8"), READ),
    "utf-8, in single quotes": (typed("text/xml; charset='utf-8'"), READ),
    "an empty charset": (typed('text/xml; charset=""'), READ),
    "no charset": (typed("text/xml"), READ),
    "two charsets, the first counts": (typed("text/xml; charset=utf-8; charset=utf-16"), READ),
    "utf-8 by mark": (coded("utf-8", "text/xml", mark=b"\xef\xbb\xbf"), READ),
    "utf-8 by mark, told latin-1": (
        coded("utf-8", "text/xml; charset=iso-8859-1", mark=b"\xef\xbb\xbf"),
        READ,
    ),
    "utf-8, told utf-16": (typed("text/xml; charset=utf-16"), READ),
    "utf-8, told ascii": (typed("text/xml; charset=us-ascii"), READ),
    "utf-8, declared latin-1 and told": (coded("utf-8", TEXT, "ISO-8859-1"), READ),
    "latin-1 by charset": (coded("latin-1", "text/xml; charset=ISO-8859-1"), READ),
    "latin-1 by charset, declared utf-8": (coded("latin-1", "text/xml; charset=ISO-8859-1", "UTF-8"), READ),
    "latin-1 by declaration": (coded("latin-1", "text/xml", "ISO-8859-1"), READ),
    "latin-1 by declaration, told utf-8": (coded("latin-1", TEXT, "ISO-8859-1"), READ),
    "latin-1 that says utf-8 twice": (coded("latin-1", TEXT, "UTF-8"), "invalid_xml"),
    "latin-1 that says nothing": (coded("latin-1", "text/xml", None), "invalid_xml"),
    "latin-9": (coded("iso-8859-15", "text/xml; charset=iso-8859-15"), READ),
    "latin-4": (coded("iso-8859-4", "text/xml; charset=ISO-8859-4"), READ),
    "latin-7": (coded("iso-8859-13", "text/xml", "ISO-8859-13"), READ),
    "windows, baltic": (coded("cp1257", "text/xml; charset=windows-1257"), READ),
    "windows, western": (coded("cp1252", "text/xml", "windows-1252"), READ),
    "utf-16 by mark": (coded("utf-16", "text/xml", "UTF-16"), READ),
    "utf-16 by mark and charset": (coded("utf-16", "text/xml; charset=utf-16", "UTF-16"), READ),
    "utf-16 by mark, told utf-8": (coded("utf-16", TEXT), READ),
    "utf-16, big end first, by mark": (coded("utf-16-be", "text/xml", mark=b"\xfe\xff"), READ),
    "utf-16, big end first, no mark": (coded("utf-16-be", "text/xml", "UTF-16"), READ),
    "utf-16, big end first, told utf-16": (coded("utf-16-be", "text/xml; charset=utf-16", None), READ),
    "utf-16, little end first, no mark": (coded("utf-16-le", "text/xml; charset=UTF-16LE"), READ),
    "utf-16, cut in the middle of a letter": (
        lambda golden: Sent(golden.encode("utf-16")[:-1], "text/xml"),
        "invalid_xml",
    ),
    "utf-32": (coded("utf-32", "text/xml", "UTF-32"), "invalid_xml"),
    "a charset that nobody knows": (typed("text/xml; charset=klingon"), "invalid_content_type"),
    "declared as what nobody knows, and told utf-8": (coded("utf-8", TEXT, "x-mac"), "invalid_content_type"),
    "declared as Shift JIS, and told utf-8": (coded("utf-8", TEXT, "Shift_JIS"), "invalid_content_type"),
    "declared as Shift JIS under a mark": (
        coded("utf-8", "text/xml", "Shift_JIS", mark=b"\xef\xbb\xbf"),
        "invalid_content_type",
    ),
    "declared after much space": (
        lambda golden: Sent(golden.replace(" encoding", " " * 600 + "encoding").encode()),
        "invalid_xml",
    ),
    "utf-7": (coded("utf-7", "text/xml; charset=utf-7", None), "invalid_content_type"),
    "ascii with references": (
        lambda golden: Sent(golden.encode("ascii", "xmlcharrefreplace"), "text/xml; charset=us-ascii"),
        READ,
    ),
}

BYTES: Traits = {
    "no declaration": (wrapped("", ""), READ),
    "a declaration with white space": (
        wrapped("<?xml  version = '1.0'\n encoding = 'utf-8' standalone = 'no' ?>", "\n"),
        READ,
    ),
    "version 1.1": (wrapped('<?xml version="1.1"?>', ""), READ),
    "white space before the root": (wrapped("\r\n \t", ""), READ),
    "white space before the declaration": (
        lambda golden: Sent(b"\r\n" + golden.encode()),
        "invalid_xml",
    ),
    "a mark and white space before the declaration": (
        lambda golden: Sent(b"\xef\xbb\xbf " + golden.encode()),
        "invalid_xml",
    ),
    "white space at the end": (wrapped("", "\r\n\r\n \t"), READ),
    "NUL at the end": (wrapped("", "\0"), "invalid_xml"),
    "text at the end": (wrapped("", "OK"), "invalid_xml"),
    "comments around": (wrapped("<!-- a -->", "<!-- <b> -->"), READ),
    "instructions around": (wrapped('<?xml-stylesheet href="a.xsl"?>', "<?b c?>"), READ),
    "a comment within a value": (swap(("Mari-Liis", "Mari<!-- x -->-Liis")), READ),
    "an instruction within a value": (swap((">70008747<", ">7000<?x?>8747<")), READ),
    "cdata": (swap((">polis<", "><![CDATA[polis]]><"), ("Naabrid", "<![CDATA[Naa]]>brid")), READ),
    "references": (swap(("Põlva", "P&#245;lva"), ("nähtav", "n&#xe4;htav")), READ),
    "one line": (as_utf_8(lambda golden: re.sub(r">\s+<", "><", golden)), READ),
    "CR LF": (as_utf_8(lambda golden: golden.replace("\n", "\r\n")), READ),
    "CR alone": (as_utf_8(lambda golden: golden.replace("\n", "\r")), READ),
    "tags with white space": (as_utf_8(lambda golden: re.sub(r"(</?[\w:-]+)>", r"\1 \n>", golden)), READ),
    "single quotes": (as_utf_8(lambda golden: golden.replace('"', "'")), READ),
    "a namespace that is no address": (swap(("<SOAP-ENV:Body>", '<SOAP-ENV:Body xmlns:a="urn: a">')), READ),
    "a relative namespace": (swap(("<SOAP-ENV:Body>", '<SOAP-ENV:Body xmlns:a="a">')), READ),
    "a doctype": (wrapped("<!DOCTYPE a>", ""), "invalid_xml"),
    "an entity of HTML": (swap(("Naabrid", "Naabrid&nbsp;")), "invalid_xml"),
    "a tag of another case": (swap(("</SOAP-ENV:Body>", "</SOAP-ENV:body>")), "invalid_xml"),
    "an unbound prefix": (swap((' xmlns:id="http://x-road.eu/xsd/identifiers"', "")), "invalid_xml"),
    "a bare ampersand": (swap(("Naabrid", "Naabrid & muud")), "invalid_xml"),
    "two envelopes": (as_utf_8(lambda golden: golden + golden.removeprefix(DECLARATION)), "invalid_xml"),
    "nothing": (lambda _: Sent(b""), "invalid_xml"),
    "JSON": (lambda _: Sent(b"{}"), "invalid_xml"),
}

TRANSPORT: Traits = {
    "no SOAPAction": (typed(TEXT), READ),
    "an empty SOAPAction": (typed(TEXT, "SOAPAction:"), READ),
    "a quoted empty SOAPAction": (typed(TEXT, 'SOAPAction: ""'), READ),
    "a foreign SOAPAction": (typed(TEXT, 'SOAPAction: "http://example.org/other"'), READ),
    "a bare SOAPAction": (typed(TEXT, "soapaction: getReferralStatus"), READ),
    "a broken SOAPAction": (typed(TEXT, 'SOAPAction: "http://example.org'), READ),
    "an action as parameter": (typed('text/xml; action="urn:a"; charset=utf-8'), READ),
    "a content type in capitals": (typed("TEXT/XML;CHARSET=UTF-8"), READ),
    "a semicolon at the end": (typed("text/xml; charset=utf-8;"), READ),
    "xop without parts": (typed('application/xop+xml; type="text/xml"; charset=utf-8'), READ),
    "white space around the type": (typed("  text/xml ; charset = utf-8  "), READ),
    "no content type": (typed(None), "invalid_content_type"),
    "an empty content type": (typed(""), "invalid_content_type"),
    "the type of SOAP 1.2": (typed("application/soap+xml; charset=utf-8"), "invalid_content_type"),
    "the other type of XML": (typed("application/xml"), "invalid_content_type"),
    "the type of JSON": (typed("application/json"), "invalid_content_type"),
    "the type of a form": (typed("application/x-www-form-urlencoded"), "invalid_content_type"),
    "two types in one": (typed("text/xml, text/xml"), "invalid_content_type"),
    "two types": (typed(TEXT, "Content-Type: application/json"), "invalid_content_type"),
    "the same type twice": (typed(TEXT, f"Content-Type: {TEXT}"), "invalid_content_type"),
    "encoded as it is": (typed(TEXT, "Content-Encoding: identity"), READ),
    "compressed": (
        lambda golden: Sent(gzip.compress(golden.encode()), TEXT, ("Content-Encoding: gzip",)),
        "invalid_content_type",
    ),
    "called compressed": (typed(TEXT, "Content-Encoding: deflate"), "invalid_content_type"),
    "an answer that must not be XML": (typed(TEXT, "Accept: application/json"), READ),
    "an answer that may be compressed": (typed(TEXT, "Accept-Encoding: gzip, deflate"), READ),
    "header fields of REST": (typed(TEXT, "X-Road-Client: a/b/c/d", "X-Road-Id: 1"), READ),
    "a closed connection": (typed(TEXT, "Connection: close"), READ),
    "MIME-Version": (typed(TEXT, "MIME-Version: 1.0", "Content-Transfer-Encoding: 8bit"), READ),
}
