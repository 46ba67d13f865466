#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Python's websockets as a client of `hawser serve`: the same conversations as in ws_client.mjs.
With "tls" as its argument they are held over wss, with "deflate" compressed, on several terms."""
import asyncio
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.hawser import Server  # noqa: E402
from lib.tap import Tap  # noqa: E402
from lib.tls import insecure  # noqa: E402

tap = Tap()
try:
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
except ImportError:
    tap.skip_all("no python3-websockets for /usr/bin/python3")

MESSAGE_MAX = 16 << 20
PATIENCE_S = 60
SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, MESSAGE_MAX]

IS_SECURE = sys.argv[1:] == ["tls"]
IS_DEFLATED = sys.argv[1:] == ["deflate"]
if IS_SECURE:
    server = Server("--message-size-max", str(MESSAGE_MAX), "--self-signed",
                    listen="https://localhost:0")
else:
    server = Server("--message-size-max", str(MESSAGE_MAX),
                    *(["--deflate-takeover"] if IS_DEFLATED else []))
URL = f"{'wss' if IS_SECURE else 'ws'}://{server.host}:{server.port}/echo"
TLS = {"ssl": insecure()} if IS_SECURE else {}


def connect(**options):
    return websockets.connect(URL, **{"compression": None, "max_size": None, **TLS, **options})


DEFLATES = {
    "as it comes": {},
    "a hint": {"client_max_window_bits": True},
    "nothing kept": {"server_no_context_takeover": True, "client_no_context_takeover": True},
    "small windows": {"server_max_window_bits": 9, "client_max_window_bits": 9},
    "a small window of theirs": {"server_max_window_bits": 10, "client_max_window_bits": True},
} if IS_DEFLATED else {"": None}


def extensions(parameters):
    return {} if parameters is None else {
        "extensions": [ClientPerMessageDeflateFactory(**parameters)]}


def conversation(name, talk, *arguments, **options):
    async def whole(terms):
        async with connect(**{**extensions(terms), **options}) as ws:
            if terms is not None:
                equal([each.name for each in ws.extensions], ["permessage-deflate"])
            await talk(ws, *arguments)

    for how, terms in DEFLATES.items():
        tap.run(f"websockets: {name}{how and ', deflate: '}{how}",
                lambda: asyncio.run(asyncio.wait_for(whole(terms), PATIENCE_S)))


def equal(got, want):
    assert got == want, f"{got!r:.100}, and not {want!r:.100}"


def letters(size):
    return ("abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[:size]


def data(size):
    return (bytes(range(256)) * (size // 256 + 1))[:size]


async def echo(ws, message):
    await ws.send(message)
    equal(await ws.recv(), message)


async def fragments(ws, parts):
    await ws.send(parts)  # each a frame
    equal(await ws.recv(), parts[0][:0].join(parts))


async def ping(ws, payload):
    await (await ws.ping(payload))


async def pings_among_messages(ws):
    waiters = []
    for i in range(30):
        await ws.send(str(i))
        waiters.append(await ws.ping(str(i)))
    for i in range(30):
        equal(await ws.recv(), str(i))
    await asyncio.gather(*waiters)


async def unasked_pong(ws):
    await ws.pong("unasked")
    await echo(ws, "after")


async def many(ws):
    for i in range(100):
        await ws.send(str(i))
    for i in range(100):
        equal(await ws.recv(), str(i))


async def close(ws, code, reason):
    await ws.close(code, reason)
    equal(ws.close_code, code)  # the reason need not come back


async def expect_close(ws, code):
    try:
        await ws.recv()
        raise AssertionError("a message came")
    except websockets.ConnectionClosed:
        equal(ws.close_code, code)
        assert code == 1012 or ws.close_reason, "no reason given"


async def too_big(ws, parts):
    try:
        await ws.send(parts)
    except websockets.ConnectionClosed:
        pass  # refused by its head, while the rest was still being sent
    await expect_close(ws, 1009)


async def deflated(ws):
    """As it is by default: nothing is kept on either side."""
    (agreed,) = ws.extensions
    equal((agreed.remote_no_context_takeover, agreed.local_no_context_takeover), (True, True))
    for _ in range(3):
        await echo(ws, letters(5000))


async def no_protocol(ws):
    equal(ws.subprotocol, None)
    await echo(ws, "all the same")


async def server_ends(ws):
    server.signal(signal.SIGTERM)
    await expect_close(ws, 1012)


for size in SIZES:
    conversation(f"text of {size}", echo, letters(size))
    conversation(f"binary of {size}", echo, data(size))
conversation("text that is not ASCII", echo, "grüße 😀 \0")
conversation("text in fragments", fragments, ["one ", "two ", "", "three €"])
conversation("binary in fragments", fragments, [data(70_000), b"", data(3)])
conversation("ping without payload", ping, b"")
conversation("ping of 125 bytes", ping, data(125))
conversation("pings among messages", pings_among_messages)
conversation("a pong that nobody asked for", unasked_pong)
conversation("a hundred messages at once, in order", many)
conversation("close with code and reason", close, 4321, "tschüß")
conversation("close with 1000", close, 1000, "")
conversation("a message over the limit: 1009", too_big, bytes(MESSAGE_MAX + (1 << 20)))
conversation("fragments over the limit: 1009", too_big, [bytes(MESSAGE_MAX), b"x"])
if not IS_DEFLATED:
    conversation("deflate as it comes", deflated, compression="deflate")
conversation("a subprotocol that is not ours", no_protocol, subprotocols=["nobody.speaks.this"])
conversation("its own pings are answered", unasked_pong, ping_interval=0.01, ping_timeout=60)
DEFLATES = dict(list(DEFLATES.items())[:1])  # it ends once
conversation("the server ends: 1012", server_ends)


def assert_ended_well():
    equal(server.wait(), 0)


tap.run("websockets: the server's exit status", assert_ended_well)
tap.done()
