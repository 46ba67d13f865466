#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Row A021: the header of the PROXY protocol, good, bad, slow, missing, and from who is no proxy.

The proxy is at 127.0.0.2, everybody else at 127.0.0.1.  Whom a server takes a client for shows in
its log, where it refuses him, and in what it lets its own machine do without a token."""
import contextlib
import json
import pathlib
import re
import socket
import ssl
import struct
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib import tls  # noqa: E402
from lib.hawser import Server, run  # noqa: E402
from lib.rawws import RawWebSocket  # noqa: E402
from lib.reaction import (PATIENCE_S, Subject, assert_answer, check_cuts, refused,  # noqa: E402
                          send_pieces, upgraded)
from lib.tap import Tap  # noqa: E402

PROXY, OTHER = "127.0.0.2", "127.0.0.1"
SHORT_MS = 2000  # a limit that a test waits for
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXIED = 0x20, 0x21
UNSPEC, TCP4, UDP4, TCP6, UNIX = 0x00, 0x11, 0x12, 0x21, 0x31

tap = Tap()


def line(source, family="TCP4", destination=None):
    """Version 1."""
    destination = destination or ("203.0.113.9" if family == "TCP4" else "2001:db8::9")
    return f"PROXY {family} {source} {destination} 56324 443\r\n".encode()


def binary(command, family, addresses=b"", more=b"", length=None):
    """Version 2."""
    length = len(addresses + more) if length is None else length
    return SIGNATURE + struct.pack(">BBH", command, family, length) + addresses + more


def addresses(source):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    there = "2001:db8::9" if ":" in source else "203.0.113.9"
    return (socket.inet_pton(family, source) + socket.inet_pton(family, there)
            + struct.pack(">HH", 56324, 443))


def binary_for(source, more=b""):
    return binary(PROXIED, TCP6 if ":" in source else TCP4, addresses(source), more)


def tlv(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


def request(path="/echo", origin=None):
    """An opening handshake; an origin that is not the server's is refused, and logged."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
             "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
             "Sec-WebSocket-Version: 13", *([f"Origin: {origin}"] if origin else []), "", ""]
    return "\r\n".join(lines).encode()


def dropped(ws):
    """Not a byte, and the end: by a reset when the server was still being talked to."""
    assert ws.receive_end(), f"an answer: {ws.unread!r}"


def until(condition):
    end = time.monotonic() + PATIENCE_S
    while not (answer := condition()):
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.005)
    return answer


def row(name, subject, data, reaction, source=PROXY):
    """Whole, byte by byte, and cut."""
    tap.run(name, check_cuts, subject,
            lambda: subject.socket(source=source, timeout=PATIENCE_S), data, reaction)


def rows(name, subject, inputs, reaction, source=PROXY):
    for what, data in inputs.items():
        row(f"{name}: {what}", subject, data, reaction, source)


def is_taken_for(server, header, want, source=PROXY):
    """The server refuses the request for its origin, and says in its log whose it was."""
    before = len(server.log_so_far())
    with server.socket(source=source, timeout=PATIENCE_S) as ws:
        ws.send_bytes(header + request(origin="https://x.example"))
        assert_answer(ws, [403])
    told = until(lambda: re.findall(r"(\S+): WebSocket refused", server.log_so_far()[before:]))
    assert told == [want], f"{told}, and not {want}"


