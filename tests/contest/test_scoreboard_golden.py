"""Whole contests as a person would write them down, with the boards that must come out."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from contest.facts import BoardProblem, BoardTeam, Judged, Submitted
from contest.rules import Audience, ContestRules, Mode
from contest.scoreboard import Scoreboard
from contest.verdicts import Verdict
from tests.contest.worlds import START

TEAMS = tuple(BoardTeam(name, name.title()) for name in ("ada", "bob", "cyd", "dan", "eve"))
SIGNS = {"solved": "+", "pending": "?", "partial": "~", "tried": "-", "empty": "."}

ICPC_CONTEST = """
  4:10 ada A WA      a rejected try costs 20 minutes once the problem is solved
  9:59 ada A AC      9 whole minutes
 12:00 bob A CE      costs nothing
 13:00 bob A AC
 14:00 bob A WA      after the solve: nothing
 30:00 cyd B JE      our fault: nothing
 31:00 cyd B RTE
 33:00 cyd B AC      first at B
 40:00 dan B AC
 41:00 dan A PA      partly right is wrong here
 50:30 ada B ?       still in judging
 55:00 eve C WA      never solved: no penalty
240:00 dan A AC      the freeze begins
241:00 bob B WA
242:00 eve A TLE
"""

ICPC_JURY = """
1 Dan  2 300:00 240:00  A + 2 @240:00 1    B + 1 @40:00 1     C . 0 @- 0
2 Bob  1 13:00  13:00   A + 1 @13:00 1     B - 1 @- 0         C . 0 @- 0
3 Ada  1 29:00  9:59    A + 2 @9:59 1 *    B ? 0 @- 0 (1)     C . 0 @- 0
4 Cyd  1 53:00  33:00   A . 0 @- 0         B + 2 @33:00 1 *   C . 0 @- 0
5 Eve  0 0:00   0:00    A - 1 @- 0         B . 0 @- 0         C - 1 @- 0
"""

ICPC_PUBLIC = """
1 Bob  1 13:00  13:00   A + 1 @13:00 1     B ? 0 @- 0 (1)     C . 0 @- 0
2 Ada  1 29:00  9:59    A + 2 @9:59 1 *    B ? 0 @- 0 (1)     C . 0 @- 0
3 Dan  1 40:00  40:00   A ? 1 @- 0 (1)     B + 1 @40:00 1     C . 0 @- 0
4 Cyd  1 53:00  33:00   A . 0 @- 0         B + 2 @33:00 1 *   C . 0 @- 0
5 Eve  0 0:00   0:00    A ? 0 @- 0 (1)     B . 0 @- 0         C - 1 @- 0
"""

IOI_CONTEST = """
  1:00 ada A PA 20     20 of 60
  2:00 ada A PA 10     worse: the best counts
  3:00 bob A AC 60     first with the full score
  4:00 cyd A AC 60
  5:00 dan A PA 20
  6:00 ada B WA 0
  7:00 bob B PA 1      a third of 10 points
  8:00 dan B CE 0
 10:00 cyd B PA 1
