"""Who came to a case, for its owner to read."""

from typing import Self
from uuid import UUID

from pydantic import Field

from services.cases.model.accesses import Access, ThingKind
from services.cases.schemas.referral import View
from services.kit.fields import Instant
from services.kit.paging import Page


class AboutView(View):
    """A thing of the case that the access was about."""

    kind: ThingKind
    id: UUID


class AccessView(View):
    """Somebody saw or changed something of the case; a row of the audit log."""

    id: UUID = Field(description="Of the row of the audit log.")
    at: Instant
    by: str = Field(description="What tokens call who did it: a member, an X-Road client, or our own worker.")
    kind: str = Field(examples=["member"])
    service: str | None = Field(description="The service that spoke for them.")
    roles: list[str] = Field(examples=[["agency-member"]])
    offices: list[str] = Field(description="Where the roles are held.", examples=[["agency=police"]])
    purpose: str = Field(examples=["case-work"])
    basis: str | None
    operation: str = Field(examples=["get_case"])
    action: str = Field(examples=["read"])
    fields: list[str] = Field(description="Classes of what was seen.", examples=[["basic", "contact"]])
    rules: list[str] = Field(description="The rows of the table that allowed it.")
    client: str | None = Field(description="The receiver outside the house.")
    request_id: str
    about: list[AboutView] = Field(description="Of the things of this case; what else was seen is not told.")


class AccessPage(View):
    """Accesses, the newest first."""

    items: list[AccessView]
    next: str | None

    @classmethod
    def of(cls, page: Page[Access]) -> Self:
        """The same in public words."""
        return cls(items=[_view(one) for one in page.items], next=page.next)


def _view(access: Access) -> AccessView:
    return AccessView(
        id=access.id,
        at=access.at,
        by=access.by,
        kind=access.kind,
        service=access.service,
        roles=list(access.roles),
        offices=list(access.attributes),
        purpose=access.purpose,
        basis=access.basis,
        operation=access.operation,
        action=access.action,
        fields=list(access.fields),
        rules=list(access.rules),
        client=access.client,
        request_id=access.request_id,
        about=[AboutView(kind=thing.kind, id=thing.id) for thing in access.about],
    )
