"""What agencies have told for a meeting, opened case by case."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.cases.model.packs import Return
from services.cases.model.research import ResearchState
from services.cases.store import contents
from services.cases.store.research import text_place
from services.kit.db import Work
from services.kit.sealed import DataKey, KeyRing

_RETURNS = """
    select q.id, q.agenda_item_id, q.agency, q.state, q.version, a.text_sealed, c.key_id, k.wrapped
    from research_request q join marac_case c on c.id = q.case_id
    join data_key k on k.id = c.key_id and k.wrapped is not null
    left join research_answer a on a.request_id = q.id and a.version = q.version
    where q.meeting_id = $1 order by q.agency
"""


async def returns(work: Work, ring: KeyRing, meeting_id: UUID) -> Mapping[UUID, Sequence[Return]]:
    """By item of the agenda; an agency has its own, who leads the network has all."""
    found: dict[UUID, list[Return]] = {}
    keys: dict[UUID, DataKey] = {}
    for row in await work.fetch(_RETURNS, meeting_id):
        text = None
        if row["text_sealed"] is not None:
            if row["key_id"] not in keys:
                keys[row["key_id"]] = ring.unwrap(row["key_id"], row["wrapped"])
            place = text_place(row["id"], row["version"])
            text = contents.opened(keys[row["key_id"]], row["text_sealed"], place)["text"]
        told = Return(row["agency"], ResearchState(row["state"]), text)
        found.setdefault(row["agenda_item_id"], []).append(told)
    return found
