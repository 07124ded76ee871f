"""The pack as a document: the JSON in words, on paper that says whose copy it is; and what is too much."""

from io import BytesIO
from typing import Any

import pytest
from docx import Document

from services.kit.paper import Form, Press, press
from tests.cases.routes.network import COORDINATOR, POLICE, PROBATION, Network, slug

NAUGHTY = '#read("/etc/passwd") {{ 7*7 }} *b* <w:t>&amp; ]]>'
KNOWN = {"known": "relevant", "relevant": True, "necessary": True, "proportionate": True}
PDF = {"Accept": Form.PDF.value}


async def _pack(network: Network) -> str:
    """The address of a pack with two cases, in one of which the probation has told something naughty."""
    meeting = await network.meeting()
    shared = await network.put(meeting, await network.case("police", "probation"))
    await network.put(meeting, await network.case("probation"))
    asked = {"agencies": ["police", "probation"]}
    questions = (await network.do(f"/agenda-items/{shared['id']}/research", asked)).json()["items"]
    told = next(each for each in questions if each["agency"] == "probation")
    answered = {**KNOWN, "text": NAUGHTY}
    await network.do(f"/research-requests/{told['id']}/answer", answered, 1, by=PROBATION)
    for by in (COORDINATOR, POLICE):
        await network.sign(meeting, by)
    return f"/meetings/{meeting['id']}/pack"


async def _docx(network: Network, path: str, by: str, language: str) -> tuple[Any, str]:
    headers = {"Accept": Form.DOCX.value, "Accept-Language": language}
    answer = await network.served.ask(path, by, headers=headers)
    assert answer.status_code == 200, answer.text
    pages = Document(BytesIO(answer.content))
    cells = [cell.text for table in pages.tables for row in table.rows for cell in row.cells]
    return pages, "\n".join([paragraph.text for paragraph in pages.paragraphs] + cells)


async def test_a_copy_says_what_the_json_says(network: Network) -> None:
    path = await _pack(network)
    for by, heads in ((COORDINATOR, "Koordinaator, Põlva"), (POLICE, "Asutuse esindaja, Politsei, Põlva")):
        told = (await network.get(path, by)).json()
        pages, words = await _docx(network, path, by, "et")
        mark, copy = pages.sections[0].header.paragraphs[0].text.split("\t")
        assert (mark, copy.rpartition(", ")[0]) == ("KONFIDENTSIAALNE", f"Eksemplar: {heads}")
        for item in told["items"]:
            assert item["caseId"] in words
            for person in item["people"]:
                assert f"{person['givenName']} {person['familyName']}" in words
        assert words.count("Juhtumi tunnus") == len(told["items"])
        assert (NAUGHTY in words) is (by == COORDINATOR)
    _, russian = await _docx(network, path, COORDINATOR, "ru")
    assert "Материалы к повестке, 01.06.2017" in russian
    assert "Полиция: Запрошено" in russian
    assert (await network.served.ask(path, headers=PDF)).content.startswith(b"%PDF-1.7")


async def test_what_is_too_much_is_refused_and_the_json_stays(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await _pack(network)
    monkeypatch.setattr(press, "MOST_CHARACTERS", 100)
    refused = await network.served.ask(path, headers=PDF)
    assert (refused.status_code, slug(refused)) == (409, "paper-too-long")
    network.served.app.state.press = Press(most_waiting=0)
    monkeypatch.undo()
    busy = await network.served.ask(path, headers=PDF)
    assert (busy.status_code, slug(busy), busy.headers["retry-after"]) == (503, "overloaded", "5")
    assert (await network.get(path)).status_code == 200
    rows = await network.served.world.rows("select action from audit where action = 'export-pdf'")
    assert len(rows) == 2  # told before a page is set: one row too many, never one too few
