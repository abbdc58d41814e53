"""Owns the putting together of a local house: certificates, plan, programs. Never keeps anything alive: `keeper` does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from compose.local.gateway import gateway
from compose.local.monitoring import prometheus
from compose.local.plan import Plan, read_plan
from compose.local.program import Program
from compose.local.servers import make_secrets, servers
from compose.local.services import services
from pki.identity import NAMES
from pki.registrar import Registrar
from pki.store import Store
from services.targets import ALL

LEAF_LIFE: Final = timedelta(days=30)
"""Servers of others read their certificate when they start, so it lasts for as long as a house is likely to stand."""


def complete_plan(folder: Path) -> Plan:
    """The plan that a folder keeps, completed and kept; certificates and secrets that are missing are made."""
    plan = read_plan(folder)
    plan.complete(ALL)
    plan.save()
    registrar = Registrar(Store(plan.pki), leaf_life=LEAF_LIFE)
    registrar.bootstrap(NAMES)
    registrar.renew()
    make_secrets(plan)
    return plan


def programs(plan: Plan) -> list[Program]:
    """Everything that runs. Raises: `CannotStart`."""
    return [*servers(plan), *services(plan), gateway(plan), *prometheus(plan)]
