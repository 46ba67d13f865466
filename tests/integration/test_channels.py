# SPDX-License-Identifier: MIT
"""Channels with history, recovery and rules of their own.

Rows of the table of bad inputs: R012 R019 R020 R033 R034 T019 T020 T021 T022 T023 T024 T025 T026 T027.
"""
import pathlib
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import ChannelClient  # noqa: E402
from lib.hawser import Server, run  # noqa: E402

CONFIG = """
namespaces:
  default:
    history_size: 10
    recovery: true
  large:
    history_size: 1000
    recovery: true
  past:
    history_size: 5
  bare:
    presence: false
    join_leave: false
  small:
    max_message: 16
  latest:
    max_rate: 1
    publish: all
  batch:
    batch_interval: 100ms
    publish: all
  news:
    publish: nobody
  users:
    subscribe: users
  closed:
    subscribe: nobody
"""


class Channels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(cls.folder.name) / "hawser.yaml"
        path.write_text(CONFIG)
        cls.server = Server("--config", str(path), "--threads", "3")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()
        assert cls.server.errors == "", cls.server.errors

    def client(self, **parameters):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        client.connect(**parameters)
        return client

    def writer(self, channel):
        writer = self.client()
        writer.subscribe(channel)
        return writer

    # History.

    def test_history(self):
        writer = self.writer("history")
        for i in range(12):
            writer.publish("history", i)
        reply = writer.ask(history={"channel": "history", "limit": -1})["history"]
        self.assertEqual([each["data"] for each in reply["publications"]], list(range(2, 12)))
        self.assertEqual([each["offset"] for each in reply["publications"]], list(range(3, 13)))
        self.assertEqual(reply["offset"], 12)
        self.assertEqual(reply["publications"][0]["info"]["client"], writer.client)

        def ask(**parameters):
            answer = writer.ask(history={"channel": "history", **parameters})
            return [each["data"] for each in answer["history"]["publications"]]
        self.assertEqual(ask(), [])
        self.assertEqual(ask(limit=0), [])
        self.assertEqual(ask(limit=2), [2, 3])
        self.assertEqual(ask(limit=2, reverse=True), [11, 10])
        since = {"offset": 10, "epoch": reply["epoch"]}
        self.assertEqual(ask(limit=5, since=since), [10, 11])
        self.assertEqual(ask(limit=2, since=since, reverse=True), [8, 7])
        for wrong in ({"offset": 1, "epoch": reply["epoch"]}, {"offset": 13, "epoch": reply["epoch"]},
                      {"offset": 10, "epoch": "x"}, {"offset": 10}):
            self.assertEqual(writer.code(history={"channel": "history", "since": wrong}), 112)

    def test_r033_r034_limits_of_a_history(self):
        writer = self.writer("large:limits")
        for i in range(310):
            writer.publish("large:limits", i)
        for limit in (301, 2**31, 2**62, -1, -2**63):
            reply = writer.ask(history={"channel": "large:limits", "limit": limit})
            self.assertEqual(len(reply["history"]["publications"]), 300)
        for wrong in (1.5, "1", None, [], {}):
            self.assertEqual(writer.code(history={"channel": "large:limits", "limit": wrong}), 107)
        for wrong in (-1, 1.5, "1"):
            since = {"offset": wrong, "epoch": "x"}
            self.assertEqual(writer.code(history={"channel": "large:limits", "since": since}), 107)
        since = {"offset": 2**63 - 1, "epoch": reply["history"]["epoch"]}
        self.assertEqual(writer.code(history={"channel": "large:limits", "since": since}), 112)

    def test_no_history(self):
        self.assertEqual(self.writer("bare:x").code(history={"channel": "bare:x"}), 108)

    def test_r028_a_look_from_outside(self):
        stranger = self.client()
        for channel in ("users:x", "closed:x", "room#ada", "users:nobody-here"):
            for method in ("history", "presence", "presence_stats"):
                self.assertEqual(stranger.code(**{method: {"channel": channel}}), 103)

    def test_a_look_at_what_is_open_to_all(self):
        """Who could subscribe and look then may look at once."""
        self.writer("looked").publish("looked", 1)
        stranger = self.client()
        history = stranger.ask(history={"channel": "looked", "limit": 1})["history"]
        self.assertEqual([each["data"] for each in history["publications"]], [1])
        self.assertEqual(len(stranger.ask(presence={"channel": "looked"})["presence"]["presence"]), 1)
        self.assertEqual(stranger.ask(presence_stats={"channel": "looked"})["presence_stats"],
                         {"num_clients": 1, "num_users": 1})
        stranger.subscribe("looked")
        self.assertEqual(stranger.ask(unsubscribe={"channel": "looked"})["unsubscribe"], {})
        reply = stranger.ask(presence_stats={"channel": "looked"})["presence_stats"]
        self.assertEqual(reply["num_clients"], 1)
        self.assertEqual(stranger.code(presence={"channel": "bare:x"}), 108)
        self.assertEqual(stranger.code(history={"channel": "bare:x"}), 108)

    # Recovery.

    def recover(self, channel, position, **more):
        client = self.client()
        reply = client.subscribe(channel, recover=True, **{**position, **more})
        return client, reply

    def position(self, channel):
        """Of a new subscriber."""
        reply = self.client().subscribe(channel)
        self.assertTrue(reply["recoverable"] and reply["positioned"])
        return {"offset": reply["offset"], "epoch": reply["epoch"]}

    def test_t019_t020_what_was_missed(self):
        writer = self.writer("missed")
        position = self.position("missed")
        for i in range(7):
            writer.publish("missed", i)
        client, reply = self.recover("missed", position)
        self.assertTrue(reply["recovered"])
        self.assertEqual([each["data"] for each in reply["publications"]], list(range(7)))
        writer.publish("missed", "live")
        push = client.push()["pub"]
        self.assertEqual((push["data"], push["offset"]), ("live", 8))

        # Where it was, not where the channel is: who leaves again before he has read them all
        # comes back for the rest.
        self.assertEqual(reply["offset"], 0)
        position["offset"] = 3
        self.assertEqual(self.recover("missed", position)[1]["offset"], 3)

        position["offset"] = 8
        client, reply = self.recover("missed", position)
        self.assertTrue(reply["recovered"])
        self.assertEqual(reply["publications"], [])
        writer.publish("missed", "next")
        self.assertEqual(client.data(), "next")

    def test_t021_to_t023_what_cannot_be_recovered(self):
        writer = self.writer("lost")
        position = self.position("lost")
        for i in range(11):
            writer.publish("lost", i)
        epoch = position["epoch"]
        for wrong in (position, {"offset": 12, "epoch": epoch}, {"offset": 2**63 - 1, "epoch": epoch},
                      {"offset": -1, "epoch": epoch}, {"offset": 1.5, "epoch": epoch},
                      {"offset": 11, "epoch": ""}, {"offset": 11, "epoch": "x"}, {"offset": 11}):
            client, reply = self.recover("lost", wrong)
            self.assertEqual((reply["recovered"], reply["was_recovering"]), (False, True), wrong)
            self.assertEqual((reply["publications"], reply["offset"], reply["epoch"]),
                             ([], 11, epoch))
            client.ws.end()
        client, _ = self.recover("lost", {"offset": 11, "epoch": "x"})
        writer.publish("lost", "live")
        self.assertEqual(client.data(), "live")

    def test_who_would_rather_be_refused_than_not_recover(self):
        """Bit 2 of `flag`: the client loads its state anew before it comes in."""
        writer = self.writer("refused")
        position = self.position("refused")
        for i in range(11):
            writer.publish("refused", i)
        client = self.client()
        ask = {"channel": "refused", "recover": True, "flag": 3, **position}
        self.assertEqual(client.code(subscribe=ask), 112)
        present = writer.ask(presence={"channel": "refused"})["presence"]["presence"]
        self.assertNotIn(client.client, present)
        self.assertFalse(client.ask(subscribe={**ask, "flag": 1})["subscribe"]["recovered"])
        for wrong in (-1, "2", None, 1.5):
            self.assertEqual(client.code(subscribe={**ask, "flag": wrong}), 107)

        other = self.client()
        reply = other.subscribe("refused", flag=2)
        self.assertNotIn("recovered", reply)
        self.assertEqual(other.ask(unsubscribe={"channel": "refused"})["unsubscribe"], {})
        del ask["offset"]
        reply = other.ask(subscribe={**ask, "offset": reply["offset"]})["subscribe"]
        self.assertTrue(reply["recovered"])
        writer.publish("refused", "live")
        self.assertEqual(other.data(), "live")

    def test_who_has_had_nothing_begins_at_the_beginning(self):
        """With neither offset nor epoch: all that has been, if it is still there."""
        writer = self.writer("new")
        self.assertTrue(self.recover("new", {})[1]["recovered"])
        for i in range(10):
            writer.publish("new", i)
        _, reply = self.recover("new", {})
        self.assertEqual((reply["recovered"], reply["offset"]), (True, 0))
        self.assertEqual([each["data"] for each in reply["publications"]], list(range(10)))
        writer.publish("new", 10)
        _, reply = self.recover("new", {})
        self.assertEqual((reply["recovered"], reply["offset"], reply["publications"]),
                         (False, 11, []))

    def test_t025_more_than_one_answer_holds(self):
        writer = self.writer("large:much")
        position = self.position("large:much")
        for i in range(301):
            writer.publish("large:much", i)
        self.assertFalse(self.recover("large:much", position)[1]["recovered"])
        position["offset"] = 1
        self.assertEqual(len(self.recover("large:much", position)[1]["publications"]), 300)

    def test_t024_publications_while_it_recovers(self):
        writer = self.writer("large:race")
        position = self.position("large:race")
        readers, sent = [], 0
        for round_ in range(20):
            lines = [{"id": 1000 + i, "publish": {"channel": "large:race", "data": sent + i}}
                     for i in range(10)]
            client = self.client()
            writer.send(*lines)
            client.send({"id": 99, "subscribe": {"channel": "large:race", "recover": True, **position}})
            sent += 10
            readers.append(client)
        for client in readers:
            got = []
            while len(got) < sent:
                line = client.receive()
                if line.get("id") == 99:
                    self.assertTrue(line["subscribe"]["recovered"])
                    got += [each["data"] for each in line["subscribe"]["publications"]]
                else:
                    got.append(line["push"]["pub"]["data"])
            self.assertEqual(got, list(range(sent)))

    def test_t026_who_comes_back_before_he_has_gone(self):
        """The old connection, which nobody has noticed to be dead, is another client."""
        writer = self.writer("twice")
        position = self.position("twice")
        old, _ = self.recover("twice", position)
        writer.publish("twice", 1)
        new, reply = self.recover("twice", position)
        self.assertEqual([each["data"] for each in reply["publications"]], [1])
        old.ws.end()
        present = [old.client]
        while old.client in present:
            present = list(writer.ask(presence={"channel": "twice"})["presence"]["presence"])
        self.assertIn(new.client, present)

    def test_r012_a_mistake_is_its_own_affair(self):
        client, other = self.client(), self.client()
        client.subscribe("calm")
        for data in ("{", "[]", "\x00", '{"id":1,"publish":{"channel":"calm","data":' + "[" * 99):
            other = self.client()
            other.send_raw(data)
            self.assertEqual(other.close_code(), 3501)
        client.publish("calm", "still here")
        self.assertEqual(client.data(), "still here")

    def test_without_recovery_offsets_are_told(self):
        writer = self.writer("past:x")
        self.assertNotIn("recoverable", self.client().subscribe("past:x", recover=True, offset=0,
                                                                epoch="x"))
        writer.publish("past:x", 1)
        self.assertEqual(writer.push()["pub"]["offset"], 1)

    def test_t027_two_tabs_are_independent(self):
        writer = self.writer("tabs")
        position = self.position("tabs")
        writer.publish("tabs", 1)
        one, first = self.recover("tabs", position)
        other, second = self.recover("tabs", position)
        self.assertEqual(first["publications"], second["publications"])
        writer.publish("tabs", 2)
        self.assertEqual((one.data(), other.data()), (2, 2))

    # Rules.

    def test_presence_and_announcements_can_be_off(self):
        writer = self.writer("bare:quiet")
        self.assertEqual(writer.code(presence={"channel": "bare:quiet"}), 108)
        self.assertEqual(writer.code(presence_stats={"channel": "bare:quiet"}), 108)
        client = self.client()
        client.subscribe("bare:quiet", join_leave=True)
        self.client().subscribe("bare:quiet", join_leave=True)
        writer.publish("bare:quiet", "first")
        self.assertEqual(client.data(), "first")

    def test_max_message(self):
        writer = self.writer("small:x")
        writer.publish("small:x", "x" * 14)
        self.assertEqual(writer.code(publish={"channel": "small:x", "data": "x" * 15}), 106)

    def test_the_latest_is_enough(self):
        client = self.client()
        client.subscribe("latest:x")
        writer = self.client()
        writer.send(*({"id": i + 1, "publish": {"channel": "latest:x", "data": i}}
                      for i in range(64)))
        got = [client.data()]
        while got[-1] != 63:
            got.append(client.data())
        self.assertEqual(got, sorted(set(got)))
        self.assertLess(len(got), 64)

    def test_batches_lose_nothing(self):
        client = self.client()
        client.subscribe("batch:x")
        writer = self.client()
        writer.send(*({"id": i + 1, "publish": {"channel": "batch:x", "data": i}}
                      for i in range(64)))
        frames, got = 0, []
        while len(got) < 64:
            if not client.unread:
                frames += 1
            got.append(client.data())
        self.assertEqual(got, list(range(64)))
        self.assertLess(frames, 64)

    def test_who_may(self):
        client = self.client()
        self.assertEqual(client.code(subscribe={"channel": "users:x"}), 103)
        self.assertEqual(client.code(subscribe={"channel": "closed:x"}), 103)
        client.subscribe("news:x")
        self.assertEqual(client.code(publish={"channel": "news:x", "data": 1}), 103)
        client.publish("batch:elsewhere", 1)
        self.assertEqual(client.code(publish={"channel": "elsewhere", "data": 1}), 103)

    def test_r019_r020_names_that_play_tricks(self):
        client = self.client()
        for channel in ("unknown:x", ":x", ":", "ns::x", ":::", "Large:x", "large :x"):
            self.assertIn(client.code(subscribe={"channel": channel}), (102, 107), channel)
        for channel in ("x#", "x#42", "large:#", "large:x#ada,ben", "#", "x#,"):
            self.assertEqual(client.code(subscribe={"channel": channel}), 103, channel)
            self.assertEqual(client.code(publish={"channel": channel, "data": 1}), 103, channel)

    # Procedures.

    def test_rpc(self):
        client = self.client()
        data = {"deep": [1, None, "ahoy ⚓"]}
        self.assertEqual(client.ask(rpc={"method": "echo", "data": data})["rpc"], {"data": data})
        self.assertEqual(client.ask(rpc={"method": "echo"})["rpc"], {"data": None})
        for method in ("", "Echo", "echo2", "other"):
            self.assertEqual(client.code(rpc={"method": method, "data": 1}), 108)
        self.assertEqual(client.code(rpc={}), 108)

    def test_ping_and_send(self):
        client = self.client()
        client.send({"send": {"data": 1}})
        self.assertEqual(client.ask(ping={})["ping"], {})


