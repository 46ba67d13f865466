#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers that stall, redirect, or come and go, proxies that fail, and what the client does in time
and in numbers: rows E and I whose input is more than bytes."""
import collections
import contextlib
import os
import pathlib
import socket as sockets
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.client_subject import (ClientSubject, assert_unclean, closes_cleanly,  # noqa: E402
                                conduct, refused, still_talks)
from lib.client_subject import whole as alone  # noqa: E402
from lib.nobody import port_of_nobody  # noqa: E402
from lib.rawserver import PATIENCE_S, RawServer  # noqa: E402
from lib.rawws import (BINARY, CLOSE, PING, PONG, TEXT, ConnectionEnded, await_arrival,  # noqa: E402
                       frame)
from lib.tap import Tap  # noqa: E402

SHORT_MS = 400  # a limit that a test waits for; others keep their defaults of 5 s and more
STABLE_MS = 3000  # and one that it must not run into, however busy the machine is
IDENTITY = {"cookies": "a=b", "header": "X-One: 1", "user_password": "me:secret"}

tap = Tap()
subject = ClientSubject()


def row(name, body, **options):
    tap.run(name, conduct(subject, body, **options))


def whole(name, body, *arguments):
    tap.run(name, alone(subject, body, *arguments))


# E003: redirects

def redirect(peer, location, status="302 Found"):
    peer.send_bytes(f"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
                    .encode())


def redirects():
    for status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect",
                   "308 Permanent Redirect"):
        def is_not_followed(peer, socket, status=status):
            redirect(peer, subject.server.url("/there"), status)
            refused("HANDSHAKE_STATUS", f"HTTP {status}", int(status[:3]))(peer, socket)
            subject.server.assert_nobody()
        row(f"E003 {status}", is_not_followed)

        def is_followed(peer, socket, status=status):
            redirect(peer, "/there?and=back", status)
            with subject.server.accept() as there:
                assert there.receive_request().target == "/there?and=back", there.request
                assert there.request.headers["cookie"] == "a=b", there.request
                assert there.request.headers["authorization"].startswith("Basic "), there.request
                assert there.request.headers["x-one"] == "1", there.request
                there.send_bytes(there.answer())
                socket.expect("open", "")
                still_talks(there, socket)
        row(f"E003 {status}, within what is allowed", is_followed, redirect_count_max=1, **IDENTITY)

    def to_another_origin(peer, socket):
        with RawServer() as other:
            redirect(peer, other.url("/there"))
            with other.accept() as there:
                headers = there.receive_request().headers
                assert not {"cookie", "authorization", "x-one"} & set(headers), headers
                assert headers["host"] == f"127.0.0.1:{other.port}", headers
                there.send_bytes(there.answer())
                socket.expect("open", "")
                still_talks(there, socket)
    row("E003 to another origin, who need not know us", to_another_origin, redirect_count_max=1,
        **IDENTITY)

    def in_circles(peer, socket):
        redirect(peer, "/again")
        for _ in range(5):
            with subject.server.accept() as again:
                again.receive_request()
                redirect(again, "/again")
        assert_unclean(socket, "REDIRECT", "redirected too often", 302)
        subject.server.assert_nobody()
    row("E003 in circles", in_circles, redirect_count_max=5)

    for location in "ftp://127.0.0.1/", "ws://me:secret@127.0.0.1/", "ws://", "/a b":
        def to_nowhere(peer, socket, location=location):
            redirect(peer, location)
            name = socket.next("error")[0]
            assert name == "REDIRECT" or name.startswith("URL_"), name
            assert socket.next("close").http == 302
        row(f"E003 to {location!r}", to_nowhere, redirect_count_max=1)
    whole("E003 more than can be allowed", refused_option, {"redirect_count_max": 6})


def refused_option(options):
    subject.open(url=subject.server.url(), **options).expect("refused", "INVALID_ARGUMENT")


# E005, E029: when it is tried again

def is_told(peer, status, *fields):
    peer.send_bytes("\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 0", *fields, "", ""])
                    .encode())


def retries():
    hour_ms = 3600 * 1000
    waits = {"Retry-After: 0": 1000, "Retry-After: 1": 1000, "Retry-After: 7": 7000,
             "Retry-After: 99999999": hour_ms, "Retry-After: 3601": hour_ms,
             "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT": 1000,
             "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT": hour_ms,
             "Retry-After: -1": 1000, "Retry-After: soon": 0, "X: y": 0}
    for status, words in ("503 Busy", "HTTP 503 Busy"), ("429 Slow", "HTTP 429 Slow"):
        for field, floor_ms in waits.items():
            def waits_so_long(peer, socket, status=status, field=field, words=words,
                              floor_ms=floor_ms):
                is_told(peer, status, field)
                delay_ms, close = socket.next("retry")
                assert floor_ms <= delay_ms <= floor_ms + 10, delay_ms
                assert words in close.cause and close.http == int(status[:3]), close
                if floor_ms > 0:
                    subject.server.assert_nobody()
                    socket.do("close")
                    socket.expect("closing", "OK")
                else:
                    with subject.server.accept() as again:
                        again.receive_request()
                        socket.do("close")
                        socket.expect("closing", "OK")
                socket.next_event()
            row(f"E005 {status}, {field}", waits_so_long, reconnect=1, retry_delay_ms=10)

    def is_final(peer, socket):
        is_told(peer, "404 Not Found")
        assert_unclean(socket, "HANDSHAKE_STATUS", "HTTP 404 Not Found", 404)
        subject.server.assert_nobody()
    row("E002 404 is final, also for who reconnects", is_final, reconnect=1, retry_delay_ms=1)


def backoff_grows(count=24, failures=7, delay_ms=20):
    """Each server closes right after its 101.  A wait is random up to a bound that doubles: none
    is over its bound, and of `count` the longest is over half of it, but for one time in 2^24."""
    longest = [0] * failures
    opened = [subject.open(url=subject.server.url(f"/{i}"), reconnect=1, retry_delay_ms=delay_ms,
                           retry_count_max=failures) for i in range(count)]
    for _ in range(count * (failures + 1)):
        with subject.server.accept() as peer:
            peer.open()
            peer.send_close(1001)
            peer.receive_close()
    for socket in opened:
        for i in range(failures):
            socket.expect("open", "")
            wait_ms, close = socket.next("retry")
            assert (close.code, close.clean) == (1001, True), close
            assert wait_ms <= delay_ms << i, f"wait {i}: {wait_ms} ms"
            longest[i] = max(longest[i], wait_ms)
        socket.expect("open", "")
        assert socket.next("close").code == 1001
    assert all(it > (delay_ms << i) / 2 for i, it in enumerate(longest)), longest


def stable_begins_anew(peer, socket):
    """Who was open for stable_ms is not punished for what was before."""
    numbers = []
    for pause_s in 0, 0, 1.2 * STABLE_MS / 1000, 0:
        numbers.append(socket.next("attempt")[0])
        peer.send_bytes(peer.answer())
        socket.expect("open", "")
        time.sleep(pause_s)
        peer.send_close(1012)
        peer.receive_close()
        peer.end()
        socket.next("retry")
        following = subject.server.accept()
        following.receive_request()
        peer.__dict__.update(following.__dict__)
    numbers.append(socket.next("attempt")[0])
    assert numbers == ["1", "2", "3", "1", "2"], numbers
    socket.do("abort")
    socket.expect("aborting", "OK")


# E012, E018, I017: time, and room

def slow_answers():
    def says_nothing():
        start = time.monotonic()  # before its clock runs: we may be held up behind that
        peer, socket = subject.connect(handshake_timeout_ms=SHORT_MS)[0]
        with peer:
            assert_unclean(socket, "HANDSHAKE_TIMEOUT",
                           f"no answer to the opening handshake within {SHORT_MS} ms")
            assert time.monotonic() - start > SHORT_MS / 2000, "it has not waited"
            peer.assert_end()
    whole("E012 no answer", says_nothing)

    def dribbles(peer, socket):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for byte in peer.answer(*["X: y"] * 500):
                peer.send_bytes(bytes([byte]))
                time.sleep(0.02)
            raise AssertionError("it was let dribble")
        assert_unclean(socket, "HANDSHAKE_TIMEOUT", "no answer to the opening handshake")
    row("E012 a byte now and then", dribbles, handshake_timeout_ms=SHORT_MS)

    def endless(line):
        def body(peer, socket):
            size = 0
            peer.send_bytes(b"HTTP/1.1 101 Switching Protocols\r\n")
            try:
                while size < 64 << 20:
                    peer.send_bytes(line * 1000)
                    size += len(line) * 1000
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert size < 64 << 20, "it would take a head without end"
            assert_unclean(socket, "HTTP_HEAD_TOO_BIG", "too large or too many")
        return body
    row("E012 fields without end", endless(b"X: y\r\n"))
    row("E012 a line without end", endless(b"x" * 1000))

    def body_without_end(peer, socket):
        peer.send_bytes(b"HTTP/1.1 500 No\r\nContent-Length: 1000000000000\r\n\r\n")
        name, words = socket.next("error")
        assert name == "HANDSHAKE_STATUS" and "HTTP 500 No" in words, (name, words)
        assert socket.next("close").http == 500
    row("E002 a body that does not come", body_without_end, handshake_timeout_ms=SHORT_MS)

    def connects_slowly():
        with sockets.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            crowd = [sockets.socket() for _ in range(4)]
            for each in crowd:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            one = subject.open(url=f"ws://127.0.0.1:{port}/", connect_timeout_ms=SHORT_MS)
            assert_unclean(one, "CONNECT_TIMEOUT", "127.0.0.1")
            for each in crowd:
                each.close()
    whole("E025 an address that does not answer", connects_slowly)

    def connects_to_nobody():
        one = subject.open(url=f"ws://127.0.0.1:{port_of_nobody()}/")
        assert_unclean(one, "CONNECT_REFUSED", ["127.0.0.1", "refused"])
    whole("E025 an address where nobody listens", connects_to_nobody)

    def name_without_address():
        one = subject.open(url="ws://no-such-name.invalid/")
        name, words = one.next("error")
        assert name in ("NAME", "NAME_TEMPORARY") and "no-such-name.invalid" in words, (name, words)
        assert one.next("close").status == name
    whole("E025 a name without an address", name_without_address)

    def second_address():
        one = subject.open(url=subject.server.url("/", host="localhost"))
        with subject.server.accept() as peer:
            peer.open()
            assert peer.request.headers["host"] == f"localhost:{subject.server.port}", peer.request
            one.expect("open", "")
            still_talks(peer, one)
    whole("E025 a name of which one address answers", second_address)


def ask_buffered(socket):
    socket.do("state")
    return int(socket.next("state")[1])


def floods_while_it_cannot_send(peer, socket):
    """Of the pings that come while nothing can leave, the latest is answered."""
    peer.send_bytes(peer.answer())
    socket.expect("open", "")
    count = 0
    buffered = 0
    while buffered == 0:
        socket.do("stuff", 512 * 1024)
        assert socket.next("sent")[0] in ("OK", "BUFFERED")
        count += 1
        # For some turns: io_uring learns in one that a socket is full, and later that it is not.
        buffered = min(ask_buffered(socket) for _ in range(6))
    usage = subject.ask_usage()
    peer.send_bytes(b"".join(frame(PING, b"%d" % i, mask=False) for i in range(40)))
    await_arrival(peer.socket)
    for _ in range(6):  # turns, in which they are read
        subject.ask_usage()
    assert subject.ask_usage() < usage + 4096, "pongs pile up"
    got = [peer.receive() for _ in range(count + 1)]
    assert [it.opcode for it in got] == [BINARY] * count + [PONG], [it.opcode for it in got]
    assert got[-1].payload == b"39", got[-1]
    closes_cleanly(peer, socket)


def closing():
    def both_closed_and_no_fin(peer, socket):
        peer.send_bytes(peer.answer())
        socket.expect("open", "")
        peer.send_close(1000)
        assert peer.receive_close().code == 1000
        assert socket.next("close").clean
        assert peer.receive_some() == b""
    row("I017 the server does not end the connection", both_closed_and_no_fin)

    def it_closes_and_no_answer(peer, socket):
        peer.send_bytes(peer.answer())
        socket.expect("open", "")
        socket.do("close", 1000, "bye")
        socket.expect("closing", "OK")
        assert peer.receive_close() == (1000, "bye")
        assert_unclean(socket, "CLOSE_TIMEOUT",
                       f"no answer to the Close frame for {SHORT_MS} ms", code=1000)
        assert peer.receive_some() == b""
    row("I017 the server does not answer the Close", it_closes_and_no_answer,
        close_timeout_ms=SHORT_MS)

    def it_closes_first(peer, socket):
        peer.send_bytes(peer.answer())
        socket.expect("open", "")
        socket.do("close", 4000, "bye")
        socket.expect("closing", "OK")
        assert peer.receive_close() == (4000, "bye")
        peer.socket.settimeout(0.1)
        try:
            assert False, f"it went first: {peer.receive_some()!r}"
        except TimeoutError:
            pass
        peer.socket.settimeout(PATIENCE_S)
        peer.send_close(4000, "bye")
        close = socket.next("close")
        assert (close.code, close.clean, close.status) == (4000, True, "OK"), close
        peer.assert_end()
    row("I017 the server answers the Close", it_closes_first)


# E026: proxies

def proxies():
    def through(answer, *reaction, scheme="http", **options):
        """`answer` to CONNECT, and what the client makes of it."""
        def body():
            with RawServer() as proxy:
                one = subject.open(url="ws://target.example:81/x",
                                   proxy=f"{scheme}://127.0.0.1:{proxy.port}", **options)
                with proxy.accept_plain() as peer:
                    head = peer.receive_until(b"\r\n\r\n").decode()
                    assert head.startswith("CONNECT target.example:81 HTTP/1.1\r\n"
                                           "Host: target.example:81\r\n"), head
                    answer(peer)
                    for check in reaction:
                        check(peer, one)
        return body

    def says(data):
        def answer(peer):
            try:
                peer.send_bytes(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
        return answer

    def fails(status, *words):
        return lambda peer, one: assert_unclean(one, status, words)

    def opens(peer, one):
        peer.open()
        assert peer.request.headers["host"] == "target.example:81", peer.request
        one.expect("open", "")
        still_talks(peer, one)

    good = b"HTTP/1.1 200 Connection established\r\n\r\n"
    whole("E026 200", through(says(good), opens))
    whole("E026 200 with fields that do not matter here",
          through(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\n"), opens))
    whole("E026 200 and junk behind it",
          through(says(good + b"junk\r\n\r\n"), fails("PROXY_PROTOCOL", "sent more than its answer")))
    whole("E026 407", through(
        says(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n"
             b"Content-Length: 0\r\n\r\n"), fails("PROXY_AUTHENTICATION", "407")))
    whole("E026 403", through(says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
                              fails("PROXY", "403")))
    whole("E026 no HTTP", through(says(b"SSH-2.0-OpenSSH\r\n"), fails("PROXY_PROTOCOL")))
    whole("E026 a head without end", through(
        says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000), fails("PROXY_PROTOCOL")))
    whole("E026 a line without end", through(
        says(b"HTTP/1.1 200 " + b"x" * 1_000_000), fails("PROXY_PROTOCOL")))
    whole("E026 silence", through(lambda peer: None, fails("CONNECT_TIMEOUT"),
                                  connect_timeout_ms=SHORT_MS))

    def hangs_up(peer, one):
        peer.end()
        name, words = one.next("error")
        assert name.startswith("PROXY") or name.startswith("CONNECTION"), (name, words)
        assert one.next("close").status == name
    whole("E026 it hangs up", through(lambda peer: None, hangs_up))


# E027: mask keys

def chi_squared(counts, total):
    """Against all 256 values being as likely: 255 on average, over 400 not once in 10^7."""
    expected = total / 256
    return sum((counts.get(value, 0) - expected) ** 2 / expected for value in range(256))


def take_keys(peer, count):
    """Of so many empty binary frames."""
    data = peer.unread
    parts = [data]
    size = len(data)
    while size < count * 6:
        parts.append(peer.receive_some())
        size += len(parts[-1])
    data = b"".join(parts)
    assert len(data) == count * 6, f"{len(data)} bytes"
    assert set(data[0::6]) == {0x82} and set(data[1::6]) == {0x80}, "not empty binary frames"
    return [data[at:at + 4] for at in range(2, len(data), 6)]


def mask_keys(peer, socket, count=1_000_000):
    peer.send_bytes(peer.answer())
    socket.expect("open", "")
    socket.do("flood", count)
    keys = take_keys(peer, count)
    for at in range(4):
        counts = collections.Counter(key[at] for key in keys)
        assert chi_squared(counts, count) < 400, f"byte {at} is not uniform"
        steps = collections.Counter((b[at] - a[at]) % 256 for a, b in zip(keys, keys[1:]))
        assert chi_squared(steps, count - 1) < 400, f"byte {at} follows from the one before"
    # Of a million random keys of 32 bits about 116 are there twice (n²/2 over 2^32).
    twice = count - len(set(keys))
    assert 50 < twice < 200, f"{twice} keys are there twice"
    assert all(a != b for a, b in zip(keys, keys[1:])), "a key twice in a row"
    closes_cleanly(peer, socket)


def mask_keys_after_fork():
    (here, one), (there, other) = subject.connect(2)
    for peer, socket in (here, one), (there, other):
        peer.send_bytes(peer.answer())
        socket.expect("open", "")
    one.do("fork", other.number)
    one.expect("forked", 1)
    keys = [set(take_keys(peer, 1000)) for peer in (here, there)]
    assert not keys[0] & keys[1], "the child masks as the parent does"
    closes_cleanly(here, one)
    there.end()
    other.next("error")
    other.next("close")


redirects()
retries()
whole("E029 the backoff grows", backoff_grows)
row("E029 who was open for long begins anew", stable_begins_anew, reconnect=1, retry_delay_ms=1,
    stable_ms=STABLE_MS, attempts=1)
slow_answers()
row("E018 pings while nothing can leave", floods_while_it_cannot_send)
closing()
proxies()
row("E027 a million mask keys", mask_keys)
# A ring is the parent's alone: with io_uring a child may not turn the loop (hawser/loop.h).
if os.environ.get("HAWSER_BACKEND") != "io_uring":
    whole("E027 mask keys after fork", mask_keys_after_fork)
tap.run("P0 the client ends well", subject.assert_ends_well)
tap.done()
