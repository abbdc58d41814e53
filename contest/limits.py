"""Owns the limits of one execution. Never enforces them: the runner's sandbox does."""

from __future__ import annotations

from dataclasses import dataclass, replace

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one execution may use. Times in milliseconds, sizes in bytes; all positive."""

    cpu_ms: int = 2_000
    wall_ms: int = 5_000
    memory_bytes: int = 1024 * MIB
    output_bytes: int = 8 * MIB
    file_bytes: int = 64 * MIB
    processes: int = 64

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"limit {name} must be positive, not {getattr(self, name)}")

    def at_cpu(self, cpu_ms: int) -> Limits:
        """The same with another limit of CPU time; that of the clock follows: twice as much, and what it had above that."""
        return replace(self, cpu_ms=cpu_ms, wall_ms=2 * cpu_ms + max(self.wall_ms - 2 * self.cpu_ms, 1_000))


COMPILE_LIMITS = Limits(cpu_ms=30_000, wall_ms=60_000, memory_bytes=2048 * MIB, output_bytes=MIB // 4, file_bytes=128 * MIB, processes=128)
"""For compilers: generous, and bounded, since a compiler runs what a contestant wrote."""

CHECKER_LIMITS = Limits(cpu_ms=30_000, wall_ms=60_000, memory_bytes=2048 * MIB, output_bytes=8 * MIB, file_bytes=64 * MIB, processes=64)
"""For checkers and validators, when the package sets none."""

GRADER_LIMITS = Limits(cpu_ms=10_000, wall_ms=20_000, memory_bytes=2048 * MIB, output_bytes=64 << 10, file_bytes=64 * MIB, processes=64)
"""For a package's own grader: it reads a few lines and writes one."""
