"""The real site over a sample record, without the other services: for looking at pages, and for tests of what they show.

Run ``python -m tests.support.showroom`` and open the address that it prints; the password of everybody is printed too.
Frontend and broadcaster are real; gitserver and grader answer as the contracts say, over real lines; nobody judges or records.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from contest.limits import MIB, Limits
from mesh.backbone import House
from mesh.clock import Clock, SystemClock, TurnedClock
from mesh.database import metadata_of
from mesh.errors import NotFound, Unavailable
from mesh.ids import derived_id
from mesh.life import Life
from mesh.rpc import Call, RpcServer
from mesh.rpc.contract import Download
from mesh.settings import MeshConfig
from pki.bootstrap import bootstrap
from services.targets import TARGETS
from tests.support.sample_contest import NOW, PASSWORD, PROBLEMS, Rows, sample_rows
from wire.judging import Nothing
from wire.methods import GITSERVER_CASE, GITSERVER_FILE, GITSERVER_PROBLEM, GITSERVER_STATEMENT, GRADER_STATUS
from wire.problems import CaseFileRequest, ProblemCard, ProblemRequest, PublicFileRequest, Sample, Statement, StatementFile, StatementRequest
from wire.queues import QUEUES
from wire.record import TABLES
from wire.runners import GraderStatus, RunnerFacts, RunnerStatus

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
FILES = {
    "arches.svg": b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 70"><path d="M0 60h240M10 60V30a20 20 0 0 1 40 0v30M60 60V30a20 20 0 0 1 40 0v30M110 60V30a20 20 0 0 1 40 0v30M160 60V30a20 20 0 0 1 40 0v30M0 8h240" fill="none" stroke="#8a5a2b" stroke-width="4"/></svg>""",
    "statement.pdf": b"%PDF-1.4 a sketch of one",
    "generator.py": b"print(1)\n",
}
CASES = {
    (0, "input"): b"3\n1 40\n2 1200\n5 7\n", (0, "answer"): b"1201.0\n", (3, "input"): b"\x89PNG\0\1", (3, "answer"): b"",
    (7, "input"): b"1000\n" + b"".join(b"%d %d\n" % (number, number * number) for number in range(1000)), (7, "answer"): b"2 3 5 7 11 13 17\n",
}


class Peers:
    """The gitserver and the grader, as far as pages ask them; a subclass may answer for ``others`` too."""

    others: tuple[str, ...] = ()

    def __init__(self, statement: str = STATEMENT) -> None:
        self.statement = statement
        self.is_away = False

    def show(self, gitserver: RpcServer, grader: RpcServer, *_: RpcServer) -> None:
        gitserver.serve(GITSERVER_PROBLEM, self.card)
        gitserver.serve(GITSERVER_STATEMENT, self.source)
        gitserver.serve_download(GITSERVER_FILE, self.file)
        gitserver.serve_download(GITSERVER_CASE, self.case)
        grader.serve(GRADER_STATUS, self.status)

    async def card(self, request: ProblemRequest, _: Call) -> ProblemCard:
        self._check(request.alias)
        return _card(request.alias, request.commit)

    async def source(self, request: StatementRequest, _: Call) -> Statement:
        self._check(request.alias)
        if request.alias == "dolmens":
            swedish = request.language.startswith("sv")
            return Statement("sv" if swedish else "en", "markdown", "statement/x.md", "Dösar" if swedish else "Dolmens", "Stenar." if swedish else "Stones.")
        if request.alias == "echoes":
            return Statement("en", "pdf", "problem_statement/statement.pdf", "Echoes", "", 3)
        return Statement("en", "markdown", "problem_statement/problem.en.md", "Aqueducts", self.statement)

    async def file(self, request: PublicFileRequest, _: Call) -> Download:
        self._check(request.alias)
        content = FILES.get(request.path.rpartition("/")[2])
        if content is None:
            raise NotFound("there is no such file", code="no-such-file")
        return Download(len(content), _once(content))

    async def case(self, request: CaseFileRequest, _: Call) -> Download:
        self._check(request.alias)
        content = CASES.get((request.index, request.part))
        if content is None:
            raise NotFound("this version has no such case", code="no-such-case")
        return Download(len(content), _once(content))

    async def status(self, _: Nothing, __: Call) -> GraderStatus:
        self._check("aqueducts")
        facts = RunnerFacts("runner-2", 1, {"cpp": "g++ 12.2.0", "python3": "Python 3.11.2"}, 0.93, "delegated", "6.1.0", (1,), "3 judge errors in a row on aqueducts")
        runners = (
            RunnerStatus("runner-1", ("c", "cpp", "java", "python3"), 0.4, "a", derived_id("x"), judged=12),
            RunnerStatus("runner-2", ("cpp", "python3"), 3.1, facts=facts, judged=7, judge_errors=3), RunnerStatus("runner-3", ("c",), 0.2, is_held=True),
        )  # fmt: skip
        return GraderStatus({"contest": 7, "low": 2}, 1, runners, 4_182, 1.7)

    def _check(self, alias: str) -> None:
        if self.is_away:
            raise Unavailable("this service is away", retry_after_s=1)
        if alias not in {known for known, *_ in PROBLEMS}:
            raise NotFound(f"there is no problem {alias!r}", code="no-such-problem")


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


