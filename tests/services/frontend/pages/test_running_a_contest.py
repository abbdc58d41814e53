"""An organiser's and a contestant's day without scripts: a package, a contest, teams, a submission, a question, against the real services."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

from contest.rules import Mode
from services.frontend.reads.contests import Contest, Contests
from services.frontend.reads.record import Record
from tests.services.frontend.pages.conftest import Town
from tests.services.frontend.pages.visitor import Visitor
from tests.support.contests import RIGHT, sum_package
from tests.support.markup import faults_of


async def _with_problem(town: Town) -> Visitor:
    admin = await town.admin()
    page = await admin.fill_in("/problems", "/problems", {"package": ("sum.zip", sum_package())}, alias="sum")
    assert page.status == 201, page.text
    assert "A plus B is in." in page.text
    return admin


async def _with_contest(town: Town, admin: Visitor, **fields: str) -> None:
    start = (town.world.clock.now() - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M")
    made = await admin.fill_in("/contests/new", "/contests/new", **{"title": "Finals", "alias": "finals", "start": start, "pick": "sum", "label-sum": "A", **fields})
    assert (made.status, made.location) == (303, "/contests/finals/teams?told=created"), made.text


async def _with_teams(town: Town, admin: Visitor) -> dict[str, str]:
    slips = await admin.fill_in("/contests/finals/teams", "/contests/finals/teams", lines="ana, Team Ana, School\nbob\tTeam Bob", creates="yes")
    assert slips.status == 200, slips.text
    assert not faults_of(slips.html)
    codes = [one.text for one in slips.tree.with_class("slips")[0].all("code")]
    return dict(zip(codes[::2], codes[1::2], strict=True))


async def test_from_a_package_to_a_submission_and_an_answer(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    passwords = await _with_teams(town, admin)
    assert set(passwords) == {"ana", "bob"}
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", password) for password in passwords.values())
    ana = await town.signed_in("ana", passwords["ana"])
    page = await ana.get("/contests/finals/problems/A")
    assert page.status == 200
    assert "<math" in page.html
    assert not faults_of(page.html)
    sent = await ana.fill_in("/contests/finals/problems/A", "/contests/finals/submit", {"file": ("sum.py", RIGHT.encode())}, language="python3")
    assert sent.status == 303, sent.text
    own = await ana.get(sent.location)
    assert "Your submission is in." in own.text
    assert "Received" in own.text or "In the queue" in own.text
    assert not faults_of(own.html)
    asked = await ana.fill_in("/contests/finals/clarifications", "/contests/finals/clarifications", text="May a be 0?", problem="A")
    assert asked.location == "/contests/finals/clarifications?told=asked"


async def test_pressing_submit_twice_is_one_submission(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    page = await admin.get("/contests/finals/submit?problem=A")
    key = next(one.attributes["value"] for one in page.tree.all("input") if one.attributes.get("name") == "key")
    pages = [
        await admin.fill_in("/contests/finals/submit", "/contests/finals/submit", problem="A", language="python3", source=source, key=key)
        for source in ("print(1)", "print(1)", "print(2)")
    ]
    assert [page.status for page in pages] == [303] * 3, [page.text for page in pages]
    assert pages[0].location == pages[1].location != pages[2].location


async def test_mistakes_of_a_submission_stand_beside_their_fields_and_keep_the_source(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    page = await admin.fill_in("/contests/finals/submit", "/contests/finals/submit", problem="A", language="cobol", source="print(1)")
    assert page.status == 422
    assert "cobol" in page.text
    assert "print(1)" in page.tree.all("textarea")[0].text
    page = await admin.fill_in("/contests/finals/submit", "/contests/finals/submit", {"file": ("a.py", b"x" * 300_000)}, problem="A", language="python3")
    assert page.status == 413
    assert "256 KiB" in page.text


async def test_a_package_that_is_no_problem_is_refused_with_every_finding(town: Town) -> None:
    admin = await town.admin()
    page = await admin.fill_in("/problems", "/problems", {"package": ("x.zip", b"this is no zip")}, alias="broken")
    assert page.status in {400, 422}
    assert "The package was not accepted" in page.text
    assert not faults_of(page.html)
    page = await admin.fill_in("/problems", "/problems", {"package": ("x.zip", sum_package(**{"data/secret/99.in": "1 2\n"}))}, alias="broken")
    assert page.status == 422
    assert page.tree.with_class("chip-bad"), "each finding is a row with its kind"
    assert "data/secret/99" in page.text


async def test_mistakes_of_a_contest_are_named_beside_their_fields_all_at_once(town: Town) -> None:
    admin = await _with_problem(town)
    page = await admin.fill_in(
        "/contests/new", "/contests/new", **{"title": "", "alias": "Not An Alias", "start": "soon", "duration": "0:00", "freeze": "-1", "pick": "sum", "label-sum": "!"}
    )  # fmt: skip
    assert page.status == 422
    assert {"title", "alias", "start", "duration", "freeze"} <= set(page.wrong)
    assert "a label has 1 to 10 letters and digits" in page.text
    assert [one.attributes["href"] for one in page.tree.with_class("bad")[0].all("a")][:2] == ["#title", "#alias"]
    assert not [fault for fault in faults_of(page.html) if "link to nowhere" not in fault]


async def test_a_contest_is_changed_and_keeps_what_was_not_touched(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin, mode="ioi", freeze="30", duration="3:30", description="Come *in*.")
    page = await admin.fill_in("/contests/finals/edit", "/contests/finals/edit", title="The Finals")
    assert page.location == "/contests/finals/jury?told=saved"
    contest = await _contest(town)
    assert (contest.title, contest.rules.mode, contest.rules.duration_s, contest.rules.freeze_s) == ("The Finals", Mode.IOI, 12_600, 1800)
    assert [(one.alias, one.label) for one in contest.problems] == [("sum", "A")]
    assert "<em>in</em>" in (await admin.get("/contests/finals")).html


async def test_saving_the_form_untouched_changes_nothing_that_it_does_not_show(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    exact = {"start_at": (await _contest(town)).start + timedelta(seconds=17), "duration_s": 3599, "freeze_s": 61, "penalty_s": 90, "mode": "ioi"}
    await town.world.update("contests", {"alias": "finals"}, **exact)
    await town.world.update("contest_problems", {"contest": "finals"}, points=Fraction(100, 3))
    saved = await admin.fill_in("/contests/finals/edit", "/contests/finals/edit")
    assert saved.status == 303, saved.text
    contest = await _contest(town)
    rules = contest.rules
    assert (rules.start, rules.duration_s, rules.freeze_s, rules.penalty_s) == (exact["start_at"], 3599, 61, 90)
    assert [one.points for one in contest.problems] == [Fraction(100, 3)]


async def test_teams_without_accounts_are_named_and_nothing_is_registered(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    page = await admin.fill_in("/contests/finals/teams", "/contests/finals/teams", lines="nobody, Nobody\nana, A\nana, B\n,", creates="")
    assert page.status == 422
    assert "Line 3 names ana once more" in page.text
    page = await admin.fill_in("/contests/finals/teams", "/contests/finals/teams", lines="nobody, Nobody", creates="")
    assert "There is no account for nobody" in page.text
    assert "0 registered" in page.text
    assert page.tree.all("textarea")[0].text == "nobody, Nobody"


async def test_the_jury_answers_announces_and_thaws(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin, freeze="30")
    passwords = await _with_teams(town, admin)
    ana, bob = [await town.signed_in(name, passwords[name]) for name in ("ana", "bob")]
    await ana.fill_in("/contests/finals/clarifications", "/contests/finals/clarifications", text="May a be 0?")
    question = await _until_asked(admin)
    done = await admin.fill_in("/contests/finals/clarifications", f"/clarifications/{question}/answer", text="Yes.", is_public="yes")
    assert done.location == "/contests/finals/clarifications?told=answered"
    done = await admin.fill_in("/contests/finals/clarifications", "/contests/finals/announcements", text="Lunch at noon.")
    assert done.location == "/contests/finals/clarifications?told=announced"
    heard = (await bob.get("/contests/finals/clarifications")).text
    assert all(words in heard for words in ("May a be 0?", "Yes.", "Lunch at noon."))
    assert "Lunch at noon." in (await bob.get("/contests/finals")).text
    refused = await admin.ask("POST", "/contests/finals/thaw", data={"csrf": await _word(admin)})
    assert refused.status == 409
    town.world.clock.turn(6 * 3600)
    admin = await town.admin()
    thawed = await admin.fill_in("/contests/finals/jury", "/contests/finals/thaw")
    assert thawed.location == "/contests/finals/jury?told=thawed"
    assert (await _contest(town)).rules.thawed_at is not None


async def _word(visitor: Visitor) -> str:
    return next(one.attributes["value"] for one in (await visitor.get("/")).tree.all("input") if one.attributes.get("name") == "csrf")


async def _until_asked(admin: Visitor) -> str:
    for _ in range(200):
        page = await admin.get("/contests/finals/clarifications")
        found = re.search(r"/clarifications/([0-9a-f-]{36})/answer", page.html)
        if found:
            return found[1]
    raise AssertionError("the question never arrived")


async def _contest(town: Town) -> Contest:
    found = await Contests(Record(town.world.engine)).find("finals")
    assert found is not None
    return found


async def test_what_teams_see_of_their_judging_is_chosen_shown_and_kept(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin, feedback="samples")
    assert await _feedback(admin) == "samples"
    wrong = await admin.fill_in("/contests/finals/edit", "/contests/finals/edit", feedback="all of it")
    assert (wrong.status, set(wrong.wrong)) == (422, {"feedback"}), wrong.text
    changed = await admin.fill_in("/contests/finals/edit", "/contests/finals/edit", feedback="full")
    assert changed.status == 303, changed.text
    assert await _feedback(admin) == "full"
    wrong = await admin.fill_in("/contests/finals/edit", "/contests/finals/edit", compile_feedback="loudly")
    assert (wrong.status, set(wrong.wrong)) == (422, {"compile_feedback"}), wrong.text
    changed = await admin.fill_in("/contests/finals/edit", "/contests/finals/edit", compile_feedback="errors")
    assert changed.status == 303, changed.text
    kept = await admin.fill_in("/contests/finals/edit", "/contests/finals/edit", title="Finals of the year")
    assert kept.status == 303, kept.text
    assert await _feedback(admin) == "full", "what was not touched stays"

    case = {"index": 0, "verdict": "WA", "time_ms": 5, "memory_bytes": 6, "is_sample": True, "name": "sample/1", "difference": "line 1\n- 3\n+ 4", "output_head": "4 <b>"}
    case |= {"given": "arguments: --fast '<i>'; files: map.txt", "hint": "look <u>", "description": "why <s>"}
    await town.world.add_account("zoe")
    await town.world.register("finals", "zoe")
    one = await town.world.add_submission("zoe", verdict="WA")
    await town.world.update("runs", {"submission": one}, cases=[case], trimmed_at=None)
    page = await admin.get(f"/submissions/{one}")
    assert page.status == 200, page.text
    assert not faults_of(page.html)
    assert ("wanted: </span>- 3" in page.html, "found: </span>+ 4" in page.html, "4 &lt;b&gt;" in page.html) == (True, True, True)
    for words in ("Run with <code>arguments: --fast &#39;&lt;i&gt;&#39;; files: map.txt</code>", "look &lt;u&gt;", "why &lt;s&gt;"):
        assert words in page.html, "what a case gives, hints and means"

    await town.world.update("submissions", {"id": one}, filename='my "best" é.py')
    source = await admin.get(f"/submissions/{one}/source")
    assert (source.status, source.text, source.headers["Content-Disposition"]) == (200, "print(1)", 'attachment; filename="my__best___.py"')
    assert source.headers["Content-Type"].startswith("text/plain")
    stranger = await town.world.add_submission("zoe", language="java", verdict="AC")
    assert (await admin.get("/contests/finals/jury?language=java")).html.count("data-chip") == 1
    assert f"/submissions/{stranger}" in (await admin.get("/contests/finals/jury?language=java")).html
    assert f"/submissions/{one}" not in (await admin.get("/contests/finals/jury?language=java")).html


async def _feedback(admin: Visitor) -> str:
    page = await admin.get("/contests/finals/edit")
    return next(one.attributes["value"] for one in page.tree.all("input") if one.attributes.get("name") == "feedback" and "checked" in one.attributes)
