"""Rows of a lively record, for pages to be looked at and tested: a frozen ICPC contest, an IOI contest, one to come, one past."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from argon2 import PasswordHasher

from contest.limits import MIB, Limits
from mesh.ids import derived_id
from tests.support.sample_rejudgings import add_rejudgings

PASSWORD = "correct horse battery"
NOW = datetime.now(UTC).replace(microsecond=0)
"""The sample contest has run for 4 h 24 min then, and is frozen since 24 min; now, since certificates hold from now on."""

SCHOOLS = (
    "Universidad de Antioquia", "ETH Zürich", "Uniwersytet Warszawski", "IIT Bombay", "Universidade de São Paulo", "KTH Stockholm",
    "University of Cape Town", "Seoul National University", "Universidad de Guanajuato", "TU München", "Tehran", "Ljubljana",
)  # fmt: skip
TEAMS = (
    "Segmentation Fault", "Three Lemmas", "Off By One", "Los Tres Amigos", "Dijkstra's Disciples", "Big O No", "Null Pointers", "Pivot Point",
    "Fast Fourier Friends", "Prime Time", "Almost Surely", "Greedy But Right", "Red-Black Trees", "The Memoizers", "Stack Overlords",
    "Convex Hullabaloo", "Bit by Bit", "Ackermann's Army", "Topological Sort of", "Undefined Behaviour", "Lazy Propagators", "Heap of Trouble",
    "Min Cost Max Fun", "Infinite Loopers", "Monte Carlo Racers", "Suffix Array of Hope", "Kruskal's Kids", "Hash Collision", "Deque the Halls",
    "Binary Search Party",
)  # fmt: skip
PROBLEMS = (
    ("aqueducts", "Aqueducts", "#e6194b", 60), ("balloons", "Balloon Riders", "#ffffff", 95), ("chariots", "Chariot Race", "#ffe119", 35),
    ("dolmens", "Dolmens in a Row", "#4363d8", 20), ("echoes", "Echoes", "#f58231", 12), ("frescoes", "Frescoes", "#911eb4", 6),
    ("gymnasion", "The Gymnasion", "#46f0f0", 3), ("hoplites", "Hoplites", "#000000", 45), ("iambs", "Iambs and Trochees", "#3cb44b", 70),
    ("javelin", "Javelin Throw", "#f032e6", 15), ("kithara", "Tuning a Kithara", "#9a6324", 0),
)  # fmt: skip

SOURCES = {
    "cpp": ("cpp", "#include <iostream>\n\nint main() {\n    long long n, sum = 0;\n    std::cin >> n;\n    while (n --> 0) {\n        long long x;\n        std::cin >> x;\n        sum += x;  // 64 bits: 10^5 times 10^9\n    }\n    std::cout << sum << '\\n';\n}\n"),
    "python3": ("py", "import sys\n\n\ndef main():\n    n, *numbers = map(int, sys.stdin.read().split())\n    print(sum(numbers[:n]))\n\n\nmain()\n"),
    "java": ("java", "import java.util.Scanner;\n\npublic class Main {\n    public static void main(String[] arguments) {\n        Scanner in = new Scanner(System.in);\n        long sum = 0;\n        for (int n = in.nextInt(); n > 0; n--) sum += in.nextLong();\n        System.out.println(sum);\n    }\n}\n"),
}
"""What was handed in, by language: the ending of its file, and its text."""


@dataclass(slots=True)
class Rows:
    """What goes into each table, by its name."""

    tables: dict[str, list[dict[str, Any]]]

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)


def sample_rows(team_count: int = len(TEAMS)) -> Rows:
    """The whole record."""
    rows, dice = Rows({}), random.Random(7)
    secret = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    for username, name, role in (("admin", "The Admin", "admin"), ("olga", "Olga Organiser", "organiser"), ("ana", "Ana Contestant", "contestant")):
        _account(rows, username, name, role, secret)
    for alias, title, _, share in PROBLEMS:
        _problem(rows, alias, title, case_count=10 + share % 17)
    _contest(rows, "spring-open", "Spring Open", "icpc", NOW - timedelta(hours=4, minutes=24, seconds=30), 5 * 3600, 3600)
    _contest(rows, "class-7", "Algorithms class, week 7: dynamic programming", "ioi", NOW - timedelta(hours=26), 7 * 86400, 0)
    _contest(rows, "summer-cup", "Summer Cup", "icpc", NOW + timedelta(days=12, hours=3), 5 * 3600, 3600)
    _contest(rows, "winter-open", "Winter Open", "icpc", NOW - timedelta(days=151), 5 * 3600, 3600, thawed_at=NOW - timedelta(days=150))
    for contest, count in (("spring-open", 11), ("class-7", 4), ("summer-cup", 6), ("winter-open", 8)):
        for place, (alias, _, color, _) in enumerate(PROBLEMS[:count]):
            rows.add("contest_problems", contest=contest, alias=alias, place=place, label="ABCDEFGHIJKLM"[place], color=color, points=Fraction(100))
    names = [TEAMS[number] if number < len(TEAMS) else f"{TEAMS[number % len(TEAMS)]} {number // len(TEAMS) + 1}" for number in range(team_count)]
    for number, name in enumerate(names):
        username = f"team{number + 1:02}"
        _account(rows, username, name, "contestant", secret)
        for contest in ("spring-open", "class-7", "winter-open"):
            rows.add("contestants", contest=contest, username=username, name=name, team_group=SCHOOLS[number % len(SCHOOLS)], registered_at=NOW - timedelta(days=1))
        skill = dice.betavariate(2, 3)
        _submissions(rows, dice, username, skill)
        _scores(rows, dice, username, skill)
    _clarifications(rows)
    _webhook(rows)
    add_rejudgings(rows.tables, NOW)
    return rows


def _account(rows: Rows, username: str, name: str, role: str, secret: str) -> None:
    rows.add(
        "accounts", username=username, name=name, password_hash=secret, role=role, email="",
        created_at=NOW - timedelta(days=30), password_changed_at=NOW - timedelta(days=30),
    )  # fmt: skip


def _webhook(rows: Rows) -> None:
    """One team's webhook and its last calls, in every state that there is."""
    url, mine = "https://judge.team-one.example/palestra/verdicts", [row for row in rows.tables["submissions"] if row["username"] == "team01"]
    rows.add("webhooks", username="team01", url=url, secret="whsec_" + "A" * 44, changed_at=NOW - timedelta(hours=5))
    for number, (status, tries, answer, error) in enumerate((
        ("waiting", 0, 0, ""), ("waiting", 3, 503, "answered 503"), ("delivered", 1, 204, ""), ("delivered", 4, 200, ""),
        ("failed", 10, 0, "the receiver's certificate is refused: certificate has expired"),
    )):  # fmt: skip
        at = NOW - timedelta(minutes=7 * number, seconds=13)
        rows.add(
            "deliveries", id=derived_id("sample", str(number)), username="team01", submission=mine[number % len(mine)]["id"], run="", url=url, body="{}",
            status=status, tries=tries, http_status=answer, error=error, created_at=at, changed_at=at, kind="verdict", generation=1, sends=1,
        )  # fmt: skip


