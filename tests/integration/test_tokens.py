# SPDX-License-Identifier: MIT
"""Who is who, by tokens, over a WebSocket; what is wrong with a token itself is test_token.c's.

Rows of the table of bad inputs: Q001 Q002 Q003 Q015 Q019 Q020 Q022 Q025 Q026 Q027 Q030 R031 H015.
"""
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import PATH, SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import Server, run  # noqa: E402

INVALID_TOKEN, BAD_REQUEST, EXPIRED = 3500, 3501, 3005

CONFIG = """
token-issuer: tests
namespaces:
  default:
    history_size: 10
    recovery: true
  open:
    subscribe: all
    publish: subscribers
  users:
    subscribe: users
    publish: users
  closed:
    subscribe: nobody
"""


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        (folder / "secret").write_bytes(SECRET + b"\n")
        (folder / "new").write_bytes(SECRET[::-1])
        (folder / "hawser.yaml").write_text(CONFIG)
        cls.server = Server("--config", str(folder / "hawser.yaml"),
                            "--token-key", str(folder / "secret"),
                            "--token-key", f"new={folder / 'new'}", "--threads", "2")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()
        assert cls.server.errors == "", cls.server.errors

    def client(self, **claims):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        if claims:
            self.assertIn("connect", client.connect(token=token(**claims)))
        return client

    def test_a_token_lets_in(self):
        client = self.client()
        reply = client.connect(token=token(sub="ada", info={"name": "Ada"}))["connect"]
        self.assertTrue(reply["expires"])
        self.assertGreater(reply["ttl"], 3000)
        client.subscribe("users:x", join_leave=True)
        self.assertEqual(client.push()["join"]["info"],
                         {"client": client.client, "user": "ada", "conn_info": {"name": "Ada"}})

    def test_the_greeting_says_nothing_of_development(self):
        self.assertNotIn("development", "\n".join(self.server.greeting))

    def test_keys_by_kid(self):
        client = self.client()
        self.assertIn("connect", client.connect(token=token(SECRET[::-1], "new", sub="ada")))
        for wrong in (token(SECRET[::-1], sub="ada"), token(SECRET[::-1], "old", sub="ada")):
            client = self.client()
            client.send({"id": 1, "connect": {"token": wrong}})
            self.assertEqual(client.close_code(), INVALID_TOKEN)

    def test_q003_no_token(self):
        for parameters in ({}, {"token": ""}, {"token": "Bearer"}, {"token": "x.y.z"},
                           {"token": token(b"x" * 32, sub="ada")},
                           {"token": "Bearer " + token(sub="ada")},
                           {"data": {"name": "Ada"}}, {"token": token(sub="ada", iss="others")}):
            client = self.client()
            client.send({"id": 1, "connect": parameters})
            self.assertEqual(client.close_code(), INVALID_TOKEN, parameters)
        client = self.client()
        self.assertEqual(client.code(connect={"token": 5}), 107)

    def test_q015_an_expired_one_asks_for_another(self):
        client = self.client()
        self.assertEqual(client.code(connect={"token": token(sub="ada", exp=1)}), 109)
        self.assertIn("connect", client.connect(token=token(sub="ada")))

    def test_q022_a_token_in_the_query_is_none(self):
        client = ChannelClient(self.server, f"{PATH}?token={token(sub='ada')}")
        self.addCleanup(client.ws.end)
        client.send({"id": 1, "connect": {}})
        self.assertEqual(client.close_code(), INVALID_TOKEN)

    def test_q026_q027_order(self):
        client = self.client()
        client.send({"id": 1, "subscribe": {"channel": "open:x"}})
        self.assertEqual(client.close_code(), BAD_REQUEST)
        client = self.client(sub="ada")
        client.send({"id": 9, "connect": {"token": token(sub="ada")}})
        self.assertEqual(client.close_code(), BAD_REQUEST)

    def test_q025_a_subscription_has_a_token_of_its_own(self):
        client = self.client(sub="ada")
        good = token(sub="ada", channel="secret", info={"role": "host"})
        self.assertEqual(client.code(subscribe={"channel": "secret"}), 103)
        for wrong in (token(sub="ada", channel="other"), token(sub="eve", channel="secret"),
                      token(channel="secret"), token(sub="ada"), "x", good + "x",
                      token(sub="ada", channel="secret", client="somebody"),
                      token(b"x" * 32, sub="ada", channel="secret")):
            self.assertEqual(client.code(subscribe={"channel": "secret", "token": wrong}), 103)
        self.assertEqual(client.code(subscribe={
            "channel": "secret", "token": token(sub="ada", channel="secret", exp=1)}), 109)
        reply = client.subscribe("secret", token=good, join_leave=True)
        self.assertTrue(reply["expires"])
        self.assertEqual(client.push()["join"]["info"]["chan_info"], {"role": "host"})
        own = token(sub="ada", channel="second", client=client.client)
        self.assertIn("epoch", client.subscribe("second", token=own))
        # The one is not for the other's purpose.
        stranger = self.client()
        stranger.send({"id": 1, "connect": {"token": good}})
        self.assertEqual(stranger.close_code(), INVALID_TOKEN)

    def test_what_namespaces_say(self):
        client = self.client(sub="ada")
        client.subscribe("open:x")
        client.publish("open:x", 1)
        client.subscribe("users:x")
        client.publish("users:elsewhere", 1)
        closed = token(sub="ada", channel="closed:x")
        self.assertEqual(client.code(subscribe={"channel": "closed:x", "token": closed}), 103)
        own = token(sub="ada", channel="mine")
        client.subscribe("mine", token=own)
        self.assertEqual(client.code(publish={"channel": "mine", "data": 1}), 103)
        nobody = self.client(info={})
        self.assertEqual(nobody.code(subscribe={"channel": "users:x"}), 103)

    def test_r031_personal_channels(self):
        ada, ben, eve = (self.client(sub=name) for name in ("ada", "ben", "eve"))
        for channel in ("dialog#ada,ben", "open:dialog#ada,ben"):
            ada.subscribe(channel)
            ben.subscribe(channel)
            self.assertEqual(eve.code(subscribe={"channel": channel}), 103)
            forged = token(sub="eve", channel=channel)
            self.assertEqual(eve.code(subscribe={"channel": channel, "token": forged}), 103)
        ada.publish("open:dialog#ada,ben", "between us")
        self.assertEqual(ben.data(), "between us")
        self.assertEqual(eve.code(publish={"channel": "open:dialog#ada,ben", "data": 1}), 103)

    def test_channels_of_the_token(self):
        client = self.client()
        reply = client.connect(token=token(sub="ada", channels=["one", "open:two", "no:where", ""]))
        self.assertEqual(set(reply["connect"]["subs"]), {"one", "open:two"})
        place = reply["connect"]["subs"]["one"]
        self.assertTrue(place["recoverable"])
        client.publish("open:two", "mine")
        while True:
            push = client.push()
            if "pub" in push:
                break
        self.assertEqual((push["channel"], push["pub"]["data"]), ("open:two", "mine"))
        again = self.client()
        reply = again.connect(token=token(sub="ada", channels=["one"]), subs={
            "one": {"recover": True, "offset": place["offset"], "epoch": place["epoch"]}})
        self.assertTrue(reply["connect"]["subs"]["one"]["recovered"])

    def test_q020_refresh(self):
        client = self.client(sub="ada")
        reply = client.ask(refresh={"token": token(sub="ada", exp=int(time.time()) + 7200)})
        self.assertGreater(reply["refresh"]["ttl"], 7000)
        self.assertEqual(reply["refresh"]["client"], client.client)
        self.assertEqual(client.code(refresh={"token": 5}), 107)
        for wrong, code in ((token(sub="eve"), INVALID_TOKEN), ("x", INVALID_TOKEN),
                            (token(sub="ada", channel="x"), INVALID_TOKEN),
                            (token(sub="ada", exp=1), EXPIRED)):
            client = self.client(sub="ada")
            client.send({"id": 9, "refresh": {"token": wrong}})
            self.assertEqual(client.close_code(), code)

    def test_sub_refresh(self):
        client = self.client(sub="ada")
        client.subscribe("fresh", token=token(sub="ada", channel="fresh"))
        later = token(sub="ada", channel="fresh", exp=int(time.time()) + 7200)
        reply = client.ask(sub_refresh={"channel": "fresh", "token": later})["sub_refresh"]
        self.assertTrue(reply["expires"] and reply["ttl"] > 7000)
        old = token(sub="ada", channel="fresh", exp=1)
        self.assertEqual(client.code(sub_refresh={"channel": "fresh", "token": old}), 110)
        self.assertEqual(client.code(sub_refresh={"channel": "fresh"}), 107)
        self.assertEqual(client.code(sub_refresh={"channel": "other", "token": later}), 103)
        self.assertEqual(client.code(sub_refresh={"channel": "fresh", "token": token(sub="ada")}),
                         103)

    def test_q030_ids_cannot_be_guessed(self):
        ids = {self.client(sub="ada").client for _ in range(8)}
        self.assertEqual(len(ids), 8)
        for one in ids:
            self.assertRegex(one, r"^[0-9a-f]{32}$")


    def test_q001_q002_other_sites(self):
        for headers, status in (([("Origin", "https://evil.test"), ("Cookie", "session=1")], 403),
                                ([("Origin", "null")], 403), ([("Cookie", "session=1")], 403)):
            with self.server.socket() as ws:
                fields = {name: value for name, value in headers}
                self.assertEqual(ws.open(PATH, fields).status, status, headers)
        with self.server.socket() as ws:
            ws.send_bytes(ws.request(PATH).replace(
                f"Host: {ws.host}".encode(), b"Host: rebound.test"))
            self.assertEqual(ws.receive_answer().status, 421)

    def test_h015_pings_do_not_extend_the_time_to_connect(self):
        client = self.client()
        stop = time.monotonic() + 120
        while time.monotonic() < stop:
            client.ws.send_frame(9, b"still here")
            frame = client.ws.receive()
            if frame.opcode == 8:
                break
            self.assertEqual(frame.opcode, 10)
            time.sleep(0.2)
        self.assertEqual((frame.opcode, int.from_bytes(frame.payload[:2], "big")), (8, 3502))