@asynccontextmanager
async def showroom(
    folder: Path, *, rows: Rows | None = None, clock: Clock | None = None, peers: Peers | None = None, port: int = 0, **settings: Any
) -> AsyncIterator[str]:
    """The site and its broadcaster, running over real lines; yields the address."""
    clock, mesh, peers = clock or TurnedClock(NOW), MeshConfig(folder=str(folder)), peers or Peers()
    bootstrap(folder / "pki")
    _fill(folder, mesh.record, rows or sample_rows())
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(House(mesh, QUEUES, clock))
        servers = []
        for name in ("gitserver", "grader", *peers.others):
            backbone = await stack.enter_async_context(house.backbone(name, ()))
            servers.append(backbone.server("127.0.0.1", 0, Life(name)))
        peers.show(*servers)
        for server in servers:
            await stack.enter_async_context(server.listening())
        quick = {"password_memory_kib": 64, "password_passes": 1, "port": port, "sign_ins_per_account_per_minute": 1000, **settings}
        for name, wanted in (("broadcaster", {"port": 0}), ("frontend", quick)):
            target, life = TARGETS[name], Life(name)
            backbone = await stack.enter_async_context(house.backbone(name, target.metrics()))
            await stack.enter_async_context(_running(target.run()(target.config()(**wanted), backbone, life), life))
        host, taken = house.addresses["frontend"]
        yield f"http://{host}:{taken}"


@asynccontextmanager
async def _running(service: Coroutine[Any, Any, None], life: Life) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(service)
        await life.until_ready()
        try:
            yield
        finally:
            await life.begin_stop()


def _fill(folder: Path, record_url: str, rows: Rows) -> None:
    metadata = metadata_of(TABLES)
    assert str(folder) in record_url, "the record of a showroom lies in its folder"
    engine = sa.create_engine(record_url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, values in rows.tables.items():
            blank = {one.name: None if one.is_optional else _BLANK[one.kind] for table in TABLES if table.name == name for one in table.columns}
            connection.execute(metadata.tables[name].insert(), [{**blank, **row} for row in values])
    engine.dispose()


_BLANK: dict[str, Any] = {
    "uuid": "", "name": "", "text": "", "long_text": "", "int": 0, "bool": False, "time": NOW, "json": [], "fraction": 0, "bytes": b""
}  # fmt: skip


def _card(alias: str, commit: str) -> ProblemCard:
    title = next(title for known, title, *_ in PROBLEMS if known == alias)
    samples = (Sample("1", "3\n1 40\n2 1200\n5 7\n", "1201.0\n"), Sample("2", "1\n0 0\n", "0\n", arguments=("--fast", "<b>")))
    if alias == "dolmens":
        files = tuple(StatementFile(language, "markdown", f"statement/problem.{language}.md") for language in ("en", "sv"))
        return ProblemCard(alias, title, commit, "1" * 40, Limits(), files, samples, case_count=12)
    if alias == "echoes":
        talk = Sample("1", "", "", "< 5\n> 101\n> 1\n< more\n---\n< 101\n> 5 <b>\n")
        return ProblemCard(
            alias, title, commit, "1" * 40, Limits(), (StatementFile("en", "pdf", "problem_statement/statement.pdf", pages=3),), (talk,),
            languages=("cpp", "python3"), is_interactive=True, passes=2,
        )  # fmt: skip
    return ProblemCard(
        alias, title, commit, "1" * 40, Limits(cpu_ms=2000, memory_bytes=256 * MIB), (StatementFile("en", "markdown", "problem_statement/problem.en.md"),),
        samples, ("attachments/generator.py",), "Spring Open", "CC BY-SA 4.0", "Olga Organiser", case_count=23,
        checker_note="numbers within 1e-6",
    )  # fmt: skip


async def serve(port: int, rows: Rows | None = None, peers: Peers | None = None) -> None:
    """Runs the site, prints its address first, and never returns."""
    with TemporaryDirectory() as folder:
        async with showroom(Path(folder), rows=rows, clock=SystemClock(), peers=peers, port=port) as url:
            print(f"{url} users: admin olga ana team01 … team30  password: {PASSWORD}", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--teams", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.port, sample_rows(options.teams) if options.teams else None))
