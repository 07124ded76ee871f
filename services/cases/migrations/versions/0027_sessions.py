"""Sessions of members: tokens are good within one that is open."""

from services.kit import schema
from services.kit.migrate import execute

revision = "0027"
down_revision = "0026"

_SESSION = """
create table member_session (
    id uuid primary key,
    subject text not null,
    issuer_session bytea check (length(issuer_session) = 32),
    login bytea not null check (length(login) = 32),
    login_at timestamptz not null,
    opened_at timestamptz not null,
    opened_on date not null,
    authenticated_at timestamptz not null,
    acr text not null,
    ends_at timestamptz not null check (ends_at > authenticated_at),
    ended_at timestamptz,
    end_reason text check (end_reason in ('logout', 'back-channel')),
    check ((ended_at is null) = (end_reason is null))
);
comment on column member_session.issuer_session is 'Keyed digest of the issuer''s sid.';
comment on column member_session.login is 'Digest of the ID token: it opens one session, once.';
comment on column member_session.login_at is 'Its latest ID token, by the clock of the issuer.';
create index on member_session (subject, opened_on desc, id desc);
create index on member_session (issuer_session) where ended_at is null;

create table issuer_logout (
    token bytea primary key check (length(token) = 32),
    subject text,
    issuer_session bytea,
    issued_at timestamptz not null,
    heard_at timestamptz not null,
    check (subject is not null or issuer_session is not null)
);
comment on table issuer_logout is 'Logout tokens that were heard: none is heard twice, no older login opens.';
create index on issuer_logout (heard_at);
"""
# Whether a session is open is asked before there is a permit, and by services that ask for rights; a member
# sees the own ones.
_POLICIES = """
create policy seen on member_session for select using (
    (select fact('operation')) in ('', 'create_session', 'receive_logout', 'list_offices')
    or (select told('oneself')) && array[subject]
);
create policy made on member_session for insert with check ((select fact('operation')) = 'create_session');
create policy changed on member_session for update using (
    (select fact('operation')) in ('create_session', 'receive_logout')
    or (select fact('operation')) = 'end_my_session' and (select told('oneself')) && array[subject]
);
create policy heard on issuer_logout using (
    (select fact('operation')) in ('create_session', 'receive_logout')
);
"""
_RIGHTS = "select, insert, update (login, login_at, authenticated_at, ends_at, ended_at, end_reason)"


def upgrade() -> None:
    execute(_SESSION + schema.grants("member_session", app=_RIGHTS))
    execute(schema.grants("issuer_logout", app="select, insert, update, delete"))
    execute(schema.row_security("member_session") + schema.row_security("issuer_logout") + _POLICIES)
