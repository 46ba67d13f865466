# SPDX-License-Identifier: MIT
"""A WebSocket server that does what it is told, right or wrong, and holds the client to what it has
to do: for tests of a client.

    with RawServer() as server:
        ...                                        # a client is told to open server.url()
        with server.accept() as peer:
            peer.open()                            # the request is checked; 101
            peer.send_frame(TEXT, b"hello")
            assert peer.receive() == Frame(TEXT, b"and back")
            peer.send_close(1000)
            assert peer.receive_close().code == 1000
            peer.assert_end()                      # nothing after the Close frame, and FIN

What comes is judged strictly: every frame masked, under a key that is not that of the frame before,
lengths in their shortest form, no reserved bit or opcode, nothing behind a Close frame (RFC 6455
§5).  `send_bytes` sends anything at all, before the handshake and after it.
"""
import base64
import errno
import hashlib
import select
import socket
import ssl
import struct
from collections import namedtuple

from lib.rawws import (BINARY, CLOSE, CONTINUATION, GUID, PING, PONG, TEXT, Close, ConnectionEnded,
                       Frame, frame)
from lib.talk import Talk

PATIENCE_S = 60
OPCODES = {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG}

Request = namedtuple("Request", "method target headers bytes")  # headers: names in lower case


def xor(payload, key):
    """Masks, or unmasks (§5.3)."""
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


class Unmasker:
    """Turns a client's frames, as they come, into the same frames without masks.  `reserved`: the
    reserved bits that a message's first frame may have."""

    def __init__(self, reserved=0):
        self.reserved = reserved
        self.rest = b""
        self.key = None
        self.closed = False

    def head(self, at):
        """Sizes of the head and the payload of the frame at `at`; None: not all of it is there."""
        if len(self.rest) - at < 2:
            return None
        first, second = self.rest[at:at + 2]
        assert not self.closed, f"after the Close frame: {self.rest[at:at + 40]!r}"
        allowed = self.reserved if first & 0xF in (TEXT, BINARY) else 0
        assert not first >> 4 & 7 & ~allowed, f"reserved bits: {first:#x}"
        assert first & 0xF in OPCODES, f"reserved opcode: {first:#x}"
        assert second & 0x80, "a frame without a mask"
        extra = {126: 2, 127: 8}.get(second & 0x7F, 0)
        if len(self.rest) - at < 6 + extra:
            return None
        size = int.from_bytes(self.rest[at + 2:at + 2 + extra], "big") if extra else second & 0x7F
        assert size >= {0: 0, 2: 126, 8: 65536}[extra], f"{size} in a length of {extra} bytes"
        assert not first & 0x8 or (first & 0x80 and size <= 125), "a control frame of many pieces"
        return 6 + extra, size

    def read(self, data):
        """The frames that `data` completes."""
        self.rest += data
        frames, at = [], 0
        while sizes := self.head(at):
            head, size = sizes
            if len(self.rest) - at < head + size:
                break
            opcode, key = self.rest[at] & 0xF, self.rest[at + head - 4:at + head]
            assert key != self.key, f"the mask key {key.hex()} twice in a row"
            frames.append(frame(opcode, xor(self.rest[at + head:at + head + size], key),
                                fin=bool(self.rest[at] & 0x80), rsv=self.rest[at] >> 4 & 7,
                                mask=False))
            self.key, self.closed = key, opcode == CLOSE
            at += head + size
        self.rest = self.rest[at:]
        return b"".join(frames)


