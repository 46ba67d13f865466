# SPDX-License-Identifier: MIT
"""What /metrics tells of channels agrees with what was done in them, on three threads."""
import json
import pathlib
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import Server  # noqa: E402

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None

PATIENCE_S = 60
KEY = "0123456789abcdef-api"
CONFIG = """
token-issuer: tests
namespaces:
  default:
    subscribe: all
    publish: subscribers
    history_size: 5
    recovery: true
  latest:
    subscribe: all
    max_rate: 1
"""


@unittest.skipUnless(text_string_to_metric_families, "no python3-prometheus-client")
class ChannelMetrics(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        (path / "secret").write_bytes(SECRET)
        (path / "api").write_text(KEY)
        (path / "hawser.yaml").write_text(CONFIG)
        self.server = Server("--config", str(path / "hawser.yaml"), "--threads", "3",
                             "--token-key", str(path / "secret"), "--api-key", str(path / "api"),
                             "--metrics", "http://127.0.0.1:0")
        self.addCleanup(self.server.stop)
        line = next(line for line in self.server.greeting if "metrics " in line)
        self.url = line.split()[1]

    def now(self):
        """Name and labels -> value, for what is not 0."""
        with urllib.request.urlopen(self.url, timeout=PATIENCE_S) as answer:
            text = answer.read().decode()
        return {(sample.name.removeprefix("hawser_"), *sample.labels.values()): sample.value
                for family in text_string_to_metric_families(text) for sample in family.samples
                if sample.value and "channel" in sample.name or "hawser_api" in sample.name}

    def until(self, *key, value):
        end = time.monotonic() + PATIENCE_S
        while self.now().get(key, 0) != value:
            self.assertLess(time.monotonic(), end, f"{key}: {self.now()}")
            time.sleep(0.01)

    def client(self, user):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        client.connect(token=token(sub=user))
        return client

    def call(self, method, key=KEY, **parameters):
        request = urllib.request.Request(
            f"http://{self.server.host}:{self.server.port}/api/{method}",
            json.dumps(parameters).encode(), {"X-API-Key": key, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)

    def test_clients_and_what_they_do(self):
        self.assertEqual({key for key, value in self.now().items() if value}, set())
        # Enough of them that no thread is without one, and each user is on several.
        clients = [self.client(f"user{i % 4}") for i in range(12)]
        for client in clients:
            client.subscribe("room")
        clients[0].subscribe("other")
        for i in range(3):
            clients[0].publish("room", i)
        for client in clients:
            self.assertEqual([client.data() for _ in range(3)], [0, 1, 2])
        now = self.now()
        self.assertEqual(now["channel_clients",], 12)
        self.assertEqual(now["channel_users",], 4)
        self.assertEqual(now["channels", "default"], 2)
        self.assertEqual(now["channel_subscriptions", "default"], 13)
        self.assertEqual(now["channel_publications_total", "default"], 3)
        self.assertEqual(now["channel_deliveries_total", "default"], 36)
        self.assertEqual(now["channel_commands_total", "connect"], 12)
        self.assertEqual(now["channel_commands_total", "subscribe"], 13)
        self.assertEqual(now["channel_commands_total", "publish"], 3)

        self.assertEqual(clients[0].code(publish={"channel": "no:x", "data": 1}), 102)
        self.assertEqual(clients[0].code(publish={"channel": "x", "data": 1}), 103)
        self.assertEqual(clients[0].code(made_up_by_a_stranger={}), 104)
        self.assertEqual(clients[0].code(subscribe={"channel": "room"}), 105)
        for code in ("102", "103", "104", "105"):
            self.assertEqual(self.now()["channel_errors_total", code], 1)
        self.assertEqual(self.now()["channel_commands_total", "unknown"], 1)

        clients[1].send_raw("no JSON")
        self.assertEqual(clients[1].close_code(), 3501)
        clients[2].ws.end()
        self.until("channel_clients", value=10)
        self.until("channel_subscriptions", "default", value=11)
        now = self.now()
        self.assertEqual(now["channel_disconnects_total", "3501"], 1)
        self.assertEqual(now["channel_users",], 4)
        for client in clients[3:] + clients[:1]:
            client.ws.end()
        self.until("channel_clients", value=0)
        now = self.now()
        for key in (("channel_users",), ("channels", "default"),
                    ("channel_subscriptions", "default")):
            self.assertNotIn(key, now)

    def test_recoveries(self):
        reader, writer = self.client("reader"), self.client("writer")
        position = reader.subscribe("past")
        writer.subscribe("past")
        for i in range(3):
            writer.publish("past", i)
        for i in range(2):
            came = self.client("reader").subscribe("past", recover=True, offset=0,
                                                   epoch=position["epoch"])
            self.assertTrue(came["recovered"])
        for i in range(3):
            writer.publish("past", i)
        came = self.client("reader").subscribe("past", recover=True, offset=0,
                                               epoch=position["epoch"])
        self.assertFalse(came["recovered"])
        now = self.now()
        self.assertEqual(now["channel_recoveries_total", "default", "true"], 2)
        self.assertEqual(now["channel_recoveries_total", "default", "false"], 1)

    def test_what_max_rate_leaves_out(self):
        reader = self.client("reader")
        reader.subscribe("latest:x")
        commands = [{"publish": {"channel": "latest:x", "data": i}} for i in range(50)]
        self.call("batch", commands=commands)
        while reader.data() != 49:
            pass
        now = self.now()
        self.assertEqual(now["channel_publications_total", "latest"], 50)
        self.assertEqual(now["channel_deliveries_total", "latest"] +
                         now["channel_conflations_total", "latest"], 50)
        self.assertGreater(now["channel_conflations_total", "latest"], 0)

    def test_calls_of_back_ends(self):
        client = self.client("ada")
        client.subscribe("room")
        for _ in range(2):  # the second is the first
            self.call("publish", channel="room", data=1, idempotency_key="k")
        self.call("broadcast", channels=["room", "no:where", "z"], data=2)
        self.call("batch", commands=[{"publish": {"channel": "room", "data": 3}}, {"batch": {}}])
        self.assertEqual(self.call("publish", channel="a b", data=1)["error"]["code"], 107)
        self.assertEqual(self.call("nothing-like-it")["error"]["code"], 104)
        self.assertEqual(self.call("info", key="x" * 20)["error"]["code"], 101)
        self.call("unsubscribe", user="ada", channel="room")
        while "unsubscribe" not in client.push():
            pass
        self.call("disconnect", user="ada")
        self.assertEqual(client.close_code(), 3503)
        now = self.now()
        self.assertEqual(now["channel_publications_total", "default"], 4)
        self.assertEqual(now["channel_deliveries_total", "default"], 3)
        for method, count in (("publish", 4), ("broadcast", 1), ("batch", 1), ("info", 0),
                              ("unknown", 1), ("unsubscribe", 1), ("disconnect", 1)):
            self.assertEqual(now["api_calls_total", method], count, method)
        for code, count in (("101", 1), ("102", 1), ("104", 2), ("107", 1), ("100", 0)):
            self.assertEqual(now["api_errors_total", code], count, code)
        self.assertEqual(now["channel_unsubscribes_total", "2000"], 1)
        self.assertEqual(now["channel_disconnects_total", "3503"], 1)

    def test_s021_no_word_of_a_stranger(self):
        """S021: what a client or a back end makes up becomes no label."""
        client = self.client("evil-user")
        client.subscribe("evil-channel")
        client.code(evil_command={})
        client.code(subscribe={"channel": "evil-space:x"})
        self.call("evil-method")
        with urllib.request.urlopen(self.url, timeout=PATIENCE_S) as answer:
            self.assertNotIn(b"evil", answer.read())
