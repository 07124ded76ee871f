"""The contents of an agenda are shown to who has signed for the meeting, whatever the right."""

from services.kit.migrate import execute

revision = "0036"
down_revision = "0035"

_POLICY = """
create policy signed on agenda_item as restrictive for select using (
    (select fact('operation')) is distinct from 'get_agenda_pack'
    or exists (select from meeting_signature s
               where s.meeting_id = agenda_item.meeting_id and s.subject = (select fact('actor')))
);
"""


def upgrade() -> None:
    execute(_POLICY)
