"""Every operation that takes a JSON body: a caller who may, a body that is good, and places for anything."""

from collections.abc import Sequence

from tests.contracts.door import Door
from tests.contracts.doors_assessments import ASSESSMENTS
from tests.contracts.doors_cases import CASES
from tests.contracts.doors_closing import CLOSING
from tests.contracts.doors_consent import CONSENT
from tests.contracts.doors_contacts import CONTACTS
from tests.contracts.doors_meetings import MEETINGS
from tests.contracts.doors_networks import NETWORKS
from tests.contracts.doors_offers import OFFERS
from tests.contracts.doors_offices import OFFICES
from tests.contracts.doors_others import OTHERS
from tests.contracts.doors_people import PEOPLE
from tests.contracts.doors_plan import PLAN
from tests.contracts.doors_quality import QUALITY
from tests.contracts.doors_removals import REMOVALS
from tests.contracts.doors_retention import RETENTION
from tests.contracts.doors_safety import SAFETY
from tests.contracts.doors_starts import STARTS
from tests.contracts.doors_support import SUPPORT
from tests.contracts.doors_transfers import TRANSFERS
from tests.contracts.doors_xroad import XROAD

DOORS: Sequence[Door] = (
    *CASES,
    *CLOSING,
    *RETENTION,
    *CONSENT,
    *NETWORKS,
    *MEETINGS,
    *OFFICES,
    *STARTS,
    *PLAN,
    *SUPPORT,
    *CONTACTS,
    *OFFERS,
    *REMOVALS,
    *SAFETY,
    *OTHERS,
    *PEOPLE,
    *XROAD,
    *TRANSFERS,
    *ASSESSMENTS,
    *QUALITY,
)
