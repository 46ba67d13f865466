#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bad HTTP/1.1 and bad opening handshakes, and what must come of them (rows C and D; the table of
all rows is README.md beside this file)."""
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.rawws import TEXT, BINARY, Frame, frame  # noqa: E402
from lib.reaction import (PATIENCE_S, Subject, answered, assert_answer, assert_end,  # noqa: E402
                          closed, failed, http, refused, send_pieces, tokens, upgraded)
from lib.tap import Tap  # noqa: E402

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
LINE_MAX, HEAD_MAX, FIELD_COUNT_MAX = 8192, 16384, 100

tap = Tap()
subject = Subject()
HOST = f"{subject.host}:{subject.port}"
HELLO = frame(TEXT, b"hello")
HELLO_BACK = Frame(TEXT, b"hello")


def text(start_line, *lines):
    """A request's bytes; lines may hold any bytes as latin-1."""
    return "\r\n".join([start_line, *lines, "", ""]).encode("latin-1")


def get(target="/", *lines, host=HOST, method="GET", version="HTTP/1.1"):
    return text(f"{method} {target} {version}", *([f"Host: {host}"] if host is not None else []),
                *lines)


def upgrade(*lines, target="/echo", host=HOST, method="GET", version="HTTP/1.1", **instead):
    """A good opening handshake, with lines added, and fields replaced or (None) left out."""
    fields = {"upgrade": "websocket", "connection": "Upgrade", "sec_websocket_key": KEY,
              "sec_websocket_version": "13", **instead}
    named = [f"{name.replace('_', '-').title()}: {value}"
             for name, value in fields.items() if value is not None]
    return get(target, *named, *lines, host=host, method=method, version=version)


def row(name, data, reaction, on=subject):
    tap.run(name, http(on, data, reaction))


def rows(name, inputs, reaction, on=subject):
    for what, data in inputs.items():
        row(f"{name}: {what}", data, reaction, on)


def no_echo_of(words, reaction):
    """The refusal says nothing that the attacker said."""
    def checked(ws):
        answer = ws.receive_until(b"\r\n\r\n")
        ws.unread = answer + ws.unread
        reaction(ws)
        assert words.lower() not in answer.lower()
    return checked


def body_without(words, statuses):
    def reaction(ws):
        answer = assert_answer(ws, statuses)
        assert words.lower() not in answer.body.lower(), answer
    return reaction


# C. HTTP/1.1 requests and smuggling

def section_c_size_and_shape():
    rows("C001 request line too long", {
        "by its target": get("/" + "a" * 9000),
        "without an end": b"GET /" + b"a" * 20000,
        "and for a WebSocket": upgrade(target="/echo?" + "a" * 9000),
    }, refused(414))
    row("C001 request line just long enough", get("/echo?" + "a" * 8000), refused(426))
    rows("C002 header fields too long", {
        "one line": get("/", "X-Long: " + "a" * 9000),
        "all together": get("/", *[f"X-{i}: " + "a" * 6000 for i in range(3)]),
        "all together, for a WebSocket": upgrade(*[f"X-{i}: " + "a" * 6000 for i in range(3)]),
    }, refused(431))
    rows("C003 too many header fields", {
        "2000": upgrade(*["a: b"] * 2000),
        "one over the limit": upgrade(*["a: b"] * (FIELD_COUNT_MAX - 5 + 1)),
        "2000 before the upgrade": get("/echo", *["a: b"] * 2000, "Upgrade: websocket",
                                       "Connection: Upgrade"),
    }, refused(431))
    row("C004 header fields without end", get("/")[:-2] + b"X-More: and more\r\n" * 4000,
        refused(431))
    tap.run("C004 heads without end hold little memory", heads_hold_little_memory)
    tap.run("C005 a long head in thousands of segments", long_head_in_segments)
    rows("C007 empty lines before the request line", {
        "one": b"\r\n" + get(), "two": b"\r\n\r\n" + get()}, answered(200))
    row("C007 empty lines before the request line: 100,000", b"\r\n" * 100_000 + get(),
        refused(400))


