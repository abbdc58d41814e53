"""Handing out leaves: everybody gets his own key and no other, and gets the fresh one when it is due."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pki.distribution import Recipient, distribute
from pki.errors import PkiError
from pki.registrar import Registrar
from pki.store import Store


class Hands:
    """A clock that is turned."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def registrar(tmp_path: Path, clock: Hands) -> Registrar:
    return Registrar(Store(tmp_path / "authority"), now=clock)


WHO = [Recipient("grader"), Recipient("runner")]


def test_everybody_gets_his_own_key_and_no_other(registrar: Registrar, tmp_path: Path) -> None:
    assert distribute(registrar, tmp_path / "out", WHO) == ["grader", "runner"]
    for name in ("grader", "runner"):
        folder = tmp_path / "out" / name
        assert {path.name for path in folder.iterdir()} == {"ca.crt", "revoked.crl", f"{name}.crt", f"{name}.key"}
        assert stat.S_IMODE((folder / f"{name}.key").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_is_written_again_until_something_is_due(registrar: Registrar, tmp_path: Path, clock: Hands) -> None:
    distribute(registrar, tmp_path / "out", WHO)
    key = tmp_path / "out" / "grader" / "grader.key"
    before = key.read_bytes()
    assert distribute(registrar, tmp_path / "out", WHO) == []
    clock.at += timedelta(hours=20)
    assert distribute(registrar, tmp_path / "out", WHO) == ["grader", "runner"]
    assert key.read_bytes() != before


def test_what_was_revoked_is_replaced_and_everybody_learns_of_it(registrar: Registrar, tmp_path: Path) -> None:
    distribute(registrar, tmp_path / "out", WHO)
    before = [(tmp_path / "out" / name / "revoked.crl").read_bytes() for name in ("grader", "runner")]
    registrar.revoke("grader")
    assert distribute(registrar, tmp_path / "out", WHO) == ["grader", "runner"]
    after = [(tmp_path / "out" / name / "revoked.crl").read_bytes() for name in ("grader", "runner")]
    assert after[0] == after[1] != before[0]


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_recipient_owns_what_it_may_read(registrar: Registrar, tmp_path: Path) -> None:
    distribute(registrar, tmp_path / "out", [Recipient.of("redis=999:998")])
    for path in (tmp_path / "out" / "redis", tmp_path / "out" / "redis" / "redis.key"):
        assert (path.stat().st_uid, path.stat().st_gid) == (999, 998)


@pytest.mark.parametrize("text", ["redis=", "redis=x:1", "redis=1", "redis=1:"])
def test_an_owner_is_two_numbers(text: str) -> None:
    with pytest.raises(PkiError, match="UID:GID"):
        Recipient.of(text)


def test_the_command_stays_and_hands_out_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pki", "--folder", tmp_path / "pki", "distribute", tmp_path / "out", "gateway", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "handed out gateway" in process.stdout.readline()
            (tmp_path / "out" / "gateway" / "gateway.crt").unlink()
            assert "handed out gateway" in process.stdout.readline()
            assert (tmp_path / "out" / "gateway" / "gateway.crt").exists()
        finally:
            process.kill()
