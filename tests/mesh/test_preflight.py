"""What is wrong with addresses and certificates is told before anything starts, all at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mesh.preflight import faults_of
from mesh.settings import MeshConfig

GOOD = {
    "record_url": "postgresql://one,two/palestra?tls=mesh&target_session_attrs=read-write", "replica_url": "postgresql://standby/palestra?tls=mesh",
    "queue_url": "amqps://a/palestra,amqps://b/palestra", "topics_url": "rediss+sentinel://a,b,c/palestra/0", "cache_url": "rediss://cache/0",
    "state_url": "rediss+sentinel://a,b,c/palestra/1",
}  # fmt: skip


@pytest.mark.parametrize("has_certificates", [True, False])
def test_good_addresses_are_fine_with_and_without_certificates(tmp_path: Path, pki_folder: Path, has_certificates: bool) -> None:
    folder = pki_folder if has_certificates else tmp_path
    assert faults_of(MeshConfig(pki_folder=str(folder), **GOOD), ("recorder", "frontend")) == []
    assert faults_of(MeshConfig(pki_folder=str(folder)), ("recorder",)) == [], "the embedded defaults"


@pytest.mark.parametrize("has_certificates", [True, False])
@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("record_url", "mongodb://x/y"), ("record_url", "postgresql://db/palestra?tls=mesh&foo=bar"), ("fresh_url", "mysql://h"),
        ("queue_url", "amqps://a/palestra,amqp://b/other"), ("queue_url", "http://broker/"), ("state_url", "rediss://h:1,h:2/0"),
        ("topics_url", "rediss+sentinel://a,b"), ("cache_url", "memcached://x"),
    ],
)  # fmt: skip
def test_a_bad_address_is_named(tmp_path: Path, pki_folder: Path, has_certificates: bool, name: str, url: str) -> None:
    folder = pki_folder if has_certificates else tmp_path
    [fault] = faults_of(MeshConfig(pki_folder=str(folder), **{name: url}), ("recorder",))
    assert fault.startswith(f"mesh.{name}: ")


def test_every_fault_is_told_at_once_junk_certificates_too(tmp_path: Path, pki_folder: Path) -> None:
    folder = tmp_path / "pki"
    shutil.copytree(pki_folder, folder)
    (folder / "recorder.crt").write_text("junk")
    faults = faults_of(MeshConfig(pki_folder=str(folder), record_url="mongodb://x/y", cache_url="memcached://x"), ("recorder", "grader"))
    assert len(faults) == 3
    assert faults[0].startswith("certificate of recorder: ")
