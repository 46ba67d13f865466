#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our client against servers that others wrote: npm's ws, Python's websockets.  Everything is said
to both, and in all three ways to run a client."""
import json
import pathlib
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import neighbours  # noqa: E402
from lib.tap import Tap  # noqa: E402
from lib.test_client import Client, data, letters  # noqa: E402

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]
RUNS = ["loop", "thread", "blocking"]

tap = Tap()


def equal(got, want):
    assert got == want, f"{got!r:.200}, and not {want!r:.200}"


def say(client, *commands):
    client.expect("open")
    client.send(*commands)


# Messages.

def echo_text(client):
    client.expect("open", "-")
    for size in SIZES:
        client.send(f"letters {size}")
        client.expect_message(letters(size))


def echo_binary(client):
    client.expect("open", "-")
    for size in SIZES:
        client.send(f"binary {size}")
        client.expect_message(data(size))


def echo_unicode(client):
    say(client, "text grüße 😀")
    client.expect_message("grüße 😀")


def echo_many(client):
    say(client, *[f"text {i}" for i in range(200)])
    for i in range(200):
        client.expect_message(str(i))


def send_fragments(client):
    say(client, "first one ", "middle two ", "middle ", "last three €")
    client.expect_message("one two three €")
    client.send("first cut", "ping within", "last  here")  # §5.4: control frames between
    client.expect_message("cut here")


def receive_fragments(client):
    client.expect_message("one two three €")
    message = client.next("message").text
    assert message.startswith("binary 71000 "), message


def before_open(client):
    """What is sent before the connection is open waits for it."""
    client.send("text early", "binary 3")
    client.expect("open")
    client.expect_message("early")
    client.expect_message(data(3))


# Ping.

def ping(client):
    say(client, "ping hello", "ping", "ping " + 125 * "x")
    for text in ("hello", "", 100 * "x"):  # of which 100 are shown
        client.expect("pong", text)


def pinged(client):
    client.expect_message("pong are you there")


# The opening handshake.

def protocol_chosen(client):
    client.expect("open", "chat.2")


def protocol_refused(client):
    closed = client.closed()
    equal((closed.code, closed.status), (1006, "ERR_HANDSHAKE_PROTOCOL"))


def protocol_optional(client):
    say(client, "text all the same")
    client.expect_message("all the same")


FIELDS = ["--header", "X-Number: no. {}", "--header", "User-Agent: interop/1", "--cookies",
          "a=b; c=d", "--origin", "http://page.example:8080", "--user", "Aladdin:open sesame"]


def fields(client):
    came = set()
    while (text := client.next("message").text.split(" ", 3)[3]) != "":
        came.add(text)
    for field in ("x-number: no. 0", "user-agent: interop/1", "cookie: a=b; c=d",
                  "origin: http://page.example:8080", "sec-websocket-version: 13",
                  "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="):
        assert field in came, f"{field} is not among {came}"


def bearer(client):
    while (text := client.next("message").text.split(" ", 3)[3]) != "":
        if text == "authorization: Bearer abc.def":
            return
    raise AssertionError("no token came")


def refused(code, body):
    def talk(client):
        closed = client.closed()
        equal((closed.code, closed.status, closed.http_status),
              (1006, "ERR_HANDSHAKE_STATUS", code))
        assert str(code) in closed.cause and body in closed.cause, closed.cause
    return talk


def not_followed(client):
    closed = client.closed()
    equal((closed.status, closed.http_status), ("ERR_HANDSHAKE_STATUS", 302))


def followed(client):
    say(client, "text here")
    client.expect_message("here")


def too_many_redirects(client):
    equal(client.closed().status, "ERR_REDIRECT")


# Closing.

def ours(commands, code):
    def talk(client):
        say(client, *commands)
        closed = client.closed()
        equal((closed.code, closed.status, closed.how), (code, "OK", "clean"))
    return talk


def theirs(code, reason):
    def talk(client):
        closed = client.closed()
        equal((closed.code, closed.status, closed.how), (code, "OK", "clean"))
        equal(closed.reason, reason)
    return talk


def behind_messages(client):
    for text in "123":
        client.expect_message(text)
    theirs(1000, "that was all")(client)


def torn(client):
    say(client, "text now")
    closed = client.closed()
    equal((closed.code, closed.how), (1006, "lost"))
    assert closed.status in ("ERR_CONNECTION_LOST", "ERR_CONNECTION_RESET"), closed
    assert closed.cause, closed


def end_of_input(client):
    say(client, "text last")
    client.expect_message("last")
    equal(client.wait(), 0)
    equal(client.closed().code, 1000)


def redirect(server, code, to, rest=""):
    return f"/redirect?code={code}&to={urllib.parse.quote(to, safe='')}{rest}"


def conversations(server):
    """name: path, options, what is said"""
    circle = redirect(server, 302, f"ws://{server}/redirect?code=302&to=/echo")
    return {
        "texts": ("/echo", [], echo_text),
        "bytes": ("/echo", [], echo_binary),
        "a text that is not ASCII": ("/echo", [], echo_unicode),
        "two hundred messages at once, in order": ("/echo", [], echo_many),
        "fragments that we send": ("/echo", [], send_fragments),
        "fragments that they send": ("/fragments", [], receive_fragments),
        "messages from before it is open": ("/echo", [], before_open),
        "our pings": ("/echo", [], ping),
        "their ping": ("/ping", [], pinged),
        "a subprotocol, the second of two": (
            "/protocol", ["--protocol", "chat.1", "--protocol", "chat.2"], protocol_chosen),
        "no subprotocol where one is wanted": (
            "/no-protocol", ["--protocol", "chat.1"], protocol_refused),
        "no subprotocol where one is wished for": (
            "/no-protocol", ["--protocol", "chat.1", "--protocol-optional"], protocol_optional),
        "fields of the request": ("/headers", FIELDS, fields),
        "a token": ("/headers", ["--bearer", "abc.def"], bearer),
        **{f"refused with {code}": (f"/status?code={code}&body=not+for+you", [],
                                    refused(code, "not for you"))
           for code in (400, 401, 403, 404, 429, 500, 503)},
        "a path that is not there": ("/elsewhere", [], refused(404, "nobody lives here")),
        "a redirect that is not followed": (redirect(server, 302, "/echo"), [], not_followed),
        **{f"a redirect with {code}": (redirect(server, code, f"ws://{server}/echo"),
                                       ["--redirects", "1"], followed)
           for code in (301, 302, 307, 308)},
        "a redirect to a path": (redirect(server, 302, "/echo"), ["--redirects", "1"], followed),
        "two redirects": (circle, ["--redirects", "2"], followed),
        "a redirect too many": (circle, ["--redirects", "1"], too_many_redirects),
        "closed by us": ("/echo", [], ours(["close 1000"], 1000)),
        "closed by us with a code and a reason": ("/echo", [], ours(["close 4321 bye €"], 4321)),
        "closed by us without a code": ("/echo", [], ours(["close 0"], 1005)),
        "closed by us at the end of the input": ("/echo", [], end_of_input),
        "closed by them": ("/close?code=1000", [], theirs(1000, "")),
        "closed by them with a code and a reason": (
            "/close?code=4321&reason=bye", [], theirs(4321, "bye")),
        "closed by them for a restart": ("/close?code=1012", [], theirs(1012, "")),
        "closed by them without a code": ("/close", [], theirs(1005, "")),
        "closed by them behind messages": ("/last", [], behind_messages),
        "ended without a Close frame": ("/terminate", [], torn),
    }


# Compression: what each side is told to want of it.

OUR_DEFLATES = {
    "nothing kept": ["--deflate"],
    "all kept": ["--deflate", "--deflate-send-takeover", "--deflate-receive-takeover"],
    "small windows": ["--deflate", "--deflate-send-takeover", "--deflate-receive-takeover",
                      "--deflate-send-window-bits", "9", "--deflate-receive-window-bits", "9"],
    "best": ["--deflate", "--deflate-level", "9"],
}
THEIR_DEFLATES = {
    "as it comes": {},
    "nothing kept": {"server_no_context_takeover": True, "client_no_context_takeover": True},
    "small windows": {"server_max_window_bits": 9, "client_max_window_bits": 9},
}


def agrees(client):
    client.expect("open")
    client.expect_message("permessage-deflate")
    client.send("text and back, and back, and back, and back, and back, and back")
    client.expect_message("and back, and back, and back, and back, and back, and back")


def disagrees(client):
    client.expect("open")
    client.expect_message("")


DEFLATED = {
    "agreed on": ("/extensions", agrees),
    "texts": ("/echo", echo_text),
    "bytes": ("/echo", echo_binary),
    "a text that is not ASCII": ("/echo", echo_unicode),
    "two hundred messages at once, in order": ("/echo", echo_many),
    "fragments that we send": ("/echo", send_fragments),
    "fragments that they send": ("/fragments", receive_fragments),
    "messages from before it is open": ("/echo", before_open),
    "their ping": ("/ping", pinged),
    "closed by them behind messages": ("/last", behind_messages),
}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)


def run_deflated(name, start, spell):
    for theirs_name, theirs_deflate in THEIR_DEFLATES.items():
        with start(json.dumps(spell(theirs_deflate))) as server:
            for ours_name, options in OUR_DEFLATES.items():
                for what, (path, talk) in DEFLATED.items():
                    tap.run(f"{name}, deflate: {theirs_name}, we {ours_name}: {what}", converse,
                            server, "loop", path, options, talk)
            tap.run(f"{name}, deflate: {theirs_name}, we none", converse, server, "loop",
                    "/extensions", [], disagrees)


def converse(server, run, path, options, talk):
    with Client(f"ws://{server}{path}", *options, run=run) as client:
        talk(client)


def run_all(name, start):
    with start() as server:
        for run in RUNS:
            for what, (path, options, talk) in conversations(server).items():
                tap.run(f"{name}, {run}: {what}", converse, server, run, path, options, talk)


if neighbours.is_there("node") and (HERE / "node_modules" / "ws").exists():
    run_all("ws", neighbours.WsServer)
    run_deflated("ws", neighbours.WsServer, lambda their: {
        "threshold": 0, **{camel(name): value for name, value in their.items()}})
else:
    print("# no node, or no node_modules: npm ci in tests/interop")
try:
    import websockets  # noqa: F401
except ImportError:
    print("# no python3-websockets for /usr/bin/python3")
else:
    run_all("websockets", neighbours.WebsocketsServer)
    run_deflated("websockets", neighbours.WebsocketsServer, lambda their: their)
tap.done()
