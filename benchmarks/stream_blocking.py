"""The reference of the stream benchmark where there is no C: blocking `ssl` sockets, as `stream.c` does it."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from pathlib import Path

from benchmarks.rpc_end import bare_context

TOTAL = 64 << 20
PIECE = bytes(256 * 1024)


def serve(context: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            line, _ = listener.accept()
            with context.wrap_socket(line, server_side=True) as tls:
                tls.recv(1)
                for _ in range(TOTAL // len(PIECE)):
                    tls.sendall(PIECE)


def fetch(context: ssl.SSLContext, port: int) -> None:
    print(json.dumps("ready"), flush=True)
    buffer = bytearray(len(PIECE))
    while sys.stdin.readline():
        with socket.create_connection(("127.0.0.1", port)) as line, context.wrap_socket(line, server_hostname="grader") as tls:
            began, got = time.perf_counter(), 0
            tls.sendall(b"g")
            while got < TOTAL and (count := tls.recv_into(buffer)):
                got += count
            print(TOTAL / 1e6 / (time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    side, folder, *given = sys.argv[1:]
    made = bare_context(Path(folder), side)
    serve(made) if side == "server" else fetch(made, int(given[0]))