def heads_hold_little_memory():
    """L_pre: 16 KiB of heap per connection before anything was agreed on; measured with the room
    of the process's allocator for as much again."""
    if subject.is_sanitized():
        return
    count, head = 300, get("/")[:-2] + b"X-More: and more\r\n" * 850
    before = subject.resident_size()
    opened = [subject.socket() for _ in range(count)]
    for ws in opened:
        ws.send_bytes(head)
    subject.let_it_read()
    growth = subject.resident_size() - before
    for ws in opened:
        ws.end()
    subject.assert_unharmed()
    assert growth <= count * 2 * HEAD_MAX, f"{growth / count:.0f} bytes a connection"


def long_head_in_segments():
    data = upgrade(*[f"X-{i}: " + "a" * 150 for i in range(80)])
    with subject.socket(timeout=PATIENCE_S) as ws:
        assert send_pieces(ws, [data[i:i + 1] for i in range(len(data))])
        upgraded()(ws)
    subject.assert_unharmed()


def section_c_request_line():
    rows("C008 method", {
        "none": text(" / HTTP/1.1", f"Host: {HOST}"),
        "in lower case": get(method="get"),
        "with bad characters": get(method="G@T"),
        "with a control": get(method="G\x01T"),
        "of 1 KiB": get(method="A" * 1024),
        "unknown": get(method="BREW"),
    }, refused(400, 501))
    for method in "POST", "PUT", "OPTIONS", "DELETE":
        row(f"C009 {method} with Upgrade", upgrade(method=method), refused(405, allow="GET"))
    row("C009 HEAD with Upgrade", upgrade(method="HEAD"),
        refused(405, has_body=False, allow="GET"))
    row("C010 HTTP/1.0 with Upgrade", upgrade(version="HTTP/1.0"), refused(400))
    rows("C010 version", {
        "none (HTTP/0.9)": b"GET /\r\n",
        "HTTP/2.0": get(version="HTTP/2.0"),
        "HTTP/1.11": get(version="HTTP/1.11"),
        "http/1.1": get(version="http/1.1"),
        "HTTP/1.x": get(version="HTTP/1.x"),
        "HTTP/1.1 and more": get(version="HTTP/1.1 x"),
        "HTTPS/1.1": get(version="HTTPS/1.1"),
    }, refused(400, 505))
    row("C011 absolute form with our authority", upgrade(target=f"http://{HOST}/echo"), upgraded())
    row("C011 absolute form, plain", get(f"http://{HOST}/"), answered(200))
    rows("C012 absolute form", {
        "with another authority": upgrade(target="http://elsewhere.example/echo"),
        "with userinfo": upgrade(target=f"http://user@{HOST}/echo"),
        "with a port over 65535": upgrade(target="http://localhost:99999/echo"),
        "with a port that is none": upgrade(target="http://localhost:x/echo"),
        "without an authority": upgrade(target="http:///echo"),
    }, refused(400))
    rows("C013 target", {
        "*": upgrade(target="*"),
        "in authority form": upgrade(target=HOST),
        "without a slash": upgrade(target="echo"),
    }, refused(400))
    rows("C014 target with", {
        "a fragment": upgrade(target="/echo#x"),
        "a raw space": upgrade(target="/ec ho"),
        "a tab": upgrade(target="/ec\tho"),
        "a control": upgrade(target="/ec\x01ho"),
        "DEL": upgrade(target="/ec\x7fho"),
        "a byte over 0x7F": upgrade(target="/ec\xe9ho"),
        "%zz": upgrade(target="/echo%zz"),
        "a cut escape": upgrade(target="/echo%4"),
        "%00": upgrade(target="/echo%00"),
    }, refused(400))
    rows("C015 path that means /echo", {
        "/./echo": upgrade(target="/./echo"),
        "/x/../echo": upgrade(target="/x/../echo"),
        "/x/%2e%2e/echo": upgrade(target="/x/%2e%2e/echo"),
        "/%65cho": upgrade(target="/%65cho"),
        "/echo?query": upgrade(target="/echo?/../x"),
    }, upgraded())
    rows("C015 path that does not mean /echo", {
        "decoded twice": upgrade(target="/%2565cho"),
        "with a slash behind": upgrade(target="/echo/"),
        "in capitals": upgrade(target="/ECHO"),
        "with dots decoded twice": upgrade(target="/x/%252e%252e/echo"),
    }, refused(404))
    rows("C015 doubled slashes", {
        "//echo": upgrade(target="//echo"), "/%2fecho": upgrade(target="/%2fecho"),
    }, lambda ws: assert_answer(ws, [101, 400, 404]))


