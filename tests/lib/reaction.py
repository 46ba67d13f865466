# SPDX-License-Identifier: MIT
"""Bad input and what must come of it: rows of input and required reaction, each run whole, byte by
byte, and cut in two at many positions, with the server watched from outside.

    subject = Subject()                       # a server, a canary on it, and its count of fds
    tap.run("C016 no Host", http(subject, b"GET / HTTP/1.1\\r\\n\\r\\n", refused(400)))
    tap.run("G001 RSV1", frames(subject, frame(TEXT, b"x", rsv=4), failed(1002)))

A reaction is a function that is given the open connection (its `unread` and `socket`) after the
input was sent, reads what the server says, and asserts.  After every row the server must be alive,
hold as many descriptors as before, and echo to the canary.
"""
import contextlib
import os
import re
import signal
import struct
import time

from lib.hawser import Server
from lib.rawws import CLOSE, TEXT, ConnectionEnded, Frame

PATIENCE_S = 60  # for what must come; generous, because a busy machine is no fault of the server


class Subject(Server):
    """A server that is watched from outside while it is mistreated."""

    def __init__(self, *arguments, echo="/echo", **options):
        super().__init__(*arguments, **options)
        self.echo = echo
        self.pid = self.process.pid
        self.canary = self.connect(echo)
        self.socket_count = self.count_sockets()
        self.turn = 0

    def count_sockets(self):
        """Sockets that the process has open: what the kernel says, not what the server thinks.
        (Other descriptors, such as a spare one or a file being sent, are its own affair.)"""
        count = 0
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(f"/proc/{self.pid}/fd/{name}").startswith("socket:")
        return count

    def assert_sockets_gone(self, seconds=PATIENCE_S):
        """All connections but the canary have ended on the server's side."""
        end = time.monotonic() + seconds
        while (count := self.count_sockets()) != self.socket_count:
            assert time.monotonic() < end, f"{count} sockets open, {self.socket_count} before"
            time.sleep(0.002)

    def let_it_read(self):
        """What was sent before has been read after this.  One answer to the canary may come from
        the turn that accepts a connection; only a later turn reads from that."""
        for text in ("accepted", "asked to read", "read"):
            self.canary.send_text(text)
            assert self.canary.receive_message().payload == text.encode()

    @staticmethod
    def held_back_max():
        """Bytes that may wait for one who sends and does not read: the send queue (1 MiB), a
        message, and some room of the allocator.  With io_uring the kernel may have received a
        turn's worth before it hears of the pause: 256 buffers of 20 KiB, held in a block that grew
        to it by halves, and of those the loop keeps up to 4 MiB for the next one."""
        more = 256 * 20_480 + (4 << 20) if os.environ.get("HAWSER_BACKEND") == "io_uring" else 0
        return (8 << 20) + more

    @contextlib.contextmanager
    def asleep(self):
        """It gets no time at all, as on a machine that is busy; the kernel goes on without it."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def renew_canary(self):
        """Where the server pings so fast that a canary nobody listens to is taken for dead."""
        self.canary.end()
        self.canary = self.connect(self.echo)

    def assert_unharmed(self):
        assert self.process.poll() is None, f"the server died: {self.process.returncode}"
        self.turn += 1
        self.canary.send_text(f"canary {self.turn}")
        answer = self.canary.receive_message()
        assert answer.payload == f"canary {self.turn}".encode(), f"the canary got {answer}"
        self.assert_sockets_gone()

    def assert_ends_well(self):
        """Ends it; a sanitizer's report or an error in its log would be heard of now."""
        self.canary.end()
        status = self.stop()
        assert status == 0, f"exit status {status}: {self.errors}"
        assert not re.search(r"error|sanitizer", self.errors, re.I), self.errors


# How input is cut.

def cut_positions(size):
    """All of them where they are few, otherwise the first, the last, and some between."""
    if size <= 40:
        return list(range(1, size))
    step = size / 16
    return sorted({1, 2, 3, size - 2, size - 1} | {int(i * step) for i in range(1, 16)})