def access(server, header, source=PROXY):
    """What the pages are told that somebody needs to enter the channels."""
    with server.socket(source=source, timeout=PATIENCE_S) as ws:
        ws.send_bytes(header + b"GET /hawser/server.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return json.loads(assert_answer(ws, [200]).body)["access"]


GOOD = {
    "version 1, IPv4": (line("192.0.2.1"), "192.0.2.1"),
    "version 1, IPv6": (line("2001:db8::1", "TCP6"), "2001:db8::1"),
    "version 1, UNKNOWN": (b"PROXY UNKNOWN\r\n", PROXY),
    "version 1, UNKNOWN and 107 bytes": (b"PROXY UNKNOWN " + 91 * b"x" + b"\r\n", PROXY),
    "version 2, IPv4": (binary_for("192.0.2.1"), "192.0.2.1"),
    "version 2, IPv6": (binary_for("2001:db8::1"), "2001:db8::1"),
    "version 2, IPv4 mapped into IPv6": (binary_for("::ffff:192.0.2.1"), "192.0.2.1"),
    "version 2, a client of HTTP/3": (binary(PROXIED, UDP4, addresses("192.0.2.1")), "192.0.2.1"),
    "version 2, TLVs": (binary_for("192.0.2.1", tlv(1, b"h2") + tlv(2, b"example.com")
                                   + tlv(4, bytes(100))), "192.0.2.1"),
    "version 2, LOCAL": (binary(LOCAL, UNSPEC), PROXY),
    "version 2, LOCAL with addresses": (binary(LOCAL, TCP4, addresses("192.0.2.1")), PROXY),
    "version 2, UNSPEC": (binary(PROXIED, UNSPEC), PROXY),
    "version 2, UNSPEC with TLVs": (binary(PROXIED, UNSPEC, b"", tlv(4, b"abc")), PROXY),
    "version 2, unix": (binary(PROXIED, UNIX, b"/run/a".ljust(108, b"\0") * 2), PROXY),
    "version 2, a length of 65535": (binary_for("192.0.2.1", bytes(65535 - 12)), "192.0.2.1"),
}

BROKEN = {
    "absent: a request": request(),
    "absent: TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "absent: other words": b"PRO" + request(),
    "version 1, a line of 108 bytes": b"PROXY UNKNOWN " + 92 * b"x" + b"\r\n" + request(),
    "version 1, a line without an end": b"PROXY TCP4 " + 300 * b"1",
    "version 1, LF alone": line("192.0.2.1").replace(b"\r", b"") + request(),
    "version 1, no address": line("nobody") + request(),
    "version 1, of another family": line("2001:db8::1") + request(),
    "version 1, a family that there is not": line("192.0.2.1", "TCP5") + request(),
    "version 2, addresses that are too short": binary(PROXIED, TCP4, bytes(11)) + request(),
    "version 2, a unix path that is too short": binary(PROXIED, UNIX, bytes(215)) + request(),
    "version 2, a family that there is not": binary(PROXIED, 0x44, bytes(36)) + request(),
    "version 2, a command that there is not": binary(0x22, TCP4, bytes(12)) + request(),
    "version 3": binary(0x31, TCP4, bytes(12)) + request(),
}

TRUNCATED = {
    "version 1": line("192.0.2.1")[:-1],
    "version 1, in its first word": b"PRO",
    "version 2": binary_for("192.0.2.1")[:-1],
    "version 2, in its signature": SIGNATURE[:-1],
    "version 2, a length of 65535": binary(PROXIED, TCP4, addresses("192.0.2.1"), bytes(60000),
                                           length=65535),
}


def ends_there(subject, data):
    """The proxy goes away in the middle: so does the connection."""
    with subject.socket(source=PROXY, timeout=PATIENCE_S) as ws:
        ws.send_bytes(data)
        ws.socket.shutdown(socket.SHUT_WR)
        dropped(ws)
    subject.assert_unharmed()


def good_and_bad():
    subject = Subject("--proxy-protocol", PROXY, listen="http://127.0.0.1:0")
    for name, (header, _) in GOOD.items():
        row(f"A021 {name}", subject, header + request(), upgraded())
    rows("A021 broken", subject, BROKEN, dropped)
    for name, data in TRUNCATED.items():
        tap.run(f"A021 truncated: {name}", ends_there, subject, data)
    headers = {name: header + request() for name, (header, _) in GOOD.items()
               if len(header) < 1000}
    rows("A021 from who is no proxy", subject, headers, refused(400), source=OTHER)
    row("A021 who is no proxy needs none", subject, request(), upgraded(), source=OTHER)
    tap.run("A021 the server ends well", subject.assert_ends_well)


def says_what_is_missing(server):
    with server.socket(source=PROXY, timeout=PATIENCE_S) as ws:
        ws.send_bytes(request())
        dropped(ws)
    server.await_log(f"{PROXY}, a proxy: no header of the PROXY protocol")


def whose_it_is():
    """On a server of their own: a log that is written to too fast leaves lines out."""
    with Server("--proxy-protocol", PROXY, "--log-level", "info",
                listen="http://127.0.0.1:0") as server:
        for name, (header, source) in GOOD.items():
            tap.run(f"A021 {name}: the peer", is_taken_for, server, header, source)
        tap.run("A021 who is no proxy is who he is", is_taken_for, server, b"", OTHER, OTHER)
        tap.run("A021 the log says what is missing", says_what_is_missing, server)


def slow_but_whole(subject):
    """In single bytes, each of which the server has read alone."""
    for header in line("192.0.2.1"), binary_for("2001:db8::1", tlv(4, b"x")):
        with subject.socket(source=PROXY, timeout=PATIENCE_S) as ws:
            for at in range(len(header)):
                ws.send_bytes(header[at:at + 1])
                subject.let_it_read()
            ws.send_bytes(request())
            upgraded()(ws)


def never_whole(subject):
    """All at once, and one of them byte by byte."""
    with contextlib.ExitStack() as open_ones:
        def come():
            return open_ones.enter_context(subject.socket(source=PROXY, timeout=PATIENCE_S))
        waiting = [come() for _ in [None, *TRUNCATED]]
        for ws, data in zip(waiting, [b"", *TRUNCATED.values()]):
            ws.send_bytes(data)
        behind_a_header = come()
        behind_a_header.send_bytes(line("192.0.2.1") + request()[:-1])
        slow = come()
        for byte in line("192.0.2.1"):
            if not send_pieces(slow, [bytes([byte])], SHORT_MS / 1000 / 20):
                break
        for ws in [*waiting, slow]:
            dropped(ws)
        refused(408)(behind_a_header)
    subject.assert_unharmed()


def slow():
    subject = Subject("--proxy-protocol", PROXY, listen="http://127.0.0.1:0")
    tap.run("A021 in single bytes", slow_but_whole, subject)
    tap.run("A021 the server ends well", subject.assert_ends_well)
    subject = Subject("--proxy-protocol", PROXY, "--handshake-timeout", f"{SHORT_MS}ms",
                      listen="http://127.0.0.1:0")
    tap.run("A021 never whole", never_whole, subject)
    tap.run("A021 the server ends well", subject.assert_ends_well)


# What the address is good for.

def limits_are_for_it():
    with Server("--proxy-protocol", PROXY, "--address-count-max", "2", "--threads", "2",
                listen="http://127.0.0.1:0") as server:
        def come(source):
            ws = server.socket(source=PROXY, timeout=PATIENCE_S)
            ws.send_bytes(line(source) + request())
            return ws, ws.receive_answer().status
        first = [come("192.0.2.1") for _ in range(3)]
        assert sorted(status for _, status in first) == [101, 101, 429], first
        others = [come("192.0.2.2") for _ in range(2)]
        assert [status for _, status in others] == [101, 101], others
        for ws, _ in first + others:
            ws.end()
        until(lambda: retry(come, "192.0.2.1") == 101)


def retry(come, source):
    ws, status = come(source)
    ws.end()
    return status


def this_machine_is_not_who_comes_through_it():
    """Without keys channels are for this machine alone: not for those whom a proxy here brings."""
    with Server("--proxy-protocol", PROXY, listen="http://127.0.0.1:0") as server:
        assert access(server, line("192.0.2.1")) == "machine"
        assert access(server, line("127.0.0.9")) == "open"
        assert access(server, b"PROXY UNKNOWN\r\n") == "open"
        assert access(server, b"", OTHER) == "open"
        with server.socket(source=PROXY, timeout=PATIENCE_S) as ws:
            ws.send_bytes(line("192.0.2.1") + request("/connection/websocket"))
            assert_answer(ws, [403])


def ipv6_and_unix():
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/socket"
        with Server("--proxy-protocol", "::1", "--proxy-protocol", "unix", "--log-level", "info",
                    "--listen", f"unix:{path}") as server:
            for name, far in ("::1", None), ("unix", path):
                before = len(server.log_so_far())
                with Through(server, far) as ws:
                    ws.send_bytes(binary_for("2001:db8::7") + request(origin="https://x.example"))
                    assert_answer(ws, [403])
                told = until(lambda: re.findall(r"(\S+): WebSocket refused",
                                                server.log_so_far()[before:]))
                assert told == ["2001:db8::7"], (name, told)
                with Through(server, far) as ws:
                    ws.send_bytes(request())
                    dropped(ws)


class Through(RawWebSocket):
    """Over ::1, or over a unix socket."""

    def __init__(self, server, path=None):
        if not path:
            super().__init__("::1", server.port, family=socket.AF_INET6, timeout=PATIENCE_S)
            return
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(path)
        self.host, self.unread = "localhost", b""


# TLS comes after it.

class TlsOver:
    """TLS on a socket on which something was said before; `early` goes out with the first bytes."""

    def __init__(self, ws, early=b""):
        self.socket = ws.socket
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls.insecure().wrap_bio(self.incoming, self.outgoing)
        self.early = early
        self.repeat(self.tls.do_handshake)

    def repeat(self, call, *arguments):
        while True:
            try:
                done = call(*arguments)
                self.flush()
                return done
            except ssl.SSLWantReadError:
                self.flush()
                more = self.socket.recv(65536)
                if not more:
                    raise ConnectionError("the end") from None
                self.incoming.write(more)

    def flush(self):
        data, self.early = self.early + self.outgoing.read(), b""
        if data:
            self.socket.sendall(data)

    def ask(self, data):
        self.repeat(self.tls.write, data)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.repeat(self.tls.read, 65536)
        return int(answer.split(b" ")[1])


def before_tls(server):
    for header in line("192.0.2.1"), binary_for("2001:db8::1", tlv(2, b"example.com")):
        with server.socket(source=PROXY, timeout=PATIENCE_S, tls=None) as ws:
            for at in range(len(header)):
                ws.send_bytes(header[at:at + 1])
            assert TlsOver(ws).ask(request()) == 101
        with server.socket(source=PROXY, timeout=PATIENCE_S, tls=None) as ws:
            assert TlsOver(ws, header).ask(request()) == 101


def whose_tls(server):
    with server.socket(source=PROXY, timeout=PATIENCE_S, tls=None) as ws:
        assert TlsOver(ws, line("192.0.2.9")).ask(request(origin="https://x.example")) == 403
    server.await_log("192.0.2.9: WebSocket refused")
    with server.socket(source=PROXY, timeout=PATIENCE_S, tls=None) as ws:
        ws.send_bytes(line("192.0.2.8") + b"GET / HTTP/1.1\r\n\r\n")
        server.await_log("192.0.2.8: ")


def no_header_before_tls(server):
    with server.socket(source=PROXY, timeout=PATIENCE_S, tls=None) as ws:
        try:
            TlsOver(ws)
            raise AssertionError("it spoke TLS")
        except ConnectionError:
            pass


def from_elsewhere_before_tls(server):
    """No TLS, and so no answer that is more than an alert."""
    with server.socket(source=OTHER, timeout=PATIENCE_S, tls=None) as ws:
        ws.send_bytes(line("192.0.2.1"))
        answer = b""
        try:
            while more := ws.socket.recv(65536):
                answer += more
        except ConnectionResetError:
            pass
        assert len(answer) <= 7 and answer[:1] in (b"", b"\x15"), answer
    with server.socket(source=OTHER, timeout=PATIENCE_S, tls=None) as ws:
        assert TlsOver(ws).ask(request()) == 101


def too_many_before_tls():
    """Who is turned away gets no handshake, and no answer that he could not read."""
    with Server("--proxy-protocol", PROXY, "--self-signed", "--address-count-max", "1", "--threads",
                "1", listen="https://127.0.0.1:0", tls=tls.insecure()) as server:
        with server.socket(source=PROXY, timeout=PATIENCE_S, tls=None) as ws:
            assert TlsOver(ws, line("192.0.2.1")).ask(request()) == 101
            with server.socket(source=PROXY, timeout=PATIENCE_S, tls=None) as other:
                other.send_bytes(line("192.0.2.1"))
                dropped(other)


def over_tls():
    with Server("--proxy-protocol", PROXY, "--self-signed", "--log-level", "info",
                listen="https://127.0.0.1:0", tls=tls.insecure()) as server:
        tap.run("A021 before TLS, in single bytes and with its hello", before_tls, server)
        tap.run("A021 before TLS: whose it is", whose_tls, server)
        tap.run("A021 before TLS: absent", no_header_before_tls, server)
        tap.run("A021 before TLS: from who is no proxy", from_elsewhere_before_tls, server)
    tap.run("A021 before TLS: too many", too_many_before_tls)


def what_is_no_network():
    for network in "localhost", "10.0.0.1/8", "10.0.0.0/33", "*":
        status, _, errors = run("serve", "--listen", "http://127.0.0.1:0", "--proxy-protocol",
                                network)
        assert status == 2 and network in errors and errors.count("\n") == 1, errors
        status, _, errors = run("serve", "--check", "--proxy-protocol", network)
        assert status == 2 and network in errors, errors


good_and_bad()
whose_it_is()
slow()
over_tls()
tap.run("A021 limits are for whom it names", limits_are_for_it)
tap.run("A021 this machine is not who comes through it", this_machine_is_not_who_comes_through_it)
tap.run("A021 over IPv6, and over unix sockets", ipv6_and_unix)
tap.run("A021 what is no network", what_is_no_network)
tap.done()
