"""Whom a case is closed or opened to, of those who ask: exclusions, seals, broken glass, assignments."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    String,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    not_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import array

from services.cases.model.dossiers import Bars
from services.kit.driver import Row

_ASKER: Final = "array[fact('actor')]"
#: For statements as text; ``{case}`` is the column of the case's id.
COLUMNS: Final = f"""
    case when {{case}} in (select excluded_from({_ASKER})) then {_ASKER} else '{{{{}}}}' end as excluded,
    case when exists (select from stream z where z.id = {{case}} and z.sealed)
        and {{case}} not in (select named_in({_ASKER})) then {_ASKER} else '{{{{}}}}' end as sealed_to,
    case when {{case}} in (select opened_to({_ASKER})) then {_ASKER} else '{{{{}}}}' end as opened_to,
    case when {{case}} in (select assigned_to({_ASKER})) then {_ASKER} else '{{{{}}}}' end as assigned_to
"""  # noqa: S608 - constants
_Z = table("stream", column("id"), column("sealed"))


def of(row: Row) -> Bars:
    """The bars from the columns of a row."""
    return Bars(*(frozenset(row[name]) for name in ("excluded", "sealed_to", "opened_to", "assigned_to")))


def excluded(of_case: ColumnElement[Any], subjects: Sequence[str]) -> ColumnElement[bool]:
    """True where one of the subjects is excluded from the case."""
    return of_case.in_(select(func.excluded_from(_texts(subjects))))


def sealed_to(of_case: ColumnElement[Any], subjects: Sequence[str]) -> ColumnElement[bool]:
    """True where the case is sealed and names none of the subjects."""
    sealed = exists(select(1).select_from(_Z).where(_Z.c.id == of_case, _Z.c.sealed))
    return and_(sealed, not_(of_case.in_(select(func.named_in(_texts(subjects))))))


def opened_to(of_case: ColumnElement[Any], subjects: Sequence[str]) -> ColumnElement[bool]:
    """True where one of the subjects has broken the glass of the case, while it lasts."""
    return of_case.in_(select(func.opened_to(_texts(subjects))))


def assigned_to(of_case: ColumnElement[Any], subjects: Sequence[str]) -> ColumnElement[bool]:
    """True where one of the subjects stands by the victim of the case now."""
    return of_case.in_(select(func.assigned_to(_texts(subjects))))


def columns(of_case: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
    """The same as :data:`COLUMNS` for statements of SQLAlchemy."""
    asker: ColumnElement[Any] = array([func.fact("actor")])
    nobody: ColumnElement[Any] = cast("{}", ARRAY(String))
    sealed = exists(select(1).select_from(_Z).where(_Z.c.id == of_case, _Z.c.sealed))
    unnamed = and_(sealed, not_(of_case.in_(select(func.named_in(asker)))))
    barred = of_case.in_(select(func.excluded_from(asker)))
    return (
        case((barred, asker), else_=nobody).label("excluded"),
        case((unnamed, asker), else_=nobody).label("sealed_to"),
        case((of_case.in_(select(func.opened_to(asker))), asker), else_=nobody).label("opened_to"),
        case((of_case.in_(select(func.assigned_to(asker))), asker), else_=nobody).label("assigned_to"),
    )


def _texts(subjects: Sequence[str]) -> ColumnElement[Any]:
    return cast(list(subjects), ARRAY(String))
