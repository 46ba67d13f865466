# SPDX-License-Identifier: MIT
"""hawser bench: that it loads what it is told to load, and tells how it went.

Nothing here depends on how fast anything is: counts are compared with each other, or with zero.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.hawser import PROGRAM, Server, run  # noqa: E402

SHORT = ("--duration", "300ms", "--warm-up", "20ms", "--quiet")


def bench(*arguments, timeout=60):
    return run("bench", *SHORT, *arguments, timeout=timeout)


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.url = f"ws://localhost:{cls.server.port}"
        cls.pid = str(cls.server.process.pid)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def measure(self, path, *arguments):
        status, out, err = bench("--json", *arguments, self.url + path)
        self.assertEqual((status, err), (0, ""), out)
        it = json.loads(out)
        self.assertEqual(it["error_count"], 0)
        return it

    def test_echo(self):
        it = self.measure("/echo", "-c", "10", "-f", "4", "-s", "300", "--pid", self.pid)
        self.assertEqual(it["open"], 10)
        self.assertGreater(it["messages"], 0)
        self.assertEqual(it["bytes"], it["messages"] * 600)
        self.assertEqual(it["latency"]["count"], it["messages"])
        self.assertEqual(sum(sample["messages"] for sample in it["samples"]), it["messages"])
        self.assertEqual(it["connect"]["count"], 10)
        latency = [it["latency"][name] for name in ("p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns")]
        self.assertEqual(latency, sorted(latency))
        self.assertGreater(latency[0], 0)
        for who in ("own", "server"):
            self.assertGreater(it[who]["cpu_ns"], 0)
            self.assertGreater(it[who]["resident_at_end"], 0)

    def test_contents(self):
        for words in (["--content", "chinese", "-s", "1000"], ["--binary", "--content", "random"],
                      ["--message", "hello"], ["-s", "0"], ["-s", "100K", "-f", "3"]):
            with self.subTest(words):
                self.assertGreater(self.measure("/echo", "-c", "2", *words)["messages"], 0)

    def test_deflate(self):
        words = "-c", "3", "-s", "1000", "--content", "json"
        self.assertIsNone(self.measure("/echo", *words)["deflate"])
        it = self.measure("/echo", *words, "--deflate")["deflate"]
        self.assertEqual(it["agreed"], 3)
        self.assertGreater(it["sent_bytes"], 0)
        self.assertEqual(it["sent_bytes"] % 1000, 0)
        # All that was sent has come back, but for what was on its way at the end.
        self.assertIn(it["sent_bytes"] - it["received_bytes"], range(0, 3001, 1000))
        for way in "sent", "received":
            self.assertLess(it[f"{way}_compressed_bytes"], it[f"{way}_bytes"] / 2)

    def test_deflate_in_words(self):
        _, out, _ = bench("-c", "2", "--content", "json", "-s", "1000", "--deflate", self.url + "/echo")
        self.assertRegex(out, r"(?m)^compression +2 connections, .* sent as .* came as ")
        with Server("--no-deflate") as server:
            _, out, _ = bench("-c", "2", "--deflate", f"ws://localhost:{server.port}/echo")
        self.assertRegex(out, r"(?m)^compression +offered; the server took none$")

    def test_rate(self):
        it = self.measure("/echo", "-c", "7", "-t", "3", "-r", "1000", "--duration", "2s")
        # No more than was due, but for a moment at either end; and some of it.
        self.assertGreater(it["messages"], 100)
        self.assertLess(it["messages"], 1000 * (it["seconds"] + 1))

    def test_threads(self):
        it = self.measure("/echo", "-c", "10", "-t", "3")
        self.assertEqual(it["open"], 10)
        self.assertGreater(it["messages"], 0)

    def test_ramp(self):
        begin = time.monotonic()
        self.measure("/echo", "-c", "10", "--ramp", "20")
        self.assertGreater(time.monotonic() - begin, 0.44)

    def test_connect(self):
        it = self.measure("/echo", "--mode", "connect", "-c", "5")
        self.assertGreater(it["messages"], 0)

    def test_idle(self):
        it = self.measure("/echo", "--mode", "idle", "-c", "50", "--pid", self.pid)
        self.assertEqual((it["open"], it["messages"]), (50, 0))

    def test_chat(self):
        for more in ([], ["-r", "50"], ["-t", "2"]):
            with self.subTest(more):
                it = self.measure("/connection/websocket", "--mode", "chat", "-c", "5",
                                  "--channel", "test", "--duration", "400ms", *more)
                self.assertGreater(it["messages"], 0)

    def test_words_and_page(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "report.html"
            status, out, err = run("bench", "--duration", "300ms", "--warm-up", "0", "-c", "3",
                                   "--html", str(page), "--pid", self.pid, self.url + "/echo")
            self.assertEqual(status, 0, out + err)
            for word in ("messages", "latency", "p99.9", "#####", "server", "memory", "errors        0"):
                self.assertIn(word, out)
            text = page.read_text(encoding="utf-8")
            self.assertEqual(text.count("<svg"), 3)
            self.assertNotIn("src=", text)
            self.assertIn(self.url, text)

    def test_page_that_cannot_be_written(self):
        status, _, err = bench("-c", "1", "--html", "/nowhere/x.html", self.url + "/echo")
        self.assertEqual(status, 1)
        self.assertIn("cannot write /nowhere/x.html", err)

    def test_slow_and_half_open(self):
        it = self.measure("/echo", "-c", "3", "--slow", "3", "--half-open", "4", "-s", "4K")
        self.assertEqual(it["faults"]["slow"]["opened"], 3)
        self.assertEqual(it["faults"]["half_open"]["opened"], 4)
        self.assertEqual(it["faults"]["half_open"]["refused"], 0)

    def test_slow_in_a_chat(self):
        it = self.measure("/connection/websocket", "--mode", "chat", "-c", "3", "--slow", "2")
        self.assertEqual(it["faults"]["slow"]["opened"], 2)

    def test_progress(self):
        status, _, err = run("bench", "-c", "2", "--duration", "3s", "--warm-up", "0",
                             self.url + "/echo")
        self.assertEqual(status, 0)
        self.assertRegex(err, r"\d s: 2 open, [\d,]+ messages/s")

    def test_interrupt_still_tells(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(
                [PROGRAM, "bench", "-c", "3", "--warm-up", "0", "--duration", "1h", "--json",
                 self.url + "/echo"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("3 open", process.stderr.readline())  # after a second
            process.send_signal(number)
            out, _ = process.communicate(timeout=60)
            it = json.loads(out)
            self.assertEqual((process.returncode, it["interrupted"]), (0, True))
            self.assertGreater(it["messages"], 0)

    def test_not_found(self):
        status, out, _ = bench("-c", "5", self.url + "/nothing")
        self.assertEqual(status, 1)
        self.assertIn("connections   0 open", out)
        self.assertRegex(out, r"\n +5  not opened: HTTP 404")

    def test_storm_of_refusals(self):
        status, out, _ = bench("--mode", "connect", "-c", "5", self.url + "/nothing")
        self.assertEqual(status, 1)
        self.assertIn("not opened: HTTP 404", out)

    def test_answers_that_are_none(self):
        """The chat answers an echo's text by closing."""
        status, out, _ = bench("-c", "2", self.url + "/connection/websocket")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\n +2  lost: ")


