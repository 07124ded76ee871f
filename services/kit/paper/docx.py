"""A paper as DOCX, which people edit: styles, language, page numbers; the same bytes for the same paper."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Pages
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.table import CT_Tbl
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Length, Pt, RGBColor
from docx.text.paragraph import Paragraph

from services.kit.paper.blocks import Paper

if TYPE_CHECKING:
    from docx.oxml.text.paragraph import CT_P

_BORN: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - no clock in a paper; OOXML has it without a zone
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_WIDTH, _HEIGHT, _SIDE, _TOP = Cm(21), Cm(29.7), Cm(2.2), Cm(2.4)
_TEXT: Final = Length(_WIDTH - 2 * _SIDE)
_STYLES: Final = ("Title", "Heading 1", "Heading 2", "Table Grid")
_FONT: Final = "Times New Roman"
_SIZES: Final = (("Normal", 10.5, 0), ("Title", 18, 0), ("Heading 1", 13.5, 14), ("Heading 2", 11, 8))
_TAGS: Final = {"et": "et-EE", "ru": "ru-RU", "en": "en-GB"}


def docx(paper: Paper) -> bytes:
    """The bytes."""
    told = paper.told()
    pages = Document()
    _dress(pages, told)
    _frame(pages, told)
    body = _Body(pages)
    body.paragraph("Title").add_run(told["title"])
    for block in told["blocks"]:
        _add(body, block)
    body.end()
    made = BytesIO()
    pages.save(made)
    return _timeless(made.getvalue())


class _Body:
    """The end of the document, to which things are added.

    The library looks for it through all that is there, each time; a thousand paragraphs then take a minute.
    """

    def __init__(self, pages: Pages) -> None:
        self.parent, self._element = pages._body, pages.element.body  # noqa: SLF001 - to append at once
        self._ids = {name: pages.styles[name].style_id for name in _STYLES}
        self._last = self._element.sectPr
        self._element.remove(self._last)

    def paragraph(self, style: str | None = None) -> Paragraph:
        """An empty one."""
        element = cast("CT_P", OxmlElement("w:p"))
        self._element.append(element)
        if style is not None:
            element.style = self._ids[style]
        return Paragraph(element, self.parent)

    def table(self, rows: int, widths: list[int]) -> CT_Tbl:
        """An empty one."""
        table = CT_Tbl.new_tbl(rows, len(widths), _TEXT)
        for column, width in zip(table.tblGrid.gridCol_lst, widths, strict=True):
            column.w = Length(_TEXT * width // sum(widths))
        table.tblStyle_val = self._ids["Table Grid"]
        self._element.append(table)
        return table

    def end(self) -> None:
        """Nothing comes after it."""
        self._element.append(self._last)


def _dress(pages: Pages, told: Mapping[str, Any]) -> None:
    own = pages.core_properties
    own.title, own.language, own.author, own.comments = told["title"], told["language"], "", ""
    own.created = own.modified = _BORN
    own.last_modified_by, own.revision = "", 1
    normal = pages.styles["Normal"]
    for name, size, before in _SIZES:
        style = pages.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = _FONT, Pt(size), RGBColor(0, 0, 0)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(4)
        _plain(style.element)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), _TAGS[told["language"]])
    normal.element.get_or_add_rPr().append(language)


def _plain(style: BaseOxmlElement) -> None:
    """Without the template's own fonts, which go before the named one, and without its line."""
    for fonts in style.iter(qn("w:rFonts")):
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), "")
        fonts.set(qn("w:cs"), _FONT)
    for dress in style.findall(qn("w:pPr")):
        for border in dress.findall(qn("w:pBdr")):
            dress.remove(border)


def _frame(pages: Pages, told: Mapping[str, Any]) -> None:
    section = pages.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = _WIDTH, _HEIGHT
    section.left_margin = section.right_margin = _SIDE
    section.top_margin = section.bottom_margin = _TOP
    head, foot = section.header.paragraphs[0], section.footer.paragraphs[0]
    for paragraph in (head, foot):
        stops = paragraph.paragraph_format.tab_stops
        stops.add_tab_stop(_TEXT, WD_TAB_ALIGNMENT.RIGHT)
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


def _add(body: _Body, block: Mapping[str, Any]) -> None:
    match block["kind"]:
        case "heading":
            body.paragraph(f"Heading {block['level']}").add_run(block["text"])
        case "entry":
            entry = body.paragraph()
            entry.add_run(f"{block['label']}: ").bold = True
            entry.add_run(block["text"])
        case "passage":
            if block["label"]:
                label = body.paragraph()
                label.add_run(block["label"]).bold = True
                label.paragraph_format.keep_with_next = True
            for line in block["lines"]:
                body.paragraph().add_run(line)
        case "note":
            body.paragraph().add_run(block["text"]).italic = True
        case _:
            _add_table(body, block["heads"], block["rows"], block["widths"])


def _add_table(body: _Body, heads: list[str], rows: list[list[str]], widths: list[int]) -> None:
    table = body.table(1 + len(rows), widths)
    columns = [column.w for column in table.tblGrid.gridCol_lst]
    for place, row in zip(table.tr_lst, [heads, *rows], strict=True):
        for cell, text, width in zip(place.tc_lst, row, columns, strict=True):
            if width is not None:
                cell.width = width
            run = Paragraph(cell.p_lst[0], body.parent).add_run(text)
            if row is heads:
                run.bold = True
    repeats = OxmlElement("w:tblHeader")  # on every page, and a head to who listens
    table.tr_lst[0].get_or_add_trPr().append(repeats)
    body.paragraph()


def _timeless(made: bytes) -> bytes:
    """The same archive, its members without a time."""
    again = BytesIO()
    with ZipFile(BytesIO(made)) as old, ZipFile(again, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(ZipInfo(name, _ZIP_TIME), old.read(name), ZIP_DEFLATED)
    return again.getvalue()
