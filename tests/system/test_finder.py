"""The search for canaries finds them however they are spelt, and nothing else."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from services.kit import personal_code
from tests.system import canaries
from tests.system.canaries import ACCENTED, BORN, CORE, PHONE, Finder

PEOPLE = [canaries.person(number, "victim", None) for number in range(3)]
CODE = PEOPLE[1]["personalCode"]
SPELT = {
    "as it is": lambda word: f"name={word};".encode(),
    "in lower case": lambda word: f"name={word.lower()};".encode(),
    "in upper case": lambda word: f"name={word.upper()};".encode(),
    "in latin-1": lambda word: f"name={word};".encode("latin-1"),
    "in utf-16": lambda word: f"name={word};".encode("utf-16"),
    "in JSON": lambda word: json.dumps({"name": word}).encode(),
    "in a repr": lambda word: ascii(word).encode(),
    "in XML": lambda word: f"<name>{word}</name>".encode("ascii", "xmlcharrefreplace"),
    "in an address": lambda word: f"/x?name={quote(word)}&y".encode(),
    "in hex": lambda word: word.encode().hex().encode(),
    "in upper hex": lambda word: word.encode().hex().upper().encode(),
    "in base64": lambda word: base64.b64encode(word.encode()),
    "in base64 behind a byte": lambda word: base64.b64encode(b"x" + word.encode() + b"yy"),
    "in base64 behind two": lambda word: base64.b64encode(b"xx" + word.encode() + b"y"),
    "in base64 of addresses": lambda word: base64.urlsafe_b64encode(b"{?}" + word.encode() + b"~~"),
}


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(canaries.values(PEOPLE))


@pytest.mark.parametrize("spelling", SPELT)
@pytest.mark.parametrize("value", [CORE, ACCENTED, PHONE, CODE, BORN.isoformat()])
def test_a_planted_canary_is_found(finder: Finder, value: str, spelling: str) -> None:
    assert any(value in told for told in finder.of(b"before " + SPELT[spelling](value) + b" behind"))


def test_what_is_clean_is_clean(finder: Finder) -> None:
    clean = f"TV-EWC5-BFNG-8Z0S-T5MQ-K polva 1931-08-28 55990818 {personal_code.make(BORN, 'male', 1)}"
    assert finder.of(clean.encode()) == []
    assert finder.of_dump(clean.encode() + b" \\x00ff00ff00ff00ff00ff") == []


def test_a_canary_in_a_binary_value_of_a_dump_is_found(finder: Finder) -> None:
    inside = base64.b64encode(f"..{ACCENTED}..".encode()).hex()
    assert [told for told in finder.of_dump(f"7\t\\x{inside}\t8".encode()) if "binary" in told]


def test_a_canary_in_a_folder_is_told_by_its_file(finder: Finder, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "clean.log").write_text("nothing")
    (tmp_path / "log" / "dirty.log").write_text(f"GET /people/{CODE}")
    assert finder.of_folder(tmp_path) == {"log/dirty.log": [f"{CODE} (as it is)"]}


def test_every_part_of_a_person_is_a_canary(finder: Finder) -> None:
    for name in ("personalCode", "givenName", "familyName", "address", "phone", "safeContact"):
        assert finder.of(str(PEOPLE[0][name]).encode()), name
