"""The acts of the authority: idempotent bootstrap, renewal, revocation, roll-over, each leaving the folder whole."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pki.authority import is_signed_by
from pki.doctor import Severity, examine
from pki.errors import PkiError
from pki.identity import NAMES
from pki.ledger import Ledger
from pki.registrar import Registrar, RollStep
from pki.store import Rank, Store, read_revocation_lists


class Hands:
    """A clock that is turned."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def registrar(tmp_path: Path, clock: Hands) -> Registrar:
    made = Registrar(Store(tmp_path / "pki"), now=clock)
    made.bootstrap()
    return made


def serials(registrar: Registrar) -> dict[str, int]:
    return {name: leaf.certificate.serial_number for name in registrar.store.names() if (leaf := registrar.store.read_leaf(name))}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


def errors(registrar: Registrar) -> list[str]:
    return [f"{each.subject}: {each.text}" for each in examine(registrar.store, registrar.now) if each.severity is Severity.ERROR]


def revoked(registrar: Registrar) -> set[int]:
    return {entry.serial_number for found in read_revocation_lists(registrar.store.revocations_path) for entry in found}


def test_bootstrap_makes_everything_with_the_right_modes(registrar: Registrar) -> None:
    store = registrar.store
    assert store.names() == sorted(NAMES)
    for path in [*store.folder.glob("*.key"), *store.authority_folder.iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(store.authority_folder.stat().st_mode) == 0o700
    assert list(store.folder.glob("ca*")) == [store.trust_path], "the CA's key lies apart"
    assert errors(registrar) == []


def test_bootstrap_again_changes_nothing(registrar: Registrar) -> None:
    before = contents(registrar.store.folder)
    assert registrar.bootstrap() == []
    assert contents(registrar.store.folder) == before


def test_bootstrap_mends_what_is_missing_or_broken_and_nothing_else(registrar: Registrar) -> None:
    store, before = registrar.store, serials(registrar)
    store.key_path("grader").unlink()
    store.certificate_path("runner").write_text("rubbish")
    store.key_path("mailer").write_bytes(store.key_path("redis").read_bytes())
    assert registrar.bootstrap() == ["grader", "runner", "mailer"]
    after = serials(registrar)
    assert {name for name in NAMES if before.get(name) != after[name]} == {"grader", "runner", "mailer"}
    assert errors(registrar) == []


def test_a_folder_without_the_authoritys_key_cannot_be_bootstrapped(registrar: Registrar) -> None:
    registrar.store.authority_path(Rank.CURRENT).unlink()
    with pytest.raises(PkiError) as missing:
        registrar.bootstrap()
    assert missing.value.code == "authority-key-missing"
    assert not registrar.can_sign()
    assert errors(registrar) == [], "who only reads the folder needs no key"


def test_only_what_is_due_is_renewed(registrar: Registrar, clock: Hands) -> None:
    before = serials(registrar)
    clock.turn(hours=12)
    assert registrar.renew() == []
    clock.turn(hours=5)
    assert sorted(registrar.renew()) == sorted(NAMES)
    assert not set(before.values()) & set(serials(registrar).values())
    assert revoked(registrar) == set()


def test_a_name_of_ones_own_is_issued_and_renewed(registrar: Registrar, clock: Hands) -> None:
    assert registrar.issue("runner-2").name == "runner-2"
    clock.turn(hours=17)
    assert "runner-2" in registrar.renew()


def test_revoking_a_name_takes_back_every_living_leaf_of_it(registrar: Registrar, clock: Hands) -> None:
    first = serials(registrar)["runner"]
    second = registrar.issue("runner").certificate.serial_number
    assert {entry.serial for entry in registrar.revoke("runner")} == {first, second} == revoked(registrar)
    assert errors(registrar) == ["runner: is revoked"]
    with pytest.raises(PkiError) as none_left:
        registrar.revoke("runner")
    assert none_left.value.code == "no-leaf"
    assert registrar.renew(["runner"]) == ["runner"], "a revoked leaf is due"
    assert errors(registrar) == []
    clock.turn(days=80)
    registrar.issue("grader")
    assert revoked(registrar) == {first, second}, "remembered long after their end: they cannot sign for the past"
    clock.turn(days=20)
    registrar.issue("grader")
    registrar.revoke("grader")
    assert first not in revoked(registrar)


def test_one_leaf_can_be_taken_back_by_its_serial(registrar: Registrar) -> None:
    first = serials(registrar)["runner"]
    registrar.issue("runner")
    assert [entry.name for entry in registrar.revoke_serial(first)] == ["runner"]
    assert revoked(registrar) == {first}
    assert registrar.revoke_serial(first) == [], "once is enough"
    with pytest.raises(PkiError) as unknown:
        registrar.revoke_serial(12345)
    assert unknown.value.code == "unknown-serial"


def test_an_authority_is_replaced_in_three_steps(registrar: Registrar) -> None:
    store = registrar.store
    old = store.read_trust()[0]
    revoked_before = serials(registrar)["mailer"]
    registrar.revoke("mailer")
    registrar.renew(["mailer"])
    assert registrar.roll() is RollStep.TRUSTED
    assert len(store.read_trust()) == 2
    assert all(is_signed_by(store.read_leaf(name).certificate, old) for name in NAMES)
    assert errors(registrar) == []
    assert registrar.roll() is RollStep.RENEWED
    (new,) = [each for each in store.read_trust() if each != old]
    assert all(is_signed_by(store.read_leaf(name).certificate, new) for name in NAMES)
    assert revoked_before in revoked(registrar), "what the old CA took back stays taken back"
    assert errors(registrar) == []
    assert registrar.roll() is RollStep.FINISHED
    assert store.read_trust() == [new]
    assert errors(registrar) == []


def test_the_old_authority_is_not_dropped_while_a_leaf_stands_on_it(registrar: Registrar) -> None:
    store = registrar.store
    kept = store.read_leaf("runner")
    registrar.roll()
    registrar.roll()
    store.write_leaf("runner", kept)
    with pytest.raises(PkiError) as early:
        registrar.roll()
    assert early.value.code == "roll-order"
    assert registrar.renew() == ["runner"]
    assert registrar.roll() is RollStep.FINISHED


def test_a_roll_over_that_was_killed_half_way_goes_on(registrar: Registrar) -> None:
    store = registrar.store
    registrar.roll()
    store.authority_path(Rank.CURRENT).rename(store.authority_path(Rank.OLD))  # and then the power went
    registrar.bootstrap()
    assert errors(registrar) == []
    assert len(store.read_trust()) == 2
    assert registrar.roll() is RollStep.FINISHED


def test_two_who_sign_at_once_do_not_lose_each_others_entries(registrar: Registrar) -> None:
    threads = [threading.Thread(target=registrar.issue, args=(f"runner-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {f"runner-{number}" for number in range(8)} <= {entry.name for entry in Ledger(registrar.store.ledger_path).entries}


def test_the_doctor_says_what_is_wrong_and_what_to_do(registrar: Registrar, clock: Hands) -> None:
    store = registrar.store
    store.key_path("grader").chmod(0o644)
    store.certificate_path("redis").write_bytes(store.certificate_path("mailer").read_bytes())
    store.key_path("redis").write_bytes(store.key_path("mailer").read_bytes())
    store.key_path("runner").unlink()
    store.revocations_path.unlink()
    found = {each.subject.rsplit("/", 1)[-1]: (each.text, each.remedy) for each in examine(store, clock)}
    assert "others may read it" in found["grader.key"][0]
    assert found["redis"] == ("proves to be mailer", "run `pki issue redis`")
    assert found["runner"] == ("has a certificate and no key", "run `pki issue runner`")
    assert "nothing can be revoked" in found["revoked.crl"][0]
    clock.turn(hours=30)
    assert any("ended at" in text for text in errors(registrar))
    clock.turn(days=3600)
    assert any("the CA ends in" in each.text for each in examine(store, clock))


def pki(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pki", "--folder", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_line_does_all_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    assert pki(folder, "show")[0] == 1
    assert "run `make pki`" in pki(folder, "doctor")[1]
    assert pki(folder, "bootstrap")[0] == 0
    assert "everything is there" in pki(folder, "bootstrap")[1]
    assert pki(folder, "doctor") == (0, "all is well\n")
    assert "runner-2" in pki(folder, "issue", "runner-2")[1]
    status, text = pki(folder, "revoke", "runner-2")
    serial = text.split()[2].rstrip(":")
    assert (status, serial in pki(folder, "show", "--all")[1]) == (0, True)
    assert pki(folder, "doctor")[0] == 1
    assert "renewed runner-2" in pki(folder, "renew")[1]
    assert "nothing is due" in pki(folder, "renew")[1]
    assert [pki(folder, "roll")[0] for _ in range(3)] == [0, 0, 0]
    assert pki(folder, "doctor")[0] == 0
    assert pki(folder, "revoke")[0] == 1
    assert pki(folder, "dance")[0] == 2
