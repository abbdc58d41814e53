"""Owns ``palestra queue``: asks the services that consume, with the operator's certificate, and says what they answered.

    palestra queue list                        how full every queue is
    palestra queue show NAME [--most N]        its oldest dead letters, and why each was given up
    palestra queue replay NAME ID… | --all     puts dead letters back into their queue, their tries forgotten
    palestra queue purge NAME ID… | --all      forgets dead letters; asks first, or wants --yes

Never opens the broker: in one process or in many, whoever consumes a queue answers for it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from mesh.errors import MeshError
from mesh.log import Log
from mesh.metrics import MESH_METRICS, Metrics
from mesh.rpc.client import Peers
from mesh.tls import Credentials
from pki.bootstrap import can_renew
from pki.errors import PkiError
from pki.registrar import Registrar
from pki.store import Store
from services.configuration import Configuration, read_configuration
from wire.judging import Nothing
from wire.methods import UNDERTAKING, Method
from wire.queues import IDLE, QUEUES
from wire.services import OPERATOR
from wire.undertaking import DeadCount, DeadMessages, DeadOrder, DeadRequest, QueueState, QueueStates

Req = TypeVar("Req")
Resp = TypeVar("Resp")
_WIDTHS = "{:<26} {:>8} {:>8} {:>8} {:>8} {:>9}"


def main(arguments: Sequence[str]) -> int:
    """Runs one command line behind ``palestra queue``; 0 fine, 1 a service is away or refused, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    configuration = read_configuration(options.config, ())
    try:
        return asyncio.run(_carry_out(options, configuration))
    except (MeshError, PkiError) as wrong:
        print(f"palestra queue: {wrong.message} ({wrong.code})", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="palestra queue", description="Queues and their dead letters.")
    parser.add_argument("--config", type=Path, default=None, help="TOML file with a section per service")
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("list", help="how full every queue is")
    show = acts.add_parser("show", help="the oldest dead letters of a queue")
    show.add_argument("name", metavar="NAME", help="a queue, or its dead letters as NAME.dead")
    show.add_argument("--most", type=int, default=20, metavar="N", help="at most so many")
    for act, text in (("replay", "puts dead letters back into their queue"), ("purge", "forgets dead letters")):
        one = acts.add_parser(act, help=text)
        one.add_argument("name", metavar="NAME", help="a queue, or its dead letters as NAME.dead")
        one.add_argument("ids", nargs="*", metavar="ID", help="which dead letters")
        one.add_argument("--all", action="store_true", dest="is_all", help="every dead letter of the queue")
        if act == "purge":
            one.add_argument("--yes", action="store_true", help="do not ask")
    return parser


async def _carry_out(options: argparse.Namespace, configuration: Configuration) -> int:
    async with desk_of(configuration) as desk:
        if options.act == "list":
            return await _list(desk)
        name, owner = _owner(options.name)
        calls = UNDERTAKING[owner]
        if options.act == "show":
            return _show(name, await desk.ask(calls.dead, DeadRequest(name, options.most)))
        order = DeadOrder(name, tuple(options.ids), options.is_all)
        if options.act == "replay":
            return _told("replayed", order, await desk.ask(calls.replay, order))
        which = "all dead letters" if order.is_all else f"{len(order.ids)} dead letter(s)"
        if not options.yes and not await asyncio.to_thread(_agreed, f"Forget {which} of {name} for ever? [y/N] "):
            print("palestra queue: nothing was forgotten; say y, or --yes", file=sys.stderr)  # noqa: T201
            return 1
        return _told("purged", order, await desk.ask(calls.purge, order))


class Desk:
    """The operator's lines to the services. Raises: `MeshError` as the services and the lines to them do."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def ask(self, method: Method[Req, Resp], request: Req) -> Resp:
        """One call."""
        return await self._peers.peer(method.service).call(method, request)


@asynccontextmanager
async def desk_of(configuration: Configuration) -> AsyncIterator[Desk]:
    """The operator's lines, for the length of a block. Raises: `MeshError`, `PkiError`."""
    folder = configuration.mesh.pki_path
    credentials = await asyncio.to_thread(_credentials, folder)
    metrics = Metrics(OPERATOR, MESH_METRICS)
    async with Peers(OPERATOR, credentials, configuration.mesh.addresses(), metrics, Log(OPERATOR)) as peers:
        yield Desk(peers)


