"""What pages find hard, for whoever looks at them: long names and wide letters, fifteen problems, two hundred teams, subtasks, long outputs, trouble.

Beside the rows of `sample_contest`; the peers answer as a house does in which much is wrong. No test of behaviour rests on this.
Run ``python -m tests.support.sample_hard`` to look at it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from contest.limits import MIB
from contest.results import CaseResult, GroupResult
from contest.verdicts import Verdict
from mesh.codec import as_builtins
from mesh.ids import derived_id
from mesh.rpc import Call, RpcServer
from mesh.rpc.contract import Download
from tests.support.sample_contest import NOW, PROBLEMS, Rows, sample_rows
from tests.support.showroom import Peers, serve
from wire.judging import Nothing
from wire.methods import UNDERTAKING
from wire.problems import Finding, ProblemCard, ProblemRequest, PublicFileRequest, Statement, StatementRequest
from wire.queues import QUEUES
from wire.runners import GraderStatus, RunnerFacts, RunnerStatus
from wire.undertaking import DeadMessage, DeadMessages, DeadRequest, QueueState, QueueStates
from wire.verification import LimitEvidence, LimitRule, SubmissionReport

CONTEST = "continental"
TITLE = "Campeonato Latinoamericano de Programación 2026: Gran Premio, tercera fecha (en línea, todas las sedes)"
LONG_PROBLEMS = (
    "A Walk Through the Kingdom of Unreasonably Long Problem Titles and Back Again", "競技プログラミングの鉄則、最長共通部分列", "Перестановки и отражения",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "E",
)  # fmt: skip
LONG_TEAMS = (
    "The Team That Could Not Agree On a Shorter Name And Therefore Kept All Seventeen Proposals", "算法竞赛队伍、三个和尚没水喝", "فريق الخوارزميات",
    "Donaudampfschifffahrtskapitänsmützenabzeichenfabrik", "🦀🦀🦀", "x",
)  # fmt: skip
LONG_SCHOOLS = (
    "Instituto Tecnológico y de Estudios Superiores de Monterrey, Campus Ciudad de México", "東京大学大学院情報理工学系研究科", "Санкт-Петербургский государственный университет",
    "UNAM",
)  # fmt: skip
IDS = {name: derived_id("hard", name) for name in ("subtasks", "difference", "compile", "waiting", "refused", "many-cases", "by-hand")}
"""Submissions, by what is hard about them: of ``team01``."""

TEMPLATES = "\n".join(
    f"main.cpp:{40 + number}:{number % 70 + 3}: error: no match for 'operator<' (operand types are 'const std::pair<std::vector<long long int>, "
    f"std::unordered_map<std::string, std::array<std::tuple<int, int, double>, 4> > >' and 'const int')\n   {40 + number} |     if (best[{number}] < limit) {{\n"
    "      |         ~~~~~~~ ^ ~~~~~"
    for number in range(60)
)
DIFFERENCE = "  line 3 of 1000\n  7 11 13 17\n- 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97 101 103 107 109 113 127 131 137 139 149 151 157 163\n+ 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97 101 103 107 109 113 127 131 137 139 149 151 157 164\n  the end"


def hard_rows() -> Rows:
    """The sample record with all of it."""
    rows, dice = sample_rows(), random.Random(11)
    _contest(rows)
    _teams(rows, dice)
    _hard_submissions(rows)
    _report(rows)
    return rows


def _contest(rows: Rows) -> None:
    model = next(row for row in rows.tables["contests"] if row["alias"] == "spring-open")
    rows.add("contests", **{**model, "alias": CONTEST, "title": TITLE, "feedback": "cases", "compile_feedback": "errors", "languages": ["c", "cpp", "java", "python3", "pypy3"]})
    rows.add("contests", **{**model, "alias": "empty-cup", "title": "Empty Cup", "description": "", "is_public": False})
    next(row for row in rows.tables["contests"] if row["alias"] == "class-7")["feedback"] = "cases"
    problem = rows.tables["problems"][0]
    known = [(alias, title, color) for alias, title, color, _ in PROBLEMS]
    for number, title in enumerate(LONG_PROBLEMS):
        rows.add("problems", **{**problem, "alias": f"long-{number}", "title": title, "is_scoring": True, "max_score": Fraction(100)})
        known.insert(number * 3, (f"long-{number}", title, ("#808080", "#808000", "#000075", "#fabed4", "#ffd8b1")[number]))
    for place, (alias, _, color) in enumerate(known[:15]):
        rows.add("contest_problems", contest=CONTEST, alias=alias, place=place, label="ABCDEFGHIJKLMNO"[place], color=color, points=Fraction(100))


def _teams(rows: Rows, dice: random.Random) -> None:
    account = next(row for row in rows.tables["accounts"] if row["username"] == "team01")
    model = next(row for row in rows.tables["submissions"] if row["contest"] == "spring-open" and row["verdict"] == "AC")
    problems = [row["alias"] for row in rows.tables["contest_problems"] if row["contest"] == CONTEST]
    for number in range(200):
        username = f"team{number + 1:02}"
        name = LONG_TEAMS[number // 7 % len(LONG_TEAMS)] if number % 7 == 3 else f"Sede {number // 9 + 1}, equipo {number % 9 + 1}"
        if number >= 30:
            rows.add("accounts", **{**account, "username": username, "name": name})
        rows.add("contestants", contest=CONTEST, username=username, name=name, team_group=LONG_SCHOOLS[number % len(LONG_SCHOOLS)], registered_at=NOW - timedelta(days=1))
        for alias in dice.sample(problems, k=min(len(problems), int(dice.betavariate(2, 3) * 15))):
            for attempt in range(dice.randint(1, 3)):
                verdict = dice.choice(("AC", "AC", "WA", "TLE", "RTE"))
                rows.add("submissions", **{
                    **model, "id": derived_id("hard", username, alias, str(attempt)), "contest": CONTEST, "problem": alias, "username": username, "verdict": verdict,
                    "score": Fraction(verdict == "AC"), "submitted_at": NOW - timedelta(minutes=dice.randint(25, 260)),
                })  # fmt: skip
                if verdict == "AC":
                    break


def _hard_submissions(rows: Rows) -> None:
    model = next(row for row in rows.tables["submissions"] if row["username"] == "team01" and row["verdict"] == "WA")
    run = next(row for row in rows.tables["runs"] if row["id"] == model["run"])

    def add(name: str, minutes: int, submission: dict[str, Any], judged: dict[str, Any]) -> None:
        key = derived_id("hard-run", name)
        rows.add("submissions", **{**model, "id": IDS[name], "run": key, "contest": CONTEST, "problem": "aqueducts", "submitted_at": NOW - timedelta(minutes=minutes), **submission})
        rows.add("runs", **{**run, "id": key, "submission": IDS[name], "cases": [], **judged})

    subtasks = [
        CaseResult(index, Verdict.AC if index % 5 or index < 9 else Verdict.TLE, 20 + 61 * (index % 30), (3 + index) * MIB, name=f"secret/{1 + index // 12}-group/{index:03}", is_sample=index < 2)
        for index in range(48)
    ]
    groups = (
        GroupResult("secret/1-small", Verdict.AC, Fraction(10), Fraction(10), 12, 12), GroupResult("secret/2-no-overflow", Verdict.TLE, Fraction(0), Fraction(25), 12, 7),
        GroupResult("secret/3-a-tree-with-a-very-long-name-of-its-group", Verdict.PA, Fraction(35, 2), Fraction(30), 12, 12), GroupResult("secret/4-all", None, Fraction(0), Fraction(35), 14, 0),
    )  # fmt: skip
    add("subtasks", 3, {"contest": "class-7", "problem": "balloons", "verdict": "PA", "score": Fraction(55, 200)}, {
        "verdict": "PA", "score": Fraction(55, 200), "cases": as_builtins(subtasks), "group_results": as_builtins(groups), "decisive_case": 10,
    })  # fmt: skip
    wrong = [CaseResult(index, Verdict.AC, 12, 4 * MIB, name=f"secret/{index:02}", is_sample=index < 2) for index in range(8)]
    wrong[7] = replace(
        wrong[7], verdict=Verdict.WA, message="line 4, token 31: expected 163, found 164\n(the checker read 4 of 1000 lines)", difference=DIFFERENCE,
        output_head="\n".join(" ".join(str(one * line) for one in range(60)) for line in range(1, 30)), given="--mode fast --seed 7", description="Primes near powers of two",
        hint="Look at what happens near 2^31.", is_repeated=True,
    )  # fmt: skip
    add("difference", 4, {"verdict": "WA"}, {"verdict": "WA", "cases": as_builtins(wrong), "decisive_case": 7, "runner": "judge-host-17.cluster.example.org/slot-3"})
    add("compile", 5, {"verdict": "CE", "language": "cpp", "filename": "a_really_long_file_name_that_somebody_gave_to_the_solution_final_v2_really_final.cpp"}, {"verdict": "CE", "compile_output": TEMPLATES})
    add("waiting", 1, {"verdict": None, "score": None, "status": "queued", "language": "haskell", "judged_at": None, "time_ms": None, "memory_bytes": None}, {"verdict": None, "score": None, "judged_at": None})
    many = [CaseResult(index, Verdict.AC, index, 4 * MIB, name=f"secret/{index:03}") for index in range(240)]
    add("many-cases", 6, {"verdict": "AC", "score": Fraction(1)}, {"verdict": "AC", "score": Fraction(1), "cases": as_builtins(many), "decisive_case": None})
    add("by-hand", 7, {"verdict": "AC", "score": Fraction(1)}, {"verdict": "AC", "score": Fraction(1), "by_hand": "olga", "reason": "The statement of problem A allowed both readings until 11:20; who read it the other way is not to lose by it."})


def _report(rows: Rows) -> None:
    findings = (
        Finding("error", "submission-unexpected", "submissions/wrong_answer/greedy_without_sorting_by_right_end_first.py", "got AC, expected WA: no case of the package tells it from a right one"),
        Finding("error", "invalid-input", "data/secret/3-a-tree-with-a-very-long-name-of-its-group/017-random-tree-with-100000-vertices.in", "input_validators/check.py says no\nTraceback (most recent call last):\n  File \"/box/check.py\", line 14, in <module>\n    assert 1 <= n <= 10**5, f\"n is {n}, and the statement promises that it is between 1 and 100000 in each and every one of the cases\"\nAssertionError: n is 100001"),
        Finding("warning", "limit-too-tight", "submissions/accepted/olga.java", "needs 1.9 s of 2 s"),
        Finding("warning", "no-license", "problem.yaml", "no license is named: whoever wants to use the problem does not know whether he may"),
        Finding("hint", "statement-in-one-language", "", "There is a statement in English only"),
    )  # fmt: skip
    tried = (
        SubmissionReport("submissions/accepted/olga.cpp", "cpp", ("AC",), Verdict.AC, Fraction(1), 640, 20 * MIB, "secret/3-a-tree/017-random"),
        SubmissionReport("submissions/accepted/olga.java", "java", ("AC",), Verdict.AC, Fraction(1), 1900, 180 * MIB, "secret/3-a-tree/017-random", limit_ms=4000),
        SubmissionReport("submissions/time_limit_exceeded/quadratic_with_a_long_name.py", "python3", ("TLE", "RTE"), Verdict.TLE, Fraction(0), 2950, 12 * MIB, "secret/2/09"),
        SubmissionReport("submissions/wrong_answer/greedy_without_sorting_by_right_end_first.py", "python3", ("WA",), Verdict.AC, Fraction(1), 300, 9 * MIB, "secret/1/01", is_allowed=False, message="all 23 cases are right\nthe closest was secret/2/07: 1201.0000009 for 1201.0"),
    )  # fmt: skip
    evidence = LimitEvidence(2000, LimitRule(is_stated=False), "submissions/accepted/olga.cpp", 640, "submissions/time_limit_exceeded/quadratic_with_a_long_name.py", 2950, 2000)
    for alias, state in (("aqueducts", "failed"), ("balloons", "passed"), ("chariots", "waiting"), ("dolmens", "warned")):
        problem = next(row for row in rows.tables["problems"] if row["alias"] == alias)
        has_ended = state != "waiting"
        rows.add(
            "reports", alias=alias, commit_hash=problem["commit_hash"], version=problem["version"], state=state, asked_at=NOW - timedelta(hours=3), sent_at=NOW - timedelta(hours=3), sends=1,
            findings=as_builtins(findings if state == "failed" else ()), submissions=as_builtins(tried if has_ended else ()), evidence=as_builtins(evidence) if has_ended else None,
            ended_at=NOW - timedelta(hours=2) if has_ended else None,
        )  # fmt: skip


class TroubledPeers(Peers):
    """The services of a house in which much is wrong: dead letters, runners that are out, languages that nobody offers."""

    others = ("recorder", "mailer")

    def show(self, gitserver: RpcServer, grader: RpcServer, *others: RpcServer) -> None:
        super().show(gitserver, grader)
        for name, server in zip(("grader", *self.others), (grader, *others), strict=True):
            server.serve(UNDERTAKING[name].queues, self._queues(name))
            server.serve(UNDERTAKING[name].dead, self._dead)

    async def card(self, request: ProblemRequest, call: Call) -> ProblemCard:
        if not request.alias.startswith("long-"):
            return await super().card(request, call)
        card = await super().card(replace(request, alias="aqueducts"), call)
        return replace(card, alias=request.alias, title=LONG_PROBLEMS[int(request.alias[-1])])

    async def source(self, request: StatementRequest, call: Call) -> Statement:
        return await super().source(replace(request, alias="aqueducts") if request.alias.startswith("long-") else request, call)

    async def file(self, request: PublicFileRequest, call: Call) -> Download:
        return await super().file(replace(request, alias="aqueducts") if request.alias.startswith("long-") else request, call)

    def _queues(self, service: str) -> Any:
        async def queues(_: Nothing, __: Call) -> QueueStates:
            mine = [queue.name for queue in QUEUES if service in queue.consumers]
            return QueueStates(tuple(QueueState(name, 1_234 * (not number), 1, 17, 2 if name == "CommandQueue" else 0, 3) for number, name in enumerate(mine)), strays=3)

        return queues

    async def _dead(self, request: DeadRequest, _: Call) -> DeadMessages:
        if request.queue != "CommandQueue":
            return DeadMessages((), 0)
        body = '{"kind":"Submit","id":"' + derived_id("dead") + '","actor":"team01","at":"2026-03-01T10:00:00Z","body":{"contest":"continental","problem":"aqueducts","source":"' + "x" * 400 + '"}}'
        letters = (
            DeadMessage(derived_id("dead"), "bad-shape: Object missing required field `language` - at `$.body`", 12, "corr-5f0e", 612, body, {"kind": "Submit", "x-first-death-queue": "CommandQueue", "x-tries": "12"}),
            DeadMessage(derived_id("dead", "2"), "record-unavailable: the record did not answer within 10 s", 12, "", 14, "not { json", {}),
        )  # fmt: skip
        return DeadMessages(letters, 2)

    async def status(self, _: Nothing, __: Call) -> GraderStatus:
        versions = {"c": "gcc (Debian 12.2.0-14) 12.2.0", "cpp": "g++ (Debian 12.2.0-14) 12.2.0", "java": 'openjdk version "17.0.12" 2024-07-16', "python3": "Python 3.11.2"}
        well = RunnerFacts("judge-host-17.cluster.example.org", 4, versions, 1.04, "delegated", "6.1.0-23-amd64", (0, 1, 2), unpinned=1)
        out = RunnerFacts("judge-host-18", 1, {"python3": "Python 3.11.2"}, 0.93, "root", "6.1.0", (1,), "3 judge errors in a row on aqueducts: the control group could not be made (no space left on device)")
        at_work = "difference"
        runners = (
            *(RunnerStatus(f"judge-host-17.cluster.example.org/slot-{number}", tuple(versions), 0.4, "a" if number < 3 else "", IDS[at_work] if number == 1 else "", well, judged=1_200 + number) for number in range(1, 5)),
            RunnerStatus("judge-host-18/slot-1", ("python3",), 3.1, facts=out, judged=7, judge_errors=3), RunnerStatus("old-runner", ("c",), 0.2, is_held=True),
        )  # fmt: skip
        return GraderStatus({"contest": 1_207, "normal": 12, "low": 300, "ephemeral": None}, 3, runners, 40_182, 133.0, 2.4, 312.0, {"contest": 100}, {"haskell": 2, "rust": 1})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    asyncio.run(serve(parser.parse_args().port, hard_rows(), TroubledPeers()))
