"""The real site over a sample record, without the other services: for looking at pages, and for tests of what they show.

Run ``python -m tests.support.showroom`` and open the address that it prints; the password of everybody is printed too.
Peers answer as the contracts say: problems come with a statement, nobody judges, nobody records.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from contest.limits import MIB, Limits
from mesh.cache.memory import MemoryCache
from mesh.clock import Clock, SystemClock, TurnedClock
from mesh.database import metadata_of, read_engine
from mesh.errors import NotFound, Unavailable
from mesh.ids import derived_id
from mesh.log import Log
from mesh.metrics import Metrics
from services.frontend.composition import make_desk
from services.frontend.config import Config
from services.frontend.metrics import METRICS
from services.frontend.reads.record import Record
from services.frontend.site import make_site
from tests.support.sample_contest import NOW, PASSWORD, PROBLEMS, Rows, sample_rows
from wire.judging import GraderStatus, RunnerStatus
from wire.problems import ProblemCard, Sample, Statement, StatementFile
from wire.record import TABLES

STATEMENT = r"""
The aqueduct of Segovia carries water over $n$ arches. Arch $i$ stands at position $x_i$ and can carry
at most $c_i$ amphorae a day. The engineers want to know how much water reaches the city if they may
strengthen **one** arch, so that

$$ f(k) = \max_{1 \le i \le n} \left( c_i + \sum_{j=1}^{k} \frac{x_j}{2^j} \right) . $$

![A sketch of the arches](arches.svg){width=60%}

## Input

- One line with an integer $n$ ($1 \le n \le 10^5$).
- $n$ lines, each with two integers $x_i$ and $c_i$ ($0 \le x_i, c_i \le 10^9$).

## Output

Print one number, the largest amount. Answers within an absolute or relative error of $10^{-6}$ are accepted.

| Day | Amphorae |
|-----|---------:|
| 1   | 40       |
| 2   | 1200     |
"""
ARCHES = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 70"><path d="M0 60h240M10 60V30a20 20 0 0 1 40 0v30M60 60V30a20 20 0 0 1 40 0v30M110 60V30a20 20 0 0 1 40 0v30M160 60V30a20 20 0 0 1 40 0v30M0 8h240" fill="none" stroke="#8a5a2b" stroke-width="4"/></svg>"""


class Peers:
    """The other services, as far as pages ask them."""

    def __init__(self, statement: str = STATEMENT) -> None:
        self.statement = statement
        self.is_away = False

    async def call(self, method: Any, request: Any, timeout_s: float | None = None) -> Any:
        if self.is_away:
            raise Unavailable(f"{method.service} is away", retry_after_s=1)
        match method.name:
            case "grader.status":
                runners = (RunnerStatus("runner-1", ("c", "cpp", "java", "python3"), 0.4, "a", derived_id("x")), RunnerStatus("runner-2", ("cpp", "python3"), 3.1))
                return GraderStatus({"contest": 7, "low": 2}, 1, runners, 4_182, 1.7)
            case "gitserver.problem" if any(request.alias == alias for alias, *_ in PROBLEMS):
                return _card(request.alias, request.commit)
            case "gitserver.statement" if any(request.alias == alias for alias, *_ in PROBLEMS):
                return Statement("en", "markdown", "problem_statement/problem.en.md", "Aqueducts", self.statement)
        raise NotFound(f"{method.name} is not shown here", code="no-such-problem")

    @asynccontextmanager
    async def download(self, method: Any, request: Any) -> AsyncIterator[Any]:
        if not request.path.endswith("arches.svg"):
            raise NotFound("no such file", code="no-such-file")
        yield _Bytes(ARCHES)

    async def pass_on(self, *_: Any) -> web.StreamResponse:
        raise Unavailable("nobody broadcasts here", code="broadcaster-away")


class _Bytes:
    def __init__(self, content: bytes) -> None:
        self.size_bytes = len(content)
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


class _Signer:
    def sign(self, subject: str, about: str, at: datetime, life_s: float, claims: dict[str, Any]) -> str:
        return f"{subject}:{about}"


@asynccontextmanager
async def showroom(
    folder: Path, *, rows: Rows | None = None, clock: Clock | None = None, peers: Peers | None = None, host: str = "127.0.0.1", port: int = 0, **settings: Any
) -> AsyncIterator[str]:
    """The site, listening; yields its address."""
    clock, peers = clock or TurnedClock(NOW), peers or Peers()
    _fill(folder / "record.db", rows or sample_rows())
    record = Record(read_engine(f"sqlite:///{folder / 'record.db'}"))
    cache = MemoryCache(clock)
    backbone = SimpleNamespace(
        clock=clock, log=Log("frontend"), metrics=Metrics("frontend", METRICS), cache=cache, state=cache, queue=None, topics=None, folder=folder,
        addresses={}, peer=lambda _: peers,
    )  # fmt: skip
    desk = make_desk(Config(password_memory_kib=64, password_passes=1, **settings), backbone, record, _Signer())  # type: ignore[arg-type]  # a part of a backbone is enough
    runner = web.AppRunner(make_site(desk, backbone.metrics), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await desk.passwords.aclose()
        await record.aclose()


def _fill(path: Path, rows: Rows) -> None:
    metadata = metadata_of(TABLES)
    engine = sa.create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, values in rows.tables.items():
            blank = {column.name: _BLANK[column.kind] for table in TABLES if table.name == name for column in table.columns if not column.is_optional}
            connection.execute(metadata.tables[name].insert(), [{**blank, **row} for row in values])
    engine.dispose()


_BLANK: dict[str, Any] = {
    "uuid": "", "name": "", "text": "", "long_text": "", "int": 0, "bool": False, "time": NOW, "json": [], "fraction": 0, "bytes": b""
}  # fmt: skip


def _card(alias: str, commit: str) -> ProblemCard:
    title = next(title for known, title, *_ in PROBLEMS if known == alias)
    samples = (Sample("1", "3\n1 40\n2 1200\n5 7\n", "1201.0\n"), Sample("2", "1\n0 0\n", "0\n"))
    return ProblemCard(
        alias, title, commit, "1" * 40, Limits(cpu_ms=2000, memory_bytes=256 * MIB), (StatementFile("en", "markdown", "problem_statement/problem.en.md"),),
        samples, ("attachments/generator.py",), "Spring Open 2026", "CC BY-SA 4.0", "Olga Organiser", case_count=23,
        checker_note="numbers within 1e-6",
    )  # fmt: skip


async def _serve(port: int, teams: int) -> None:
    shift = NOW - SystemClock().now()

    class Shifted(SystemClock):
        def now(self) -> datetime:
            return super().now() + shift

    with TemporaryDirectory() as folder:
        async with showroom(Path(folder), rows=sample_rows(teams) if teams else None, clock=Shifted(), port=port) as url:
            print(f"{url}  users: admin olga ana team01 … team30  password: {PASSWORD}", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--teams", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.teams))
