"""A connection that goes while the door looks through its connections costs the house nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.mesh.rpc.houses import House
from tests.mesh.rpc.test_strangers import stranger


async def test_a_connection_that_is_gone_is_not_asked_who_it_is(house: House, pki_folder: Path) -> None:
    door = house.door()
    async with door.listening() as _:
        friend = stranger(pki_folder, f"{pki_folder}/runner.crt", f"{pki_folder}/runner.key")
        _, writer = await asyncio.open_connection("127.0.0.1", house.addresses["grader"][1], ssl=friend, server_hostname="grader")
        async with asyncio.timeout(5):
            while not door.connections():
                await asyncio.sleep(0)
        [transport] = door.connections()
        transport.close()
        transport.close()  # the second takes asyncio's TLS from under it
        assert door._admission.cut_off([transport, None]) == 0
        writer.close()
