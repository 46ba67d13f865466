#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our server behind proxies that others wrote and that say in the PROXY protocol whom they speak
for: HAProxy (versions 1 and 2, with TLVs, with its checks, in HTTP) and nginx (version 1), in front
of a server without TLS and, passing it through, of one with it."""
import pathlib
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import neighbours  # noqa: E402
from lib import tls  # noqa: E402
from lib.hawser import Server  # noqa: E402
from lib.rawws import ConnectionEnded, RawWebSocket  # noqa: E402
from lib.tap import Tap  # noqa: E402

PATIENCE_S = 60
CLIENTS = "127.0.0.7", "127.0.0.8"

tap = Tap()
missing = [name for name in ("nginx", "haproxy") if not neighbours.is_there(name)]
if missing:
    tap.skip_all(f"no {', '.join(missing)}: script/bootstrap")


def until(condition):
    end = time.monotonic() + PATIENCE_S
    while not (answer := condition()):
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)
    return answer


def come(port, source, context):
    return RawWebSocket("127.0.0.1", port, timeout=PATIENCE_S, source=source, tls=context)


def echoes(server, port, source, context):
    with come(port, source, context) as ws:
        answer = ws.open("/echo")
        assert answer.status == 101, answer
        for size in 5, 100_000:
            ws.send_text("x" * size)
            assert ws.receive_message().payload == b"x" * size


def is_known(server, port, source, context):
    """Refused for its origin, and named in the log."""
    before = len(server.log_so_far())
    with come(port, source, context) as ws:
        answer = ws.open("/echo", {"Origin": "https://x.example"})
        assert answer.status == 403, answer
    told = until(lambda: re.findall(r"(\S+): WebSocket refused", server.log_so_far()[before:]))
    assert told == [source], told


def enters(port, source, context):
    """The WebSocket; None: it was turned away.  With TLS that is an end without an answer."""
    ws = None
    try:
        ws = come(port, source, context)
        answer = ws.open("/echo")
    except (OSError, ConnectionEnded):
        answer = None
    if answer and answer.status == 101:
        return ws
    assert answer is None or answer.status == 429, answer
    if ws:
        ws.end()
    return None


def is_limited(server, port, source, context):
    """Two of one address, whatever there is of another.  Those of before may still be on their way
    out."""
    held = [until(lambda: enters(port, source, context)) for _ in range(2)]
    assert enters(port, source, context) is None
    for ws in held:
        ws.end()


def checks_are_let_in(server):
    """A check says LOCAL, and goes: nothing that is worth a line."""
    assert "PROXY protocol" not in server.log_so_far(), server.log_so_far()


def each_way(bodies, server, context):
    upstream = f"127.0.0.1:{server.port}"
    what = "https" if context else "http"
    with neighbours.Haproxy(upstream) as haproxy, neighbours.IntroducingNginx(upstream) as nginx:
        for proxy in haproxy, nginx:
            for way in proxy.ways:
                if context and way.endswith("HTTP"):
                    continue
                for body in bodies:
                    for source in CLIENTS:
                        tap.run(f"{type(proxy).__name__}, {way}, {what}: {body.__name__} {source}",
                                body, server, proxy.port_of(way), source, context)


def run_with(listen, *options, context=None):
    options = ("--proxy-protocol", "127.0.0.1", "--log-level", "info", *options)
    with Server(*options, listen=listen, tls=context) as server:
        each_way([echoes, is_known], server, context)
        tap.run("checks are let in", checks_are_let_in, server)
    with Server(*options, "--address-count-max", "2", listen=listen, tls=context) as server:
        each_way([is_limited], server, context)


run_with("http://127.0.0.1:0")
run_with("https://127.0.0.1:0", "--self-signed", context=tls.insecure())
tap.done()
