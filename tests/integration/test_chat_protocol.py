# SPDX-License-Identifier: MIT
"""The chat's protocol, right and wrong.

Rows of the table of bad inputs: R001 R002 R003 R004 R005 R006 R007 R008 R009 R010 R014 R015 R016 R017
R018 R021 R023 R024 R025 R027 R028 R030 R032.
"""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import ChannelClient  # noqa: E402
from lib.hawser import Server  # noqa: E402
from lib.rawws import BINARY  # noqa: E402

BAD_REQUEST = 3501


class Client(ChannelClient):
    """One that says its name, and goes with the block that it is in."""

    def __init__(self, server, name=None):
        super().__init__(server)
        if name is not None:
            self.connect(data={"name": name})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ws.end()

    def enter(self, channel):
        assert self.ask(subscribe={"channel": channel, "join_leave": True})["subscribe"] == {}
        push = self.push()
        assert push["join"]["info"]["client"] == self.client, push
        return self


class Chat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        assert cls.server.errors == "", cls.server.errors

    def client(self, name="Ada"):
        client = Client(self.server, name)
        self.addCleanup(client.ws.end)
        return client

    def check_disconnect(self, *frames, code=BAD_REQUEST, name="Ada"):
        """Each of the frames, alone, ends a connection."""
        for data in frames:
            client = self.client(name)
            client.send_raw(data)
            self.assertEqual(client.ws.receive_close().code, code, data[:60])

    def check_error(self, code, *commands):
        """Each of the commands is answered with that error, and the connection lives."""
        client = self.client()
        for command in commands:
            self.assertEqual(client.code(**command), code, str(command)[:60])
        self.assertEqual(client.ask(subscribe={"channel": "alive"})["subscribe"], {})


class Right(Chat):
    def test_connect(self):
        client = self.client(None)
        reply = client.ask(connect={"name": "test", "version": "1", "data": {"name": "Ada"}})
        self.assertEqual(set(reply["connect"]), {"client", "version", "ping", "pong"})
        self.assertEqual((reply["connect"]["ping"], reply["connect"]["pong"]), (25, True))
        self.assertRegex(reply["connect"]["client"], r"^[0-9a-f]{32}$")

    def test_everyone_is_another(self):
        self.assertNotEqual(self.client().client, self.client().client)

    def test_publish_reaches_all_and_oneself(self):
        ada = self.client("Ada").enter("reach")
        ben = self.client("Ben").enter("reach")
        self.assertEqual(ada.push()["join"]["info"]["conn_info"], {"name": "Ben"})
        data = {"text": "ahoy ⚓", "deep": [1, -2.5, None, True, {"": ""}]}
        self.assertEqual(ben.ask(publish={"channel": "reach", "data": data})["publish"], {})
        for client in (ada, ben):
            self.assertEqual(client.push(), {"channel": "reach", "pub": {
                "data": data,
                "info": {"client": ben.client, "user": "", "conn_info": {"name": "Ben"}}}})

    def test_other_rooms_do_not_hear(self):
        ada = self.client("Ada").enter("one")
        ben = self.client("Ben").enter("two")
        ben.ask(publish={"channel": "two", "data": 1})
        ada.ask(publish={"channel": "one", "data": 2})
        self.assertEqual(ada.push()["pub"]["data"], 2)

    def test_presence(self):
        ada = self.client("Ada").enter("presence")
        ben = self.client("Ben").enter("presence")
        info = {one.client: {"client": one.client, "user": "", "conn_info": {"name": name}}
                for one, name in ((ada, "Ada"), (ben, "Ben"))}
        self.assertEqual(ben.ask(presence={"channel": "presence"})["presence"],
                         {"presence": info})
        self.assertEqual(ben.ask(presence_stats={"channel": "presence"})["presence_stats"],
                         {"num_clients": 2, "num_users": 1})

    def test_leave(self):
        ada = self.client("Ada").enter("leave")
        for farewell in ("unsubscribe", "close", "cut"):
            ben = self.client("Ben").enter("leave")
            self.assertIn("join", ada.push())
            if farewell == "unsubscribe":
                self.assertEqual(ben.ask(unsubscribe={"channel": "leave"})["unsubscribe"], {})
            elif farewell == "close":
                ben.ws.send_close(1000)
            else:
                ben.ws.end()
            leave = ada.push()
            self.assertEqual((leave["channel"], leave["leave"]["info"]["client"]),
                             ("leave", ben.client), farewell)
        self.assertEqual(list(ada.ask(presence={"channel": "leave"})["presence"]["presence"]),
                         [ada.client])

    def test_without_a_name(self):
        client = self.client(None)
        client.client = client.ask(connect={})["connect"]["client"]
        client.enter("nameless")
        self.assertEqual(client.ask(presence={"channel": "nameless"})["presence"]["presence"],
                         {client.client: {"client": client.client, "user": ""}})

    def test_r030_r032_only_the_name_goes_on(self):
        client = self.client(None)
        data = {"name": "Ada", "token": "secret", "admin": True}
        client.client = client.ask(connect={"data": data, "token": "x"})["connect"]["client"]
        client.enter("secret")
        info = client.ask(presence={"channel": "secret"})["presence"]["presence"][client.client]
        self.assertEqual(info["conn_info"], {"name": "Ada"})

    def test_several_commands_in_a_frame(self):
        client = self.client()
        client.send({"id": 11, "subscribe": {"channel": "many"}},
                    {"id": 12, "nonsense": {}},
                    {"id": 13, "publish": {"channel": "many", "data": "x"}})
        got = [client.receive() for _ in range(4)]
        self.assertEqual([each.get("id") for each in got], [11, 12, 13, None])
        self.assertEqual(got[1]["error"]["code"], 104)
        self.assertEqual(got[3]["push"]["pub"]["data"], "x")

    def test_a_frame_may_end_with_a_newline(self):
        client = self.client()
        client.send_raw('{"id":5,"unsubscribe":{"channel":"x"}}\n')
        self.assertEqual(client.receive(), {"id": 5, "unsubscribe": {}})

    def test_a_pong_that_nobody_asked_for(self):
        client = self.client()
        client.send_raw("{}")
        self.assertEqual(client.ask(unsubscribe={"channel": "x"})["unsubscribe"], {})


