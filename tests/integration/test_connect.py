# SPDX-License-Identifier: MIT
"""hawser connect: in a pipe, as scripts use it."""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.hawser import PROGRAM, Server, run  # noqa: E402
from lib.nobody import port_of_nobody  # noqa: E402
from lib.rawws import BINARY, CLOSE, GUID, PING, PONG, TEXT, RawWebSocket  # noqa: E402

PATIENCE_S = 60


class Peer(RawWebSocket):
    """The server's end of a connection, by hand."""

    def __init__(self, accepted):
        self.socket = accepted
        self.socket.settimeout(PATIENCE_S)
        self.unread = b""

    def receive_request(self):
        """The field lines of the request, as they came, and its key."""
        lines = self.receive_until(b"\r\n\r\n").decode().split("\r\n")[:-2]
        key = next(line.split(": ")[1] for line in lines if line.startswith("Sec-WebSocket-Key"))
        return lines, key

    def open(self, more=""):
        lines, key = self.receive_request()
        digest = hashlib.sha1(key.encode() + GUID).digest()
        self.send_bytes(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        b"Connection: Upgrade\r\nSec-WebSocket-Accept: "
                        + base64.b64encode(digest) + f"\r\n{more}\r\n".encode())
        return lines

    def send_frame(self, opcode, payload=b"", **how):
        super().send_frame(opcode, payload, mask=False, **how)

    def receive_data(self, opcode):
        """The next message; pings are answered on the way."""
        it = self.receive_message()
        assert it.opcode == opcode, it
        return it.payload

    def finish(self):
        """Answers what is there still to be answered, up to the end."""
        while (it := self.receive()).opcode != CLOSE:
            if it.opcode == PING:
                self.send_frame(PONG, it.payload)
        self.send_frame(CLOSE, it.payload)
        self.end()
        return int.from_bytes(it.payload[:2], "big") if it.payload else None


class Listener:
    """A server whose connections are `play`ed one after the other."""

    def __init__(self, *plays):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.failure = None
        self.thread = threading.Thread(target=self._play, args=plays, daemon=True)
        self.thread.start()

    def _play(self, *plays):
        try:
            for play in plays:
                self.socket.settimeout(PATIENCE_S)
                with Peer(self.socket.accept()[0]) as peer:
                    play(peer)
        except Exception as failure:  # told by the test's own thread
            self.failure = failure

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.thread.join(PATIENCE_S)
        self.socket.close()
        if self.failure and not kind:
            raise self.failure


def connect(*arguments, text=b"", **options):
    """Runs it to its end, with `text` as its input: exit status, stdout, stderr."""
    done = subprocess.run([PROGRAM, "connect", *arguments], input=text, capture_output=True,
                          timeout=60, **options)
    return done.returncode, done.stdout, done.stderr.decode()


