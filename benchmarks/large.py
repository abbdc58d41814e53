"""Measures a problem with a GiB of cases: brought as a zip, fetched by a runner, judged; what each service has resident at most.

Every service is a process of its own, on RabbitMQ. The program copies its input, so each byte is read, run, compared. One case is of 100 MB:
its output is compared token by token. ``python -m benchmarks.large 64`` does the same with 64 MiB, for whoever mends something here.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import random
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

from benchmarks.rounds import at_most
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc import Peers
from mesh.addresses import AddressBook
from mesh.tls import Credentials
from services.runner.blobs import BlobCache
from services.runner.graders import Graders
from tests.support.api import Person
from tests.support.contests import open_contest
from tests.support.house import HouseOfProcesses
from tests.support.house_broker import house_broker_running
from wire.judging import JudgingManifest
from wire.methods import GITSERVER_MANIFEST
from wire.problems import ManifestRequest

MIB = 1 << 20
TOTAL_MIB, PAIR_MIB, HUGE_MIB = 1024, 16, 96
RESIDENT_GOAL_MIB, SPEED_GOAL_MB = 200, 150
SERVICES = ("recorder", "gitserver", "grader", "runner", "mailer", "broadcaster", "frontend")
COPY = "#include <stdio.h>\nstatic char held[1 << 20];\nint main(void) { size_t n; while ((n = fread(held, 1, sizeof held, stdin))) fwrite(held, 1, n, stdout); }\n"
LIMIT_S = 600.0


def measure(total_mib: int = TOTAL_MIB) -> dict[str, Any]:
    """Seconds, speeds, memory; some minutes at full size."""
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as name, ExitStack() as ending:
        folder = Path(name)
        house = HouseOfProcesses(folder, {"PALESTRA_FRONTEND_MAX_PACKAGE_BYTES": str(1024 * MIB), "PALESTRA_RUNNER_SLOTS": "1"})
        assert house.run("pki", "--folder", str(house.pki), "bootstrap").returncode == 0
        broker = ending.enter_context(house_broker_running(folder / "broker", house.pki))
        house.environ["PALESTRA_MESH_QUEUE_URL"] = broker.house_url
        (folder / "zip").mkdir()
        package, bytes_of_cases = made_package(folder / "zip" / "large.zip", total_mib)
        ending.callback(house.stop)
        house.start(*SERVICES)
        house.until_ready()
        admin = house.admin()
        began = time.monotonic()
        uploaded(admin, package, "large")
        import_s = time.monotonic() - began
        team = open_contest(admin, "bench", ["large"], ["ann"])["ann"]
        times = [judged(team, number) for number in range(2)]
        version = admin.ask("GET", "/problems/large")["version"]
        before = {each: processor_s(house.processes[each].pid) for each in ("gitserver", "grader")} | {"runner's side": time.process_time()}
        fetched_s = asyncio.run(fetched(house, folder / "again", version))
        after = {each: processor_s(house.processes[each].pid) for each in ("gitserver", "grader")} | {"runner's side": time.process_time()}
        peaks = {each: resident_mib(house.processes[each].pid) for each in SERVICES}
    size = bytes_of_cases / 1e6
    note = f"{size:.0f} MB of cases, a zip of {package_mb(package):.0f} MB" if package.exists() else f"{size:.0f} MB of cases"
    speed = size / fetched_s
    figures: dict[str, Any] = {
        "brought through the API, checked, committed": {"value": import_s, "unit": "s", "note": note},
        "fetched over mutual TLS, checked, on disk": {
            "value": speed, "unit": "MB/s", "goal": f"> {SPEED_GOAL_MB}", "is_met": speed > SPEED_GOAL_MB, "note": "gitserver → grader → runner's cache",
        },
        "judged, inputs fetched meanwhile": {"value": times[0], "unit": "s"},
        "judged, inputs there": {"value": times[1], "unit": "s"},
    }  # fmt: skip
    figures |= {
        f"processor of the {each} for each GB fetched": {"value": (after[each] - before[each]) / (size / 1000), "unit": "s"} for each in before
    }
    return figures | {f"{each}: most resident": at_most(peak, RESIDENT_GOAL_MIB, "MiB") for each, peak in peaks.items()}


def package_mb(package: Path) -> float:
    return package.stat().st_size / 1e6


def made_package(path: Path, total_mib: int) -> tuple[Path, int]:
    """A zip in ICPC format whose cases are numbers, answers equal to inputs, and how many bytes all files of its cases have."""
    huge = min(HUGE_MIB, total_mib // 4)
    sizes = [huge, *[PAIR_MIB // 2] * max(1, (total_mib - 2 * huge) // PAIR_MIB)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("problem.yaml", "name: Large\nlicense: public domain\nlimits:\n  memory: 256\n  output: 128\n")
        archive.writestr(".timelimit", "20\n")
        archive.writestr("problem_statement/problem.en.md", "# Large\n\nCopy.\n")
        archive.writestr("submissions/accepted/copy.c", COPY)
        archive.writestr("data/sample/1.in", "1 2\n")
        archive.writestr("data/sample/1.ans", "1  2\n")
        for number, mib in enumerate(sizes):
            for ending in ("in", "ans"):
                with archive.open(f"data/secret/{number:03}.{ending}", "w") as file:
                    for piece in pieces(number, mib, is_answer=ending == "ans"):
                        file.write(piece)
    return path, 2 * sum(sizes) * MIB


def pieces(seed: int, mib: int, *, is_answer: bool) -> Iterator[bytes]:
    """So many MiB of numbers in lines; the answer's spaces differ, so that a comparison must look at tokens and two files are two blobs."""
    source = random.Random(seed)
    for _ in range(mib):
        text = " ".join(str(source.getrandbits(30)) for _ in range(90_000))
        line = text[: MIB - 8].rpartition(" ")[0]
        pad = "\n" * (MIB - len(line)) if not is_answer else "\n" + " " * (MIB - len(line) - 2) + "\n"
        yield (line + pad).encode()


