"""Owns the names of the services and the ports they listen on. Never starts one."""

from __future__ import annotations

from typing import Final

FRONTEND: Final = "frontend"
RECORDER: Final = "recorder"
GRADER: Final = "grader"
RUNNER: Final = "runner"
GITSERVER: Final = "gitserver"
BROADCASTER: Final = "broadcaster"
CERTIFICATES: Final = "certificates"
MAILER: Final = "mailer"
ANALYTICS: Final = "analytics"
GATEWAY: Final = "gateway"
OPERATOR: Final = "operator"
"""Not a service: whoever runs the installation, by the command line."""

PORTS: Final[dict[str, int]] = {
    FRONTEND: 8080,
    RECORDER: 21690,
    GRADER: 21680,
    RUNNER: 21685,
    GITSERVER: 33861,
    BROADCASTER: 32672,
    MAILER: 21695,
}
"""Where each service listens by default. All but the frontend's speak mutual TLS only."""
