"""Owns the frontend's settings. Never reads one: `mesh.config` does."""

from __future__ import annotations

from dataclasses import dataclass

from contest.allowances import Allowances
from mesh.config import setting, understood
from wire.languages import TIMES, TIMES_ENV, times_of
from wire.services import FRONTEND, PORTS

MIB = 1 << 20


@dataclass(frozen=True)
class Config:
    """How the front door stands."""

    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 to take calls from other machines (put a TLS gateway before it)")
    port: int = setting(PORTS[FRONTEND], "Port to listen on; 0 takes a free one", minimum=0, maximum=65_535)
    public_url: str = setting("", "Where people reach the site, such as https://contest.example.org; empty: as the browser says")
    trusted_proxies: tuple[str, ...] = setting((), "Networks of gateways whose X-Forwarded-For and X-Forwarded-Proto are believed")
    is_sign_up_open: bool = setting(False, "Whether anybody may create an account")
    session_life_s: int = setting(24 * 3600, "How long somebody stays signed in", minimum=60, maximum=90 * 24 * 3600)
    ticket_life_s: int = setting(600, "How long a ticket for /events may be shown", minimum=10, maximum=24 * 3600)
    password_memory_kib: int = setting(19 * 1024, "Memory that hashing one password takes (argon2id)", minimum=64, maximum=4 * MIB)
    password_passes: int = setting(2, "Passes over that memory", minimum=1, maximum=100)
    password_threads: int = setting(2, "How many passwords are hashed at once; the others wait in line", minimum=1, maximum=64)
    password_queue: int = setting(300, "How many may wait in that line; who comes then is told to come back", minimum=1, maximum=10_000)
    max_body_bytes: int = setting(2 * MIB, "Largest body of a request that is not a package or a push", minimum=1024, maximum=64 * MIB)
    body_timeout_s: float = setting(60.0, "How long such a body may take to come in", minimum=1, maximum=600)
    upload_timeout_s: float = setting(900.0, "How long a package may take to come in", minimum=1, maximum=24 * 3600)
    max_source_bytes: int = setting(256 * 1024, "Largest source of a submission", minimum=1, maximum=256 * 1024)
    max_package_bytes: int = setting(256 * MIB, "Largest problem package", minimum=1024, maximum=1024 * MIB)
    max_wait_s: int = setting(60, "How long ?wait=true waits for a verdict at most", minimum=1, maximum=600)
    max_waiters: int = setting(2_000, "How many requests may wait for a verdict at once", minimum=1, maximum=1_000_000)
    publish_timeout_s: float = setting(6.0, "How long the queue may take to take a command; after 5 s a broker's own word says whether it may have been taken", minimum=0.1, maximum=60)
    record_timeout_s: float = setting(5.0, "How long a read of the record may take", minimum=0.1, maximum=60)
    replica_wait_s: float = setting(
        3.0, "How long who changed something waits for a replica that lags, where mesh.fresh_url is empty", minimum=0, maximum=30
    )
    contest_fresh_s: float = setting(1.0, "For how long a contest that was read counts as fresh", minimum=0, maximum=60)
    scoreboard_fresh_s: float = setting(1.0, "For how long a folded scoreboard counts as fresh", minimum=0, maximum=30)
    requests_per_minute: int = setting(1_200, "Requests of one session", minimum=1, maximum=1_000_000)
    requests_per_address_per_minute: int = setting(
        12_000, "Requests from one address: a whole school may sit behind it", minimum=1, maximum=10_000_000
    )
    sign_ins_per_address_per_minute: int = setting(120, "Tries to sign in from one address", minimum=1, maximum=100_000)
    sign_ins_per_account_per_minute: int = setting(6, "Tries to sign in to one account from one address", minimum=1, maximum=10_000)
    accounts_per_minute: int = setting(5, "Accounts that one address may create by open sign-up", minimum=1, maximum=10_000)
    submissions_per_minute: int = setting(20, "Submissions by one account", minimum=1, maximum=100_000)
    submissions_per_hour: int = setting(
        100, "Submissions by one account in an hour: so many at once, then evenly", minimum=1, maximum=1_000_000
    )
    questions_per_minute: int = setting(6, "Clarifications asked by one account", minimum=1, maximum=10_000)
    start_wait_s: float = setting(
        10.0, "How long the start waits for the recorder to open the record, before it serves what it can", minimum=0, maximum=600
    )
    drain_s: float = setting(10.0, "How long requests in progress may take when the service leaves", minimum=0, maximum=300)
    language_times: tuple[str, ...] = setting((), TIMES, env=TIMES_ENV)

    @property
    def allowances(self) -> Allowances:
        """The same, read. Raises: `ConfigError`."""
        return understood("language_times", times_of, self.language_times)
