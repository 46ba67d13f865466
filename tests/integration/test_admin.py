# SPDX-License-Identifier: MIT
"""The admin page of `hawser serve`, and what stands behind it.

Rows of the table of bad inputs that it answers again, for a token of its own: Q003 Q022 Q023 Q024
Q026 Q027 R001 R007 R027 S001 S018 S019.
"""
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import Place, Server, run  # noqa: E402

TOKEN = "an-admin-token-of-32-characters!"
WRONG = "an-admin-token-of-32-characters?"
PATH = "/admin/websocket"
PATIENCE_S = 60
CONFIG = """
token-issuer: tests
namespaces:
  default:
    subscribe: all
    publish: subscribers
    history_size: 10
    recovery: true
  bare:
    subscribe: all
    presence: false
"""


def log_of(server):
    return pathlib.Path(f"/proc/self/fd/{server.log.fileno()}").read_text()


class Stage(unittest.TestCase):
    """Files of keys, and a server with an admin token."""
    options = ()  # of the server

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        (cls.path / "secret").write_bytes(SECRET)
        (cls.path / "admin").write_text(TOKEN + "\n")
        (cls.path / "hawser.yaml").write_text(CONFIG)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.server = Server(*self.options, "--admin-token", str(self.path / "admin"),
                             "--admin-listen", "http://localhost:0", "--log-level", "info",
                             "--threads", "3", "--metrics", "http://127.0.0.1:0")
        self.place = Place(*self.server.find("admin"))
        self.addCleanup(self.end)

    def end(self):
        self.server.stop()
        text = self.server.errors + "\n".join(self.server.greeting)
        self.assertNotIn(TOKEN, text)
        self.assertNotIn(WRONG, text)

    def client(self, path=PATH):
        place = self.place if path.startswith(PATH) else self.server
        client = ChannelClient(place, path)
        self.addCleanup(client.ws.end)
        return client

    def admin(self):
        admin = self.client()
        self.assertIn("connect", admin.connect(token=TOKEN))
        return admin

    def user(self, name):
        client = self.client("/connection/websocket")
        self.assertIn("connect", client.connect(token=token(sub=name)))
        return client

    def get(self, path, place=None):
        place = place or self.place
        connection = http.client.HTTPConnection(place.host, place.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer
        finally:
            connection.close()

    def metrics(self):
        return self.get("/metrics", Place(*self.server.find("metrics")))[1]

    def call(self, admin, method, **data):
        return admin.ask(rpc={"method": method, "data": data})["rpc"]["data"]

    def figures(self, admin, wanted):
        """The first figures that agree with what is wanted."""
        return self.told(admin, "figures", lambda data: all(
            data[name] == value for name, value in wanted.items()))

    def told(self, admin, channel, agrees):
        end = time.monotonic() + PATIENCE_S
        data = None
        while time.monotonic() < end:
            push = admin.push()
            if push["channel"] != channel or "pub" not in push:
                continue
            data = push["pub"]["data"]
            if agrees(data):
                return data
        self.fail(f"{channel}: {data}")


class Page(Stage):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.options = ("--config", str(cls.path / "hawser.yaml"), "--token-key",
                       str(cls.path / "secret"))

    def test_page(self):
        status, text, answer = self.get("/admin")
        self.assertEqual(status, 200)
        self.assertIn("<title>", text)
        self.assertIn("default-src 'none'", answer.getheader("Content-Security-Policy"))
        for path in ("/admin.js", "/admin.css", "/style.css"):
            self.assertEqual(self.get("/hawser" + path)[0], 200)
        self.assertEqual(self.get("/admin/")[0], 404)
        self.assertEqual(self.get("/admin/other")[0], 404)
        status, _, answer = self.get("/")
        self.assertEqual((status, answer.getheader("Location")), (302, "/admin"))

    def test_s018_it_is_nowhere_else(self):
        """Neither is it at the public address, nor is anything public at its own."""
        self.assertNotEqual(self.place.port, self.server.port)
        for place, paths in ((self.server, ("/admin", PATH)),
                             (self.place, ("/chat", "/echo", "/connection/websocket",
                                           "/connection/sse", "/emulation", "/hawser/server.json",
                                           "/metrics", "/api/info"))):
            for path in paths:
                with self.subTest(path):
                    self.assertEqual(self.get(path, place)[0], 404)
                    with place.socket() as ws:
                        self.assertEqual(ws.open(path).status, 404)

    def test_s018_without_a_token_there_is_nothing(self):
        with Server(*self.options) as server:
            self.assertEqual(self.get("/admin", server)[0], 404)
            with server.socket() as ws:
                self.assertEqual(ws.open(PATH).status, 404)
            self.assertNotIn("admin", "\n".join(server.greeting))

    def test_pages_from_elsewhere_are_refused(self):
        """Same origin, at this address too: a page of the public one is from elsewhere."""
        host = f"localhost:{self.place.port}"
        for origin in ("http://evil.example", f"http://localhost:{self.server.port}"):
            with self.place.socket() as ws:
                self.assertEqual(ws.open(PATH, {"Host": host, "Origin": origin}).status, 403)
        with self.place.socket() as ws:
            own = f"http://{host}"
            self.assertEqual(ws.open(PATH, {"Host": host, "Origin": own}).status, 101)

    def test_right_wrong_and_missing(self):
        """Q003 Q024 S001."""
        self.admin()
        for wrong in ({}, {"token": ""}, {"token": WRONG}, {"token": TOKEN + "x"},
                      {"token": TOKEN[:-1]}):
            client = self.client()
            client.send({"id": 1, "connect": wrong})
            self.assertEqual(client.close_code(), 3500, wrong)
        self.assertIn('hawser_admin_logins_total{result="accepted"} 1', self.metrics())
        self.assertIn('hawser_admin_logins_total{result="refused"} 5', self.metrics())
        self.assertIn("a wrong token was refused address=", log_of(self.server))

    def test_tokens_of_users_are_none(self):
        client = self.client()
        client.send({"id": 1, "connect": {"token": token(sub="admin")}})
        self.assertEqual(client.close_code(), 3500)
        client = self.client("/connection/websocket")
        client.send({"id": 1, "connect": {"token": TOKEN}})
        self.assertEqual(client.close_code(), 3500)

    def test_who_guesses_is_braked(self):
        answers = set()
        for _ in range(6):
            client = self.client()
            client.send({"id": 1, "connect": {"token": WRONG}})
            self.assertEqual(client.close_code(), 3500)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:  # it lasts a second, in which the right one is not heard
            client = self.client()
            reply = client.connect(token=TOKEN)
            answers.add(reply.get("error", {}).get("code"))
            if "connect" in reply:
                break
            self.assertEqual(reply["error"], {"code": 111, "message": "too many requests",
                                              "temporary": True})
            time.sleep(0.02)
        self.assertIn(None, answers)
        if 111 in answers:
            self.assertIn("too many wrong tokens", log_of(self.server))

    def test_q022_no_token_in_an_address(self):
        """Q022: a token in the query lets nobody in, and is not logged."""
        client = self.client(PATH + "?token=" + TOKEN)
        client.send({"id": 1, "connect": {}})
        self.assertEqual(client.close_code(), 3500)

    def test_q026_q027_order(self):
        for first in ({"subscribe": {"channel": "figures"}},
                      {"rpc": {"method": "node", "data": {}}}):
            client = self.client()
            client.send({"id": 1, **first})
            self.assertEqual(client.close_code(), 3501)
        admin = self.admin()
        admin.send({"id": 9, "connect": {"token": TOKEN}})
        self.assertEqual(admin.close_code(), 3501)

    def test_nobody_else_sees_its_channels(self):
        ada = self.user("ada")
        ada.subscribe("figures")  # one of this name, of everybody's
        self.assertEqual(ada.code(subscribe={"channel": "now:details"}), 102)
        self.assertEqual(ada.code(rpc={"method": "node"}), 108)
        self.assertEqual(ada.code(rpc={"method": "disconnect", "data": {"user": "ada"}}), 108)
        admin = self.admin()
        admin.subscribe("figures")
        self.figures(admin, {"clients": 1})
        self.assertEqual(ada.ask(ping={})["ping"], {})
        self.assertEqual(ada.unread, [])

    def test_r027_what_an_admin_may_not(self):
        """R001 R007 R027."""
        admin = self.admin()
        admin.subscribe("figures")
        self.assertEqual(admin.code(publish={"channel": "figures", "data": {}}), 103)
        self.assertEqual(admin.code(subscribe={"channel": "other:x"}), 102)
        for method in ("refresh", "channels", "batch", "made-up", "", "publish\n"):
            self.assertEqual(admin.code(rpc={"method": method, "data": {}}), 108, method)
        for data in ([], 5, "x", None):
            self.assertEqual(admin.code(rpc={"method": "publish", "data": data}), 400)
        self.assertEqual(self.call(admin, "publish", channel="a b", data=1)["error"]["code"], 107)
        admin.send_raw("{")
        self.assertEqual(admin.close_code(), 3501)

    def test_figures_agree_with_what_was_done(self):
        users = [self.user(f"user{i % 3}") for i in range(5)]
        for user in users:
            user.subscribe("room")
        users[0].subscribe("other")
        for i in range(4):
            users[0].publish("room", i)
        for user in users:
            self.assertEqual([user.data() for _ in range(4)], [0, 1, 2, 3])
        users[1].code(subscribe={"channel": "no:where"})
        users[2].send_raw("nonsense")
        self.assertEqual(users[2].close_code(), 3501)
        admin = self.admin()
        admin.subscribe("figures")
        now = self.figures(admin, {
            "clients": 4, "users": 2, "channels": 2, "subscriptions": 5, "publications": 4,
            "deliveries": 20, "conflations": 0, "recovered": 0, "unrecovered": 0, "errors": 1,
            "disconnects": 1, "websockets": 4})
        self.assertGreaterEqual(now["received"], 5 + 5 + 1 + 4 + 1 + 1)
        self.assertGreaterEqual(now["sent"], 5 + 5 + 1 + 4 + 20 + 1)
        self.assertGreater(now["memory"], 1 << 20)
        later = self.figures(admin, {"clients": 4})
        self.assertGreater(later["at_ms"], now["at_ms"])
        self.assertGreaterEqual(later["cpu_s"], now["cpu_s"])

        # The last minutes are there for who comes later.
        history = admin.ask(history={"channel": "figures", "limit": -1})["history"]
        times = [each["data"]["at_ms"] for each in history["publications"]]
        self.assertEqual(times, sorted(times))
        self.assertIn(now["at_ms"], times)

    def test_details(self):
        users = [self.user(name) for name in ("ada", "ben", "cleo")]
        for i, channel in enumerate(("few", "bare:some", "many")):
            for user in users[:i + 1]:
                user.subscribe(channel)
        users[0].publish("many", 1)
        for user in users:
            self.assertEqual(user.data(), 1)
        users[0].code(presence={"channel": "bare:some"})
        admin = self.admin()
        admin.subscribe("now:details")
        now = self.told(admin, "now:details", lambda data: len(data["channels"]) == 3)
        self.assertEqual(now["channels"], [
            {"name": "many", "subscribers": 3, "deliveries": 3},
            {"name": "bare:some", "subscribers": 2, "deliveries": 0},
            {"name": "few", "subscribers": 1, "deliveries": 0}])
        self.assertEqual({each["name"]: each["subscriptions"] for each in now["namespaces"]},
                         {"": 4, "bare": 2})
        self.assertEqual(now["errors"], {"108": 1})
        self.assertEqual(now["commands"], {"connect": 3, "subscribe": 6, "publish": 1,
                                           "presence": 1})
        self.assertEqual(now["disconnects"], {})
        for user in users[1:]:  # the order follows
            user.ask(unsubscribe={"channel": "many"})
        now = self.told(admin, "now:details",
                        lambda data: data["channels"][0]["name"] == "bare:some")
        self.assertEqual([each["name"] for each in now["channels"]], ["bare:some", "few", "many"])

    def test_twenty_channels_are_the_top(self):
        users = [self.user(f"u{i}") for i in range(4)]
        for i in range(30):
            for user in users[:1 + i % 4]:
                user.subscribe(f"c{i:02}")
        admin = self.admin()
        admin.subscribe("now:details")
        now = self.told(admin, "now:details", lambda data: True)
        wanted = sorted(range(30), key=lambda i: (-(1 + i % 4), i))[:20]
        self.assertEqual([each["name"] for each in now["channels"]], [f"c{i:02}" for i in wanted])

    def test_looking_at_a_channel(self):
        ada = self.user("ada")
        ada.subscribe("looked")
        ada.publish("looked", {"text": "ahoy"})
        admin = self.admin()
        present = self.call(admin, "presence", channel="looked")["result"]["presence"]
        self.assertEqual([each["user"] for each in present.values()], ["ada"])
        history = self.call(admin, "history", channel="looked", limit=5, reverse=True)["result"]
        self.assertEqual([each["data"] for each in history["publications"]], [{"text": "ahoy"}])
        self.assertEqual(self.call(admin, "presence", channel="bare:x")["error"]["code"], 108)
        self.assertEqual(self.call(admin, "history", channel="bare:x")["error"]["code"], 108)
        self.assertEqual(self.call(admin, "presence", channel="no:x")["error"]["code"], 102)
        nodes = self.call(admin, "info")["result"]["nodes"]
        self.assertEqual((len(nodes), nodes[0]["num_clients"]), (1, 1))
        node = self.call(admin, "node")
        self.assertEqual(node["pid"], self.server.process.pid)

    def test_publishing_and_disconnecting(self):
        ada, also_ada, ben = self.user("ada"), self.user("ada"), self.user("ben")
        ada.subscribe("told")
        admin = self.admin()
        result = self.call(admin, "publish", channel="told", data={"text": "from above"})
        self.assertEqual(result["result"]["offset"], 1)
        self.assertEqual(ada.data(), {"text": "from above"})
        self.assertEqual(self.call(admin, "disconnect", user="ada"), {"result": {}})
        for client in (ada, also_ada):
            self.assertEqual(client.close_code(), 3503)
        self.assertEqual(ben.ask(ping={})["ping"], {})
        admin.subscribe("figures")
        self.figures(admin, {"clients": 1, "users": 1, "disconnects": 2, "publications": 1})
        self.assertIn("info: admin: publish channel=told", log_of(self.server))
        self.assertIn("info: admin: disconnect user=ada", log_of(self.server))

    def test_s019_what_is_logged_is_escaped(self):
        admin = self.admin()
        self.call(admin, "disconnect", user="evil\n2026 error: \x1b[31m\u202e")
        self.assertIn("user=evil\\x0A2026", log_of(self.server).replace('"', ""))
        self.assertNotIn("\x1b", log_of(self.server))


class End(Stage):
    options = ("--drain", "0")

    def setUp(self):
        """Each starts its own."""

    def test_who_watches_is_the_last_to_go(self):
        """A deploy or an end closes everybody else first, and then the admin's page."""
        for number, code in ((signal.SIGTERM, 1012), (signal.SIGINT, 1001)):
            super().setUp()
            user = self.client("/connection/websocket")
            user.connect()
            admin = self.admin()
            admin.subscribe("figures")
            self.figures(admin, {"websockets": 1})
            self.server.signal(number)
            user.close_code()
            user.ws.end()
            self.assertEqual(admin.close_code(), code)
            admin.ws.end()
            self.assertEqual(self.server.wait(PATIENCE_S), 0)

    def test_a_successor_has_its_address(self):
        super().setUp()
        admin = self.admin()
        old = self.call(admin, "node")["pid"]
        self.server.signal(signal.SIGUSR2)
        self.assertEqual(admin.close_code(), 1012)
        admin.ws.end()
        admin = self.admin()
        new = self.call(admin, "node")["pid"]
        self.addCleanup(os.kill, new, signal.SIGKILL)
        self.assertNotEqual(new, old)
        self.assertEqual(self.server.wait(PATIENCE_S), 0)
        self.assertEqual(self.get("/admin")[0], 200)


class Options(Stage):
    def setUp(self):
        """Each starts its own."""

    def test_q023_tokens_come_from_files(self):
        for text, words in (("", "it is empty"), ("short", "16 to 255"), ("x" * 256, "16 to 255")):
            (self.path / "bad").write_text(text)
            status, _, errors = run("serve", "--listen", "http://localhost:0", "--admin-token",
                                    str(self.path / "bad"))
            self.assertEqual(status, 2)
            self.assertIn("--admin-token", errors)
            self.assertIn(words, errors)
            self.assertEqual(errors.count("\n"), 1)
        status, _, errors = run("serve", "--admin-token", str(self.path / "nowhere"))
        self.assertEqual(status, 2)
        self.assertIn("nowhere: No such file", errors)
        self.assertEqual(errors.count("\n"), 1)

    def test_check(self):
        for more in ((), ("--admin-listen", "http://127.0.0.1:1")):
            status, out, errors = run("serve", "--check", "--admin-token",
                                      str(self.path / "admin"), *more)
            self.assertEqual((status, out, errors), (0, "OK\n", ""))

    def test_what_does_not_fit(self):
        admin = ("--admin-token", str(self.path / "admin"))
        for options, words in (
                (("--admin-listen", "http://localhost:0"), "without --admin-token nobody"),
                ((*admin, "--admin-listen", "nowhere"), "nowhere"),
                ((*admin, "--admin-listen", "https://localhost:0"), "https:// needs --certificate")):
            for check in ((), ("--check",)):
                status, _, errors = run("serve", "--listen", "http://localhost:0", *check, *options)
                self.assertEqual((status, errors.count("\n")), (2, 1), errors)
                self.assertIn(words, errors)

    def test_an_address_that_is_taken(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            url = f"http://127.0.0.1:{other.getsockname()[1]}"
            status, _, errors = run("serve", "--listen", "http://localhost:0", "--admin-token",
                                    str(self.path / "admin"), "--admin-listen", url)
        self.assertEqual(status, 2)
        self.assertIn(f"{url}: the address is in use", errors)

    def test_with_tls(self):
        """The certificates are those of the server."""
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        with Server("--self-signed", "--admin-token", str(self.path / "admin"), "--admin-listen",
                    "https://localhost:0") as server:
            client = ChannelClient(Place(*server.find("admin"), tls=trust), PATH)
            self.addCleanup(client.ws.end)
            self.assertIn("connect", client.connect(token=TOKEN))
