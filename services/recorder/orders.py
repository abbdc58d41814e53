"""Owns what the mailer is told of one webhook call: where it goes, what it says, which key signs it. Never changes the record.

It is asked for at every try, so that a new secret counts at once and what ended meanwhile is not sent again.
"""

from __future__ import annotations

import sqlalchemy as sa

from mesh.errors import NotFound
from mesh.ids import is_id
from mesh.log import Log
from mesh.rpc.contract import Call
from mesh.rpc.server import RpcServer
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.rules.webhooks import KEY_LOST, WITHOUT_KEY
from services.recorder.seal import CannotOpen, Seal
from wire.methods import RECORDER_DELIVERY
from wire.notices import DeliveryOrder, DeliveryRequest


def serve_orders(server: RpcServer, record: Record, seal: Seal, log: Log) -> None:
    """Shows ``recorder.delivery``. Raises there: `NotFound` (``no-such-delivery``), `Unavailable` (``record-unavailable``)."""

    async def order(request: DeliveryRequest, _call: Call) -> DeliveryOrder:
        return await order_of(record, request.delivery, seal, log)

    server.serve(RECORDER_DELIVERY, order)


async def order_of(record: Record, delivery: str, seal: Seal, log: Log) -> DeliveryOrder:
    """One delivery as it stands now, with its account's secret. Raises: as `serve_orders`."""
    calls, webhooks = record.table(rows.Delivery), record.table(rows.Webhook)
    statement = (
        sa.select(calls, webhooks.c.secret).outerjoin(webhooks, webhooks.c.username == calls.c.username).where(calls.c.id == delivery)
    )
    found = None
    if is_id(delivery):
        async with record.reading() as connection:
            found = (await connection.execute(statement)).first()
    if found is None:
        raise NotFound(f"there is no webhook call {delivery[:64]}", code="no-such-delivery")
    secret, lost = _opened(seal, found.secret or "", found.username)
    if lost:
        log.error("webhook-secret-lost", username=found.username, delivery=found.id, reason=lost)
    return DeliveryOrder(
        found.id, found.url, secret, found.body, is_wanted=found.status == "waiting", generation=found.generation, tries=found.tries,
        refusal=KEY_LOST if lost else "" if secret else WITHOUT_KEY,
    )  # fmt: skip


def _opened(seal: Seal, kept: str, account: str) -> tuple[str, str]:
    """The secret, or why there is none to be had."""
    try:
        return seal.open(kept, account), ""
    except CannotOpen as wrong:
        return "", str(wrong)
