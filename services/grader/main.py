"""Owns the putting together of the grader. Never judges."""

from __future__ import annotations

from mesh.backbone import Backbone
from mesh.ids import new_id
from mesh.life import Life
from mesh.undertaker import Undertaker
from services.grader.announcer import Announcer
from services.grader.bulletin import Bulletin
from services.grader.config import Config
from services.grader.desk import Desk
from services.grader.docket import Docket, Patience
from services.grader.doors import Doors
from services.grader.figures import Figures
from services.grader.intake import Intake
from services.grader.manifests import Manifests
from services.grader.verification import Verification
from wire.methods import UNDERTAKING
from wire.queues import PRIORITY_WEIGHTS, consumed_by
from wire.services import GITSERVER, GRADER


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """Takes submissions from their queues, hands them to runners, and publishes each one's verdict, until told to leave."""
    # whom we lean on
    gitserver, clock, log, metrics = backbone.peer(GITSERVER), backbone.clock, backbone.log, backbone.metrics

    # what we are
    patience = Patience(config.first_sign_s, config.lease_s, config.judge_errors, config.losses, config.elsewhere_s)
    docket = Docket(patience, PRIORITY_WEIGHTS, new_id)
    manifests = Manifests(gitserver, config.manifest_wait_s, metrics, log, config.allowances)
    announcer = Announcer(backbone.queue, clock, metrics, log)
    bulletin = Bulletin(backbone.topics, backbone.cache, clock, config.news_interval_s, metrics)
    desk = Desk(
        docket, manifests, announcer, bulletin, Figures(metrics), clock=clock, log=log, language_wait_s=config.language_wait_s
    )
    intake = Intake(backbone.queue, desk, metrics, log)
    verification = Verification(
        backbone.queue, desk, manifests, announcer,
        topics=backbone.topics, cache=backbone.cache, clock=clock, metrics=metrics, log=log, news_interval_s=config.news_interval_s,
    )  # fmt: skip

    # what we show
    server = backbone.server(config.host, config.port, life)
    Doors(desk, manifests, gitserver, backbone.queue, clock, claim_wait_s=config.claim_wait_s).show(server)
    Undertaker(backbone.queue, consumed_by(GRADER), UNDERTAKING[GRADER], log).show(server)
    life.watch("runners", desk.shortage.told)

    async with server.listening(), bulletin.telling(), desk.working(), intake.opened(), verification.opened():
        async with intake.flowing(), verification.flowing():
            life.mark_ready()
            await life.until_stop()

        # how we leave
        await desk.drain(config.drain_s)
