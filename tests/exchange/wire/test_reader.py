"""Hostile and odd bytes: refused with our words and nothing of theirs, before a tree is built."""

import time
from collections.abc import Callable

import pytest

from services.exchange.model.problems import InvalidContentType, InvalidXml
from services.exchange.wire import reader
from services.exchange.wire.reader import Limits
from services.kit.problem import TooLarge

LIMITS = Limits()
CANARY = "Mari-Kanaari"
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY lol "Mari-Kanaari">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]><a>&lol9;</a>"
)

HOSTILE = {
    "empty": b"",
    "no xml": CANARY.encode(),
    "cut": f"<a><b>{CANARY}</b>".encode(),
    "two roots": f"<a>{CANARY}</a><b/>".encode(),
    "doctype": f"<!DOCTYPE a><a>{CANARY}</a>".encode(),
    "doctype after a comment": b"<!-- x -->\n<!DOCTYPE a []><a/>",
    "entity": f'<!DOCTYPE a [<!ENTITY e "{CANARY}">]><a>&e;</a>'.encode(),
    "external entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "external subset": b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/p">%p;]><a/>',
    "billion laughs": BOMB.encode(),
    "quadratic blow-up": b'<!DOCTYPE a [<!ENTITY e "' + b"x" * 50_000 + b'">]><a>' + b"&e;" * 5000 + b"</a>",
    "unknown entity": b"<a>&nbsp;</a>",
    "doctype in utf-16": '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16"),
    "invalid utf-8": b"<a>\xff\xfe</a>",
    "control character": b"<a>&#1;</a>",
    "nul": b"<a>\x00</a>",
    "attribute twice": b'<a b="1" b="2"/>',
    "prefix without namespace": b"<a><x:b/></a>",
    "deep": b"<a>" * 300 + b"</a>" * 300,
    "very deep": b"<a>" * 60_000 + b"</a>" * 60_000,
    "prefix without namespace beside another trifle": b'<a xmlns:b="urn: b"><x:b/></a>',
    "cut beside another trifle": b'<a xmlns:b="urn: b"><b:c>',
    "many elements": b"<a>" + b"<b/>" * 20_000 + b"</a>",
    "many attributes of one": b"<a " + b" ".join(b'a%d="1"' % n for n in range(129)) + b"/>",
    "many attributes of all": b"<a>" + b'<b c="1" d="2" e="3"/>' * 7_000 + b"</a>",
    "many namespaces": b"<a>" + b"".join(b'<b xmlns:n%d="urn:%d"/>' % (n, n) for n in range(300)) + b"</a>",
    "many namespaces of one": b"<a " + b" ".join(b'xmlns:n%d="urn:%d"' % (n, n) for n in range(300)) + b"/>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_refused_in_our_words(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(InvalidXml) as caught:
        reader.read(body, "text/xml", LIMITS)
    assert time.process_time() - began < 1
    assert CANARY not in repr(caught.value) + str(caught.value.detail)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_two_million_elements_are_not_even_read() -> None:
    body = b"<a>" + b"<b/>" * 2_000_000 + b"</a>"
    began = time.process_time()
    with pytest.raises(TooLarge):
        reader.read(body, "text/xml", LIMITS)
    assert time.process_time() - began < 0.1


def test_two_million_elements_are_counted_and_never_built() -> None:
    body = b"<a>" + b"<b/>" * 2_000_000 + b"</a>"
    began = time.process_time()
    with pytest.raises(InvalidXml):
        reader.read(body, "text/xml", Limits(bytes=2**25))
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" + b"<b/>" * 19_999 + b"</a>",
        b"<a>" * 256 + b"</a>" * 256,
        b"<a " + b" ".join(b'a%d="1"' % n for n in range(128)) + b"/>",
        b"<a>" + b"=" * 100_000 + b"</a>",
        b"<a>" + b"&lt;!DOCTYPE x&gt;" + b"</a>",
    ],
    ids=["elements", "levels", "attributes", "equals signs", "doctype as text"],
)
def test_up_to_the_limit_everything_is_read(body: bytes) -> None:
    assert reader.read(body, "text/xml", LIMITS).tag == "a"


def test_a_doctype_in_cdata_is_text() -> None:
    body = b"<a><![CDATA[<!DOCTYPE x>]]></a>"
    assert reader.read(body, "text/xml", LIMITS).text == "<!DOCTYPE x>"


