"""Owns how Go is built and started. Its collector is told of the memory limit; it runs on one processor, whatever the machine has."""

from __future__ import annotations

from contest.limits import MIB, Limits
from services.runner.languages.language import Language, Launch, Plan, Sources, Tools, chosen, wider

SUFFIXES = (".go",)
PRODUCT = "main"
GO_BYTES = 16 * MIB
GO_THREADS = 32
_BUILDING = ("GOCACHE=/tmp/go", "GOPATH=/tmp/gopath", "GO111MODULE=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOTELEMETRY=off")


def _plan(sources: Sources, tools: Tools) -> Plan:
    call = (tools.paths["go"], "build", "-o", PRODUCT, *chosen(sources, SUFFIXES))
    return Plan(steps=(call,), product=PRODUCT, environment=_BUILDING)


def _launch(plan: Plan, limits: Limits, _tools: Tools) -> Launch:
    environment = ("GOMAXPROCS=1", f"GOMEMLIMIT={limits.memory_bytes}")
    return Launch((f"/program/{plan.product}",), wider(limits, memory_bytes=GO_BYTES, processes=GO_THREADS), environment)


GO = Language(
    id="go",
    title="Go",
    suffixes=SUFFIXES,
    default_source="main.go",
    programs=("go",),
    version_arguments=("version",),
    plan=_plan,
    launch=_launch,
    greeting='package main\n\nimport "fmt"\n\nfunc main() {\n\tvar a, b int\n\tfmt.Scan(&a, &b)\n\tfmt.Println("hello", a+b)\n}\n',
)
