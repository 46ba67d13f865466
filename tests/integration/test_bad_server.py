#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that answer or speak as they must not: rows E, what they say (what they do in time is in
test_bad_server_conduct.py, what they do with TLS in test_bad_server_tls.py)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.client_subject import (ClientSubject, answers, assert_messages,  # noqa: E402
                                assert_unclean, conduct, failed, frames, opened, refused,
                                stays_open, whole)
from lib.rawws import BINARY, CLOSE, PING, PONG, TEXT, Frame, frame  # noqa: E402
from lib.tap import Tap  # noqa: E402

CLEAN = b"\x03\xe8"

tap = Tap()
subject = ClientSubject()


def sent(opcode, payload=b"", **how):
    how.setdefault("mask", False)
    return frame(opcode, payload, **how)


def answer(name, data_of, reaction, **options):
    tap.run(name, answers(subject, data_of, reaction, **options))


def changed(*more, behind=b"", **changes):
    """A good 101, but for this."""
    return lambda peer: peer.answer(*more, **changes) + behind


def status_answer(line, *fields, body=b""):
    """An answer that has nothing to do with WebSockets."""
    head = "\r\n".join([line, *fields, "", ""]).encode("latin-1")
    return lambda peer: head + body


def sized(line, body, *fields):
    return status_answer(line, f"Content-Length: {len(body)}", *fields, body=body)


# Answers that are none, or no 101

def interim_answers():
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    several = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + early
    answer("E001 100, 102 and 103, then 101", lambda peer: several + peer.answer(), opened())
    answer("E001 ten of them", lambda peer: early * 10 + peer.answer(), opened())
    answer("E001 eleven of them", lambda peer: early * 11 + peer.answer(),
           refused("HTTP_SYNTAX", "malformed HTTP"))
    answer("E001 one, then 403", lambda peer: early + b"HTTP/1.1 403 Forbidden\r\n"
           b"Content-Length: 0\r\n\r\n", refused("HANDSHAKE_STATUS", "HTTP 403 Forbidden", 403))


def refusing_answers():
    def refusal(number, words):
        return refused("HANDSHAKE_STATUS", words, number)

    for number, reason in (400, "Bad Request"), (404, "Not Found"), (500, "Oh dear"):
        answer(f"E002 {number} with a body",
               sized(f"HTTP/1.1 {number} {reason}", b"no such\nthing"),
               refusal(number, f"HTTP {number} {reason}: \"no such?thing\""))
    answer("E002 200 with a page", sized("HTTP/1.1 200 OK", b"<html>", "Content-Type: text/html"),
           refusal(200, "HTTP 200 OK"))
    answer("E002 204", status_answer("HTTP/1.1 204 No Content"), refusal(204, "HTTP 204"))
    answer("E002 404 without a reason", sized("HTTP/1.1 404 ", b""), refusal(404, "HTTP 404"))
    answer("E002 500 in chunks", status_answer(
        "HTTP/1.1 500 No", "Transfer-Encoding: chunked", body=b"4\r\nback\r\n5\r\nsoon!\r\n0\r\n\r\n"),
        refusal(500, "HTTP 500 No: \"backsoon!\""))
    answer("E002 a body over what is looked at", sized("HTTP/1.1 500 No", b"word " * 20_000),
           refusal(500, "HTTP 500 No: \"word word"))
    answer("E002 what a terminal would obey", sized("HTTP/1.1 500 No", b"\x1b[2J\xff\xc2\x9bx"),
           refusal(500, "HTTP 500 No: \"?[2J"))
    answer("E004 401, nobody has asked who we are",
           sized("HTTP/1.1 401 Unauthorized", b"", "WWW-Authenticate: Basic realm=\"x\""),
           refusal(401, "HTTP 401 Unauthorized"))
    answer("E004 401, the credentials are wrong",
           sized("HTTP/1.1 401 Unauthorized", b"who?", "WWW-Authenticate: Digest realm=\"x\""),
           refusal(401, "HTTP 401 Unauthorized: \"who?\""), user_password="me:secret")
    answer("E004 407 from who is no proxy",
           sized("HTTP/1.1 407 Proxy Authentication Required", b""), refusal(407, "HTTP 407"))