class ClientTalk(Talk):
    """The same conversation with a client: it masks, and waits for our FIN (§7.1.1)."""
    reserved_allowed = 0

    def __init__(self, peer):
        self.unmasker = Unmasker(self.reserved_allowed)
        super().__init__(peer)

    def read(self, data):
        return self.unmasker.read(data)

    def end_our_side(self):
        self.socket.shutdown(socket.SHUT_WR)
        assert not self.unmasker.rest, f"half a frame: {self.unmasker.rest!r}"


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection, context=None):
        connection.settimeout(PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self.context = context
        self.unread = b""  # as it came
        self.unmasked = b""
        self.unmasker = Unmasker()
        self.request = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def start_tls(self):
        """TLS, as far as the client goes along."""
        self.socket = self.context.wrap_socket(self.socket, server_side=True,
                                               suppress_ragged_eofs=False)

    def end(self):
        """Closes the socket, without a word (and, over TLS, without close_notify)."""
        self.socket.close()

    def end_with_reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # Bytes.

    def send_bytes(self, data):
        self.socket.sendall(data)

    def receive_some(self):
        """What comes next; b"": the client has ended its side."""
        return self.socket.recv(1 << 18)

    def receive_until(self, end):
        while end not in self.unread:
            more = self.receive_some()
            if not more:
                raise ConnectionEnded(f"wanted {end!r}, got {self.unread!r}")
            self.unread += more
        data, found, self.unread = self.unread.partition(end)
        return data + found

    # The opening handshake, RFC 6455 §4.

    def receive_request(self):
        """The request, which must be one that a server has to accept (§4.1)."""
        data = self.receive_until(b"\r\n\r\n")
        line, *lines = data.decode("latin-1").split("\r\n")[:-2]
        method, target, version = line.split(" ")
        headers = {}
        for each in lines:
            name, _, value = each.partition(": ")
            assert name.lower() not in headers, f"{name} twice in {data!r}"
            headers[name.lower()] = value
        self.request = Request(method, target, headers, data)
        assert (method, version) == ("GET", "HTTP/1.1"), line
        assert headers["upgrade"].lower() == "websocket", headers
        assert headers["connection"].lower() == "upgrade", headers
        assert headers["sec-websocket-version"] == "13", headers
        assert len(base64.b64decode(headers["sec-websocket-key"], validate=True)) == 16, headers
        assert not self.unread, f"the client spoke before it was answered: {self.unread!r}"
        return self.request

    def accept(self):
        """What Sec-WebSocket-Accept is to say."""
        key = self.request.headers["sec-websocket-key"].encode()
        return base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()

    def answer(self, *more, status="HTTP/1.1 101 Switching Protocols", **changes):
        """The bytes of a good 101; `more` lines are added, `changes` replace a field's value, and
        leave it out when that is None: answer("X: y", sec_websocket_accept="no")."""
        fields = {"upgrade": "websocket", "connection": "Upgrade",
                  "sec_websocket_accept": self.accept(), **changes}
        lines = [f"{name.replace('_', '-').title()}: {value}" for name, value in fields.items()
                 if value is not None]
        return "\r\n".join([status, *lines, *more, "", ""]).encode("latin-1")

    def open(self, *more, behind=b""):
        """The opening handshake, and bytes that come in one piece with its end."""
        self.receive_request()
        self.send_bytes(self.answer(*more) + behind)
        return self

    # Frames.

    def send_frame(self, opcode, payload=b"", **how):
        how.setdefault("mask", False)
        self.send_bytes(frame(opcode, payload, **how))

    def send_text(self, text):
        self.send_frame(TEXT, text.encode())

    def send_close(self, code=None, reason=""):
        self.send_frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason.encode())

    def receive_bytes(self, size):
        """So many bytes of frames without their masks."""
        while len(self.unmasked) < size:
            more = self.unread or self.receive_some()
            self.unread = b""
            if not more:
                raise ConnectionEnded(f"wanted {size} bytes of frames, got {self.unmasked!r} and "
                                      f"{self.unmasker.rest!r}")
            self.unmasked += self.unmasker.read(more)
        data, self.unmasked = self.unmasked[:size], self.unmasked[size:]
        return data

    def receive(self):
        """The next frame."""
        first, size = self.receive_bytes(2)
        if size >= 126:
            size = int.from_bytes(self.receive_bytes(2 if size == 126 else 8), "big")
        return Frame(first & 0xF, self.receive_bytes(size), bool(first & 0x80))

    def receive_close(self):
        """The Close frame, which must be the next."""
        it = self.receive()
        assert it.opcode == CLOSE, f"{it}, and not a Close frame"
        assert len(it.payload) != 1, it
        reason = it.payload[2:].decode()
        return Close(int.from_bytes(it.payload[:2], "big") if it.payload else None, reason)

    def end_our_side(self):
        """Our FIN; over TLS behind a close_notify."""
        if isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket = self.socket.unwrap()
            except (OSError, ssl.SSLError):
                return
        self.socket.shutdown(socket.SHUT_WR)

    def assert_end(self):
        """The client ends the connection, with nothing more to say; we have ended our side."""
        assert not self.unread and not self.unmasked and not self.unmasker.rest, \
            f"more than was due: {self.unread + self.unmasked + self.unmasker.rest!r}"
        try:
            self.end_our_side()
            more = self.receive_some()
        except (ConnectionResetError, BrokenPipeError):
            return
        except OSError as error:  # it has been reset, and we have been told so before
            if error.errno == errno.ENOTCONN:
                return
            raise
        assert more == b"", f"more than was due: {more!r}"


class RawServer:
    """Listens on a free port of `host`.  `context`: an ssl.SSLContext, for wss."""

    def __init__(self, context=None, host="127.0.0.1"):
        self.socket = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1000)
        self.socket.settimeout(PATIENCE_S)
        self.context = context
        self.host = f"[{host}]" if ":" in host else host
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.socket.close()

    def url(self, path="/", host=None):
        scheme = "wss" if self.context else "ws"
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def accept_plain(self, timeout=PATIENCE_S):
        """The next connection, on which nothing was said, TLS not even begun."""
        self.socket.settimeout(timeout)
        return Peer(self.socket.accept()[0], self.context)

    def accept(self, timeout=PATIENCE_S):
        """The next connection; over TLS, after its handshake."""
        peer = self.accept_plain(timeout)
        if self.context:
            peer.start_tls()
        return peer

    def drain(self):
        """Whoever has connected, and was not accepted, is turned away."""
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.accept()[0].close()

    def assert_nobody(self, seconds=0.2):
        """Nobody connects."""
        try:
            peer = self.accept_plain(seconds)
        except TimeoutError:
            return
        peer.end()
        raise AssertionError("a connection where there should be none")
