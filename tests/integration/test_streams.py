# SPDX-License-Identifier: MIT
"""Channels where a WebSocket does not pass: Server-Sent Events and lines over HTTP, both ways by
emulation, or one way.

Rows of the table of bad inputs: Q028.
"""
import http.client
import json
import pathlib
import signal
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import Server  # noqa: E402

KEY = "0123456789abcdef"
CONFIG = """
token-issuer: tests
namespaces:
  default:
    history_size: 10
    recovery: true
  open:
    subscribe: all
    publish: subscribers
"""


class Stream:
    """An answer that goes on: what it tells, object by object."""

    def __init__(self, server, path, body=None, method=None, **headers):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        self.connection.request(method or ("GET" if body is None else "POST"), path, body, headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.type = self.answer.headers["Content-Type"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.answer.close()
        self.connection.close()

    def next(self):
        """The next object; None at the end.  Pings are let pass."""
        while True:
            line = self.answer.readline()
            if not line:
                return None
            text = line.strip().removeprefix(b"data: ")
            if text and text != b"{}":
                return json.loads(text)


class OneWaySocket:
    """A WebSocket that is only pushed to, object by object."""

    def __init__(self, server, connect):
        self.ws = server.connect("/connection/uni_websocket")
        self.unread = []
        self.ws.send_text(connect)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ws.end()

    def next(self):
        """The next object.  Pings are let pass."""
        while True:
            while not self.unread:
                self.unread = self.ws.receive_message().payload.decode().split("\n")
            push = json.loads(self.unread.pop(0))
            if push:
                return push


def query(**parameters):
    return "?" + urllib.parse.urlencode({"cf_connect": json.dumps(parameters)})


class Streams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        (folder / "secret").write_bytes(SECRET)
        (folder / "api.key").write_text(KEY)
        (folder / "hawser.yaml").write_text(CONFIG)
        cls.arguments = ["--config", str(folder / "hawser.yaml"), "--threads", "3",
                         "--token-key", str(folder / "secret"), "--api-key", str(folder / "api.key")]
        cls.server = Server(*cls.arguments)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()
        assert cls.server.errors == "", cls.server.errors

    def stream(self, path, body=None, **more):
        stream = Stream(self.server, path, body, **more)
        self.addCleanup(stream.close)
        return stream

    def post(self, path, body, **headers):
        with Stream(self.server, path, body, **headers) as stream:
            return stream.status, stream.answer.read()

    def publish(self, channel, data):
        status, body = self.post("/api/publish", json.dumps({"channel": channel, "data": data}),
                                 X_API_Key=KEY)
        self.assertEqual(status, 200, body)
        return json.loads(body)["result"]

    def test_events_one_way(self):
        stream = self.stream("/connection/uni_sse" + query(
            token=token(sub="ada", channels=["own"]), subs={"open:x": {}, "secret": {}, "no:x": {}}))
        self.assertEqual((stream.status, stream.type), (200, "text/event-stream"))
        connect = stream.next()["connect"]
        self.assertEqual(set(connect["subs"]), {"own", "open:x"})
        self.assertNotIn("session", connect)
        self.assertNotIn("pong", connect)
        seen = []
        self.publish("open:x", "ahoy")
        self.publish("own", {"deep": [1]})
        while len(seen) < 2:
            push = stream.next()
            if "pub" in push:
                seen.append((push["channel"], push["pub"]["data"]))
        self.assertEqual(seen, [("open:x", "ahoy"), ("own", {"deep": [1]})])

    def test_messages_one_way(self):
        connect = {"token": token(sub="ada", channels=["mine"]), "subs": {"open:y": {}, "secret": {}}}
        with OneWaySocket(self.server, json.dumps(connect, indent=1)) as listener:
            first = listener.next()["connect"]
            self.assertEqual(set(first["subs"]), {"mine", "open:y"})
            self.assertNotIn("session", first)
            self.assertNotIn("pong", first)
            seen = []
            self.publish("open:y", "ahoy")
            self.publish("mine", {"deep": [1]})
            while len(seen) < 2:
                push = listener.next()
                if "pub" in push:
                    seen.append((push["channel"], push["pub"]["data"]))
            self.assertEqual(seen, [("open:y", "ahoy"), ("mine", {"deep": [1]})])
            result = self.post("/api/disconnect", json.dumps({"user": "ada"}), X_API_Key=KEY)
            self.assertEqual(result[0], 200)
            self.assertEqual(listener.ws.receive_close().code, 3503)

    def test_messages_one_way_recover(self):
        place = {}
        for round_ in range(3):
            connect = {"token": token(sub="ada", channels=["anew"]),
                       "subs": {"anew": {"recover": True, **place}} if place else {}}
            with OneWaySocket(self.server, json.dumps(connect)) as listener:
                sub = listener.next()["connect"]["subs"]["anew"]
            if place:
                self.assertTrue(sub["recovered"])
                self.assertEqual([each["data"] for each in sub["publications"]], [round_])
            last = sub["publications"][-1] if sub.get("publications") else sub
            place = {"offset": last["offset"], "epoch": sub["epoch"]}
            self.publish("anew", round_ + 1)

    def test_one_message_is_all_that_is_said(self):
        for code, say in ((3501, lambda ws: ws.send_text('{"id":2,"publish":{"channel":"x","data":1}}')),
                          (3501, lambda ws: ws.send_text("{")),
                          (1003, lambda ws: ws.send_frame(0x2, b"x"))):
            with OneWaySocket(self.server, json.dumps({"token": token(sub="ada")})) as listener:
                self.assertIn("connect", listener.next())
                listener.ws.send_text("{}")  # who answers pings by habit does no harm
                say(listener.ws)
                self.assertEqual(listener.ws.receive_close().code, code)

    def test_lines_one_way_recover(self):
        place = None
        for round_ in range(3):
            body = {"token": token(sub="ada", channels=["again"])}
            if place:
                body["subs"] = {"again": {"recover": True, **place}}
            with Stream(self.server, "/connection/uni_http_stream", json.dumps(body)) as stream:
                self.assertEqual(stream.type, "application/json")
                sub = stream.next()["connect"]["subs"]["again"]
            if place:
                self.assertTrue(sub["recovered"])
                self.assertEqual([each["data"] for each in sub["publications"]], [round_])
            last = sub["publications"][-1] if sub.get("publications") else sub
            place = {"offset": last["offset"], "epoch": sub["epoch"]}
            self.publish("again", round_ + 1)

    def test_both_ways(self):
        command = {"id": 1, "connect": {"token": token(sub="ada")}}
        with Stream(self.server, "/connection/http_stream", json.dumps(command)) as stream:
            connect = stream.next()["connect"]
            self.assertRegex(connect["session"], r"^[0-9a-f]{32}$")
            self.assertNotEqual(connect["session"], connect["client"])
            how = {"session": connect["session"], "node": connect["node"]}
            lines = [{"id": 2, "subscribe": {"channel": "open:both"}},
                     {"id": 3, "publish": {"channel": "open:both", "data": 1}}]
            data = "\n".join(map(json.dumps, lines))
            self.assertEqual(self.post("/emulation", json.dumps({**how, "data": data}))[0], 204)
            self.assertEqual([stream.next()["id"] for _ in range(2)], [2, 3])
            self.assertEqual(stream.next()["push"]["pub"]["data"], 1)
            self.assertEqual(self.post("/emulation", json.dumps({**how, "data": "nonsense"}))[0], 204)
            self.assertEqual(stream.next()["push"]["disconnect"]["code"], 3501)
            self.assertIsNone(stream.next())

    def test_all_see_each_other(self):
        ws = ChannelClient(self.server)
        self.addCleanup(ws.ws.end)
        ws.connect(token=token(sub="ben"))
        ws.subscribe("open:mixed", join_leave=True)
        self.assertIn("join", ws.push())
        stream = self.stream("/connection/uni_sse" + query(token=token(sub="ada"),
                                                            subs={"open:mixed": {}}))
        self.assertEqual(ws.push()["join"]["info"]["user"], "ada")
        ws.publish("open:mixed", "to all")
        while True:
            push = stream.next()
            if "pub" in push:
                break
        self.assertEqual(push["pub"]["data"], "to all")
        stream.close()
        while True:
            push = ws.push()
            if "leave" in push:
                break
        self.assertEqual(push["leave"]["info"]["user"], "ada")

    def test_q028_every_transport_asks_the_same(self):
        for parameters, code in (({}, 3500), ({"token": "x"}, 3500), ({"token": 5}, 3501),
                                 ({"token": token(b"x" * 32, sub="ada")}, 3500),
                                 ({"token": token(sub="ada", exp=1)}, 3005)):
            for path, body in (("/connection/uni_sse" + query(**parameters), None),
                               ("/connection/uni_http_stream", json.dumps(parameters))):
                with Stream(self.server, path, body) as stream:
                    self.assertEqual(stream.next()["disconnect"]["code"], code, parameters)
                    self.assertIsNone(stream.next())
            with OneWaySocket(self.server, json.dumps(parameters)) as listener:
                self.assertEqual(listener.ws.receive_close().code, code, parameters)
        with OneWaySocket(self.server, "") as listener:
            self.assertEqual(listener.ws.receive_close().code, 3500)
        with OneWaySocket(self.server, "{") as listener:
            self.assertEqual(listener.ws.receive_close().code, 3501)
        command = {"id": 1, "connect": {"token": "x"}}
        for path, body in (("/connection/sse" + query(**command), None),
                           ("/connection/http_stream", json.dumps(command))):
            with Stream(self.server, path, body) as stream:
                self.assertEqual(stream.next()["push"]["disconnect"]["code"], 3500)

    def test_what_is_no_connect(self):
        for body in ("", "x", "[]", "{}", '{"id":1,"subscribe":{"channel":"x"}}', "\n"):
            with Stream(self.server, "/connection/http_stream", body) as stream:
                self.assertEqual(stream.next()["push"]["disconnect"]["code"], 3501, body)
        for body in ('x', '{}}\n{"id":2,"rpc":{}}', '{},"rpc":{}', "5"):
            with Stream(self.server, "/connection/uni_http_stream", body) as stream:
                self.assertIn(stream.next()["disconnect"]["code"], (3500, 3501), body)
        for bad in ("?cf_connect=%", "?cf_connect=%4", "?cf_connect=%zz"):
            with Stream(self.server, "/connection/uni_sse" + bad) as stream:
                self.assertEqual(stream.status, 400, bad)
        large = json.dumps({"data": "x" * 65536})
        self.assertEqual(self.post("/connection/uni_http_stream", large)[0], 400)

    def test_requests_that_are_none(self):
        for method, path, status in (("POST", "/connection/sse", 405),
                                     ("GET", "/connection/http_stream", 405),
                                     ("GET", "/connection/other", 404), ("GET", "/emulation", 405),
                                     ("GET", "/connection/websocket", 426)):
            with Stream(self.server, path, "{}" if method == "POST" else None, method) as stream:
                self.assertEqual(stream.status, status, path)
        for headers in ({"Origin": "https://evil.test"}, {"Origin": "null"}):
            with Stream(self.server, "/connection/uni_sse" + query(token=token(sub="ada")),
                        **headers) as stream:
                self.assertEqual(stream.status, 403)
        own = {"Origin": f"http://{self.server.host}:{self.server.port}"}
        with Stream(self.server, "/connection/uni_sse" + query(token=token(sub="ada")),
                    **own) as stream:
            self.assertEqual(stream.status, 200)

    def test_emulation_of_nobody(self):
        command = {"id": 1, "connect": {"token": token(sub="ada")}}
        stream = self.stream("/connection/http_stream", json.dumps(command))
        connect = stream.next()["connect"]
        good = {"session": connect["session"], "node": connect["node"], "data": '{"id":2,"ping":{}}'}
        for change, status in (({"session": "0" * 32}, 204), ({"session": connect["client"]}, 204),
                               ({"session": ""}, 400), ({"session": 5}, 400), ({"node": "x"}, 404),
                               ({"node": None}, 400), ({"data": ""}, 400), ({"data": 5}, 400),
                               ({"data": "x" * 65537}, 400)):
            self.assertEqual(self.post("/emulation", json.dumps({**good, **change}))[0], status, change)
        for body in ("", "x", "[]"):
            self.assertEqual(self.post("/emulation", body)[0], 400)
        self.assertEqual(self.post("/emulation", json.dumps(good))[0], 204)
        self.assertEqual(stream.next(), {"id": 2, "ping": {}})

    def test_a_back_end_disconnects(self):
        stream = self.stream("/connection/uni_sse" + query(token=token(sub="streamer")))
        self.assertIn("connect", stream.next())
        self.post("/api/disconnect", json.dumps({"user": "streamer"}), X_API_Key=KEY)
        self.assertEqual(stream.next()["disconnect"]["code"], 3503)
        self.assertIsNone(stream.next())

    def test_the_end_of_the_server(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with Server(*self.arguments) as server:
                streams = [Stream(server, "/connection/uni_sse" + query(token=token(sub="ada")))
                           for _ in range(6)]
                for stream in streams:
                    self.assertIn("connect", stream.next())
                self.assertEqual(server.stop(number), 0)
                for stream in streams:
                    self.assertIsNone(stream.next())
                    stream.close()

    def test_who_does_not_read_is_let_go(self):
        with Server(*self.arguments, "--send-queue-max", "64K") as server:
            stream = Stream(server, "/connection/uni_sse" + query(token=token(sub="slow"),
                                                                   subs={"open:much": {}}))
            self.addCleanup(stream.close)
            self.assertIn("connect", stream.next())
            def call(method, **parameters):
                with Stream(server, f"/api/{method}", json.dumps(parameters), X_API_Key=KEY) as answer:
                    return json.loads(answer.answer.read())["result"]
            stop = time.monotonic() + 60
            while time.monotonic() < stop and call("presence", channel="open:much")["presence"]:
                call("publish", channel="open:much", data="x" * 60000)
            self.assertEqual(call("presence", channel="open:much")["presence"], {})


if __name__ == "__main__":
    unittest.main()
