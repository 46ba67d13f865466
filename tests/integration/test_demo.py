# SPDX-License-Identifier: MIT
"""The programs that are for demonstration: that they publish what their pages show."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import PATH, SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import PROGRAM, Server, run  # noqa: E402


def url(server):
    return f"ws://localhost:{server.port}{PATH}"


class Feed(unittest.TestCase):
    def test_quotes_come_in_order(self):
        with Server() as server:
            client = ChannelClient(server)
            client.connect()
            client.subscribe("quotes:KEEL")
            status, out, err = run("demo-feed", "--rate", "10000", "-n", "1000", url(server),
                                   timeout=60)
            self.assertEqual((status, out), (0, ""), err)
            quotes = [client.data()]
            while quotes[-1]["number"] < 30:  # of a thousand, of twenty: the seed is the same
                quotes.append(client.data())
            self.assertTrue(all(quote["symbol"] == "KEEL" for quote in quotes))
            numbers = [quote["number"] for quote in quotes]
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_a_server_with_other_namespaces_refuses(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "hawser.yaml")
            path.write_text("namespaces:\n  news:\n    presence: false\n")
            with Server("--config", str(path)) as server:
                status, out, err = run("demo-feed", url(server), timeout=60)
                self.assertEqual((status, out), (1, ""))
                self.assertIn("hawser demo-feed: the server refuses: unknown channel", err)

    def test_bad_options(self):
        for option in (("--rate", "0"), ("--rate", "10001"), ("--seed", "x"), ("-n", "0")):
            status, _, err = run("demo-feed", *option)
            self.assertEqual(status, 2)
            self.assertIn("hawser demo-feed: --", err)


class Keys(unittest.TestCase):
    """A server with keys, which has what the pages need (--demo)."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        key = self.folder / "secret.key"
        key.write_bytes(SECRET)
        self.server = Server("--token-key", str(key), "--demo")
        self.addCleanup(self.server.stop)

    def file(self, text):
        path = self.folder / f"token-{len(list(self.folder.iterdir()))}"
        path.write_text(text + "\n")
        return str(path)

    def client(self, *channels):
        client = ChannelClient(self.server)
        client.connect(token=token(sub="ada"))
        for channel in channels:
            client.subscribe(channel)
        return client

    def test_a_feed_with_a_token_publishes(self):
        client = self.client("quotes:KEEL")
        for option in (("--token", token(sub="feed")), ("--token-file", self.file(token()))):
            status, out, err = run("demo-feed", "-n", "50", *option, url(self.server), timeout=60)
            self.assertEqual((status, out), (0, ""), err)
            self.assertEqual(client.data()["symbol"], "KEEL")

    def test_without_a_good_one_it_is_refused(self):
        for option, said in (((), "invalid token"), (("--token", token(b"x" * 32)), "invalid token"),
                             (("--token", token(exp=1)), "token expired")):
            for name in ("demo-feed", "demo-devices"):
                status, out, err = run(name, *option, url(self.server), timeout=60)
                self.assertEqual((status, out), (1, ""), err)
                self.assertIn(said, err)

    def test_what_is_no_token_is_said_at_once(self):
        for option in (("--token", "Bearer"), ("--token-file", self.file("hello")),
                       ("--token-file", str(self.folder / "none")),
                       ("--token", "a.b.c", "--token-file", self.file(token()))):
            for words in (("demo-feed",), ("demo-devices",), ("bench", "--mode", "chat")):
                status, _, err = run(*words, *option, url(self.server))
                self.assertEqual(status, 2, err)
                self.assertIn(f"hawser {words[0]}: ", err)

    def test_devices_share_a_token_and_are_told_apart_by_their_clients(self):
        client = self.client("devices:state")
        client.subscribe("devices:here", join_leave=True)
        path = self.file(token(sub="pumps", info={"name": "Ada"}))
        devices = subprocess.Popen([PROGRAM, "demo-devices", "-n", "3", "--interval", "100ms",
                                    "--token-file", path, url(self.server)])
        self.addCleanup(devices.wait)
        self.addCleanup(devices.kill)
        members, speakers = set(), {}
        while len(members) < 4 or len(speakers) < 3:
            push = client.push()
            if "join" in push:
                members.add(push["join"]["info"]["client"])
            elif push["channel"] == "devices:state":
                pub = push["pub"]
                speakers[pub["data"]["device"]] = pub["info"]["client"]
        self.assertEqual(set(speakers), {"pump-01", "pump-02", "pump-03"})
        self.assertEqual(set(speakers.values()), members - {client.client})

    def test_a_load_of_a_chat(self):
        words = ("bench", "--mode", "chat", "-c", "4", "--slow", "1", "--duration", "300ms",
                 "--warm-up", "0", "--channel", "chat:x", "--json")
        status, out, err = run(*words, "--token", token(sub="load"), url(self.server), timeout=60)
        self.assertEqual(status, 0, out + err)
        self.assertGreater(json.loads(out)["messages"], 0)
        status, out, err = run(*words, url(self.server), timeout=60)
        self.assertEqual(status, 1, out + err)
        self.assertIn("invalid token", out)

    def test_a_token_is_for_a_chat(self):
        status, _, err = run("bench", "--token", "a.b.c", url(self.server))
        self.assertEqual(status, 2)
        self.assertIn("--token is for --mode chat", err)


class Devices(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.devices = subprocess.Popen(
            [PROGRAM, "demo-devices", "-n", "3", "--interval", "100ms", url(self.server)],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.devices.stderr.close)
        self.addCleanup(self.devices.wait)
        self.addCleanup(self.devices.kill)
        self.client = ChannelClient(self.server)
        self.client.connect()

    def until(self, wanted):
        while True:
            push = self.client.push()
            if wanted(push):
                return push

    def order(self, device, **command):
        channel = f"devices:{device}"
        self.client.publish(channel, command)
        return self.until(lambda push: push["channel"] == channel and
                          push.get("pub", {}).get("data", {}).get("ack") == command["id"]
                          )["pub"]["data"]["done"]

    def test_they_measure_obey_and_die(self):
        self.client.subscribe("devices:state")
        for device in ("pump-01", "pump-02", "pump-03"):
            self.until(lambda push, name=device: push["pub"]["data"]["device"] == name)
        self.client.subscribe("devices:pump-02")
        self.client.subscribe("devices:here", join_leave=True)
        self.assertTrue(self.order("pump-02", command="speed", value=0, id="a"))
        self.assertFalse(self.order("pump-02", command="speed", value=3001, id="b"))
        self.assertFalse(self.order("pump-02", command="fly", id="c"))
        self.until(lambda push: push.get("pub", {}).get("data", {}).get("device") == "pump-02" and
                   push["pub"]["data"]["speed"] < 100)
        self.assertTrue(self.order("pump-02", command="die", id="d"))
        for kind in ("leave", "join"):
            push = self.until(lambda push, kind=kind: kind in push)
            self.assertEqual(push[kind]["info"]["conn_info"], {"name": "pump-02"})

    def test_they_end_in_order(self):
        self.client.subscribe("devices:state")
        self.client.push()
        self.devices.terminate()
        self.assertEqual((self.devices.wait(), self.devices.stderr.read()), (0, ""))

    def test_bad_options(self):
        for option in (("-n", "0"), ("-n", "100"), ("--interval", "99ms"), ("--seed", "-1")):
            status, _, err = run("demo-devices", *option)
            self.assertEqual(status, 2)
            self.assertIn("hawser demo-devices: --", err)


if __name__ == "__main__":
    unittest.main()
