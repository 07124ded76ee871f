"""A paper as DOCX, which people edit: styles, language, page numbers; the same bytes for the same paper."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Pages
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

from services.kit.paper.blocks import Paper

_BORN: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - no clock in a paper; OOXML has it without a zone
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_WIDTH, _HEIGHT, _SIDE, _TOP = Cm(21), Cm(29.7), Cm(2.2), Cm(2.4)
_TAGS: Final = {"et": "et-EE", "ru": "ru-RU", "en": "en-GB"}


def docx(paper: Paper) -> bytes:
    """The bytes."""
    told = paper.told()
    pages = Document()
    _dress(pages, told)
    _frame(pages, told)
    pages.add_paragraph(told["title"], style="Title")
    for block in told["blocks"]:
        _add(pages, block)
    made = BytesIO()
    pages.save(made)
    return _timeless(made.getvalue())


def _dress(pages: Pages, told: Mapping[str, Any]) -> None:
    own = pages.core_properties
    own.title, own.language, own.author, own.comments = told["title"], told["language"], "", ""
    own.created = own.modified = _BORN
    own.last_modified_by, own.revision = "", 1
    normal = pages.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(10.5)
    for name in ("Title", "Heading 1", "Heading 2"):
        pages.styles[name].font.name = "Times New Roman"
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), _TAGS[told["language"]])
    normal.element.get_or_add_rPr().append(language)


def _frame(pages: Pages, told: Mapping[str, Any]) -> None:
    section = pages.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = _WIDTH, _HEIGHT
    section.left_margin = section.right_margin = _SIDE
    section.top_margin = section.bottom_margin = _TOP
    head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
    for paragraph in (head, foot):
        stops = paragraph.paragraph_format.tab_stops
        stops.add_tab_stop(Cm(21 - 2 * 2.2), WD_TAB_ALIGNMENT.RIGHT)
        paragraph.style = pages.styles["Normal"]
    head.add_run(told["mark"].upper()).bold = True
    head.add_run(f"\t{told['copy']}")
    foot.add_run(f"{told['title']}\t{told['page']} ")
    _number(foot, "PAGE")
    foot.add_run("/")
    _number(foot, "NUMPAGES")


def _number(paragraph: Paragraph, what: str) -> None:
    """A field that the reader's program counts."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), what)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001 - the library has no fields


def _add(pages: Pages, block: Mapping[str, Any]) -> None:
    match block["kind"]:
        case "heading":
            pages.add_heading(block["text"], level=block["level"])
        case "entry":
            entry = pages.add_paragraph()
            entry.add_run(f"{block['label']}: ").bold = True
            entry.add_run(block["text"])
        case "passage":
            if block["label"]:
                label = pages.add_paragraph()
                label.add_run(block["label"]).bold = True
                label.paragraph_format.keep_with_next = True
            for line in block["lines"]:
                pages.add_paragraph(line)
        case "note":
            pages.add_paragraph().add_run(block["text"]).italic = True
        case _:
            _add_table(pages, block["heads"], block["rows"])


def _add_table(pages: Pages, heads: list[str], rows: list[list[str]]) -> None:
    table = pages.add_table(rows=1 + len(rows), cols=len(heads), style="Table Grid")
    for place, row in zip(table.rows, [heads, *rows], strict=True):
        for cell, text in zip(place.cells, row, strict=True):
            cell.paragraphs[0].add_run(text).bold = row is heads
    repeats = OxmlElement("w:tblHeader")  # on every page, and a head to who listens
    table.rows[0]._tr.get_or_add_trPr().append(repeats)  # noqa: SLF001 - the library has no word for it
    pages.add_paragraph()


def _timeless(made: bytes) -> bytes:
    """The same archive, its members without a time."""
    again = BytesIO()
    with ZipFile(BytesIO(made)) as old, ZipFile(again, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(ZipInfo(name, _ZIP_TIME), old.read(name), ZIP_DEFLATED)
    return again.getvalue()