def uploaded(admin: Person, package: Path, alias: str) -> None:
    """Brings a zip without holding it in memory."""
    mark = "x7" * 16
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="alias"\r\n\r\n{alias}\r\n--{mark}\r\nContent-Disposition: form-data; '
        f'name="package"; filename="p.zip"\r\nContent-Type: application/zip\r\n\r\n'
    ).encode()
    tail = f"\r\n--{mark}--\r\n".encode()
    host, _, port = admin.url.removeprefix("http://").partition(":")
    line = http.client.HTTPConnection(host, int(port), timeout=LIMIT_S)
    line.putrequest("POST", "/api/v1/problems")
    line.putheader("Authorization", f"Bearer {admin.token}")
    line.putheader("Content-Type", f"multipart/form-data; boundary={mark}")
    line.putheader("Content-Length", str(len(head) + package.stat().st_size + len(tail)))
    line.endheaders()
    line.send(head)
    with package.open("rb") as file:
        while piece := file.read(256 << 10):
            line.send(piece)
    line.send(tail)
    answer = line.getresponse()
    said = answer.read()
    line.close()
    assert answer.status == 201, (answer.status, said[:2000])


def judged(team: Person, number: int) -> float:
    began = time.monotonic()
    one = team.submit("bench", "large", "c", f"{COPY}// {number}\n")
    found = team.verdict(one, limit_s=LIMIT_S)
    assert found["verdict"] == "AC", found
    return time.monotonic() - began


async def fetched(house: HouseOfProcesses, folder: Path, version: str) -> float:
    """Seconds for all files of the problem, as a runner with an empty cache fetches them: a few at a time, checked, on disk."""
    async with AsyncExitStack() as stack:
        peers = {name: await stack.enter_async_context(_peers(house, name)) for name in ("runner", "grader")}
        manifest = await peers["grader"].peer("gitserver").call(GITSERVER_MANIFEST, ManifestRequest("large", version))
        cache = BlobCache(folder, 4 << 30, Graders(peers["runner"], Log("runner")).file)
        await cache.open()
        began = time.monotonic()
        gate = asyncio.Semaphore(4)
        await asyncio.gather(*(_taken(cache, digest, gate) for digest in _digests(manifest)))
        took_s = time.monotonic() - began
        assert cache.fetched_bytes == sum(case.input_bytes + case.answer_bytes for case in manifest.cases)
    shutil.rmtree(folder)
    return took_s


async def _taken(cache: BlobCache, digest: str, gate: asyncio.Semaphore) -> None:
    async with gate, cache.pinned("large", digest):
        return


def _digests(manifest: JudgingManifest) -> list[str]:
    return list(dict.fromkeys(digest for case in manifest.cases for digest in (case.input, case.answer)))


def _peers(house: HouseOfProcesses, service: str) -> Peers:
    addresses = {name: [("127.0.0.1", house.ports[name])] for name in ("grader", "gitserver")}
    return Peers(service, Credentials.load(house.pki, service), AddressBook(addresses), Metrics(service, MESH_METRICS), Log(service))


def processor_s(pid: int) -> float:
    """Processor time of a process and of its children that have ended."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """The most that a process had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    for label, found in measure(int(sys.argv[1]) if len(sys.argv) > 1 else TOTAL_MIB).items():
        print(f"{label:60} {found}")