class Development(unittest.TestCase):
    def test_q019_without_keys_it_says_so(self):
        with Server() as server:
            self.assertIn("channels are for development", "\n".join(server.greeting))

    def test_only_this_machine_is_let_in(self):
        """Every address of 127/8 is; another one of this machine, where it has one, is not."""
        with Server(listen="http://127.0.0.2:0") as server:
            self.assertIn("connect", ChannelClient(server).connect())

    def test_anonymous(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "secret"
            path.write_bytes(SECRET)
            with Server("--token-key", str(path), "--anonymous") as server:
                self.assertNotIn("development", "\n".join(server.greeting))
                client = ChannelClient(server)
                self.assertIn("connect", client.connect(data={"name": "Ada"}))
                self.assertEqual(client.code(subscribe={"channel": "x"}), 103)
                other = ChannelClient(server)
                other.send({"id": 1, "connect": {"token": "wrong"}})
                self.assertEqual(other.close_code(), INVALID_TOKEN)


class KeyFiles(unittest.TestCase):
    def test_mistakes_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "short").write_bytes(b"x" * 31)
            (folder / "empty").write_bytes(b"\n")
            (folder / "large").write_bytes(b"x" * 20000)
            (folder / "pem").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n")
            for name, word in (("short", "32 bytes"), ("empty", "empty"), ("large", "16 KiB"),
                               ("pem", "public key"), ("missing", "No such file")):
                status, out, errors = run("serve", "--check", "--token-key", str(folder / name))
                self.assertEqual((status, out), (2, ""), name)
                self.assertIn(word, errors)
            status, _, errors = run("serve", "--check", "--api-key", str(folder / "missing"))
            self.assertEqual(status, 2)
            self.assertIn("--api-key", errors)
            (folder / "key").write_bytes(b"x" * 15)
            status, _, errors = run("serve", "--check", "--api-key", str(folder / "key"))
            self.assertEqual(status, 2)
            self.assertIn("16", errors)


if __name__ == "__main__":
    unittest.main()