def _credentials(folder: Path) -> Credentials:
    """The operator's, freshly made where the authority's key is at hand: nobody else renews them. Raises: `PkiError`."""
    if can_renew(folder):
        Registrar(Store(folder)).bootstrap((OPERATOR,))
    return Credentials.load(folder, OPERATOR)


async def _list(desk: Desk) -> int:
    states: dict[str, QueueState] = {}
    away: dict[str, MeshError] = {}
    strays, missing = 0, set[str]()
    async with asyncio.TaskGroup() as tasks:  # at once: each that is away is waited for
        asked = {service: tasks.create_task(_states(desk, calls.queues)) for service, calls in UNDERTAKING.items()}
    for service, task in asked.items():
        answer = task.result()
        if isinstance(answer, MeshError):
            away[service] = answer
            continue
        strays = max(strays, answer.strays)
        missing |= set(answer.missing)
        states |= {state.name: state for state in answer.queues}
    lines = [_WIDTHS.format("queue", "ready", "held", "waiting", "dead", "consumers")]
    for queue in QUEUES:
        state = states.get(queue.name)
        if queue.name in IDLE:
            lines.append(f"{queue.name:<26} its consumer, in {', '.join(sorted(queue.consumers))}, is not built yet: nothing is published to it")
            continue
        if queue.name in missing:
            lines.append(_is_missing(queue.name))
            continue
        figures = (None,) * 5 if state is None else (state.ready, state.unacknowledged, state.waiting, state.dead, state.consumers)
        lines.append(_WIDTHS.format(queue.name, *("?" if figure is None else figure for figure in figures)))
    lines += [_is_missing(name) for name in sorted(missing.difference(queue.name for queue in QUEUES))]
    if strays:
        lines.append(f"{strays} message(s) lie where no queue took them: see docs/operations.md, strays")
    print("\n".join(lines))  # noqa: T201  this is what was asked for
    for service, why in away.items():
        print(f"palestra queue: {service} does not answer for its queues: {why.message} ({why.code})", file=sys.stderr)  # noqa: T201
    return 1 if away or missing else 0


def _is_missing(name: str) -> str:
    return f"{name:<26} is missing: RabbitMQ does not have it; import the definitions"


async def _states(desk: Desk, method: Method[Nothing, QueueStates]) -> QueueStates | MeshError:
    try:
        return await desk.ask(method, Nothing())
    except MeshError as wrong:
        return wrong


def _owner(name: str) -> tuple[str, str]:
    """The queue's own name, and the service that answers for it. Raises: `MeshError`."""
    name = name.removesuffix(".dead")
    for queue in QUEUES:
        if queue.name == name:
            for service in UNDERTAKING:
                if service in queue.consumers:
                    return name, service
            raise MeshError(f"{', '.join(sorted(queue.consumers))} consumes {name} and does not answer yet", code="no-such-queue")
    raise MeshError(f"there is no queue {name!r}; there are {', '.join(queue.name for queue in QUEUES)}", code="no-such-queue")


def _show(name: str, answer: DeadMessages) -> int:
    lines = [f"{name}.dead: {answer.dead} dead letter(s), the oldest {len(answer.messages)} shown"]
    for each in answer.messages:
        lines += [
            "",
            f"{each.id}  tried {each.attempts} time(s), {each.size_bytes} bytes, correlation {each.correlation or 'none'}",
            f"    why   {each.error or 'not said'}",
            *(f"    {key} = {value}" for key, value in sorted(each.headers.items())),
            f"    body  {each.body}",
        ]
    print("\n".join(lines))  # noqa: T201  this is what was asked for
    return 0


def _told(done: str, order: DeadOrder, answer: DeadCount) -> int:
    """Says how many; 1 when some that were named are not there."""
    print(f"{done} {answer.count}")  # noqa: T201  this is what was asked for
    if answer.count >= len(order.ids):
        return 0
    missing = len(order.ids) - answer.count
    print(f"palestra queue: {missing} of these ids are no dead letters of {order.queue}; palestra queue show {order.queue}", file=sys.stderr)  # noqa: T201
    return 1


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False
