#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Python's websockets as a server, for our client: the routes are told in ws_server.mjs.  Its
argument, if there is one, is the parameters of ServerPerMessageDeflateFactory, as JSON."""
import asyncio
import http
import json
import sys
from urllib.parse import parse_qs, urlsplit

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


def split(path):
    url = urlsplit(path)
    return url.path, {name: values[0] for name, values in parse_qs(url.query).items()}


async def echo(ws, query):
    async for message in ws:
        await ws.send(message)


async def fragments(ws, query):
    await ws.send(["one ", "two ", "", "three €"])
    await ws.send([bytes(1000), b"", b"\2" * 70_000])
    await echo(ws, query)


async def extensions(ws, query):
    await ws.send(", ".join(each.name for each in ws.extensions))
    await echo(ws, query)


async def ping(ws, query):
    await (await ws.ping("are you there"))
    await ws.send("pong are you there")
    await echo(ws, query)


async def headers(ws, query):
    for name, value in ws.request_headers.raw_items():
        await ws.send(f"{name.lower()}: {value}")
    await ws.send("")
    await echo(ws, query)


async def close(ws, query):
    if "code" not in query:  # the library cannot leave the code out
        ws.transport.write(b"\x88\x00")
        await ws.wait_closed()
    else:
        await ws.close(int(query["code"]), query.get("reason", ""))


async def terminate(ws, query):
    await ws.recv()
    ws.transport.abort()


async def last(ws, query):
    for text in "123":
        await ws.send(text)
    await ws.close(1000, "that was all")


ROUTES = {"/echo": echo, "/protocol": echo, "/no-protocol": echo, "/fragments": fragments,
          "/ping": ping, "/extensions": extensions, "/headers": headers, "/close": close, "/terminate": terminate,
          "/last": last}


async def refuse(path, request_headers):
    name, query = split(path)
    if name == "/status":
        return http.HTTPStatus(int(query["code"])), [], query.get("body", "").encode()
    if name == "/redirect":
        return http.HTTPStatus(int(query["code"])), [("Location", query["to"])], b""
    if name not in ROUTES:
        return http.HTTPStatus.NOT_FOUND, [], b"nobody lives here\n"
    return None


class Protocol(websockets.WebSocketServerProtocol):
    def process_subprotocol(self, headers, available_subprotocols):
        offered = headers.get("Sec-WebSocket-Protocol", "").split(", ")
        self.subprotocol = offered[-1] if self.path == "/protocol" else None
        return self.subprotocol


async def serve(ws):
    name, query = split(ws.path)
    try:
        await ROUTES[name](ws, query)
    except websockets.ConnectionClosed:
        pass


async def main():
    options = {"compression": None, "max_size": None, "process_request": refuse,
               "create_protocol": Protocol}
    if sys.argv[1:]:
        options["extensions"] = [ServerPerMessageDeflateFactory(**json.loads(sys.argv[1]))]
    async with websockets.serve(serve, "127.0.0.1", 0, **options) as server:
        host, port = server.sockets[0].getsockname()
        print(f"{host}:{port}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
