"""Owns the system call filter: a deny list in classic BPF, written without a library. Never installs it: boxinit does.

What no honest program calls kills (SIGSYS, verdict RFE). What run-times probe for fails with EPERM. What libc and run-times
have a fallback for does not exist (ENOSYS): clone3, so that libc uses clone, whose flags a filter can see; io_uring; keys;
System V and POSIX queues, whose objects outlive their processes; io_setup, whose budget is one for the machine; and whatever a
kernel newer than this table brings. What would reach into files that all boxes and the host share is answered with success and
left undone: locks on files, whole or in parts (which are kernel memory that no group counts, too), their eviction from memory, the
flushing of the host's disks. Sockets and pairs of them are AF_UNIX only, without filters of their own; no huge pages, which no limit
counts; the limit on core files stays (docs/decisions/0130, 0258).

Source of the numbers: the kernel's tables ``syscall_64.tbl`` and ``asm-generic/unistd.h``.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping
from types import MappingProxyType

from services.runner.sandbox.errors import SandboxMissing

_X86_64, _AARCH64 = 0, 1
_MACHINES: Mapping[str, tuple[int, int]] = MappingProxyType({"x86_64": (_X86_64, 0xC000003E), "aarch64": (_AARCH64, 0xC00000B7)})
_X32_BIT = 0x40000000

_KILLED: Mapping[str, tuple[int | None, int | None]] = MappingProxyType({
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "open_by_handle_at": (304, 265), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "acct": (163, 89), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "sethostname": (170, 161), "setdomainname": (171, 162), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "bpf": (321, 280), "iopl": (172, None), "ioperm": (173, None),
    "open_tree_attr": (467, 467),
})  # fmt: skip
_REFUSED: Mapping[str, tuple[int | None, int | None]] = MappingProxyType({
    "kcmp": (312, 272), "name_to_handle_at": (303, 264), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "syslog": (103, 116), "fanotify_init": (300, 262),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "vhangup": (153, 58), "modify_ldt": (154, None), "seccomp": (317, 277), "inotify_add_watch": (254, 27),
})  # fmt: skip
_ABSENT: Mapping[str, tuple[int | None, int | None]] = MappingProxyType({
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "clone3": (435, 435), "shmget": (29, 194),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180), "io_setup": (206, 0), "cachestat": (451, 451),
})  # fmt: skip
_LEFT_UNDONE: Mapping[str, tuple[int | None, int | None]] = MappingProxyType({
    "flock": (73, 32), "fadvise64": (221, 223), "sync": (162, 81), "syncfs": (306, 267),
    "fsync": (74, 82), "fdatasync": (75, 83), "sync_file_range": (277, 84),
})  # fmt: skip
_FIRST_UNKNOWN = 470
"""System calls from here on were looked at by nobody. Both tables share their numbers from 424 on."""

_SOCKET, _SOCKETPAIR, _CLONE, _SETSOCKOPT, _PRCTL = (41, 198), (53, 199), (56, 220), (54, 208), (157, 167)
_MMAP, _MEMFD_CREATE, _FCNTL, _SETRLIMIT, _PRLIMIT = (9, 222), (319, 279), (72, 25), (160, 164), (302, 261)
_MSYNC, _IOCTL = (26, 227), (16, 29)
_AF_UNIX = 1
_SOCKET_FILTERS = (26, 50, 51, 52)  # SO_ATTACH_FILTER, _BPF, _REUSEPORT_CBPF, _REUSEPORT_EBPF
_PR_SET_SECCOMP, _F_NOTIFY, _RLIMIT_CORE = 22, 1026, 4
_MAP_HUGETLB, _MFD_HUGETLB = 0x40000, 4
_SETS_LOCKS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW; who asks for locks is told that there are none
_MS_SYNC, _FIEMAP = 4, 0xC020660B  # FS_IOC_FIEMAP, one of whose flags flushes the file
_NEW_NAMESPACE = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000

_LOAD, _IF_EQUAL, _IF_ANY_BIT, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_AT_NUMBER, _AT_ARCH, _AT_ARGUMENTS = 0, 4, 16
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_DONE = 0
"""The error of what is answered with success."""

_Step = tuple[int, int, int, int]


def build_filter(machine: str = "") -> bytes:
    """The program for a machine's architecture (empty: this one), as an array of ``struct sock_filter``.

    Raises: `SandboxMissing` for an architecture without a table.
    """
    machine = machine or platform.machine()
    if machine not in _MACHINES:
        raise SandboxMissing(f"there is no system call filter for {machine}; run the runner on {' or '.join(_MACHINES)}")
    column, arch = _MACHINES[machine]
    steps: list[_Step] = [(_LOAD, 0, 0, _AT_ARCH), (_IF_EQUAL, 1, 0, arch), _end(_KILL), (_LOAD, 0, 0, _AT_NUMBER)]
    if column == _X86_64:
        steps += [(_IF_AT_LEAST, 0, 1, _X32_BIT), _end(_KILL)]
    steps += [(_IF_AT_LEAST, 0, 1, _FIRST_UNKNOWN), _end(_fail(errno.ENOSYS))]
    tables = ((_KILLED, _KILL), (_REFUSED, _fail(errno.EPERM)), (_ABSENT, _fail(errno.ENOSYS)), (_LEFT_UNDONE, _fail(_DONE)))
    for table, action in tables:
        for numbers in table.values():
            number = numbers[column]
            if number is not None:
                steps += [(_IF_EQUAL, 0, 1, number), _end(action)]
    for numbers, place, test, answers in _ON_ARGUMENTS:
        steps += _unless(numbers[column], place, test, answers)
    for numbers in (_SOCKET, _SOCKETPAIR):
        steps += _only_unix_sockets(numbers[column])
    steps += _asking_for_the_core_limit(_PRLIMIT[column])
    return b"".join(struct.pack("=HBBI", *step) for step in (*steps, _end(_ALLOW)))


_ON_ARGUMENTS = (
    (_CLONE, 0, _IF_ANY_BIT, {_NEW_NAMESPACE: errno.EPERM}),
    (_MMAP, 3, _IF_ANY_BIT, {_MAP_HUGETLB: errno.ENOMEM}),
    (_MEMFD_CREATE, 1, _IF_ANY_BIT, {_MFD_HUGETLB: errno.ENOMEM}),
    (_FCNTL, 1, _IF_EQUAL, {_F_NOTIFY: errno.EPERM, **dict.fromkeys(_SETS_LOCKS, _DONE)}),
    (_PRCTL, 0, _IF_EQUAL, {_PR_SET_SECCOMP: errno.EPERM}),
    (_SETRLIMIT, 0, _IF_EQUAL, {_RLIMIT_CORE: errno.EPERM}),
    (_SETSOCKOPT, 2, _IF_EQUAL, dict.fromkeys(_SOCKET_FILTERS, errno.EPERM)),
    (_MSYNC, 2, _IF_ANY_BIT, {_MS_SYNC: _DONE}),
    (_IOCTL, 1, _IF_EQUAL, {_FIEMAP: errno.EOPNOTSUPP}),
)
"""Calls that are answered for what stands in an argument: numbers, place of the argument, test, and the error for each operand."""


def _unless(number: int, place: int, test: int, answers: Mapping[int, int]) -> list[_Step]:
    """Steps that are skipped as one for any other call, since they lose its number: each branch ends."""
    tests = [step for operand, error in answers.items() for step in ((test, 0, 1, operand), _end(_fail(error)))]
    return [(_IF_EQUAL, 0, len(tests) + 2, number), _load(place), *tests, _end(_ALLOW)]


def _only_unix_sockets(number: int) -> list[_Step]:
    return [(_IF_EQUAL, 0, 4, number), _load(0), (_IF_EQUAL, 1, 0, _AF_UNIX), _end(_fail(errno.EACCES)), _end(_ALLOW)]


def _asking_for_the_core_limit(number: int) -> list[_Step]:
    """It may be asked for, not set: prlimit with a new limit, a pointer of two halves, fails."""
    return [
        (_IF_EQUAL, 0, 8, number), _load(1), (_IF_EQUAL, 0, 4, _RLIMIT_CORE), _load(2), (_IF_EQUAL, 0, 3, 0), _load(2, half=1),
        (_IF_EQUAL, 0, 1, 0), _end(_ALLOW), _end(_fail(errno.EPERM)),
    ]  # fmt: skip


def _load(place: int, half: int = 0) -> _Step:
    return (_LOAD, 0, 0, _AT_ARGUMENTS + 8 * place + 4 * half)


def _end(action: int) -> _Step:
    return (_RETURN, 0, 0, action)


def _fail(error: int) -> int:
    return 0x00050000 | error
