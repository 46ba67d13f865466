#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many at once, and peers that come and go: rows A, N and V whose harm lies in numbers, and a storm
of every kind of hostile client at a size that a test can have (tests/storm for the full one)."""
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.rawws import BINARY, TEXT, ConnectionEnded, Frame, frame  # noqa: E402
from lib.reaction import PATIENCE_S, Subject, assert_answer, closed, stays_open  # noqa: E402
from lib.tap import Tap  # noqa: E402

PROGRAM = os.environ.get("TEST_SERVER", "build/tests/integration/test_server")
STORM = os.environ.get("STORM", "build/tests/storm/storm")
SHORT_MS = 400

tap = Tap()


def rows(options, bodies):
    """Rows on a server with these limits; each body is given the server."""
    arguments = [str(word) for name, value in options.items()
                 for word in ("--" + name.replace("_", "-"), value)]
    subject = Subject(*arguments, program=PROGRAM)

    def whole(body):
        body(subject)
        subject.assert_unharmed()

    for name, body in bodies.items():
        tap.run(name, whole, body)
    tap.run(f"P0 the server ends well ({', '.join(options) or 'default limits'})",
            subject.assert_ends_well)


def reset(ws):
    """Ends with RST, in place of FIN."""
    ws.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ws.end()


# Connections

def come_and_reset(subject):
    """A002, N016: neither descriptors nor memory grow with those who come and go."""
    for _ in range(200):
        reset(subject.socket())
    subject.assert_sockets_gone()
    before = subject.resident_size()
    for _ in range(1000):
        reset(subject.socket())
    subject.assert_sockets_gone()
    growth = subject.resident_size() - before
    assert subject.is_sanitized() or growth < 1 << 20, f"{growth} bytes more"


def come_and_end(subject):
    """A003: whoever ends before a byte is not answered."""
    for _ in range(20):
        with subject.socket(timeout=PATIENCE_S) as ws:
            ws.socket.shutdown(socket.SHUT_WR)
            assert ws.socket.recv(100) == b""


def half_closed_after_close(subject):
    """A008: the answer to its Close reaches who has ended his side behind it."""
    with subject.connect("/echo", timeout=PATIENCE_S) as ws:
        ws.send_close(1000, "bye")
        ws.socket.shutdown(socket.SHUT_WR)
        closed(1000)(ws)


def reset_all_at_once(subject):
    """A010: five hundred that are open, in one moment."""
    crowd = [subject.connect("/topic") for _ in range(500)]
    for ws in crowd:
        reset(ws)
    subject.assert_sockets_gone()


def many_descriptors(subject):
    """A018: beyond what select() could name."""
    crowd = [subject.connect("/echo") for _ in range(1100)]
    for ws in crowd[-5:]:
        stays_open()(ws)
    for ws in crowd:
        ws.end()
    subject.assert_sockets_gone()


# Slow ones

def message_dribbled(subject):
    """N002: a byte now and then does not keep a message alive for ever."""
    with subject.connect("/echo", timeout=PATIENCE_S) as ws:
        data, start = frame(TEXT, b"x" * 1000), time.monotonic()
        ws.socket.settimeout(SHORT_MS / 10_000)
        for i in range(len(data)):
            try:
                ws.send_bytes(data[i:i + 1])
                ws.unread += ws.socket.recv(65536)
                break
            except TimeoutError:
                assert time.monotonic() - start < PATIENCE_S, "it was let dribble"
            except OSError:
                break
        ws.socket.settimeout(PATIENCE_S)
        closed(1008)(ws)


def window_shut_then_reset(subject):
    """A024, N007: nothing is read, and then there is nobody."""
    for _ in range(5):
        ws = subject.socket(timeout=PATIENCE_S)
        ws.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        ws.open("/flood")
        ws.send_text("go")
        time.sleep(0.02)
        reset(ws)
    subject.assert_sockets_gone()


def echo_without_reading(subject):
    """N013: who sends and does not read is slowed down by TCP, and gets it all in the end."""
    with subject.connect("/echo", timeout=PATIENCE_S) as ws:
        data, count = frame(BINARY, bytes(65536)), 0
        before = subject.resident_size()
        ws.socket.settimeout(0.2)
        try:
            while count < 2000:
                ws.send_bytes(data)
                count += 1
        except TimeoutError:
            pass
        assert count < 2000, "a flood that is not read is echoed without end"
        growth = subject.resident_size() - before
        assert subject.is_sanitized() or growth < subject.held_back_max(), f"{growth} bytes more"
        ws.socket.settimeout(PATIENCE_S)
        for _ in range(count):
            assert ws.receive() == Frame(BINARY, bytes(65536))
    subject.assert_sockets_gone()


def greedy_neighbours(subject):
    """N009: a canary among those who send without pause is answered, each time and in order."""
    tiny = frame(TEXT, b"x", mask=b"\0\0\0\0") * 4096
    crowd = [subject.connect("/deaf") for _ in range(8)]
    for ws in crowd:
        ws.socket.setblocking(False)
    with subject.connect("/echo", timeout=PATIENCE_S) as canary:
        for i in range(50):
            for ws in crowd:
                try:
                    ws.socket.send(tiny)
                except (BlockingIOError, ConnectionEnded):
                    pass
            canary.send_text(str(i))
            assert canary.receive() == Frame(TEXT, str(i).encode())
    for ws in crowd:
        reset(ws)
    subject.assert_sockets_gone()


def refused_over_limit(subject):
    """A015 over the wire: 429, and who is in stays in."""
    with subject.connect("/echo") as inside, subject.socket(timeout=PATIENCE_S) as ws:
        answer = assert_answer(ws, [429], False)
        assert 1 <= int(answer.headers["retry-after"]) <= 5, answer
        stays_open()(inside)
    subject.assert_sockets_gone()


def storm():
    """N001, O010: every kind of hostile client at once; the canary loses nothing."""
    subject = Subject(program=PROGRAM)
    done = subprocess.run([STORM, str(subject.port), "600", "3", "2"], capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = r"600 hostile, \d+ at once, \d+ in all; canary: \d+ echoes"
    assert re.match(figures, done.stdout), done.stdout
    print(f"# {done.stdout.strip()}")
    subject.assert_sockets_gone()
    stays_open()(subject.canary)
    subject.assert_ends_well()


rows({}, {
    "A002, N016 a thousand that come and reset": come_and_reset,
    "A003 an end before a byte": come_and_end,
    "A008 half-closed after its Close": half_closed_after_close,
    "A010 five hundred resets at once": reset_all_at_once,
    "A018 more than a thousand descriptors": many_descriptors,
    "A024, N007 a window that is shut, and a reset": window_shut_then_reset,
    "N009 neighbours that send without pause": greedy_neighbours,
    "N013 an echo that is not read": echo_without_reading,
})
rows({"message_timeout": SHORT_MS}, {"N002 a message byte by byte": message_dribbled})
rows({"address_count_max": 2}, {"A015 too many of one address": refused_over_limit})
tap.run("N001, O010 a storm", storm)
tap.done()