def section_c_host():
    row("C016 no Host", upgrade(host=None), refused(400))
    row("C016 no Host, plain", get(host=None), refused(400))
    rows("C017 Host", {
        "twice": upgrade(f"Host: {HOST}"),
        "twice, differing": upgrade("Host: elsewhere.example"),
        "as a list": upgrade(host="localhost, localhost"),
    }, refused(400))
    rows("C018 Host that is none", {
        "a b": upgrade(host="a b"),
        "[::1": upgrade(host="[::1"),
        "port 99999": upgrade(host="localhost:99999"),
        "port b": upgrade(host="localhost:b"),
        "empty": upgrade(host=""),
        "a label of 300 bytes": upgrade(host="a" * 300),
        "userinfo": upgrade(host="user@localhost"),
        "a path": upgrade(host="localhost/x"),
    }, refused(400))
    rows("C019 Host of another (DNS rebinding)", {
        "name": upgrade(host=f"evil.example:{subject.port}"),
        "name, plain": get(host="evil.example"),
        "address": upgrade(host="192.0.2.1"),
        "name that begins so": upgrade(host="localhost.evil.example"),
        "name that ends so": upgrade(host="evillocalhost"),
    }, refused(421, 403))
    rows("C019 Host of ours", {
        "in capitals": upgrade(host=f"LOCALHOST:{subject.port}"),
        "as IPv4": upgrade(host=f"127.0.0.1:{subject.port}"),
        "as IPv6": upgrade(host=f"[::1]:{subject.port}"),
    }, upgraded())


def section_c_fields():
    good = upgrade()
    rows("C020 space before the colon", {
        "space": get("/", "X-Test : a"), "tab": get("/", "X-Test\t: a"),
        "in Upgrade": good.replace(b"Upgrade:", b"Upgrade :"),
    }, refused(400))
    rows("C021 folded line", {
        "space": upgrade("X-Test: a", " b"), "tab": upgrade("X-Test: a", "\tb"),
        "that hides a field": upgrade("X-Test: a", " Host: evil.example"),
    }, refused(400))
    rows("C022 white space before the first field", {
        "space": good.replace(b"\r\nHost", b"\r\n Host"),
        "tab": good.replace(b"\r\nHost", b"\r\n\tHost"),
        "a line of it": good.replace(b"\r\nHost", b"\r\n \r\nHost"),
    }, refused(400))
    rows("C023 bare CR", {
        "in a value": get("/", "X-Test: a\rb"),
        "in a name": get("/", "X-\rTest: a"),
        "as the end of a line": good.replace(b"\r\nUpgrade", b"\rUpgrade"),
        "in the request line": get("/\rx"),
        "doubled": get("/", "X-Test: a\r"),
    }, refused(400))
    rows("C024 bare LF", {
        "as the end of a line": good.replace(b"\r\nUpgrade", b"\nUpgrade"),
        "everywhere": good.replace(b"\r\n", b"\n"),
        "after the request line": good.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n"),
        "as the last line": good[:-2] + b"\n",
    }, refused(400))
    rows("C025 control", {
        f"0x{byte:02x} in a {where}": data
        for byte in (0x00, 0x01, 0x08, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F)
        for where, data in {"value": get("/", f"X-Test: a{chr(byte)}b"),
                            "name": get("/", f"X-{chr(byte)}Test: a")}.items()
    }, refused(400))
    row("C026 empty field name", get("/", ": x"), refused(400))
    rows("C027 field name", {
        "with a space": get("/", "Up grade: websocket"),
        "with brackets": get("/", "Upgrade[]: websocket"),
        "in UTF-8": get("/", "\xc3\x9cpgrade: websocket"),
        "without a colon": get("/", "Upgrade websocket"),
        "with a quote": get("/", '"Upgrade": websocket'),
    }, refused(400))
    row("C028 value with bytes over 0x7F", upgrade("X-Test: \x80\xff\xe9", "User-Agent: \xff"),
        upgraded())


