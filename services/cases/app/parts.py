"""What the service and its worker have in common."""

from dataclasses import dataclass
from functools import partial

from services.cases import catalog as published
from services.cases.actions.disclosures import Discloser
from services.cases.actions.erasing import CERTIFICATE, Signer
from services.cases.actions.guarding import DisclosureGuard
from services.cases.app.names import NAME, PERSONAL
from services.cases.catalog import Catalog
from services.cases.outbound import Police, RiskScore
from services.cases.settings import Settings
from services.kit import keys, signed
from services.kit.client import ServiceClient
from services.kit.clock import Clock, SystemClock
from services.kit.db import Database
from services.kit.logbook import LogBook
from services.kit.policy import Policy
from services.kit.sealed import BlindIndex, KeyRing
from services.kit.tokens import ServiceSigner


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service and its worker have in common."""

    settings: Settings
    clock: Clock
    catalog: Catalog
    policy: Policy
    database: Database
    ring: KeyRing
    logbook: LogBook
    riskscore: RiskScore
    police: Police

    def discloser(self) -> Discloser:
        """Makes disclosures under the key that ``exchange`` has as well."""
        index = BlindIndex(keys.load_secret(self.settings.keys, keys.DISCLOSURES))
        return Discloser(self.catalog.disclosures, index)

    def certifier(self) -> Signer:
        """Signs certificates of erasure with the key of the service."""
        key = keys.load_signing(self.settings.keys, NAME)
        return partial(signed.sign, key=key, typ=CERTIFICATE)

    @classmethod
    def of(cls, settings: Settings) -> "Parts":
        """Reads keys and published data, connects to nothing; KeyFileError, DataFileError, PolicyError."""
        clock, policy = SystemClock(), Policy.load(published.PACKAGE)
        ring = KeyRing.from_file(settings.keys / f"{NAME}.kek.json")
        signer = ServiceSigner(NAME, keys.load_signing(settings.keys, NAME), clock)
        return cls(
            settings=settings,
            clock=clock,
            catalog=published.load(),
            policy=policy,
            database=Database(
                settings.database_url,
                service=NAME,
                clock=clock,
                audit_key=keys.load_secret(settings.keys, f"{NAME}.audit"),
                pool_size=settings.pool_size,
                personal=PERSONAL,
                guard=DisclosureGuard.of(published.load().protection, policy, ring),
            ),
            ring=ring,
            logbook=LogBook(NAME, keys.load_log_signing(settings.keys, NAME)),
            riskscore=RiskScore(
                ServiceClient(base_url=settings.riskscore_url, audience="riskscore", signer=signer)
            ),
            police=Police(ServiceClient(base_url=settings.exchange_url, audience="exchange", signer=signer)),
        )
