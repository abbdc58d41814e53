"""Owns the recorder's settings. Never reads them: `mesh.config` does."""

from __future__ import annotations

from dataclasses import dataclass

from mesh.config import setting
from wire.services import PORTS, RECORDER


@dataclass(frozen=True)
class Config:
    """The ``[recorder]`` section."""

    host: str = setting("127.0.0.1", "Address to listen on")
    port: int = setting(PORTS[RECORDER], "Port to listen on; 0 takes a free one", minimum=0, maximum=65535)
    admin_password: str = setting(
        "", "Password of the first admin; empty: a random one, left in FOLDER/admin.password", is_secret=True, env="PALESTRA_ADMIN_PASSWORD"
    )
    webhook_keys: str = setting(
        "", "Keys that seal webhooks' secrets in the record, base64 of 32 bytes each, commas between: the first seals, all open; empty: those in FOLDER/recorder/webhook.keys, made where the record is a file", is_secret=True,
    )
    group_size: int = setting(100, "Most commands in one transaction", minimum=1, maximum=1000)
    sweep_every_s: float = setting(15.0, "How often submissions without a verdict are looked for", minimum=0.05, maximum=3600)
    sweep_after_s: float = setting(
        300.0, "How long a run may be without a verdict before it is sent again; doubles with each time", minimum=0.1, maximum=24 * 3600
    )
    lease_s: float = setting(15.0, "How long a job of the scheduler is ours without a sign of life; so late another recorder takes it over", minimum=0.2, maximum=600)
    purge_every_s: float = setting(3600.0, "How often what has had its time is deleted", minimum=1, maximum=7 * 24 * 3600)
    kept_days: float = setting(30.0, "How many days outcomes of commands and webhook calls are kept; at least a day more than a queue may hold a command", minimum=1, maximum=3650)
    details_days: float = setting(
        90.0, "How many days outputs, differences and messages of test cases are kept; while its contest runs they are kept longer", minimum=1, maximum=36_500
    )
    remind_every_s: float = setting(60.0, "How often webhook calls that wait are looked for", minimum=0.05, maximum=3600)
    remind_after_s: float = setting(
        1800.0, "How long a webhook call may wait without a try before it is sent again; doubles with each time", minimum=0.1, maximum=24 * 3600
    )
    retry_every_s: float = setting(60.0, "How often packages whose trial has no report are looked for", minimum=0.05, maximum=3600)
    retry_after_s: float = setting(
        1800.0, "How long a package's trial may be without a report before it is sent again; doubles with each time", minimum=0.1, maximum=24 * 3600
    )
    digest_hour: int = setting(
        6, "At which hour (UTC) webhooks of accounts are told what happened in their contests the day before; -1: never", minimum=-1, maximum=23
    )
    relay_every_s: float = setting(5.0, "How often the outbox is read for work that was left behind", minimum=0.05, maximum=600)
    clock_tolerance_s: float = setting(120.0, "How far a frontend's clock may be ahead of ours", minimum=0, maximum=3600)
    boards_kept: int = setting(16, "Contests whose live boards are kept in memory", minimum=1, maximum=1000)
    has_trials: bool = setting(True, "Whether a new version of a problem is tried out by itself: inputs validated, its own submissions judged")
