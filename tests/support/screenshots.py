"""Pictures of the pages for the documents, and for whoever changes how they look: every page, wide and on a phone, by day and by night.

``python -m tests.support.screenshots docs/images`` draws the few that the documents show; with ``--all FOLDER`` every page.
"""

from __future__ import annotations

import argparse
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
from tests.support.sample_rejudgings import SETS

ROOT = Path(__file__).resolve().parents[2]
SPRING = "/contests/spring-open"
FOR_DOCUMENTS = (
    ("scoreboard", "team12", f"{SPRING}/scoreboard", 1280, 846, "light"),
    ("problem", "team12", f"{SPRING}/problems/A", 1280, 900, "light"),
    ("phone", "team12", f"{SPRING}/scoreboard", 390, 844, "dark"),
)
EVERY_PAGE = (
    ("contests", "", "/"), ("sign-in", "", "/sign-in"), ("contest", "team01", SPRING), ("coming", "team01", "/contests/summer-cup"),
    ("problem", "team01", f"{SPRING}/problems/A"), ("submit", "team01", f"{SPRING}/submit"), ("submissions", "team01", f"{SPRING}/submissions"),
    ("scoreboard", "team01", f"{SPRING}/scoreboard"), ("scoreboard-ioi", "team01", "/contests/class-7/scoreboard"),
    ("projector", "team01", f"{SPRING}/scoreboard?view=projector"), ("clarifications", "team01", f"{SPRING}/clarifications"), ("account", "team01", "/account"),
    ("jury", "olga", f"{SPRING}/jury"), ("rejudges", "olga", f"{SPRING}/rejudgings?problem=A"),
    ("rejudge", "olga", f"/rejudgings/{SETS['ready']}"), ("audit", "olga", f"{SPRING}/audit"), ("jury-clarifications", "olga", f"{SPRING}/clarifications"), ("jury-scoreboard", "olga", f"{SPRING}/scoreboard"),
    ("contest-form", "olga", f"{SPRING}/edit"), ("teams", "olga", f"{SPRING}/teams"), ("problems", "olga", "/problems"), ("own-problem", "olga", "/problems/aqueducts"),
    ("accounts", "admin", "/accounts"), ("operations", "admin", "/operations"), ("not-found", "admin", "/nothing"), ("not-allowed", "team01", "/accounts"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = FOR_DOCUMENTS
    if options.all:
        sizes = (("wide", 1280, 800), ("phone", 390, 844))
        wanted = tuple((f"{name}-{size}-{scheme}", who, path, width, height, scheme) for name, who, path in EVERY_PAGE for size, width, height in sizes for scheme in ("light", "dark"))
    command = [sys.executable, "-m", "tests.support.showroom", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as showroom:
        try:
            assert showroom.stdout is not None
            draw(showroom.stdout.readline().split()[0], wanted, options.folder)
        finally:
            showroom.terminate()
            showroom.wait(20)


def draw(url: str, wanted: tuple[tuple[str, str, str, int, int, str], ...], folder: Path) -> None:
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium is not None, MISSING
    assert chromedriver is not None, MISSING
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        chosen = webdriver.ChromeOptions()
        chosen.binary_location = chromium
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            chosen.add_argument(flag)
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
                driver.save_screenshot(str(folder / f"{name}.png"))
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