class NoServer(unittest.TestCase):
    def test_refused(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"ws://127.0.0.1:{unused.getsockname()[1]}/"
            status, out, _ = bench("-c", "3", "--half-open", "2", url)
        self.assertEqual(status, 1)
        self.assertIn("connection refused", out)
        self.assertIn("half-open     0 opened, 2 refused", out)

    def test_wrong_url(self):
        for url, says in (("ws://a b/", "URL"), ("ftp://a/", "scheme"), ("ws://u:p@a/", "--bearer")):
            status, out, err = bench(url)
            self.assertEqual((status, out), (2, ""))
            self.assertIn(says, err)
            self.assertEqual(err.count("\n"), 1)

    def test_misuse(self):
        for words, says in ((["-c", "0", "ws://a"], "--connections"), ([], "where to?"),
                            (["--pid", "2147483647", "ws://127.0.0.1:9/"], "--pid"),
                            (["-c", "1000000", "ws://127.0.0.1:9/"], "ulimit -n")):
            status, _, err = bench(*words)
            self.assertEqual(status, 2)
            self.assertIn(says, err)

    def test_server_that_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            status, out, _ = bench("-c", "2", "--timeout", "100ms",
                                   f"ws://127.0.0.1:{silent.getsockname()[1]}/")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"\n +2  not opened: ")

    def test_server_that_dies(self):
        server = Server()
        try:
            process = subprocess.Popen(
                [PROGRAM, "bench", "-c", "3", "--warm-up", "0", "--pid", str(server.process.pid),
                 f"ws://localhost:{server.port}/echo"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("3 open", process.stderr.readline())
            server.process.send_signal(signal.SIGKILL)
            out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1)
            self.assertIn("errors        3\n", out)
            self.assertRegex(out, r"\n +[123]  lost: ")
            self.assertIn("messages", out)
        finally:
            server.stop(signal.SIGKILL)


class Tls(unittest.TestCase):
    def test_wss(self):
        with Server("--self-signed", listen="https://localhost:0") as server:
            url = f"wss://localhost:{server.port}/echo"
            status, out, _ = bench("-c", "2", "--insecure", url)
            self.assertEqual(status, 0, out)
            status, out, _ = bench("-c", "2", url)
            self.assertEqual(status, 1)
            self.assertIn("certificate", out)


class Forwarder:
    """Whatever one says goes to all the others."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["BENCH_SERVER"]], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Listen(unittest.TestCase):
    def test_one_sends_and_all_the_others_listen(self):
        server = Forwarder()
        try:
            for more in (["-f", "4"], ["-t", "2"], ["-r", "100"], ["--binary"]):
                with self.subTest(more):
                    status, out, err = bench("--json", "--mode", "listen", "-c", "6", *more,
                                             f"ws://127.0.0.1:{server.port}/broadcast")
                    self.assertEqual((status, err), (0, ""), out)
                    it = json.loads(out)
                    self.assertGreater(it["messages"], 0)
        finally:
            server.stop()


if __name__ == "__main__":
    unittest.main()
