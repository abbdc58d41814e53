"""Owns the command ``palestra``. Never does the work itself: it reads the arguments and hands over.

    palestra up                    everything on embedded defaults, with a demo contest: the one command
    palestra all                   every service in this process, as configured
    palestra grader [runner …]     these services in this process
    palestra runner --probe        what this machine can do for judging; exit status 0 when it may judge
    palestra check-config          says what is wrong with the configuration, or that nothing is
    palestra config                every setting as it is now, secrets redacted
    palestra health NAME           asks a running service how it is; exit status 0 when it is ready
    palestra metrics NAME          a running service's metrics
    palestra queue …               queues and their dead letters (see ``palestra queue --help``)
    palestra pki …                 the certificate authority (see ``palestra pki --help``)
    palestra redis-switchover      moves the master of the state to another Redis, without losing a write
    palestra backup PATH           one file that holds the house, made while it runs (see ``palestra backup --help``)
    palestra restore FILE          puts a backup in place (see ``palestra restore --help``)
    palestra targets               what can be started
"""

from __future__ import annotations

import argparse
import os
import select
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from mesh.config import ConfigError
from mesh.startup import rest_collector
from services.configuration import read_configuration
from services.targets import ALL, TARGETS


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line; returns the exit status: 0 fine, 1 failed, 2 wrong usage or configuration."""
    try:
        try:
            return _run(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if _has_reader(sys.stdout.fileno()):
            raise
        # whoever read has seen enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _has_reader(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, 0)
    return not any(events & select.POLLERR for _, events in poll.poll(0))


def _run(given: Sequence[str]) -> int:
    if given[:1] == ["pki"]:
        from pki.__main__ import main as pki_main  # noqa: PLC0415  loads cryptography only when asked

        return pki_main(given[1:])
    try:
        if given[:1] == ["queue"]:
            from services.queues import main as queue_main  # noqa: PLC0415  --help answers without loading the house

            return queue_main(given[1:])
        if given[:1] in (["backup"], ["restore"]):
            from services.archive.command import main as archive_main  # noqa: PLC0415  as above

            return archive_main(given)
        options = _parser().parse_args(given)
        return _probe(options) if options.probe else _carry_out(options, given)
    except ConfigError as wrong:
        print(f"palestra: {wrong.message}", file=sys.stderr)  # noqa: T201  an answer to whoever typed
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="palestra", description="Programming contests on your own machines.", epilog=_epilog())
    parser.add_argument("what", nargs="+", metavar="COMMAND", help="up, all, check-config, config, health NAME, queue, pki, backup, restore, redis-switchover, targets, or services")
    parser.add_argument("--config", type=Path, default=None, help="TOML file with a section per service")
    parser.add_argument("--probe", action="store_true", help="with runner: say what this machine can do for judging, and leave")
    parser.add_argument("--no-demo", action="store_true", help="with up: no demo contest at first start")
    return parser


def _epilog() -> str:
    return "services: " + ", ".join(f"{target.name} ({target.text})" for target in TARGETS.values())


def _probe(options: argparse.Namespace) -> int:
    from services.runner.probe import probe  # noqa: PLC0415  --help answers without loading the house

    if options.what != ["runner"]:
        print("palestra: only a runner can be probed: palestra runner --probe", file=sys.stderr)  # noqa: T201
        return 2
    return probe(read_configuration(options.config, ["runner"]).services["runner"])


def _carry_out(options: argparse.Namespace, given: Sequence[str]) -> int:
    what: list[str] = options.what
    if what in (["up"], ["all"]) or all(name in TARGETS for name in what):
        rest_collector()  # until all of them are ready
    match what:
        case ["health" | "metrics" as question, name] if name in TARGETS:
            from services import health  # noqa: PLC0415  asked every few seconds by whoever watches: it loads next to nothing

            return health.ask(read_configuration(options.config, [name]), name, question)
    from services import composition, up  # noqa: PLC0415  --help answers without loading the house

    match what:
        case ["up"]:
            return up.bring_up(read_configuration(options.config, ALL), given, wants_demo=not options.no_demo)
        case ["all"]:
            return composition.run_process(read_configuration(options.config, ALL), ALL)
        case ["check-config"]:
            composition.check(read_configuration(options.config, ALL), ALL)
            return _say("the configuration is fine")
        case ["config"]:
            shown = read_configuration(options.config, ALL).shown()
            return _say("\n".join(f"{name} = {orjson.dumps(value, default=str).decode()}" for name, value in shown.items()))
        case ["redis-switchover"]:
            from services import switchover  # noqa: PLC0415  as above

            return switchover.switch_over(read_configuration(options.config, ALL))
        case ["targets"]:
            return _say("\n".join(f"{target.name:<12} {target.text}" for target in TARGETS.values()))
        case names if all(name in TARGETS for name in names):
            return composition.run_process(read_configuration(options.config, names), names)
        case _:
            unknown = ", ".join(name for name in what if name not in TARGETS)
            print(f"palestra: nothing is called {unknown}; try palestra --help", file=sys.stderr)  # noqa: T201
            return 2


def _say(text: str) -> int:
    print(text)  # noqa: T201  this is what was asked for
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
