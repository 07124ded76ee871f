"""The description of the services over X-Road REST, as security servers ask for it."""

from typing import Final

from fastapi import FastAPI
from starlette.responses import Response

from services.exchange.routes import rest, rest_casework
from services.kit import openapi
from services.kit.web import ServiceRouter

router = ServiceRouter()
_TITLE: Final = "Turvavõrk over X-Road REST (marac)"
_DESCRIPTION: Final = (
    "Referrals of high-risk victims of domestic violence, sent through X-Road. The security server gives "
    "X-Road-Client and X-Road-Id; a message that is repeated under its X-Road-Id has one effect."
)


@router.get(f"{rest.PREFIX}/openapi.json", include_in_schema=False)
async def get_marac_openapi() -> Response:
    """The description of this service, as security servers ask for it."""
    return Response(openapi.render(document()), media_type="application/json")


def document() -> openapi.Document:
    """The OpenAPI document of the REST services alone."""
    app = FastAPI()
    app.include_router(rest.router)
    app.include_router(rest_casework.router)
    return openapi.build(app, title=_TITLE, version="1.0.0", description=_DESCRIPTION)
