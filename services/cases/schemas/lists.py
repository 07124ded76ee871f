"""Published lists and machines of states, as front ends read them."""

from typing import Self

from pydantic import Field

from services.cases.model.lifecycle import Lifecycle
from services.cases.model.lists import CodeEntry, CodeList, Fact
from services.cases.model.published import Label
from services.cases.schemas.referral import View

_ENTRY = {
    "code": "cancelled-case",
    "text": "Case withdrawn",
    "label": {"et": "Juhtum võeti tagasi", "ru": "Дело отозвано", "en": "Case withdrawn"},
    "facts": {},
}
_TEXT = "In the language of Accept-Language."


class NameView(View):
    """A name in the three languages."""

    et: str = Field(examples=["Avatud"])
    ru: str = Field(examples=["Открыто"])
    en: str = Field(examples=["Open"])

    @classmethod
    def of(cls, label: Label) -> Self:
        """The same in public words."""
        return cls(et=label["et"], ru=label["ru"], en=label["en"])


class CodeEntryView(View):
    """A code with its name."""

    code: str = Field(examples=["open"])
    text: str = Field(description=_TEXT, examples=["Open"])
    label: NameView
    facts: dict[str, Fact] = Field(
        description="What else is published about the code in single words: to which decision a reason "
        "belongs, how many days a clock has.",
        examples=[{"decision": "decline"}],
    )

    @classmethod
    def of(cls, entry: CodeEntry, language: str) -> Self:
        """The same in public words."""
        return cls(
            code=entry.code,
            text=entry.label[language],
            label=NameView.of(entry.label),
            facts=dict(entry.facts),
        )


class CodeListView(View):
    """A list of codes, in the order in which a person reads them."""

    name: str = Field(description="Where it is published: file and place.", examples=["reasons"])
    version: str = Field(description="Of the file.", examples=["2026-11"])
    source: str
    entries: list[CodeEntryView]

    @classmethod
    def of(cls, one: CodeList, language: str) -> Self:
        """The same in public words."""
        entries = [CodeEntryView.of(entry, language) for entry in one.entries]
        return cls(name=one.name, version=one.version, source=one.source, entries=entries)


class CodeListsView(View):
    """Every list; they are bounded, so that there are no pages."""

    items: list[CodeListView]


class StateView(View):
    """A state, and what can be done in it."""

    code: str = Field(examples=["open"])
    text: str = Field(description=_TEXT, examples=["Open"])
    label: NameView
    ends: bool = Field(description="No action leaves it.")


class TransitionView(View):
    """What an action makes of a state."""

    action: str = Field(examples=["close"])
    text: str = Field(description=_TEXT, examples=["Intervention ended"])
    label: NameView
    from_state: str = Field(examples=["open"])
    to_state: str = Field(examples=["monitoring"])


class LifecycleView(View):
    """A machine of states. What is not among its transitions is refused (`transition-refused`)."""

    machine: str = Field(examples=["case"])
    start: str = Field(examples=["open"])
    states: list[StateView]
    transitions: list[TransitionView]

    @classmethod
    def of(cls, one: Lifecycle, language: str) -> Self:
        """The same in public words."""
        left = {state for state, _ in one.targets}
        states = [
            StateView(code=code, text=label[language], label=NameView.of(label), ends=code not in left)
            for code, label in one.states.items()
        ]
        steps = [
            TransitionView(
                action=action,
                text=one.actions[action][language],
                label=NameView.of(one.actions[action]),
                from_state=source,
                to_state=target,
            )
            for (source, action), target in one.targets.items()
        ]
        return cls(machine=one.machine, start=one.start, states=states, transitions=steps)


class LifecyclesView(View):
    """Every machine; they are bounded, so that there are no pages."""

    items: list[LifecycleView]
