"""Owns the one value that handlers, actions and pages lean on. Never does anything itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contest.allowances import Allowances
from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.rpc import Peer
from services.frontend.access import Access
from services.frontend.applying import Applying
from services.frontend.bell import Bell
from services.frontend.commands import Commands
from services.frontend.conditions import Conditions
from services.frontend.config import Config
from services.frontend.glance import Glance
from services.frontend.judging import Judging
from services.frontend.kept_contests import KeptContests
from services.frontend.packages import Packages
from services.frontend.passwords import Passwords
from services.frontend.pending import PendingQuestions, PendingSubmissions
from services.frontend.queues import Queues
from services.frontend.ratelimits import Limits
from services.frontend.reads.accounts import Accounts
from services.frontend.reads.clarifications import Clarifications
from services.frontend.reads.contests import Contests
from services.frontend.reads.events import Events
from services.frontend.reads.previews import Previews
from services.frontend.reads.problems import Problems
from services.frontend.reads.rejudgings import Rejudgings
from services.frontend.reads.reports import Reports
from services.frontend.reads.scoreboards import Scoreboards
from services.frontend.reads.submissions import Submissions
from services.frontend.reads.webhooks import Webhooks
from services.frontend.repetitions import Repetitions
from services.frontend.sessions import Sessions
from services.frontend.tickets import Tickets
from services.frontend.unsettled import Unsettled


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything behind the front door: what can be read, who sits where, and how changes are asked for.

    ``uploads`` is a folder for files on their way; the two peers are those to whom whole exchanges are handed on.
    """

    config: Config
    allowances: Allowances
    clock: Clock
    log: Log
    metrics: Metrics
    access: Access
    accounts: Accounts
    contests: Contests
    kept_contests: KeptContests
    problems: Problems
    reports: Reports
    repetitions: Repetitions
    submissions: Submissions
    clarifications: Clarifications
    scoreboards: Scoreboards
    events: Events
    rejudgings: Rejudgings
    applying: Applying
    previews: Previews
    webhooks: Webhooks
    packages: Packages
    judging: Judging
    conditions: Conditions
    glance: Glance
    queues: Queues
    sessions: Sessions
    passwords: Passwords
    limits: Limits
    pending: PendingSubmissions
    questions: PendingQuestions
    commands: Commands
    unsettled: Unsettled
    tickets: Tickets
    bell: Bell
    gitserver: Peer
    broadcaster: Peer
    mailer: Peer
    uploads: Path
