from fastapi import FastAPI

from services.kit.policy import Policy
from services.riskscore.app import create_app


def test_every_operation_has_a_row_in_the_table_of_access() -> None:
    paths = create_app().openapi()["paths"]
    operations = {operation["operationId"] for path in paths.values() for operation in path.values()}
    assert operations == Policy.load("services.riskscore").operations()


def test_the_service_starts_from_its_keys_and_published_data(app: FastAPI) -> None:
    assert app.state.catalog.instruments
    assert app.state.policy.version == "2026-11-21"
