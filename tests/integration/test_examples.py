# SPDX-License-Identifier: MIT
"""The examples do what they say."""
import json
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.examples import BUILD, check_chat, example, text  # noqa: E402
from lib.rawws import BINARY, PING, PONG  # noqa: E402


class Examples(unittest.TestCase):
    def test_chat(self):
        check_chat(example("chat"))

    def test_board(self):
        with example("board") as program:
            x = program.connect("/table/3")
            self.assertEqual(text(x), ".........")
            elsewhere = program.connect("/table/4")
            self.assertEqual(text(elsewhere), ".........")
            o = program.connect("/table/3")
            self.assertEqual([text(x), text(o)], ["........."] * 2)
            o.send_text("0")  # it is not its turn; nothing happens
            o.send_frame(PING)
            self.assertEqual(o.receive().opcode, PONG)
            for player, cell, cells in [(x, "4", "....X...."), (o, "0", "O...X...."),
                                        (x, "8", "O...X...X")]:
                player.send_text(cell)
                self.assertEqual([text(x), text(o)], [cells] * 2)
            self.assertEqual(program.connect("/table/3").receive_close().code, 4000)
            x.send_close(1000)
            self.assertEqual(text(o), ".........")
            self.assertEqual(x.receive_close().code, 1000)
            for path in ["/table/", "/table/x", "/table/10"]:
                self.assertEqual(program.ask(path).status, 404)
        program.check_end()

    def test_worker(self):
        with example("worker") as program:
            busy, other = program.connect("/fibonacci"), program.connect("/fibonacci")
            other.send_text("41")
            self.assertEqual(text(other), "too much")
            busy.send_text("20")
            self.assertEqual(text(busy), "fibonacci(20) = 6765")
            busy.send_text("30")
            busy.end()  # nobody is there any more when it is known
            other.send_text("7")
            self.assertEqual(text(other), "fibonacci(7) = 13")
            for _ in range(100):  # the end does not wait for all these
                other.send_text("35")
            other.send_frame(PING)
            self.assertEqual(other.receive().opcode, PONG)
        program.check_end()

    def test_own_loop(self):
        with example("own_loop") as program:
            ws = program.connect("/stdin")
            program.process.stdin.write(b"ahoy\n")
            program.process.stdin.flush()
            frame = ws.receive_message()
            self.assertEqual((frame.opcode, frame.payload), (BINARY, b"ahoy\n"))
            program.process.stdin.close()
            self.assertEqual(ws.receive_close().code, 1001)
            ws.send_close(1001)
            self.assertTrue(ws.receive_end())
            program.process.wait(60)
        program.check_end()

    def test_quotes(self):
        with example("quotes") as program:
            ws = program.connect("/quotes")
            quotes = [json.loads(text(ws)) for _ in range(3)]
            self.assertEqual({quote["symbol"] for quote in quotes}, {"HWS", "ROPE", "TENT"})
            self.assertIn(json.loads(text(ws))["market"], {"sea", "land"})
        program.check_end(-signal.SIGTERM)

    def test_token(self):
        with example("token") as program:
            offer = {"Sec-WebSocket-Protocol": "notes.v1, notes.v2"}
            self.assertEqual(text(program.connect("/private?token=secret", offer)), "notes.v2")
            self.assertEqual(text(program.connect("/private?token=secret")), "")
            for path, body in [("/private", b"a token, please\n"),
                               ("/private?token=", b"a token, please\n"),
                               ("/private?token=" + 32 * "x", b"a token, please\n"),
                               ("/private?token=" + 31 * "x", b"not this token\n"),
                               ("/private?token=secret1", b"not this token\n")]:
                answer = program.ask(path)
                self.assertEqual((answer.status, answer.body), (401, body))
                self.assertEqual(answer.headers["www-authenticate"], "Bearer")
        program.check_end(-signal.SIGTERM)

    def test_endpoint(self):
        output = subprocess.run([BUILD / "examples/example_endpoint"], check=True,
                                capture_output=True, text=True).stdout
        self.assertEqual(output, "server hears: ahoy\nserver: closed with 1000\n"
                                 "client: closed with 1000\n")
