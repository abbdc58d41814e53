"""Owns the addresses of the pages. Nothing else adds one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from services.frontend.keys import DESK, ERROR_PAGE
from services.frontend.pages import (
    accounts, audit, cases, clarifications, contest_form, contests, entry, jury, languages, operations, problem, problems, queues, rejudgings, reports, runners, scoreboard,
    submissions, teams, webhooks,
)  # fmt: skip
from services.frontend.pages.faults import draw_fault
from services.frontend.pages.paint import PAINTER, Painter
from services.frontend.pages.statics import read_statics

_CONTEST = "/contests/{alias}"


def add_pages(app: web.Application) -> None:
    """Puts every page, its static files and the page of failures on the site. Reads templates and static files once."""
    statics = read_statics()
    app[PAINTER] = Painter(statics)
    app[problem.STATEMENTS] = problem.Statements(app[DESK].clock)
    app[ERROR_PAGE] = draw_fault
    app.add_routes([
        web.get("/static/{version}/{name}", statics.serve),
        web.get("/favicon.ico", _moved(statics.url("logo.svg"))),
        web.get("/", contests.show_contests),
        web.get("/contests", _moved("/")),
        web.get("/sign-in", entry.show_sign_in),
        web.post("/sign-in", entry.sign_in),
        web.get("/sign-up", entry.show_sign_up),
        web.post("/sign-up", entry.sign_up),
        web.post("/sign-out", entry.sign_out),
        web.get("/account", webhooks.show_account),
        web.post("/account/webhook", webhooks.set_webhook),
        web.post("/account/webhook/forget", webhooks.forget_webhook),
        web.post("/account/webhook/test", webhooks.try_webhook),
        web.post("/account/webhook/calls/{id}/replay", webhooks.replay),
        web.post("/account/password", entry.change_password),
        web.get("/contests/new", contest_form.show_new),
        web.post("/contests/new", contest_form.create),
        web.get(_CONTEST, contests.show_contest),
        web.get(f"{_CONTEST}/edit", contest_form.show_edit),
        web.post(f"{_CONTEST}/edit", contest_form.change),
        web.get(f"{_CONTEST}/problems/{{label}}", problem.show_problem),
        web.get(f"{_CONTEST}/submit", submissions.show_form),
        web.post(f"{_CONTEST}/submit", submissions.submit),
        web.get(f"{_CONTEST}/submissions", submissions.show_own),
        web.get(f"{_CONTEST}/scoreboard", scoreboard.show_scoreboard),
        web.get(f"{_CONTEST}/clarifications", clarifications.show_clarifications),
        web.post(f"{_CONTEST}/clarifications", clarifications.ask),
        web.post(f"{_CONTEST}/announcements", clarifications.announce),
        web.post("/clarifications/{id}/answer", clarifications.answer),
        web.get(f"{_CONTEST}/jury", jury.show_jury),
        web.post(f"{_CONTEST}/thaw", jury.thaw),
        web.get(f"{_CONTEST}/rejudgings", rejudgings.show_sets),
        web.post(f"{_CONTEST}/rejudgings", rejudgings.open_set),
        web.get(f"{_CONTEST}/audit", audit.show_contest),
        web.get("/audit", audit.show_all),
        web.get("/rejudgings/{id}", rejudgings.show_set),
        web.post("/rejudgings/{id}/apply", rejudgings.apply_set),
        web.post("/rejudgings/{id}/drop", rejudgings.drop_set),
        web.get("/rejudgings/{id}/submissions/{submission}", rejudgings.show_pair),
        web.post("/submissions/{id}/override", submissions.override),
        web.get(f"{_CONTEST}/teams", teams.show_teams),
        web.post(f"{_CONTEST}/teams", teams.register),
        web.get("/submissions/{id}", submissions.show_submission),
        web.get("/submissions/{id}/source", submissions.download_source),
        web.get(r"/submissions/{id}/cases/{number:\d{1,6}}", cases.show_case),
        web.get(r"/submissions/{id}/cases/{number:\d{1,6}}/{part:input|answer}", cases.download_part),
        web.post("/submissions/{id}/rejudge", submissions.rejudge),
        web.post("/submissions/{id}/priority", submissions.set_priority),
        web.get("/languages", languages.show_languages),
        web.get("/problems", problems.show_problems),
        web.post("/problems", problems.upload),
        web.get("/problems/{alias}", problem.show_own_problem),
        web.get("/problems/{alias}/report", reports.show_report),
        web.post("/problems/{alias}/report", reports.ask_again),
        web.get("/problems/{alias}/files/{commit}/{path:.+}", problem.show_file),
        web.get("/accounts", accounts.show_accounts),
        web.post("/accounts", accounts.create),
        web.post("/accounts/{username}/password", accounts.replace_password),
        web.get("/operations", operations.show_operations),
        web.get("/operations/queues/{name}", queues.show_queue),
        web.get("/operations/runners", runners.show_runners),
        web.post("/operations/runners", runners.direct),
        web.post("/operations/queues/{name}", queues.carry_out),
    ])  # fmt: skip


def _moved(address: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def redirect(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(address)

    return redirect
