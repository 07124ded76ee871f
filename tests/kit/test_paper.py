"""Papers: two forms of the same words, which nothing in them can change into anything else."""

import asyncio
import json
import threading
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import typst
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.paper import Entry, Form, Heading, Note, Paper, PaperTooLong, Passage, Press, Table, form_of
from services.kit.paper.blocks import line, lines
from services.kit.paper.docx import docx
from services.kit.paper.pdf import _TEMPLATE, _fonts, pdf
from services.kit.problem import Overloaded

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora" / "blns.json"
NAUGHTY = (
    '#read("/etc/passwd")',
    "#import sys: *",
    "{{ 7*7 }} {% for x in y %}",
    "*bold* _em_ $x^2$ <label> @ref // no comment /* none */ \\u{41}",
    "= no heading",
    "</w:t><w:br/> ]]> &amp; & <!DOCTYPE x>",
    "=1+1",
    "%PDF-1.7 endobj (\\)",
    "õäöüšž ÕÄÖÜŠŽ Жуковский ёъ",
    "a" * 400,
)


def _paper(*texts: str, language: str = "et") -> Paper:
    blocks = [
        *(block for text in texts for block in (Heading(text), Entry(text, text), Note(text))),
        *(Passage(text, f"{text}\n{text}") for text in texts),
        Table(["Üks", "Kaks"], [[text, text] for text in texts]),
    ]
    return Paper(language, "Päevakord", "Konfidentsiaalne", "Politsei", "Lk", blocks)


async def test_in_a_place_to_learn_each_page_says_so() -> None:
    press = Press(training=True)
    try:
        for language, word in (("et", "Õppekeskkond"), ("ru", "Учебная"), ("en", "Training")):
            content = await press.made(_paper("a", language=language), Form.DOCX)
            head = Document(BytesIO(content)).sections[0].header.paragraphs[0].text
            assert word.upper() in head
            assert "KONFIDENTSIAALNE" in head
    finally:
        press.close()


def _said(content: bytes) -> list[str]:
    pages = Document(BytesIO(content))
    cells = [cell.text for table in pages.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in pages.paragraphs] + cells


def _set(paper: Paper, selector: str) -> list[str]:
    """What the elements of a kind say on the pages; markup within them would be no plain text."""
    told = json.dumps(paper.told())
    found = typst.query(_TEMPLATE, selector, root=_TEMPLATE.parent, font_paths=_fonts(),
                        ignore_system_fonts=True, sys_inputs={"paper": told})  # fmt: skip
    bodies = [each["body"] for each in json.loads(found)]
    return [body["text"] for body in bodies if body["func"] == "text"]


def test_what_is_written_stands_there_to_the_letter() -> None:
    paper = _paper(*NAUGHTY)
    told = _said(docx(paper))
    assert _set(paper, "heading") == list(NAUGHTY)
    for text in NAUGHTY:
        # heading, label, note, label of a passage and its two lines, two cells
        assert (told.count(text), told.count(f"{text}: {text}")) == (7, 1), text
    content = pdf(paper)
    assert content.startswith(b"%PDF-1.7")
    assert b"root:" not in content


