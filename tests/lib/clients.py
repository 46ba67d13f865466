# SPDX-License-Identifier: MIT
"""The clients of integration/test_clients.c, told what to do and listened to.

    with Client() as client:
        one = client.open(url=server.url(), origin="http://localhost")
        ...
        one.expect("open", "")
        one.do("send", "hello")
        assert one.next("close").code == 1000
"""
import os
import pathlib
import re
import select
import subprocess
import tempfile
import time
from collections import deque, namedtuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TEST_CLIENTS",
                         str(ROOT / "build" / "tests" / "integration" / "test_clients"))
PATIENCE_S = 60

Ending = namedtuple("Ending", "code clean status http reason cause")


def encode(word):
    """As the commands have it: no tabs, no line ends, no "%" but that of an escape."""
    return re.sub(r"[%\t\r\n\0]", lambda match: f"%{ord(match[0]):02x}", str(word))


def ending(words):
    """What on_close and on_retry told."""
    code, clean, status, http, reason, *cause = words
    return Ending(int(code), clean == "clean", status, int(http), bytes.fromhex(reason),
                  "\t".join(cause))


class ClientSocket:
    """One WebSocket of the client."""

    def __init__(self, client, number):
        self.client = client
        self.number = number
        self.events = deque()
        self.is_over = False

    def do(self, verb, *words):
        self.client.write(verb, self.number, *words)

    def next_event(self, timeout=PATIENCE_S):
        """The words of what happens next."""
        end = time.monotonic() + timeout
        while not self.events:
            self.client.read(end - time.monotonic())
        return self.events.popleft()

    def next(self, name, timeout=PATIENCE_S):
        """The arguments of what happens next, which must have this name; as a tuple for a close
        (Ending) and a retry (milliseconds and Ending)."""
        got, *words = self.next_event(timeout)
        assert got == name, f"{got} {words}, and not {name}"
        if name == "close":
            return ending(words)
        if name == "retry":
            return int(words[0]), ending(words[1:])
        return words

    def expect(self, name, *words):
        got = self.next(name)
        assert got == [str(word) for word in words], f"{name} {got}, and not {words}"

    def assert_silent(self, seconds=0.05):
        """Nothing happens for so long."""
        end = time.monotonic() + seconds
        try:
            while not self.events:
                self.client.read(end - time.monotonic())
        except TimeoutError:
            return
        raise AssertionError(f"more than was due: {list(self.events)}")


class Client:
    def __init__(self, program=PROGRAM, environment=None):
        self.log = tempfile.TemporaryFile("w+")
        # What the machine is set to use as a proxy is none of the tests' affair.
        clean = {name: value for name, value in os.environ.items()
                 if not name.lower().endswith("_proxy")}
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, env={**clean, **(environment or {})})
        self.pid = self.process.pid
        self.unread = b""
        self.sockets = {}
        self.free = deque(range(1024))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def write(self, *words):
        self.process.stdin.write("\t".join(map(encode, words)).encode() + b"\n")
        self.process.stdin.flush()

    def read(self, timeout):
        """Takes what has happened, once something has."""
        readable, _, _ = select.select([self.process.stdout], [], [], max(0, timeout))
        if not readable:
            raise TimeoutError("nothing happened")
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        assert data, "the client has ended"
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            number, *words = line.decode("utf-8", "backslashreplace").split("\t")
            assert number != "?", words
            self.sockets[int(number)].events.append(words)
            if words[0] in ("close", "refused"):
                self.free.append(int(number))

    def open(self, **options):
        """A WebSocket, told to open.  header=["A:1", "B:2"] and protocol=[...] are lists."""
        number = self.free.popleft()
        socket = self.sockets[number] = ClientSocket(self, number)
        words = []
        for name, value in options.items():
            for each in value if isinstance(value, (list, tuple)) else [value]:
                words.append(f"{name}={int(each) if isinstance(each, bool) else each}")
        socket.do("open", *words)
        return socket

    def count_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self):
        """Ends it by the end of its commands, and answers its exit status."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
            try:
                self.process.wait(PATIENCE_S)
            finally:
                self.process.kill()
                self.process.stdout.close()
                self.log.seek(0)
                self.errors = self.log.read()
                self.log.close()
        return self.process.returncode
