"""The server of these tests leaves nothing behind that another test would be blamed for."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings

import pytest

from tests.http.loopback import Connection, loopback


@pytest.mark.parametrize("steps", range(10))
def test_connection_that_was_hardly_taken_is_closed_with_the_server(steps: int) -> None:
    async def scene() -> None:
        async with loopback(Connection.silence) as server:
            with socket.create_connection(("127.0.0.1", server.port)):
                for _ in range(steps):  # so many turns of the loop the server has to take it
                    await asyncio.sleep(0)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        asyncio.run(scene())
        gc.collect()
    assert [str(one.message) for one in seen] == []
