"""The same message in another form: prefixes, quotes, space, references, CDATA, charset, parts, chunks."""

import base64
import binascii
from random import Random

from lxml import etree

from tests.exchange.routes import sockets
from tests.exchange.routes.traits import Sent

SPACES = (" ", "\t", "\n", "\r\n", "<!-- a -->", "<?b c?>", "")
#: Codec, byte order mark, and names that the content type or the declaration may give it.
CHARSETS = (
    ("utf-8", b"", ("utf-8", "UTF-8", '"utf-8"')),
    ("utf-8", b"\xef\xbb\xbf", ("utf-8", "ISO-8859-1")),
    ("utf-16-le", b"\xff\xfe", ("utf-16",)),
    ("utf-16-be", b"", ("utf-16", "UTF-16BE")),
    ("iso-8859-15", b"", ("ISO-8859-15",)),
    ("cp1257", b"", ("windows-1257",)),
    ("ascii", b"", ("us-ascii", "utf-8")),
)


class Writer:
    """Writes a tree by chance; what it means stays."""

    def __init__(self, random: Random, *, ascii_only: bool) -> None:
        self._random, self._ascii_only = random, ascii_only

    def element(self, element: etree._Element, scope: dict[str, str]) -> str:
        """An element with all that is in it, where these prefixes are declared."""
        scope, declared = dict(scope), dict[str, str]()
        name = self._name(element.tag, scope, declared, default=True)
        attributes = [
            (self._name(key, scope, declared, default=False), value) for key, value in element.items()
        ]
        attributes += [(f"xmlns:{prefix}" if prefix else "xmlns", uri) for prefix, uri in declared.items()]
        self._random.shuffle(attributes)
        told = "".join(self._attribute(*each) for each in attributes)
        end = self._random.choice(("", " ", "\n"))
        if len(element):
            inner = self._space() + "".join(self.element(one, scope) + self._space() for one in element)
        else:
            inner = self._text(element.text or "")
        return f"<{name}{told}{end}>{inner}</{name}{end}>"

    def _name(self, tag: str, scope: dict[str, str], declared: dict[str, str], *, default: bool) -> str:
        uri, _, local = tag.rpartition("}")
        uri = uri.removeprefix("{")
        if not uri:
            if default and scope.get(""):
                scope[""] = declared[""] = ""
            return local
        known = [prefix for prefix, bound in scope.items() if bound == uri and (prefix or default)]
        if not known or self._random.random() < 0.1:
            known = [self._random.choice(("", "a", "env", "x-1", "_", "õ"))]
            if known[0] in declared or not (known[0] or default) or (self._ascii_only and known[0] == "õ"):
                known = [f"n{len(scope)}{self._random.randrange(1000)}"]
            scope[known[0]] = declared[known[0]] = uri
        prefix = self._random.choice(known)
        return f"{prefix}:{local}" if prefix else local

    def _attribute(self, name: str, value: str) -> str:
        quote = self._random.choice("\"'")
        return f"{self._random.choice((' ', '  ', chr(10)))}{name}={quote}{self._references(value)}{quote}"

    def _space(self) -> str:
        return "".join(self._random.choices(SPACES, k=2))

    def _text(self, text: str) -> str:
        place = self._random.randrange(len(text) + 1)
        return "".join(self._piece(piece) for piece in (text[:place], text[place:]))

    def _piece(self, text: str) -> str:
        kind = self._random.randrange(6)
        if kind == 0 and (text.isascii() or not self._ascii_only):
            return f"<![CDATA[{text}]]>"
        if kind == 1:
            return f"<!-- a -->{self._references(text)}<?b?>"
        return self._references(text)

    def _references(self, text: str) -> str:
        share = self._random.choice((0, 0, 0.2, 1))
        return "".join(
            self._reference(letter) if self._random.random() < share else _plain(letter) for letter in text
        )

    def _reference(self, letter: str) -> str:
        return self._random.choice((f"&#{ord(letter)};", f"&#x{ord(letter):x};", f"&#x{ord(letter):06X};"))


def _plain(letter: str) -> str:
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}.get(letter, letter)


def rewritten(message: str, random: Random) -> Sent:
    """The message in another form, with the content type under which it is read."""
    codec, mark, names = random.choice(CHARSETS)
    told = Writer(random, ascii_only=not codec.startswith("utf")).element(
        etree.fromstring(message.encode()), {}
    )
    named = random.choice(names)
    declared = f'<?xml version="1.0" encoding="{named.strip(chr(34))}"?>{random.choice(SPACES)}'
    by_type, by_declaration = random.choice(((True, False), (False, True), (True, True)))
    body = mark + ((declared if by_declaration else "") + told).encode(codec, "xmlcharrefreplace")
    kind = f"text/xml; charset={named}" if by_type else "text/xml"
    return _in_parts(Sent(body, kind), random) if random.random() < 0.4 else Sent(body, kind)


def _in_parts(sent: Sent, random: Random) -> Sent:
    end = random.choice(("\r\n", "\n"))
    boundary = random.choice(("b", "----=_Part_1.2", "uuid:1+id=2"))
    coding, code = random.choice(
        (("8bit", bytes), ("binary", bytes), ("base64", base64.encodebytes), ("quoted-printable", _quoted))
    )
    lines = [f"Content-Type: {sent.content_type}", f"Content-Transfer-Encoding: {coding}", "Content-ID:\t<a>"]
    random.shuffle(lines)
    part = end.join((f"--{boundary}", *lines, "", "")).encode() + code(sent.body)
    file = end.join(("", f"--{boundary}", "Content-ID: <f>", "", "a file")).encode() * random.randrange(3)
    close = f"{end}--{boundary}{random.choice(('--', ''))}{end}".encode()
    return Sent(part + file + close, f'multipart/related; type="text/xml"; boundary="{boundary}"')


def _quoted(content: bytes) -> bytes:
    return binascii.b2a_qp(content, istext=False)


def request(sent: Sent, random: Random) -> bytes:
    """Whole, or in chunks."""
    assert sent.content_type is not None
    if random.random() < 0.5:
        return sockets.request(sent.body, sent.content_type)
    return sockets.chunked(sent.body, sent.content_type, random.randrange(50, 5000))
