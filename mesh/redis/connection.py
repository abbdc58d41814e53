"""Owns one connection to Redis: its TLS, its password, and the master behind it. Never knows what is asked on it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redis.asyncio.connection import Connection
from redis.exceptions import AuthenticationError, ConnectionError as LineBroken, ReadOnlyError, TimeoutError as LineSlow

if TYPE_CHECKING:
    from mesh.redis.sentinels import Sentinels


class NotSent(LineBroken):
    """The server was not reached, or is no master: what was to be asked was not done, and may be asked again."""


@dataclass(slots=True)
class Era:
    """The time since a line last broke: a connection from an earlier one may lead to a server that was left, and is made anew."""

    number: int = 0


class MeshConnection(Connection):
    """A TCP connection, over TLS when ``tls`` gives a context: asked anew each time, so that a renewed certificate is used.

    With ``sentinels`` each connect asks them where the master is and has the server confirm it. (redis-py's own Sentinel client
    asks only after its retries at the old place.) A server that says that it is a replica now is left at once.
    """

    def __init__(
        self, *, tls: Callable[[], ssl.SSLContext] | None = None, sentinels: Sentinels | None = None, era: Era | None = None,
        password_file: Path | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self._tls = tls
        self._sentinels = sentinels
        self._era = era or Era()
        self._connected_in = 0
        self._password_file = password_file

    async def connect(self) -> None:
        """Connects when it is not, is of an earlier era, or leads to who is no master. Raises: `NotSent`, AuthenticationError."""
        if self.is_connected and (self._connected_in != self._era.number or await self.is_left()):
            await self.disconnect(nowait=True)
        await super().connect()  # type: ignore[no-untyped-call]  # redis-py has no types here

    async def is_left(self) -> bool:
        """Whether the Sentinels name another master than the one at the other end."""
        return self._sentinels is not None and await self._sentinels.is_left((self.host, self.port))

    async def connect_check_health(self, check_health: bool = True, retry_socket_connect: bool = True) -> None:
        """Connects when it is not. Raises: `NotSent`, AuthenticationError."""
        try:
            await super().connect_check_health(check_health, retry_socket_connect)
        except AuthenticationError:
            raise
        except (LineBroken, LineSlow) as wrong:
            if self._sentinels is not None:
                self._sentinels.doubt()
            raise NotSent(str(wrong)) from wrong

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        """Signs in, with the password that lies in its file now; with Sentinels, has the server say that it is the master."""
        if self._password_file is not None:
            try:
                self.password = (await asyncio.to_thread(self._password_file.read_text)).strip()
            except OSError as wrong:
                raise AuthenticationError(f"the password of {self.username} cannot be read from {self._password_file}: {wrong.strerror}") from wrong
        await super().on_connect_check_health(check_health)
        if self._sentinels is not None:
            await self.send_command("ROLE", check_health=False)
            role = await self.read_response()
            if role[0] != b"master":
                raise LineBroken(f"{self.host}:{self.port} is not the master: {role[0].decode()}")

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        """One answer. Raises: `NotSent` from a server that has become a replica."""
        try:
            return await super().read_response(*arguments, **options)
        except ReadOnlyError as wrong:
            await self.disconnect(nowait=True)
            raise NotSent(f"{self.host}:{self.port} has become a replica") from wrong

    async def _send_packed_command(self, command: Iterable[bytes]) -> None:
        """A task of its own, which may begin when another one has closed the line."""
        if not self.is_connected:
            raise LineBroken(f"the line to {self.host}:{self.port} was closed meanwhile")
        await super()._send_packed_command(command)

    async def _connect(self) -> None:
        if self._sentinels is not None:
            self.host, self.port = await self._sentinels.master()
        self._connected_in = self._era.number
        await super()._connect()  # type: ignore[no-untyped-call]  # as above

    def _connection_arguments(self) -> Mapping[str, Any]:
        arguments = {"host": self.host, "port": self.port}
        return arguments if self._tls is None else {**arguments, "ssl": self._tls()}
