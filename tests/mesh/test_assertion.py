"""Signed words: only the issuer's, only unchanged, only in their time, only under an authority that is trusted."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesh.assertion import Asserter, Verifier
from mesh.errors import Unauthenticated
from mesh.tls import Credentials
from pki.registrar import Registrar
from pki.store import Store


def now() -> datetime:
    return datetime.now(UTC)


def pair(folder: Path, issuer: str = "frontend", reader: str = "recorder") -> tuple[Asserter, Verifier]:
    return Asserter(Credentials.load(folder, issuer)), Verifier(Credentials.load(folder, reader))


def refusal(verifier: Verifier, token: str, at: datetime | None = None, **more: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(token, at=at or now(), **more)
    return refused.value.code


def test_what_was_signed_is_read_back(pki_folder: Path) -> None:
    asserter, verifier = pair(pki_folder)
    at = now()
    token = asserter.sign("ana", "events", at, 60, {"topics": ["user:ana"]})
    said = verifier.verify(token, at=at, about="events")
    assert (said.subject, said.about, said.claims) == ("ana", "events", {"topics": ["user:ana"]})
    assert abs(said.issued_at - at) < timedelta(milliseconds=1)
    assert abs(said.expires_at - at - timedelta(seconds=60)) < timedelta(milliseconds=1)
    assert len(token) < 1600


def test_a_service_that_is_not_the_issuer_is_refused(pki_folder: Path) -> None:
    asserter, verifier = pair(pki_folder, issuer="runner")
    assert refusal(verifier, asserter.sign("ana", "x", now(), 60)) == "assertion-wrong-issuer"


def test_a_service_cannot_name_another_as_its_issuer(pki_folder: Path) -> None:
    runner = Credentials.load(pki_folder, "runner")
    runner.service = "frontend"  # it writes so in the body; its certificate says otherwise
    _, verifier = pair(pki_folder)
    assert refusal(verifier, Asserter(runner).sign("ana", "x", now(), 60)) == "assertion-wrong-issuer"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_any_changed_byte_is_noticed(pki_folder: Path, part: int) -> None:
    asserter, verifier = pair(pki_folder)
    token = asserter.sign("ana", "x", now(), 60)
    parts = token.split(".")
    for place in range(0, len(parts[part]) - 4, max(1, len(parts[part]) // 40)):
        changed = list(parts[part])
        changed[place] = "A" if changed[place] != "A" else "B"
        forged = ".".join([*parts[:part], "".join(changed), *parts[part + 1 :]])
        with pytest.raises(Unauthenticated):
            verifier.verify(forged, at=now())


def test_another_body_under_the_same_signature_is_refused(pki_folder: Path) -> None:
    asserter, verifier = pair(pki_folder)
    header, body, signature = asserter.sign("ana", "x", now(), 60).split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    said["sub"] = "admin"
    forged = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    assert refusal(verifier, f"{header}.{forged}.{signature}") == "assertion-not-trusted"


@pytest.mark.parametrize(("offset_s", "is_fine"), [(-40, False), (-20, True), (0, True), (59, True), (61, False), (3600, False)])
def test_it_stands_from_its_time_to_its_end(pki_folder: Path, offset_s: float, is_fine: bool) -> None:
    asserter, verifier = pair(pki_folder)
    at = now()
    token = asserter.sign("ana", "x", at, 60)
    if is_fine:
        assert verifier.verify(token, at=at + timedelta(seconds=offset_s)).subject == "ana"
    else:
        assert refusal(verifier, token, at + timedelta(seconds=offset_s)) == "assertion-expired"


def test_a_word_about_one_thing_is_not_about_another(pki_folder: Path) -> None:
    asserter, verifier = pair(pki_folder)
    assert refusal(verifier, asserter.sign("ana", "command-1", now(), 60), about="events") == "assertion-not-trusted"


def test_a_command_that_waited_is_checked_as_of_its_own_time(fresh_pki: Registrar) -> None:
    folder = fresh_pki.store.folder
    yesterday = now() - timedelta(days=2)
    Registrar(fresh_pki.store, now=lambda: yesterday).issue("grader")
    store = Store(folder)
    old = store.read_leaf("grader")
    assert old is not None
    asserter = Asserter(Credentials.load(folder, "frontend"))
    snapshot = asserter._credentials.now
    asserter._credentials.now = type(snapshot)(snapshot.generation, old.certificate, old.key, snapshot.trust, ())
    asserter._credentials.service = "grader"
    verifier = Verifier(Credentials.load(folder, "recorder"))
    token = asserter.sign("ana", "x", yesterday, 60)
    assert verifier.verify(token, issuer="grader", at=yesterday).subject == "ana"
    late = asserter.sign("ana", "x", now(), 60)
    assert refusal(verifier, late, issuer="grader") == "assertion-expired"


def test_a_revoked_leaf_cannot_speak_even_for_the_past(fresh_pki: Registrar) -> None:
    folder = fresh_pki.store.folder
    asserter, verifier = pair(folder)
    at = now()
    token = asserter.sign("ana", "x", at, 60)
    assert verifier.verify(token, at=at).subject == "ana"
    fresh_pki.revoke("frontend")
    assert verifier._credentials.reload()
    assert refusal(verifier, token, at) == "assertion-not-trusted"


def test_a_foreign_authority_is_not_trusted(pki_folder: Path, tmp_path: Path) -> None:
    foreign = Registrar(Store(tmp_path / "foreign"))
    foreign.bootstrap(["frontend"])
    token = Asserter(Credentials.load(tmp_path / "foreign", "frontend")).sign("ana", "x", now(), 60)
    assert refusal(pair(pki_folder)[1], token) == "assertion-not-trusted"


def test_signing_goes_on_with_the_new_leaf_after_a_renewal(fresh_pki: Registrar) -> None:
    asserter, verifier = pair(fresh_pki.store.folder)
    first = asserter.sign("ana", "x", now(), 60)
    fresh_pki.issue("frontend")
    assert asserter._credentials.reload()
    second = asserter.sign("ana", "x", now(), 60)
    assert first.split(".")[0] != second.split(".")[0]
    for token in (first, second):
        assert verifier.verify(token, at=now()).subject == "ana"


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "..", "é.é.é", "e30.e30.e30", "x" * 100_000, "eyJhbGciOiJub25lIn0.e30."])
def test_rubbish_is_malformed(pki_folder: Path, token: str) -> None:
    assert refusal(pair(pki_folder)[1], token) == "assertion-malformed"
