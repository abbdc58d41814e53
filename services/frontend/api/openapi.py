"""Owns the OpenAPI 3.1 document: written from the table of routes, so that it cannot say anything else than what is served."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import msgspec

from mesh.health import VERSION
from services.frontend.api.route import PREFIX, NoQuery, Route

_REFERENCE: Final = "#/components/schemas/{name}"
_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "kebab-case and stable"},
                "message": {"type": "string", "description": "what happened and what to do"},
                "details": {},
                "retry_after_s": {"type": "number"},
            },
        }
    },
}


def document_of(routes: Sequence[Route]) -> dict[str, Any]:
    """The document for a table of routes."""
    kinds = [kind for route in routes for kind in (route.answer, route.body, *route.others.values()) if kind not in {None, bytes}]
    schemas, components = msgspec.json.schema_components(kinds, schema_hook=_hook, ref_template=_REFERENCE)
    schema_of = dict(zip((repr(kind) for kind in kinds), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(PREFIX + _plain(route.path), {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Palestra", "version": VERSION, "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": {**components, "Error": _ERROR},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The token that POST /api/v1/session gives"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "palestra-session"},
            },
        },
        "security": [{}, {"bearer": []}, {"cookie": []}],
    }


_DESCRIPTION: Final = (
    "Errors are {error: {code, message}}; times are ISO 8601 UTC; scores are exact, as text. A change that is asked for with the "
    "cookie needs the header Palestra-CSRF with the word that GET /api/v1/session gives. A field that is not known is refused by name."
)


def _operation(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    told = [line.strip() for line in (route.handler.__doc__ or "").strip().splitlines() if line.strip()]
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": told[0] if told else "",
        "tags": [route.path.split("/")[1]],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": {
            **{str(status): _answer(kind, schema_of) for status, kind in {route.status: route.answer, **route.others}.items()},
            "default": _failure(route),
        },
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema_of[repr(route.body)]}}}
    if route.upload:
        fields = {name: {"type": "string", "description": text} for name, text in route.upload.items()}
        form = {"type": "object", "required": [next(iter(route.upload))], "properties": fields}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return operation


def _answer(kind: Any, schema_of: dict[str, Any]) -> dict[str, Any]:
    if kind is None:
        return {"description": "Done"}
    if kind is bytes:
        return {"description": "The bytes", "content": {"application/octet-stream": {}}}
    return {"description": "As asked", "content": {"application/json": {"schema": schema_of[repr(kind)]}}}


def _failure(route: Route) -> dict[str, Any]:
    codes = f"Codes worth knowing: {', '.join(route.codes)}" if route.codes else "An error"
    return {"description": codes, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)(?::[^}]*)?\}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is NoQuery:
        return []
    (_,), components = msgspec.json.schema_components([route.query], schema_hook=_hook)
    fields: dict[str, Any] = components[route.query.__name__]["properties"]
    return [{"name": name, "in": "query", "schema": _inlined(schema, components)} for name, schema in fields.items()]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    return [{"name": name, "in": "header", "description": text, "schema": {"type": "string"}} for name, text in route.headers.items()]


def _inlined(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    rest = {key: value for key, value in schema.items() if key != "$ref"}
    return {**components[name], **rest} if name else schema


def _plain(path: str) -> str:
    return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", path)


def _hook(kind: type[Any]) -> dict[str, Any]:
    if kind is Fraction:
        return {"type": "string", "description": "an exact number: 3 or 5/2", "pattern": "^-?[0-9]+(/[0-9]+)?$"}
    raise NotImplementedError(f"no schema for {kind}")
