"""Owns the system call filter: a deny list in classic BPF, written without a library. Never installs it: boxinit does.

What no honest program calls kills (SIGSYS, verdict RFE). What run-times probe for fails with EPERM. What libc and run-times
have a fallback for does not exist (ENOSYS): clone3, so that libc uses clone, whose flags a filter can see; io_uring; keys;
System V and POSIX queues, whose objects outlive their processes. Sockets are AF_UNIX only.

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
})  # fmt: skip
_REFUSED: Mapping[str, tuple[int | None, int | None]] = MappingProxyType({
    "kcmp": (312, 272), "name_to_handle_at": (303, 264), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "syslog": (103, 116), "fanotify_init": (300, 262),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "vhangup": (153, 58), "modify_ldt": (154, None),
})  # fmt: skip
_ABSENT: Mapping[str, tuple[int | None, int | None]] = MappingProxyType({
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "clone3": (435, 435), "shmget": (29, 194),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
})  # fmt: skip
_SOCKET, _CLONE = (41, 198), (56, 220)
_AF_UNIX = 1
_NEW_NAMESPACE = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000

_LOAD, _IF_EQUAL, _IF_ANY_BIT, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_AT_NUMBER, _AT_ARCH, _AT_FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL = 0x7FFF0000, 0x80000000

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
    for table, action in ((_KILLED, _KILL), (_REFUSED, _fail(errno.EPERM)), (_ABSENT, _fail(errno.ENOSYS))):
        for numbers in table.values():
            number = numbers[column]
            if number is not None:
                steps += [(_IF_EQUAL, 0, 1, number), _end(action)]
    steps += _on_argument(_SOCKET[column], (_IF_EQUAL, 1, 0, _AF_UNIX), errno.EACCES)
    steps += [
        (_IF_EQUAL, 0, 4, _CLONE[column]), (_LOAD, 0, 0, _AT_FIRST_ARGUMENT), (_IF_ANY_BIT, 0, 1, _NEW_NAMESPACE),
        _end(_fail(errno.EPERM)), _end(_ALLOW), _end(_ALLOW),
    ]  # fmt: skip
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _on_argument(number: int, test: _Step, error: int) -> list[_Step]:
    return [(_IF_EQUAL, 0, 4, number), (_LOAD, 0, 0, _AT_FIRST_ARGUMENT), test, _end(_fail(error)), _end(_ALLOW)]


def _end(action: int) -> _Step:
    return (_RETURN, 0, 0, action)


def _fail(error: int) -> int:
    return 0x00050000 | error
