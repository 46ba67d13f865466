# SPDX-License-Identifier: MIT
"""Back ends that are asked over HTTP what may be done in channels.

Rows of the table of bad inputs: R035.
"""
import base64
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

sys.path[:0] = [str(parent) for parent in pathlib.Path(__file__).resolve().parents[:2]]
from lib.backend import Backend  # noqa: E402
from lib.certificates import Certificates  # noqa: E402
from lib.channels import SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import Server, run  # noqa: E402
from test_streams import Stream  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOOKS = ("connect", "refresh", "subscribe", "publish", "rpc")
EXPIRED = 3005

CONFIG = """
hook-header:
  - "X-Secret: it is us"
  - "X-Other: 5"
hook-forward: [Cookie, Authorization, X-Forwarded-For]
namespaces:
  default:
    history_size: 10
    recovery: true
  open:
    subscribe: all
    publish: all
  tokens:
    subscribe: token
"""


def options(url, *names):
    return [word for name in names for word in (f"--hook-{name}", f"{url}/{name}")]


def let_in(backend, **more):
    """Everything is allowed, until a test wants something else."""
    backend.answers.update({f"/{name}": {"result": {}} for name in HOOKS})
    backend.answers["/connect"] = {"result": {"user": "ada", **more}}


class Webhooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        (cls.path / "hawser.yaml").write_text(CONFIG)
        (cls.path / "key").write_text("0123456789abcdef")
        cls.backend = Backend()
        # Long, so that a loaded machine makes no difference; those who wait for it are elsewhere.
        cls.server = Server("--config", str(cls.path / "hawser.yaml"), "--hook-timeout", "60s",
                            "--api-key", str(cls.path / "key"), "--threads", "2",
                            "--metrics", "http://127.0.0.1:0",
                            *options(cls.backend.url, *HOOKS))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.backend.stop()
        cls.folder.cleanup()

    def setUp(self):
        let_in(self.backend)
        while not self.backend.asked.empty():
            self.backend.asked.get()

    def open(self, server=None, **options):
        client = ChannelClient(server or self.server, **options)
        self.addCleanup(client.ws.end)
        return client

    def client(self, server=None):
        client = self.open(server)
        self.assertIn("connect", client.connect())
        return client

    def expect(self, path):
        asked = self.backend.next()
        self.assertEqual(asked[0], path)
        return asked[1:]

    def test_the_greeting_says_nothing_of_development(self):
        self.assertNotIn("development", "\n".join(self.server.greeting))

    def test_connect(self):
        self.backend.answers["/connect"] = {"result": {
            "user": "ada", "info": {"name": "Ada"}, "data": [1, {"a": None}],
            "expire_at": int(time.time()) + 1000, "channels": ["x", "open:y"]}}
        client = self.open()
        reply = client.connect(data={"a": 1}, name="js", version="5")["connect"]
        self.assertEqual(reply["data"], [1, {"a": None}])
        self.assertEqual(set(reply["subs"]), {"x", "open:y"})
        self.assertNotIn("expires", reply)  # that is between us and the back end
        question, headers, _ = self.expect("/connect")
        self.assertEqual(question, {
            "client": client.client, "transport": "websocket", "protocol": "json",
            "encoding": "json", "name": "js", "version": "5", "data": {"a": 1}})
        self.assertEqual(headers["X-Secret"], "it is us")
        self.assertEqual(headers["X-Other"], "5")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertIn(headers["X-Forwarded-For"], ("127.0.0.1", "::1"))
        self.assertTrue(self.backend.url.endswith(headers["Host"]))
        presence = client.ask(presence={"channel": "x"})["presence"]["presence"]
        self.assertEqual(list(presence.values()), [
            {"client": client.client, "user": "ada", "conn_info": {"name": "Ada"}}])

    def test_channels_with_something_of_their_own_and_meta(self):
        self.backend.answers["/connect"] = {"result": {
            "user": "ada", "meta": {"tenant": 5}, "channels": ["y"],
            "subs": {"x": {"info": {"seat": 1}, "data": [7]}, "open:z": {}, "no:where": {}}}}
        client = self.open()
        reply = client.connect()["connect"]
        self.assertEqual(set(reply["subs"]), {"x", "y", "open:z"})
        self.assertEqual(reply["subs"]["x"]["data"], [7])
        self.assertNotIn("meta", reply)
        self.assertNotIn("meta", self.expect("/connect")[0])
        presence = client.ask(presence={"channel": "x"})["presence"]["presence"]
        self.assertEqual(list(presence.values()), [
            {"client": client.client, "user": "ada", "chan_info": {"seat": 1}}])
        client.ask(rpc={"method": "m"})
        self.assertEqual(self.expect("/rpc")[0]["meta"], {"tenant": 5})
        client.subscribe("w")
        self.assertEqual(self.expect("/subscribe")[0]["meta"], {"tenant": 5})
        client.publish("w", 1)
        self.assertEqual(self.expect("/publish")[0]["meta"], {"tenant": 5})

    def test_headers_go_on(self):
        ws = self.server.socket()
        self.addCleanup(ws.end)
        origin = f"http://{self.server.host}:{self.server.port}"
        answer = ws.open("/connection/websocket", [
            ("Origin", origin), ("Cookie", "session=5"), ("Authorization", "Bearer x"),
            ("X-Forwarded-For", "192.0.2.1"), ("X-Secret", "I am you"), ("X-Else", "1")])
        self.assertEqual(answer.status, 101)
        ws.send_text('{"id":1,"connect":{}}')
        headers = self.expect("/connect")[1]
        self.assertEqual(headers["Cookie"], "session=5")
        self.assertEqual(headers["Authorization"], "Bearer x")
        self.assertRegex(headers["X-Forwarded-For"], r"^192\.0\.2\.1, (127\.0\.0\.1|::1)$")
        self.assertEqual(headers["X-Secret"], "it is us")
        self.assertNotIn("X-Else", headers)

    def test_answers_of_connect(self):
        for answer, code in (({"error": {"code": 1000, "message": "no"}}, 1000),
                             ({"error": {"code": 103}, "result": None}, 103),
                             ({"result": {}, "disconnect": {"code": 4500, "reason": "go"}}, None)):
            self.backend.answers["/connect"] = answer
            client = self.open()
            if code:
                self.assertEqual(client.code(connect={}), code)
            else:
                client.send({"id": 1, "connect": {}})
                close = client.ws.receive_close()
                self.assertEqual((close.code, close.reason), (4500, "go"))
        self.backend.answers["/connect"] = {"result": {
            "b64info": base64.b64encode(b'{"a": 1}').decode(),
            "b64data": base64.b64encode(b"[2]").decode()}}
        client = self.open()
        self.assertEqual(client.connect()["connect"]["data"], [2])
        client.subscribe("open:b64", join_leave=True)
        self.assertEqual(client.push()["join"]["info"],
                         {"client": client.client, "user": "", "conn_info": {"a": 1}})

    def test_answers_that_are_none(self):
        """Each of them fails closed, whatever else it says."""
        client = self.client()
        for answer in ({}, [], 5, None, "x", {"result": None}, {"result": []}, {"error": 5},
                       {"error": {}}, {"error": {"code": "103"}}, {"error": {"code": 99}},
                       {"error": {"code": 2000}}, {"error": {"code": 400, "message": 5}},
                       {"error": {"code": 400, "message": "x" * 256}}, {"disconnect": {}},
                       {"disconnect": {"code": 1000}}, {"disconnect": {"code": 5000}},
                       {"disconnect": {"code": 4000, "reason": "x" * 124}},
                       {"result": {"info": 1, "expire_at": "soon"}}, {"result": {"expire_at": -1}},
                       {"result": {"b64data": "!"}}, {"result": {"b64data": "e30"}},
                       {"result": {"b64data": 5}}):
            self.backend.answers["/subscribe"] = answer
            self.assertEqual(client.code(subscribe={"channel": "x"}), 100, answer)
        self.backend.answers["/connect"] = {"result": {"user": 5}}
        self.assertEqual(self.open().code(connect={}), 100)
        for wrong in ({"channels": 5}, {"channels": [5]}, {"channels": ["x"] * 1001},
                      {"user": "x" * 256}):
            self.backend.answers["/connect"] = {"result": wrong}
            self.assertEqual(self.open().code(connect={}), 100, wrong)
        self.assertIn("subscribe", client.ask(subscribe={"channel": "open:x"}))

    def test_subscribe(self):
        self.backend.answers["/subscribe"] = {"result": {
            "info": {"role": "host"}, "data": {"hello": 1}, "expire_at": int(time.time()) + 100}}
        client = self.client()
        self.expect("/connect")
        reply = client.subscribe("x", data=[7], join_leave=True)
        self.assertEqual(reply["data"], {"hello": 1})
        self.assertTrue(reply["expires"])
        question, headers, _ = self.expect("/subscribe")
        self.assertEqual(question, {
            "client": client.client, "transport": "websocket", "protocol": "json",
            "encoding": "json", "user": "ada", "channel": "x", "data": [7]})
        self.assertEqual(headers["X-Secret"], "it is us")
        self.assertEqual(client.push()["join"]["info"]["chan_info"], {"role": "host"})
        self.backend.answers["/subscribe"] = {"error": {"code": 403, "message": "no"}}
        self.assertEqual(client.code(subscribe={"channel": "y"}), 403)
        self.expect("/subscribe")
        # Neither of these is for the back end to decide.
        self.assertEqual(client.code(subscribe={"channel": "x"}), 105)
        self.assertEqual(client.code(subscribe={"channel": "x#ben"}), 103)
        self.assertEqual(client.code(subscribe={"channel": "tokens:x"}), 103)
        client.subscribe("open:x")
        self.assertTrue(self.backend.asked.empty())

    def test_publish(self):
        client = self.client()
        client.subscribe("said")
        client.publish("said", {"a": 1})
        self.assertEqual(client.data(), {"a": 1})
        self.backend.answers["/publish"] = {"result": {"data": {"b": 2}}}
        client.publish("said", {"a": 1})
        self.assertEqual(client.data(), {"b": 2})
        self.backend.answers["/publish"] = {"result": {"skip_history": True}}
        client.publish("said", 3)
        self.assertEqual(client.data(), 3)
        self.backend.answers["/publish"] = {"error": {"code": 400, "message": "rude"}}
        self.assertEqual(client.code(publish={"channel": "said", "data": "rude"}), 400)
        for path in ("/connect", "/subscribe", "/publish", "/publish", "/publish"):
            self.expect(path)
        question = self.expect("/publish")[0]
        self.assertEqual((question["user"], question["channel"], question["data"]),
                         ("ada", "said", "rude"))
        history = client.ask(history={"channel": "said", "limit": 10})["history"]["publications"]
        self.assertEqual([one["data"] for one in history], [{"a": 1}, {"b": 2}])
        client.publish("open:x", 1)
        self.assertTrue(self.backend.asked.empty())

    def test_rpc(self):
        self.backend.answers["/rpc"] = {"result": {"data": {"year": 2026}}}
        client = self.client()
        self.expect("/connect")
        self.assertEqual(client.ask(rpc={"method": "date", "data": {"of": "now"}})["rpc"],
                         {"data": {"year": 2026}})
        question = self.expect("/rpc")[0]
        self.assertEqual((question["user"], question["method"], question["data"]),
                         ("ada", "date", {"of": "now"}))
        self.backend.answers["/rpc"] = {"error": {"code": 404, "message": "what?"}}
        self.assertEqual(client.ask(rpc={"method": "x"})["error"],
                         {"code": 404, "message": "what?"})
        self.backend.answers["/rpc"] = {"disconnect": {"code": 4501, "reason": "that was that"}}
        client.send({"id": 99, "rpc": {"method": "x"}})
        self.assertEqual(client.close_code(), 4501)

    def test_refresh(self):
        let_in(self.backend, expire_at=int(time.time()) + 1)
        self.backend.answers["/refresh"] = {"result": {"expire_at": int(time.time()) + 1}}
        client = self.client()
        self.expect("/connect")
        question = self.expect("/refresh")[0]
        self.assertEqual((question["client"], question["user"]), (client.client, "ada"))
        self.backend.answers["/refresh"] = lambda handler, _: handler.reply_text("", 500)
        self.expect("/refresh")
        self.backend.answers["/refresh"] = {"result": {"expired": True}}
        self.assertEqual(client.close_code(), EXPIRED)
        self.expect("/refresh")

    def test_tokens_are_not_asked_about(self):
        (self.path / "secret").write_bytes(SECRET)
        with Server("--token-key", str(self.path / "secret"),
                    *options(self.backend.url, "connect", "rpc")) as server:
            client = self.open(server)
            self.assertIn("connect", client.connect(token=token(sub="ben", meta={"tenant": 6})))
            self.assertTrue(self.backend.asked.empty())
            client.ask(rpc={"method": "m"})
            self.assertEqual(self.expect("/rpc")[0]["meta"], {"tenant": 6})
            client = self.open(server)
            client.send({"id": 1, "connect": {"token": token(sub="ben", meta=[6])}})
            self.assertEqual(client.close_code(), 3500)
            self.assertIn("connect", self.open(server).connect())
            self.expect("/connect")

    def test_order(self):
        """What a client sends while a back end takes its time waits for it."""
        client = self.open()
        turns = {}

        def slowly(handler, question):
            turns[question.get("data")] = turns.get(question.get("data"), 0) + 1
            time.sleep({1: 0.2, 2: 0.1}.get(question.get("data"), 0))
            handler.reply({"result": {"user": "ada"}})
        for path in ("/connect", "/subscribe", "/publish"):
            self.backend.answers[path] = slowly
        client.send({"id": 1, "connect": {}}, {"id": 2, "subscribe": {"channel": "x"}},
                    *({"id": 2 + n, "publish": {"channel": "x", "data": n}} for n in (1, 2, 3)))
        heard = [client.receive() for _ in range(8)]
        self.assertEqual([line["id"] for line in heard if "id" in line], [1, 2, 3, 4, 5])
        self.assertEqual([line["push"]["pub"]["data"] for line in heard if "push" in line],
                         [1, 2, 3])
        self.assertEqual([turns[n] for n in (1, 2, 3)], [1, 1, 1])

    def test_connections_are_kept(self):
        client = self.client()
        ports = [self.expect("/connect")[2]]
        while len(ports) < 3 or len(set(ports[-3:])) > 1:  # within a second, which a machine may take
            self.assertLess(len(ports), 300)
            client.ask(rpc={"method": "x"})
            ports.append(self.expect("/rpc")[2])

    def test_a_kept_connection_that_was_closed(self):
        def once(handler, question):
            handler.reply({"result": {"user": "ada"}})
            handler.close_connection = True  # without a word in the answer
        for path in ("/connect", "/subscribe", "/rpc"):
            self.backend.answers[path] = once
        for n in range(5):
            client = self.client()
            client.subscribe("x")
            self.backend.answers["/rpc"] = once
            answer = client.ask(rpc={"method": "x"})  # which is not sent twice, if it comes to that
            self.assertTrue("rpc" in answer or answer["error"]["code"] == 100)

    def test_the_client_goes(self):
        gone = threading.Event()

        def wait(handler, question):
            handler.connection.settimeout(60)
            if handler.rfile.read(1) == b"":
                gone.set()
        self.backend.answers["/rpc"] = wait
        client = self.client()
        self.expect("/connect")
        client.send({"id": 5, "rpc": {"method": "x"}})
        self.expect("/rpc")
        client.ws.end()
        self.assertTrue(gone.wait(60))

    def metrics(self):
        line = next(line for line in self.server.greeting if "metrics" in line)
        with urllib.request.urlopen(line.split()[1], timeout=60) as answer:
            text = answer.read().decode()
        return {name: float(value) for name, value in re.findall(r"^(hawser_webhook\S+) (\S+)$", text,
                                                                 re.M)}

    def test_metrics(self):
        before = self.metrics()
        client = self.client()
        self.backend.answers["/rpc"] = lambda handler, _: handler.reply_text("x", 500)
        client.code(rpc={"method": "x"})
        self.backend.answers["/rpc"] = {"error": {"code": 400}}
        client.code(rpc={"method": "x"})
        after = self.metrics()
        for name, more in (('questions_total{hook="connect"}', 1), ('questions_total{hook="rpc"}', 2),
                           ('refusals_total{hook="rpc"}', 1),
                           ('failures_total{hook="rpc",cause="status"}', 1),
                           ('failures_total{hook="rpc",cause="timeout"}', 0)):
            name = "hawser_webhook_" + name
            self.assertEqual(after[name] - before[name], more, name)

    def test_streams(self):
        with Stream(self.server, "/connection/http_stream", '{"id":1,"connect":{}}') as stream:
            place = stream.next()["connect"]
            self.assertEqual(self.expect("/connect")[0]["transport"], "http_stream")

            def ask(**command):
                data = json.dumps(command)
                body = json.dumps({"session": place["session"], "node": place["node"], "data": data})
                with Stream(self.server, "/emulation", body) as answer:
                    self.assertEqual(answer.status, 204)
                return stream.next()
            self.backend.answers["/subscribe"] = lambda handler, _: handler.reply_text("", 502)
            self.assertEqual(ask(id=2, subscribe={"channel": "x"})["error"]["code"], 100)
            self.backend.answers["/subscribe"] = {"result": {}}
            self.assertIn("subscribe", ask(id=3, subscribe={"channel": "x"}))
            self.assertIn("rpc", ask(id=4, rpc={"method": "x"}))

    def test_one_way(self):
        let_in(self.backend, channels=["x"])
        with Stream(self.server, "/connection/uni_http_stream", '{"subs":{"y":{}}}') as stream:
            self.assertEqual(set(stream.next()["connect"]["subs"]), {"x"})
        self.backend.answers["/connect"] = lambda handler, _: handler.reply_text("", 500)
        with Stream(self.server, "/connection/uni_http_stream", "{}") as stream:
            self.assertEqual(stream.next()["disconnect"]["code"], 3004)
        self.backend.answers["/connect"] = {"error": {"code": 400, "message": "no"}}
        with Stream(self.server, "/connection/uni_http_stream", "{}") as stream:
            self.assertEqual(stream.next()["disconnect"]["code"], 3503)