240:00 eve A AC 60     frozen
241:00 dan A AC 60
"""

IOI_JURY = """
1 Bob  1 0:00   7:00    A + 1 @3:00 100 *  B ~ 1 @7:00 10/3   C . 0 @- 0      310/3
1 Cyd  1 0:00   10:00   A + 1 @4:00 100    B ~ 1 @10:00 10/3  C . 0 @- 0      310/3
3 Dan  1 0:00   241:00  A + 2 @241:00 100  B . 0 @- 0         C . 0 @- 0      100
3 Eve  1 0:00   240:00  A + 1 @240:00 100  B . 0 @- 0         C . 0 @- 0      100
5 Ada  0 0:00   1:00    A ~ 2 @1:00 100/3  B - 1 @- 0         C . 0 @- 0      100/3
"""

IOI_PUBLIC = """
1 Bob  1 0:00   7:00    A + 1 @3:00 100 *  B ~ 1 @7:00 10/3   C . 0 @- 0      310/3
1 Cyd  1 0:00   10:00   A + 1 @4:00 100    B ~ 1 @10:00 10/3  C . 0 @- 0      310/3
3 Ada  0 0:00   1:00    A ~ 2 @1:00 100/3  B - 1 @- 0         C . 0 @- 0      100/3
3 Dan  0 0:00   5:00    A ? 1 @5:00 100/3 (1) B . 0 @- 0      C . 0 @- 0      100/3
5 Eve  0 0:00   0:00    A ? 0 @- 0 (1)     B . 0 @- 0         C . 0 @- 0      0
"""


def play(script: str, mode: Mode, audience: Audience) -> Scoreboard:
    problems = [
        BoardProblem("apples", "A", points=Fraction(100), max_score=Fraction(60)),
        BoardProblem("bridges", "B", points=Fraction(10), max_score=Fraction(3)),
        BoardProblem("cables", "C"),
    ]
    alias_of = {problem.label: problem.alias for problem in problems}
    board = Scoreboard("finals", ContestRules(mode, START, 300 * 60, freeze_s=3600), problems, TEAMS, audience)
    for number, line in enumerate(script.strip("\n").splitlines()):
        time, who, label, verdict, *rest = line.split()
        minutes, seconds = time.split(":")
        board.apply(Submitted(f"s{number}", who, alias_of[label], START + timedelta(minutes=int(minutes), seconds=int(seconds))), number)
        if verdict != "?":
            score = Fraction(rest[0]) if mode is Mode.IOI else Fraction(verdict == "AC")
            board.apply(Judged(f"s{number}", Verdict(verdict), score), number)
    return board


def clock(seconds: int | None) -> str:
    return "-" if seconds is None else f"{seconds // 60}:{seconds % 60:02}"


def table(board: Scoreboard, mode: Mode) -> list[str]:
    lines = []
    for row in board.rows():
        words = [str(row["rank"]), row["name"], str(row["solved"]), clock(row["penalty_s"]), clock(row["last_s"])]
        for cell in row["cells"]:
            words += [cell["label"], SIGNS[cell["state"]], str(cell["tries"]), "@" + clock(cell["time_s"]), cell["score"]]
            words += [f"({cell['pending']})"] * bool(cell["pending"]) + ["*"] * cell["is_first"]
        lines.append(" ".join([*words, row["score"]] if mode is Mode.IOI else words))
    return lines


def told(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.strip("\n").splitlines()]


def test_icpc_jury_board() -> None:
    assert table(play(ICPC_CONTEST, Mode.ICPC, Audience.JURY), Mode.ICPC) == told(ICPC_JURY)


def test_icpc_public_board_in_the_freeze() -> None:
    assert table(play(ICPC_CONTEST, Mode.ICPC, Audience.PUBLIC), Mode.ICPC) == told(ICPC_PUBLIC)


def test_ioi_jury_board() -> None:
    assert table(play(IOI_CONTEST, Mode.IOI, Audience.JURY), Mode.IOI) == told(IOI_JURY)


def test_ioi_public_board_in_the_freeze() -> None:
    assert table(play(IOI_CONTEST, Mode.IOI, Audience.PUBLIC), Mode.IOI) == told(IOI_PUBLIC)


def test_ties_share_a_rank_and_stand_by_name() -> None:
    script = "\n".join(f"10:00 {team.username} A AC" for team in reversed(TEAMS[:4]))
    rows = play(script, Mode.ICPC, Audience.JURY).rows()
    assert [(row["name"], row["place"], row["rank"]) for row in rows] == [("Ada", 0, 1), ("Bob", 1, 1), ("Cyd", 2, 1), ("Dan", 3, 1), ("Eve", 4, 5)]


def test_earlier_last_accepted_wins_when_solved_and_penalty_tie() -> None:
    script = "10:00 bob A AC\n20:59 bob B AC\n15:00 ada A AC\n15:30 ada B AC"
    rows = play(script, Mode.ICPC, Audience.JURY).rows()
    assert [(row["name"], row["rank"], row["penalty_s"], row["last_s"]) for row in rows[:2]] == [("Ada", 1, 1800, 930), ("Bob", 2, 1800, 1259)]
