# SPDX-License-Identifier: MIT
"""The examples do what they say; and one of them builds against what `meson install` installs."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.rawws import RawWebSocket

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["BUILD_DIR"])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Program:
    """An example that serves, for the time of a test."""

    def __init__(self, path):
        self.port = free_port()
        self.process = subprocess.Popen([path, f"http://127.0.0.1:{self.port}"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)

    def ask(self, path):
        """A connection and the answer to its handshake, as soon as there is a server."""
        for _ in range(200):
            try:
                ws = RawWebSocket("127.0.0.1", self.port)
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        return ws, ws.open(path)

    def connect(self, path):
        ws, answer = self.ask(path)
        assert answer.status == 101, answer
        return ws


def example(name):
    return Program(BUILD / "examples" / f"example_{name}")


class Examples(unittest.TestCase):
    def check_chat(self, program):
        one, two = program.connect("/chat"), program.connect("/chat")
        one.send_text("hello")
        self.assertEqual(two.receive_message().payload, b"hello")
        two.send_text("and back")
        self.assertEqual(one.receive_message().payload, b"and back")
        one.end()
        two.end()

    def test_chat(self):
        with example("chat") as program:
            self.check_chat(program)
        self.assertEqual(program.process.returncode, 0)

    def test_quotes(self):
        with example("quotes") as program:
            ws = program.connect("/quotes")
            quotes = [json.loads(ws.receive_message().payload) for _ in range(3)]
            self.assertEqual({quote["symbol"] for quote in quotes}, {"HWS"})
            ws.end()

    def test_token(self):
        with example("token") as program:
            ws = program.connect("/private?token=secret")
            self.assertEqual(ws.receive_message().payload, b"welcome")
            ws.end()
            ws, answer = program.ask("/private?token=guess")
            self.assertEqual((answer.status, answer.body), (401, b"a token, please\n"))
            ws.end()

    def test_endpoint(self):
        output = subprocess.run([BUILD / "examples/example_endpoint"], check=True,
                                capture_output=True, text=True).stdout
        self.assertEqual(output, "server hears: ahoy\nserver: closed with 1000\n"
                                 "client: closed with 1000\n")

    @unittest.skipIf("fsanitize" in os.environ.get("C_ARGS", ""), "a sanitized library")
    def test_installed(self):
        compiler = shutil.which("cc") or shutil.which("gcc")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["meson", "install", "-C", BUILD, "--destdir", folder, "--no-rebuild"],
                           check=True, capture_output=True)
            configs = list(pathlib.Path(folder).rglob("hawser.pc"))
            environment = {**os.environ, "PKG_CONFIG_PATH": str(configs[0].parent),
                           "PKG_CONFIG_SYSROOT_DIR": folder}
            flags = subprocess.run(["pkg-config", "--cflags", "--libs", "hawser"], check=True,
                                   capture_output=True, text=True, env=environment).stdout.split()
            library = next(pathlib.Path(folder).rglob("libhawser.so")).parent
            program = pathlib.Path(folder) / "chat"
            subprocess.run([compiler, ROOT / "examples/chat.c", *flags, f"-Wl,-rpath,{library}",
                            "-o", program], check=True)
            with Program(program) as running:
                self.check_chat(running)


if __name__ == "__main__":
    unittest.main()