def broken_answers():
    def is_no_http(data, status="HTTP_SYNTAX", words=""):
        answer(f"E013 {data[:40]!r}", lambda peer: data, refused(status, words))

    answer("E013 HTTP/1.0", changed(status="HTTP/1.0 101 Switching Protocols"),
           refused("HANDSHAKE_STATUS", "", 101))
    for line in ("HTTP/1.1 0101 Switching", "HTTP/1.1 10 Switching", "HTTP/1.1 1O1 Switching",
                 "HTTP/1.1 -101 Switching", "HTTP/1.1  101 Switching", "http/1.1 101 Switching",
                 "HTTP/11 101 Switching", " HTTP/1.1 101 Switching", "101 Switching", "ICY 101 OK"):
        answer(f"E013 {line!r}", changed(status=line), refused(
            "HTTP_SYNTAX", "malformed HTTP" if line.startswith("HTTP/") else "not HTTP"))
    is_no_http(b"\x15\x03\x01\x00\x02\x02\x46", words="not HTTP")
    is_no_http(b"SSH-2.0-OpenSSH_9.2p1\r\n", words="not HTTP: \"S")
    is_no_http(b"\x81\x05hello", words="not HTTP")
    for line in "X y: z", "X : z", ": z", " folded", "X: a\0b", "X: a\rb":
        answer(f"E013 the field {line!r}", changed(line),
               refused("HTTP_SYNTAX", "malformed HTTP"))
    answer("E012 a line over 8 KiB", changed("X: " + "x" * 9000),
           refused("HTTP_HEAD_TOO_BIG", "too large or too many"))
    answer("E012 fields over 16 KiB", changed(*["X: " + "x" * 1000] * 17),
           refused("HTTP_HEAD_TOO_BIG", "too large or too many"))
    answer("E012 over 100 fields", changed(*["X: y"] * 101),
           refused("HTTP_HEAD_TOO_BIG", "too large or too many"))


# 101s that are wrong (RFC 6455 §4.1)

