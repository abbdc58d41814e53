"""Owns the images of the test. The base comes from debootstrap, so that no registry is needed. Never starts a container of the deployment."""

from __future__ import annotations

import os
import shutil
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from compose.test.engine import Engine, Failed, debian_mirror, run, say

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "compose"
PREFIX = "palestra-test"
_BASE = f"{PREFIX}/debian:12"
OURS = {"PALESTRA_IMAGE": "palestra", "PALESTRA_RUNNER_IMAGE": "runner"}
STAND_INS = {"POSTGRES_IMAGE": "postgresql", "RABBITMQ_IMAGE": "rabbitmq", "REDIS_IMAGE": "redis", "NGINX_IMAGE": "nginx"}
WITH_OVERLAYS = {"mysql.yml": {"MARIADB_IMAGE": "mariadb"}, "monitoring.yml": {"PROMETHEUS_IMAGE": "prometheus"}}
_SUITE = "bookworm"
_BUILD_LIMIT_S = 1200.0
_LEFT_OUT = ("./var/cache/apt", "./var/lib/apt/lists", "./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/info", "./dev", "./proc", "./sys")


def make_images(engine: Engine, folder: Path, overlays: Sequence[str], tree: Path = ROOT) -> dict[str, str]:
    """Builds what is missing or has changed; the variables of docker-compose.yml that name the images. Raises: `Failed`."""
    if not engine.lines("images", "--quiet", _BASE):
        with _timed("a Debian base by debootstrap"):
            _bootstrap(engine, folder)
    variables = {"DEBIAN_IMAGE": _BASE, "GRAFANA_IMAGE": _BASE}  # no package brings Grafana: it is never started, and must not be asked for
    for variable, target in OURS.items():
        variables[variable] = _build(engine, tree / "compose" / "Dockerfile", tree, target)
    wanted = {variable: target for overlay in overlays for variable, target in WITH_OVERLAYS.get(overlay, {}).items()}
    for variable, target in (STAND_INS | wanted).items():
        variables[variable] = _build(engine, COMPOSE / "test" / "Dockerfile", COMPOSE / "test", target)
    return variables


def sizes(engine: Engine) -> dict[str, str]:
    """How large our two images are."""
    return {name: engine.run("images", "--format", "{{.Size}}", f"{PREFIX}/{name}:1").strip() for name in ("palestra", "runner")}


def _build(engine: Engine, file: Path, context: Path, target: str) -> str:
    name = f"{PREFIX}/{target}:1"
    words = ["build", "--quiet", "--file", str(file), "--target", target, "--tag", name, "--build-arg", f"DEBIAN_IMAGE={_BASE}", str(context)]
    with _timed(f"image {target}"):
        engine.run(*words, limit_s=_BUILD_LIMIT_S)
    return name


def _bootstrap(engine: Engine, folder: Path) -> None:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise Failed("a base image is made by debootstrap, as root: apt-get install debootstrap; or tag one as palestra-test/debian:12")
    root = folder / "debian"
    shutil.rmtree(root, ignore_errors=True)
    run(["nice", "debootstrap", "--variant=minbase", "--include=ca-certificates", _SUITE, str(root), debian_mirror()], limit_s=600)
    trusted = Path("/etc/ssl/certs/ca-certificates.crt")
    if trusted.exists():  # what this machine trusts, a proxy of its network among it
        shutil.copy2(trusted, root / "etc/ssl/certs/ca-certificates.crt")
    archive = folder / "debian.tar"
    with tarfile.open(archive, "w") as packed:
        packed.add(root, arcname=".", filter=lambda info: None if info.name.startswith(_LEFT_OUT) else info)
    engine.run("import", str(archive), _BASE, limit_s=300)
    archive.unlink()
    shutil.rmtree(root)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - began:.0f} s")
