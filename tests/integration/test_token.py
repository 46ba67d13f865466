# SPDX-License-Identifier: MIT
"""`hawser token`: that its tokens let in, and say what they were asked to."""
import base64
import json
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import SECRET, ChannelClient  # noqa: E402
from lib.hawser import Server, run  # noqa: E402

PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----
"""


def part(token, index):
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        cls.secret, cls.public = folder / "secret.key", folder / "public.pem"
        cls.secret.write_bytes(SECRET + b"\n")
        cls.public.write_text(PUBLIC_KEY)
        cls.config = folder / "hawser.yaml"
        cls.config.write_text(
            f"token-key:\n  - {cls.public}\n  - main={cls.secret}\n"
            "token-issuer: tests\ntoken-audience: harbour\n"
            "namespaces:\n  default:\n    subscribe: token\n    publish: users\n")
        cls.server = Server("--config", str(cls.config))

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()
        assert cls.server.errors == "", cls.server.errors

    def make(self, *arguments):
        status, out, errors = run("token", *arguments)
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(out, r"^[\w-]+\.[\w-]+\.[\w-]{43}\n$")
        return out.strip()

    def client(self):
        client = ChannelClient(self.server)
        self.addCleanup(client.ws.end)
        return client

    def test_it_lets_in(self):
        client = self.client()
        token = self.make("--config", str(self.config), "--user", "anna", "--info",
                          '{"name":"Anna ⚓"}', "--subscribe", "a", "--subscribe", "b")
        reply = client.connect(token=token)["connect"]
        self.assertEqual(sorted(reply["subs"]), ["a", "b"])
        self.assertEqual(part(token, 0), {"alg": "HS256", "typ": "JWT", "kid": "main"})
        client.publish("a", 1)
        push = client.push()
        while "pub" not in push:  # its own joining
            push = client.push()
        self.assertEqual(push["pub"]["info"]["user"], "anna")
        self.assertEqual(push["pub"]["info"]["conn_info"], {"name": "Anna ⚓"})

    def test_one_for_a_channel(self):
        client = self.client()
        client.connect(token=self.make("--config", str(self.config), "--user", "anna"))
        self.assertEqual(client.code(subscribe={"channel": "c"}), 103)
        token = self.make("--config", str(self.config), "--user", "anna", "--channel", "c")
        client.subscribe("c", token=token)
        self.assertEqual(client.code(subscribe={"channel": "d", "token": token}), 103)

    def test_what_it_says(self):
        before = int(time.time())
        claims = part(self.make("--token-key", str(self.secret)), 1)
        self.assertEqual(sorted(claims), ["exp", "iat"])
        self.assertGreaterEqual(claims["iat"], before)
        self.assertEqual(claims["exp"], claims["iat"] + 3600)
        claims = part(self.make("--token-key", str(self.secret), "--expires", "1500ms",
                                "--token-issuer", "i", "--token-audience", "a"), 1)
        self.assertEqual((claims["exp"], claims["iss"], claims["aud"]), (claims["iat"] + 2, "i", "a"))
        claims = part(self.make("--token-key", f"x={self.secret}", "--expires", "0", "--info", "[1]"), 1)
        self.assertEqual((claims["info"], "exp" in claims), ([1], False))

    def test_one_of_another_issuer_is_refused(self):
        client = self.client()
        client.send({"id": 1, "connect": {"token": self.make("--token-key", str(self.secret))}})
        self.assertEqual(client.close_code(), 3500)

    def test_what_it_cannot_make(self):
        short, none = (pathlib.Path(self.folder.name, name) for name in ("short", "none.yaml"))
        short.write_text("x" * 31)
        none.write_text("drain: 1s\n")
        key = ("--token-key", str(self.secret))
        for arguments, reason in (
                ((), "which key? --token-key FILE"),
                ((*key, "--config", str(self.config)), "not both"),
                ((*key, "--channel", "a", "--subscribe", "b"), "--channel is for a subscription"),
                (("--token-key", str(short)), "32 to 1024 bytes"),
                (("--token-key", str(self.public)), "a public key only checks"),
                (("--token-key", "/nowhere"), "--token-key: /nowhere: No such file"),
                (("--config", str(none)), "has no token-key"),
                (("--config", "/nowhere"), "/nowhere"),
                ((*key, "--info", "{"), "--info: '{' is no JSON"),
                ((*key, "--user", "\udcff"), "no UTF-8"),
                ((*key, "--expires", "soon"), "--expires")):
            with self.subTest(arguments):
                status, out, errors = run("token", *arguments)
                self.assertEqual((status, out), (2, ""))
                self.assertIn("hawser token: ", errors)
                self.assertIn(reason, errors)
                self.assertNotIn(SECRET.decode(), errors)


if __name__ == "__main__":
    unittest.main()