def wrong_fields():
    for value in None, "", "web", "websockets", "xwebsocket", "h2c", "websocket, h2c":
        answer(f"E006 Upgrade: {value}", changed(upgrade=value),
               refused("HANDSHAKE_UPGRADE", "no Upgrade to websocket", 101))
    answer("E006 Upgrade: WebSocket", changed(upgrade="WebSocket"), opened())
    for value in None, "", "close", "keep-alive", "upgraded", "up grade", "Upgrade;q=1":
        answer(f"E007 Connection: {value}", changed(connection=value),
               refused("HANDSHAKE_CONNECTION", "Connection does not name Upgrade", 101))
    answer("E007 Connection: keep-alive, upgrade", changed(connection="keep-alive, upgrade"),
           opened())

    def wrong_accept(name, change):
        answer(f"E008 {name}", lambda peer: peer.answer(sec_websocket_accept=change(peer.accept())),
               refused("HANDSHAKE_ACCEPT", "Sec-WebSocket-Accept does not match the key", 101))

    wrong_accept("none", lambda accept: None)
    wrong_accept("an empty one", lambda accept: "")
    wrong_accept("another", lambda accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    wrong_accept("in another case", str.swapcase)
    wrong_accept("without its padding", lambda accept: accept[:-1])
    wrong_accept("with a word behind it", lambda accept: accept + " x")
    wrong_accept("twice in one", lambda accept: f"{accept}, {accept}")
    answer("E008 with spaces around it",
           lambda peer: peer.answer(sec_websocket_accept=f" \t{peer.accept()} \t"), opened())


def wrong_agreements():
    def extension(*values):
        lines = [f"Sec-WebSocket-Extensions: {value}" for value in values]
        answer(f"E009 {', '.join(values)}", changed(*lines),
               refused("HANDSHAKE_EXTENSION", "extension that was not offered", 101))

    extension("permessage-deflate")
    extension("permessage-deflate; server_max_window_bits=15; unheard_of")
    extension("permessage-deflate", "permessage-deflate")
    extension("x-webkit-deflate-frame")
    extension("permessage-deflate; ")

    def subprotocol(name, *lines, **options):
        answer(f"E010 {name}", changed(*[f"Sec-WebSocket-Protocol: {line}" for line in lines]),
               refused("HANDSHAKE_PROTOCOL", "subprotocol that was not offered", 101), **options)

    both = ["chat.v2", "chat.v1"]
    subprotocol("one, and none was offered", "chat.v1")
    subprotocol("another than was offered", "chat.v3", protocol=both)
    subprotocol("in another case", "CHAT.v1", protocol=both)
    subprotocol("both that were offered", "chat.v2, chat.v1", protocol=both)
    subprotocol("both in two lines", "chat.v2", "chat.v1", protocol=both)
    subprotocol("an empty one", "", protocol=both)
    answer("E010 the second that was offered", changed("Sec-WebSocket-Protocol: chat.v1"),
           opened(protocol="chat.v1"), protocol=both)
    answer("E011 none, and one is wanted", changed(),
           refused("HANDSHAKE_PROTOCOL", "none of the subprotocols that were offered", 101),
           protocol=both)
    answer("E011 none, and that will do", changed(), opened(), protocol=both,
           protocol_optional=True)


# Behind the 101

def frames_behind():
    hello = sent(TEXT, b"hello")
    answer("E014 a Content-Length", changed("Content-Length: 5", behind=hello),
           opened(("text", b"hello")))
    answer("E014 a Transfer-Encoding", changed("Transfer-Encoding: chunked", behind=hello),
           opened(("text", b"hello")))
    several = hello + sent(BINARY, bytes(300)) + sent(PING, b"?") + sent(TEXT, b"") + hello
    answer("E016 frames in one piece with the 101", changed(behind=several),
           opened(("text", b"hello"), ("binary", bytes(300)), ("text", b""), ("text", b"hello"),
                  frames=[Frame(PONG, b"?")]))

    def closed_at_once(peer, socket):
        socket.expect("open", "")
        assert_messages(socket, [("text", b"hello")])
        assert peer.receive_close().code == 1000
        assert socket.next("close").clean
        peer.assert_end()
    answer("E016 a message and a Close in one piece with the 101",
           changed(behind=hello + sent(CLOSE, CLEAN) + b"E030 and then some"), closed_at_once)


def row(name, data, reaction, **options):
    tap.run(name, frames(subject, data, reaction, **options))


def bad_frames():
    words = "client frame unmasked, or server frame masked"
    hello = sent(TEXT, b"hello")
    for opcode, name in (TEXT, "text"), (BINARY, "binary"), (PING, "ping"), (CLOSE, "Close"):
        payload = CLEAN if opcode == CLOSE else b"x"
        row(f"E015 a masked {name}", frame(opcode, payload, mask=b"abcd"),
            failed(1002, "FRAME_MASK", words))
    row("E015 behind a good one", hello + frame(TEXT, b"", mask=b"\0\0\0\0"),
        failed(1002, "FRAME_MASK", words, [("text", b"hello")]))
    for size in 1 << 63, (1 << 64) - 1, (1 << 64) - 10:
        row(f"E022 a length of {size:#x}", b"\x82\x7f" + size.to_bytes(8, "big"),
            failed(1002, "FRAME_LENGTH", "over 2^63-1"))
    for size in (1 << 63) - 1, 1 << 62, 1 << 32, (1 << 32) + 5, 1 << 31, (16 << 20) + 1:
        row(f"E022 a length of {size:#x}", b"\x82\x7f" + size.to_bytes(8, "big"),
            failed(1009, "MESSAGE_TOO_BIG", "message over the size limit"))
    for size, limit in (101, 100), (126, 125), (65536, 65535):
        row(f"E022 {size} where {limit} is the limit", sent(BINARY, bytes(size)),
            failed(1009, "MESSAGE_TOO_BIG", "over the size limit"), message_size_max=limit)
        row(f"E022 {limit} likewise", sent(BINARY, bytes(limit)),
            stays_open(("binary", bytes(limit))), message_size_max=limit)
    row("E019 a ping that carries a ping", sent(PING, sent(PING, b"x")),
        stays_open(frames=[Frame(PONG, sent(PING, b"x"))]))
    row("E019 a pong that carries a ping", sent(PONG, sent(PING, b"x")) * 3, stays_open())
    row("E018 a flood of pings", sent(PING, b"x") * 151, failed_by_flood)


def failed_by_flood(peer, socket):
    """Those within the burst are answered, at most; then it ends."""
    count = 0
    while (got := peer.receive()).opcode == PONG:
        count += 1
    assert count <= 50, f"{count} pongs"
    assert (got.opcode, got.payload[:2]) == (CLOSE, b"\x03\xf0"), got
    assert_unclean(socket, "CONTROL_RATE", "too many control frames", code=1008)
    peer.assert_end()


def ends():
    """Without a Close, or in spite of one."""
    def heard_then_lost(peer, socket):
        assert_messages(socket, [("text", b"hello")])
        peer.end_our_side()
        assert_unclean(socket, "CONNECTION_LOST", "without a Close frame")
        peer.assert_end()
    hello = sent(TEXT, b"hello")
    row("E017 a message, then FIN", hello, heard_then_lost)
    row("E017 a message and a half, then FIN", hello + hello[:4], heard_then_lost)
    row("E017 a fragment, then FIN", hello + sent(TEXT, b"x", fin=False), heard_then_lost)

    def reset(peer, socket):
        assert_messages(socket, [("text", b"hello")])
        peer.end_with_reset()
        assert_unclean(socket, "CONNECTION_RESET", "reset")
    row("E017 a message, then a reset", hello, reset)

    def closed(peer, socket):
        assert peer.receive_close().code == 1000
        close = socket.next("close")
        assert (close.code, close.clean, close.status) == (1000, True, "OK"), close
        peer.assert_end()
    over = sent(CLOSE, CLEAN)
    row("E030 a message behind the Close", over + hello, closed)
    row("E030 a ping behind the Close", over + sent(PING, b"x"), closed)
    row("E030 another Close behind it", over + sent(CLOSE, b"\x03\xe9"), closed)
    row("E030 rubbish behind the Close", over + b"\xff" * 40, closed)


# What the program itself asks for

def refused_calls():
    def refuse(name, status, **options):
        def body():
            socket = subject.open(**{"url": subject.server.url(), **options})
            socket.expect("refused", status)
        tap.run(name, whole(subject, body))

    bad_urls = {
        "ws://host/#fragment": "URL_FRAGMENT", "ws://host#": "URL_FRAGMENT",
        "ws://me@host/": "URL_USERINFO", "ws://me:secret@host/": "URL_USERINFO",
        "ws:///": "URL_HOST", "ws://": "URL_HOST", "ws://[fe80::1%25eth0]/": "URL_HOST",
        "ws://[::1/": "URL_HOST", "ws://h\u00f6st/": "URL_HOST", "ws://a b/": "URL_HOST",
        "ws://host:0/": "URL_PORT", "ws://host:65536/": "URL_PORT", "ws://host:x/": "URL_PORT",
        "ws://host/a b": "URL_PATH", "ws://host/\r\nX: y": "URL_PATH",
        "ftp://host/": "URL_SCHEME", "host": "URL_SCHEME", "": "URL_SCHEME",
        "ws://host/" + "x" * 65536: "URL_TOO_LONG",
    }
    for url, status in bad_urls.items():
        refuse(f"E023 {url[:40]!r}", status, url=url)
    for header in ("X: y\r\nInjected: z", "X: y\nz", "X y: z", ": z", "X\r\n: z",
                   "Host: other", "Upgrade: h2c", "Connection: close", "Content-Length: 5",
                   "Transfer-Encoding: chunked", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                   "Sec-WebSocket-Version: 8", "Sec-WebSocket-Protocol: x",
                   "Sec-WebSocket-Extensions: permessage-deflate"):
        refuse(f"E024 the header {header!r}", "INVALID_ARGUMENT", header=header)
    for name, value in {"origin": "http://a\r\nX: y", "cookies": "a=b\r\nX: y",
                        "bearer": "to ken", "user_password": "me:\r\nX: y"}.items():
        refuse(f"E024 {name}: {value!r}", "INVALID_ARGUMENT", **{name: value})
    refuse("E024 a password without a user", "INVALID_ARGUMENT", user_password="secret")
    for protocols in ["a b"], ["a", "a"], [""], ["a,b"]:
        refuse(f"E024 the subprotocols {protocols}", "HANDSHAKE_PROTOCOL", protocol=protocols)


def good_request():
    """What is sent when nothing is wrong, to the letter."""
    def body(peer, socket):
        key = peer.request.headers["sec-websocket-key"]
        want = (f"GET /0 HTTP/1.1\r\nHost: 127.0.0.1:{subject.server.port}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n")
        got = peer.request.bytes.decode()
        assert got.startswith(want), got
        more = got[len(want):].split("\r\n")
        assert sorted(more) == ["", "", "Authorization: Basic bWU6c2VjcmV0", "Cookie: a=b",
                                "Origin: http://localhost", "Sec-WebSocket-Protocol: one, two",
                                "X-One: 1"], got
        peer.send_bytes(peer.answer("Sec-WebSocket-Protocol: two"))
        opened(protocol="two")(peer, socket)
    tap.run("P0 a request to the letter", conduct(
        subject, body, origin="http://localhost", cookies="a=b", header="X-One: 1",
        protocol=["one", "two"], user_password="me:secret"))


for group in (good_request, interim_answers, refusing_answers, broken_answers, wrong_fields,
              wrong_agreements, frames_behind, bad_frames, ends, refused_calls):
    group()
tap.run("P0 the client ends well", subject.assert_ends_well)
tap.done()
