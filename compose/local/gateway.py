"""Owns the gateway of a local house: compose/nginx with this house's ports and folders. Never starts it."""

from __future__ import annotations

import shutil
from pathlib import Path

from compose.local.plan import Plan
from compose.local.program import Program, answers
from compose.local.servers import COMPOSE
from compose.local.site import make_site_certificate
from wire.services import FRONTEND, GATEWAY


def gateway(plan: Plan) -> Program:
    """The program nginx in the foreground, its configuration written anew at each start."""
    folder = plan.folder / GATEWAY
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"

    def prepare() -> None:
        (folder / "site").mkdir(parents=True, exist_ok=True)
        make_site_certificate(folder)
        text = (COMPOSE / "nginx" / "nginx.conf").read_text(encoding="utf-8")
        (folder / "nginx.conf").write_text(text.replace("access_log /dev/stdout line;", "access_log off;"), encoding="utf-8")
        for name, words in _site(plan, folder).items():
            (folder / "site" / f"{name}.conf").write_text(words, encoding="utf-8")

    question = b"GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return Program(
        GATEWAY, [nginx, "-p", f"{folder}/", "-e", "stderr", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], folder, 1,
        lambda: answers(plan.ports["gateway-plain"], question, b"HTTP/1.1 200"), prepare, stop_signal=3,
    )  # fmt: skip


def _site(plan: Plan, folder: Path) -> dict[str, str]:
    """What nginx.conf leaves to each place.

    ``max_fails=0``: on loopback a process that is gone refuses at once and the next is asked, which costs nothing. Left alone for a while
    (``fail_timeout``), each would be unknown still when the other is restarted next: POSTs would find nobody.
    """
    frontends = "\n".join(f"    server 127.0.0.1:{plan.port_to(name)} max_fails=0;" for name in plan.names_of(FRONTEND))
    pools = "\n".join(
        f"upstream {pool} {{\n    zone {pool} 128k;\n    least_conn;\n{frontends}\n{kept}}}"
        for pool, kept in (("frontend", "    keepalive 64; keepalive_timeout 30s;\n"), ("frontend_once", ""))
    )
    scratch = "\n".join(
        f"{word} {folder}/{word};" for word in ("client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path", "scgi_temp_path")
    )
    return {
        "main": f"pid {folder}/nginx.pid;\nerror_log stderr warn;\n",
        "http": f"""{pools}
{scratch}
proxy_cache_path {folder}/static levels=1:2 keys_zone=static:2m max_size=64m inactive=7d use_temp_path=off;
server {{
    listen 127.0.0.1:{plan.ports["gateway-plain"]};
    access_log off;
    location = /live {{ return 200 "live\\n"; }}
    location = /status {{ stub_status; }}
}}
""",
        "server": f"""listen 127.0.0.1:{plan.ports["gateway"]} ssl http2;
ssl_certificate {folder}/site.crt;
ssl_certificate_key {folder}/site.key;
""",
    }