def hang(handler, question):
    """Says nothing until its peer has had enough."""
    handler.connection.settimeout(60)
    handler.rfile.read(1)


def too_large(handler, question):
    handler.send_response(200)
    handler.send_header("Content-Length", 1 << 30)
    handler.end_headers()
    hang(handler, question)


def too_large_in_chunks(handler, question):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    try:
        for _ in range(1 << 14):
            handler.wfile.write(chunk)
    except OSError:
        pass
    handler.close_connection = True


def slow(handler, question):
    """A byte now and then: the time is for all of it."""
    try:
        while True:
            handler.wfile.write(b"H")
            time.sleep(0.02)
            handler.wfile.write(b"")
            handler.wfile.flush()
    except OSError:
        handler.close_connection = True


def vanish(handler, question):
    handler.close_connection = True


def raw(text):
    def answer(handler, question):
        handler.wfile.write(text)
        handler.close_connection = True
    return answer


class Failures(unittest.TestCase):
    """R035: nothing is let pass, the connection lives, and the answer that was too late, too large,
    wrong or elsewhere does no harm."""

    def setUp(self):
        self.backend = Backend()
        self.addCleanup(self.backend.stop)
        let_in(self.backend)

    def server(self, *more, timeout="1s"):
        server = Server(*options(self.backend.url, *HOOKS), "--hook-timeout", timeout, *more)
        self.addCleanup(server.stop)
        return server

    def client(self, server):
        client = ChannelClient(server)
        self.addCleanup(client.ws.end)
        while "error" in client.connect():  # in time, on a loaded machine
            pass
        return client

    COMMANDS = {
        "/subscribe": {"subscribe": {"channel": "x"}},
        "/publish": {"publish": {"channel": "x", "data": 1}},
        "/rpc": {"rpc": {"method": "x"}},
    }

    def check(self, client, behaviour):
        for path, command in self.COMMANDS.items():
            self.backend.answers[path] = behaviour
            reply = client.ask(**command)
            self.assertEqual(reply.get("error"), {"code": 100, "message": "internal server error",
                                                  "temporary": True}, (path, reply))
            self.assertEqual(client.ask(ping={})["ping"], {})
            self.backend.answers[path] = {"result": {}}
        other = ChannelClient(self.running)
        self.addCleanup(other.ws.end)
        self.backend.answers["/connect"] = behaviour
        self.assertEqual(other.code(connect={}), 100)
        self.backend.answers["/connect"] = {"result": {"user": "ada"}}
        self.assertEqual(client.ask(ping={})["ping"], {})

    def run_all(self, *behaviours, timeout):
        self.running = self.server("--log-level", "warning", timeout=timeout)
        client = self.client(self.running)
        for behaviour in behaviours:
            self.check(client, behaviour)
        self.running.stop()
        return self.running.errors

    def test_r035_no_answer_in_time(self):
        errors = self.run_all(hang, slow, timeout="300ms")
        self.assertIn("webhook rpc (localhost port", errors)
        self.assertIn("no answer in time", errors)

    def test_r035_answers_that_are_none(self):
        elsewhere = Backend()
        self.addCleanup(elsewhere.stop)
        let_in(elsewhere)

        def redirect(status):
            return lambda handler, _: handler.reply_text(
                "{}", status, Location=f"{elsewhere.url}/rpc")
        errors = self.run_all(
            too_large, too_large_in_chunks, vanish,
            lambda handler, _: handler.reply({"result": {}}, 500),
            lambda handler, _: handler.reply({"result": {}}, 201),
            lambda handler, _: handler.reply({"result": {}}, 404),
            redirect(301), redirect(302), redirect(303), redirect(307), redirect(308),
            lambda handler, _: handler.reply_text("{"),
            lambda handler, _: handler.reply_text(""),
            lambda handler, _: handler.reply_text('{"result":{}}{}'),
            lambda handler, _: handler.reply_text('{"result":{},"result":{}}'),
            lambda handler, _: handler.reply_text("[" * 100000),
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"result\":{}"),
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 13\r\n\r\n"),
            raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"),
            raw(b"\x00" * 100), raw(b"SSH-2.0-x\r\n"), raw(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 9999),
            timeout="60s")
        self.assertTrue(elsewhere.asked.empty())
        self.assertIn("HTTP 302 in place of 200", errors)

    def test_r035_nobody_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # not listening
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            with Server(*options(self.backend.url, "connect"), "--hook-rpc", url,
                        "--hook-timeout", "60s", "--anonymous") as server:
                client = self.client(server)
                self.assertEqual(client.code(rpc={"method": "x"}), 100)
                self.assertEqual(client.ask(ping={})["ping"], {})
            self.assertIn("refused", server.errors)

    def test_too_many(self):
        server = self.server("--hook-connections", "1", "--hook-waiting", "1", "--threads", "1",
                             timeout="60s")
        free = threading.Event()

        def wait(handler, question):
            free.wait(60)
            handler.reply({"result": {}})
        clients = [self.client(server) for _ in range(3)]
        self.backend.answers["/rpc"] = wait
        while not self.backend.asked.empty():
            self.backend.asked.get()
        clients[0].send({"id": 50, "rpc": {"method": "x"}})
        self.backend.next()
        clients[1].send({"id": 50, "rpc": {"method": "x"}})
        # Until that one waits, this one would; who then comes is too many.
        codes = []
        while 111 not in codes and len(codes) < 1000:
            clients[2].send({"id": 51 + len(codes), "rpc": {"method": "x"}})
            clients[2].ws.socket.settimeout(0.2)
            try:
                codes.append(clients[2].receive().get("error", {}).get("code"))
            except (TimeoutError, OSError):
                codes.append(None)
        free.set()
        self.assertIn(111, codes)
        self.assertIn("rpc", clients[0].receive())

    def test_certificates(self):
        with Certificates() as certificates:
            pair = certificates.leaf("backend", "DNS:localhost")
            wrong = certificates.leaf("other", "DNS:elsewhere.example")
            authority = str(certificates.path / "authority.pem")
            for shown, trust, is_good in ((pair, authority, True), (pair, None, False),
                                          (wrong, authority, False)):
                with Backend(certificates.context(shown)) as backend:
                    let_in(backend)
                    more = ["--hook-authorities", trust] if trust else []
                    with Server(*options(backend.url, "connect"), "--hook-timeout", "60s",
                                *more) as server:
                        client = ChannelClient(server)
                        reply = client.connect()
                        self.assertEqual("connect" in reply, is_good, reply)
                        client.ws.end()
                    if not is_good:
                        self.assertIn("certificate", server.errors)

    def test_the_server_ends(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.server("--drain", "0s", timeout="60s")
            client = self.client(server)
            self.backend.answers["/rpc"] = hang
            while not self.backend.asked.empty():
                self.backend.asked.get()
            client.send({"id": 5, "rpc": {"method": "x"}})
            self.backend.next()
            server.signal(number)
            self.assertEqual(server.wait(60), 0)


    def test_what_has_no_effect_is_told_once(self):
        server = self.server("--log-level", "warning", timeout="60s")
        for answer in ({"caps": [{"channels": ["x"], "allow": ["sub"]}]}, {"caps": None},
                       {"subs": {"x": {"override": {"presence": {"value": False}}}}}):
            self.backend.answers["/connect"] = {"result": {"user": "ada", **answer}}
            self.client(server)
        server.stop()
        self.assertEqual(server.errors.count("has no effect here"), 1, server.errors)
        self.assertIn('the answer has "caps", which has no effect here', server.errors)


def webhook_metrics(server):
    line = next(line for line in server.greeting if "metrics" in line)
    with urllib.request.urlopen(line.split()[1], timeout=60) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r"^hawser_webhook_(\S+) (\S+)$", text,
                                                             re.M)}


