"""The OpenAPI document says what is served, and all of it."""

from __future__ import annotations

import re

from services.frontend.api.openapi import document_of
from services.frontend.api.table import ROUTES
from services.frontend.languages import LANGUAGES
from tests.services.frontend.world import World
from wire.languages import LANGUAGES as WIRE_LANGUAGES


def test_every_route_is_listed_with_summary_answer_and_errors() -> None:
    document = document_of(ROUTES)
    listed = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert listed == {(route.method, "/api/v1" + re.sub(r":[^}]*", "", route.path)) for route in ROUTES}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert len(operation["summary"]) > 8, (method, path)
            assert "default" in operation["responses"]
            named = set(re.findall(r"\{(\w+)\}", path))
            assert named == {one["name"] for one in operation["parameters"] if one["in"] == "path"}


def test_every_reference_leads_somewhere() -> None:
    document = document_of(ROUTES)
    references = set(re.findall(r"#/components/schemas/[\w.]+", str(document)))
    assert references
    assert {name.rpartition("/")[2] for name in references} <= set(document["components"]["schemas"])


def test_operation_ids_are_unique() -> None:
    names = [route.handler.__name__ for route in ROUTES]
    assert sorted(names) == sorted(set(names))


async def test_the_document_is_served(world: World) -> None:
    answer = await world.person().get("/openapi.json")
    assert (answer.status, answer.json["openapi"]) == (200, "3.1.0")
    submit = answer.json["paths"]["/api/v1/contests/{alias}/submissions"]["post"]
    assert {"Idempotency-Key", "wait"} <= {one["name"] for one in submit["parameters"]}
    assert submit["requestBody"]["required"] is True


def test_every_language_of_the_house_has_a_name() -> None:
    assert tuple(LANGUAGES) == WIRE_LANGUAGES


async def test_languages_are_listed_though_nobody_can_say_what_runs(world: World) -> None:
    listed = (await world.person().get("/languages")).json
    assert [one["id"] for one in listed] == list(WIRE_LANGUAGES)
    assert {one["is_available"] for one in listed} == {None}
