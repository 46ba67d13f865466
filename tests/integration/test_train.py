# SPDX-License-Identifier: MIT
"""tools/train: that it does all of its works, and what happens where it cannot."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def train(hawser):
    """With a build whose hawser is that script."""
    with tempfile.TemporaryDirectory() as build:
        program = pathlib.Path(build) / "src/cmd/hawser"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{hawser}\n")
        program.chmod(0o755)
        return subprocess.run([ROOT / "tools/train", build, "10ms"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)


class Train(unittest.TestCase):
    def setUp(self):
        self.calls = tempfile.NamedTemporaryFile("r")
        self.addCleanup(self.calls.close)
        self.hawser = f'echo "$*" >> {self.calls.name}; exec {os.environ["HAWSER"]} "$@"'

    def test_all_works_on_both_backends(self):
        done = train(self.hawser)
        self.assertEqual(done.returncode, 0, done.stdout)  # a machine without io_uring is told of
        calls = self.calls.read()
        for what in ("serve --backend epoll", "serve --backend io_uring", "--size 1M", "--deflate", "--mode listen",
                     "--mode chat", "--mode connect", " ws://", " wss://", "/connection/websocket"):
            self.assertIn(what, calls)

    def test_a_machine_without_io_uring(self):
        done = train('case "$*" in *io_uring*) exit 2 ;; esac; ' + self.hawser)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("--mode chat", self.calls.read())

    def test_a_server_that_does_not_start(self):
        done = train("exit 2")
        self.assertEqual((done.returncode, done.stdout), (1, "tools/train: hawser serve ended with 2\n"))

    def test_a_load_with_errors(self):
        done = train('case "$1" in bench) exit 1 ;; esac; ' + self.hawser)
        self.assertEqual(done.returncode, 1)
        self.assertIn("hawser bench --size 20 --in-flight 1 --connections 1 ended with 1\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
