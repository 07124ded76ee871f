"""A document of a meeting: the JSON answer that its reader would get, in words, and nothing beside it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.cases.model.papers import Kind, PaperRules, Reader, Section
from services.kit.calendar import parse_date
from services.kit.paper.blocks import Block, Entry, Heading, Note, Paper, Passage, Table

Told = Mapping[str, Any]
"""A JSON object; what its reader may not see is absent."""


_RANKS: Final = {"coordinator": 0, "chair": 1, "agency-member": 2}


@dataclass(frozen=True, slots=True)
class Words:
    """The published words, in one language."""

    rules: PaperRules
    language: str

    def word(self, code: str) -> str:
        """What stands before something."""
        return self.rules.words[code][self.language]

    def name(self, what: str, code: str | None) -> str:
        """The name of a code; the code itself where it has none any more, a dash where there is none."""
        if code is None:
            return "–"
        label = self.rules.lists[what].get(code)
        return code if label is None else label[self.language]


def paper(kind: Kind, told: Told, reader: Reader, words: Words) -> Paper:
    """The document."""
    rule, language = words.rules.kinds[kind], words.language
    meeting = told["meeting"]
    title = f"{rule.title[language]}, {day(meeting['meetsOn'])}"
    blocks: list[Block] = [Note(rule.notice[language]), *_meeting(meeting, words)]
    if "attendance" in told:
        blocks += _attendance(told["attendance"], words)
    if not told["items"]:
        blocks.append(Note(rule.none[language]))
    for number, item in enumerate(told["items"], 1):
        blocks += _case(number, item, words)
        for section in rule.sections:
            blocks += _SECTIONS[section](item, words)
    mark, page = words.rules.mark[language], words.rules.page[language]
    return Paper(language, title, mark, _copy(reader, words), page, blocks)


def reader(held: Iterable[tuple[str, Mapping[str, str]]], region: str, copy: str) -> Reader:
    """Whose copy it is: of what somebody holds in the region, the office that sees most."""
    offices = [(role, told.get("agency")) for role, told in held if told.get("region") == region]
    offices.sort(key=lambda office: (_RANKS.get(office[0], len(_RANKS)), office[0], office[1] or ""))
    role, agency = offices[0] if offices else (None, None)
    return Reader(role, agency, region, copy)


def day(told: str | None) -> str:
    """A day as people write it in Estonia; a dash for none."""
    return "–" if told is None else f"{parse_date(told):%d.%m.%Y}"


def _copy(reader: Reader, words: Words) -> str:
    who = [
        words.name(what, code)
        for what, code in (("office", reader.role), ("agency", reader.agency), ("region", reader.region))
        if code is not None
    ]
    return f"{words.word('copy')}: {', '.join((*who, reader.copy))}"


def _meeting(told: Told, words: Words) -> Iterator[Block]:
    yield Entry(words.word("network"), words.name("region", told["region"]))
    yield Entry(words.word("meeting"), words.name("meeting", told["kind"]))
    yield Entry(words.word("when"), f"{day(told['meetsOn'])} {told['startsAt']}")
    yield Entry(words.word("where"), told["place"])


def _attendance(told: Sequence[Told], words: Words) -> Iterator[Block]:
    yield Heading(words.word("attendance"))
    if not told:
        yield Note(words.word("nobody-invited"))
        return
    rows = []
    for each in told:
        unit = "" if each["unit"] is None else f", {each['unit']}"
        presence = each["presence"]
        was = words.word("unrecorded") if presence is None else words.name("presence", presence)
        number = "–" if each["people"] is None else str(each["people"])
        agency = f"{words.name('agency', each['agency'])}{unit}"
        rows.append([agency, words.name("seat", each["seat"]), was, number])
    yield _table(words, ("agency", "seat", "presence", "number"), rows)


def _case(number: int, item: Told, words: Words) -> Iterator[Block]:
    yield Heading(f"{words.word('case')} {number}")
    yield Entry(words.word("case-id"), item["caseId"])
    yield Entry(words.word("why"), words.name("why", item["why"]))
    yield Entry(words.word("minutes"), str(item["minutes"]))
    if "record" in item and item["record"] is None:
        yield Note(words.word("not-discussed"))
    elif "record" in item and item["record"]["state"] == "draft":
        yield Note(words.word("draft"))


def _people(item: Told, words: Words) -> Iterator[Block]:
    if not item["people"]:
        return
    yield Heading(words.word("people"), 2)
    named = "givenName" in item["people"][0]
    heads = ("name", "born", "role", "relation") if named else ("role", "relation")
    rows = []
    for each in item["people"]:
        stands = [words.name("role", each["role"]), words.name("relation", each["relationToVictim"])]
        name = [f"{each['givenName']} {each['familyName']}", day(each["birthDate"])] if named else []
        rows.append([*name, *stands])
    yield _table(words, heads, rows)


def _returns(item: Told, words: Words) -> Iterator[Block]:
    yield Heading(words.word("returns"), 2)
    if not item["returns"]:
        yield Note(words.word("no-returns"))
    for each in item["returns"]:
        agency, state = words.name("agency", each["agency"]), words.name("research", each["state"])
        if each.get("text") is None:
            yield Entry(agency, state)
        else:
            yield Passage(f"{agency}: {state}", each["text"])


def _conflicts(item: Told, words: Words) -> Iterator[Block]:
    yield Heading(words.word("conflicts"), 2)
    if not item["conflicts"]:
        yield Note(words.word("no-conflicts"))
    for each in item["conflicts"]:
        agency = each["agency"]
        who = words.word("member") if agency is None else words.name("agency", agency)
        yield Entry(words.word("conflict"), who)


def _wishes(item: Told, words: Words) -> Iterator[Block]:
    yield from _said(item, "wishes", words)


def _said(item: Told, what: str, words: Words) -> Iterator[Block]:
    """What was written under a word; nothing where nothing is recorded, or the reader may not see it."""
    record = item["record"] or {}
    if what not in record:
        return
    yield Heading(words.word(what), 2)
    yield Note(words.word("not-said")) if record[what] is None else Passage(None, record[what])


def _facts(item: Told, words: Words) -> Iterator[Block]:
    facts = (item["record"] or {}).get("facts")
    if not facts:
        return
    yield Heading(words.word("facts"), 2)
    for each in facts:
        yield Passage(words.name("agency", each["agency"]), each["text"])


def _risks(item: Told, words: Words) -> Iterator[Block]:
    risks = (item["record"] or {}).get("risks")
    if risks is None:
        return
    yield Heading(words.word("risks"), 2)
    for whom in ("victim", "children", "staff", "others"):
        if risks[whom] is None:
            yield Entry(words.word(f"risk-{whom}"), words.word("not-said"))
        else:
            yield Passage(words.word(f"risk-{whom}"), risks[whom])


def _decisions(item: Told, words: Words) -> Iterator[Block]:
    yield from _said(item, "decisions", words)


def _actions(item: Told, words: Words) -> Iterator[Block]:
    yield Heading(words.word("actions"), 2)
    if not item["actions"]:
        yield Note(words.word("no-actions"))
        return
    told = "what" in item["actions"][0]
    heads = ("what", "wanted", "owner", "due", "state") if told else ("owner", "due", "state")
    rows = []
    for each in item["actions"]:
        agency = each["agency"]
        owner = words.word("nobody-yet") if agency is None else words.name("agency", agency)
        stands = [owner, day(each["dueOn"]), words.name("action", each["state"])]
        rows.append([each["what"], each["outcomeWanted"], *stands] if told else stands)
    yield _table(words, heads, rows, (3, 3, 2, 2, 2) if told else ())


def _outcome(item: Told, words: Words) -> Iterator[Block]:
    if item["outcome"] is None:
        return
    yield Entry(words.word("outcome"), words.name("outcome", item["outcome"]))
    if item["reviewOn"] is not None:
        yield Entry(words.word("review-on"), day(item["reviewOn"]))


def _table(
    words: Words, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int] = ()
) -> Table:
    return Table([words.word(each) for each in heads], rows, widths)


_SECTIONS: Final[Mapping[Section, Callable[[Told, Words], Iterator[Block]]]] = {
    Section.PEOPLE: _people,
    Section.RETURNS: _returns,
    Section.CONFLICTS: _conflicts,
    Section.WISHES: _wishes,
    Section.FACTS: _facts,
    Section.RISKS: _risks,
    Section.DECISIONS: _decisions,
    Section.ACTIONS: _actions,
    Section.OUTCOME: _outcome,
}
