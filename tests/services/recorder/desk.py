"""The rules without a database: a view that remembers, asked one command at a time."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from mesh.errors import MeshError
from services.recorder import rows
from services.recorder.rules import apply
from services.recorder.view import Bounds, View
from tests.services.recorder.makers import NOW, settled_world
from wire.commands import Command
from wire.languages import LANGUAGES

R = TypeVar("R", bound=rows.Row)


class Desk:
    """Applies commands as the recorder would, and keeps what they did."""

    def __init__(self, now: datetime = NOW, *, has_trials: bool = False) -> None:
        self.view = View(now, Bounds(frozenset(LANGUAGES), has_trials=has_trials))
        self.events: list[rows.Event] = []

    def turn(self, now: datetime) -> None:
        self.view.now = now

    def do(self, *commands: Command) -> None:
        """All must be applied."""
        for command in commands:
            events, _ = self.view.accept(apply(command, self.view), command)
            self.events += events

    def refusal(self, command: Command) -> MeshError:
        """What one is refused with; a command that is applied fails the test."""
        try:
            apply(command, self.view)
        except MeshError as refusal:
            return refusal
        raise AssertionError(f"{command.kind} was applied")

    def code(self, command: Command) -> str:
        refusal = self.refusal(command)
        assert refusal.message, "a refusal says what to do"
        return refusal.code

    def row(self, kind: type[R], *key: str) -> R:
        found = self.view.find(kind, *key)
        assert found is not None, f"no {kind.__name__} {key}"
        return found

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def settled_desk() -> Desk:
    desk = Desk()
    desk.do(*settled_world())
    desk.events.clear()
    return desk
