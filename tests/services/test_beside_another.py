"""A second house beside the first: every port moved by one setting, and a port that is taken is named with what to do."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from pki.registrar import Registrar
from pki.store import Store
from services.configuration import read_configuration
from services.targets import ALL
from tests.support.house import HouseOfProcesses
from wire.services import FRONTEND, PORTS, RUNNER


def test_one_setting_moves_every_port_that_is_the_default_and_every_address_that_leads_there() -> None:
    plain = read_configuration(None, ALL, {})
    moved = read_configuration(None, ALL, {"PALESTRA_MESH_PORT_SHIFT": "100"})
    assert {name: config.port for name, config in plain.services.items()} == {name: PORTS[name] for name in ALL}
    assert {name: config.port for name, config in moved.services.items()} == {name: PORTS[name] + 100 for name in ALL}
    for house in (plain, moved):
        addresses = house.mesh.addresses()
        for name in set(ALL) - {FRONTEND, RUNNER}:  # nobody calls these two
            assert addresses[name] == ("127.0.0.1", house.services[name].port), name


def test_what_is_given_is_not_moved() -> None:
    environ = {"PALESTRA_MESH_PORT_SHIFT": "100", "PALESTRA_FRONTEND_PORT": "80", "PALESTRA_GRADER_PORT": "0", "PALESTRA_MESH_RECORDER_ADDRESS": "10.0.0.7:21700"}
    house = read_configuration(None, ALL, environ)
    assert (house.services["frontend"].port, house.services["grader"].port, house.services["mailer"].port) == (80, 0, PORTS["mailer"] + 100)
    assert house.mesh.addresses()["recorder"] == ("10.0.0.7", 21700)


@pytest.mark.faults
def test_a_port_that_is_taken_is_named_with_what_to_do(tmp_path: Path) -> None:
    house = HouseOfProcesses(tmp_path)
    Registrar(Store(house.pki)).bootstrap()
    with socket.create_server(("127.0.0.1", house.ports["frontend"])):
        ended = house.run("recorder", "frontend")
    assert ended.returncode == 1
    said = [json.loads(line) for line in (ended.stdout + ended.stderr).splitlines() if line.startswith("{")]
    [failed] = [line for line in said if line["event"] == "part-failed-to-start"]
    assert (failed["part"], failed["code"]) == ("frontend", "address-unusable")
    assert f"127.0.0.1:{house.ports['frontend']}" in failed["reason"]
    assert "PALESTRA_MESH_PORT_SHIFT" in failed["reason"]
