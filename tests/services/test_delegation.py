"""An ordinary user's house gets control groups of its own from systemd, or says what to do and starts nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services import delegation
from services.delegation import MARK, Loan, arrange
from services.runner.sandbox import cgroup_tree

ROOT = Path(__file__).parents[2]


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this process belonged to an ordinary user, whose group is one of a desktop's."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(cgroup_tree, "own_groups", lambda: {"": "/user.slice/user-1000.slice/user@1000.service/app.slice/terminal.scope"})


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A mount of control groups of version 2."""
    mount = tmp_path / "cgroup"
    mount.mkdir()
    (mount / "cgroup.controllers").write_text("cpu memory pids\n")
    return mount


def systemd(folder: Path, body: str) -> dict[str, str]:
    """An environment with a systemd-run that does as told; it notes what it was asked."""
    folder.mkdir(exist_ok=True)
    script = folder / "systemd-run"
    script.write_text(f"#!/bin/sh\necho \"$*\" >> {folder}/asked\n{body}\n")
    script.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "USER": "ada"}


def test_root_and_whoever_started_anew_go_on_as_they_are(second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert arrange(["up"], {}, second) == Loan()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert arrange(["up"], {MARK: "1"}, second) == Loan()
    assert arrange(["up"], {"PALESTRA_RUNNER_CGROUP_PARENT": "mine"}, second) == Loan()


@pytest.mark.usefixtures("user")
def test_systemd_is_asked_and_the_same_command_started_in_its_scope(second: Path, tmp_path: Path) -> None:
    environ = systemd(tmp_path / "bin", "echo cpu memory pids")
    loan = arrange(["up", "--no-demo"], environ, second)
    scope = ("systemd-run", "--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--")
    assert loan == Loan(command=(*scope, sys.executable, "-m", "services", "up", "--no-demo"))
    assert (tmp_path / "bin" / "asked").read_text().startswith("--user --scope --quiet --collect -p Delegate=yes -- /bin/sh -c cat")


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo 'Failed to connect to bus: No medium found' >&2; exit 1", ("No medium found", "loginctl enable-linger ada", "sudo make up")),
        ("echo cpu pids", ("control groups for memory:", "Delegate=cpu cpuset memory pids", "daemon-reload", "sudo make up")),
    ],
)
def test_what_systemd_does_not_lend_is_named_with_the_remedy(second: Path, tmp_path: Path, body: str, words: tuple[str, ...]) -> None:
    refusal = arrange(["up"], systemd(tmp_path / "bin", body), second).refusal
    assert [word for word in words if word not in refusal] == []


@pytest.mark.usefixtures("user")
def test_a_systemd_that_lingers_is_found_from_where_nothing_says_where_it_is(
    second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegation, "_SESSIONS", tmp_path / "user")
    environ = systemd(tmp_path / "bin", f'[ "$XDG_RUNTIME_DIR" = {tmp_path}/user/1000 ] || exit 1; echo memory pids')
    assert "enable-linger ada" in arrange(["up"], environ, second).refusal
    (tmp_path / "user" / "1000").mkdir(parents=True)
    assert arrange(["up"], environ, second).command
    assert "enable-linger ada" in arrange(["up"], {**environ, "XDG_RUNTIME_DIR": "/elsewhere"}, second).refusal  # who says so, means it


@pytest.mark.usefixtures("user")
def test_without_systemd_the_way_by_hand_is_named(second: Path, tmp_path: Path) -> None:
    assert "there is no systemd-run" in arrange(["up"], {"PATH": str(tmp_path)}, second).refusal


@pytest.mark.usefixtures("user")
def test_groups_of_version_one_are_lent_by_nobody_unless_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = tmp_path / "cgroup"
    monkeypatch.setattr(cgroup_tree, "own_groups", lambda: dict.fromkeys(("memory", "cpuacct", "pids"), "/mine"))
    assert "version 1" in arrange(["up"], {}, mount).refusal
    for controller in ("memory", "cpuacct", "pids"):
        (mount / controller / "mine").mkdir(parents=True)
        (mount / controller / "mine" / "cgroup.procs").write_text("")
    assert arrange(["up"], {}, mount) == Loan()


