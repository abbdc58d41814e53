"""The gateway's configuration is one that nginx takes, and says what must be said. Started for real in tests of the local house."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pki.bootstrap import bootstrap

CONF = Path(__file__).resolve().parents[2] / "compose" / "nginx"


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    shutil.copytree(CONF, tmp_path / "gateway")
    home = tmp_path / "gateway"
    bootstrap(home / "pki")
    for suffix in ("crt", "key"):
        shutil.copy(home / "pki" / f"gateway.{suffix}", home / f"site.{suffix}")
    for path in (home / "site").iterdir():
        path.write_text(path.read_text().replace("/run/gateway", str(home)).replace("/dev/stderr", str(home / "error.log")))
    (home / "nginx.conf").write_text((home / "nginx.conf").read_text().replace("/dev/stdout", str(home / "access.log")))
    (home / "upstreams.conf").write_text("".join(f"upstream {name} {{ server 127.0.0.1:9; }}\n" for name in ("frontend", "frontend_once")))
    return home


def test_nginx_takes_the_configuration(gateway: Path) -> None:
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    done = subprocess.run([nginx, "-t", "-c", gateway / "nginx.conf"], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_the_upstreams_that_the_entry_writes_are_taken_too(gateway: Path) -> None:
    entry = (CONF / "gateway.sh").read_text()
    body = entry[entry.index("write_upstreams()") : entry.index("stamp()")]
    script = f'home={gateway}; port=8080\n{body}\nwrite_upstreams "10.0.0.2\n10.0.0.3"\n'
    subprocess.run(["sh", "-c", script], check=True, timeout=20)
    assert (gateway / "upstreams.conf").read_text().count("server 10.0.0.") == 4
    test_nginx_takes_the_configuration(gateway)


def test_only_what_may_be_repeated_is_sent_again() -> None:
    text = (CONF / "nginx.conf").read_text()
    assert re.search(r"proxy_next_upstream [^;]*;", text)
    assert "non_idempotent" not in text
    assert "default                  frontend_once;" in text, "a write travels on a fresh connection"


def test_figures_are_not_for_the_world_and_ids_are_passed_on() -> None:
    text = (CONF / "nginx.conf").read_text()
    assert re.search(r"location = /metrics \{\s*return 404;", text)
    assert "proxy_set_header X-Request-Id $correlation;" in text
    assert "$request_uri" not in text.split("log_format", 1)[1].split(";", 1)[0], "a ticket may stand in the query"
