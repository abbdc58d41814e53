"""Owns Ra, the log of RabbitMQ's quorum queues, alone: one counter in an Erlang process of its own, without a broker around it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.brokers import missing

_LIMIT_S = 20.0
_PROGRAM = r"""#!/usr/bin/env escript
%%! -kernel logger_level none
main([Step, Dir | Words]) ->
    [code:add_patha(P) || P <- filelib:wildcard("/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/*/ebin")],
    {ok, _} = ra:start_in(Dir),
    Id = {m1, node()},
    case Step of
        "count" ->
            {ok, _, _} = ra:start_cluster(default, m1, {simple, fun erlang:'+'/2, 0}, [Id]),
            lists:foreach(fun(At) ->
                [{ok, _, _} = ra:process_command(Id, 1) || _ <- lists:seq(1, 100)],
                [Log] = filelib:wildcard(Dir ++ "/*/*.wal"),
                lists:member(integer_to_list(At), tl(Words)) andalso (ok = file:make_link(Log, filename:rootname(Log) ++ ".wal-kept")),
                integer_to_list(At) =:= hd(Words) orelse begin ra_log_wal:force_roll_over(ra_log_wal), until_gone(Log) end
            end, lists:seq(1, list_to_integer(hd(Words)))),
            [dets:sync(Table) || Table <- dets:all()];
        "count_on" ->
            ok = ra:restart_server(default, Id),
            count_on(Id, 0);
        "told" ->
            ok = ra:restart_server(default, Id),
            {ok, {_, Count}, _} = ra:leader_query(Id, fun(Sum) -> Sum end, 5000),
            io:format("~p", [Count])
    end,
    halt(0).
count_on(Id, Count) ->
    case catch ra:process_command(Id, 1, 500) of
        {ok, _, _} -> io:format("~p~n", [Count + 1]), timer:sleep(4), count_on(Id, Count + 1);
        _ -> timer:sleep(20), io:format("refused~n"), count_on(Id, Count)
    end.
until_gone(Log) -> case filelib:is_file(Log) of true -> timer:sleep(10), until_gone(Log); false -> ok end.
"""


class Ra:
    """A counter that is kept in a folder: ``FOLDER/<node>/*.wal`` is its log."""

    def __init__(self, folder: Path, program: Path) -> None:
        if shutil.which("escript") is None:
            missing("Erlang")
        self._folder = folder
        self._program = program
        program.write_text(_PROGRAM)

    def count(self, logs: int, second_names: list[str]) -> None:
        """Counts to 100 in each of so many logs, all but the last one written on to segments; those named get a second name before."""
        self._said("count", str(logs), *second_names)

    @contextmanager
    def counting(self) -> Iterator[tuple[int, Iterator[str]]]:
        """Counts on until it is ended: its pid, and each number that was confirmed, or ``refused``."""
        with subprocess.Popen(self._words("count_on"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as node:
            try:
                assert node.stdout is not None
                yield node.pid, (line.strip() for line in node.stdout)
            finally:
                node.kill()

    def told(self) -> int:
        """How far it has counted, after a start."""
        return int(self._said("told"))

    def _words(self, *words: str) -> list[str]:
        return ["escript", str(self._program), words[0], str(self._folder), *words[1:]]

    def _said(self, *words: str) -> str:
        ended = subprocess.run(self._words(*words), capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout.splitlines()[-1] if ended.stdout else ""
