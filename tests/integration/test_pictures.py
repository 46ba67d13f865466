# SPDX-License-Identifier: MIT
"""The pictures of the chat: bytes that are put where a client was promised a place for them."""
import http.client
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import Server  # noqa: E402

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SIZE_MAX = 512 * 1024


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--threads", "2")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        assert cls.server.errors == "", cls.server.errors

    def request(self, method, address, body=None, **headers):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        try:
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def promise(self):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        client.connect()
        return client.ask(rpc={"method": "picture.promise"})["rpc"]["data"]["address"]

    def put(self, address, body, **headers):
        answer, text = self.request("PUT", address, body, **headers)
        return answer.status, text

    def test_one_is_kept_as_it_is(self):
        address = self.promise()
        self.assertRegex(address, r"^/hawser/pictures/[0-9a-f]{32}$")
        self.assertEqual(self.request("GET", address)[0].status, 404)
        self.assertEqual(self.put(address, GIF, **{"Content-Type": "text/html"}), (201, b""))
        answer, body = self.request("GET", address)
        self.assertEqual((answer.status, body), (200, GIF))
        self.assertEqual(answer.headers["Content-Type"], "image/gif")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(answer.headers["Content-Security-Policy"], "default-src 'none'; sandbox")
        self.assertEqual(answer.headers["Cross-Origin-Resource-Policy"], "same-origin")
        answer, body = self.request("HEAD", address)
        self.assertEqual((answer.status, body), (200, b""))
        self.assertEqual(answer.headers["Content-Length"], str(len(GIF)))

    def test_a_place_is_good_once(self):
        address = self.promise()
        self.assertEqual(self.put(address, PNG)[0], 201)
        self.assertEqual(self.put(address, GIF)[0], 404)
        self.assertEqual(self.request("GET", address)[1], PNG)

    def test_what_is_no_picture_is_refused(self):
        address = self.promise()
        for body, status, reason in (
                (b"", 400, b"empty"), (SVG, 415, b"PNG, JPEG, GIF or WebP"),
                (b"GIF89", 415, b"WebP"), (PNG[1:], 415, b"WebP"),
                (PNG + bytes(SIZE_MAX + 1 - len(PNG)), 413, b"512 KiB")):
            with self.subTest(size=len(body)):
                got, text = self.put(address, body, **{"Content-Type": "image/png"})
                self.assertEqual(got, status)
                self.assertIn(reason, text)
                self.assertEqual(self.request("GET", address)[0].status, 404)
        self.assertEqual(self.put(address, PNG + bytes(SIZE_MAX - len(PNG)))[0], 201)

    def test_a_body_beyond_all_bounds_ends_the_connection(self):
        connection = self.server.socket()
        self.addCleanup(connection.end)
        connection.send_bytes(f"PUT {self.promise()} HTTP/1.1\r\nHost: localhost\r\n"
                              f"Content-Length: {1 << 30}\r\n\r\n".encode())
        self.assertEqual(connection.receive_answer().status, 413)

    def test_where_nothing_was_promised(self):
        for address in ("/hawser/pictures/" + "0" * 32, "/hawser/pictures/", "/hawser/pictures/x",
                        "/hawser/pictures/" + "0" * 33, "/hawser/pictures/../page.js"):
            with self.subTest(address):
                self.assertIn(self.put(address, GIF)[0], (404, 405))
        self.assertEqual(self.request("GET", "/hawser/pictures/" + "0" * 32)[0].status, 404)

    def test_other_methods(self):
        address = self.promise()
        for method, status in (("POST", 405), ("DELETE", 405), ("OPTIONS", 405)):
            answer, _ = self.request(method, address, GIF)
            self.assertEqual(answer.status, status)
            self.assertEqual(answer.headers["Allow"], "GET, HEAD, PUT")
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)

    def test_only_so_many_are_awaited(self):
        with Server() as server:
            client = ChannelClient(server)
            client.connect()
            for _ in range(64):
                self.assertIn("rpc", client.ask(rpc={"method": "picture.promise"}))
            self.assertEqual(client.code(rpc={"method": "picture.promise"}), 420)
            client.ws.end()


class WithKeys(unittest.TestCase):
    def test_a_server_with_keys_has_none(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "secret")
            path.write_bytes(SECRET)
            with Server("--token-key", str(path)) as server:
                client = ChannelClient(server)
                self.addCleanup(client.ws.end)
                client.connect(token=token(sub="ada", iss=None))
                self.assertEqual(client.code(rpc={"method": "picture.promise"}), 108)
                connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
                self.addCleanup(connection.close)
                connection.request("PUT", "/hawser/pictures/" + "0" * 32, GIF)
                self.assertEqual(connection.getresponse().status, 405)


if __name__ == "__main__":
    unittest.main()
