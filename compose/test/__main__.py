"""Owns the command ``python -m compose.test``: everything up, a contest, the proofs, everything down. Exit status 0 when all of it held."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from compose.test import operating, overlaid, proofs
from compose.test.deployment import Deployment
from compose.test.engine import Engine, Failed, an_engine, say
from compose.test.images import ROOT, make_images, sizes
from compose.test.journey import travel


def main() -> int:
    """Reads the command line; 0 held, 1 did not."""
    parser = argparse.ArgumentParser(prog="python -m compose.test", description="The container deployment, brought up for real.")
    parser.add_argument("--folder", type=Path, default=Path("var/compose-test"), help="where an engine of our own and the test keep things")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the source that our images are made of")
    parser.add_argument("--overlay", action="append", default=[], help="another file beside docker-compose.yml, such as mysql.yml")
    parser.add_argument("--keep", action="store_true", help="leave everything up, for looking around")
    options = parser.parse_args()
    began = time.monotonic()
    try:
        with an_engine(options.folder.resolve()) as engine:
            _go_through(engine, options)
    except Failed as wrong:
        say(f"FAILED: {wrong}")
        return 1
    say(f"all held, in {time.monotonic() - began:.0f} s")
    return 0


def _go_through(engine: Engine, options: argparse.Namespace) -> None:
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    variables = {**make_images(engine, folder, options.overlay, options.tree), **dict(zip(("PALESTRA_HTTPS_PORT", "PALESTRA_HTTP_PORT"), _free_ports(2), strict=True))}
    say(", ".join(f"image {name}: {size}" for name, size in sizes(engine).items()))
    deployment = Deployment(engine, "palestra-test", variables, folder, ("certificate.yml", *options.overlay))
    deployment.prepare()
    os.environ["SSL_CERT_FILE"] = str(deployment.authority)  # for the demo's loader, which knows the standard library only
    try:
        say(f"{len(_up(deployment))} containers are healthy")
        for line in asyncio.run(travel(deployment.url, deployment.authority, deployment.admin_password)):
            say(line)
        for proof in _wanted(options.overlay):
            began = time.monotonic()
            say(f"{proof(deployment)} [{time.monotonic() - began:.0f} s]")
    finally:
        if options.keep:
            say(f"left up at {deployment.url}, certificate in {deployment.authority}")
            input("Enter takes it down")
        deployment.down()
        say("taken down; no container, network or volume is left")


def _wanted(overlays: list[str]) -> list[Callable[[Deployment], str]]:
    """The proofs, in order. What no overlay changes is tried without overlays."""
    if not overlays:
        return [*proofs.LOOKS, *operating.STORES, *operating.QUEUES, *operating.DOOR, proofs.killed_services_come_back, *operating.UPGRADE]
    own = [proof for overlay in overlays for proof in overlaid.PROOFS.get(overlay, ())]
    return [*proofs.LOOKS, *operating.STORES, *own, proofs.killed_services_come_back]


def _up(deployment: Deployment) -> dict[str, object]:
    took = deployment.up()
    say(f"up in {took:.0f} s")
    return dict(deployment.containers())


def _free_ports(count: int) -> list[str]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports


if __name__ == "__main__":
    sys.exit(main())
