# SPDX-License-Identifier: MIT
"""Clients of channels and back ends that show the wrong keys, or that are older or newer than the
server.

Rows of the table of bad inputs: N019 U006.
"""
import http.client
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import PATH, SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import Server  # noqa: E402

API_KEY = "0123456789abcdef-api"
INVALID_TOKEN = 3500
WRONG = token(SECRET[::-1], sub="ada")


class WrongKeys(unittest.TestCase):
    """N019: each that is tried costs a connection, and those of an address have a rate."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in ("secret", SECRET), ("api", API_KEY.encode()):
            (pathlib.Path(folder.name) / name).write_bytes(text)
        self.keys = ("--token-key", f"{folder.name}/secret", "--api-key", f"{folder.name}/api")

    def ask(self, client, key):
        client.request("POST", "/api/info", "{}",
                       {"X-API-Key": key, "Content-Type": "application/json"})
        with client.getresponse() as answer:
            return answer.status, answer.headers["Connection"], json.loads(answer.read())

    def test_n019_a_wrong_api_key_ends_the_connection(self):
        with Server(*self.keys) as server:
            client = http.client.HTTPConnection(server.host, server.port, timeout=60)
            status, connection, answer = self.ask(client, API_KEY)
            self.assertEqual((status, connection), (200, None))
            socket = client.sock
            self.assertEqual(self.ask(client, API_KEY)[0], 200)
            self.assertIs(client.sock, socket)
            status, connection, answer = self.ask(client, "x" * 20)
            self.assertEqual((status, connection, answer["error"]["code"]), (401, "close", 101))
            self.assertIsNone(client.sock)  # the server said so
            client.close()

    def test_n019_a_wrong_token_ends_the_connection(self):
        with Server(*self.keys) as server:
            client = ChannelClient(server)
            client.send({"id": 1, "connect": {"token": WRONG}},
                        {"id": 2, "connect": {"token": token(sub="ada")}})
            self.assertEqual(client.close_code(), INVALID_TOKEN)
            client.ws.end()

    def test_n019_connections_of_an_address_have_a_rate(self):
        """Those beyond it are told 429 before anything that they show is looked at."""
        with Server(*self.keys, "--address-rate-max", "1", "--threads", "1") as server:
            refused = 0
            while refused < 30:
                ws = server.socket()
                answer = ws.open(PATH)
                if answer.status == 101:
                    ws.send_text(json.dumps({"id": 1, "connect": {"token": WRONG}}))
                    self.assertEqual(ws.receive_close().code, INVALID_TOKEN)
                else:
                    self.assertEqual(answer.status, 429)
                    refused += 1
                ws.end()


class OtherVersions(unittest.TestCase):
    """U006: what is not known is refused one by one, or not looked at; the connection stays."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        assert cls.server.errors == "", cls.server.errors

    def client(self):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        client.connect()
        return client

    def test_u006_a_command_of_tomorrow(self):
        client = self.client()
        for command in ({"teleport": {}}, {"teleport": {"channel": "x"}, "more": 1}, {"more": [1]}):
            self.assertEqual(client.code(**command), 104)
        self.assertEqual(client.ask(ping={})["ping"], {})

    def test_u006_parameters_of_tomorrow(self):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        self.assertIn("connect", client.connect(name="js", version="99.0", flag=7, headers={"a": "b"}))
        client.subscribe("x", tf={"op": "eq"}, delta="fossil", flag=1)
        self.assertEqual(client.ask(publish={"channel": "x", "data": 1, "tags": {"a": "b"},
                                             "meta": None})["publish"], {})
        self.assertEqual(client.data(), 1)

    def test_u006_a_command_that_says_what_it_is_in_another_way(self):
        """As protocol versions before 2 did: {"id","method","params"}."""
        client = self.client()
        self.assertEqual(client.code(method=1, params={"channel": "x"}), 104)
        self.assertEqual(client.ask(ping={})["ping"], {})

    def test_u006_a_form_that_is_not_spoken(self):
        """Protobuf is offered, and not agreed on; what is offered besides is let pass."""
        for offer in "centrifuge-protobuf", "centrifuge-protobuf, centrifuge-json":
            with self.server.socket() as ws:
                answer = ws.open(PATH, {"Sec-WebSocket-Protocol": offer})
                self.assertEqual(answer.status, 101)
                self.assertNotIn("centrifuge-protobuf", str(answer.headers))

    def test_u006_a_client_that_knows_only_half(self):
        """One that sends neither recover nor epoch, and no pong that it was not asked for."""
        client = self.client()
        self.assertEqual(client.ask(subscribe={"channel": "x"})["subscribe"].get("recovered"), None)
        client.send({"send": {"data": 1}})
        client.send({})
        self.assertEqual(client.ask(unsubscribe={"channel": "x"})["unsubscribe"], {})


if __name__ == "__main__":
    unittest.main()