def start(*arguments, **options):
    return subprocess.Popen([PROGRAM, "connect", *arguments], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


class Echo(unittest.TestCase):
    """Against hawser serve."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.url = f"ws://{cls.server.host}:{cls.server.port}/echo"

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def test_each_line_is_a_text(self):
        self.assertEqual(connect(self.url, text="one\n\ngrüße".encode()),
                         (0, "one\n\ngrüße\n".encode(), ""))

    def test_one_answer(self):
        for option in ("-1", "--one", "-n1", "--count=1"):
            self.assertEqual(connect(option, self.url, text=b"a\nb\nc\n"), (0, b"a\n", ""))

    def test_so_many_answers(self):
        self.assertEqual(connect("-n", "2", self.url, text=b"a\nb\nc\n"), (0, b"a\nb\n", ""))

    def test_too_few_answers(self):
        status, out, err = connect("-n", "3", "--wait", "200ms", self.url, text=b"a\nb\n")
        self.assertEqual((status, out), (1, b"a\nb\n"))
        self.assertIn("only 2 of 3 messages", err)

    def test_no_input(self):
        self.assertEqual(connect(self.url), (0, b"", ""))

    def test_without_a_scheme(self):
        self.assertEqual(connect("-1", self.url.removeprefix("ws://"), text=b"a"), (0, b"a\n", ""))

    def test_binary(self):
        for data in (b"", b"\0\n\xff\x1b", bytes(range(256)) * 4096):
            self.assertEqual(connect("--binary", self.url, text=data), (0, data, ""))

    def test_much_more_than_any_queue(self):
        text = b"".join(b"%d\n" % i for i in range(200_000))
        self.assertEqual(connect(self.url, text=text), (0, text, ""))

    def test_a_line_larger_than_any_queue(self):
        text = b"x" * (12 << 20) + b"\n"
        status, out, err = connect(self.url, text=text)
        self.assertEqual((status, len(out), err), (0, len(text), ""))

    def test_text_that_is_not_utf8(self):
        status, out, err = connect("--wait", "1s", self.url, text=b"good\nb\xffd\n")
        self.assertEqual(status, 1)
        self.assertEqual(err, "hawser connect: message 2 of the input: text that is not UTF-8; "
                              "--binary sends any bytes\n")

    def test_who_has_read_enough_ends_it_quietly(self):
        it = start(self.url)
        it.stdin.write(b"one\n")
        it.stdin.flush()
        self.assertEqual(it.stdout.readline(), b"one\n")
        it.stdout.close()
        self.assertEqual((it.wait(PATIENCE_S), it.stderr.read()), (0, b""))
        it.stdin.close()
        it.stderr.close()

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "connect", self.url], input=b"a\n", stdout=full,
                                  stderr=subprocess.PIPE, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left on device", done.stderr)

    def test_input_that_cannot_be_read(self):
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = subprocess.run([PROGRAM, "connect", self.url], stdin=folder, capture_output=True,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"Is a directory", done.stderr)

    def test_signals_close(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            it = start("--json", self.url)
            self.assertEqual(json.loads(it.stdout.readline())["type"], "open")
            it.send_signal(number)
            out, err = it.communicate(timeout=PATIENCE_S)
            self.assertEqual((it.returncode, err), (0, b""))
            self.assertEqual(json.loads(out)["code"], 1000)

    def test_nothing_moves_when_a_part_of_a_line_is_there(self):
        it = start(self.url)
        it.stdin.write(b"ha")
        it.stdin.flush()
        it.stdin.write(b"lf\nrest")
        it.stdin.flush()
        self.assertEqual(it.stdout.readline(), b"half\n")
        out, err = it.communicate(timeout=PATIENCE_S)
        self.assertEqual((it.returncode, out, err), (0, b"rest\n", b""))

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "it.sock")
            with Server("--listen", f"unix:{path}"):
                self.assertEqual(connect("--unix", path, "ws://localhost/echo", text=b"a"),
                                 (0, b"a\n", ""))


class Objects(unittest.TestCase):
    """--json: an object a line."""

    def objects(self, *arguments, **options):
        status, out, err = connect("--json", *arguments, **options)
        return status, [json.loads(line) for line in out.decode().splitlines()], err

    def test_a_conversation(self):
        def play(peer):
            peer.open("Sec-WebSocket-Protocol: b\r\n")
            peer.send_text("a\x1b\n")
            peer.send_frame(BINARY, b"\0\xff\xfe")
            peer.send_frame(PONG, b"unasked")
            peer.send_close(1001, "bye")
            peer.receive_close()

        with Listener(play) as it:
            status, objects, err = self.objects("--protocol", "a", "--protocol", "b", it.url,
                                                "--wait", "forever")
        cause = 'closed by the peer with 1001 (going away): "bye"'
        self.assertEqual((status, err), (1, f"hawser connect: {cause}\n"))
        self.assertEqual(objects, [
            {"type": "open", "url": it.url, "protocol": "b", "extensions": "",
             "tls": ""},
            {"type": "message", "text": "a\x1b\n"},
            {"type": "message", "base64": "AP/+"},
            {"type": "pong", "text": "unasked"},
            {"type": "close", "code": 1001, "reason": "bye", "wasClean": True, "cause": cause,
             "status": 0, "httpStatus": 0},
        ])

    def test_compression(self):
        """It is offered, and what was agreed on is told."""
        with Server() as server:
            url = f"ws://{server.host}:{server.port}/echo"
            for arguments, agreed in ([], True), (["--no-deflate"], False):
                _, objects, _ = self.objects("-1", *arguments, url, text=b"a" * 1000 + b"\n")
                self.assertEqual(objects[0]["extensions"].startswith("permessage-deflate"), agreed)
                self.assertEqual(objects[1], {"type": "message", "text": "a" * 1000})

    def test_a_refusal(self):
        def play(peer):
            peer.receive_request()
            peer.send_bytes(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n")

        with Listener(play) as it:
            status, objects, err = self.objects(it.url)
        self.assertEqual((status, len(objects)), (1, 1))
        self.assertIn("403", err)
        self.assertEqual((objects[0]["type"], objects[0]["httpStatus"], objects[0]["code"]),
                         ("close", 403, 1006))

    def test_retries(self):
        def lose(peer):
            peer.open()

        def play(peer):
            peer.open()
            self.assertEqual(peer.receive_data(TEXT), b"at last")
            peer.send_text("yes")
            self.assertEqual(peer.finish(), 1000)

        with Listener(lose, play) as it:
            process = start("--json", "--reconnect", "-1", it.url)
            self.assertEqual(json.loads(process.stdout.readline())["type"], "open")
            retry = json.loads(process.stdout.readline())
            self.assertEqual((retry["type"], retry["code"]), ("retry", 1006))
            self.assertLessEqual(retry["delayMs"], 5000)
            out, err = process.communicate(b"at last\n", timeout=PATIENCE_S)
        objects = [json.loads(line) for line in out.decode().splitlines()]
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertEqual([it["type"] for it in objects], ["open", "message", "close"])

    def test_times(self):
        with Listener(lambda peer: (peer.open(), peer.finish())) as it:
            _, objects, _ = self.objects("--times", it.url)
        for each in objects:
            self.assertRegex(each["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


class Requests(unittest.TestCase):
    """What the server is asked."""

    def fields(self, *arguments):
        found = []

        def play(peer):
            found.extend(peer.open())
            peer.finish()

        with Listener(play) as it:
            self.assertEqual(connect(*arguments, it.url), (0, b"", ""))
        return found

    def test_fields(self):
        found = self.fields("--header", "X-One: a b", "--header", "X-Two:c", "--origin",
                            "https://example.com", "--cookie", "a=b; c=d")
        for line in ("X-One: a b", "X-Two: c", "Origin: https://example.com", "Cookie: a=b; c=d"):
            self.assertIn(line, found)

    def test_credentials(self):
        token = "Authorization: Bearer t0ken"
        basic = "Authorization: Basic " + base64.b64encode(b"me:secret").decode()
        self.assertIn(token, self.fields("--bearer", "t0ken"))
        self.assertIn(basic, self.fields("--user", "me:secret"))
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("t0ken\n")
            file.flush()
            self.assertIn(token, self.fields("--bearer-file", file.name))
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("me:secret\n")
            file.flush()
            self.assertIn(basic, self.fields("--user-file", file.name))

    def test_redirects(self):
        with Listener(lambda peer: (peer.open(), peer.finish())) as there:
            def play(peer):
                peer.receive_request()
                peer.send_bytes(f"HTTP/1.1 302 Found\r\nLocation: {there.url}\r\n"
                                "Content-Length: 0\r\n\r\n".encode())

            with Listener(play) as it:
                status, _, err = connect(it.url)
                self.assertEqual(status, 1)
                self.assertIn("302", err)
            with Listener(play) as it:
                self.assertEqual(connect("--redirects", "1", it.url), (0, b"", ""))


class Ends(unittest.TestCase):
    def test_what_a_peer_answers_late(self):
        """--wait: what comes behind the end of the input."""
        said = threading.Event()

        def play(peer):
            peer.open()
            peer.receive_data(TEXT)
            said.wait(0.3)
            peer.send_text("late")
            peer.finish()

        with Listener(play) as it:
            self.assertEqual(connect("--wait", "2s", it.url, text=b"a"), (0, b"late\n", ""))

    def test_a_peer_that_sends_on_is_heard_until_its_pong(self):
        def play(peer):
            peer.open()
            peer.receive_data(TEXT)
            for i in range(3):
                peer.send_text(str(i))
            peer.finish()

        with Listener(play) as it:
            self.assertEqual(connect(it.url, text=b"a"), (0, b"0\n1\n2\n", ""))

    def test_a_peer_that_answers_no_ping(self):
        def play(peer):
            peer.open()
            it = peer.receive()
            while it.opcode != CLOSE:
                it = peer.receive()
            peer.send_frame(CLOSE, it.payload)

        with Listener(play) as it:
            self.assertEqual(connect("--timeout", "4s", it.url), (0, b"", ""))

    def test_what_follows_the_last_answer_is_not_told(self):
        def play(peer):
            peer.open()
            peer.send_text("1")
            peer.send_text("2")
            peer.finish()

        with Listener(play) as it:
            self.assertEqual(connect("-1", it.url), (0, b"1\n", ""))

    def test_codes_of_the_peer(self):
        for code, expected in ((1000, 0), (None, 0), (1001, 1), (1011, 1), (4000, 1)):
            def play(peer):
                peer.open()
                peer.send_close(code, "because" if code else "")
                peer.receive_close()

            with Listener(play) as it:
                status, out, err = connect("--wait", "forever", it.url)
            self.assertEqual((status, out), (expected, b""), code)
            self.assertEqual("because" in err, expected == 1)

    def test_a_connection_lost(self):
        with Listener(lambda peer: peer.open()) as it:
            status, out, err = connect("--wait", "forever", it.url)
        self.assertEqual((status, out), (1, b""))
        self.assertRegex(err, r"\Ahawser connect: [^\n]+\n\Z")

    def test_lost_within_a_message(self):
        def lose(peer):
            peer.open()
            peer.receive()

        def play(peer):
            peer.open()
            peer.finish()

        with Listener(lose, play) as it:
            process = start("--reconnect", it.url)
            with contextlib.suppress(BrokenPipeError):  # it may go before it has read all of it
                process.stdin.write(b"x" * 200_000)  # and no end of the line
                process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE_S), 1)
            out, err = process.communicate()
        self.assertEqual(out, b"")
        self.assertIn(b"lost within a message", err)

    def test_nobody_listens(self):
        status, out, err = connect(f"ws://127.0.0.1:{port_of_nobody()}/")
        self.assertEqual((status, out), (1, b""))
        self.assertIn("refused", err)

    def test_a_second_signal_does_not_wait(self):
        closing = threading.Event()
        gone = threading.Event()

        def play(peer):
            peer.open()
            self.assertEqual(peer.receive_close().code, 1000)
            closing.set()
            gone.wait(PATIENCE_S)

        with Listener(play) as it:
            process = start("--json", "--timeout", "1h", it.url)  # so long would it wait
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            self.assertTrue(closing.wait(PATIENCE_S))
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE_S)
            gone.set()
        self.assertEqual(process.returncode, 1)

    def test_a_signal_while_it_connects(self):
        asked = threading.Event()

        def play(peer):
            peer.receive_request()
            asked.set()
            peer.receive_end()

        with Listener(play) as it:
            process = start(it.url)
            self.assertTrue(asked.wait(PATIENCE_S))
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"before it was open", err)

    def test_a_message_over_the_limit(self):
        def play(peer):
            peer.open()
            peer.send_frame(BINARY, bytes(1025))
            self.assertEqual(peer.receive_close().code, 1009)
            peer.send_close(1009)

        with Listener(play) as it:
            status, out, err = connect("--message-size-max", "1K", "--wait", "forever", it.url)
        self.assertEqual((status, out), (1, b""))
        self.assertIn("size limit", err)


class Misuse(unittest.TestCase):
    """One line on stderr that says what to do, nothing on stdout, exit status 2."""

    def check(self, *arguments, says):
        status, out, err = run("connect", *arguments)
        self.assertEqual((status, out), (2, ""), err)
        self.assertRegex(err, r"\Ahawser connect: [^\n]+\n\Z")
        self.assertIn(says, err)

    def test_no_url(self):
        self.check(says="wss://example.com")

    def test_bad_urls(self):
        self.check("ftp://example.com/", says="scheme")
        self.check("wss://me:secret@example.com/", says="--user")
        self.check("ws://example.com/#there", says="fragment")
        self.check("ws://example.com:99999/", says="port")

    def test_bad_requests(self):
        self.check("--header", "X", "ws://localhost/", says="'Name: value'")
        self.check("--header", "X Y: z", "ws://localhost/", says="cannot be sent")
        self.check("--header", "X: a\nb", "ws://localhost/", says="cannot be sent")
        self.check("--protocol", "a b", "ws://localhost/", says="subprotocol")
        self.check("--user", "me", "ws://localhost/", says="name:password")

    def test_files_that_are_not_there(self):
        self.check("--bearer-file", "/nowhere/at/all", "ws://localhost/", says="/nowhere/at/all")


if __name__ == "__main__":
    unittest.main()