@pytest.mark.usefixtures("user")
def test_a_service_of_its_own_needs_no_scope_and_a_desktops_programs_are_left_alone(second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/system.slice/palestra.service"
    (second / path.strip("/")).mkdir(parents=True)
    (second / path.strip("/") / "cgroup.procs").write_text("")
    monkeypatch.setattr(cgroup_tree, "own_groups", lambda: {"": path})
    assert cgroup_tree.is_lent(second)
    desktop = "/user.slice/user-1000.slice/user@1000.service/app.slice/terminal.scope"
    (second / desktop.strip("/")).mkdir(parents=True)
    (second / desktop.strip("/") / "cgroup.procs").write_text("")
    monkeypatch.setattr(cgroup_tree, "own_groups", lambda: {"": desktop})
    assert not cgroup_tree.is_lent(second)


def probe(**environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services", "runner", "--probe"], cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.sandbox
def test_probe_says_what_the_machine_can_do_and_that_it_may_judge() -> None:
    done = probe(PALESTRA_RUNNER_LANGUAGES="c,python3")
    assert done.returncode == 0, done.stderr + done.stdout
    lines = {line[:32].strip(): line[32:].strip() for line in done.stdout.splitlines()}
    assert {"mode", "kernel", "cgroup", "bubblewrap", "slots"} <= lines.keys()
    checks = {name: said for name, said in lines.items() if name.startswith("check: ")}
    assert len(checks) >= 9
    assert set(checks.values()) == {"ok"}
    assert "gcc" in lines["language: c"]
    assert done.stdout.splitlines()[-1] == "this machine may judge"


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PALESTRA_RUNNER_BWRAP": "/nowhere/bwrap"}, ("bubblewrap is not here", "apt install bubblewrap")),
        ({"PALESTRA_RUNNER_CGROUP_PARENT": "no/such/group"}, ("no writable cgroup", "run the runner as root")),
        ({"PATH": "/nowhere"}, ("bubblewrap is not here",)),
    ],
)
def test_probe_refuses_where_an_isolation_is_missing(environ: dict[str, str], words: tuple[str, ...]) -> None:
    done = probe(PALESTRA_RUNNER_LANGUAGES="c", **environ)
    assert done.returncode == 1
    assert done.stderr.startswith("refused: ")
    assert [word for word in words if word not in done.stderr] == []


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("version", "said", "words"),
    [
        ("0.8.0", "bwrap: setting up uid map: Permission denied", ("AppArmor", "profile with userns")),
        ("0.8.0", "bwrap: No permissions to create new namespace", ("user.max_user_namespaces", "seccomp=unconfined")),
        ("0.8.0", "bwrap: Can't mount proc on /newroot/proc: Operation not permitted", ("systempaths=unconfined",)),
        ("0.6.1", "", ("bubblewrap 0.6.1 is too old", "0.7")),
    ],
)
def test_probe_names_the_cure_of_what_bubblewrap_complains_about(tmp_path: Path, version: str, said: str, words: tuple[str, ...]) -> None:
    bwrap = tmp_path / "bwrap"
    bwrap.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo bubblewrap {version} && exit 0\necho \"{said}\" >&2\nexit 1\n")
    bwrap.chmod(0o755)
    done = probe(PALESTRA_RUNNER_LANGUAGES="c", PALESTRA_RUNNER_BWRAP=str(bwrap))
    assert done.returncode == 1
    assert [word for word in words if word not in done.stderr] == []


@pytest.mark.sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="makes a root that is none")
def test_root_of_a_namespace_with_one_uid_is_refused() -> None:
    command = ["unshare", "--user", "--map-root-user", sys.executable, "-m", "services", "runner", "--probe"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PALESTRA_RUNNER_LANGUAGES": "c"}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "user namespace with one uid" in done.stderr


def test_only_a_runner_can_be_probed() -> None:
    done = subprocess.run([sys.executable, "-m", "services", "grader", "--probe"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "palestra runner --probe" in done.stderr) == (2, True)
