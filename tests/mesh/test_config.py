"""Settings are declared once, read in order, and every fault is named at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from mesh.config import ConfigError, load, read_file, rows, setting, shown, unknown_variables


@dataclass(frozen=True)
class Kitchen:
    """A service that cooks."""

    port: int = setting(8080, "Where it listens", minimum=0, maximum=65535)
    heat_s: float = setting(1.5, "How long it cooks", minimum=0.1)
    is_open: bool = setting(False, "Whether guests come in")
    dishes: tuple[str, ...] = setting((), "What is served")
    key: str = setting("", "The key of the cellar", is_secret=True)
    admin: str = setting("", "The cook", env="PALESTRA_COOK")
    style: str = setting("plain", "How it is served", choices=("plain", "rich"))


def test_environment_wins_over_file_wins_over_default() -> None:
    made = load(Kitchen, "kitchen", {"port": 1, "heat_s": 3}, {"PALESTRA_KITCHEN_PORT": "2"})
    assert (made.port, made.heat_s, made.style) == (2, 3.0, "plain")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("is_open", "yes", True), ("is_open", "0", False), ("dishes", "soup, fish,", ("soup", "fish")), ("heat_s", "0.5", 0.5), ("style", "rich", "rich")],
)
def test_environment_text_becomes_the_declared_type(name: str, text: str, value: object) -> None:
    assert getattr(load(Kitchen, "kitchen", {}, {f"PALESTRA_KITCHEN_{name.upper()}": text}), name) == value


def test_a_setting_may_have_a_variable_of_its_own_name() -> None:
    assert load(Kitchen, "kitchen", {}, {"PALESTRA_COOK": "Ada"}).admin == "Ada"


def test_a_secret_may_come_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2\n")
    (tmp_path / "cook").write_text("Ada")
    environ = {"PALESTRA_KITCHEN_KEY_FILE": str(tmp_path / "key"), "PALESTRA_COOK_FILE": str(tmp_path / "cook")}
    made = load(Kitchen, "kitchen", {"key": "from the file"}, environ)
    assert (made.key, made.admin) == ("hunter2", "Ada")
    assert unknown_variables({"kitchen": Kitchen}, environ) == []
    assert unknown_variables({"kitchen": Kitchen}, {"PALESTRA_KITCHEN_KYE_FILE": "x"}) == ["PALESTRA_KITCHEN_KYE_FILE"]


def test_a_secret_in_two_places_or_in_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="both set") as caught:
        load(Kitchen, "kitchen", {}, {"PALESTRA_KITCHEN_KEY": "hunter2", "PALESTRA_KITCHEN_KEY_FILE": "x", "PALESTRA_KITCHEN_PORT_FILE": str(tmp_path / "no")})
    assert "cannot read" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_every_fault_is_named_at_once_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        load(Kitchen, "kitchen", {"prot": 1, "heat_s": "warm", "style": "odd"}, {"PALESTRA_KITCHEN_PORT": "70000"})
    text = str(caught.value)
    for part in ("[kitchen] prot: no such setting", "heat_s", "must be a number", "PALESTRA_KITCHEN_PORT", "at most 65535", "one of plain, rich"):
        assert part in text


def test_a_secret_with_a_fault_is_not_told() -> None:
    with pytest.raises(ConfigError) as caught:
        load(Kitchen, "kitchen", {"key": 12345}, {})
    assert "12345" not in str(caught.value)


def test_shown_settings_redact_secrets_and_passwords_in_urls() -> None:
    made = Kitchen(key="hunter2", admin="amqps://grader:hunter2@broker/judge")
    text = str(shown("kitchen", made))
    assert "hunter2" not in text
    assert "amqps://grader:…@broker/judge" in text


def test_a_misspelt_variable_is_found() -> None:
    assert unknown_variables({"kitchen": Kitchen}, {"PALESTRA_KITCHEN_PROT": "1", "PALESTRA_KITCHEN_PORT": "1"}) == ["PALESTRA_KITCHEN_PROT"]


def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "palestra.toml"
    path.write_text("[kitchen]\nport = = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        read_file(path)
    with pytest.raises(ConfigError, match="cannot read"):
        read_file(tmp_path / "missing.toml")
    path.write_text("port = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="section"):
        read_file(path)


def test_the_manual_has_a_row_for_each_setting() -> None:
    table = rows("kitchen", Kitchen)
    assert [row.name for row in table] == ["port", "heat_s", "is_open", "dishes", "key", "admin", "style"]
    assert table[0].env == "PALESTRA_KITCHEN_PORT"
    assert table[4].default == ""
