from typing import Any

import asyncpg

from services.kit import migrate


async def test_a_migrated_database_is_at_the_head_that_was_shipped(kit_database: Any) -> None:
    connection = await asyncpg.connect(kit_database.url)
    try:
        version = await connection.fetchval("select version_num from alembic_version")
        comment = await connection.fetchval("select obj_description('note'::regclass)")
    finally:
        await connection.close()
    assert version == migrate.head("kit", folder=kit_database.folder) == "0001"
    assert comment == "100 % of the notes: a colon :here means itself"
