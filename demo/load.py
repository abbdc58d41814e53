"""Owns bringing the demo contest to a running site, by the public API, as any organiser's script would.

Can be killed and run again at any moment: what is there stays. Needs nothing but Python.

    python demo/load.py --url http://localhost:8080 --username admin --password-env PALESTRA_ADMIN_PASSWORD
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo.packages import zip_of  # noqa: E402  the path is set first
from demo.site import PAUSE_S, Refused, Site  # noqa: E402

FOLDER = Path(__file__).resolve().parent
PASSWORD_FILE = FOLDER.parent / "var" / "admin.password"


def plan() -> dict[str, Any]:
    """What demo/contest.json says."""
    read: dict[str, Any] = json.loads((FOLDER / "contest.json").read_text(encoding="utf-8"))
    return read


def load(site: Site, wanted: dict[str, Any], limit_s: float = 300.0) -> None:
    """Brings accounts, problems, the contest and its teams. The site is ready, and somebody who may do it is signed in."""
    for team in wanted["teams"]:
        unless_there(site, "POST", "/accounts", {"username": team["username"], "password": team["password"], "name": team["name"]})
    for problem in wanted["problems"]:
        answer = site.upload(problem["alias"], zip_of(problem["alias"]))
        print(f"  {problem['label']}  {answer['title']}: {answer['case_count']} cases", flush=True)
    open_contest(site, wanted, limit_s)
    teams = [{name: team[name] for name in ("username", "name", "group")} for team in wanted["teams"]]
    site.ask("POST", f"/contests/{wanted['alias']}/teams", {"teams": teams})


def open_contest(site: Site, wanted: dict[str, Any], limit_s: float) -> None:
    """Makes the contest, begun a moment ago, unless it is there. A problem that was brought is in the record soon after."""
    start = datetime.now(UTC) - timedelta(seconds=wanted["started_s_ago"])
    contest = {name: wanted[name] for name in ("alias", "title", "description", "mode", "duration_s", "freeze_s", "penalty_s", "problems")}
    end = time.monotonic() + limit_s
    while True:
        try:
            unless_there(site, "POST", "/contests", {**contest, "start": start.isoformat(timespec="seconds").replace("+00:00", "Z")})
        except Refused as no:
            if no.code != "no-such-problem" or time.monotonic() > end:
                raise
            time.sleep(PAUSE_S)
        else:
            return


def unless_there(site: Site, method: str, path: str, body: dict[str, Any]) -> None:
    """Makes something; that it is there already is as good."""
    try:
        site.ask(method, path, body)
    except Refused as no:
        if no.status != 409:
            raise


def main() -> int:
    """Waits for the site, signs in, loads; says what can be done with it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8080")
    parser.add_argument("--username", default="admin")
    parser.add_argument("--password-env", default="PALESTRA_ADMIN_PASSWORD", help="the environment variable that holds the password")
    parser.add_argument("--limit-s", type=float, default=300.0, help="how long to wait for the site, and for each answer")
    options = parser.parse_args()
    password = os.environ.get(options.password_env, "")
    if not password and PASSWORD_FILE.exists():
        password = PASSWORD_FILE.read_text(encoding="utf-8").strip()
    if not password:
        print(f"no password: set {options.password_env}", file=sys.stderr)
        return 2
    wanted, site = plan(), Site(options.url, options.limit_s)
    try:
        site.until_ready()
        site.sign_in(options.username, password)
        print(f"loading the demo contest into {options.url}", flush=True)
        load(site, wanted, options.limit_s)
    except (Refused, TimeoutError) as wrong:
        print(f"the demo is not loaded: {wrong}", file=sys.stderr)
        if isinstance(wrong, Refused) and wrong.details:
            print(json.dumps(wrong.details, indent=1), file=sys.stderr)
        return 1
    first = wanted["teams"][0]
    print(f"  {options.url}/contests/{wanted['alias']}  teams: {first['username']} / {first['password']} and others, see demo/contest.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
