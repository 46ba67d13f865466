#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The cases of lib/conformance.py, driven at a client: examples/echo_client.c, begun once for each
connection as a fuzzing server has it (/runCase?case=N), which echoes until it is closed.

Besides what the cases check, its frames are masked under fresh keys, it ends its side after ours
without a word more, and its exit status and stderr tell whether it was closed in order."""
import functools
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from lib.conformance import cases  # noqa: E402
from lib.rawserver import ClientTalk, RawServer  # noqa: E402
from lib.rawws import frame  # noqa: E402
from lib.tap import Tap  # noqa: E402

PROGRAM = (pathlib.Path(os.environ.get("BUILD_DIR", ROOT / "build")) / "examples" /
           "example_echo_client")
AHEAD_COUNT = 3  # clients that are started, and wait, while one is talked to
PATIENCE_S = 60

ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.lower().endswith("_proxy")}


class EchoTalk(ClientTalk):
    """A talk with a client that is a process, and ends with it."""

    def __init__(self, peer, process):
        super().__init__(peer)
        self.process = process
        self.statuses = 0, 1

    def assert_failed(self, code):
        self.statuses = 1,
        super().assert_failed(code)

    def assert_closes(self, close, answer):
        self.statuses = 0,
        super().assert_closes(close, answer)

    def __exit__(self, failure, *rest):
        super().__exit__(failure, *rest)
        if failure:
            self.process.kill()
        errors = self.process.communicate(timeout=PATIENCE_S)[1].decode()
        if not failure:
            status = self.process.returncode
            assert status in self.statuses, f"exit status {status}, not {self.statuses}: {errors}"
            assert errors.count("\n") == status, f"exit status {status}, and on stderr: {errors!r}"


class EchoClients:
    """Clients, each of which connects once."""

    def __init__(self, server):
        self.server = server
        self.count = 0
        self.waiting = {}

    def begin(self):
        target = f"/runCase?case={self.count}&agent=hawser"
        self.waiting[target] = subprocess.Popen([PROGRAM, self.server.url(target)],
                                                stderr=subprocess.PIPE, env=ENVIRONMENT)
        self.count += 1

    def connect(self):
        """Whoever comes first, and has not lost patience meanwhile."""
        while True:
            while len(self.waiting) < AHEAD_COUNT:
                self.begin()
            peer = self.server.accept()
            process = self.waiting.pop(peer.receive_request().target)
            if process.poll() is None:
                peer.send_bytes(peer.answer())
                return EchoTalk(peer, process)
            peer.end()
            process.communicate()

    def end(self):
        for process in self.waiting.values():
            process.kill()
            process.communicate()


tap = Tap()
with RawServer() as server:
    clients = EchoClients(server)
    for name, talk in cases(functools.partial(frame, mask=False), code_stride=17):
        tap.run(name, talk, clients.connect)
    clients.end()
tap.done()
