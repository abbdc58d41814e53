"""Owns settings: declared once as dataclass fields, read from defaults, then a TOML file, then the environment.

A field made by `setting` knows its text, range and whether it is secret; its unit ends its name. The file has a section
per service (``[grader]``); the environment variable of ``lease_s`` in that section is ``PALESTRA_GRADER_LEASE_S``, and
``PALESTRA_GRADER_LEASE_S_FILE`` names a file that holds the value: so secrets come as files, as container engines bring them.
Never reads anything at import.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from mesh.errors import Invalid

C = TypeVar("C")
T = TypeVar("T")
U = TypeVar("U")
_META = "palestra"
FILE_SUFFIX = "_FILE"
"""What the name of a variable ends with that names a file with the value in it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one setting, for the loader and for the manual."""

    text: str
    minimum: float | None = None
    maximum: float | None = None
    is_secret: bool = False
    env: str = ""
    choices: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One line of the configuration table in the manual."""

    section: str
    name: str
    env: str
    kind: str
    default: str
    text: str


class ConfigError(Invalid):
    """The configuration is wrong; ``details`` lists every fault with the place it stands in."""

    default_code = "bad-config"


def understood(name: str, read: Callable[[T], U], value: T) -> U:
    """What a setting means, as a function reads it that raises ValueError. Raises: `ConfigError`, which names the setting."""
    try:
        return read(value)
    except ValueError as wrong:
        raise ConfigError(f"{name}: {wrong}") from wrong


def setting(
    default: Any,
    text: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    is_secret: bool = False,
    env: str = "",
    choices: tuple[str, ...] = (),
) -> Any:
    """Declares a dataclass field as a setting. ``env`` names an environment variable in place of the usual one."""
    known = Setting(text, minimum, maximum, is_secret, env, choices)
    return dataclasses.field(default=default, metadata={_META: known})


def read_file(path: Path | None) -> dict[str, dict[str, Any]]:
    """The sections of a TOML file; empty without one. Raises: `ConfigError` naming the line that is not TOML."""
    if path is None:
        return {}
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise ConfigError(f"cannot read {path}: {wrong.strerror}") from wrong
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{path} is not TOML: {wrong}") from wrong
    loose = sorted(name for name, value in parsed.items() if not isinstance(value, dict))
    if loose:
        raise ConfigError(f"{path}: {', '.join(loose)} must stand in a section such as [mesh]")
    return parsed


def load(kind: type[C], section: str, file_values: Mapping[str, Any], environ: Mapping[str, str]) -> C:
    """The settings of one section. Raises: `ConfigError` with every fault at once."""
    faults: list[str] = []
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # C is a dataclass
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    faults.extend(f"[{section}] {name}: no such setting" for name in file_values if name not in fields)
    for name, field in fields.items():
        known = _setting_of(field)
        variable = known.env or env_name(section, name)
        try:
            place, raw = _from_environment(variable, environ)
        except ValueError as wrong:
            faults.append(str(wrong))
            continue
        if not place and name not in file_values:
            continue
        if not place:
            place, raw = f"[{section}] {name}", file_values[name]
        try:
            values[name] = _checked(_parsed(hints[name], raw), known)
        except ValueError as wrong:
            shown = "(secret)" if known.is_secret else repr(raw)
            faults.append(f"{place} = {shown}: {wrong}")
    if faults:
        raise ConfigError("; ".join(faults), details=faults)
    return kind(**values)


def _from_environment(variable: str, environ: Mapping[str, str]) -> tuple[str, Any]:
    """Which variable gives the setting, and what it says; two empty texts when none does. Raises: ValueError."""
    kept = variable + FILE_SUFFIX
    if kept not in environ:
        return (variable, environ[variable]) if variable in environ else ("", "")
    if variable in environ:
        raise ValueError(f"{variable} and {kept} are both set: leave one")
    try:
        return kept, Path(environ[kept]).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as wrong:
        raise ValueError(f"{kept}: cannot read {environ[kept]}: {wrong.strerror}") from wrong
    except UnicodeDecodeError as wrong:
        raise ValueError(f"{kept}: {environ[kept]} is not UTF-8") from wrong


def env_name(section: str, name: str) -> str:
    """The environment variable of a setting."""
    return f"PALESTRA_{section}_{name}".upper().replace("-", "_")


def unknown_variables(known: Mapping[str, type[Any]], environ: Mapping[str, str]) -> list[str]:
    """Variables named ``PALESTRA_SECTION_…`` that no setting of these sections reads: probably misspelt."""
    names = {
        _setting_of(field).env or env_name(section, field.name) for section, kind in known.items() for field in dataclasses.fields(kind)
    }
    prefixes = tuple(f"PALESTRA_{section.upper()}_" for section in known)
    return sorted(name for name in environ if name.startswith(prefixes) and name not in names and name.removesuffix(FILE_SUFFIX) not in names)


def shown(section: str, config: Any) -> dict[str, Any]:
    """The section with secrets redacted, for `/config` pages and logs."""
    out: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        hidden = _setting_of(field).is_secret and value
        out[f"{section}.{field.name}"] = "(set)" if hidden else without_password(value) if isinstance(value, str) else value
    return out


def without_password(url: str) -> str:
    """The text with the password of a URL taken out."""
    scheme, mark, rest = url.partition("://")
    if not mark or "@" not in rest:
        return url
    account, _, place = rest.rpartition("@")
    return f"{scheme}://{account.partition(':')[0]}:…@{place}"


def rows(section: str, kind: type[Any]) -> list[Row]:
    """The manual's table for one section."""
    hints = typing.get_type_hints(kind)
    return [
        Row(
            section, field.name, _setting_of(field).env or env_name(section, field.name),
            _kind_name(hints[field.name]), "" if _setting_of(field).is_secret else str(field.default), _setting_of(field).text,
        )
        for field in dataclasses.fields(kind)
    ]  # fmt: skip


def _setting_of(field: dataclasses.Field[Any]) -> Setting:
    known = field.metadata.get(_META)
    if not isinstance(known, Setting):
        raise TypeError(f"{field.name} is not declared with setting()")
    return known


def _kind_name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint)) if not isinstance(hint, types.GenericAlias) else "list"


def _parsed(hint: Any, raw: Any) -> Any:
    if hint is bool:
        return _truth(raw)
    if hint in {int, float}:
        return _number(hint, raw)
    if hint is Path:
        return Path(str(raw))
    if typing.get_origin(hint) is tuple:
        return tuple(raw) if isinstance(raw, list) else tuple(part.strip() for part in str(raw).split(",") if part.strip())
    if not isinstance(raw, str):
        raise ValueError("must be text")  # noqa: TRY004  every fault of a value is one kind, gathered by the caller
    return raw


def _truth(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if str(raw).lower() in {"1", "true", "yes", "on"}:
        return True
    if str(raw).lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("must be true or false")


def _number(hint: type[int | float], raw: Any) -> int | float:
    if isinstance(raw, bool):
        raise ValueError("must be a number")  # noqa: TRY004  every fault of a value is one kind, gathered by the caller
    try:
        number: int | float = hint(raw)
    except (TypeError, ValueError) as wrong:
        raise ValueError("must be a whole number" if hint is int else "must be a number") from wrong
    return number


def _checked(value: Any, known: Setting) -> Any:
    if known.minimum is not None and value < known.minimum:
        raise ValueError(f"must be at least {known.minimum:g}")
    if known.maximum is not None and value > known.maximum:
        raise ValueError(f"must be at most {known.maximum:g}")
    if known.choices and value not in known.choices:
        raise ValueError(f"must be one of {', '.join(known.choices)}")
    return value
