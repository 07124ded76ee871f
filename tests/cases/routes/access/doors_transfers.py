"""Doors of transfers between networks."""

from collections.abc import Iterator

from tests.cases.routes.access.doors_networks import nothing, word_of
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.knock import (
    NOTHING,
    Door,
    Knock,
    Purpose,
    empty_list,
    on_each_case,
    refused,
)
from tests.cases.routes.access.oracle import Asker

_ONE = f"/transfers/{NOTHING}"
#: Whoever may propose hears that there is no such network; so nothing changes.
_NOWHERE = {"to": "atlantis", "kind": "permanent", "reason": "moved", "note": "x"}


def _list(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """Nothing in the house was ever proposed to another network."""
    yield Knock("/transfers", Wanted(word_of(asker, "list_transfers", purpose), {"items": [], "next": None}))


TRANSFERS: dict[str, Door] = {
    "propose_transfer": on_each_case(
        "propose_transfer",
        lambda kept: f"/cases/{kept.case}/transfers",
        refused(422, "malformed"),
        method="POST",
        json=_NOWHERE,
        headers={"If-Match": '"1"'},
    ),
    "list_case_transfers": on_each_case(
        "list_case_transfers", lambda kept: f"/cases/{kept.case}/transfers", empty_list
    ),
    "list_transfers": _list,
    "get_transfer": nothing("get_transfer", _ONE),
    "get_transfer_package": nothing("get_transfer_package", f"{_ONE}/package"),
    "accept_transfer": nothing("accept_transfer", f"{_ONE}/accept", "POST", {"agencies": []}),
    "refuse_transfer": nothing("refuse_transfer", f"{_ONE}/refuse", "POST", {"reason": "other"}),
    "withdraw_transfer": nothing("withdraw_transfer", f"{_ONE}/withdraw", "POST", {"reason": "stays"}),
}
