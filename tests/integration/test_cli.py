# SPDX-License-Identifier: MIT
"""The hawser command: what it says, and how it ends."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.hawser import Server, run  # noqa: E402
from lib.rawws import BINARY, TEXT, Close, Frame  # noqa: E402


class Help(unittest.TestCase):
    def test_version(self):
        status, out, err = run("--version")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"\Ahawser \d+\.\d+\.\d+\n\Z")

    def test_help_names_the_commands(self):
        status, out, err = run("--help")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("serve", out)
        self.assertEqual(run("-h"), (status, out, err))

    def test_help_of_serve_names_every_option(self):
        status, out, err = run("serve", "--help")
        self.assertEqual((status, err), (0, ""))
        for option in ("--listen URL", "--files DIR", "--echo PATH", "--origin ORIGIN",
                       "--host NAME", "--certificate FILE", "--key FILE", "--self-signed",
                       "--client-authorities FILE", "--client-certificate WHETHER",
                       "--message-size-max SIZE", "--send-queue-max SIZE",
                       "--ping-interval TIME", "--no-deflate", "--deflate-takeover",
                       "--deflate-window-bits BITS", "--deflate-level LEVEL",
                       "--deflate-size-min SIZE", "--deflate-memory-max SIZE", "--config FILE",
                       "--check", "--drain TIME", "--metrics URL",
                       "--threads COUNT", "--backend NAME", "--log FORM", "--log-level LEVEL", "--help"):
            self.assertIn(option, out)
        self.assertLessEqual(max(map(len, out.split("\n"))), 100)
        self.assertEqual(run("serve", "-h"), (status, out, err))


class Manual(unittest.TestCase):
    """The pages in man/ say what --help says."""

    MAN = pathlib.Path(__file__).resolve().parents[2] / "man"
    OPTION = r"(?:-\w, )?(--[a-z-]+)(?: ([A-Z]+))?"

    def page(self, name):
        return (self.MAN / f"{name}.1").read_text(encoding="utf-8")

    def options(self, page):
        """Option -> its argument, "" for none, of the list; a page writes --x as .Fl -x."""
        items = re.findall(r"^\.It Fl -([a-z-]+)(?: , Fl \w)?(?: Ar ([A-Z]+))?$", page, re.M)
        self.assertEqual(len(items), page.count("\n.It Fl"), "an option that was not understood")
        return {f"--{name}": argument for name, argument in items}

    def test_every_command_has_a_page(self):
        commands = re.findall(r"^  ([a-z-]+) ", run("--help")[1], re.M)
        self.assertIn("serve", commands)
        self.assertEqual({path.stem for path in self.MAN.glob("*.1")},
                         {"hawser", *(f"hawser-{name}" for name in commands)})
        for name in commands:
            self.assertIn(f"\n.It Cm {name}\n", self.page("hawser"))

    def test_options_of_serve_are_those_of_help(self):
        told = dict(re.findall(rf"^  {self.OPTION}", run("serve", "--help")[1], re.M))
        self.assertIn("--listen", told)
        page = self.page("hawser-serve")
        self.assertEqual(self.options(page), told)

        synopsis = page[page.index(".Sh SYNOPSIS"):page.index(".Sh DESCRIPTION")]
        listed = re.findall(r"^\.(?:Op )?Fl -([a-z-]+)(?: Ar ([A-Z]+))?$", synopsis, re.M)
        self.assertEqual({f"--{name}": argument for name, argument in listed}, told)

    def test_defaults_of_serve_are_those_of_help(self):
        out = run("serve", "--help")[1]
        told = re.findall(rf"^  {self.OPTION} (?:(?!\n  -)[^(])*\(default (\d+[A-Za-z]+)\)", out, re.M)
        self.assertEqual(len(told), 11)
        items = self.page("hawser-serve").split("\n.It Fl -")
        for option, _, default in told:
            text = next(item for item in items if item.startswith(option[2:] + " "))
            self.assertIn(f"The default is {default}.", text)

    def test_options_of_connect_are_those_of_help(self):
        told = dict(re.findall(rf"^  {self.OPTION}", run("connect", "--help")[1], re.M))
        self.assertIn("--one", told)
        self.assertEqual(self.options(self.page("hawser-connect")), told)

    def test_options_of_bench_are_those_of_help(self):
        told = dict(re.findall(rf"^  {self.OPTION}", run("bench", "--help")[1], re.M))
        self.assertIn("--in-flight", told)
        self.assertEqual(self.options(self.page("hawser-bench")), told)

    def test_options_of_the_demonstrations_are_those_of_help(self):
        for name, option in (("demo-feed", "--rate"), ("demo-devices", "--interval")):
            told = dict(re.findall(rf"^  {self.OPTION}", run(name, "--help")[1], re.M))
            self.assertIn(option, told)
            self.assertEqual(self.options(self.page(f"hawser-{name}")), told)

    def test_defaults_of_connect_are_those_of_help(self):
        out = run("connect", "--help")[1]
        told = re.findall(rf"^  {self.OPTION} (?:(?!\n  -)[^(])*\(default (\d+[A-Za-z]*)\)", out, re.M)
        self.assertEqual(len(told), 4)
        items = self.page("hawser-connect").split("\n.It Fl -")
        for option, _, default in told:
            text = next(item for item in items if item.startswith(option[2:] + " "))
            self.assertIn(f"The default is {default}.", text)

    def test_options_of_hawser(self):
        self.assertEqual(self.options(self.page("hawser")), {"--version": "", "--help": ""})

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_pages_are_well_formed(self):
        for path in sorted(self.MAN.glob("*.1")):
            done = subprocess.run(["groff", "-mdoc", "-Tutf8", "-ww", "-z", path],
                                  capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path.name)


class Warnings(unittest.TestCase):
    def test_d017_every_origin(self):
        """D017: whoever lets every page in is told what that means."""
        for origin, warns in ("*", True), ("https://example.com", False):
            with Server("--origin", origin) as server:
                server.stop()
                self.assertEqual("pages of every origin" in server.errors, warns, server.errors)


class Misuse(unittest.TestCase):
    """One line on stderr that says what to do, nothing on stdout, exit status 2."""

    def check(self, *arguments, says):
        status, out, err = run(*arguments)
        self.assertEqual((status, out), (2, ""), err)
        self.assertRegex(err, r"\Ahawser[^\n]+\n\Z")
        for words in says:
            self.assertIn(words, err)

    def test_no_command(self):
        self.check(says=["hawser --help"])

    def test_unknown_command(self):
        self.check("sail", says=["sail", "hawser --help"])

    def test_unknown_option(self):
        self.check("serve", "--sail", says=["--sail", "hawser serve --help"])
        self.check("serve", "-x", says=["-x", "hawser serve --help"])
        self.check("serve", "--help=now", says=["--help=now"])

    def test_missing_value(self):
        self.check("serve", "--listen", says=["--listen", "value"])

    def test_stray_argument(self):
        self.check("serve", "8080", says=["8080"])

    def test_bad_sizes(self):
        for size in ("", "12Q", "-1", "1.5M", "99999999999999999999"):
            self.check("serve", "--message-size-max", size, says=["--message-size-max", "64K"])
        self.check("serve", "--message-size-max", "0", says=["--message-size-max", "from 1"])
        self.check("serve", "--send-queue-max", "2000G", says=["--send-queue-max", "from 1"])

    def test_bad_durations(self):
        for duration in ("", "5d", "-1s", "soon"):
            self.check("serve", "--ping-interval", duration, says=["--ping-interval", "25s"])
        self.check("serve", "--ping-interval", "2000h", says=["--ping-interval"])

    def test_bad_level(self):
        self.check("serve", "--log-level", "loud", says=["loud", "warning"])
        self.check("serve", "--log", "loud", says=["loud", "json", "--log-level"])

    def test_bad_backend(self):
        self.check("serve", "--backend", "kqueue", says=["kqueue", "neither epoll nor io_uring"])
        with unittest.mock.patch.dict(os.environ, {"HAWSER_BACKEND": "kqueue"}):
            self.check("serve", says=["HAWSER_BACKEND=kqueue does not work here"])

    def test_bad_echo_path(self):
        for path in ("echo", "", "/a b", "/*", "/a?b", "/a%20b", "/ä"):
            self.check("serve", "--echo", path, says=["--echo", "/echo"])
        for path in ("/", "/chat", "/connection/websocket", "/hawser/new"):
            self.check("serve", "--echo", path, says=["--echo", "another path"])

    def test_bad_addresses(self):
        for url in ("localhost:8080", "ftp://localhost:1", "http://localhost:99999"):
            self.check("serve", "--listen", url, says=[url])

    def test_too_many_addresses(self):
        self.check("serve", *["--listen", "http://localhost:0"] * 300, says=["--listen"])

    def test_missing_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            missing = os.path.join(folder, "nowhere")
            self.check("serve", "--listen", "http://localhost:0", "--files", missing,
                       says=["--files", missing])

    def test_tls_that_does_not_fit_together(self):
        listen = ("serve", "--listen", "https://localhost:0")
        self.check(*listen, says=["--certificate", "--self-signed"])
        self.check("serve", "--listen", "http://localhost:0", "--self-signed",
                   says=["--self-signed", "https://"])
        self.check(*listen, "--self-signed", "--certificate", "a", says=["--self-signed"])
        self.check(*listen, "--certificate", "a", "--key", "b", "--key", "c", says=["pairs", "2"])
        self.check(*listen, *["--certificate", "a"] * 17, says=["--certificate", "16"])
        self.check(*listen, "--self-signed", "--client-certificate", "asked",
                   says=["--client-authorities"])
        self.check(*listen, "--self-signed", "--client-authorities", "a",
                   "--client-certificate", "maybe", says=["maybe", "required"])
        self.check("serve", "--client-authorities", "a", says=["--client-authorities", "--key"])

    def test_certificates_that_cannot_be_used(self):
        listen = ("serve", "--listen", "https://localhost:0")
        with tempfile.TemporaryDirectory() as folder:
            missing = os.path.join(folder, "nowhere.pem")
            text = os.path.join(folder, "text file.pem")
            pathlib.Path(text).write_text("hello\n", encoding="ascii")
            self.check(*listen, "--certificate", missing, says=[missing, "No such file"])
            self.check(*listen, "--certificate", text, says=[text, "no certificate"])
            self.check(*listen, "--self-signed", "--client-authorities", text,
                       says=[text, "authority"])

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.check("serve", "--listen", f"http://127.0.0.1:{port}", says=[str(port), "in use"])


class Serving(unittest.TestCase):
    def test_greets(self):
        with Server() as server:
            base = f"{server.host}:{server.port}"
            self.assertRegex(server.greeting[0], r"^hawser \d")
            self.assertEqual([line.split() for line in server.greeting[1:]], [
                ["page", f"http://{base}/"],
                ["chat", f"http://{base}/chat"],
                ["echo", f"ws://{base}/echo"],
                ["channels", f"ws://{base}/connection/websocket"],
                "no --token-key: channels are for development, and for this machine alone".split(),
                ["Ctrl-C", "ends", "it."],
            ])

    def test_greets_with_tls(self):
        with Server("--self-signed", listen="https://localhost:0") as server:
            base = f"{server.host}:{server.port}"
            lines = [line.split() for line in server.greeting[1:]]
            self.assertEqual(lines[:4], [
                ["page", f"https://{base}/"],
                ["chat", f"https://{base}/chat"],
                ["echo", f"wss://{base}/echo"],
                ["channels", f"wss://{base}/connection/websocket"],
            ])
            self.assertEqual(lines[5][0], "SHA-256")
            self.assertRegex(lines[5][1], r"^[0-9a-f]{64}$")

    def test_a_signal_closes(self):
        for number, code in ((signal.SIGINT, 1001), (signal.SIGTERM, 1012)):
            with Server() as server, server.connect("/echo") as ws:
                server.signal(number)
                self.assertEqual(ws.receive_close().code, code)
                ws.send_close(code)
                self.assertTrue(ws.receive_end())
                self.assertEqual((server.wait(), server.errors), (0, ""))

    def test_a_second_signal_does_not_wait(self):
        with Server("--close-timeout", "1h") as server, server.connect("/echo") as ws:
            server.signal(signal.SIGINT)
            self.assertEqual(ws.receive_close().code, 1001)
            server.signal(signal.SIGINT)  # while our answer is waited for
            self.assertEqual((server.wait(), server.errors), (0, ""))

    def test_no_errors_in_the_log(self):
        with Server("--log-level", "error") as server:
            server.connect("/echo").end()
            server.stop()
            self.assertEqual(server.errors, "")


class Echo(unittest.TestCase):
    def test_text_and_binary(self):
        with Server() as server, server.connect("/echo") as ws:
            for size in (0, 1, 125, 126, 65535, 65536, 1 << 20):
                ws.send_frame(BINARY, bytes(range(256)) * (size // 256) + b"x" * (size % 256))
                self.assertEqual(len(ws.receive_message().payload), size)
            ws.send_text("Tauwerk ⚓")
            self.assertEqual(ws.receive_message(), Frame(TEXT, "Tauwerk ⚓".encode()))

    def test_another_path_and_limit(self):
        with Server("--echo", "/mirror", "--message-size-max", "1K") as server:
            with server.socket() as plain:
                self.assertEqual(plain.open("/echo").status, 404)
            with server.connect("/mirror") as ws:
                ws.send_frame(BINARY, b"x" * 1024)
                self.assertEqual(len(ws.receive_message().payload), 1024)
                ws.send_frame(BINARY, b"x" * 1025)
                self.assertEqual(ws.receive_close().code, 1009)

    def test_default_limit(self):
        with Server() as server, server.connect("/echo") as ws:
            ws.send_bytes(bytes([0x82, 0xFF]) + (16 * 1024 * 1024 + 1).to_bytes(8, "big") + b"mask")
            self.assertEqual(ws.receive_close().code, 1009)

    def test_a_peer_that_writes_before_it_reads_loses_nothing(self):
        with Server("--send-queue-max", "64K") as server, server.connect("/echo") as ws:
            count = 2000
            ws.socket.setblocking(False)
            rest = b"".join(_numbered(i) for i in range(count))
            got = 0
            while got < count:
                rest = _send_some(ws, rest)
                got += _receive_some(ws, self, got)


def _numbered(i):
    from lib.rawws import frame
    return frame(BINARY, i.to_bytes(4, "big") + bytes(1020))


def _send_some(ws, rest):
    while rest:
        try:
            rest = rest[ws.socket.send(rest[:1 << 20]):]
        except BlockingIOError:
            break
    return rest


def _receive_some(ws, test, first):
    """One message if there is one; reading begins only when no more can be written."""
    ws.socket.settimeout(60)
    message = ws.receive_message()
    ws.socket.setblocking(False)
    test.assertEqual(int.from_bytes(message.payload[:4], "big"), first)
    return 1


class Compression(unittest.TestCase):
    """What the options of hawser serve change; test_deflate_conformance.py has the rest."""

    BOTH = {"server_no_context_takeover", "client_no_context_takeover"}

    def agreed(self, *arguments, offer="permessage-deflate"):
        """The parameters that a server answers with; None: none of it."""
        with Server(*arguments) as server, server.socket() as ws:
            answer = ws.open("/echo", {"Sec-WebSocket-Extensions": offer})
            value = answer.headers.get("sec-websocket-extensions")
            return set(value.split("; ")[1:]) if value else None

    def is_packed(self, size, *arguments):
        """Whether an echo of so many bytes is compressed."""
        with Server(*arguments) as server, server.socket() as ws:
            ws.open("/echo", {"Sec-WebSocket-Extensions": "permessage-deflate"})
            ws.send_text("a" * size)
            return ws.receive().rsv == 4

    def test_it_is_on_and_nothing_is_kept(self):
        self.assertEqual(self.agreed(), self.BOTH)

    def test_off(self):
        self.assertIsNone(self.agreed("--no-deflate"))

    def test_takeover(self):
        self.assertEqual(self.agreed("--deflate-takeover"), set())

    def test_window(self):
        self.assertEqual(self.agreed("--deflate-window-bits", "10",
                                     offer="permessage-deflate; client_max_window_bits"),
                         self.BOTH | {"server_max_window_bits=10", "client_max_window_bits=10"})

    def test_smallest_message(self):
        self.assertFalse(self.is_packed(127))
        self.assertTrue(self.is_packed(128))
        self.assertFalse(self.is_packed(999, "--deflate-size-min", "1000"))
        self.assertTrue(self.is_packed(40, "--deflate-size-min", "40"))

    def test_memory(self):
        """Where there is none for takeover, there is compression without it, or none at all."""
        agreed = self.agreed("--deflate-takeover", "--deflate-memory-max", "1K")
        self.assertTrue(agreed is None or agreed >= self.BOTH, agreed)

    def test_from_a_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("deflate-takeover: true\ndeflate-level: 9\n")
            file.flush()
            self.assertEqual(self.agreed("--config", file.name), set())


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--host", "localhost", "--host", "127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def get(self, path, method="GET", **headers):
        with self.server.socket() as plain:
            fields = "".join(f"{name.replace('_', '-')}: {value}\r\n"
                             for name, value in headers.items())
            plain.send_bytes(f"{method} {path} HTTP/1.1\r\nHost: {plain.host}\r\n"
                             f"Connection: close\r\n{fields}\r\n".encode())
            return plain.receive_answer(has_body=method != "HEAD"), plain.host

    def test_types(self):
        for path, kind in (("/", "text/html; charset=utf-8"),
                           ("/chat", "text/html; charset=utf-8"),
                           ("/hawser/style.css", "text/css; charset=utf-8"),
                           ("/hawser/chat.js", "text/javascript; charset=utf-8"),
                           ("/quotes", "text/html; charset=utf-8"),
                           ("/hawser/channels.js", "text/javascript; charset=utf-8"),
                           ("/hawser/start.js", "text/javascript; charset=utf-8"),
                           ("/hawser/favicon.svg", "image/svg+xml"),
                           ("/hawser/hero.svg", "image/svg+xml"),
                           ("/hawser/server.json", "application/json")):
            answer, _ = self.get(path)
            self.assertEqual((answer.status, answer.headers["content-type"]), (200, kind), path)
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
            self.assertGreater(len(answer.body), 0)

    def test_policy(self):
        answer, host = self.get("/chat")
        policy = answer.headers["content-security-policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("script-src 'self';", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertTrue(policy.endswith(f"connect-src 'self' ws://{host} wss://{host}"), policy)
        self.assertNotIn("unsafe", policy)

    def test_nothing_stands_inline(self):
        for path in ("/", "/chat", "/desk", "/devices", "/edit", "/gomoku", "/live", "/notices", "/quotes",
                     "/visitor"):
            body = self.get(path)[0].body.decode()
            self.assertNotRegex(body, r"<style|style=|<script(?![^>]*\bsrc=)|\son\w+=|https?://")

    def test_not_modified(self):
        answer, _ = self.get("/chat")
        etag = answer.headers["etag"]
        again, _ = self.get("/chat", If_None_Match=f'"other", W/{etag}')
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(again.headers["etag"], etag)
        other, _ = self.get("/chat", If_None_Match='"other"')
        self.assertEqual(other.status, 200)

    def test_head(self):
        answer, _ = self.get("/chat", method="HEAD")
        self.assertEqual(answer.status, 200)
        self.assertGreater(int(answer.headers["content-length"]), 100)

    def test_other_methods(self):
        for path in ("/", "/hawser/server.json"):
            answer, _ = self.get(path, method="POST", Content_Length="0")
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"))
            for method in ("BREW", "get", "POSTER"):
                self.assertEqual(self.get(path, method=method)[0].status, 501)

    def test_unknown(self):
        self.assertEqual(self.get("/nowhere")[0].status, 404)
        self.assertEqual(self.get("/chat/")[0].status, 404)
        self.assertEqual(self.get("/hawser/nothing.js")[0].status, 404)

    def test_where_websockets_are(self):
        self.assertEqual(self.get("/echo")[0].status, 426)

    def test_files_take_the_place_of_the_start_page(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "index.html").write_text("<p>mine</p>")
            with Server("--files", folder) as server:
                self.assertEqual(server.greeting[1].split()[0], "files")
                for path, part in (("/", b"mine"), ("/chat", b"hawser/chat.js")):
                    with server.socket() as plain:
                        plain.send_bytes(f"GET {path} HTTP/1.1\r\nHost: {plain.host}\r\n\r\n"
                                         .encode())
                        answer = plain.receive_answer()
                    self.assertEqual(answer.status, 200)
                    self.assertIn(part, answer.body)
                with server.connect("/echo") as ws:
                    ws.send_text("still here")
                    self.assertEqual(ws.receive_message().payload, b"still here")


class Origins(unittest.TestCase):
    def test_strangers_stay_out(self):
        with Server("--origin", "https://example.com") as server:
            own = f"http://{server.host}:{server.port}"
            for origin, status in ((own, 101), ("https://example.com", 101), (None, 101),
                                   ("https://example.org", 403), ("null", 403)):
                with server.socket() as ws:
                    answer = ws.open("/echo", {"Origin": origin})
                    self.assertEqual(answer.status, status, origin)


if __name__ == "__main__":
    unittest.main()
