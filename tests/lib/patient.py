# SPDX-License-Identifier: MIT
"""A server that has something wrong with it, for the doctor to find.

    with Patient("HTTP/1.1 404 Not Found\\r\\n\\r\\n") as patient:     # its answer to every request
        run("doctor", patient.url("/ws"))

    def play(peer):                                # or what it does on every connection
        peer.accept()                              # the request is read; 101
        peer.send(frame(CLOSE, b"\\x03\\xf0", mask=False))

    with Patient(play) as patient: ...
"""
import base64
import hashlib
import socket
import threading

from lib.rawws import CLOSE, GUID, PING, PONG, TEXT, frame

PATIENCE_S = 60


class Peer:
    """One connection of who is examined."""

    def __init__(self, connection):
        self.socket = connection
        self.rest = b""

    def read(self, size):
        while len(self.rest) < size:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("it ended")
            self.rest += data
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def peek(self):
        """The request's head, which stays to be read."""
        while b"\r\n\r\n" not in self.rest:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("it ended")
            self.rest += data
        return self.rest.split(b"\r\n\r\n", 1)[0].decode() + "\r\n"

    def read_head(self):
        """The request's head: names in lower case -> values; "" -> the request line."""
        self.peek()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip()
                  for name, _, value in (line.partition(":") for line in lines)}
        return {"": first, **fields}

    def read_frame(self):
        """Opcode and payload, unmasked."""
        first, second = self.read(2)
        size = second & 0x7F
        if size == 126:
            size = int.from_bytes(self.read(2), "big")
        key = self.read(4)
        payload = self.read(size)
        return first & 0xF, bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    @staticmethod
    def accept_of(key):
        """The Sec-WebSocket-Accept that answers a key."""
        return base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()

    def accept(self, extra=""):
        """Reads the request, and answers 101.  Returns: the request."""
        request = self.read_head()
        accept = self.accept_of(request["sec-websocket-key"].encode())
        self.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{extra}\r\n")
        return request

    def serve(self, *, pong=True, close=True, echo=True):
        """What a server does when it is healthy, but for what is switched off."""
        while True:
            opcode, payload = self.read_frame()
            if opcode == PING and pong:
                self.send(frame(PONG, payload, mask=False))
            if opcode == TEXT and echo:
                self.send(frame(TEXT, payload, mask=False))
            if opcode == CLOSE and close:
                self.send(frame(CLOSE, payload, mask=False))
                return

    def wait_for_end(self):
        """Leaves it to the other to end the connection."""
        while self.socket.recv(65536):
            pass


class Patient:
    """`play` is its answer, or a function that is called with each Peer; `tls`: a context."""

    def __init__(self, play, *, host="127.0.0.1", tls=None):
        self.play, self.tls = play, tls
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(self.family)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, 0))
        self.socket.listen(16)
        self.host, self.port = host, self.socket.getsockname()[1]
        self.requests = []  # of those that `play` is an answer to
        self.is_over = False
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_over = True
        with socket.socket(self.family) as wake:
            wake.connect((self.host, self.port))
        self.thread.join(PATIENCE_S)
        self.socket.close()

    def url(self, path="/", scheme=None, host=None):
        scheme = scheme or ("wss" if self.tls else "ws")
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def _accept(self):
        while True:
            connection, _ = self.socket.accept()
            if self.is_over:
                connection.close()
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.settimeout(PATIENCE_S)
            with connection:
                if self.tls:
                    connection = self.tls.wrap_socket(connection, server_side=True)
                with connection:
                    self._play(Peer(connection))
        except OSError:  # the other has had enough, or TLS failed, as it should
            pass

    def _play(self, peer):
        if callable(self.play):
            self.play(peer)
            return
        self.requests.append(peer.read_head())
        peer.send(self.play)
        peer.socket.shutdown(socket.SHUT_WR)
        peer.wait_for_end()
