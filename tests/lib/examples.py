# SPDX-License-Identifier: MIT
"""One of the examples, running for the time of a test:

    with example("chat") as program:
        ws = program.connect("/chat")
    program.check_end()
"""
import base64
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from lib.rawws import RawWebSocket

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD_DIR", ROOT / "build"))


class LocalWebSocket(RawWebSocket):
    """One over a unix socket, whose address nobody else can have taken."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.host = "localhost"
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.unread = b""
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise


class Program:
    """An example that serves, for the time of a test."""

    def __init__(self, path):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name + "/socket"
        self.log = tempfile.TemporaryFile("w+")
        self.sockets = []
        self.process = subprocess.Popen([path, "unix:" + self.path], stdin=subprocess.PIPE,
                                        stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for ws in self.sockets:  # a goodbye would wait for their answers
            ws.end()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
            self.process.stdin.close()
            self.log.seek(0)
            self.errors = self.log.read()
            self.log.close()
            self.folder.cleanup()

    def socket(self):
        """A connection, as soon as there is a server."""
        while True:
            try:
                self.sockets.append(LocalWebSocket(self.path))
                return self.sockets[-1]
            except (FileNotFoundError, ConnectionRefusedError):
                if self.process.poll() is not None:
                    raise
                time.sleep(0.01)

    def ask(self, path, headers=None):
        """The answer to a handshake."""
        return self.socket().open(path, headers)

    def connect(self, path, headers=None):
        """A connection that has opened."""
        ws = self.socket()
        answer = ws.open(path, headers)
        assert answer.status == 101, answer
        return ws

    def check_end(self, status=0):
        """How it ended: so, and without a word on stderr."""
        ended = (self.process.returncode, self.errors)
        assert ended == (status, ""), ended


def example(name):
    return Program(BUILD / "examples" / f"example_{name}")


def text(ws):
    """The next message, as a string."""
    return ws.receive_message().payload.decode()


def check_chat(program):
    """That it is the chat, and works."""
    with program:
        one, two = program.connect("/chat"), program.connect("/chat")
        one.send_text("hello")
        assert text(two) == "hello"
        two.send_text("and back")
        assert text(one) == "and back"
    program.check_end()
