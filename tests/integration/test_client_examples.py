# SPDX-License-Identifier: MIT
"""The examples of clients do what they say, with `hawser serve` at the other end."""
import contextlib
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.examples import BUILD  # noqa: E402
from lib.hawser import Server  # noqa: E402
from lib.nobody import port_of_nobody  # noqa: E402
from lib.rawserver import RawServer  # noqa: E402
from lib.rawws import BINARY, TEXT, Frame  # noqa: E402

PATIENCE_S = 60
NO_PROXY = {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")}


def start(name, *arguments):
    path = BUILD / "examples" / f"example_{name}"
    if not path.exists():
        raise unittest.SkipTest(f"{path.name} was not built")
    return subprocess.Popen([path, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=NO_PROXY, bufsize=0)


def read_exactly(file, size):
    """Of a file without a buffer: what follows is left to communicate()."""
    data = b""
    while len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data


def finish(process, text=b""):
    """Its exit status, stdout and stderr, after it was told that and the end of stdin."""
    try:
        output, errors = process.communicate(text, PATIENCE_S)
    finally:
        process.kill()
    return process.returncode, output.decode(), errors.decode()


class ClientExamples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def url(self, path="/echo"):
        return f"ws://{self.server.host}:{self.server.port}{path}"

    def test_client_blocking(self):
        ended = finish(start("client_blocking", self.url(), "one", "two", "drei \u2713"))
        self.assertEqual(ended, (0, "one\ntwo\ndrei \u2713\n", ""))

    def test_client_blocking_and_nobody(self):
        url = f"ws://127.0.0.1:{port_of_nobody()}/"
        status, output, errors = finish(start("client_blocking", url, "one"))
        self.assertEqual((status, output, errors), (1, "", "connection refused\n"))

    def test_client_glib(self):
        self.assertEqual(finish(start("client_glib", self.url())), (0, "tick\ntick\ntick\n", ""))

    def check_talker(self, name, want, printed):
        """What is typed is sent, what comes is printed, and the end of stdin closes."""
        with RawServer() as server:
            process = start(name, server.url("/chat"))
            with server.accept() as peer:
                peer.open()
                process.stdin.write(b"ahoy\n")
                process.stdin.flush()
                self.assertEqual(peer.receive(), want)
                peer.send_text("and back")
                self.assertEqual(read_exactly(process.stdout, len(printed)), printed)
                process.stdin.close()
                process.stdin = None
                self.assertEqual(peer.receive_close().code, 1000)
                peer.send_close(1000)
                peer.assert_end()
            self.assertEqual(finish(process, None), (0, "", ""))

    def test_client_poll(self):
        self.check_talker("client_poll", Frame(BINARY, b"ahoy\n"), b"and back")

    def test_client_thread(self):
        self.check_talker("client_thread", Frame(TEXT, b"ahoy"), b"and back\n")

    def await_end(self, process, line):
        """Not by the end of its input, which would be a close of its own.  One that waits for its
        input notices when it wants to send."""
        end = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(line)
            time.sleep(0.01)

    def check_lost(self, name):
        """Who loses the connection says so."""
        with RawServer() as server:
            process = start(name, server.url())
            with server.accept() as peer:
                peer.open()
            self.await_end(process, b"are you there?\n" if name == "client_thread" else b"")
            status, output, errors = finish(process)
            self.assertEqual((output, errors.count("\n")), ("", 1), errors)

    def test_lost(self):
        for name in "client_poll", "client_thread", "client_glib":
            with self.subTest(name):
                self.check_lost(name)

    def test_echo_client(self):
        with RawServer() as server:
            process = start("echo_client", server.url("/runCase?case=1&agent=hawser"))
            with server.accept() as peer:
                peer.open()
                self.assertEqual(peer.request.target, "/runCase?case=1&agent=hawser")
                for kind, payload in (TEXT, b"hello"), (BINARY, bytes(70_000)), (TEXT, b""):
                    peer.send_frame(kind, payload)
                    self.assertEqual(peer.receive(), Frame(kind, payload))
                peer.send_close(1000, "over")
                self.assertEqual(peer.receive_close(), (1000, "over"))
                peer.assert_end()
            self.assertEqual(finish(process), (0, "", ""))

    def test_echo_client_without_url(self):
        self.assertEqual(finish(start("echo_client")), (2, "", "usage: echo_client URL\n"))
