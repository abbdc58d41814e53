"""PKI folders in temporary places, with the real authority, and credentials for named services."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mesh.tls import Credentials
from pki.registrar import Registrar
from pki.store import Store


@pytest.fixture(scope="session")
def pki_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole run, with every leaf. Read it; who changes things takes `fresh_pki`."""
    folder = tmp_path_factory.mktemp("pki") / "pki"
    Registrar(Store(folder)).bootstrap()
    return folder


@pytest.fixture
def credentials(pki_folder: Path) -> Callable[[str], Credentials]:
    """Credentials of a named service, from the folder of the run."""
    return lambda name: Credentials.load(pki_folder, name)


@pytest.fixture
def fresh_pki(tmp_path: Path) -> Registrar:
    """A folder of the test's own, with every leaf, to renew, revoke and roll in."""
    registrar = Registrar(Store(tmp_path / "pki"))
    registrar.bootstrap()
    return registrar
