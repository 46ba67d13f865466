# SPDX-License-Identifier: MIT
"""Python's websockets: an echo, and a broadcast to all the others.  Prints its port."""
import asyncio
import logging
import os
import ssl
import sys

sys.path = [place for place in sys.path if place != os.path.dirname(os.path.abspath(__file__))]
import websockets  # noqa: E402  not this file

logging.disable()  # of connections that end
everybody = set()


async def serve(ws):
    if ws.path != "/broadcast":
        async for message in ws:
            await ws.send(message)
        return
    everybody.add(ws)
    try:
        async for message in ws:
            websockets.broadcast(everybody - {ws}, message)
    finally:
        everybody.discard(ws)


async def main():
    context = None
    if "--tls" in sys.argv:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.environ["BENCH_CERTIFICATE"], os.environ["BENCH_KEY"])
    compression = "deflate" if "--deflate" in sys.argv else None
    async with websockets.serve(serve, "127.0.0.1", 0, ssl=context, compression=compression,
                                max_size=64 << 20, ping_interval=None, backlog=4096) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()

asyncio.run(main())