class Pauses(unittest.TestCase):
    """A back end that does not answer is not asked for a while, hook by hook."""

    def begin(self, pause):
        """One that answers, one that is not there, and a client."""
        self.there, self.gone = Backend(), Backend(is_down=True)
        self.addCleanup(self.there.stop)
        self.addCleanup(self.gone.stop)
        let_in(self.there)
        let_in(self.gone)
        self.server = Server(*options(self.there.url, "connect", "subscribe", "publish"), *options(
            self.gone.url, "rpc"), "--hook-failures", "3", "--hook-pause", pause, "--hook-timeout",
            "60s", "--log-level", "info", "--metrics", "http://127.0.0.1:0", "--threads", "2")
        self.addCleanup(self.server.stop)
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        self.assertIn("connect", client.connect())
        return client

    def test_nothing_is_asked_for_a_while(self):
        client = self.begin("1h")
        for _ in range(5):
            self.assertEqual(client.code(rpc={"method": "x"}), 100)
        self.gone.begin()  # it is there again, but nobody looks
        self.assertEqual(client.code(rpc={"method": "x"}), 100)
        self.assertTrue(self.gone.asked.empty())
        now = webhook_metrics(self.server)
        for name, value in (('questions_total{hook="rpc"}', 6),
                            ('failures_total{hook="rpc",cause="connection"}', 3),
                            ('failures_total{hook="rpc",cause="paused"}', 3),
                            ('pauses_total{hook="rpc"}', 1), ('paused{hook="rpc"}', 1),
                            ('pauses_total{hook="connect"}', 0), ('paused{hook="connect"}', 0)):
            self.assertEqual(now[name], value, name)
        other = ChannelClient(self.server)  # the others go on
        self.addCleanup(other.ws.end)
        self.assertIn("connect", other.connect())
        other.subscribe("x")
        self.server.stop()
        self.assertEqual(self.server.errors.count(
            "3 failures in a row: it is not asked for 3600000 ms"), 1, self.server.errors)

    def test_one_is_asked_and_then_all(self):
        client = self.begin("1ms")
        for _ in range(20):  # a probe now and then, which fails
            self.assertEqual(client.code(rpc={"method": "x"}), 100)
        self.gone.begin()
        while "rpc" not in client.ask(rpc={"method": "x"}):
            pass
        for _ in range(20):
            self.assertIn("rpc", client.ask(rpc={"method": "x"}))
        now = webhook_metrics(self.server)
        self.assertEqual((now['pauses_total{hook="rpc"}'], now['paused{hook="rpc"}']), (1, 0))
        self.server.stop()
        self.assertEqual(self.server.errors.count("it answers again"), 1, self.server.errors)

    def test_an_error_is_an_answer(self):
        """Who can make a procedure fail does not keep others from it."""
        client = self.begin("1h")
        self.gone.answers["/rpc"] = lambda handler, _: handler.reply_text("", 500)
        self.gone.begin()
        for _ in range(10):
            self.assertEqual(client.code(rpc={"method": "x"}), 100)
        self.gone.answers["/rpc"] = {"result": {}}
        self.assertIn("rpc", client.ask(rpc={"method": "x"}))

    def test_silence_is_none(self):
        backend = Backend()
        self.addCleanup(backend.stop)
        let_in(backend)
        backend.answers["/rpc"] = hang
        with Server(*options(backend.url, "connect"), "--hook-rpc", backend.url + "/rpc",
                    "--hook-failures", "2", "--hook-pause", "1h", "--hook-timeout", "1s",
                    "--log-level", "warning") as server:
            client = ChannelClient(server)
            self.addCleanup(client.ws.end)
            while "error" in client.connect():  # in time, on a loaded machine
                pass
            for _ in range(5):
                self.assertEqual(client.code(rpc={"method": "x"}), 100)
            client.ws.end()
        self.assertEqual(server.errors.count("webhook rpc (localhost port "
                                             f"{backend.server.server_port}): no answer in time"), 2)
        self.assertIn("2 failures in a row: it is not asked for 3600000 ms", server.errors)