def _problem(rows: Rows, alias: str, title: str, case_count: int) -> None:
    rows.add(
        "problems", alias=alias, title=title, owner="olga", commit_hash=derived_id(alias).replace("-", "") + "00000000",
        version=_version_of(alias), limits=Limits(cpu_ms=2000, memory_bytes=256 * MIB), case_count=case_count, samples=2,
        statement_languages=["en"], has_pdf=False, is_scoring=False, max_score=Fraction(1), changed_at=NOW - timedelta(days=9),
    )  # fmt: skip


def _version_of(problem: str) -> str:
    return derived_id("v", problem).replace("-", "") + "11111111"


def _contest(rows: Rows, alias: str, title: str, mode: str, start: datetime, duration_s: int, freeze_s: int, thawed_at: datetime | None = None) -> None:
    description = "Three people, one computer. Ask anything that is unclear; we read every question.\n\nGood luck, and **have fun**."
    rows.add(
        "contests", alias=alias, title=title, description=description, organiser="olga", mode=mode, start_at=start, duration_s=duration_s, freeze_s=freeze_s,
        penalty_s=1200, thawed_at=thawed_at, languages=[], is_public=True, seq=512, feedback="verdict", compile_feedback="always", created_at=NOW - timedelta(days=40),
    )  # fmt: skip


