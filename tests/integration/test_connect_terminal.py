# SPDX-License-Identifier: MIT
"""hawser connect at a terminal, as a person uses it."""
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from integration.test_connect import PATIENCE_S, Listener  # noqa: E402
from lib.hawser import PROGRAM, Server  # noqa: E402
from lib.nobody import port_of_nobody  # noqa: E402
from lib.pseudo_terminal import Typist  # noqa: E402
from lib.rawws import BINARY, TEXT  # noqa: E402

LEFT, UP, CTRL_C, CTRL_D, CTRL_V, CTRL_Z = "\x1b[D", "\x1b[A", "\x03", "\x04", "\x16", "\x1a"


class Case(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)

    def person(self, *arguments, **environment):
        environment = {"HOME": self.home.name, "XDG_STATE_HOME": "", **environment}
        it = Typist([PROGRAM, "connect", *arguments], **environment)
        self.addCleanup(it.__exit__)
        return it


class Echo(Case):
    """Against hawser serve."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.url = f"ws://{cls.server.host}:{cls.server.port}/echo"

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def connected(self, *arguments, **environment):
        it = self.person(*arguments, self.url, **environment)
        it.see("* connected")
        return it

    def test_what_is_sent_and_what_comes(self):
        it = self.connected()
        it.type("hello\r")
        it.see_lines("* connected, permessage-deflate", "> hello", "< hello", ">")
        it.type("größer 漢字 😀\r")
        it.see_lines("> größer 漢字 😀", "< größer 漢字 😀", ">")

    def test_the_line_can_be_edited(self):
        it = self.connected()
        it.type("hllo" + LEFT * 3 + "e\r")
        it.see_lines("> hello", "< hello", ">")
        it.type(UP)
        it.see_lines("< hello", "> hello")
        it.type("\x7f!\r")
        it.see_lines("> hell!", "< hell!", ">")

    def test_lines_pasted_at_once(self):
        it = self.connected()
        it.type("".join(f"line {i}\r" for i in range(20)))
        it.see("< line 19")
        lines = it.screen.lines()
        for mark in "><":
            self.assertEqual([line for line in lines if line.startswith(f"{mark} line")],
                             [f"{mark} line {i}" for i in range(20)])

    def test_binary(self):
        it = self.connected()
        it.type("/binary 00 1b5d\r")
        dump = "  00000000  00 1b 5d                                          |..]|"
        it.see_lines("> 3 bytes", dump, "< 3 bytes", dump, ">")

    def test_a_text_with_a_slash(self):
        it = self.connected()
        it.type("/send /etc\r")
        it.see_lines("> /etc", "< /etc", ">")
        it.type("/etc\r")
        it.see("no such command")

    def test_ping(self):
        it = self.connected()
        it.type("/ping\r")
        it.see("* pong after")
        it.type("/ping when\r")
        it.see('* pong "when" after')
        self.assertRegex("\n".join(it.screen.lines()), r'pong "when" after \d+\.\d{3} ms')

    def test_help(self):
        it = self.connected()
        it.type("/help\r")
        for name in ("/send", "/binary", "/ping", "/close", "/help", "/quit"):
            it.see(f"  {name}")

    def test_close(self):
        it = self.connected()
        it.type("/close 4000 so long\r")
        it.see('4000: "so long"')
        self.assertEqual(it.wait(), 0)

    def test_a_close_that_cannot_be(self):
        it = self.connected()
        it.type("/close 1006\r")
        it.see("/close takes a code")
        it.type("still here\r")
        it.see("< still here")

    def test_ways_to_leave(self):
        for keys in ("/quit\r", CTRL_C, CTRL_D):
            it = self.connected()
            it.type(keys)
            it.see("1000 (normal closure)")
            self.assertEqual(it.wait(), 0)
            self.assertEqual(it.screen.lines()[-1], "")

    def test_escape_alone_holds_up_nothing(self):
        it = self.connected()
        it.type("/send later\r\x1b")
        it.see("< later")

    def test_the_terminal_is_left_as_it_was(self):
        it = Typist(["/bin/sh", "-c", f"stty -a >{self.home.name}/before; "
                     f"{PROGRAM} connect {self.url}; stty -a >{self.home.name}/after"],
                    HOME=self.home.name)
        with it:
            it.see("* connected")
            it.type("x\r/quit\r")
            it.wait()
        before, after = (pathlib.Path(self.home.name, name).read_text()
                         for name in ("before", "after"))
        self.assertEqual(before, after)

    def test_stopped_and_continued(self):
        it = self.connected()
        it.type("half")
        it.see_lines("> half")
        it.type(CTRL_Z)
        pid, status = os.waitpid(it.pid, os.WUNTRACED)
        self.assertTrue(pid == it.pid and os.WIFSTOPPED(status))
        os.kill(it.pid, signal.SIGCONT)
        it.type(" a line\r")
        it.see("< half a line")


class Above(Case):
    """What comes is written above the line that is being typed."""

    def conversation(self, columns, typed, *messages):
        """Connects, types, then the messages come; the lines of the screen after that."""
        typed_it = threading.Event()
        seen = threading.Event()

        def play(peer):
            peer.open()
            typed_it.wait(PATIENCE_S)
            for message in messages:
                peer.send_text(message)
            seen.wait(PATIENCE_S)
            self.assertEqual(peer.receive_data(TEXT), typed.encode())
            peer.send_close(1000)
            peer.receive_close()

        with Listener(play) as listener:
            it = Typist([PROGRAM, "connect", listener.url], columns=columns, HOME=self.home.name)
            with it:
                it.see("* connected")
                start = next(i for i, line in enumerate(it.screen.lines()) if "* connect" in line)
                it.type(typed)
                it.wait_until(lambda: "".join(it.screen.lines()).endswith(typed.rstrip()), typed)
                typed_it.set()
                it.see(messages[-1])
                it.wait_until(lambda: "".join(it.screen.lines()).endswith(typed.rstrip()), typed)
                lines = it.screen.lines()[start:]
                it.type("\r")
                seen.set()
                self.assertEqual(it.wait(), 0)
                self.last_lines = it.screen.lines()
        return [line for line in lines if not line.startswith("*")
                and not line.startswith(listener.url)]

    def test_a_line_under_way(self):
        lines = self.conversation(80, "half a li", "one", "two")
        self.assertEqual(lines[-3:], ["< one", "< two", "> half a li"])
        self.assertIn("> half a li", self.last_lines)

    def test_a_line_over_three_rows(self):
        typed = "".join(chr(ord("a") + i % 26) for i in range(100))
        lines = self.conversation(40, typed, "one", "two")
        self.assertEqual(lines[-5:], ["< one", "< two", "> " + typed[:38], typed[38:78],
                                      typed[78:]])

    def test_a_line_that_just_fills_its_row(self):
        typed = "x" * 38
        lines = self.conversation(40, typed, "one", "two")
        self.assertEqual([line for line in lines if line][-3:], ["< one", "< two", "> " + typed])

    def test_wide_characters_at_the_margin(self):
        typed = "x" * 37 + "漢字"  # the first would be cut by the margin
        lines = self.conversation(40, typed, "one", "two")
        self.assertEqual(lines[-4:], ["< one", "< two", "> " + "x" * 37, "漢字"])


class Harmless(Case):
    """Nothing that a peer sends steers the terminal."""

    def test_escape_sequences(self):
        def play(peer):
            peer.open()
            peer.send_text("\x1b]0;owned\x07\x1b[2J\x1b[6n\x9b31m\x08\r\x7f\x00end")
            peer.send_text("a\n* connected to somebody else\n> never sent")
            peer.send_text("\u202eright to left\u2028")
            peer.send_close(4000, "\x1b[2Jbye\n* lies")
            peer.receive_close()

        with Listener(play) as listener:
            it = self.person(listener.url, "--no-color")
            it.see("  > never sent")
            it.see("right to left")
            self.assertEqual(it.wait(), 1)
        lines = it.screen.lines()
        self.assertIn("< \\x1b]0;owned\\x07\\x1b[2J\\x1b[6n\\xc2\\x9b31m\\x08\\x0d\\x7f\\x00end",
                      lines)
        self.assertIn("< a", lines)
        self.assertIn("  * connected to somebody else", lines)
        self.assertIn("< \\xe2\\x80\\xaeright to left\\xe2\\x80\\xa8", lines)
        self.assertEqual([line for line in lines if line.startswith("* lies")], [])
        self.assertNotIn(b"\x1b]", it.bytes)
        self.assertNotIn(b"\x1b[2J", it.bytes)
        self.assertNotIn(b"\x1b[6n", it.bytes)

    def test_at_a_terminal_without_editing(self):
        """echo a | hawser connect URL"""
        def play(peer):
            peer.open()
            peer.receive_data(TEXT)
            peer.send_text("\x1b[2Jx")
            peer.send_frame(BINARY, b"\x1b")
            peer.finish()

        with Listener(play) as listener:
            with Typist(["/bin/sh", "-c", f"echo a | {PROGRAM} connect {listener.url}"]) as it:
                it.see("|.|")
                it.wait()
        self.assertEqual(it.screen.lines()[0], "\\x1b[2Jx")
        self.assertNotIn(b"\x1b[2J", it.bytes)


class Looks(Case):
    def colors(self, *arguments, **environment):
        def play(peer):
            peer.open()
            peer.send_text("x")
            peer.send_close(1000)
            peer.receive_close()

        with Listener(play) as listener:
            it = self.person(*arguments, listener.url, **environment)
            self.assertEqual(it.wait(), 0)
        return it, re.search(rb"\x1b\[\d*m", it.bytes) is not None

    def test_colors(self):
        self.assertTrue(self.colors()[1])
        self.assertTrue(self.colors(NO_COLOR="")[1])
        self.assertFalse(self.colors(NO_COLOR="1")[1])
        self.assertFalse(self.colors("--no-color")[1])

    def test_times(self):
        it, _ = self.colors("--times", "--no-color")
        said = [line for line in it.screen.lines() if line.endswith("< x")]
        self.assertRegex(said[0], r"^\d\d:\d\d:\d\d\.\d{3} < x$")

    def test_a_terminal_that_can_do_nothing(self):
        it, has_colors = self.colors(TERM="dumb", NO_COLOR="1")
        self.assertEqual((it.bytes, has_colors), (b"x\r\n", False))


class History(Case):
    def session(self, *typed, arguments=()):
        def play(peer):
            peer.open()
            peer.finish()

        with Listener(play) as listener:
            it = self.person(*arguments, listener.url)
            it.see("* connected")
            for keys in typed:
                it.type(keys)
            it.type("/quit\r")
            self.assertEqual(it.wait(), 0)
        return it.screen.lines()

    def test_it_is_kept_for_the_owner_alone(self):
        self.session("first\r", " secret\r")
        path = pathlib.Path(self.home.name, ".local/state/hawser/history")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        self.assertIn("first", path.read_text())
        self.assertNotIn("secret", path.read_text())
        lines = self.session(UP + UP, "\r")
        self.assertIn("> first", lines)

    def test_not_at_all(self):
        self.session("first\r", arguments=["--no-history"])
        self.assertEqual(list(pathlib.Path(self.home.name).iterdir()), [])


class Losses(Case):
    def test_a_peer_that_closes(self):
        def play(peer):
            peer.open()
            peer.send_close(1011, "no more")
            peer.receive_close()

        with Listener(play) as listener:
            it = self.person(listener.url)
            it.see('1011 (internal error): "no more"')
            self.assertEqual(it.wait(), 1)

    def test_a_line_under_way_when_it_ends(self):
        typed = threading.Event()

        def play(peer):
            peer.open()
            typed.wait(PATIENCE_S)
            peer.send_close(1000)
            peer.receive_close()

        with Listener(play) as listener:
            it = self.person(listener.url)
            it.see("* connected")
            it.type("never s")
            it.see_lines("> never s")
            typed.set()
            self.assertEqual(it.wait(), 0)
        self.assertNotIn("> never s", it.screen.lines())

    def test_nobody_listens(self):
        it = self.person(f"ws://127.0.0.1:{port_of_nobody()}/")
        it.see("refused")
        self.assertEqual(it.wait(), 1)

    def test_a_second_ctrl_c_does_not_wait(self):
        closing = threading.Event()
        gone = threading.Event()

        def play(peer):
            peer.open()
            self.assertEqual(peer.receive_close().code, 1000)
            closing.set()
            gone.wait(PATIENCE_S)

        with Listener(play) as listener:
            it = self.person("--timeout", "1h", listener.url)  # so long would it wait
            it.see("* connected")
            it.type(CTRL_C)
            self.assertTrue(closing.wait(PATIENCE_S))
            it.type(CTRL_C)
            self.assertEqual(it.wait(), 1)
            gone.set()

    def test_reconnecting(self):
        """What is typed meanwhile waits for the connection."""
        def play(peer):
            peer.open()
            self.assertEqual(peer.receive_data(TEXT), b"meanwhile")
            peer.send_text("welcome back")
            peer.finish()

        with Listener(lambda peer: peer.open(), play) as listener:
            it = self.person("--reconnect", listener.url)
            it.see("* trying again in")
            it.type("meanwhile\r")
            it.see("* connecting again")
            it.see("< welcome back")
            it.type(CTRL_D)
            self.assertEqual(it.wait(), 0)


if __name__ == "__main__":
    unittest.main()