@settings(max_examples=4, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_text_makes_both_forms(texts: list[str]) -> None:
    paper = _paper(*texts)
    assert {line(text) for text in texts} <= set(_said(docx(paper)))
    assert pdf(paper).startswith(b"%PDF-")


def test_what_no_page_can_show_is_left_out() -> None:
    assert lines("a\x00b\x1b[1m\r\nc\td\u202ee\ufffe") == ["a b [1m", "c d e\ufffd"]
    assert line(" one\n\n two ") == "one two"


def test_the_same_paper_is_the_same_bytes() -> None:
    for write in (pdf, docx):
        first, second = write(_paper(*NAUGHTY)), write(_paper(*NAUGHTY))
        assert first == second
        assert first != write(_paper("Muu"))
    with ZipFile(BytesIO(docx(_paper("a")))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("language", ["et", "ru", "en"])
def test_a_pdf_is_tagged_with_language_and_title(language: str) -> None:
    content = pdf(_paper("Жук õ", language=language))
    assert f"/Lang({language})".encode() in content
    for word in (
        b"/StructTreeRoot",
        b"/Marked true",
        b"<pdfuaid:part>1</pdfuaid:part>",
        b"/DisplayDocTitle true",
    ):
        assert word in content
    assert b"CreateDate" not in content
    unknown = pdf(_paper("漢字", language=language))  # no glyph: no claim, and tagged all the same
    assert b"pdfuaid" not in unknown
    assert b"/StructTreeRoot" in unknown


def test_each_page_says_what_it_is_and_whose() -> None:
    own = Document(BytesIO(docx(_paper("a", language="ru"))))
    section = own.sections[0]
    assert section.header.paragraphs[0].text == "KONFIDENTSIAALNE\tPolitsei"
    assert section.footer.paragraphs[0].text.startswith("Päevakord\tLk ")
    fields = [
        each.get(f"{{{each.nsmap['w']}}}instr")
        for each in section.footer._element.iter()
        if "fldSimple" in each.tag
    ]
    assert fields == ["PAGE", "NUMPAGES"]
    assert (own.core_properties.title, own.core_properties.author, own.core_properties.language) == (
        "Päevakord",
        "",
        "ru",
    )
    assert 'w:val="ru-RU"' in own.styles.element.xml
    assert "tblHeader" in own.element.xml


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, None),
        ("*/*", None),
        ("application/json", None),
        ("text/html", None),
        ("application/pdf", Form.PDF),
        ("Application/PDF;q=0.9", Form.PDF),
        (Form.DOCX.value, Form.DOCX),
        ("application/json, application/pdf", None),
        ("application/json;q=0.5, application/pdf", Form.PDF),
        ("application/pdf;q=0, application/json", None),
        ("application/pdf;q=nonsense", None),
        (f"application/pdf;q=0.3, {Form.DOCX.value};q=0.4", Form.DOCX),
    ],
)  # fmt: skip
def test_the_form_is_what_the_caller_accepts(accept: str | None, form: Form | None) -> None:
    assert form_of(accept) is form


async def test_a_press_makes_one_after_another_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    made: list[Any] = []

    def slow(paper: Paper) -> bytes:
        go.wait(10)
        made.append(threading.current_thread().name)
        return paper.title.encode()

    monkeypatch.setattr("services.kit.paper.press._WRITERS", dict.fromkeys(Form, slow))
    press = Press(most_waiting=2)
    both = [asyncio.create_task(press.made(_paper("a"), form)) for form in Form]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        await press.made(_paper("a"), Form.PDF)
    assert refused.value.headers == {"Retry-After": "5"}
    go.set()
    assert await asyncio.gather(*both) == ["Päevakord".encode()] * 2
    assert await press.made(_paper("a"), Form.PDF)  # there is room again
    assert len(set(made)) == 1
    assert made[0].startswith("press")
    press.close()


async def test_a_writer_that_panics_fails_its_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicError(BaseException):
        """As foreign code raises it: no Exception, so that nobody catches it by accident."""

    def panic(_: Paper) -> bytes:
        raise PanicError

    press = Press()
    with monkeypatch.context() as patch:
        patch.setattr("services.kit.paper.press._WRITERS", dict.fromkeys(Form, panic))
        with pytest.raises(RuntimeError):
            await press.made(_paper("a"), Form.PDF)
    assert await press.made(_paper("a"), Form.PDF)
    press.close()


async def test_a_paper_has_an_end() -> None:
    press = Press()
    for blocks in ([Passage(None, "a" * 500_000)], [Passage(None, "a\n" * 20_000)]):
        with pytest.raises(PaperTooLong):
            await press.made(replace(_paper(), blocks=blocks), Form.PDF)
    press.close()


def test_naughty_strings_are_text_in_both_forms() -> None:
    if not CORPUS.exists():
        pytest.skip("515 naughty strings did not run: the corpora are not beside this clone")
    texts = [text for text in json.loads(CORPUS.read_text()) if line(text)]
    paper = replace(_paper(), blocks=[Heading(text) for text in texts])
    assert _said(docx(paper))[1:] == [line(text) for text in texts]
    told = _set(paper, "heading")
    assert told == [line(text) for text in texts]
    assert pdf(paper).startswith(b"%PDF-1.7")
