# SPDX-License-Identifier: MIT
"""A client of Hawser's channels that hides nothing.

    client = ChannelClient(server)
    client.connect()
    client.ask(subscribe={"channel": "x"})
"""
import base64
import hashlib
import hmac
import json
import time

from lib.rawws import TEXT

PATH = "/connection/websocket"
SECRET = b"a secret that only back ends know"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(secret=SECRET, kid=None, **claims):
    header = {"alg": "HS256", **({"kid": kid} if kid else {})}
    body = {"exp": int(time.time()) + 3600, "iss": "tests", **claims}
    body = {name: value for name, value in body.items() if value is not None}
    text = encode(json.dumps(header).encode()) + b"." + encode(json.dumps(body).encode())
    return (text + b"." + encode(hmac.new(secret, text, hashlib.sha256).digest())).decode()


class ChannelClient:
    def __init__(self, server, path=PATH):
        self.ws = server.connect(path)
        self.id = 0
        self.unread = []
        self.client = None

    def send(self, *commands):
        self.ws.send_text("\n".join(json.dumps(command) for command in commands))

    def send_raw(self, data):
        self.ws.send_frame(TEXT, data if isinstance(data, bytes) else data.encode())

    def receive(self):
        """The next thing that is no ping."""
        while True:
            while not self.unread:
                self.unread = self.ws.receive_message().payload.decode().split("\n")
            line = json.loads(self.unread.pop(0))
            if line:
                return line
            self.send_raw("{}")

    def ask(self, **command):
        """The reply to a command; pushes that come before it are put aside, in order."""
        self.id += 1
        self.send({"id": self.id, **command})
        aside = []
        while True:
            reply = self.receive()
            if reply.get("id") == self.id:
                self.unread = [json.dumps(push) for push in aside] + self.unread
                return reply
            aside.append(reply)

    def push(self):
        return self.receive()["push"]

    def code(self, **command):
        return self.ask(**command)["error"]["code"]

    def connect(self, **parameters):
        reply = self.ask(connect=parameters)
        self.client = reply.get("connect", {}).get("client")
        return reply

    def subscribe(self, channel, **parameters):
        return self.ask(subscribe={"channel": channel, **parameters})["subscribe"]

    def publish(self, channel, data):
        assert self.ask(publish={"channel": channel, "data": data})["publish"] == {}

    def data(self):
        """The data of the next publication."""
        return self.push()["pub"]["data"]

    def close_code(self):
        return self.ws.receive_close().code
