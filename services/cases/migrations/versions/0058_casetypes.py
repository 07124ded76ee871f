"""The type of a case: what it is for, and so what it has."""

from services.kit.migrate import execute

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    execute("""
        alter table marac_case add column case_type text not null default 'marac'
            check (case_type ~ '^[a-z][a-z0-9-]{0,40}$');
        comment on column marac_case.case_type is 'Published in casetypes.yaml; set when it is accepted.';
    """)