def section_c_bodies():
    lengths = ["-1", "+5", "0x5", "5,6", "5 5", "5, 5", str(2**64), str(2**63), "9" * 20, "",
               "five", "5;", "1e2"]
    rows("C029 Content-Length", {
        length or "empty": get("/", f"Content-Length: {length}") + b"12345" for length in lengths
    }, refused(400))
    rows("C030 two Content-Lengths", {
        "that differ": get("/", "Content-Length: 5", "Content-Length: 6") + b"123456",
        "that are equal": get("/", "Content-Length: 5", "Content-Length: 5") + b"12345",
    }, refused(400))
    chunked = "Transfer-Encoding: chunked"
    rows("C031 Content-Length with Transfer-Encoding", {
        "first": get("/", "Content-Length: 5", chunked) + b"0\r\n\r\n",
        "last": get("/", chunked, "Content-Length: 5") + b"0\r\n\r\n",
        "and a request hidden in the body": get("/", "Content-Length: 3", chunked, method="POST")
        + b"0\r\n\r\n" + get("/hidden"),
    }, refused(400))
    rows("C032 Transfer-Encoding", {
        what: get("/", *[f"Transfer-Encoding: {value}" for value in values]) + b"0\r\n\r\n"
        for what, values in {
            "identity": ["identity"], "chunked, chunked": ["chunked, chunked"],
            "xchunked": ["xchunked"], "chunked;q=1": ["chunked;q=1"], "gzip": ["gzip"],
            "two lines": ["chunked", "chunked"], "chunked, identity": ["chunked, identity"],
            "empty": [""], "chunked and a control": ["chunked\x0b"],
        }.items()
    } | {"on HTTP/1.0": get("/", chunked, version="HTTP/1.0") + b"0\r\n\r\n"}, refused(400, 501))

    def chunks(body):
        return get("/", chunked, method="POST") + body

    rows("C033 chunk", {
        "of negative size": chunks(b"-1\r\nx\r\n0\r\n\r\n"),
        "size of 17 digits": chunks(b"1" + b"0" * 16 + b"\r\nx\r\n0\r\n\r\n"),
        "size of 2^64-1": chunks(b"f" * 16 + b"\r\nx\r\n0\r\n\r\n"),
        "size 0x1": chunks(b"0x1\r\nx\r\n0\r\n\r\n"),
        "size with a space before": chunks(b" 1\r\nx\r\n0\r\n\r\n"),
        "size with a plus": chunks(b"+1\r\nx\r\n0\r\n\r\n"),
        "size missing": chunks(b"\r\nx\r\n0\r\n\r\n"),
        "size that is none": chunks(b"g\r\nx\r\n0\r\n\r\n"),
        "without CRLF behind its bytes": chunks(b"1\r\nxy\r\n0\r\n\r\n"),
        "with bare LF behind its size": chunks(b"1\nx\r\n0\r\n\r\n"),
        "with bare LF behind its bytes": chunks(b"1\r\nx\n0\r\n\r\n"),
        "with bare CR behind its size": chunks(b"1\rx\r\n0\r\n\r\n"),
    }, lambda ws: refused(400)(ws))
    rows("C034 chunk extension", {
        "of 1 MiB": chunks(b"1;" + b"a" * (1 << 20) + b"\r\nx\r\n0\r\n\r\n"),
        "of 2 KiB": chunks(b"1;" + b"a" * 2048 + b"\r\nx\r\n0\r\n\r\n"),
        "with a quote that is not closed": chunks(b'1;a="' + b"b" * 2048),
    }, refused(400))
    rows("C035 trailer", {
        "Content-Length": chunks(b"1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n"),
        "Transfer-Encoding": chunks(b"1\r\nx\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "Host": chunks(b"1\r\nx\r\n0\r\nHost: evil.example\r\n\r\n"),
    }, lambda ws: assert_answer(ws, [200, 404, 405]))
    row("C035 trailers over the limit", chunks(b"1\r\nx\r\n0\r\n" + b"X-More: and more\r\n" * 1500),
        refused(431))
    rows("C036 upgrade with a body", {
        "Content-Length": upgrade("Content-Length: 5") + b"12345",
        "Content-Length, a frame as body": upgrade(f"Content-Length: {len(HELLO)}") + HELLO,
        "Content-Length, a request as body": upgrade(f"Content-Length: {len(get())}") + get(),
        "chunked": upgrade(chunked) + b"5\r\n12345\r\n0\r\n\r\n",
    }, refused(400))


def section_c_sequences():
    hidden = get("/admin")
    rows("C037 request behind an upgrade that is refused", {
        "key": upgrade(sec_websocket_key="x") + hidden,
        "version": upgrade(sec_websocket_version="12") + hidden,
        "origin": upgrade("Origin: https://evil.example") + hidden,
        "path": upgrade(target="/nowhere") + hidden,
        "method": upgrade(method="POST") + hidden,
    }, refused(400, 403, 404, 405, 426))
    row("C038 frames behind the request", upgrade() + HELLO + frame(BINARY, b"\xff"),
        upgraded(HELLO_BACK, Frame(BINARY, b"\xff")))
    row("C038 frames behind a request that is refused",
        upgrade(sec_websocket_key="x") + HELLO, refused(400))
    row("C039 a request, then an upgrade", get() + upgrade() + HELLO, in_order)
    row("C040 a request behind an upgrade", upgrade() + hidden, upgraded_then(failed(1002)))
    row("C041 Connection names other fields",
        upgrade("X-Forwarded-For: 192.0.2.1", "Cookie: a=b", "Origin: http://" + HOST,
                connection="Upgrade, X-Forwarded-For, Cookie, Origin"), upgraded())
    row("C041 Connection names Origin, which is refused all the same",
        upgrade("Origin: https://evil.example", connection="Upgrade, Origin"), refused(403))
    rows("C042 forwarding fields from strangers", {
        "X-Forwarded-For": upgrade("X-Forwarded-For: 192.0.2.1, , "),
        "empty": upgrade("X-Forwarded-For:", "X-Real-IP: ", "Forwarded: "),
        "Forwarded": upgrade('Forwarded: for="[::', "X-Forwarded-Proto: https"),
    }, upgraded())
    row("C042 X-Forwarded-Host does not change whom we are for",
        upgrade(f"X-Forwarded-Host: {HOST}", "X-Forwarded-Host: localhost", host="evil.example"),
        refused(421, 403))
    rows("C043 doubled", {
        "Origin": upgrade(f"Origin: http://{HOST}", f"Origin: http://{HOST}"),
        "Sec-WebSocket-Key": upgrade(f"Sec-WebSocket-Key: {KEY}"),
        "Sec-WebSocket-Version": upgrade("Sec-WebSocket-Version: 13"),
        "Authorization": upgrade("Authorization: Basic YTpi", "Authorization: Basic YTpi"),
        "Content-Type": upgrade("Content-Type: text/plain", "Content-Type: text/plain"),
    }, refused(400))
    rows("C044 Expect", {
        "100-continue with an upgrade": upgrade("Expect: 100-continue"),
        "unknown": get("/", "Expect: the-unexpected"),
    }, refused(417))
    h2c = ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
           "Connection: Upgrade, HTTP2-Settings"]
    row("C045 Upgrade: h2c at a page", get("/", *h2c), answered(200))
    row("C045 Upgrade: h2c at a WebSocket", get("/echo", *h2c), refused(426, 400))
    row("C046 HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused(400, 505))
    tap.run("C047 many requests on one connection", many_requests)
    rows("C050 path in error pages", {
        "raw": get("/<script>alert(1)</script>"),
        "escaped": get("/%3Cscript%3Ealert(1)%3C/script%3E"),
        "of a WebSocket": upgrade(target="/%3Cscript%3E"),
        "quoted": get('/"onload="script'),
    }, body_without(b"script", [400, 404]))
    rows("C050 words of the attacker in a refusal", {
        "method": get(method="SCRIPT"), "version": get(version="SCRIPT/1.1"),
        "host": get(host="script script"), "field": get("/", "script script: x"),
    }, no_echo_of(b"script", lambda ws: assert_answer(ws, [400, 501, 505])))


def in_order(ws):
    assert_answer(ws, [200])
    upgraded(HELLO_BACK)(ws)


def upgraded_then(reaction):
    def both(ws):
        assert_answer(ws, [101])
        reaction(ws)
    return both


def many_requests():
    """The thousandth answer is the last, and says so."""
    one = get("/", method="HEAD")
    with subject.socket(timeout=PATIENCE_S) as ws:
        for i in range(1000):
            ws.send_bytes(one)
            answer = assert_answer(ws, [200], has_body=False)
            is_last = "close" in tokens(answer, "connection")
            assert is_last == (i == 999), f"answer {i + 1}: {answer}"
        assert_end(ws)
    subject.assert_unharmed()


def ended_without_our_help():
    """T_linger: a client that was refused and stays, or goes on talking, is not waited for."""
    silent, talker = subject.socket(timeout=PATIENCE_S), subject.socket(timeout=PATIENCE_S)
    with silent, talker:
        for ws in silent, talker:
            ws.send_bytes(b"nonsense\r\n\r\n")
            refused(400)(ws)
        end = time.monotonic() + PATIENCE_S
        while send_pieces(talker, [b"and another thing"], pause_s=0.01):
            assert time.monotonic() < end, "it listens for ever"
        subject.assert_sockets_gone()
    subject.assert_unharmed()


# D. The opening handshake

def section_d_fields():
    row("D001 plain GET", get("/echo"), refused(426, upgrade="websocket"))
    rows("D002 Upgrade without websocket", {
        value: upgrade(upgrade=value)
        for value in ("websocketx", "notwebsocket", "h2c, foo", "web socket", "websocket-2")
    }, refused(400, 426))
    rows("D003 Upgrade", {
        "WebSocket": upgrade(upgrade="WebSocket"),
        "in a list": upgrade(upgrade="foo, websocket"),
        "in two lines": upgrade("Upgrade: foo"),
        "with a version of another": upgrade(upgrade="h2c/1, WEBSOCKET"),
    }, upgraded())
    rows("D005 Connection without upgrade", {
        value: upgrade(connection=value)
        for value in ("keep-alive", "notupgrade", "xupgrade", "upgradex", "")
    } | {"missing": upgrade(connection=None)}, refused(400))
    rows("D006 Connection", {
        "in a list": upgrade(connection="keep-alive, Upgrade"),
        "in two lines": upgrade("Connection: keep-alive"),
        "in lower case": upgrade(connection="upgrade"),
        "with empty elements": upgrade(connection=",keep-alive,, Upgrade ,"),
    }, upgraded())
    rows("D007 key", {
        "missing": upgrade(sec_websocket_key=None),
        "empty": upgrade(sec_websocket_key=""),
        "two": upgrade("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
    }, refused(400))
    rows("D008 key", {
        "not base64": upgrade(sec_websocket_key="dGhlIHNhbXBsZSBub25jZ!=="),
        "of 15 bytes": upgrade(sec_websocket_key="AAAAAAAAAAAAAAAAAAAA"),
        "of 17 bytes": upgrade(sec_websocket_key="AAAAAAAAAAAAAAAAAAAAAAA="),
        "of 18 bytes": upgrade(sec_websocket_key="A" * 24),
        "without padding": upgrade(sec_websocket_key=KEY.rstrip("=")),
        "with half the padding": upgrade(sec_websocket_key=KEY[:-1]),
        "with junk behind": upgrade(sec_websocket_key=KEY + "x"),
        "with more padding": upgrade(sec_websocket_key=KEY + "="),
        "with a space inside": upgrade(sec_websocket_key="dGhlIHNhbXBs ZSBub25jZQ=="),
        "in the URL's alphabet": upgrade(sec_websocket_key="dGhlIHNhbXBsZSBub25j_Q=="),
    }, refused(400))
    row("D009 key of 10 KiB", upgrade(sec_websocket_key="A" * 10240), refused(400, 431))
    row("D010 version missing", upgrade(sec_websocket_version=None), refused(400))
    rows("D011 version", {
        value: upgrade(sec_websocket_version=value)
        for value in ("8", "0", "14", "256", "13, 8", "013", "-13", "13.0")
    }, refused(426, sec_websocket_version="13"))
    row("D011 version with a space behind", upgrade(sec_websocket_version="13 "), upgraded())
    row("D012 hixie-76", get("/echo", "Upgrade: WebSocket", "Connection: Upgrade",
                             f"Origin: http://{HOST}", "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5",
                             "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00") + b"^n:ds[4U", refused(400))
    rows("D027 path", {
        "unknown": upgrade(target="/nowhere"),
        "empty but for the slash": upgrade(target="/nowhere/"),
        "of 4 KiB": upgrade(target="/" + "a/" * 2048),
        "unknown, plain": get("/nowhere"),
    }, lambda ws: assert_answer(ws, [404]))
    rows("D034 invalid UTF-8 in", {
        "Host": upgrade(host="local\xffhost"),
        "Origin": upgrade("Origin: http://\xff"),
        "key": upgrade(sec_websocket_key=KEY[:-3] + "\xff=="),
        "subprotocols": upgrade("Sec-WebSocket-Protocol: \xff"),
        "extensions": upgrade("Sec-WebSocket-Extensions: \xff"),
        "version": upgrade(sec_websocket_version="13\xff"),
    }, refused(400, 426))
    row("D035 handshake and 1 MiB of frames at once",
        upgrade() + frame(TEXT, b"x" * 1024, mask=b"abcd") * 1024,
        upgraded(*[Frame(TEXT, b"x" * 1024)] * 1024))
    row("D036 95 unknown header fields", upgrade(*[f"X-{i}: {i}" for i in range(95)]), upgraded())


def section_d_origin():
    ours, port = f"http://{HOST}", subject.port
    row("D013 no Origin", upgrade(), upgraded())
    row("D013 no Origin, but a cookie", upgrade("Cookie: a=b"), refused(403))
    row("D016 our own Origin", upgrade(f"Origin: {ours}"), upgraded())
    row("D014 Origin of another", upgrade("Origin: https://evil.example"), refused(403))
    rows("D015 Origin", {
        "null": upgrade("Origin: null"),
        "file://": upgrade("Origin: file://"),
        "two in a line": upgrade(f"Origin: {ours} https://evil.example"),
        "two with a comma": upgrade(f"Origin: {ours}, {ours}"),
        "of 8 KB": upgrade("Origin: http://" + "a" * 8000),
        "http://a:b": upgrade("Origin: http://a:b"),
        "empty": upgrade("Origin: "),
        "without a scheme": upgrade(f"Origin: {HOST}"),
    }, refused(403))
    rows("D016 Origin that is almost ours", {
        "other scheme": upgrade(f"Origin: https://{HOST}"),
        "other port": upgrade(f"Origin: http://{subject.host}:{port % 65535 + 1}"),
        "no port": upgrade(f"Origin: http://{subject.host}"),
        "longer port": upgrade(f"Origin: {ours}0"),
        "a name that ends so": upgrade(f"Origin: http://evil{HOST}"),
        "a name that begins so": upgrade(f"Origin: http://{subject.host}.evil.example:{port}"),
        "userinfo": upgrade(f"Origin: {ours}@evil.example"),
        "a path": upgrade(f"Origin: {ours}/x"),
    }, refused(403))
    strict = Subject("--origin", "https://example.com")
    there = f"{strict.host}:{strict.port}"
    row("D016 listed Origin", upgrade("Origin: https://example.com", host=there), upgraded(),
        on=strict)
    rows("D016 Origin that is almost listed", {
        value: upgrade(f"Origin: {value}", host=there)
        for value in ("https://evilexample.com", "https://example.com.evil.com",
                      "https://example.com@evil.com", "http://example.com",
                      "https://example.com:444", "https://www.example.com",
                      "https://example.co", "https://example.com/")
    }, refused(403), on=strict)
    tap.run("D016 the strict server ends well", strict.assert_ends_well)


def section_d_lists():
    rows("D018 subprotocols", {
        "with an empty element": upgrade("Sec-WebSocket-Protocol: a,,b"),
        "ending with a comma": upgrade("Sec-WebSocket-Protocol: a,"),
        "doubled": upgrade("Sec-WebSocket-Protocol: a, b, a"),
        "doubled in two lines": upgrade("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a"),
        "not a token": upgrade("Sec-WebSocket-Protocol: a b"),
        "quoted": upgrade('Sec-WebSocket-Protocol: "a"'),
        "1000": upgrade("Sec-WebSocket-Protocol: " + ",".join(f"p{i}" for i in range(1000))),
        "of 8 KB of spaces": upgrade("Sec-WebSocket-Protocol:" + " " * 8000),
        "8 KB apart": upgrade("Sec-WebSocket-Protocol: a," + " " * 8000 + ",b"),
    }, refused(400))
    row("D019 subprotocol that is not ours", upgrade("Sec-WebSocket-Protocol: superchat"),
        upgraded(absent=["sec-websocket-protocol"]))
    rows("D021 extension with a quote that is not closed", {
        "short": upgrade('Sec-WebSocket-Extensions: a; b="c'),
        "of 8 KB": upgrade('Sec-WebSocket-Extensions: a; b="' + "\\c" * 4000),
        "ending with a backslash": upgrade('Sec-WebSocket-Extensions: a; b="c\\'),
    }, refused(400))
    rows("D022 extensions that are none", {
        value: upgrade(f"Sec-WebSocket-Extensions: {value}")
        for value in (",;x", "=", ";;", "a;", "a; =b", "a; b=", "a b", "a; b=c d", ";a")
    }, refused(400))
    unknown = {
        "constructor": "constructor", "__proto__": "__proto__", "one": "x-unknown",
        "with parameters": 'x-unknown; a; b=c; d="e"', "500": ", ".join(["x-a"] * 500),
        "x-webkit-deflate-frame": "x-webkit-deflate-frame",
    }
    rows("D022, D023 unknown extension is ignored", {
        what: upgrade(f"Sec-WebSocket-Extensions: {value}") for what, value in unknown.items()
    }, upgraded(absent=["sec-websocket-extensions"]))
    origin = f"Origin: http://{HOST}"
    rows("D025 cookie", {
        "of 4 KB of junk": upgrade(origin, "Cookie: " + "\x80\xff=;" * 1000),
        ";;;": upgrade(origin, "Cookie: ;;;"),
        "quotes": upgrade(origin, 'Cookie: a="' + '\\"' * 2000),
    }, upgraded())


def section_d_settings():
    elsewhere = Subject("--echo", "/mirror", echo="/mirror")
    there = f"{elsewhere.host}:{elsewhere.port}"
    row("D028 a path that was switched off", upgrade(host=there), refused(404), on=elsewhere)
    tap.run("D028 that server ends well", elsewhere.assert_ends_well)
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "index.html").write_text("hello", encoding="ascii")
        outside = pathlib.Path(folder).parent / f"{os.path.basename(folder)}-outside"
        outside.write_text("secret", encoding="ascii")
        try:
            with_files(folder, outside.name)
        finally:
            outside.unlink()


def with_files(folder, outside):
    """C015 where it matters most: below --files."""
    site = Subject("--files", folder)
    there = f"{site.host}:{site.port}"
    os.symlink(f"../{outside}", f"{folder}/link")
    os.mkfifo(f"{folder}/fifo")
    row("C015 files: the folder", get("/", host=there), answered(200), on=site)
    rows("C015 files: a way out", {
        target: get(target, host=there)
        for target in (f"/../{outside}", f"/%2e%2e/{outside}", f"/..%2f{outside}",
                       f"/x/../../{outside}", f"/.%2e/{outside}", f"/..\\{outside}",
                       f"/..%5c{outside}", "/link", f"//{outside}", "/fifo", "/etc/passwd",
                       "//etc/passwd", "/%c0%ae%c0%ae/x", f"/....//{outside}")
    }, body_without(b"secret", [400, 404]), on=site)
    tap.run("C015 files: that server ends well", site.assert_ends_well)


section_c_size_and_shape()
section_c_request_line()
section_c_host()
section_c_fields()
section_c_bodies()
section_c_sequences()
section_d_fields()
section_d_origin()
section_d_lists()
section_d_settings()
tap.run("P0 the server ends what it refused by itself", ended_without_our_help)
tap.run("P0 the server ends well after all that", subject.assert_ends_well)
tap.done()
