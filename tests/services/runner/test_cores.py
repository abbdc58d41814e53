"""Two runners on one machine never bind their programs to the same core, and leave one to the services while they can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from services.runner.cores import reserved_cores

CORES = (9_001, 9_002, 9_003)
"""Names that no runner of this machine takes."""


def test_the_first_core_is_left_to_the_services_until_nothing_else_is_free() -> None:
    with reserved_cores(0, is_pinned=True, allowed=CORES) as mine:
        assert mine == (9_002, 9_003)
    with reserved_cores(3, is_pinned=True, allowed=CORES) as mine:
        assert mine == (9_002, 9_003, 9_001)
    with reserved_cores(5, is_pinned=True, allowed=CORES) as mine:
        assert mine == (9_002, 9_003, 9_001, None, None)


def test_two_threads_of_one_core_are_two_slots_only_when_nothing_else_is_left(tmp_path: Path) -> None:
    for core, shared in ((9_001, "9001,9003"), (9_002, "9002,9004"), (9_003, "9001,9003"), (9_004, "9002,9004")):
        (tmp_path / f"cpu{core}/topology").mkdir(parents=True)
        (tmp_path / f"cpu{core}/topology/thread_siblings_list").write_text(f"{shared}\n", encoding="ascii")
    for slots, wanted in ((0, (9_002,)), (2, (9_002, 9_001)), (3, (9_002, 9_001, 9_003)), (5, (9_002, 9_001, 9_003, 9_004, None))):
        with reserved_cores(slots, is_pinned=True, allowed=(*CORES, 9_004), topology=tmp_path) as mine:
            assert mine == wanted


def test_what_another_runner_has_is_not_taken_and_is_free_when_it_ends() -> None:
    with reserved_cores(1, is_pinned=True, allowed=CORES) as first, reserved_cores(0, is_pinned=True, allowed=CORES) as second:
        assert (first, second) == ((9_002,), (9_003, 9_001))
        with reserved_cores(1, is_pinned=True, allowed=CORES) as third:
            assert third == (None,)
    with reserved_cores(1, is_pinned=True, allowed=CORES) as again:
        assert again == (9_002,)


def test_nothing_is_bound_where_that_is_not_wished_or_there_is_but_one_core() -> None:
    with reserved_cores(2, is_pinned=False, allowed=CORES) as unbound, reserved_cores(0, is_pinned=True, allowed=CORES[:1]) as only:
        assert (unbound, only) == ((None, None), (None,))


def test_a_runner_that_is_killed_gives_its_cores_back() -> None:
    holder = "import time\nfrom services.runner.cores import reserved_cores\nwith reserved_cores(2, is_pinned=True, allowed=(9001, 9002, 9003)):\n    print(1, flush=True)\n    time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.read(1)
        with reserved_cores(1, is_pinned=True, allowed=CORES) as mine:
            assert mine == (9_001,)
        other.kill()
        other.wait()
    with reserved_cores(1, is_pinned=True, allowed=CORES) as mine:
        assert mine == (9_002,)
