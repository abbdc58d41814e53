"""The system call filter: its numbers are the kernel's, and each machine's program answers as it should, as the kernel would execute it."""

from __future__ import annotations

import errno
import fcntl
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.runner.sandbox import seccomp
from services.runner.sandbox.errors import SandboxMissing
from services.runner.sandbox.seccomp import build_filter

GENERIC = Path("/usr/include/asm-generic/unistd.h")
"""What aarch64 has: the kernel's numbers for whoever came late; installed with libc6-dev on every architecture."""
NATIVE = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
ALLOWED, KILLED = 0x7FFF0000, 0x80000000
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}
TABLES = ("_KILLED", "_REFUSED", "_ABSENT", "_LEFT_UNDONE")
SINGLE = ("_SOCKET", "_SOCKETPAIR", "_CLONE", "_SETSOCKOPT", "_PRCTL", "_MMAP", "_MEMFD_CREATE", "_FCNTL", "_SETRLIMIT", "_MSYNC", "_IOCTL")
MACHINES = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def numbers_of(machine: str) -> dict[str, int]:
    """Name to number, from the kernel's own headers, with the names that 64 bits have."""
    text = (NATIVE if machine == "x86_64" else GENERIC).read_text(encoding="ascii")
    found = {name: int(number) for name, number in re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", text, re.MULTILINE)}
    return {**found, "umount2": found["umount2"], "prlimit": found["prlimit64"]}


def of_the_filter(machine: str) -> Iterator[tuple[str, int]]:
    column = COLUMN[machine]
    for table in TABLES:
        for name, numbers in getattr(seccomp, table).items():
            if numbers[column] is not None:
                yield name, numbers[column]
    for constant in SINGLE:
        yield constant.lstrip("_").lower(), getattr(seccomp, constant)[column]
    yield "prlimit", seccomp._PRLIMIT[column]


@MACHINES
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    if machine == "x86_64" and not NATIVE.exists():
        pytest.skip("the headers of x86_64 are on x86_64 only")
    kernels = numbers_of(machine)
    newer = {"open_tree_attr", "cachestat", "mount_setattr", "quotactl_fd"} - kernels.keys()  # than these headers
    wrong = {name: number for name, number in of_the_filter(machine) if name not in newer and kernels.get(name) != number}
    assert not wrong
    assert len(kernels) > 280


@MACHINES
def test_what_a_table_does_not_number_does_not_exist_there(machine: str) -> None:
    if machine == "x86_64" and not NATIVE.exists():
        pytest.skip("the headers of x86_64 are on x86_64 only")
    unnumbered = {name for table in TABLES for name, numbers in getattr(seccomp, table).items() if numbers[COLUMN[machine]] is None}
    assert not unnumbered & numbers_of(machine).keys()


def answer(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the program says to a call: the kernel's classic BPF, as far as the filter uses it."""
    given = struct.pack("=IIQ6Q", number, ARCH[machine] if arch is None else arch, 0, *(*arguments, *[0] * (6 - len(arguments))))
    steps = list(struct.iter_unpack("=HBBI", build_filter(machine)))
    at, loaded = 0, 0
    while True:
        code, when_so, when_not, operand = steps[at]
        at += 1
        if code == 0x20:  # LD W ABS
            loaded = struct.unpack_from("=I", given, operand)[0]
        elif code == 0x06:  # RET K
            return int(operand)
        else:
            holds = {0x15: loaded == operand, 0x35: loaded >= operand, 0x45: bool(loaded & operand)}[code]
            at += when_so if holds else when_not


def failing(error: int) -> int:
    return 0x00050000 | error


@MACHINES
def test_every_call_of_the_tables_is_answered_as_its_table_says(machine: str) -> None:
    column = COLUMN[machine]
    wanted = {"_KILLED": KILLED, "_REFUSED": failing(errno.EPERM), "_ABSENT": failing(errno.ENOSYS), "_LEFT_UNDONE": failing(0)}
    for table, action in wanted.items():
        for name, numbers in getattr(seccomp, table).items():
            if numbers[column] is not None:
                assert answer(machine, numbers[column]) == action, name


@MACHINES
def test_arguments_decide_where_they_should(machine: str) -> None:
    column = COLUMN[machine]
    call = {name: getattr(seccomp, name)[column] for name in (*SINGLE, "_PRLIMIT")}
    for makes_sockets in ("_SOCKET", "_SOCKETPAIR"):
        assert answer(machine, call[makes_sockets], 1) == ALLOWED
        assert {answer(machine, call[makes_sockets], family) for family in (0, 2, 10, 16, 17, 30, 38, 40)} == {failing(errno.EACCES)}
    assert answer(machine, call["_CLONE"], 0x003D0F00) == ALLOWED  # a thread
    assert {answer(machine, call["_CLONE"], 17 | space) for space in (0x00020000, 0x10000000, 0x40000000)} == {failing(errno.EPERM)}
    assert answer(machine, call["_MMAP"], 0, 4096, 3, 0x22) == ALLOWED
    assert answer(machine, call["_MMAP"], 0, 4096, 3, 0x40022) == failing(errno.ENOMEM)
    assert answer(machine, call["_MEMFD_CREATE"], 0, 4) == failing(errno.ENOMEM)
    assert [answer(machine, call["_FCNTL"], 3, what) for what in (1, 1026)] == [ALLOWED, failing(errno.EPERM)]
    assert {answer(machine, call["_FCNTL"], 3, what) for what in (fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38)} == {failing(0)}
    assert {answer(machine, call["_FCNTL"], 3, what) for what in (fcntl.F_DUPFD_CLOEXEC, fcntl.F_SETFL, fcntl.F_GETLK, 36)} == {ALLOWED}
    assert [answer(machine, call["_MSYNC"], 0, 4096, how) for how in (1, 4, 6)] == [ALLOWED, failing(0), failing(0)]
    assert [answer(machine, call["_IOCTL"], 1, what) for what in (0x5401, 0xC020660B)] == [ALLOWED, failing(errno.EOPNOTSUPP)]
    assert [answer(machine, call["_PRCTL"], what) for what in (15, 22)] == [ALLOWED, failing(errno.EPERM)]
    assert [answer(machine, call["_SETSOCKOPT"], 3, 1, what) for what in (2, 26, 50, 51, 52)] == [ALLOWED, *[failing(errno.EPERM)] * 4]
    assert [answer(machine, call["_SETRLIMIT"], what) for what in (3, 4)] == [ALLOWED, failing(errno.EPERM)]
    assert [answer(machine, call["_PRLIMIT"], 0, 4, new) for new in (0, 0x1000, 1 << 32)] == [ALLOWED, *[failing(errno.EPERM)] * 2]
    assert answer(machine, call["_PRLIMIT"], 0, 3, 0x1000) == ALLOWED


@MACHINES
def test_foreign_and_future_calls_do_not_get_through(machine: str) -> None:
    others = (0x40000003, 0x40000028, *(arch for name, arch in ARCH.items() if name != machine))  # i386, 32-bit ARM, the other
    assert {answer(machine, 1, arch=arch) for arch in others} == {KILLED}
    assert answer(machine, 469) == ALLOWED
    assert {answer(machine, number) for number in (470, 1000, 0x3FFFFFFF)} == {failing(errno.ENOSYS)}
    assert answer(machine, 0x40000001) == {"x86_64": KILLED, "aarch64": failing(errno.ENOSYS)}[machine]


def test_a_machine_without_a_table_is_refused() -> None:
    with pytest.raises(SandboxMissing, match="no system call filter for riscv64; run the runner on x86_64 or aarch64"):
        build_filter("riscv64")
