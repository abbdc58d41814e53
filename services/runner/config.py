"""Owns the runner's settings."""

from __future__ import annotations

from dataclasses import dataclass

from mesh.config import setting
from services.runner.languages.table import LANGUAGES
from wire.services import PORTS, RUNNER


@dataclass(frozen=True, slots=True)
class Config:
    """How much this runner does at once, where it keeps inputs, how its boxes are made."""

    host: str = setting("127.0.0.1", "Address to listen on, for health and metrics")
    port: int = setting(PORTS[RUNNER], "Port to listen on; 0 takes a free one", minimum=0, maximum=65535)
    slots: int = setting(0, "Submissions judged at the same time; 0: one less than there are cores (threads of one core count once), at least one", minimum=0, maximum=512)
    pinned: bool = setting(True, "Whether each slot's programs are bound to a core of their own")
    languages: tuple[str, ...] = setting((), f"Languages to offer; empty: all that are found of {', '.join(LANGUAGES)}")
    repeat_band_per_cent: int = setting(
        20, "A case that is over its time limit by at most so much is run once more before it is TLE, the better time counts; 0: never", minimum=0, maximum=100
    )
    cache_bytes: int = setting(4 << 30, "The most that inputs may take on disk, in bytes", minimum=1 << 20)
    builds_bytes: int = setting(1 << 30, "The most that compiled programs may take on disk, in bytes", minimum=1 << 20)
    drain_s: float = setting(20.0, "How long a submission may be finished when the runner leaves; then it is handed back", minimum=0, maximum=3600)
    uid_start: int = setting(60_100, "First of the host's user ids that boxes use (two each); no account may have them", minimum=1000)
    name: str = setting("", "The name that operators know this runner by, all its slots together; empty: the host's")
    quarantine_judge_errors: int = setting(
        3, "Submissions in a row that end in judge errors here after which this runner tests itself and takes itself out; 0: never", minimum=0, maximum=100
    )
    quarantine_no_boxes_s: float = setting(
        60.0, "How long no box may start here before this runner takes itself out, to come back when one does and its self-test passes; 0: it only waits for one", minimum=0, maximum=3600
    )
    cgroup_parent: str = setting("", "Control group to work below, relative to its mount; empty: found")
    bwrap: str = setting("", "Path of bubblewrap; empty: the one in PATH")
