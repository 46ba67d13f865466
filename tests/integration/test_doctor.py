# SPDX-License-Identifier: MIT
"""hawser doctor, and servers that have something wrong with them: it names what."""
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.certificates import FUTURE, PAST, Certificates  # noqa: E402
from lib.hawser import PROGRAM, ROOT, Server, run  # noqa: E402
from lib.nobody import listens, port_of_nobody  # noqa: E402
from lib.patient import Patient, Peer  # noqa: E402
from lib.rawws import CLOSE, PING, PONG, TEXT, frame  # noqa: E402

NO_PROXY = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
MANUAL = (ROOT / "man/hawser-doctor.1").read_text(encoding="utf-8")
MANUAL_FAULTS = set(re.findall(r"^\.It Li ([a-z0-9.-]+)$", MANUAL, re.M))
SOCKET_IO_PATH = "/socket.io/?EIO=4&transport=websocket"


IN_TIME = ("--timeout", "4s")  # for those who wait for it


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def doctor(*arguments, environment=None, json_wanted=True):
    """Its exit status, and what it says: a dict, or its text.  Its own limit matters to those who
    run into it, and they say so: the others shall not, on a machine that is busy."""
    mode = ["--json"] if json_wanted else []
    done = subprocess.run([PROGRAM, "doctor", "--timeout", "60s", *mode, *arguments],
                          capture_output=True, text=True, timeout=600,
                          env={**NO_PROXY, **(environment or {})})
    assert done.stderr == "", done.stderr
    return done.returncode, json.loads(done.stdout) if json_wanted else done.stdout


class Case(unittest.TestCase):
    def check_fault(self, name, *arguments, text="", remedy="", environment=None):
        """The fault is the first that is told; `text` and `remedy` are among its words."""
        self.assertIn(name, MANUAL_FAULTS)
        status, report = doctor(*arguments, environment=environment)
        self.assertEqual([fault["name"] for fault in report["faults"]][:1], [name], report)
        self.assertEqual((status, report["healthy"]), (1, False))
        self.assertIn(text, report["faults"][0]["text"])
        self.assertIn(remedy, report["faults"][0]["remedy"])
        return report

    def check_answer(self, name, answer, *arguments, path="/ws", text="", remedy=""):
        with Patient(answer) as patient:
            return self.check_fault(name, *arguments, patient.url(path), text=text, remedy=remedy)

    def check_healthy(self, *arguments, warnings=(), notes=(), environment=None):
        status, report = doctor(*arguments, environment=environment)
        self.assertEqual((status, report["faults"]), (0, []), report)
        self.assertEqual([warning["name"] for warning in report["warnings"]], list(warnings))
        self.assertLessEqual({note["name"] for note in report["notes"]},
                             {"ipv6-untried", *notes})
        return report


# Compression as a server does it, without takeover.
DEFLATE = ("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
           "client_no_context_takeover\r\n")


