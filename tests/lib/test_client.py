# SPDX-License-Identifier: MIT
"""Our client as a process (tests/interop/client), driven line by line.

    with Client(f"ws://{server}/echo", "--protocol", "chat") as client:
        client.expect("open", "chat")
        client.send("text hello")
        assert client.message() == "hello"
        client.send("close 1000")
        assert client.closed().code == 1000

The program is $TEST_CLIENT.
"""
import os
import queue
import re
import subprocess
import threading
import time
import zlib
from collections import namedtuple

PROGRAM = os.environ.get("TEST_CLIENT", "build/tests/interop/client/test_client")
PATIENCE_S = 60
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

Line = namedtuple("Line", "number kind text at_s")  # text: all behind the kind
Closed = namedtuple("Closed", "code status http_status how reason cause")
Retry = namedtuple("Retry", "delay_ms code status http_status cause")


def letters(size):
    """What the command "letters" sends."""
    return ("abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[:size]


def data(size):
    """What the command "binary" sends."""
    return (bytes(i * 7 % 256 for i in range(256)) * (size // 256 + 1))[:size]


def told_as(content):
    """How the client tells a message of that content, but for what it shows of it."""
    encoded = content.encode() if isinstance(content, str) else content
    kind = "text" if isinstance(content, str) else "binary"
    return f"{kind} {len(encoded)} {zlib.crc32(encoded):08x}"


class Client:
    def __init__(self, url, *options, run="loop", variables=None):
        environment = {name: value for name, value in os.environ.items()
                       if name.lower() not in PROXY_VARIABLES}
        self.process = subprocess.Popen(
            [PROGRAM, "--run", run, *options, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**environment, **(variables or {})})
        self.is_blocking = run == "blocking"
        self.close_line = None  # of a blocking one: messages that wait are told behind it
        self.lines = []
        self.waiting = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def _read(self):
        for text in self.process.stdout:
            number, _, rest = text.rstrip("\n").partition(" ")
            kind, _, rest = rest.partition(" ")
            if number.isdigit():
                line = Line(int(number), kind, rest, time.monotonic())
            else:
                line = Line(None, "complaint", text.rstrip("\n"), time.monotonic())
            self.lines.append(line)
            self.waiting.put(line)
        self.waiting.put(None)

    def send(self, *commands):
        for command in commands:
            self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def told(self):
        """The last lines, for messages of failures."""
        return "\n".join(f"{line.number} {line.kind} {line.text}"[:300]
                         for line in self.lines[-30:])

    def next(self, *kinds, timeout_s=PATIENCE_S):
        """The next line of these kinds; others are passed over, but for an unexpected end."""
        wanted, end = " or ".join(kinds), time.monotonic() + timeout_s
        while True:
            try:
                line = self.waiting.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {wanted} within {timeout_s} s; told:\n"
                                     + self.told()) from None
            if line is None:
                self.waiting.put(None)
                raise AssertionError(f"it ended before {wanted}; told:\n{self.told()}")
            if line.kind in kinds:
                return line
            if line.kind == "close" and self.is_blocking:
                self.close_line = line
            elif line.kind in ("close", "complaint"):
                raise AssertionError(f"{line.kind} before {wanted}; told:\n{self.told()}")

    def expect(self, kind, text=None):
        """The next line of that kind, which must say so."""
        line = self.next(kind)
        assert text is None or line.text == text, f"{kind} {line.text!r}, and not {text!r}"
        return line

    def expect_message(self, content):
        got = self.next("message").text
        want = told_as(content)
        assert got.startswith(want + " "), f"message {got}, and not {want}"

    def closed(self):
        """How it closed; every step before is passed over."""
        line = self.close_line or self.next("close")
        match = re.fullmatch(r"(\d+) (\w+) (\d+) (clean|lost) \[(.*?)\] (.*)", line.text)
        return Closed(int(match[1]), match[2], int(match[3]), match[4], match[5], match[6])

    def retry(self):
        delay, code, status, http_status, cause = self.next("retry").text.split(" ", 4)
        return Retry(int(delay), int(code), status, int(http_status), cause)

    def steps(self, kind):
        """The texts of the steps of a kind that were told until now."""
        return [line.text[len(kind) + 1:] for line in self.lines
                if line.kind == "step" and line.text.startswith(kind + " ")]

    def wait(self):
        """Its exit status; its stdin ends."""
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
