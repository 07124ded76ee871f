"""Values that must be found nowhere: made to be recognised, in every spelling in which they could leak."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from services.kit import personal_code

#: Part of every text of a canary; the second shows whether a leak is escaped.
CORE, ACCENTED = "Kanaarilind", "Lõokesekanaar"
BORN = date(1931, 8, 27)
PHONE = "55990817"
FEWEST = 6  # bytes of a spelling below which chance would find it
_HEX = re.compile(rb"\\x((?:[0-9a-f]{2}){8,})")

Person = dict[str, Any]


def text(place: str) -> str:
    """A free text that says where it stood."""
    return f"{CORE} {place} {ACCENTED}"


def coded(number: int, sex: personal_code.Sex, birth: date = BORN) -> str:
    """The personal code of one canary; each number has its own."""
    return personal_code.make(birth, sex, 700 + number)


def person(number: int, role: str, relation: str | None, birth: date = BORN, *, code: bool = True) -> Person:
    """Somebody about whom everything is a canary."""
    sex: personal_code.Sex = "female" if number % 2 else "male"
    return {
        "role": role,
        "relationToVictim": relation,
        "personalCode": coded(number, sex, birth) if code else None,
        "birthDate": None if code else birth.isoformat(),
        "givenName": f"{CORE}{number}",
        "familyName": f"{ACCENTED}{number}",
        "sex": sex,
        "municipality": "0622",
        "address": text(f"tänav {number}"),
        "phone": f"+372{PHONE}{number}",
        "safeContact": text(f"kontakt {number}"),
        "language": "et",
    }


def referral(first: int, template: Mapping[str, Any], *, minor: bool = False) -> dict[str, Any]:
    """A valid referral of four people, with canaries wherever there is room; numbers from `first` on."""
    young = date(2014, 3, 9)
    people = [
        person(first, "victim", None, young if minor else BORN),
        person(first + 1, "threatening-person", "partner"),
        person(first + 2, "child", "child", young),
        person(first + 3, "other", "parent", code=False),
    ]
    return {
        **template,
        "event": {**template["event"], "description": text("sündmus")},
        "persons": people,
        "grounds": ["professional-judgement"],
        "judgementReason": text("põhjus"),
        "victimWishes": text("soov"),
        "referrer": {"name": text("suunaja"), "unit": text("üksus")},
    }


def values(people: Iterable[Person]) -> list[str]:
    """All that must not be found: the parts of the texts, codes, dates, phone numbers."""
    codes = {one["personalCode"] for one in people if one["personalCode"]}
    return [CORE, ACCENTED, PHONE, BORN.isoformat(), f"{BORN:%d.%m.%Y}", f"{BORN:%Y%m%d}", *sorted(codes)]


def spellings(value: str) -> dict[bytes, str]:
    """The bytes in which a value could leak, and what that spelling is called."""
    found: dict[bytes, str] = {}
    for word in (value, value.lower(), value.upper()):
        raw = word.encode()
        found |= dict.fromkeys(_in_base64(raw), "base64") | {
            raw.hex().encode(): "hex",
            raw.hex().upper().encode(): "hex",
            quote(word).encode(): "percent",
            word.encode("ascii", "xmlcharrefreplace"): "character references",
            word.encode("unicode_escape"): "escaped",
            json.dumps(word)[1:-1].encode(): "escaped",
            word.encode("utf-16-be"): "utf-16",
            word.encode("utf-16-le"): "utf-16",
            word.encode("latin-1"): "latin-1",
            raw: "as it is",
        }
    return {spelt: name for spelt, name in found.items() if len(spelt) >= FEWEST}


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """What is the same in base64 wherever in a text the value stands, with both alphabets."""
    for before in range(3):
        whole = bytes(before) + raw
        kept = whole[: len(whole) // 3 * 3]
        skipped = -(-before * 4 // 3)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(kept)[skipped:]


class Finder:
    """Looks for canaries in bytes, files, folders."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._spellings = [
            (spelt, f"{value} ({name})") for value in wanted for spelt, name in spellings(value).items()
        ]

    def of(self, content: bytes) -> list[str]:
        """Which canaries are in there, and how they are spelt."""
        return [told for spelt, told in self._spellings if spelt in content]

    def of_dump(self, content: bytes) -> list[str]:
        """The same for SQL, also within its binary values."""
        inside = b"\n".join(bytes.fromhex(one.decode()) for one in _HEX.findall(content))
        return [*self.of(content), *(f"{told} in a binary value" for told in self.of(inside))]

    def of_folder(self, folder: Path) -> dict[str, list[str]]:
        """The files of a folder in which there are some; a file that goes meanwhile has none."""
        found = {}
        for path in sorted(folder.rglob("*")):
            try:
                told = self.of(path.read_bytes()) if path.is_file() else []
            except FileNotFoundError:
                continue
            if told:
                found[str(path.relative_to(folder))] = told
        return found
