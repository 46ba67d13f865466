# SPDX-License-Identifier: MIT
"""A conversation with something that echoes, be it a server or a client, judged byte by byte.

    with Talk(connection) as it:
        it.write([frame(TEXT, b"Hello")])
        it.assert_echo(frame(TEXT, b"Hello", mask=False))
        it.assert_closes(frame(CLOSE, CLEAN), CLEAN)

A connection has a `socket`, what came on it already in `unread`, and `end()`.
"""
import select

from lib.rawws import CLOSE

PATIENCE_S = 60  # for anything to happen at all


class Talk:
    """One connection to a server, and all that came on it."""

    def __init__(self, connection):
        self.connection = connection
        self.socket = connection.socket
        self.socket.setblocking(False)
        self.came = bytearray(self.read(connection.unread))
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.end()

    def read(self, data):
        """What just came, as frames without masks."""
        return data

    def end_our_side(self):
        """The server's FIN comes first (RFC 6455 §7.1.1)."""

    def take(self, timeout_s):
        """Takes what there is; False: nothing came in time."""
        if self.ended or not select.select([self.socket], [], [], timeout_s)[0]:
            return False
        data = self.socket.recv(1 << 18)
        self.came += self.read(data)
        self.ended = not data
        return True

    def write(self, chunks):
        """Writes each chunk by itself, and takes what comes meanwhile.  Who has had enough may
        refuse the rest: what he said is judged."""
        try:
            self.write_all(chunks)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def write_all(self, chunks):
        for chunk in chunks:
            left = memoryview(chunk)
            while left:
                readable, writable, _ = select.select([self.socket], [self.socket], [], PATIENCE_S)
                assert readable or writable, "the peer neither reads nor writes"
                if readable and not self.ended:
                    self.take(0)
                if writable:
                    left = left[self.socket.send(left):]

    def await_size(self, size):
        while len(self.came) < size:
            assert self.take(PATIENCE_S), f"got {len(self.came)} of {size} bytes, then nothing"

    def assert_echo(self, want):
        self.await_size(len(want))
        if self.came[:len(want)] != want:
            at = next(i for i, byte in enumerate(want) if self.came[i] != byte)
            raise AssertionError(f"byte {at} of {len(want)} differs: "
                                 f"{bytes(self.came[at:at + 16])!r} is not {want[at:at + 16]!r}")
        del self.came[:len(want)]

    def assert_silence(self):
        """Nothing more has come."""
        while self.take(0):
            pass
        assert not self.came and not self.ended, f"more came: {bytes(self.came[:60])!r}"

    def take_close(self):
        """The body of the Close frame that comes now."""
        self.await_size(2)
        assert self.came[0] == 0x80 | CLOSE, f"no Close: {bytes(self.came[:60])!r}"
        size = self.came[1]
        assert size <= 125, f"a Close of {size} bytes"
        self.await_size(2 + size)
        body = bytes(self.came[2:2 + size])
        del self.came[:2 + size]
        body[2:].decode()
        return body

    def assert_end(self):
        """FIN (not a reset), and behind nothing.  Who waits for ours first would wait for ever:
        servers are started with a --close-timeout that is longer than our patience."""
        self.end_our_side()
        while not self.ended:
            assert self.take(PATIENCE_S), "no FIN"
        assert not self.came, f"behind the Close frame came {bytes(self.came[:60])!r}"

    def assert_failed(self, code):
        body = self.take_close()
        assert int.from_bytes(body[:2], "big") == code, f"Close {body!r}, not {code}"
        self.assert_end()

    def assert_closes(self, close, answer):
        self.write([close])
        assert self.take_close() == answer
        self.assert_end()
