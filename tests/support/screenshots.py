"""Pictures of the pages for the documents, and for whoever changes how they look: every page, wide and on a phone, by day and by night.

``python -m tests.support.screenshots docs/images`` draws the few that the documents show; with ``--all FOLDER`` every page from its top to its
end, over the sample of what pages find hard; ``--only WORD`` those whose name has that word.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.support.browser import FLAGS, MISSING, Browser
from tests.support.sample_contest import PASSWORD
from tests.support.sample_hard import CONTEST, IDS
from tests.support.sample_rejudgings import SETS

ROOT = Path(__file__).resolve().parents[2]
SPRING = "/contests/spring-open"
MOST_HEIGHT = 4000
FOR_DOCUMENTS = (
    ("scoreboard", "team12", f"{SPRING}/scoreboard", 1280, 846, "light"),
    ("problem", "team12", f"{SPRING}/problems/A", 1280, 900, "light"),
    ("phone", "team12", f"{SPRING}/scoreboard", 390, 844, "dark"),
)
HARD = f"/contests/{CONTEST}"
EVERY_PAGE = (
    ("contests", "", "/"), ("sign-in", "", "/sign-in"), ("sign-in-wrong", "", "/sign-in"), ("sign-up", "", "/sign-up"), ("contest", "team01", SPRING), ("coming", "team01", "/contests/summer-cup"),
    ("hard-contest", "team01", HARD), ("ended", "team01", "/contests/winter-open"), ("problem", "team01", f"{SPRING}/problems/A"), ("hard-problem", "team01", f"{HARD}/problems/A"),
    ("talk-problem", "team01", f"{SPRING}/problems/E"), ("submit", "team01", f"{SPRING}/submit"), ("submit-wrong", "team01", f"{HARD}/submit"),
    ("submissions", "team01", f"{SPRING}/submissions"), ("submissions-none", "team200", "/contests/class-7/submissions"),
    *((f"submission-{name}", "team01", f"/submissions/{one}") for name, one in IDS.items()), ("scoreboard", "team01", f"{SPRING}/scoreboard"),
    ("scoreboard-ioi", "team01", "/contests/class-7/scoreboard"), ("hard-scoreboard", "team01", f"{HARD}/scoreboard"), ("projector", "team01", f"{SPRING}/scoreboard?view=projector"),
    ("clarifications", "team01", f"{SPRING}/clarifications"), ("hard-clarifications", "team01", f"{HARD}/clarifications"), ("account", "team01", "/account"), ("account-wrong", "team01", "/account"),
    ("jury", "olga", f"{SPRING}/jury"), ("hard-jury", "olga", f"{HARD}/jury"), ("empty-jury", "olga", "/contests/empty-cup/jury"), ("empty-contest", "olga", "/contests/empty-cup"),
    ("empty-scoreboard", "olga", "/contests/empty-cup/scoreboard"), ("jury-submission", "olga", f"/submissions/{IDS['difference']}"), ("jury-subtasks", "olga", f"/submissions/{IDS['subtasks']}"),
    ("jury-waiting", "olga", f"/submissions/{IDS['waiting']}"), ("jury-case", "olga", f"/submissions/{IDS['difference']}/cases/8"), ("rejudges", "olga", f"{SPRING}/rejudgings?problem=A"),
    ("rejudge", "olga", f"/rejudgings/{SETS['ready']}"), ("rejudge-running", "olga", f"/rejudgings/{SETS['running']}"), ("rejudge-applied", "olga", f"/rejudgings/{SETS['applied']}"), ("audit", "olga", f"{SPRING}/audit"),
    ("jury-clarifications", "olga", f"{SPRING}/clarifications"), ("jury-scoreboard", "olga", f"{SPRING}/scoreboard"), ("contest-form", "olga", f"{SPRING}/edit"), ("hard-contest-form", "olga", f"{HARD}/edit"),
    ("contest-new", "olga", "/contests/new"), ("contest-new-wrong", "olga", "/contests/new"), ("teams", "olga", f"{SPRING}/teams"), ("teams-wrong", "olga", f"{SPRING}/teams"), ("problems", "olga", "/problems"),
    ("own-problem", "olga", "/problems/aqueducts"), ("report", "olga", "/problems/aqueducts/report"), ("report-passed", "olga", "/problems/balloons/report"), ("report-none", "olga", "/problems/hoplites/report"),
    ("languages", "olga", "/languages"), ("accounts", "admin", "/accounts"), ("operations", "admin", "/operations"), ("runners", "admin", "/operations/runners"), ("queue", "admin", "/operations/queues/CommandQueue"),
    ("queue-empty", "admin", "/operations/queues/NotificationQueue"), ("audit-all", "admin", "/audit"), ("not-found", "admin", "/nothing"), ("not-allowed", "team01", "/accounts"), ("away", "olga", f"/submissions/{IDS['difference']}"),
)  # fmt: skip
_SEND = "const form = document.querySelector({form!r}); for (const [name, value] of Object.entries({fields})) form.elements[name].value = value; form.noValidate = true; form.submit();"
DONE_FIRST = {
    "sign-in-wrong": _SEND.format(form="main form", fields={"username": "team01", "password": "wrong"}),
    "submit-wrong": _SEND.format(form="main form", fields={"source": "  "}),
    "account-wrong": "const form = document.querySelector('form[action=\"/account/password\"]'); form.noValidate = true; for (const one of form.querySelectorAll('[type=password]')) one.value = 'x'; form.submit();",
    "contest-new-wrong": _SEND.format(form="main form", fields={"alias": "Not An Alias", "title": ""}),
    "away": "document.querySelector('form[action$=rejudge]').submit();",
    "teams-wrong": _SEND.format(form="main form", fields={"lines": "no such account, of, too, many, fields\n\n,,"}),
}
"""What is done to a page, in scripts, before its picture is taken."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = FOR_DOCUMENTS
    if options.all:
        sizes = (("wide", 1280, 800), ("phone", 390, 844))
        wanted = tuple((f"{name}-{size}-{scheme}", who, path, width, height, scheme) for name, who, path in EVERY_PAGE if options.only in name for size, width, height in sizes for scheme in ("light", "dark"))
    command = [sys.executable, "-m", "tests.support.sample_hard" if options.all else "tests.support.showroom", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as showroom:
        try:
            assert showroom.stdout is not None
            draw(showroom.stdout.readline().split()[0], wanted, options.folder, whole=options.all)
        finally:
            showroom.terminate()
            showroom.wait(20)


def draw(url: str, wanted: tuple[tuple[str, str, str, int, int, str], ...], folder: Path, *, whole: bool) -> None:
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium is not None, MISSING
    assert chromedriver is not None, MISSING
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        chosen = webdriver.ChromeOptions()
        chosen.binary_location = chromium
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            chosen.add_argument(flag)
        chosen.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=chosen, service=Service(chromedriver))
        try:
            window, present = Browser(driver, url), ""
            for name, who, path, width, height, scheme in wanted:
                if who != present:
                    driver.delete_all_cookies()
                    if who:
                        window.sign_in(who, PASSWORD)
                    present = who
                window.resize(width, height)
                window.emulate(prefers_color_scheme=scheme)
                window.go(path)
                time.sleep(0.7)  # the board draws itself, the line opens
                if act := DONE_FIRST.get(name.rsplit("-", 2)[0], ""):
                    window.run(act)
                    time.sleep(0.7)
                if wide := window.overflow():
                    print(f"{name}: the page is {wide} px wider than the window")
                for words in window.complaints() if whole else ():
                    print(f"{name}: {words}")
                (folder / f"{name}.png").write_bytes(_picture(window, width, height, whole=whole))
        finally:
            driver.quit()


def _picture(window: Browser, width: int, height: int, *, whole: bool) -> bytes:
    if whole:
        window.resize(width, min(MOST_HEIGHT, max(height, int(window.run("return document.documentElement.scrollHeight")))))
    return base64.b64decode(window.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"])


if __name__ == "__main__":
    main()
