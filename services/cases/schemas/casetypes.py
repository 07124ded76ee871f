"""Types of cases in public words."""

from typing import Self

from pydantic import Field

from services.cases.model.casetypes import CaseType, CaseTypes
from services.cases.model.codes import Role
from services.cases.schemas.duties import LabelView
from services.cases.schemas.views import View


class RoleRuleView(View):
    """Who has a role in cases of a type."""

    code: Role
    label: LabelView
    least: int
    most: int
    under: int | None = Field(description="Years of age on the day of referral; null: any.")


class CaseTypeView(View):
    """A published type of cases."""

    code: str = Field(examples=["marac"])
    label: LabelView
    source: str
    instruments: list[str] = Field(description="Risk instruments whose results it rests on.")
    due: list[str] = Field(description="Clocks that begin with the case.")
    without: list[str] = Field(description="Operations that are refused in its cases.")
    roles: list[RoleRuleView]

    @classmethod
    def of(cls, kind: CaseType) -> Self:
        """The same in public words."""
        return cls(
            code=kind.code,
            label=LabelView.model_validate(kind.label),
            source=kind.source,
            instruments=sorted(kind.instruments),
            due=list(kind.due),
            without=sorted(kind.without),
            roles=[
                RoleRuleView(
                    code=each.role,
                    label=LabelView.model_validate(each.label),
                    least=each.least,
                    most=each.most,
                    under=each.under,
                )
                for each in kind.roles.values()
            ],
        )


class CaseTypesView(View):
    """All of them, and which one a case has of which nothing is said."""

    default: str
    items: list[CaseTypeView]

    @classmethod
    def of(cls, types: CaseTypes) -> Self:
        """The same in public words."""
        return cls(default=types.default, items=[CaseTypeView.of(one) for one in types.by_code.values()])
