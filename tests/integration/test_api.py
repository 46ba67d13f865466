# SPDX-License-Identifier: MIT
"""The API for back ends, and `hawser publish`.

Rows of the table of bad inputs: D026 Q021 Q023 Q029 R026 S001 S002 S003 S005 S006 S007 S008 S010 S011
T031.
"""
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import PROGRAM, Server, run  # noqa: E402

KEY = "0123456789abcdef-api"

CONFIG = """
token-issuer: tests
namespaces:
  default:
    subscribe: all
    history_size: 10
    recovery: true
  bare:
    subscribe: all
    publish: subscribers
    presence: false
    max_message: 16
  closed:
    history_size: 10
    recovery: true
"""


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        (folder / "secret").write_bytes(SECRET)
        cls.key_file = folder / "api.key"
        cls.key_file.write_text(KEY + "\n")
        (folder / "hawser.yaml").write_text(CONFIG)
        cls.server = Server("--config", str(folder / "hawser.yaml"), "--threads", "3",
                            "--token-key", str(folder / "secret"), "--api-key", str(cls.key_file))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()
        assert cls.server.errors == "", cls.server.errors
        assert KEY not in cls.server.errors + "\n".join(cls.server.greeting)

    def client(self, user="ada", **claims):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        self.assertIn("connect", client.connect(token=token(sub=user, **claims)))
        return client

    def request(self, method, body, verb="POST", **headers):
        headers = {"X-API-Key": KEY, "Content-Type": "application/json",
                   **{name.replace("_", "-"): value for name, value in headers.items()}}
        headers = {name: value for name, value in headers.items() if value is not None}
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        try:
            connection.request(verb, f"/api/{method}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer
        finally:
            connection.close()

    def call(self, method, **parameters):
        status, body, _ = self.request(method, json.dumps(parameters))
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def result(self, method, **parameters):
        return self.call(method, **parameters)["result"]

    def error(self, method, **parameters):
        return self.call(method, **parameters)["error"]["code"]

    # What it does.

    def test_publish(self):
        client = self.client()
        client.subscribe("publish")
        result = self.result("publish", channel="publish", data={"text": "ahoy"},
                             tags={"kind": "greeting"})
        self.assertEqual(result["offset"], 1)
        self.assertEqual(client.push(), {"channel": "publish", "pub": {
            "data": {"text": "ahoy"}, "tags": {"kind": "greeting"}, "offset": 1}})
        self.assertEqual(self.result("publish", channel="bare:x", data=None), {})
        self.assertEqual(self.result("publish", channel="publish", data=0, skip_history=True), {})
        self.assertEqual(client.push()["pub"], {"data": 0})
        history = self.result("history", channel="publish", limit=5)
        self.assertEqual((len(history["publications"]), history["offset"], history["epoch"]),
                         (1, 1, result["epoch"]))

    def test_broadcast(self):
        client = self.client()
        client.subscribe("cast1")
        client.subscribe("cast2")
        result = self.result("broadcast", channels=["cast1", "no:where", "cast2", "a b", 5], data=1)
        codes = [each.get("error", {}).get("code") for each in result["responses"]]
        self.assertEqual(codes, [None, 102, None, 107, 107])
        self.assertEqual({client.push()["channel"], client.push()["channel"]}, {"cast1", "cast2"})

    def test_subscribe_and_unsubscribe(self):
        ada, also_ada, ben = self.client(), self.client(), self.client("ben")
        self.assertEqual(self.result("subscribe", user="ada", channel="closed:pushed"), {})
        for client in (ada, also_ada):
            push = client.push()
            self.assertEqual(push["channel"], "closed:pushed")
            self.assertTrue(push["subscribe"]["recoverable"])
        while len(self.result("presence", channel="closed:pushed")["presence"]) < 2:
            time.sleep(0.01)
        self.assertEqual(ben.code(presence={"channel": "closed:pushed"}), 103)
        self.result("unsubscribe", user="ada", channel="closed:pushed", client=also_ada.client)
        while True:
            push = also_ada.push()
            if "unsubscribe" in push:
                break
        self.assertEqual(push["unsubscribe"]["code"], 2000)
        stats = self.result("presence_stats", channel="closed:pushed")
        while stats != {"num_clients": 1, "num_users": 1}:
            stats = self.result("presence_stats", channel="closed:pushed")
        self.assertEqual(also_ada.code(presence={"channel": "closed:pushed"}), 103)
        self.assertEqual(also_ada.code(publish={"channel": "closed:pushed", "data": 1}), 103)  # R026

    def test_q021_q029_disconnect(self):
        one, other, ben = self.client("q21"), self.client("q21"), self.client("ben")
        self.result("disconnect", user="q21", client=one.client)
        self.assertEqual(one.close_code(), 3503)
        self.result("disconnect", user="q21", disconnect={"code": 4501, "reason": "logged out"})
        close = other.ws.receive_close()
        self.assertEqual((close.code, close.reason), (4501, "logged out"))
        self.assertEqual(ben.ask(ping={})["ping"], {})
        for wrong in ({"code": 1000}, {"code": 5000}, {"code": "x"}, {},
                      {"code": 4000, "reason": "x" * 124}, 5):
            self.assertEqual(self.error("disconnect", user="ben", disconnect=wrong), 107)
        for parameters in ({}, {"user": ""}, {"user": 5}):
            self.assertEqual(self.error("disconnect", **parameters), 107)

    def test_q020_refresh(self):
        client = self.client("q20")
        self.result("refresh", user="q20", expire_at=int(time.time()) + 100)
        self.assertEqual(client.ask(ping={})["ping"], {})
        self.result("refresh", user="q20", expire_at=int(time.time()) - 100)
        self.assertEqual(client.close_code(), 3005)
        client = self.client("q20")
        self.result("refresh", user="q20", expired=True)
        self.assertEqual(client.close_code(), 3005)
        self.assertEqual(self.error("refresh", user="q20", expire_at=-1), 107)

    def test_history(self):
        for i in range(3):
            self.result("publish", channel="past", data=i)
        history = self.result("history", channel="past", limit=2, reverse=True)
        self.assertEqual([each["data"] for each in history["publications"]], [2, 1])
        self.assertEqual(self.error("history", channel="past", limit=1,
                                    since={"offset": 9, "epoch": "x"}), 112)
        self.assertEqual(self.error("history", channel="past", limit="1"), 107)
        self.assertEqual(self.error("history", channel="bare:x"), 108)
        self.assertEqual(self.result("history_remove", channel="past"), {})
        self.assertEqual(self.result("history", channel="past", limit=2)["publications"], [])
        self.assertEqual(self.error("history_remove", channel="bare:x"), 108)
        self.assertEqual(self.error("presence", channel="bare:x"), 108)

    def test_channels_and_info(self):
        one, other = self.client(), self.client()
        one.subscribe("survey-1")
        other.subscribe("survey-1")
        other.subscribe("survey-2")
        channels = self.result("channels", pattern="survey-*")["channels"]
        self.assertEqual(channels, {"survey-1": {"num_clients": 2}, "survey-2": {"num_clients": 1}})
        self.assertIn("survey-1", self.result("channels")["channels"])
        self.assertEqual(self.error("channels", pattern=5), 107)
        [node] = self.result("info")["nodes"]
        self.assertGreaterEqual(node["num_clients"], 2)
        self.assertGreaterEqual(node["num_channels"], 2)
        self.assertGreaterEqual(node["num_subs"], 3)

    def test_a_channel_is_counted_once(self):
        """However many threads have subscribers of it."""
        with Server("--threads", "3", "--drain", "0", "--api-key",
                    str(self.key_file)) as server:
            clients = [ChannelClient(server) for _ in range(12)]
            for client in clients:
                self.addCleanup(client.ws.end)
                client.connect()
                client.subscribe("one")
            clients[0].subscribe("other")

            def counts():
                connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
                connection.request("POST", "/api/info", "{}", {
                    "X-API-Key": KEY, "Content-Type": "application/json"})
                answer = json.loads(connection.getresponse().read())
                connection.close()
                [node] = answer["result"]["nodes"]
                return node["num_clients"], node["num_channels"], node["num_subs"]

            self.assertEqual(counts(), (12, 2, 13))
            for client in clients:
                client.ask(unsubscribe={"channel": "one"})
            end = time.monotonic() + 30
            while counts() != (12, 1, 1) and time.monotonic() < end:
                time.sleep(0.01)
            self.assertEqual(counts(), (12, 1, 1))
            for client in clients:
                client.ws.end()

    def test_batch(self):
        body = {"commands": [{"publish": {"channel": "batch", "data": 1}},
                             {"publish": {"channel": "no:where", "data": 1}}, {"dance": {}}, {},
                             {"history": {"channel": "batch", "limit": 1}}, {"info": 5},
                             {"batch": {"commands": []}}]}
        replies = self.call("batch", **body)["replies"]
        self.assertEqual(replies[0]["publish"]["offset"], 1)
        self.assertEqual([reply.get("error", {}).get("code") for reply in replies],
                         [None, 102, 104, 104, None, 107, 104])
        self.assertEqual(replies[4]["history"]["publications"], [{"data": 1, "offset": 1}])

    # What it refuses.

    def test_s001_keys(self):
        body = json.dumps({"channel": "x", "data": 1})
        for key in (None, "", "x", KEY[:-1], KEY + "x", KEY.upper(), "0" * 300):
            status, answer, _ = self.request("publish", body, X_API_Key=key)
            self.assertEqual((status, json.loads(answer)["error"]["code"]), (401, 101), key)
        status, answer, _ = self.request("publish?api_key=" + KEY, body, X_API_Key=None)
        self.assertEqual(status, 401)
        for value, want in ((f"apikey {KEY}", 200), (f"Bearer {KEY}", 401), (KEY, 401),
                            ("apikey", 401), ("apikey x", 401)):
            status, _, _ = self.request("publish", body, X_API_Key=None, Authorization=value)
            self.assertEqual(status, want, value)

    def test_s002_s003_bodies(self):
        large = json.dumps({"channel": "x", "data": "x" * (2 << 20)})
        self.assertEqual(self.request("publish", large)[0], 413)
        body = json.dumps({"channel": "x", "data": 1})
        for coding in ("gzip", "br", "gzip, gzip", "identity"):
            self.assertEqual(self.request("publish", body, Content_Encoding=coding)[0], 415)

    def test_s005_types(self):
        body = json.dumps({"channel": "x", "data": 1})
        for kind in (None, "text/plain", "multipart/form-data; boundary=x", "application/jsonp",
                     "application/x-www-form-urlencoded", "application/json-patch+json"):
            self.assertEqual(self.request("publish", body, Content_Type=kind)[0], 415, kind)
        for kind in ("application/json; charset=utf-8", "Application/JSON"):
            self.assertEqual(self.request("publish", body, Content_Type=kind)[0], 200, kind)

    def test_s006_other_sites(self):
        status, _, answer = self.request(
            "publish", None, "OPTIONS", Origin="https://evil.test",
            Access_Control_Request_Method="POST", Access_Control_Request_Headers="x-api-key")
        self.assertEqual(status, 405)
        self.assertEqual(answer.headers["Allow"], "POST")
        self.assertFalse([name for name in answer.headers if "access-control" in name.lower()])
        self.assertEqual(self.request("publish", None, "GET")[0], 405)

    def test_s007_s008_too_much_in_one(self):
        channels = [f"many{i}" for i in range(1001)]
        body = json.dumps({"channels": channels, "data": 1})
        self.assertEqual(self.request("broadcast", body)[0], 400)
        responses = self.result("broadcast", channels=channels[:1000], data=1)["responses"]
        self.assertEqual(len(responses), 1000)
        commands = [{"publish": {"channel": "many", "data": i}} for i in range(1001)]
        self.assertEqual(self.request("batch", json.dumps({"commands": commands}))[0], 400)
        replies = self.call("batch", commands=commands[:1000])["replies"]
        self.assertEqual(replies[-1]["publish"]["offset"], 1000)

    def test_s011_idempotency(self):
        client = self.client()
        client.subscribe("once")
        answers = [self.result("publish", channel="once", data=i, idempotency_key="k")
                   for i in range(3)]
        self.assertEqual(answers, [answers[0]] * 3)
        self.result("publish", channel="once", data="next", idempotency_key="")
        self.assertEqual([client.data(), client.data()], [0, "next"])
        self.assertEqual(self.error("publish", channel="once", data=1, idempotency_key="x" * 65),
                         107)
        self.assertEqual(self.error("publish", channel="once", data=1, idempotency_key=5), 107)

    def test_s010_t031_an_answer_that_nobody_heard(self):
        client = self.client()
        client.subscribe("heard")
        body = json.dumps({"channel": "heard", "data": 1, "idempotency_key": "once"})
        with socket.create_connection((self.server.host, self.server.port)) as plain:
            plain.sendall(f"POST /api/publish HTTP/1.1\r\nHost: {self.server.host}:"
                          f"{self.server.port}\r\nX-API-Key: {KEY}\r\nContent-Type: "
                          f"application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        self.assertEqual(self.request("publish", body)[0], 200)
        self.result("publish", channel="heard", data="end")
        self.assertEqual([client.data(), client.data()], [1, "end"])

    def test_r001_to_r007_json(self):
        for body in ("", " ", "x", "{", "[]", "5", "null", '{"channel":"x","data":1}x', "\ufeff{}",
                     '{"channel":"x","channel":"y","data":1}', "[" * 100000,
                     '{"channel":"x","data":%s1%s}' % ("[" * 32, "]" * 32),
                     '{"channel":"a\\u0000b","data":1}', '{"channel":"x","data":1e999}'):
            status, answer, _ = self.request("publish", body.encode())
            self.assertEqual((status, json.loads(answer)["error"]["code"]), (400, 107), body[:40])
        for parameters in ({}, {"channel": "x"}, {"data": 1}, {"channel": 5, "data": 1},
                           {"channel": "", "data": 1}, {"channel": "a b", "data": 1},
                           {"channel": "x" * 256, "data": 1},
                           {"channel": "x", "data": 1, "skip_history": "yes"},
                           {"channel": "x", "data": 1, "tags": []},
                           {"channel": "x", "data": 1, "tags": {"a": 1}}):
            self.assertEqual(self.error("publish", **parameters), 107, str(parameters)[:60])
        self.assertEqual(self.error("publish", channel="bare:x", data="x" * 15), 106)
        for method in ("", "dance", "Publish", "publish/", "publish/x"):
            status, answer, _ = self.request(method, "{}")
            self.assertEqual((status, json.loads(answer)["error"]["code"]), (404, 104), method)

    def test_q023_without_a_key_there_is_no_api(self):
        with Server() as server:
            connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
            connection.request("POST", "/api/info", "{}", {"Content-Type": "application/json"})
            self.assertEqual(connection.getresponse().status, 404)
            connection.close()

    # hawser publish.

    def publish(self, *arguments):
        url = f"http://{self.server.host}:{self.server.port}"
        return run("publish", "--url", url, "--api-key", str(self.key_file), *arguments)

    def test_command(self):
        client = self.client()
        client.subscribe("command")
        status, out, errors = self.publish("command", '{"text": "ahoy"}')
        self.assertEqual((status, json.loads(out)["result"]["offset"], errors), (0, 1, ""))
        self.assertEqual(client.data(), {"text": "ahoy"})
        for _ in range(2):
            self.assertEqual(self.publish("--idempotency-key", "k", "command", "5")[0], 0)
        self.assertEqual(self.publish("command", '"end"')[0], 0)
        self.assertEqual([client.data(), client.data()], [5, "end"])

    def test_command_fails(self):
        status, out, _ = self.publish("no:where", "1")
        self.assertEqual((status, json.loads(out)["error"]["code"]), (1, 102))
        for arguments, word in ((("x", "ahoy"), "no JSON"), (("x",), "which"),
                                (("x", "1", "y"), "too many")):
            status, out, errors = self.publish(*arguments)
            self.assertEqual((status, out), (2, ""))
            self.assertIn(word, errors)
        for url in ("https://localhost", "ftp://x", "http://localhost/path", "x"):
            status, _, errors = self.publish("--url", url, "x", "1")
            self.assertEqual(status, 2, url)
            self.assertIn("--url", errors)
        status, _, errors = run("publish", "x", "1")
        self.assertEqual(status, 2)
        self.assertIn("--api-key", errors)
        status, _, errors = self.publish("--unix", "/nowhere/at/all", "x", "1")
        self.assertEqual(status, 1)
        self.assertIn("No such file", errors)

    def test_command_over_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "socket"
            server = subprocess.Popen([PROGRAM, "serve", "--listen", f"unix:{path}", "--api-key",
                                       str(self.key_file)], stdout=subprocess.PIPE, text=True)
            try:
                for line in server.stdout:
                    if line.startswith("Ctrl-C"):
                        break
                status, out, errors = run("publish", "--unix", str(path), "--api-key",
                                          str(self.key_file), "x", "1")
                self.assertEqual((status, json.loads(out), errors), (0, {"result": {}}, ""))
            finally:
                server.terminate()
                server.communicate(timeout=60)


if __name__ == "__main__":
    unittest.main()