def _submissions(rows: Rows, dice: random.Random, username: str, skill: float) -> None:
    start = NOW - timedelta(hours=4, minutes=24, seconds=30)
    for alias, _, _, share in PROBLEMS:
        ease = share / 100
        if dice.random() > min(0.95, ease + skill * 0.8):
            continue
        at = dice.uniform(8, 300) * (1.2 - skill)
        for attempt in range(dice.randint(1, 4)):
            minute = min(263.5, at + attempt * dice.uniform(3, 25))
            is_accepted = dice.random() < 0.35 + ease * 0.4 + skill * 0.2
            is_waiting = minute > 262.5
            verdict = None if is_waiting else "AC" if is_accepted else dice.choice(("WA", "WA", "WA", "TLE", "TLE", "RTE", "CE", "MLE"))
            _submission(rows, dice, "spring-open", username, alias, start + timedelta(minutes=minute), verdict, attempt)
            if verdict in {"AC", None}:
                break


def _scores(rows: Rows, dice: random.Random, username: str, skill: float) -> None:
    for alias, _, _, _ in PROBLEMS[:4]:
        for attempt in range(dice.randint(0, 3)):
            score = min(Fraction(1), Fraction(round((skill + dice.random()) * 12), 18))
            verdict = "AC" if score == 1 else "PA" if score else "WA"
            at = NOW - timedelta(hours=dice.uniform(1, 25)) + timedelta(minutes=attempt)
            _submission(rows, dice, "class-7", username, alias, at, verdict, attempt, score)


def _submission(
    rows: Rows, dice: random.Random, contest: str, username: str, alias: str, at: datetime, verdict: str | None, attempt: int, score: Fraction | None = None
) -> None:
    submission = derived_id("submission", contest, username, alias, str(attempt))
    run = derived_id("run", submission)
    judged = verdict is not None
    worth = score if score is not None else Fraction(verdict == "AC")
    time_ms, memory = dice.randint(12, 1900), dice.randint(3, 120) * MIB
    language = dice.choice(("cpp", "python3", "java"))
    ending, source = SOURCES[language]
    rows.add(
        "submissions", id=submission, contest=contest, problem=alias, username=username, language=language,
        filename=f"{alias}.{ending}", source=source, submitted_at=at, recorded_at=at, priority="contest", is_on_board=True,
        status="judged" if judged else "queued", run=run, verdict=verdict, score=worth if judged else None, time_ms=time_ms if judged else None,
        memory_bytes=memory if judged else None, judged_at=at + timedelta(seconds=3) if judged else None, correlation="",
    )  # fmt: skip
    cases = [
        {"index": index, "verdict": verdict if index == 6 else "AC", "time_ms": dice.randint(1, time_ms), "memory_bytes": memory, "message": ""}
        for index in range(7 if verdict != "AC" else 12)
    ]
    output = "main.cpp: In function 'int main()':\nmain.cpp:7:9: error: 'cin' was not declared in this scope; did you mean 'std::cin'?" if verdict == "CE" else ""
    rows.add(
        "runs", id=run, submission=submission, version=_version_of(alias), created_at=at, sent_at=at, sends=1, attempt=None, verdict=verdict,
        score=worth if judged else None, time_ms=time_ms, memory_bytes=memory, cases=cases if judged and verdict != "CE" else [],
        decisive_case=6 if judged and verdict not in {"AC", "CE"} else None, compile_output=output, runner="runner-1", judged_at=at if judged else None,
    )  # fmt: skip


def _clarifications(rows: Rows) -> None:
    def add(number: int, minutes: int, **more: Any) -> None:
        row: dict[str, Any] = {
            "id": derived_id("clarification", str(number)), "contest": "spring-open", "problem": "", "username": "team01", "answer": None, "answered_by": None,
            "answered_at": None, "is_public": False, "is_announcement": False, "asked_at": NOW - timedelta(minutes=minutes), **more,
        }  # fmt: skip
        rows.add("clarifications", **row)

    add(1, 200, text="Welcome! Lunch is in the hall from 12:00 on. Printouts are brought to your table.", is_announcement=True, username="olga")
    add(2, 150, text="Can two aqueducts share a spring?", problem="aqueducts", answer="Yes, as the second sample shows.", answered_by="olga", answered_at=NOW - timedelta(minutes=147), is_public=True)
    add(3, 60, text="Is n the number of riders or of balloons?", problem="balloons", answer="Read the section “Input” again.", answered_by="olga", answered_at=NOW - timedelta(minutes=58))
    add(4, 9, text="The statement says “at most 10^5” and the sample has 0. May n be 0?", problem="chariots")
    add(5, 4, text="Our keyboard lost its Q. May we have another one?")