class Options(unittest.TestCase):
    def test_what_is_wrong_is_said(self):
        for arguments, words in (
                (["--hook-rpc", "ftp://x"], "http:// or https://"),
                (["--hook-rpc", "ws://x"], "http:// or https://"),
                (["--hook-rpc", "http://"], "rpc"),
                (["--hook-rpc", "http://user:x@host/"], "user name"),
                (["--hook-rpc", "http://x", "--hook-header", "nothing"], "NAME: VALUE"),
                (["--hook-rpc", "http://x", "--hook-header", "Host: x"], "not to be changed"),
                (["--hook-rpc", "http://x", "--hook-header", "a b: x"], "not the name"),
                (["--hook-rpc", "http://x", "--hook-header", "a: x\ny"], "not one line"),
                (["--hook-rpc", "http://x", "--hook-forward", "Content-Length"], "not to be changed"),
                (["--hook-rpc", "http://x", "--hook-forward", "Sec-WebSocket-Key"],
                 "not to be changed"),
                (["--hook-rpc", "http://x", "--hook-forward", "X-A", "--hook-header", "x-a: 1"],
                 "both fixed and forwarded"),
                (["--hook-rpc", "https://x", "--hook-authorities", "/nowhere"], "/nowhere"),
                (["--hook-rpc", "http://x", "--hook-failures", "0"], "hook-failures"),
                (["--hook-rpc", "http://x", "--hook-pause", "0"], "hook-pause"),
                (["--hook-rpc", "http://x", "--hook-timeout", "0"], "hook-timeout")):
            status, out, err = run("serve", "--check", *arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertIn(words, err)
            self.assertEqual(err.count("\n"), 1)
        status, out, err = run("serve", "--check", "--hook-rpc", "http://x", "--hook-header", "A: b")
        self.assertEqual((status, out, err), (0, "OK\n", ""))

    def test_namespaces_by_hook_need_one(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "hawser.yaml"
            for key in ("publish", "subscribe"):
                path.write_text(f"namespaces:\n  default:\n    {key}: hook\n")
                status, _, err = run("serve", "--check", "--config", str(path))
                self.assertEqual(status, 2)
                self.assertIn(f"{key} is by hook, and there is none", err)
                status, _, err = run("serve", "--check", "--config", str(path), f"--hook-{key}",
                                     "http://localhost:1/")
                self.assertEqual((status, err), (0, ""))


class Guide(unittest.TestCase):
    """The back end of docs/channels.md, as it stands there."""

    def test_the_example(self):
        text = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
        blocks = [block for block in re.findall(r"```python\n(.*?)```", text, re.S)
                  if "BaseHTTPRequestHandler" in block]
        self.assertEqual(len(blocks), 1)
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "secret.hook").write_text("open sesame")
            code = blocks[0].replace("3000", "0") + "\n"
            code = code.replace("server.serve_forever()",
                                "print(server.server_port, flush=True)\nserver.serve_forever()")
            process = subprocess.Popen([sys.executable, "-c", code], cwd=folder,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.addCleanup(process.wait)
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.kill)
            url = f"http://localhost:{int(process.stdout.readline())}"
            with Server(*options(url, *HOOKS), "--hook-header", "X-Secret: open sesame",
                        "--hook-forward", "Cookie", "--hook-timeout", "60s") as server:
                origin = f"http://{server.host}:{server.port}"
                client = ChannelClient.__new__(ChannelClient)
                client.ws = server.connect("/connection/websocket", [
                    ("Origin", origin), ("Cookie", "session=ada")])
                client.id, client.unread = 0, []
                self.assertIn("connect", client.connect())
                client.subscribe("room")
                self.assertEqual(client.code(subscribe={"channel": "secret"}), 403)
                client.publish("room", {"text": "ahoy"})
                self.assertEqual(client.data()["text"], "ahoy")
                self.assertIn("data", client.ask(rpc={"method": "time"})["rpc"])
                self.assertEqual(client.code(rpc={"method": "what"}), 404)
                client.ws.end()
                other = ChannelClient(server)
                self.assertEqual(other.code(connect={}), 401)
                other.ws.end()


if __name__ == "__main__":
    unittest.main()