class Wrong(Chat):
    def test_r001_not_json(self):
        self.check_disconnect("", " ", "\n", "\n\n", "x", "{", "null", "1", '"{}"', "[]", "[{}]",
                              '\ufeff{"id":9,"publish":{}}', '{"id":9,"publish":{}} x',
                              '{"id":9,"publish":{}}{}', '{"id":9,"unsubscribe":{"channel":"x"}}\n\n')

    def test_r002_depth(self):
        client = self.client().enter("deep")

        def nested(depth):  # of the data; command and publish are two more
            return '{"id":7,"publish":{"channel":"deep","data":%s%s}}' % ("[" * depth, "]" * depth)
        client.send_raw(nested(30))
        self.assertEqual(client.receive()["id"], 7)
        self.assertIn("pub", client.push())
        client.send_raw(nested(31))
        self.assertEqual(client.ws.receive_close().code, BAD_REQUEST)
        self.check_disconnect("[" * 60000, '{"a":' * 12000)

    def test_r003_many_keys(self):
        client = self.client().enter("keys")
        data = {f"k{i}": i for i in range(3000)}
        client.ask(publish={"channel": "keys", "data": data})
        self.assertEqual(client.push()["pub"]["data"], data)

    def test_r004_duplicate_keys(self):
        self.check_disconnect('{"id":1,"id":2,"publish":{}}',
                              '{"id":9,"publish":{"channel":"x","data":{"a":1,"a":1}}}')

    def test_r005_numbers(self):
        self.check_disconnect('{"id":9,"publish":{"channel":"x","data":1e999}}',
                              '{"id":9,"publish":{"channel":"x","data":18446744073709551616}}',
                              '{"id":9,"publish":{"channel":"x","data":%s}}' % ("9" * 10000),
                              '{"id":1.0,"publish":{}}', '{"id":1e0,"publish":{}}',
                              '{"id":01,"publish":{}}')
        client = self.client().enter("numbers")
        numbers = [0, -1, 2**53 + 1, 2**63 - 1, -2**63, 0.1, 1e300, 5e-324]
        client.ask(publish={"channel": "numbers", "data": numbers})
        self.assertEqual(client.push()["pub"]["data"], numbers)

    def test_r006_strings(self):
        self.check_disconnect('{"id":9,"subscribe":{"channel":"a\\u0000b"}}',
                              '{"id":9,"subscribe":{"channel":"\\ud800"}}',
                              '{"id":9,"subscribe":{"channel":"\\x41"}}',
                              '{"id":9,"subscribe":{"channel":"a\tb"}}',
                              '{"id\\u0000":9,"subscribe":{"channel":"a"}}')

    def test_r007_unknown_and_of_the_wrong_type(self):
        self.check_error(104, {}, {"sing": {}}, {"dance": {"method": "x"}})
        self.check_error(107, {"subscribe": 5}, {"subscribe": []}, {"subscribe": None},
                         {"subscribe": {}}, {"subscribe": {"channel": 5}},
                         {"subscribe": {"channel": None}}, {"publish": {"data": 1}},
                         {"unsubscribe": {}}, {"presence": {}}, {"history": {}},
                         {"rpc": {"method": 5}}, {"subscribe": {"channel": "x", "recover": 1}},
                         {"subscribe": {"channel": "x", "epoch": 1}},
                         {"subscribe": {"channel": "x", "join_leave": "yes"}})
        client = self.client()
        self.assertEqual(client.ask(subscribe={"channel": "x", "recover": True, "new": 1}),
                         {"id": client.id, "subscribe": {}})

    def test_r007_publish_without_data(self):
        client = self.client().enter("dataless")
        self.assertEqual(client.code(publish={"channel": "dataless"}), 107)

    def test_r008_ids(self):
        self.check_disconnect('{"id":0,"subscribe":{"channel":"x"}}',
                              '{"subscribe":{"channel":"x"}}', '{"id":null,"subscribe":{}}',
                              '{"id":"1","subscribe":{"channel":"x"}}',
                              '{"id":9223372036854775808,"subscribe":{"channel":"x"}}')
        client = self.client()
        for number in (2**53 + 1, 2**63 - 1, 7, 7):
            client.send({"id": number, "unsubscribe": {"channel": "x"}})
            self.assertEqual(client.receive(), {"id": number, "unsubscribe": {}})
        self.check_disconnect('{"id":-1,"unsubscribe":{"channel":"x"}}')

    def test_r009_commands_in_a_frame(self):
        lines = [json.dumps({"id": i, "unsubscribe": {"channel": "x"}}) for i in range(1, 66)]
        client = self.client()
        client.send_raw("\n".join(lines[:64]))
        self.assertEqual([client.receive()["id"] for _ in range(64)], list(range(1, 65)))
        client.send_raw("\n".join(lines))
        self.assertEqual(client.ws.receive_close().code, BAD_REQUEST)

        client = self.client()
        client.send_raw("\n".join([lines[0], "nonsense", lines[1]]))
        self.assertEqual(client.receive()["id"], 1)
        self.assertEqual(client.ws.receive().opcode, 8)  # the third was not obeyed

    def test_r010_binary(self):
        client = self.client()
        client.ws.send_frame(BINARY, b'{"id":9,"subscribe":{"channel":"x"}}')
        self.assertEqual(client.ws.receive_close().code, 1003)

    def test_r014_r017_channels(self):
        self.check_error(107, *({"subscribe": {"channel": channel}} for channel in (
            "", "x" * 256, "x" * 60000, "a b", "a\nb", "a\r\nb", "\x01", "\x7f", "\x85")))
        client = self.client()
        long = {"channel": "x" * 255, "join_leave": True}
        self.assertEqual(client.ask(subscribe=long)["subscribe"], {})
        self.assertEqual(client.push()["channel"], "x" * 255)

    def test_r015_utf8(self):
        self.check_disconnect(b'{"id":9,"subscribe":{"channel":"\xff"}}', code=1007)

    def test_r016_what_looks_the_same_is_not(self):
        composed = self.client().enter("caf\u00e9")
        for other in ("cafe\u0301", "Caf\u00e9", "caf\u00e9\u200d"):
            client = self.client().enter(other)
            client.ask(publish={"channel": other, "data": other})
            self.assertEqual(client.push()["channel"], other)
        composed.ask(publish={"channel": "caf\u00e9", "data": "mine"})
        self.assertEqual(composed.push()["pub"]["data"], "mine")

    def test_r018_no_pattern_is_a_pattern(self):
        target = self.client().enter("foo.bar")
        for pattern in ("*", ">", "foo.*", "foo?bar", "[a-z]*", "foo\\.bar", "{foo.bar}", "$all"):
            client = self.client().enter(pattern)
            target.ask(publish={"channel": "foo.bar", "data": pattern})
            self.assertEqual(target.push()["pub"]["data"], pattern)
            client.ask(publish={"channel": pattern, "data": "own"})
            self.assertEqual(client.push()["pub"]["data"], "own")

    def test_r021_channels_of_a_client(self):
        client = self.client()
        for i in range(128):
            client.ask(subscribe={"channel": f"limit-{i}"})
        self.assertEqual(client.code(subscribe={"channel": "limit-128"}), 106)
        client.ask(unsubscribe={"channel": "limit-0"})
        self.assertEqual(client.ask(subscribe={"channel": "limit-128"})["subscribe"], {})

    def test_r023_subscribe_twice(self):
        client = self.client().enter("twice")
        self.assertEqual(client.code(subscribe={"channel": "twice"}), 105)
        client.ask(publish={"channel": "twice", "data": 1})
        self.assertEqual(client.push()["pub"]["data"], 1)
        client.ask(publish={"channel": "twice", "data": 2})
        self.assertEqual(client.push()["pub"]["data"], 2)

    def test_r024_unsubscribe_unknown(self):
        self.assertEqual(self.client().ask(unsubscribe={"channel": "x"})["unsubscribe"], {})

    def test_r025_without_waiting_for_replies(self):
        witness = self.client("Witness").enter("quick")
        client = self.client("Quick")
        channel = {"channel": "quick"}
        client.send({"id": 91, "subscribe": channel}, {"id": 92, "unsubscribe": channel},
                    {"id": 93, "subscribe": channel}, {"id": 94, "unsubscribe": channel})
        client.send({"id": 95, "publish": {"channel": "quick", "data": "late"}})
        replies = []
        while not replies or replies[-1]["id"] != 95:
            reply = client.receive()
            if "id" in reply:
                replies.append(reply)
        self.assertEqual([reply["id"] for reply in replies], [91, 92, 93, 94, 95])
        self.assertEqual(replies[-1]["error"]["code"], 103)
        self.assertEqual(["join" in witness.push() for _ in range(4)], [True, False] * 2)

    def test_r027_r028_from_outside(self):
        self.client().enter("open")
        for channel in ("open", "not-there"):  # the same answer: no oracle
            self.check_error(103, {"publish": {"channel": channel, "data": 1}})
        for channel in ("room#ada", "not-there#ada"):
            self.check_error(103, {"presence": {"channel": channel}},
                             {"presence_stats": {"channel": channel}})

    def test_order(self):
        self.check_disconnect('{"id":1,"subscribe":{"channel":"x"}}', "{}",
                              '{"id":1,"nonsense":{}}', name=None)
        self.check_disconnect('{"id":9,"connect":{}}')

    def test_nothing_after_a_disconnect(self):
        witness = self.client("Witness").enter("after")
        client = self.client().enter("after")
        self.assertIn("join", witness.push())
        client.send({"id": 5, "connect": {}},
                    {"id": 6, "publish": {"channel": "after", "data": "ghost"}})
        client.send({"id": 7, "publish": {"channel": "after", "data": "ghost"}})
        self.assertEqual(client.ws.receive_close().code, BAD_REQUEST)
        client.ws.send_close(BAD_REQUEST)
        self.assertIn("leave", witness.push())

    def test_names(self):
        for name in ("", "  ", "x" * 33, "a\nb", "\x1b[31m", "\x85", 5, None, ["x"]):
            client = self.client(None)
            self.assertEqual(client.code(connect={"data": {"name": name}}), 107, repr(name))
            self.assertIn("connect", client.ask(connect={"data": {"name": "Ada"}}))
        for name in ("x" * 32, "🌊" * 32, "<script>alert(1)</script>", "'; --", "\u202eeman"):
            self.client(name)

    def test_size_of_a_message(self):
        client = self.client().enter("size")
        head = '{"id":8,"publish":{"channel":"size","data":"'
        fill = 65536 - len(head) - 3
        client.send_raw(head + "x" * fill + '"}}')
        self.assertEqual(client.receive(), {"id": 8, "publish": {}})
        self.assertEqual(len(client.push()["pub"]["data"]), fill)
        self.check_disconnect(head + "x" * (fill + 1) + '"}}', code=1009)


if __name__ == "__main__":
    unittest.main()
