"""The floor: what uvicorn, lxml and one committed row cost on this machine, and nothing of ours."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


async def take(request: Request) -> Response:
    """Parses the message and commits its bytes."""
    body = await request.body()
    etree.fromstring(body, _PARSER)
    await request.app.state.pool.execute("insert into floor (body) values ($1)", body)
    return Response(b"<ok/>", media_type="text/xml")


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["FLOOR_DATABASE_URL"], min_size=10, max_size=10) as pool:
        await pool.execute("create table if not exists floor (id bigserial primary key, body bytea)")
        app.state.pool = pool
        yield


app = Starlette(routes=[Route("/", take, methods=["POST"])], lifespan=_lifespan)


async def until_ready(url: str) -> None:
    """Waits until the floor answers."""
    import aiohttp  # noqa: PLC0415 - the server itself does not need it

    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            try:
                async with session.post(url, data=b"<x/>") as answer:
                    if answer.status == 200:  # noqa: PLR2004
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise TimeoutError("the floor does not start")
