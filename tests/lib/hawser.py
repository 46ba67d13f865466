# SPDX-License-Identifier: MIT
"""A `hawser serve` for the time of a test.

    with Server() as server:                       # on a free port of localhost
        ws = server.connect("/echo")

The program is $HAWSER, or build/hawser beside this source.
"""
import atexit
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

from lib.rawws import RawWebSocket

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("HAWSER", str(ROOT / "build" / "src" / "cmd" / "hawser"))


# An address of our own: a port of it that was given back is nobody else's before we want it again.
OWN_HOST = f"127.{os.getpid() >> 16 & 0x7F}.{os.getpid() >> 8 & 0xFF}.{os.getpid() & 0xFF or 1}"


def run(*arguments, timeout=60):
    """Runs the command to its end: its exit status, stdout and stderr."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


class Place:
    """Where a server listens."""

    def __init__(self, host, port, tls=None):
        """`tls`: the ssl.SSLContext of its clients, when it listens on https."""
        self.host, self.port, self.tls = host, port, tls

    def socket(self, **options):
        """A connection on which nothing was said yet."""
        return RawWebSocket(self.host, self.port, **{"tls": self.tls, **options})

    def connect(self, path, headers=None, **options):
        """A connection that has opened."""
        ws = self.socket(**options)
        answer = ws.open(path, headers)
        if answer.status != 101:
            ws.end()
            raise RuntimeError(f"{path}: {answer}")
        return ws


class Server(Place):
    def __init__(self, *arguments, listen="http://localhost:0", program=PROGRAM, tls=None):
        self.log = tempfile.TemporaryFile("w+")  # a pipe that nobody reads would fill up
        self.process = subprocess.Popen(
            [program, "serve", "--listen", listen, *arguments],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        atexit.register(self.process.kill)  # a test that fails may not come to stop it
        self.greeting = []
        for line in self.process.stdout:
            self.greeting.append(line.rstrip("\n"))
            if line.startswith("Ctrl-C"):
                break
        found = self.find("channels")
        if not found:
            self.stop(signal.SIGKILL)
            raise RuntimeError("no server: " + self.errors)
        super().__init__(*found, tls)

    def find(self, name):
        """The host and the port that the greeting tells of something; None: nothing of it."""
        match = re.search(name + r" +\w+://([^/]+):(\d+)/", "\n".join(self.greeting))
        return match and (match[1].strip("[]"), int(match[2]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def resident_size(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024

    def is_sanitized(self):
        """Then memory is the sanitizer's affair."""
        with open(f"/proc/{self.process.pid}/maps", encoding="utf-8", errors="replace") as maps:
            return "libasan" in maps.read() or "asan" in os.environ.get("SANITIZE", "")

    def log_so_far(self):
        """What it has written to stderr."""
        return pathlib.Path(f"/proc/self/fd/{self.log.fileno()}").read_text(encoding="utf-8")

    def await_log(self, words, timeout=60):
        """Until it has written them."""
        end = time.monotonic() + timeout
        while words not in self.log_so_far():
            assert time.monotonic() < end, f"no {words!r} in {self.log_so_far()!r}"
            assert self.process.poll() is None, f"it has ended: {self.log_so_far()!r}"
            time.sleep(0.01)

    def wait(self, timeout=60):
        """Its exit status; what it wrote to stderr is then in `errors`."""
        self.process.wait(timeout)
        self.process.stdout.close()
        self.log.seek(0)
        self.errors = self.log.read()
        self.log.close()
        return self.process.returncode

    def stop(self, number=signal.SIGTERM):
        """Ends it, if it has not ended."""
        if self.process.stdout.closed:
            return self.process.returncode
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.wait()

    def signal(self, number):
        self.process.send_signal(number)
