#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The examples of subscribers, which are on Python's websockets and on the browser's WebSocket (npm's
ws here): they come back, and miss nothing but what they are told of."""
import http.client
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.channels import PATH, SECRET, token  # noqa: E402
from lib.hawser import OWN_HOST, ROOT, Server  # noqa: E402
from lib.tap import Tap  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
KEY = "0123456789abcdef-api"
CONFIG = """
namespaces:
  default:
    subscribe: users
    history_size: 100
    recovery: true
"""
MISSING = "(some is missing)"
SCRIPT = """
import WebSocket from 'ws';
globalThis.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url);
    this.on('error', () => {}); // a browser's closes, and throws nothing
  }
};
const [example, url, channel, token] = process.argv.slice(1);
const {listen} = await import(example);
listen(url, channel, {
  token,
  past: true,
  onpublication: (data) => console.log(JSON.stringify(data)),
  ongap: () => console.log('(some is missing)'),
  onend: (reason) => console.log('the server says: ' + reason),
});
"""
tap = Tap()


class Talk:
    """A server, and what a subscriber to its channel `news` prints."""

    def __init__(self, folder):
        (folder / "hawser.yaml").write_text(CONFIG)
        (folder / "secret").write_bytes(SECRET)
        (folder / "api.key").write_text(KEY)
        self.options = ["--config", str(folder / "hawser.yaml"), "--api-key",
                        str(folder / "api.key"), "--token-key", str(folder / "secret")]
        self.server = Server(*self.options, listen=f"http://{OWN_HOST}:0")

    def url(self):
        return f"ws://{self.server.host}:{self.server.port}{PATH}"

    def start(self, command, show=None):
        self.program = subprocess.Popen(
            [*command, self.url(), "news", show or token(sub="ada")], cwd=HERE, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def call(self, method, **parameters):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        connection.request("POST", f"/api/{method}", json.dumps(parameters),
                           {"X-API-Key": KEY, "Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer["result"]

    def wait_until_it_is_there(self):
        while self.call("presence_stats", channel="news")["num_clients"] == 0:
            assert self.program.poll() is None, self.program.stdout.read()

    def publish(self, data):
        self.call("publish", channel="news", data=data)

    def expect(self, *lines):
        for line in lines:
            got = self.program.stdout.readline().rstrip("\n")
            assert got == line, f"{got!r}, not {line!r}"

    def restart(self):
        address = f"http://{self.server.host}:{self.server.port}"
        self.server.stop(signal.SIGKILL)
        self.server = Server(*self.options, listen=address)

    def end(self):
        if self.program.poll() is None:
            self.program.kill()
        self.program.stdout.close()
        self.program.wait()
        self.server.stop()


def converse(talk, command):
    talk.start(command)
    talk.wait_until_it_is_there()
    talk.publish({"text": "ahoy ⚓"})
    talk.expect(json.dumps({"text": "ahoy ⚓"}, ensure_ascii="python" in command[0],
                           separators=None if "python" in command[0] else (",", ":")))
    for i in range(5):  # sent away for a while, and something is published meanwhile
        talk.call("disconnect", user="ada", disconnect={"code": 4000, "reason": "later"})
        talk.publish(2 * i)
        talk.publish(2 * i + 1)
        talk.expect(str(2 * i), str(2 * i + 1))
    talk.restart()
    talk.expect(MISSING)
    talk.wait_until_it_is_there()
    talk.publish("live")
    talk.expect('"live"')
    talk.call("disconnect", user="ada", disconnect={"code": 3503, "reason": "enough of you"})
    talk.expect("the server says: enough of you", "")


def be_refused(talk, command):
    talk.start(command, "x.y.z")
    talk.expect("the server says: invalid token", "")


def be_put_out(talk, command):
    talk.start(command)
    talk.wait_until_it_is_there()
    talk.call("unsubscribe", user="ada", channel="news")
    talk.expect("the server says: server unsubscribe", "")


def in_a_folder(way, command):
    with tempfile.TemporaryDirectory() as folder:
        talk = Talk(pathlib.Path(folder))
        try:
            way(talk, command)
        finally:
            talk.end()


def run(name, command):
    for way, what in ((converse, "comes back, and knows what it has missed"),
                      (be_refused, "stays away with a token that is none"),
                      (be_put_out, "stays away when a back end wants it")):
        tap.run(f"{name}: {what}", in_a_folder, way, command)


has_websockets = importlib.util.find_spec("websockets")
has_ws = (HERE / "node_modules" / "ws").exists()
if not has_websockets and not has_ws:
    tap.skip_all("neither python3-websockets nor npm's ws is there")
if has_websockets:
    run("python", [sys.executable, str(ROOT / "examples" / "channels.py")])
if has_ws:
    run("browser", [os.environ.get("NODE", "node"), "--input-type=module", "-e", SCRIPT,
                    (ROOT / "examples" / "channels.mjs").as_uri()])
tap.done()
