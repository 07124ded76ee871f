"""Agencies that sit in networks, from a day until another."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0017"
down_revision = "0016"

_MEMBER = """
create table network_member (
    id uuid primary key,
    region text not null,
    agency text not null,
    unit text,
    seat text not null check (seat in ('core', 'by-case')),
    valid_from date not null,
    valid_to date,
    left_reason text,
    key_id uuid not null references data_key (id),
    contact_sealed bytea not null,
    contact_version integer not null,
    version integer not null check (version > 0),
    author text not null,
    created_at timestamptz not null,
    check (valid_to is null or valid_to >= valid_from),
    check (left_reason is null or valid_to is not null),
    check (contact_version between 1 and version)
);
comment on table network_member is 'An agency that sits in the network of a region, and how it is invited.';
comment on column network_member.unit is 'Tells two agencies of a kind apart: a municipality, a prefecture.';
comment on column network_member.valid_to is 'The first day on which it no longer sits; never moved back.';
create index on network_member (region, valid_from desc, id desc);
"""
# Who sits in a network is known to all who work in it: agencies of the region know one another.
_SEEN = """
    (select told('anywhere')) && array['on'] or (select told('same_region')) && array[region]
    or exists (select from unnest((select told('own_agency'))) as own where split_part(own, '@', 2) = region)
"""
_KEPT = "(select told('same_region')) && array[region]"
_POLICIES = f"""
create policy seen on network_member for select using ({_SEEN});
create policy made on network_member for insert with check ({_KEPT});
create policy changed on network_member for update using ({_KEPT}) with check ({_KEPT});
"""
_RIGHTS = "select, insert, update (seat, valid_to, left_reason, contact_sealed, contact_version, version)"


def upgrade() -> None:
    execute(_MEMBER + schema.grants("network_member", app=_RIGHTS))
    execute(schema.row_security("network_member") + _POLICIES)
