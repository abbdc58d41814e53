"""Owns the one way to write a value whose bytes are hashed: sorted keys, no defaults, so that a new field changes no old hash."""

from __future__ import annotations

import dataclasses
import enum
import json
from fractions import Fraction
from typing import Any


def canonical(value: Any) -> bytes:
    """JSON of a dataclass of `wire`: what equals its default is left out; `mesh.codec.decode` puts it back."""
    return json.dumps(_sparse(value), sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def _sparse(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: _sparse(held) for field, held in fields if held != _default(field)}
    if isinstance(value, tuple | list):
        return [_sparse(member) for member in value]
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    return value


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