class Configuration(unittest.TestCase):
    def check(self, text, *words):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "hawser.yaml"
            path.write_text(text)
            status, _, errors = run("serve", "--check", "--config", str(path))
        self.assertEqual(status, 2, text)
        for word in words:
            self.assertIn(word, errors, text)

    def test_s023_mistakes_are_named_with_their_line(self):
        self.check("namespaces: 5\n", "hawser.yaml:1: namespaces", "map")
        self.check("namespaces:\n  x: 5\n", ":2: x", "map")
        self.check("namespaces:\n  x:\n    historysize: 5\n", ":3:", "history_size")
        self.check("namespaces:\n  x:\n    history_size: many\n", ":3: history_size")
        self.check("namespaces:\n  x:\n    history_size: 100001\n", ":3: history_size", "100000")
        self.check("namespaces:\n  x:\n    history_ttl: soon\n", ":3: history_ttl", "duration")
        self.check("namespaces:\n  x:\n    recovery: perhaps\n", ":3: recovery", "true or false")
        self.check("namespaces:\n  x:\n    publish: friends\n", ":3: publish", "subscribers")
        self.check("namespaces:\n  x:\n    subscribe: subscribers\n", ":3: subscribe", "token")
        self.check("namespaces:\n  x:\n    recovery: true\n", "'x'", "history_size")
        self.check("namespaces:\n  default:\n    recovery: true\n", "'default'", "history_size")
        self.check("namespaces:\n  'a#b': {}\n", "'a#b'")
        self.check("namespaces:\n" + "".join(f"  n{i}: {{}}\n" for i in range(33)), ":34:", "32")

    def test_a_reload_tells_what_takes_a_new_process(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "hawser.yaml"
            for text, is_told in (("namespaces:\n  x:\n    history_size: 2\n", True),
                                  ("namespaces:\n  x: {}\n  y: {}\n", True), ("", True),
                                  ("namespaces:\n  x:\n    history_size: 1\n\n# same\n", False)):
                path.write_text("namespaces:\n  x:\n    history_size: 1\n")
                with Server("--config", str(path), "--log-level", "info") as server:
                    path.write_text(text)
                    server.signal(signal.SIGHUP)
                    server.await_log("read again")  # signals have no order among them
                    self.assertEqual(server.stop(), 0)
                self.assertEqual("namespaces has changed" in server.errors, is_told, text)

    def test_it_is_no_option(self):
        status, _, errors = run("serve", "--namespaces", "x")
        self.assertEqual(status, 2)
        self.assertIn("no such option", errors)


if __name__ == "__main__":
    unittest.main()
