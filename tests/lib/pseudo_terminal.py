# SPDX-License-Identifier: MIT
"""A program at a terminal, and what a person would see there.

    with Typist([PROGRAM, "connect", url]) as it:
        it.see("connected")
        it.type("hello\\r")

The screen is kept as the few sequences that line editing uses make it; any other one fails the
test, for it could only have come from a peer.
"""
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata

PATIENCE_S = 60
SEQUENCE = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b\[\?2004[hl]|\x1b[=>]")


class Screen:
    """Rows of characters, a cursor, and no end below."""

    def __init__(self, columns):
        self.columns = columns
        self.rows = [[]]
        self.row = self.column = 0
        self.rest = ""

    def write(self, text):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found:
                    if len(text) - at < 12 and not re.match(r"\x1b.*[A-Za-z]", text[at:]):
                        self.rest = text[at:]
                        return
                    raise AssertionError(f"a sequence that is not ours: {text[at:at + 20]!r}")
                self._obey(found[2], int(found[1] or 0))
                at = found.end()
            else:
                self._put(text[at])
                at += 1

    def _obey(self, letter, number):
        if letter == "A":
            self.row = max(0, self.row - (number or 1))
        elif letter == "C":
            self.column = min(self.columns - 1, self.column + (number or 1))
        elif letter == "D":
            self.column = max(0, self.column - (number or 1))
        elif letter == "G":
            self.column = min(self.columns - 1, (number or 1) - 1)
        elif letter == "K":
            del self._line()[self.column:]
        elif letter == "J" and number == 0:
            del self._line()[self.column:]
            del self.rows[self.row + 1:]
        elif letter == "P":
            del self._line()[self.column:self.column + (number or 1)]
        elif letter == "@":
            self._line()[self.column:self.column] = [" "] * (number or 1)
        elif letter not in ("m", None):
            raise AssertionError(f"a sequence that is not ours: {letter}")

    def _line(self):
        while len(self.rows) <= self.row:
            self.rows.append([])
        return self.rows[self.row]

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            self._line()
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\t":
            self.column = (self.column // 8 + 1) * 8
        elif character != "\a":
            self._print(character)

    def _print(self, character):
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + width > self.columns:  # the margin waits for one more, as a VT100's does
            self.row += 1
            self.column = 0
        line = self._line()
        while len(line) < self.column + width:
            line.append(" ")
        line[self.column] = character
        if width == 2:
            line[self.column + 1] = ""
        self.column += width

    def lines(self):
        return ["".join(row).rstrip() for row in self.rows]


class Typist:
    def __init__(self, arguments, columns=80, **environment):
        self.screen = Screen(columns)
        self.bytes = b""  # all that was ever written
        self._undecoded = b""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C"})
            os.environ.pop("NO_COLOR", None)
            os.environ.update(environment)
            os.execv(arguments[0], arguments)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def type(self, text):
        os.write(self.fd, text if isinstance(text, bytes) else text.encode())

    def read(self, seconds):
        """What comes in so much time at most; False: the program has gone."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.bytes += data
        data = self._undecoded + data
        for cut in range(4):
            try:
                text = data[:len(data) - cut].decode()
                break
            except UnicodeDecodeError:
                continue
        else:
            raise AssertionError(f"no UTF-8: {data!r}")
        self._undecoded = data[len(data) - cut:]
        self.screen.write(text)
        return bool(data)

    def wait_until(self, is_so, what):
        end = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > end or not self.read(0.1):
                if is_so():
                    return
                raise AssertionError(f"no {what}: {self.screen.lines()}")

    def see(self, words):
        """Waits for a line of the screen that has `words` in it."""
        self.wait_until(lambda: any(words in line for line in self.screen.lines()), repr(words))

    def see_lines(self, *lines):
        """Waits for the screen to end with these."""
        self.wait_until(lambda: self.screen.lines()[-len(lines):] == list(lines), repr(lines))

    def wait(self):
        """Its exit status."""
        end = time.monotonic() + PATIENCE_S
        while self.read(0.1) and time.monotonic() < end:
            pass
        while self.status is None:
            if time.monotonic() > end:
                raise AssertionError(f"it does not end: {self.screen.lines()}")
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.02)
        return self.status
