"""Protected values are found in every writing that the rules reach, and nothing else is taken for one."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.catalog.files import PACKAGE
from services.cases.catalog.protection import protection
from services.cases.model.protection import MARK, Secret, Trust
from services.cases.rules import protection as rules
from services.cases.rules.phrases import Words
from services.cases.rules.protection import Finder, is_all, without
from services.cases.rules.spelling import Speller
from services.kit.policy import Policy
from services.kit.policy.table import Rule

PUBLISHED = protection()
SPELLER = Speller(PUBLISHED.spelling)
WORDS = Words.of(PUBLISHED, SPELLER)
SECRETS = [
    ("address", "Kase tn 5-3, Põlva linn, Põlva maakond, 63308"),
    ("address", "Männiku talu, Orava küla, Võru vald"),
    ("address", "ул. Берёзовая, 12, Нарва"),
    ("phone", "+372 5551 2345"),
    ("phone", "799 1234"),
    ("email", "mari.maasikas@example.ee"),
    ("institution", "Põlva Lepatriinu lasteaed"),
    ("institution", "Põlva Kool"),
    ("safeContact", "õe kaudu, helistada 5333 4444"),
]
FINDER = Finder.of([Secret(PUBLISHED.fields[name], value, True) for name, value in SECRETS], SPELLER, WORDS)
WRITINGS = {
    "address": [
        "Kase 5", "Kase tn. 5 krt 3", "kase tänaval majas 5", "KASE TÄNAV", "Kasel nr 5", "Kase 5a-3",
        "Kase tn5",
        "Касе 5, кв 3", "5 Kase street", "63308", "Männiku talus", "Orava külast", "Берёзовой улице",
        "ул. Берёзовой, 12", "улица Березовая д. 12", "Kase tänavale majja 5", "Kase tn 05", "Kase 5/3",
    ],
    "phone": [
        "55512345", "5551 2345", "5551-2345", "00372 5551 2345", "+372(555)12345", "37255512345",
        "+372.5551.2345",
        "7991234", "+372 799 1234", "５５５１ ２３４５",
    ],
    "email": ["mari.maasikas@example.ee", "MARI.MAASIKAS@EXAMPLE.EE", "mari.maasikas (at) example (dot) ee"],
    "institution": [
        "Lepatriinu lasteaias", "lasteaed Lepatriinu", "Lepatriinus", "Põlva koolist", "PÕLVA KOOL",
        "Polva Koolis",
    ],
    "words": ["õe kaudu, helistada 5333 4444", "53334444"],
}  # fmt: skip
INNOCENT = [
    "Kase 50", "Kasepuu all", "lapsi on 5", "Põlvas elab ka vend", "Tartu mnt 5", "Tel 5551 2346",
    "12.05.2017",
    "kool on läbi", "Orava on väike loom", "Võru vald", "perearst nr 5", "TV-7K3M-9Q2X-4D8R-W6HF-5",
    "õde", "",
    "...", "\N{THUMBS UP SIGN}",
]  # fmt: skip
CASES = [(kind, text) for kind, texts in WRITINGS.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), CASES, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(CASES)])
def test_every_writing_is_found_and_the_words_around_it_stay(kind: str, text: str) -> None:
    around = f"Ema räägib: {text} — ja laps vaikib."
    hits = FINDER.find(around)
    assert {hit.kind.code for hit in hits} == {kind}
    cut = without(around, hits)
    assert MARK.search(cut)
    assert cut.startswith("Ema räägib: ")
    assert cut.endswith(" — ja laps vaikib.")
    assert not any(sign.isdigit() for sign in cut)
    assert is_all(f"({text})", FINDER.find(f"({text})"))


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_value_stays(text: str) -> None:
    assert FINDER.find(text) == []
    assert without(text, []) == text


UNSEEN = ["\u00ad", "\u200b", "\u2060", "\ufeff"]


@given(st.sampled_from(CASES), st.sampled_from(["NFC", "NFD", "NFKC"]), st.data())
def test_signs_that_are_not_seen_and_other_forms_of_letters_hide_nothing(
    case: tuple[str, str], form: str, data: st.DataObject
) -> None:
    text = unicodedata.normalize(form, case[1])  # type: ignore[arg-type] # one of the three
    place = data.draw(st.integers(0, len(text)))
    hidden = f"x. {text[:place]}{data.draw(st.sampled_from(UNSEEN))}{text[place:]} .y"
    hits = FINDER.find(hidden)
    assert hits
    assert without(hidden, hits).startswith("x. ")
    assert without(hidden, hits).endswith(" .y")


@given(st.text(max_size=200))
def test_any_text_is_looked_through(text: str) -> None:
    hits = FINDER.find(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    assert all(one.end <= two.start for one, two in pairwise(hits))


def test_a_value_that_says_too_little_is_not_looked_for() -> None:
    """The name of a town gives nobody away, and would cut every text."""
    few = [
        ("address", "Põlva"),
        ("address", "Põlva linn"),
        ("phone", "112"),
        ("email", "x"),
        ("institution", "kool"),
    ]
    finder = Finder.of([Secret(PUBLISHED.fields[name], value, True) for name, value in few], SPELLER, WORDS)
    assert finder.find("Ta elab Põlva linnas, kutsus 112, kool on lähedal, x on teadmata.") == []
    assert [hit.kind.code for hit in finder.find("Põlva linn")] == ["address"]  # a field that is the value
    assert finder.find("polva") == []  # the code of its region


@pytest.mark.parametrize(
    ("roles", "relation", "operations", "agency", "word"),
    [
        (["coordinator"], "same-region", ["get_case"], None, Trust.ALL),
        (["coordinator", "chair"], "same-region", ["get_case"], None, None),
        (["chair"], "same-region", ["get_case"], None, None),
        (["agency-member"], "own-agency", ["get_case"], "police", Trust.ALL),
        (["agency-member"], "own-agency", ["get_case"], "probation", Trust.UNMARKED),
        (["agency-member"], "own-agency", ["get_case"], None, Trust.UNMARKED),
        (["chair"], "broken-glass", ["get_case"], None, Trust.ALL),
        (["support-person"], "assigned", ["get_case"], None, Trust.ALL),
        (["service:exchange"], "anywhere", ["get_child_notice"], None, Trust.ALL),
        (["service:exchange"], "anywhere", ["get_child_notice", "get_notice"], None, None),
        (["programme-officer"], "anywhere", ["get_case"], None, None),
    ],
)
def test_who_may_be_told(
    roles: list[str], relation: str, operations: list[str], agency: str | None, word: Trust | None
) -> None:
    found = rules.recipient_of(PUBLISHED, roles, relation, operations)
    assert (None if found is None else rules.trust(found, agency)) == word


def test_no_row_about_a_case_lets_in_both_who_may_be_told_and_who_may_not() -> None:
    """The guard knows a receiver by the row: the coordinator would be told as little as the chair."""
    table = Policy.load(PACKAGE).rules
    of_cases = next(set(rule.operations) for rule in table if rule.id == "case-excluded")
    mixed = [
        rule.id
        for rule in table
        if rule.effect == "allow" and set(rule.fields or ()) - {"basic"} and of_cases & set(rule.operations)
        if len({_recipient(rule, role) for role in rule.roles or ()}) > 1
    ]
    assert mixed == []


def _recipient(rule: Rule, role: str) -> str | None:
    found = rules.recipient_of(PUBLISHED, [role], rule.relation, rule.operations)
    return None if found is None else found.id
