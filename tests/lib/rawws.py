# SPDX-License-Identifier: MIT
"""A WebSocket client that does what it is told, right or wrong: for tests that send what no honest
client would.

    ws = RawWebSocket("localhost", 8080)
    answer = ws.open("/echo")                      # answer.status == 101
    ws.send_text("hello")
    assert ws.receive() == Frame(TEXT, b"hello")
    ws.send_frame(TEXT, b"x", rsv=4)               # a reserved bit
    assert ws.receive_close().code == 1002
    assert ws.receive_end()                        # nothing after the Close frame

`send_bytes` sends anything at all, before the handshake and after it.
"""
import base64
import fcntl
import hashlib
import os
import socket
import struct
import termios
import time
from collections import namedtuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Answer = namedtuple("Answer", "status headers body")  # headers: names in lower case
Frame = namedtuple("Frame", "opcode payload fin rsv masked", defaults=(True, 0, False))
Close = namedtuple("Close", "code reason")  # code None: the Close frame was empty


class ConnectionEnded(Exception):
    """The peer ended the connection where something was still expected."""


def frame(opcode, payload=b"", *, fin=True, rsv=0, mask=True, length_size=None):
    """A frame's bytes.  `mask` True: a random key, bytes: that key, False: not masked.
    `length_size` 0, 2 or 8 forces that form of the length, also where it is not the shortest."""
    size = len(payload)
    if length_size is None:
        length_size = 0 if size < 126 else 2 if size < 65536 else 8
    code = {0: size, 2: 126, 8: 127}[length_size]
    head = bytes([fin << 7 | rsv << 4 | opcode, (mask is not False) << 7 | code])
    head += size.to_bytes(length_size, "big") if length_size else b""
    if mask is False:
        return head + payload
    key = os.urandom(4) if mask is True else mask
    repeated = (key * (size // 4 + 1))[:size]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + key + masked.to_bytes(size, "big")


def await_arrival(connection):
    """Until the peer's kernel has all that was sent on a TCP socket: whoever reads now finds it."""
    left = bytearray(4)
    while True:
        fcntl.ioctl(connection, termios.TIOCOUTQ, left)  # what was not acknowledged yet (tcp(7))
        if not any(left):
            return
        time.sleep(0.001)


class RawWebSocket:
    def __init__(self, host, port, *, timeout=60, family=socket.AF_UNSPEC, tls=None, name=None,
                 session=None, source=None):
        """`tls` is an ssl.SSLContext, `name` what is asked for by SNI (else the host); `source` the
        address to come from."""
        if family == socket.AF_UNSPEC:
            self.socket = socket.create_connection((host, port), timeout,
                                                   (source, 0) if source else None)
        else:
            self.socket = socket.socket(family)
            self.socket.settimeout(timeout)
            self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name or host,
                                          session=session)
        self.host = f"{host}:{port}"
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Closes the socket, without a word."""
        self.socket.close()

    # Bytes.

    def send_bytes(self, data):
        self.socket.sendall(data)

    def receive_bytes(self, size):
        """Exactly so many bytes."""
        while len(self.unread) < size:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionEnded(f"wanted {size} bytes, got {self.unread!r}")
            self.unread += more
        data, self.unread = self.unread[:size], self.unread[size:]
        return data

    def receive_until(self, end):
        """Up to and with `end`."""
        while end not in self.unread:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionEnded(f"wanted {end!r}, got {self.unread!r}")
            self.unread += more
        data, found, self.unread = self.unread.partition(end)
        return data + found

    def receive_end(self):
        """True when the peer ends the connection with nothing more to say."""
        if self.unread:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    # The opening handshake, RFC 6455 §4.

    def request(self, path="/", headers=None):
        """The request's bytes.  `headers` are added; one that stands here already is replaced, and
        left out when its value is None."""
        fields = {
            "Host": self.host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": self.key,
            "Sec-WebSocket-Version": "13",
        }
        fields.update(headers or {})
        lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()

    def receive_answer(self, *, has_body=True):
        """An HTTP answer, whatever its status."""
        status, *lines = self.receive_until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        number = int(status.split(" ")[1])
        size = int(headers.get("content-length", 0)) if has_body and number != 304 else 0
        return Answer(number, headers, self.receive_bytes(size))

    def open(self, path="/", headers=None):
        """The opening handshake.  A refusal is returned, not raised."""
        self.send_bytes(self.request(path, headers))
        answer = self.receive_answer()
        if answer.status == 101:
            digest = hashlib.sha1(self.key.encode() + GUID).digest()
            accept = answer.headers.get("sec-websocket-accept")
            assert accept == base64.b64encode(digest).decode(), f"wrong accept: {accept}"
        return answer

    # Frames.

    def send_frame(self, opcode, payload=b"", **how):
        self.send_bytes(frame(opcode, payload, **how))

    def send_text(self, text):
        self.send_frame(TEXT, text.encode())

    def send_close(self, code=None, reason=""):
        body = b"" if code is None else struct.pack(">H", code) + reason.encode()
        self.send_frame(CLOSE, body)

    def receive(self):
        """The next frame, as it came."""
        first, second = self.receive_bytes(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(self.receive_bytes(2 if size == 126 else 8), "big")
        key = self.receive_bytes(4) if second & 0x80 else None
        payload = self.receive_bytes(size)
        if key:
            payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
        return Frame(first & 0xF, payload, bool(first & 0x80), first >> 4 & 7, key is not None)

    def receive_message(self):
        """The next whole message; pings are answered on the way, pongs are let pass."""
        parts = []
        while True:
            it = self.receive()
            if it.opcode == PING:
                self.send_frame(PONG, it.payload)
            elif it.opcode == CLOSE:
                raise ConnectionEnded(f"wanted a message, got Close {it.payload!r}")
            elif it.opcode != PONG:
                parts.append(it)
                if it.fin:
                    return Frame(parts[0].opcode, b"".join(part.payload for part in parts))

    def receive_close(self):
        """Passes over everything up to the Close frame."""
        while True:
            it = self.receive()
            if it.opcode == CLOSE:
                if not it.payload:
                    return Close(None, "")
                return Close(int.from_bytes(it.payload[:2], "big"), it.payload[2:].decode())
