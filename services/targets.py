"""Owns the table of what can be started, and that ``all`` is a list of names in it. Never starts anything."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wire import services

if TYPE_CHECKING:
    from mesh.backbone import Backbone
    from mesh.life import Life
    from mesh.metrics import MetricSpec

Run = Callable[[Any, "Backbone", "Life"], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Target:
    """A service that can be started. Lower stages start first, doors to people in the last; higher ranks leave first."""

    name: str
    text: str
    stage: int
    rank: int
    stop_limit_s: float = 20.0

    def config(self) -> type[Any]:
        """Its settings, a dataclass made of `mesh.config.setting` fields."""
        kind: type[Any] = importlib.import_module(f"services.{self.name}.config").Config
        return kind

    def metrics(self) -> tuple[MetricSpec, ...]:
        """Its table of metrics."""
        specs: tuple[MetricSpec, ...] = importlib.import_module(f"services.{self.name}.metrics").METRICS
        return specs

    def run(self) -> Run:
        """Its coroutine function; only this loads the packages of its trade."""
        function: Run = importlib.import_module(f"services.{self.name}.main").run
        return function


TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for target in (
        Target(services.RECORDER, "the record: the only writer", stage=0, rank=0),
        Target(services.GITSERVER, "problem packages in git", stage=0, rank=0),
        Target(services.GRADER, "the order of judging", stage=1, rank=1),
        Target(services.BROADCASTER, "live news to browsers", stage=1, rank=1),
        Target(services.MAILER, "tells the world outside: webhooks", stage=1, rank=1),
        Target(services.RUNNER, "runs submissions in a sandbox", stage=0, rank=2, stop_limit_s=30.0),
        Target(services.FRONTEND, "pages and the public API", stage=2, rank=2),
    )
}
"""Every service that can be started today; certificates and analytics get their rooms later."""

ALL: Final = tuple(TARGETS)
"""What ``palestra all`` starts."""