TEXT = "Õnne Šestov žürii"
ODD: dict[str, tuple[bytes, str]] = {
    "plain": (f"<a>{TEXT}</a>".encode(), "text/xml"),
    "declaration": (f'<?xml version="1.0" encoding="UTF-8"?><a>{TEXT}</a>'.encode(), "text/xml"),
    "byte order mark": (b"\xef\xbb\xbf" + f"<a>{TEXT}</a>".encode(), "text/xml; charset=UTF-8"),
    "quoted charset": (f"<a>{TEXT}</a>".encode(), 'text/xml; charset="utf-8"'),
    "other parameters": (f"<a>{TEXT}</a>".encode(), "text/xml;charset=utf-8;action=x"),
    "upper case": (f"<a>{TEXT}</a>".encode(), "TEXT/XML; Charset=Utf-8"),
    "charset beats declaration": (
        f'<?xml version="1.0" encoding="ISO-8859-1"?><a>{TEXT}</a>'.encode(),
        "text/xml; charset=utf-8",
    ),
    "latin-9 by charset": (f"<a>{TEXT}</a>".encode("iso-8859-15"), "text/xml; charset=ISO-8859-15"),
    "latin-9 by charset, declared utf-8": (
        f'<?xml version="1.0" encoding="UTF-8"?><a>{TEXT}</a>'.encode("iso-8859-15"),
        "text/xml; charset=ISO-8859-15",
    ),
    "baltic by declaration": (
        f"<?xml version='1.0' encoding='windows-1257'?><a>{TEXT}</a>".encode("cp1257"),
        "text/xml",
    ),
    "utf-16 by mark": (f"<a>{TEXT}</a>".encode("utf-16"), "text/xml"),
    "mark beats charset": (f"\ufeff<a>{TEXT}</a>".encode(), "text/xml; charset=ISO-8859-1"),
    "utf-16 mark beats charset": (f"<a>{TEXT}</a>".encode("utf-16"), "text/xml; charset=utf-8"),
    "utf-16 by charset": (
        f'<?xml version="1.0" encoding="UTF-16"?><a>{TEXT}</a>'.encode("utf-16"),
        "text/xml; charset=utf-16",
    ),
    "utf-16, little end first, without mark": (f"<a>{TEXT}</a>".encode("utf-16-le"), "text/xml"),
    "utf-16, big end first, without mark": (
        f'<?xml version="1.0" encoding="UTF-16"?><a>{TEXT}</a>'.encode("utf-16-be"),
        "text/xml; charset=utf-16",
    ),
    "not the charset, but the declaration's": (
        f'<?xml version="1.0" encoding="ISO-8859-15"?><a>{TEXT}</a>'.encode("iso-8859-15"),
        "text/xml; charset=utf-8",
    ),
    "not the charset, and nothing is declared": (f"<a>{TEXT}</a>".encode(), "text/xml; charset=us-ascii"),
    "a namespace that is no address": (f'<a xmlns:b="urn: b"><!-- -->{TEXT}</a>'.encode(), "text/xml"),
    "xml:id twice, and no name": (f'<a xml:id="1" b="2">{TEXT}<b xml:id="1"/></a>'.encode(), "text/xml"),
    "comments": (f"<a><!-- {CANARY} -->Õnne <!-- -->Šestov žürii</a>".encode(), "text/xml"),
    "instruction": (f"<a>Õnne <?{CANARY} ?>Šestov žürii</a>".encode(), "text/xml"),
    "character references": ("<a>&#213;nne &#x160;estov &#382;ürii</a>".encode(), "text/xml"),
    "cdata": (f"<a><![CDATA[{TEXT}]]></a>".encode(), "text/xml"),
}


@pytest.mark.parametrize(("body", "content_type"), ODD.values(), ids=ODD.keys())
def test_odd_bytes_mean_the_same(body: bytes, content_type: str) -> None:
    assert reader.read(body, content_type, LIMITS).text == TEXT


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/soap+xml",
        "application/xml",
        "application/json",
        "text/plain",
        "multipart/related; boundary=x",
        "text/xml; charset=utf-7",
        "text/xml; charset=ebcdic-cp-be",
        "text/xml; charset=" + "x" * 1000,
        "nonsense",
    ],
)
def test_other_content_types_are_refused(content_type: str | None) -> None:
    with pytest.raises(InvalidContentType):
        reader.read(b"<a/>", content_type, LIMITS)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>\xff</a>",
        '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16"),
        '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16-le"),
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-16-be"),
        '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("utf-32"),
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'.encode("cp037"),
    ],
    ids=["byte", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ebcdic"],
)
@pytest.mark.parametrize("charset", ["utf-8", "us-ascii"])
def test_bytes_that_are_not_in_their_charset_are_refused(body: bytes, charset: str) -> None:
    """Parsers guess the character set from the first bytes: what was checked must be what is parsed."""
    with pytest.raises(InvalidXml):
        reader.read(body, f"text/xml; charset={charset}", LIMITS)


def test_nothing_is_read_twice_with_two_meanings(golden: Callable[[str], bytes]) -> None:
    """The cheap bounds and the counting pass agree on what is plainly small."""
    body = golden("submitReferral.request.xml")
    reader._Count(LIMITS).over(body)
    assert reader._plainly_small(body, LIMITS)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_cheap_bounds_let_no_excess_through(body: bytes) -> None:
    """Whatever the counting pass refuses for its size or its DOCTYPE, the cheap bounds refuse as well."""
    found, data = None, body
    try:
        data = reader._utf8(body, "text/xml")
        reader._Count(LIMITS).over(data)
    except InvalidXml as problem:
        found = problem.detail
    if found and "well-formed" not in found and "character set" not in found:
        assert not reader._plainly_small(data, LIMITS)
