from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from services.cases.app import create_app, rotate
from services.cases.settings import Settings
from services.kit import keys

Build = Callable[..., Any]


def test_the_document_is_made_without_settings() -> None:
    document = create_app().openapi()
    assert {"/api/cases/v1/intake/{reference}", "/api/cases/v1/events"} <= document["paths"].keys()


async def test_it_is_ready_when_the_database_is(world: Any, key_folder: Path) -> None:
    app = create_app(Settings(database_url=_url(world), keys=key_folder))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://cases") as http,
    ):
        assert (await http.get("/readyz")).status_code == 200


async def test_it_is_not_ready_before_it_has_started(key_folder: Path) -> None:
    app = create_app(Settings(keys=key_folder))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://cases") as http:
        assert (await http.get("/readyz")).status_code == 503


async def test_the_command_rotates(world: Any, a_referral: Build, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys.ensure(folder)
    new = keys.rotate_kek(folder, "cases")
    own = (folder / "cases.kek.json").read_bytes()
    assert new.encode() in own
    assert await rotate(Settings(database_url=_url(world), keys=folder)) == 0


def _url(world: Any) -> str:
    url: str = world.database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    return url
