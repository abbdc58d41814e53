"""Owns the putting together of the desk: who is handed what. Plain objects, no I/O of their own."""

from __future__ import annotations

from functools import partial

from mesh.backbone import Backbone
from services.frontend.access import Access
from services.frontend.applying import Applying
from services.frontend.bell import Bell
from services.frontend.commands import Commands, Signer
from services.frontend.conditions import Conditions
from services.frontend.config import Config
from services.frontend.desk import Desk
from services.frontend.glance import Glance
from services.frontend.judging import Judging
from services.frontend.keepsake import Keepsake
from services.frontend.kept_contests import KeptContests
from services.frontend.own_writes import OwnWrites
from services.frontend.packages import Packages
from services.frontend.passwords import Passwords
from services.frontend.pending import pending_questions, pending_submissions
from services.frontend.queues import Queues
from services.frontend.ratelimits import Limits
from services.frontend.reads.accounts import Accounts
from services.frontend.reads.clarifications import Clarifications
from services.frontend.reads.contests import Contests
from services.frontend.reads.events import Events
from services.frontend.reads.previews import Previews
from services.frontend.reads.problems import Problems
from services.frontend.reads.record import Record
from services.frontend.reads.rejudgings import Rejudgings
from services.frontend.reads.reports import Reports
from services.frontend.reads.scoreboards import Scoreboards
from services.frontend.reads.submissions import Submissions
from services.frontend.reads.webhooks import Webhooks
from services.frontend.repetitions import Repetitions
from services.frontend.sessions import Sessions
from services.frontend.tickets import Tickets
from services.frontend.unsettled import Unsettled
from wire.services import BROADCASTER, GITSERVER, GRADER, MAILER, RECORDER


def make_desk(config: Config, backbone: Backbone, record: Record, keepsake: Keepsake, signer: Signer) -> Desk:
    """The desk of one frontend. Whoever made record and keepsake closes them; `Desk.passwords` is closed by whoever made the desk."""
    clock, gitserver, accounts = backbone.clock, backbone.peer(GITSERVER), Accounts(record)
    pending, questions = pending_submissions(backbone.state), pending_questions(backbone.state)
    contests, problems, submissions = Contests(record), Problems(record), Submissions(record, pending, backbone.cache)
    commands = Commands(backbone.peer(RECORDER), backbone.queue, signer, clock, config.publish_timeout_s, own_writes=OwnWrites(backbone.state, record, config.replica_wait_s))
    applying = Applying(backbone.state)
    rejudgings, scoreboards = Rejudgings(record, applying), Scoreboards(record, clock, config.scoreboard_fresh_s, backbone.cache)
    kept = KeptContests(backbone.state, contests, clock, backbone.log)
    judging = Judging(partial(backbone.peers.places, GRADER), clock)
    return Desk(
        config=config,
        allowances=config.allowances,
        clock=clock,
        log=backbone.log,
        metrics=backbone.metrics,
        access=Access(contests, problems, submissions, clock, config.contest_fresh_s, rejudgings=rejudgings, kept=kept),
        accounts=accounts,
        contests=contests,
        kept_contests=kept,
        problems=problems,
        reports=Reports(record, backbone.cache),
        repetitions=Repetitions(backbone.state),
        submissions=submissions,
        clarifications=Clarifications(record, questions),
        scoreboards=scoreboards,
        events=Events(record),
        rejudgings=rejudgings,
        applying=applying,
        previews=Previews(record, rejudgings, contests, scoreboards, clock),
        webhooks=Webhooks(record),
        packages=Packages(gitserver, backbone.cache),
        judging=judging,
        conditions=Conditions(backbone.queue, judging, record.fault, clock),
        glance=Glance(record, backbone.queue, judging, clock),
        queues=Queues(backbone.peers.places, backbone.peer, clock),
        sessions=Sessions(backbone.state, accounts, keepsake, clock, config.session_life_s),
        passwords=Passwords(
            memory_kib=config.password_memory_kib, passes=config.password_passes, threads=config.password_threads, most_waiting=config.password_queue
        ),
        limits=Limits(backbone.state, config),
        pending=pending,
        questions=questions,
        commands=commands,
        unsettled=Unsettled(commands, pending, backbone.log, backbone.metrics.gauge("submissions_unsettled")),
        tickets=Tickets(signer, clock, config.ticket_life_s),
        bell=Bell(backbone.topics, config.max_waiters, backbone.metrics.gauge("waiting_requests")),
        gitserver=gitserver,
        broadcaster=backbone.peer(BROADCASTER),
        mailer=backbone.peer(MAILER),
        uploads=backbone.folder / "uploads",
    )