def send_pieces(ws, pieces, pause_s=0.0):
    """False when the server has ended the connection while we were still talking."""
    try:
        for piece in pieces:
            ws.send_bytes(piece)
            if pause_s:
                time.sleep(pause_s)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def check_cuts(subject, connect, data, reaction):
    """The same reaction, however the input was cut.  Connections that differ in the cut live side
    by side, so that one pause between the pieces serves them all."""
    cuts = cut_positions(len(data)) if len(data) <= 100_000 else [len(data) // 2]
    batch = [("whole", connect(), [data])]
    batch += [(f"cut at {at} of {len(data)}", connect(), [data[:at], data[at:]]) for at in cuts]
    if len(data) <= 2000:
        bytewise = [data[i:i + 1] for i in range(len(data))]
        batch.append(("byte by byte", connect(), bytewise))
    try:
        for _, ws, pieces in batch:
            send_pieces(ws, pieces[:1])
        time.sleep(0.004)
        for _, ws, pieces in batch:
            send_pieces(ws, pieces[1:])
        for how, ws, _ in batch:
            try:
                reaction(ws)
            except (AssertionError, ConnectionEnded, OSError, ValueError) as wrong:
                raise AssertionError(f"{how}: {wrong!r}\ninput: {shorten(data)}") from wrong
    finally:
        for _, ws, _ in batch:
            ws.end()
    subject.assert_unharmed()


def shorten(data):
    return repr(data) if len(data) <= 600 else f"{data[:400]!r} ... {data[-100:]!r}"


def http(subject, data, reaction):
    """A row whose input is the first that the connection says."""
    def body():
        check_cuts(subject, lambda: subject.socket(timeout=PATIENCE_S), data, reaction)
    return body


def frames(subject, data, reaction, path=None):
    """A row whose input follows the opening handshake."""
    def body():
        check_cuts(subject, lambda: subject.connect(path or subject.echo, timeout=PATIENCE_S), data,
                   reaction)
    return body


# Reactions.

def assert_end(ws):
    """The server says nothing more and ends the connection, by FIN."""
    assert not ws.unread, f"more than was due: {shorten(ws.unread)}"
    more = ws.socket.recv(65536)
    assert more == b"", f"more than was due: {shorten(more)}"


def tokens(answer, name):
    return [token.strip().lower() for token in answer.headers.get(name, "").split(",")]


def assert_answer(ws, statuses, has_body=True):
    answer = ws.receive_answer(has_body=has_body)
    assert answer.status in statuses, f"{answer}, and not {statuses}"
    return answer


def refused(*statuses, has_body=True, **headers):
    """`H nnn`: that answer, Connection: close, nothing more, and the end."""
    def reaction(ws):
        answer = assert_answer(ws, statuses, has_body)
        assert "close" in tokens(answer, "connection"), f"no Connection: close in {answer}"
        for name, value in headers.items():
            name = name.replace("_", "-")
            assert value.lower() in tokens(answer, name), f"no {name}: {value} in {answer}"
        assert_end(ws)
    return reaction


def upgraded(*expected, absent=(), **headers):
    """`OK` for a handshake: 101, these frames if any, and the echo works."""
    def reaction(ws):
        answer = assert_answer(ws, [101])
        for name, value in headers.items():
            name = name.replace("_", "-")
            assert answer.headers.get(name) == value, f"{name} is not {value} in {answer}"
        for name in absent:
            assert name not in answer.headers, f"{name} in {answer}"
        stays_open(*expected)(ws)
    return reaction


def answered(*statuses, has_body=True):
    """An answer to plain HTTP after which the connection goes on: it gets the next one, too."""
    def reaction(ws):
        assert_answer(ws, statuses, has_body)
        ws.send_bytes(f"GET / HTTP/1.1\r\nHost: {ws.host}\r\n\r\n".encode())
        assert_answer(ws, [200])
    return reaction


def assert_frames(ws, expected):
    for want in expected:
        got = ws.receive()
        assert got == want, f"got {shorten(bytes(got.payload))} as {got.opcode}, wanted {want}"


def stays_open(*expected):
    """`OK`: these frames, and the connection still echoes."""
    def reaction(ws):
        assert_frames(ws, expected)
        ws.send_text("still here")
        assert_frames(ws, [Frame(TEXT, b"still here")])
    return reaction


def closed(*codes, before=()):
    """These frames, then one Close frame with that code (None: without any), then FIN."""
    def reaction(ws):
        assert_frames(ws, before)
        got = ws.receive()
        assert got.opcode == CLOSE, f"{got}, and not a Close frame"
        assert got.fin and not got.rsv and not got.masked, f"{got}"
        assert len(got.payload) <= 125 and len(got.payload) != 1, f"{got}"
        code = struct.unpack(">H", got.payload[:2])[0] if got.payload else None
        assert code in codes, f"Close {code} {got.payload[2:]!r}, and not {codes}"
        got.payload[2:].decode()
        assert_end(ws)
    return reaction


failed = closed  # `W nnnn`: the close of a failure looks like any other on the wire


def ended(ws):
    """The server ends the connection without a word: there is nobody to talk to."""
    assert_end(ws)
