"""What is declared is documented and agrees with itself."""

from __future__ import annotations

import re

from services.targets import ALL, TARGETS
from tools import codes, tables
from wire import services
from wire.methods import METHODS, Shape
from wire.queues import QUEUES

KNOWN = {value for name, value in vars(services).items() if name.isupper() and isinstance(value, str)}


def test_every_method_lists_callers_that_exist() -> None:
    for method in METHODS:
        assert method.callers, f"{method.name}: nobody may call it; then it need not exist"
        assert method.callers <= KNOWN, f"{method.name}: {method.callers - KNOWN} are no services"
        assert method.service in KNOWN, f"{method.name}: its name begins with the service that answers"


def test_no_service_calls_its_caller() -> None:
    edges = {(caller, method.service) for method in METHODS for caller in method.callers}
    both = {edge for edge in edges if edge[::-1] in edges}
    assert not both, f"forward only: {both} call each other"


def test_method_names_are_unique() -> None:
    names = [method.name for method in METHODS]
    assert len(names) == len(set(names))


def test_calls_that_change_something_unrepeatable_are_not_retried() -> None:
    for method in METHODS:
        if method.shape in {Shape.UPLOAD, Shape.PASS}:
            assert not method.is_idempotent, f"{method.name}: a body that was sent once cannot be sent again"


def test_queue_names_are_unique_and_their_ends_exist() -> None:
    names = [queue.name for queue in QUEUES] + [queue.dead for queue in QUEUES]
    assert len(names) == len(set(names))
    for queue in QUEUES:
        assert queue.publishers <= KNOWN
        assert queue.consumers <= KNOWN
        assert queue.publishers, f"{queue.name}: nobody publishes"
        assert queue.consumers, f"{queue.name}: nobody consumes"


def test_all_is_a_list_of_targets() -> None:
    assert tuple(TARGETS) == ALL
    for target in TARGETS.values():
        assert target.config().__name__ == "Config"
        assert callable(target.run())


def test_generated_tables_are_fresh() -> None:
    stale = [str(path) for path, text in tables.pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert not stale, f"run `make docs`: {stale}"


def test_every_error_code_has_a_message_that_says_something() -> None:
    silent = [one for one in codes.found() if len(one.message) < 10 and one.message != "…"]
    assert not silent, f"a code without words helps nobody: {silent}"


def test_error_codes_are_kebab_case() -> None:
    odd = [one.code for one in codes.found() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.code)]
    assert not odd, f"codes are kebab-case and stable: {odd}"
