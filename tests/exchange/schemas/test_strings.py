"""Every string of a public list of naughty ones, in every text of a referral: read as it is, or refused."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from services.exchange.model.problems import SchemaViolation
from services.exchange.schemas.referral import SubmissionIn
from services.exchange.wire import envelope, messages, reader, schema
from services.kit.validation import read

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "data" / "corpora" / "blns.json"
NARRATIVES = ("event/description", "judgementReason", "victimWishes")
NAMES = (
    *("persons/person/givenName", "persons/person/familyName", "persons/person/address"),
    *("persons/person/safeContact", "referrer/name", "referrer/unit"),
)


def strings() -> Iterator[str]:
    """Those that XML can hold; it normalises line ends, so they come with one kind."""
    if not CORPUS.exists():
        pytest.skip("515 naughty strings did not run: the corpora are not beside this clone")
    for text in json.loads(CORPUS.read_text()):
        try:
            etree.Element("a").text = text
        except ValueError:
            continue
        yield text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("place", [*NARRATIVES, *NAMES])
def test_a_naughty_string_is_text(golden: Callable[[str], bytes], place: str) -> None:
    root = etree.fromstring(golden("submitReferral.request.xml"))
    field = root.find(f".//referral/{place}")
    assert field is not None
    longest = 4000 if place in NARRATIVES else 400 if place.endswith(("address", "Contact")) else 100
    taken = 0
    for text in strings():
        field.text = text
        message = envelope.read(etree.tostring(root), "text/xml", reader.Limits())
        if 0 < len(text if place in NARRATIVES else text.strip(" \t\n")) <= longest:
            schema.check(message.payload)
            taken += _came_through(message.payload, text, place)
        else:
            with pytest.raises(SchemaViolation):
                schema.check(message.payload)
    assert taken > 400


def _came_through(payload: etree._Element, text: str, place: str) -> bool:
    found = json.loads(read(SubmissionIn, messages.referral(payload)).referral())
    for step in place.replace("persons/person", "persons/0").split("/"):
        found = found[int(step) if step.isdigit() else step]
    collapsed = re.sub("[ \t\n]+", " ", text).strip(" ")
    assert found in {text if place in NARRATIVES else collapsed, collapsed.strip()}, text
    return True