def deflated(data):
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    return (deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Deflate(Case):
    """What it says of compression."""

    def play(self, answer):
        """A server that agrees to it, and answers texts: the first is not compressed."""
        def play(peer):
            peer.accept(DEFLATE)
            count = 0
            while True:
                opcode, payload = peer.read_frame()
                if opcode == PING:
                    peer.send(frame(PONG, payload, mask=False))
                elif opcode == CLOSE:
                    peer.send(frame(CLOSE, payload, mask=False))
                    return
                else:
                    count += 1
                    peer.send(answer(payload) if count > 1 else frame(TEXT, payload, mask=False))
        return play

    def test_hawser_serve(self):
        with Server() as server:
            url = f"ws://localhost:{server.port}/echo"
            talk = self.check_healthy(url)["talk"]
            self.assertTrue(talk["extensions"].startswith("permessage-deflate; "), talk)
            it = talk["deflate"]
            self.assertEqual((it["sample"], it["send_takeover"], it["receive_takeover"]),
                             ("same", False, False))
            self.assertLess(it["sent_compressed_bytes"], it["sent_bytes"])
            self.assertEqual(it["sent_bytes"], it["received_bytes"])
            _, out = doctor(url, json_wanted=False)
            self.assertRegex(out, "(?m)^extension +permessage-deflate; .* offered: permessage-deflate")
            self.assertRegex(out, r"(?m)^deflate +a compressed message came back .* went as .* came as")
            talk = self.check_healthy("--no-deflate", url)["talk"]
            self.assertEqual((talk["extensions"], talk["deflate"]), ("", None))

    def test_nobody_compresses(self):
        with Server("--no-deflate") as server:
            talk = self.check_healthy(f"ws://localhost:{server.port}/echo")["talk"]
            self.assertEqual((talk["extensions"], talk["deflate"], talk["echo"]), ("", None, "same"))

    def test_healthy(self):
        with Patient(self.play(lambda payload: frame(TEXT, payload, rsv=4, mask=False))) as patient:
            self.assertEqual(self.check_healthy(patient.url())["talk"]["deflate"]["sample"], "same")

    def test_what_does_not_inflate(self):
        with Patient(self.play(lambda _: frame(TEXT, b"\xff" * 40, rsv=4, mask=False))) as patient:
            self.check_fault("deflate-broken", patient.url(), text="decompressed", remedy="--no-deflate")

    def test_what_comes_back_changed(self):
        answer = frame(TEXT, deflated(b"something else"), rsv=4, mask=False)
        with Patient(self.play(lambda _: answer)) as patient:
            self.check_fault("deflate-broken", patient.url(), text="changed")

    def test_what_does_not_come_back(self):
        with Patient(self.play(lambda _: b"")) as patient:
            self.check_fault("deflate-broken", patient.url(), text="did not")

    def test_closes_at_it(self):
        with Patient(self.play(lambda _: frame(CLOSE, b"\x03\xea", mask=False))) as patient:
            self.check_fault("deflate-broken", patient.url(), text="1002")

    def test_a_bit_where_it_may_not_be(self):
        answer = frame(TEXT, b"a", fin=False, mask=False) + frame(0, b"b", rsv=4, mask=False)
        with Patient(self.play(lambda _: answer)) as patient:
            self.check_fault("frame-reserved-bit", patient.url(), remedy="--no-deflate")

    def test_refused_because_of_it(self):
        def play(peer):
            if "sec-websocket-extensions" in peer.peek().lower():
                peer.read_head()
                peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                peer.wait_for_end()
                return
            peer.accept()
            peer.serve()
        with Patient(play) as patient:
            self.check_fault("deflate-refused", patient.url(), remedy="--no-deflate")


class Healthy(Case):
    def test_hawser_serve(self):
        with Server() as server:
            report = self.check_healthy(f"ws://localhost:{server.port}/echo")
            talk = report["talk"]
            self.assertEqual((talk["open"], talk["echo"]), (True, "same"))
            self.assertGreater(talk["ping_ms"], 0)
            self.assertEqual((talk["close"]["code"], talk["close"]["clean"]), (1000, True))
            self.assertEqual(report["http"]["status"], 101)

    def test_in_words(self):
        with Server() as server:
            url = f"ws://localhost:{server.port}/echo"
            status, out = doctor(url, json_wanted=False)
            self.assertEqual(status, 0)
            self.assertIn(f"\n\nHealthy:  {url} opens in ", out)
            for row in (r"^http +101 Switching Protocols +\d+\.\d ms$", r"^ping +answered ",
                        r"^echo +our message came back ", r"^close +1000 .* in order$"):
                self.assertRegex(out, f"(?m){row}")
            self.assertNotIn("\x1b", out)

    def test_no_echo(self):
        def play(peer):
            peer.accept()
            peer.serve(echo=False)

        with Patient(play) as patient:
            self.assertEqual(self.check_healthy(patient.url())["talk"]["echo"], "none")
            report = self.check_healthy("--no-message", patient.url())
            self.assertEqual(report["talk"]["echo"], "not tried")

    def test_a_protocol_of_its_own(self):
        def play(peer):
            peer.accept()
            peer.send(frame(TEXT, b'{"hello": 1}', mask=False))
            opcode = PING
            while opcode != TEXT:
                opcode, payload = peer.read_frame()
                if opcode == PING:
                    peer.send(frame(PONG, payload, mask=False))
            peer.send(frame(CLOSE, b"\x0f\xa0no", mask=False))
            peer.wait_for_end()

        with Patient(play) as patient:
            report = self.check_healthy(patient.url(), notes=["closed-on-message"])
            self.assertEqual(report["talk"]["close"]["code"], 4000)

    def test_subprotocol(self):
        def play(peer):
            peer.accept("Sec-WebSocket-Protocol: chat.v1\r\n")
            peer.serve()

        with Patient(play) as patient:
            report = self.check_healthy("--protocol", "chat.v2", "--protocol", "chat.v1",
                                        patient.url())
            self.assertEqual(report["talk"]["protocol"], "chat.v1")

    @unittest.skipUnless(shutil.which("node") and
                         (ROOT / "tests/interop/node_modules/ws").is_dir(), "no npm ws")
    def test_ws_of_npm(self):
        program = """
            import {WebSocketServer} from 'ws';
            const server = new WebSocketServer({host: '127.0.0.1', port: 0}, () =>
                console.log(server.address().port));
            server.on('connection', ws => ws.on('message', (data, binary) =>
                ws.send(data, {binary})));"""
        with subprocess.Popen(["node", "--input-type=module", "-e", program], text=True,
                              stdout=subprocess.PIPE, cwd=ROOT / "tests/interop") as node:
            try:
                port = int(node.stdout.readline())
                report = self.check_healthy(f"ws://127.0.0.1:{port}/")
                self.assertEqual(report["talk"]["echo"], "same")
            finally:
                node.terminate()


class Way(Case):
    def test_name_not_found(self):
        status, report = doctor("ws://no-such-host.invalid/")
        self.assertEqual(status, 1)
        self.assertIn(report["faults"][0]["name"], {"name-not-found", "name-lookup-failed"})
        self.assertIn("no-such-host.invalid", report["faults"][0]["text"])

    def test_connection_refused(self):
        port = port_of_nobody()
        self.check_fault("connection-refused", f"ws://127.0.0.1:{port}/",
                         text=f"port {port} of 127.0.0.1", remedy="ss -ltn")

    def test_no_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/left.sock"
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(path)
            self.check_fault("connection-refused", "--unix", path, "ws://localhost/", text=path)

    def test_timeout(self):
        """A queue that is full drops packets as a firewall does."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = listener.getsockname()
            waiting = []
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(address)
            try:
                self.check_fault("connect-timeout", *IN_TIME, f"ws://127.0.0.1:{address[1]}/",
                                 text="within 4 s", remedy="firewall")
            finally:
                for each in waiting:
                    each.close()

    @unittest.skipUnless(has_ipv6(), "no IPv6")
    def test_one_family_only(self):
        def play(peer):
            peer.accept()
            peer.serve()

        with Patient(play) as patient:
            report = self.check_healthy(patient.url(host="localhost"), warnings=["ipv6-dead"])
            self.assertIn(f"::1 port {patient.port}: refused", report["warnings"][0]["text"])
        with Patient(play, host="::1") as patient:
            self.check_healthy(patient.url(host="localhost"), warnings=["ipv4-dead"])


class Proxies(Case):
    def check_proxy(self, name, answer, *arguments, text="", remedy=""):
        with Patient(answer) as proxy:
            url = f"http://127.0.0.1:{proxy.port}"
            return self.check_fault(name, *arguments, "--proxy", url, "ws://192.0.2.1/", text=text,
                                    remedy=remedy)

    def test_refused(self):
        self.check_proxy("proxy-refused", "HTTP/1.1 403 Forbidden\r\n\r\n", text="192.0.2.1 port 80",
                         remedy="Check --proxy")

    def test_credentials(self):
        self.check_proxy("proxy-credentials", "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n"
                         "Content-Length: 0\r\n\r\n", remedy="USER:PASSWORD")

    def test_silent(self):
        self.check_proxy("proxy-timeout", lambda peer: peer.wait_for_end(), *IN_TIME)

    def test_no_proxy(self):
        self.check_proxy("proxy-protocol", "SSH-2.0-OpenSSH_9.2\r\n")

    def test_unreachable(self):
        self.check_fault("proxy-unreachable", "--proxy", f"http://127.0.0.1:{port_of_nobody()}",
                         "ws://192.0.2.1/", text="127.0.0.1")

    def test_of_the_environment(self):
        """A proxy that is used is told, and a broken one is named as the cause."""
        def pass_on(peer):
            line = peer.read_head()[""]
            self.assertRegex(line, r"\ACONNECT example\.test:80 HTTP/1\.1\Z")
            peer.send("HTTP/1.1 200 OK\r\n\r\n")
            peer.accept()
            peer.serve()

        with Patient(pass_on) as proxy:
            here = {"http_proxy": f"http://127.0.0.1:{proxy.port}"}
            self.check_healthy("ws://example.test/", environment=here,
                               notes=["proxy-environment"])
        gone = {"http_proxy": f"http://127.0.0.1:{port_of_nobody()}"}
        self.check_fault("proxy-unreachable", "ws://example.test/", environment=gone,
                         remedy="http_proxy")


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        cls.made = Certificates()
        cls.good = cls.made.leaf("good", "DNS:localhost, IP:127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.made.__exit__()

    def play(self, peer):
        peer.accept()
        peer.serve()

    def patient(self, pair, play=None):
        return Patient(play or self.play, tls=self.made.context(pair))

    def check_pair(self, name, pair, *arguments, text="", remedy=""):
        with self.patient(pair) as patient:
            return self.check_fault(name, "--authorities", self.made.authority, *arguments,
                                    patient.url(), text=text, remedy=remedy)

    def test_healthy(self):
        with self.patient(self.good) as patient:
            report = self.check_healthy("--authorities", self.made.authority, patient.url())
            self.assertRegex(report["tls"]["version"], r"\ATLSv1\.[23]\Z")
            self.assertTrue(report["tls"]["trusted"])
            self.assertIn("localhost", report["tls"]["chain"][0]["names"])

    def test_hawser_serve(self):
        with Server("--certificate", self.good, listen="https://localhost:0") as server:
            url = f"wss://localhost:{server.port}/echo"
            report = self.check_healthy("--authorities", self.made.authority, url)
            self.assertEqual((report["tls"]["version"], report["talk"]["echo"]),
                             ("TLSv1.3", "same"))
            self.check_fault("certificate-chain-incomplete", url)
            self.check_fault("upgrade-ignored", "--authorities", self.made.authority,
                             f"wss://localhost:{server.port}/")
            self.check_fault("tls-server", f"ws://localhost:{server.port}/echo", remedy="wss://")

    def test_expired(self):
        pair = self.made.leaf("expired", "IP:127.0.0.1", valid=PAST)
        self.check_pair("certificate-expired", pair, text="expired on 2001-01-01", remedy="Renew")

    def test_not_yet_valid(self):
        pair = self.made.leaf("early", "IP:127.0.0.1", valid=FUTURE)
        self.check_pair("certificate-not-yet-valid", pair, text="from 2098-01-01 on",
                        remedy="clock")

    def test_expires_soon(self):
        stamps = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))
                  for days in (-1, 5.5)]
        pair = self.made.leaf("soon", "IP:127.0.0.1", valid=stamps)
        with self.patient(pair) as patient:
            report = self.check_healthy("--authorities", self.made.authority, patient.url(),
                                        warnings=["certificate-expires-soon"])
            self.assertIn("in 5 days", report["warnings"][0]["text"])

    def test_other_name(self):
        pair = self.made.leaf("other", "DNS:example.com, DNS:www.example.com")
        self.check_pair("certificate-name", pair, text="but for: example.com www.example.com")

    def test_self_signed(self):
        pair = self.made.root("lonely", "IP:127.0.0.1")
        self.check_pair("certificate-self-signed", pair, remedy="--insecure")
        with self.patient(pair) as patient:
            report = self.check_healthy("--insecure", patient.url(),
                                        warnings=["certificate-self-signed"])
            self.assertFalse(report["tls"]["trusted"])

    def test_incomplete_chain(self):
        with self.patient(self.good) as patient:
            self.check_fault("certificate-chain-incomplete", patient.url(),
                             text="CN=authority", remedy="fullchain.pem")

    def test_unknown_authority(self):
        stranger = self.made.root("stranger")
        pair = self.made.leaf("far", "IP:127.0.0.1", authority="stranger")
        with open(pair, "a", encoding="ascii") as file:
            file.write(pathlib.Path(stranger).read_text(encoding="ascii"))
        self.check_pair("certificate-authority-unknown", pair, text="CN=stranger")

    def test_client_certificate_wanted(self):
        context = self.made.context(self.good)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.made.authority)
        for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
            context.maximum_version = version
            with Patient(self.play, tls=context) as patient:
                self.check_fault("client-certificate-wanted", "--authorities",
                                 self.made.authority, patient.url(), remedy="--certificate")
        with Patient(self.play, tls=context) as patient:
            self.check_healthy("--authorities", self.made.authority, "--certificate", self.good,
                               patient.url())

    def test_old_version(self):
        context = self.made.context(self.good)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with Patient(self.play, tls=context) as patient:
            self.check_fault("tls-version", "--authorities", self.made.authority, patient.url(),
                             remedy="TLSv1.2")

    def test_http2_only(self):
        context = self.made.context(self.good)
        context.set_alpn_protocols(["h2"])
        with Patient(b"\0\0\0\4\0\0\0\0\0", tls=context) as patient:
            self.check_fault("http2-only", "--authorities", self.made.authority, patient.url())

    def test_wss_to_who_waits_for_a_request(self):
        with Patient(self.play) as patient:
            self.check_fault("tls-timeout", *IN_TIME, patient.url(scheme="wss"),
                             remedy=f"without, at {patient.url()}, it opens")

    def test_ws_to_a_tls_server(self):
        with self.patient(self.good) as patient:
            self.check_fault("tls-server", patient.url(scheme="ws"), remedy="wss://")

    def test_wss_to_a_web_server(self):
        def play(peer):
            first = peer.read(1)
            if first == b"G":
                peer.rest = first + peer.rest
                peer.accept()
                peer.serve()
            else:
                peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        with Patient(play) as patient:
            report = self.check_fault("plain-server", patient.url(scheme="wss"),
                                      text=f"port {patient.port} does not speak TLS",
                                      remedy=patient.url())
            self.assertEqual(len(report["trials"]), 1)

    def test_ends_during_the_handshake(self):
        with Patient(lambda peer: peer.socket.recv(1)) as patient:
            self.check_fault("tls-dropped", patient.url(scheme="wss"))


class Answers(Case):
    """Heads, as servers and proxies answer with them."""

    def test_path_not_found(self):
        self.check_answer("path-not-found", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                          text="/ws (404)", remedy="path")

    def test_slash_at_the_end(self):
        def play(peer):
            if " /ws/ " in peer.peek():
                peer.accept()
                peer.serve()
            else:
                peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

        with Patient(play) as patient:
            self.check_fault("path-not-found", patient.url("/ws"), remedy=patient.url("/ws/"))

    def test_credentials(self):
        answer = ("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n"
                  "Content-Length: 0\r\n\r\n")
        self.check_answer("credentials-missing", answer, text="Bearer", remedy="--bearer")
        self.check_answer("credentials-refused", answer, "--bearer", "abc")
        self.check_answer("credentials-refused", answer, path="/ws?token=abc")
        self.check_answer("forbidden", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    def test_origins(self):
        with Server() as server:
            url = f"ws://localhost:{server.port}/echo"
            self.check_fault("origin-refused", "--origin", "https://example.com", url,
                             text="https://example.com", remedy=f"http://localhost:{server.port}")

        def play(peer):
            wanted = f"Origin: http://127.0.0.1:{patient.port}\r\n"
            if wanted in peer.peek():
                peer.accept()
                peer.serve()
            else:
                peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        with Patient(play) as patient:
            self.check_fault("origin-missing", patient.url(), remedy="--origin http://127.0.0.1")

    def test_websocket_version(self):
        self.check_answer("websocket-version", "HTTP/1.1 426 Upgrade Required\r\n"
                          "Sec-WebSocket-Version: 8\r\nContent-Length: 0\r\n\r\n", text="version 8")

    def test_upgrade_is_not_forwarded(self):
        for answer in ("HTTP/1.1 426 Upgrade Required\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n",
                       "HTTP/1.1 400 Bad Request\r\nVia: 1.1 old\r\nContent-Length: 24\r\n\r\n"
                       "Missing Upgrade header.\n"):
            self.check_answer("upgrade-not-forwarded", answer,
                              remedy="proxy_set_header Upgrade $http_upgrade;")
        self.check_answer("upgrade-ignored", "HTTP/1.1 200 OK\r\nServer: nginx\r\n"
                          "Content-Length: 6\r\n\r\n<html>", text="Server: nginx",
                          remedy='proxy_set_header Connection "upgrade";')

    def test_redirects(self):
        self.check_answer("redirect", "HTTP/1.1 301 Moved\r\nLocation: https://example.com/ws\r\n"
                          "Content-Length: 0\r\n\r\n", remedy="wss://example.com/ws")
        with Patient("HTTP/1.1 308 Moved\r\nLocation: /ws/\r\nContent-Length: 0\r\n\r\n") as patient:
            self.check_fault("redirect", patient.url("/ws"), remedy=patient.url("/ws/"))
        self.check_answer("redirect-to-login", "HTTP/1.1 302 Found\r\nLocation: /login\r\n"
                          "Content-Length: 0\r\n\r\n", remedy="Cookie")

    def test_busy(self):
        self.check_answer("too-many-requests", "HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\n"
                          "Content-Length: 0\r\n\r\n", text="7 seconds")
        self.check_answer("unavailable", "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\n"
                          "Content-Length: 0\r\n\r\n", text="60 seconds")

    def test_gateways(self):
        self.check_answer("gateway", "HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\n"
                          "Content-Length: 0\r\n\r\n", text="nginx")

    def test_tls_is_wanted(self):
        page = "<html><center>The plain HTTP request was sent to HTTPS port</center></html>"
        self.check_answer("tls-server", "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n"
                          f"Content-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n{page}",
                          *IN_TIME, remedy="wss://")
        self.check_answer("tls-server", b"\x15\x03\x01\x00\x02\x02\x46", *IN_TIME, remedy="wss://")

    def test_http_1_0(self):
        self.check_answer("http-1.0", "HTTP/1.0 200 OK\r\n\r\n<html>")

    def test_http_2(self):
        self.check_answer("http2-only", b"\0\0\x06\4\0\0\0\0\0\0\3\0\0\0\x64")

    def test_no_http(self):
        for banner, name in (("SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
                             ("220 mail.example.com ESMTP Postfix\r\n", "SMTP"),
                             ("-ERR unknown command 'GET'\r\n", "Redis")):
            self.check_answer("not-http", banner, text=name, remedy="port")

    def test_malformed(self):
        self.check_answer("http-malformed", "HTTP/1.1 101 Switching\r\nBad Name: x\r\n\r\n")

    def test_no_answer(self):
        with Patient(lambda peer: peer.wait_for_end()) as patient:
            self.check_fault("no-answer", "--timeout", "500ms", patient.url(), text="0.5 s")

    def test_closed_without_answer(self):
        with Patient(lambda peer: peer.read_head()) as patient:
            self.check_fault("closed-without-answer", *IN_TIME, patient.url())

    def test_socket_io(self):
        self.check_answer("socket-io", "HTTP/1.1 400 Bad Request\r\n"
                          "Content-Type: application/json\r\nContent-Length: 41\r\n\r\n"
                          '{"code":0,"message":"Transport unknown"}\n', path="/socket.io/",
                          remedy=SOCKET_IO_PATH)

        def play(peer):
            if " " + SOCKET_IO_PATH in peer.peek():
                peer.accept()
                peer.serve()

        with Patient(play) as patient:
            self.check_fault("socket-io", *IN_TIME, patient.url(), remedy=patient.url(SOCKET_IO_PATH))

    def test_sockjs(self):
        self.check_answer("sockjs", "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n"
                          "Welcome to SockJS!\n", remedy="/ws/websocket")

    def test_subprotocol_wanted(self):
        self.check_answer("subprotocol-missing", "HTTP/1.1 400 Bad Request\r\n"
                          "Content-Length: 19\r\n\r\nmissing subprotocol", remedy="--protocol")


class Switches(Case):
    """A 101 that is none."""

    HEADERS = {"Upgrade": "websocket", "Connection": "Upgrade"}

    def check_switch(self, name, *arguments, text="", drop=(), **changes):
        def play(peer):
            key = peer.read_head()["sec-websocket-key"].encode()
            fields = {**self.HEADERS, "Sec-WebSocket-Accept": Peer.accept_of(key),
                      **{field.replace("_", "-"): value for field, value in changes.items()}}
            lines = "".join(f"{field}: {value}\r\n" for field, value in fields.items()
                            if field not in drop)
            peer.send(f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n")
            peer.wait_for_end()

        with Patient(play) as patient:
            return self.check_fault(name, *arguments, patient.url(), text=text)

    def test_upgrade(self):
        self.check_switch("upgrade-header", drop=["Upgrade"], text="missing")
        self.check_switch("upgrade-header", Upgrade="h2c", text="h2c")

    def test_connection(self):
        self.check_switch("connection-header", drop=["Connection"], text="missing")
        self.check_switch("connection-header", Connection="close", text="close")

    def test_accept(self):
        self.check_switch("accept-missing", drop=["Sec-WebSocket-Accept"])
        self.check_switch("accept-wrong", Sec_WebSocket_Accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                          text="s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, and must be")

    def test_extension_that_was_not_offered(self):
        self.check_switch("extension-unasked", "--no-deflate", text="permessage-deflate",
                          Sec_WebSocket_Extensions="permessage-deflate")
        self.check_switch("extension-unasked", Sec_WebSocket_Extensions="x-webkit-deflate-frame",
                          text="x-webkit-deflate-frame")

    def test_extension_with_parameters_that_do_not_fit(self):
        for parameters in "server_max_window_bits=16", "level=9", "client_max_window_bits":
            value = f"permessage-deflate; {parameters}"
            with self.subTest(value):
                self.check_switch("extension-parameters", Sec_WebSocket_Extensions=value, text=value)

    def test_subprotocols(self):
        self.check_switch("subprotocol-unasked", Sec_WebSocket_Protocol="chat", text="none was")
        self.check_switch("subprotocol-unasked", "--protocol", "a", Sec_WebSocket_Protocol="b")

        def play(peer):
            peer.accept()
            peer.serve()

        with Patient(play) as patient:
            self.check_fault("subprotocol-none", "--protocol", "a", patient.url())


class Talks(Case):
    """It opens, and then something is wrong."""

    def check_talk(self, name, talk, text="", remedy="", *arguments):
        def play(peer):
            peer.accept()
            talk(peer)

        with Patient(play) as patient:
            return self.check_fault(name, *arguments, patient.url(), text=text, remedy=remedy)

    def close(self, payload):
        def talk(peer):
            peer.send(frame(CLOSE, payload, mask=False))
            peer.wait_for_end()
        return talk

    def send(self, data):
        def talk(peer):
            peer.send(data)
            peer.wait_for_end()
        return talk

    def test_closed_at_once(self):
        self.check_talk("closed-at-once", self.close(b"\x03\xf0no token"),
                        text='code 1008 (its policy: often a missing or bad token, or Origin), '
                             '"no token"', remedy="--bearer")
        self.check_talk("closed-at-once", self.close(b"\x03\xf3"), text="1011", remedy="log")
        self.check_talk("closed-at-once", self.close(b"\x03\xf4"), text="restarts")
        self.check_talk("closed-at-once", self.close(b"\x03\xf5"), text="overloaded")
        self.check_talk("closed-at-once", lambda peer: None, text="1006")

    def test_broken_frames(self):
        self.check_talk("frame-masked", self.send(frame(TEXT, b"x", mask=b"\1\2\3\4")))
        self.check_talk("frame-reserved-bit", self.send(frame(TEXT, b"x", mask=False, rsv=4)),
                        text="permessage-deflate")
        self.check_talk("frame-opcode", self.send(frame(0x3, b"x", mask=False)))
        self.check_talk("frame-control", self.send(frame(PING, b"x" * 126, mask=False)))
        self.check_talk("text-not-utf8", self.send(frame(TEXT, b"\xff", mask=False)))
        self.check_talk("close-malformed", self.send(frame(CLOSE, b"\x03", mask=False)))

    def test_no_pong(self):
        self.check_talk("no-pong", lambda peer: peer.serve(pong=False), "", "", *IN_TIME)

    def test_no_close(self):
        self.check_talk("close-unanswered", lambda peer: peer.serve(close=False), "", "", *IN_TIME)

    def test_an_end_instead_of_a_close(self):
        def play(peer):
            peer.accept()
            opcode = TEXT
            while opcode != CLOSE:
                opcode, payload = peer.read_frame()
                if opcode == PING:
                    peer.send(frame(PONG, payload, mask=False))

        with Patient(play) as patient:
            self.check_healthy(patient.url(), warnings=["close-unclean"])


@unittest.skipUnless(shutil.which("nginx"), "no nginx")
class Nginx(Case):
    """A real proxy, set up as so many are."""

    def free_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def run_nginx(self, folder, locations):
        port = self.free_port()
        (pathlib.Path(folder) / "nginx.conf").write_text(f"""
            daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path {folder}; proxy_temp_path {folder};
                fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
                server {{ listen 127.0.0.1:{port}; {locations} }}
            }}""")
        process = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-e",
                                    f"{folder}/error.log"], stderr=subprocess.DEVNULL)
        while not listens(process.pid, port):
            if process.poll() is not None:  # somebody else has taken the port meanwhile
                return self.run_nginx(folder, locations)
            time.sleep(0.02)
        return process, port

    def test_proxy(self):
        with tempfile.TemporaryDirectory() as folder, Server() as server:
            target = f"proxy_pass http://127.0.0.1:{server.port}/echo;"
            process, port = self.run_nginx(folder, f"""
                location /good {{
                    {target} proxy_http_version 1.1;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection "upgrade";
                }}
                location /bad {{ {target} }}
                location /gone {{ proxy_pass http://127.0.0.1:{port_of_nobody()}; }}""")
            try:
                self.check_healthy(f"ws://127.0.0.1:{port}/good")
                self.check_fault("upgrade-not-forwarded", f"ws://127.0.0.1:{port}/bad",
                                 text="nginx", remedy="proxy_set_header Upgrade $http_upgrade;")
                self.check_fault("gateway", f"ws://127.0.0.1:{port}/gone", text="nginx")
                self.check_fault("path-not-found", f"ws://127.0.0.1:{port}/nowhere")
            finally:
                process.terminate()
                process.wait(60)


class Look(Case):
    def test_verdict(self):
        """Steps, an empty line, the fault, the remedy."""
        with Patient("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as patient:
            status, out = doctor(patient.url("/ws"), json_wanted=False)
        self.assertEqual(status, 1)
        verdict = out[out.index("\n\n") + 2:]
        self.assertTrue(verdict.startswith("Fault:    There is nothing at the path /ws (404).\n"
                                           "Remedy:   "), verdict)
        self.assertLessEqual(max(map(len, verdict.split("\n"))), 92)

    def test_nothing_steers_the_terminal(self):
        def play(peer):
            peer.accept()
            peer.send(frame(CLOSE, b"\x03\xf0\x1b[31mred", mask=False))
            peer.wait_for_end()

        with Patient(play) as patient:
            _, out = doctor(patient.url(), json_wanted=False)
            self.assertNotIn("\x1b", out)
            self.assertIn('"\\x1b[31mred"', out)

    def test_secrets_are_hidden(self):
        with Patient("HTTP/1.1 401 No\r\nSet-Cookie: sid=secret5\r\n"
                     "Content-Length: 0\r\n\r\n") as patient:
            arguments = ["--bearer", "secret1", "--cookie", "sid=secret2", "--header",
                         "X-Api-Key: secret3", "--verbose", patient.url("/ws?token=secret4")]
            for json_wanted in True, False:
                _, out = doctor(*arguments, json_wanted=json_wanted)
                self.assertNotIn("secret", str(out))
            self.assertIn("> Authorization: Bearer ***\n", out)
            self.assertIn("> GET /ws?token=*** HTTP/1.1\n", out)
            self.assertIn("< Set-Cookie: ***\n", out)
            self.assertIn("secret1", patient.requests[0]["authorization"])

    def test_credentials_go_nowhere_else(self):
        """What identifies the user goes to another path or scheme in no attempt."""
        with Patient("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as patient:
            doctor("--bearer", "abc", patient.url("/ws"))
            for request in patient.requests:
                self.assertEqual("authorization" in request, "/socket.io/" not in request[""])
            self.assertEqual(len(patient.requests), 4)

    def test_faults_of_the_manual(self):
        """Each stands in the sources; that each which is found stands there, check_fault holds."""
        source = "".join(path.read_text(encoding="utf-8")
                         for path in (ROOT / "src/cmd").glob("doctor_*.c"))
        self.assertGreater(len(MANUAL_FAULTS), 80)
        for name in MANUAL_FAULTS:
            self.assertIn(f'"{name}"', source)
        for name in re.findall(r'DOCTOR_(?:FAULT|WARNING|NOTE),\s*"([^"]+)"', source):
            self.assertIn(name, MANUAL_FAULTS)

    def test_options_of_the_manual(self):
        told = dict(re.findall(r"^  (--[a-z-]+)(?: ([A-Z]+))?", run("doctor", "--help")[1], re.M))
        self.assertIn("--origin", told)
        items = re.findall(r"^\.It Fl -([a-z-]+)(?: Ar ([A-Z]+))?(?: , Fl h)?$", MANUAL, re.M)
        self.assertEqual({f"--{name}": argument for name, argument in items}, told)
        synopsis = MANUAL[:MANUAL.index(".Sh DESCRIPTION")]
        listed = re.findall(r"^\.(?:Op )?Fl -([a-z-]+)(?: Ar ([A-Z]+))?$", synopsis, re.M)
        self.assertEqual({f"--{name}": argument for name, argument in listed}, told)

    def test_misuse(self):
        for arguments, says in (
                ([], "where to?"), (["ftp://localhost/"], "ftp://localhost/"),
                (["ws://user:password@localhost/"], "--user"),
                (["--header", "x", "ws://localhost/"], "Name: value"),
                (["--authorities", "/nowhere.pem", "wss://localhost/"], "/nowhere.pem"),
                (["--timeout", "soon", "ws://localhost/"], "--timeout"),
                (["--sail", "ws://localhost/"], "--sail")):
            status, out, err = run("doctor", *arguments)
            self.assertEqual((status, out), (2, ""), err)
            self.assertRegex(err, r"\Ahawser doctor: [^\n]+\n\Z")
            self.assertIn(says, err)


if __name__ == "__main__":
    unittest.main()
