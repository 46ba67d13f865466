# SPDX-License-Identifier: MIT
"""bench/run: that its cells are what they say, and that its report says what was measured.

Nothing here depends on how fast anything is.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import callgrind  # noqa: E402
import disciplines  # noqa: E402
import figures  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402
from lib.rawws import BINARY, Frame, RawWebSocket, frame  # noqa: E402

PATIENCE_S = 120


def cell(title="a", **more):
    return disciplines.Cell("echo", title, "CPU ns", None, **more)


# Two functions of a server and recv, of 200 turns; what main does once, and what the linker does often.
CALLGRIND = """
ob=(1) /usr/bin/server
fl=(1) server.c
fn=(1) main
0x1000 10 1
fn=(2) turn
0x1040 20 200
+4 21 200
cob=(2) /usr/lib/libc.so.6
cfn=(3) recv
calls=200 0x9000
* 21 400
+60 22 150
-4 23 99
ob=(2)
fn=(3)
0x9000 1 200
+8 1 200
ob=(3) /lib/ld-linux-x86-64.so.2
fn=(4) lookup
0x20 1 5000
"""


class Footprint(unittest.TestCase):
    def test_counts_what_most_turns_execute(self):
        counts = callgrind.read_counts(CALLGRIND)
        self.assertEqual(counts[("/usr/bin/server", "turn", 0x1080)], 150)
        self.assertEqual(counts[("/usr/bin/server", "turn", 0x107C)], 99)
        self.assertEqual(counts[("/usr/lib/libc.so.6", "recv", 0x9008)], 200)
        self.assertEqual(callgrind.describe(CALLGRIND), "5 instructions, 3 lines")

    def test_says_when_there_is_nothing(self):
        self.assertIn("only 0 turns", callgrind.describe(""))


class Cells(unittest.TestCase):
    def test_each_has_a_title_of_its_own(self):
        titles = [it.title for it in disciplines.make_all(10000)]
        self.assertEqual(len(titles), len(set(titles)))

    def test_each_discipline_is_there(self):
        found = {it.discipline for it in disciplines.make_all(10000)}
        self.assertEqual(found, {"echo", "chinese", "wss", "deflate", "broadcast", "connect", "idle",
                                 "latency"})

    def test_bare_programs_exist(self):
        for it in disciplines.make_all(10000):
            if it.bare not in ("", "codec"):
                self.assertTrue((servers.BUILD / "bench" / it.bare).exists(), it.bare)

    def test_who_cannot_is_left_out(self):
        self.assertFalse(peers.can("wslay", cell(flags=("--tls",))))
        self.assertFalse(peers.can("uws", cell(flags=("--deflate",))))
        self.assertTrue(peers.can("lws", cell(flags=("--tls",))))
        self.assertFalse(peers.can("bare", cell()))
        self.assertTrue(peers.can("bare", cell(bare="bench_echo_bare")))
        self.assertFalse(peers.can("bare-uring", cell(bare="bench_tls_bare")))
        self.assertFalse(peers.can("frames", cell(bare="bench_tls_bare")))
        self.assertTrue(peers.can("frames", cell(is_tcp_echo=True)))

    def test_selected(self):
        its = disciplines.select(["echo"], [20], 10000)
        self.assertEqual({it.connections for it in its}, {1, 100, 1000})
        many = [it for it in disciplines.select(["idle"], [], 50)]
        self.assertEqual({it.connections for it in many}, {50})

    def test_long_ones_have_one_round_among_others(self):
        quick, slow = cell("quick"), cell("slow", is_long=True)
        self.assertEqual(disciplines.of_round(0, [quick, slow]), [quick, slow])
        self.assertEqual(disciplines.of_round(1, [quick, slow]), [quick])
        self.assertEqual(disciplines.of_round(1, [slow]), [slow])


class Report(unittest.TestCase):
    CELLS = [cell("quick", bar=1.05, bun_bar=0.6, uws_bar=0.9, rows=(("p50", "p50", "ns"),)), cell("slow")]
    NAMES = ["bare", "hawser", "hawser-uring", "bun", "ws"]
    RESULTS = {
        ("quick", "bare"): [{"figure": 100}],
        ("quick", "hawser"): [{"figure": 130, "p50": 7}, {"figure": 110, "p50": 9},
                              {"figure": 120, "p50": 8}],
        ("quick", "hawser-uring"): [{"figure": 104, "p50": 9}],
        ("quick", "bun"): [{"figure": 208, "p50": 6}],
        ("quick", "ws"): None,  # it failed
        ("slow", "hawser"): [{"figure": 220}],
        ("slow", "bun"): [{"figure": 200}],
    }

    def test_table(self):
        lines = report.table(self.CELLS, self.NAMES, self.RESULTS).split("\n")
        self.assertEqual(lines[2], "| quick | 100 ns | 120 ns ±8 % | **104 ns** | 208 ns |  |")
        self.assertEqual(lines[3], "| — p50 |  | 8 ns ±12 % | 9 ns | **6 ns** |  |")
        self.assertEqual(lines[4], "| slow |  | 220 ns |  | **200 ns** |  |")

    def test_ratios(self):
        lines = report.ratios(self.CELLS, self.NAMES, self.RESULTS).split("\n")
        self.assertEqual(lines[2],
                         "| quick | 1.04 | 1.05 | 0.50 | 0.60 |  |  | 0.50 (Bun (uWebSockets)) |  |")
        self.assertEqual(lines[3], "| slow |  |  | 1.10 |  |  |  | 1.10 (Bun (uWebSockets)) |  |")

    def test_ratios_are_of_a_round(self):
        """The second took twice as long for both, and the third was not slower for Hawser."""
        its = {("quick", "bare"): [{"figure": 100}, {"figure": 200}, {"figure": 210}],
               ("quick", "hawser"): [{"figure": 102}, {"figure": 208}, {"figure": 204}, {"figure": 100}],
               ("quick", "bun"): [{"figure": 204}]}  # was far behind in the first
        line = report.ratios(self.CELLS, self.NAMES, its).split("\n")[2]
        self.assertIn("| quick | 1.02 ±0.03 | 1.05 | 0.50 | 0.60 |", line)

    def test_what_nobody_would_run_is_no_peer(self):
        its = {**self.RESULTS, ("quick", "frames"): [{"figure": 101}]}
        names = ["bare", "frames", "hawser", "hawser-uring", "bun"]
        self.assertIn("| 101 ns | 120 ns ±8 % | **104 ns** |", report.table(self.CELLS, names, its))
        self.assertIn("| quick | 1.04 | 1.05 | 0.50 |", report.ratios(self.CELLS, names, its))
        self.assertNotIn("frames by", "\n".join(report.behind(self.CELLS, names, its)))

    def test_the_better_uwebsockets(self):
        its = {**self.RESULTS, ("quick", "uws"): [{"figure": 110}], ("quick", "uwsjs"): [{"figure": 130}]}
        line = report.ratios(self.CELLS, [*self.NAMES, "uws", "uwsjs"], its).split("\n")[2]
        self.assertIn("| 0.95 | 0.90, missed | 0.95 (uWebSockets 0.14) |", line)

    def test_what_is_missed(self):
        its = [cell("quick", bar=1.03), cell("slow", most=219)]
        lines = report.ratios(its, self.NAMES, self.RESULTS).split("\n")
        self.assertIn("| 1.04 | 1.03, missed |", lines[2])
        self.assertIn("at most 219 ns: missed", lines[3])

    def test_who_is_ahead(self):
        self.assertEqual(list(report.behind(self.CELLS, self.NAMES, self.RESULTS)),
                         ["- quick — p50: Bun (uWebSockets) by 33 %",
                          "- slow: Bun (uWebSockets) by 10 %"])

    def test_document(self):
        with tempfile.TemporaryDirectory() as folder:
            document = pathlib.Path(folder) / "it.md"
            (document.parent / "figures").mkdir()
            old = document.parent / "figures/old-1.svg"
            old.write_text("")
            document.write_text(f"before\n{report.BEGIN}\n![old](figures/old-1.svg)\n{report.END}\nafter\n")
            report.write(document, self.CELLS, [], self.RESULTS, command="it", failures=["ws: broken"],
                         seconds=1, where="a lab")
            text = document.read_text()
            self.assertFalse(old.exists())
            self.assertTrue(text.startswith(f"before\n{report.BEGIN}\n`it`, "))
            self.assertTrue(text.endswith(f"![echo](figures/echo.svg)\n{report.END}\nafter\n"))
            self.assertIn("- ws: broken", text)
            self.assertIn(", a lab. Medians", text)
            self.assertTrue((document.parent / "figures/echo.svg").read_text().startswith("<svg "))


class Programs(unittest.TestCase):
    """Those that open connections, with each other and with Hawser."""

    def open_some(self, server, *flags):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                cost, rate = figures.run_load("bench_connect", server, 0.2, "--connections", 4, *flags)
            except ZeroDivisionError:
                continue  # none in so short a time
            self.assertGreater(cost, 0)
            self.assertGreater(rate, 0)
            return
        self.fail("no connection opened")

    def listen(self, server, *flags):
        scheme = "wss" if flags else "ws"
        command = [os.environ["HAWSER"], "bench", "--quiet", "-c", "5", "-s", "125", "--mode", "listen",
                   "--insecure", "--duration", "200ms", f"{scheme}://127.0.0.1:{server.port}/broadcast"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertRegex(done.stdout, r"(?m)^errors +0$", done.stdout + done.stderr)

    def test_bare(self):
        for flags in ((), ("--tls",)):
            server = servers.Server([servers.BUILD / "bench/bench_answer_bare", *flags])
            try:
                self.open_some(server, *flags)
                self.listen(server, *flags)
            finally:
                server.stop()

    def test_bare_frames(self):
        """Of each form of length, with and without a copy, cut anywhere, and many in one turn."""
        sizes = (0, 1, 125, 126, 8191, 8192, 65535, 65536, 300000, *(20,) * 200, *(9000,) * 100)
        payloads = [os.urandom(size) for size in sizes]
        sent = b"".join(frame(BINARY, payload) for payload in payloads)
        server = servers.Server([servers.BUILD / "bench/bench_frame_bare"])
        try:
            for cut in (len(sent), 100003, 7001):
                with RawWebSocket("127.0.0.1", server.port) as ws:
                    ws.key = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 §1.3
                    self.assertEqual(ws.open().status, 101)
                    pieces = [sent[at:at + cut] for at in range(0, len(sent), cut)]
                    sender = threading.Thread(target=lambda: [ws.send_bytes(it) for it in pieces])
                    sender.start()
                    for payload in payloads:
                        self.assertEqual(ws.receive(), Frame(BINARY, payload))
                    sender.join()
        finally:
            server.stop()

    def test_hawser(self):
        for flags in ((), ("--tls",)):
            server = servers.Server([servers.BUILD / "bench/bench_server", *flags])
            try:
                self.open_some(server, *flags)
            finally:
                server.stop()

    def test_beside_many(self):
        server = servers.Server([servers.BUILD / "bench/bench_server"])
        try:
            its = cell("beside", size=20, connections=1, beside=4)
            self.assertGreater(disciplines.latency_beside(its, "hawser", server, 5, None)["figure"], 0)
            with self.assertRaisesRegex(RuntimeError, "at least one connection"):
                disciplines.latency_beside(cell("beside", connections=1), "hawser", server, 1, None)
        finally:
            server.stop()


if __name__ == "__main__":
    unittest.main()
