"""Every way to knock at an operation of people in the house, with what the table says to it."""

import asyncio

from tests.cases.routes.access.doors_assessments import ASSESSMENTS
from tests.cases.routes.access.doors_casework import CASEWORK
from tests.cases.routes.access.doors_closing import CLOSING
from tests.cases.routes.access.doors_consent import CONSENT
from tests.cases.routes.access.doors_contacts import CONTACTS
from tests.cases.routes.access.doors_duties import DUTIES
from tests.cases.routes.access.doors_lists import LISTS
from tests.cases.routes.access.doors_meetings import MEETINGS
from tests.cases.routes.access.doors_networks import NETWORKS
from tests.cases.routes.access.doors_offers import OFFERS
from tests.cases.routes.access.doors_offices import OFFICES
from tests.cases.routes.access.doors_people import PEOPLE
from tests.cases.routes.access.doors_plan import PLAN
from tests.cases.routes.access.doors_quality import QUALITY
from tests.cases.routes.access.doors_referrals import REFERRALS
from tests.cases.routes.access.doors_removals import REMOVALS
from tests.cases.routes.access.doors_retention import RETENTION
from tests.cases.routes.access.doors_safety import SAFETY
from tests.cases.routes.access.doors_searches import SEARCHES
from tests.cases.routes.access.doors_sessions import SESSIONS
from tests.cases.routes.access.doors_starts import STARTS
from tests.cases.routes.access.doors_support import SUPPORT
from tests.cases.routes.access.doors_transfers import TRANSFERS
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import Answer, House
from tests.cases.routes.access.knock import Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, at_the_door

DOORS: dict[str, Door] = {
    **REFERRALS,
    **CASEWORK,
    **CLOSING,
    **CONSENT,
    **DUTIES,
    **PLAN,
    **SAFETY,
    **NETWORKS,
    **LISTS,
    **MEETINGS,
    **OFFICES,
    **PEOPLE,
    **SEARCHES,
    **RETENTION,
    **SESSIONS,
    **SUPPORT,
    **CONTACTS,
    **OFFERS,
    **REMOVALS,
    **STARTS,
    **TRANSFERS,
    **ASSESSMENTS,
    **QUALITY,
}


def knocks(full: Full, operation: str, asker: Asker, purpose: Purpose) -> list[Knock]:
    """All of them; the first alone where the answer does not depend on what is asked for."""
    every = list(DOORS[operation](full, asker, purpose))
    return every if at_the_door(asker, operation, purpose) is None else every[:1]


async def heard(
    house: House, asker: Asker, purpose: Purpose, asked: list[Knock]
) -> list[tuple[Answer, Wanted]]:
    """What comes back, several at a time, but fewer than the database has connections."""
    gate = asyncio.Semaphore(4)

    async def one(knock: Knock) -> tuple[Answer, Wanted]:
        async with gate:
            answer = await house.ask(
                asker, knock.path, purpose, method=knock.method, json=knock.json, headers=knock.headers
            )
        return answer, knock.wanted

    return list(await asyncio.gather(*(one(each) for each in asked)))
