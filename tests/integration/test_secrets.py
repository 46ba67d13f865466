# SPDX-License-Identifier: MIT
"""What a server keeps of the secrets that it was shown, in its memory and in what it leaves behind.

Row of the table of bad inputs: S022.
"""
import http.client
import json
import os
import pathlib
import resource
import signal
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import SECRET, ChannelClient, token  # noqa: E402
from lib.hawser import PROGRAM, Server  # noqa: E402

API_KEY = b"the key that back ends show"
FILLER = "x" * (3 << 20)  # more than the buffers that everything arrives in


def is_instrumented():
    """A sanitizer keeps what was freed, and copies of what was compared."""
    return b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()


def memory_of(pid):
    """What the process may have written to."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            places, rights, *_, name = line.split(maxsplit=5) + [""]
            if "w" in rights and not name.startswith("[v"):
                begin, end = (int(place, 16) for place in places.split("-"))
                memory.seek(begin)
                yield memory.read(end - begin)


class Secrets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "secret").write_bytes(SECRET)
        (self.folder / "api").write_bytes(API_KEY)

    def serve(self, *more):
        server = Server("--token-key", str(self.folder / "secret"),
                        "--api-key", str(self.folder / "api"), "--threads", "1", *more)
        self.addCleanup(server.stop)
        return server

    def ask(self, server, method, path, body=None):
        client = http.client.HTTPConnection(server.host, server.port, timeout=60)
        client.request(method, path, body, {"X-API-Key": API_KEY.decode(),
                                            "Content-Type": "application/json"})
        answer = client.getresponse()
        self.assertEqual(answer.status, 200)
        first = answer.read1(65536)
        client.close()
        return first

    @unittest.skipIf(is_instrumented(), "an instrumented program keeps what was freed")
    def test_s022_memory(self):
        server = self.serve()
        shown = [token(sub="ada", number=i) for i in range(4)]
        client = ChannelClient(server)
        self.assertIn("connect", client.ask(connect={"token": shown[0]}))
        self.assertIn("refresh", client.ask(refresh={"token": shown[1]}))
        connect = json.dumps({"id": 1, "connect": {"token": shown[2]}})
        self.assertIn(b'"connect"', self.ask(server, "POST", "/connection/http_stream", connect))
        connect = json.dumps({"token": shown[3]})
        self.ask(server, "GET", "/connection/uni_sse?cf_connect=" + urllib.parse.quote(connect))
        self.assertIn(b'"result"', self.ask(server, "POST", "/api/info", "{}"))
        client.ws.end()
        echo = server.connect("/echo")
        echo.send_text(FILLER)
        echo.receive_message()

        memory = list(memory_of(server.process.pid))
        signatures = [each.split(".")[2].encode() for each in shown]
        counts = {text: sum(part.count(text) for part in memory)
                  for text in (SECRET, API_KEY, *signatures)}
        self.assertEqual(counts, {SECRET: 1, API_KEY: 1, **dict.fromkeys(signatures, 0)})
        echo.end()

    def test_s022_no_core_dumps(self):
        server = self.serve("--no-core-dumps")
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
        line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(line.split()[4:6], ["0", "0"])
        server.process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(server.process.pid, 0)
        server.process.returncode = -signal.SIGABRT
        self.assertEqual((os.WTERMSIG(status), os.WCOREDUMP(status)), (signal.SIGABRT, False))

    def test_s022_by_default_as_the_system_says(self):
        server = self.serve()
        mine = resource.getrlimit(resource.RLIMIT_CORE)
        self.assertEqual(resource.prlimit(server.process.pid, resource.RLIMIT_CORE), mine)


if __name__ == "__main__":
    unittest.main()
