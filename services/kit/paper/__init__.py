"""Documents for people: a paper as blocks of words, and its two forms, PDF and DOCX."""

from services.kit.paper.answer import PaperAnswer
from services.kit.paper.blocks import Block, Entry, Heading, Note, Paper, Passage, Table
from services.kit.paper.press import Form, PaperTooLong, Press, form_of

__all__ = [
    "Block",
    "Entry",
    "Form",
    "Heading",
    "Note",
    "Paper",
    "PaperAnswer",
    "PaperTooLong",
    "Passage",
    "Press",
    "Table",
    "form_of",
]
