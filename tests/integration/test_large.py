# SPDX-License-Identifier: MIT
"""Large messages, cut by sender and network in odd places: what comes back is what was sent.

They are received into their own memory and answered from where they lie, by ways that depend on
how they arrive; each of these is gone here, in the clear and over TLS, on the backend that
HAWSER_BACKEND names.
"""
import pathlib
import random
import sys
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.hawser import Server  # noqa: E402
from lib.rawws import BINARY, CONTINUATION, PING, PONG, TEXT, frame  # noqa: E402
from lib.tls import insecure  # noqa: E402

MIB = 1 << 20
SIZES = (8191, 8192, 16384, 65535, 65536, 300001, MIB)
PATIENCE_S = 60
DEFLATE = {"Sec-WebSocket-Extensions": "permessage-deflate; client_no_context_takeover; "
                                       "server_no_context_takeover"}


def text_of(size):
    """UTF-8 of one to four bytes a character, so that cuts go through them."""
    pattern = "aé漢😀 ".encode()
    text = pattern * (size // len(pattern))
    return text + b"." * (size - len(text))


def payload_of(opcode, size):
    return text_of(size) if opcode == TEXT else random.Random(size).randbytes(size)


def in_frames(opcode, payload, sizes, *, between=b"", rsv=0):
    """The message in fragments of those sizes, the last of which takes the rest."""
    data, at = b"", 0
    for index, size in enumerate((*sizes, len(payload))):
        piece = payload[at:at + size]
        at += len(piece)
        last = index == len(sizes)
        data += frame(CONTINUATION if index else opcode, piece, fin=last, rsv=0 if index else rsv)
        data += b"" if last else between
    return data


def pack(payload):
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def unpack(payload):
    return zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff")


class LargeMessages(unittest.TestCase):
    def setUp(self):
        more = ("--message-size-max", "1M", *(("--self-signed",) if self.tls else ()))
        scheme = "https" if self.tls else "http"
        self.server = Server(*more, listen=f"{scheme}://localhost:0",
                             tls=insecure() if self.tls else None)
        self.addCleanup(self.server.stop)

    def connect(self, headers=None):
        ws = self.server.connect("/echo", headers, timeout=PATIENCE_S)
        self.addCleanup(ws.end)
        return ws

    def send(self, ws, data, cuts=()):
        """All of it before anything is read: the server takes a message in before it answers, and
        reads on until half a MiB of answers waits.
        `cuts`: sizes of the pieces that it is sent in, over and over."""
        at, index = 0, 0
        while at < len(data):
            size = cuts[index % len(cuts)] if cuts else len(data)
            ws.send_bytes(data[at:at + size])
            at, index = at + size, index + 1

    def expect(self, ws, opcode, payload):
        pongs = 0
        while True:
            got = ws.receive()
            if got.opcode != PONG:
                break
            pongs += 1
        self.assertEqual(got.opcode, opcode)
        self.assertTrue(got.fin)
        self.assertEqual(len(got.payload), len(payload))
        self.assertTrue(got.payload == payload, "other bytes than were sent")
        return pongs

    def test_sizes(self):
        ws = self.connect()
        for size in SIZES:
            for opcode in TEXT, BINARY:
                payload = payload_of(opcode, size)
                self.send(ws, frame(opcode, payload))
                self.expect(ws, opcode, payload)

    def test_cut_by_the_network(self):
        ws = self.connect()
        for cuts in ((1, MIB), (7, MIB), (13, 1, MIB), (14, MIB), (15, 65536), (16383,), (20481,),
                     (65537, 3), (MIB - 1, 1), (262144 + 14, 1, 1, 1)):
            for opcode, size in (TEXT, MIB), (BINARY, 99999), (TEXT, 16384):
                payload = payload_of(opcode, size)
                self.send(ws, frame(opcode, payload), cuts)
                self.expect(ws, opcode, payload)

    def test_cut_by_the_sender(self):
        ws = self.connect()
        for sizes in ((1,), (MIB - 1,), (70001,) * 9, (0, 20000, 0, 300000), (16384,) * 20, (16383, 1)):
            payload = payload_of(TEXT, MIB)
            self.send(ws, in_frames(TEXT, payload, sizes, between=frame(PING, b"still there?")),
                      (30011,))
            self.assertEqual(self.expect(ws, TEXT, payload), len(sizes))

    def test_many_at_once(self):
        ws = self.connect()
        order = random.Random(38)
        sizes = (20, 1000, *SIZES[:-2])
        for _ in range(20):
            messages = [payload_of(BINARY, order.choice(sizes)) for _ in range(7)]  # < half a MiB
            data = b"".join(frame(BINARY, payload) for payload in messages)
            self.send(ws, data, (50021, 9, 262144))
            for payload in messages:
                self.expect(ws, BINARY, payload)

    def test_one_byte_too_many(self):
        for sizes, sent in ((), 20), ((MIB,), MIB + 20):  # a header, and no more: no reset
            ws = self.connect()
            self.send(ws, in_frames(BINARY, bytes(MIB + 1), sizes)[:sent])
            self.assertEqual(ws.receive_close().code, 1009)

    def test_not_text_at_its_end(self):
        for size in SIZES:
            ws = self.connect()
            self.send(ws, frame(TEXT, text_of(size - 2) + b"\xe6\xbc"), (40000,))
            self.assertEqual(ws.receive_close().code, 1007)

    def test_compressed(self):
        ws = self.connect(DEFLATE)
        for size in SIZES:
            for opcode in TEXT, BINARY:
                payload = payload_of(opcode, size)
                self.send(ws, in_frames(opcode, pack(payload), (10, 5000), rsv=4), (20011,))
                got = ws.receive()
                self.assertEqual(got.opcode, opcode)
                self.assertTrue((unpack(got.payload) if got.rsv else got.payload) == payload)

    def test_memory_of_a_promise(self):
        """A hundred that announce a MiB and send little have little (row G011)."""
        before = self.server.resident_size()
        promises = [self.connect() for _ in range(100)]
        for ws in promises:
            ws.send_bytes(frame(BINARY, bytes(MIB))[:30000])
        last = self.connect()
        self.send(last, frame(BINARY, b"x"))
        self.expect(last, BINARY, b"x")
        growth = self.server.resident_size() - before
        assert self.server.is_sanitized() or growth < 50 * MIB, f"{growth} bytes more"


class InTheClear(LargeMessages):
    tls = False


class OverTls(LargeMessages):
    tls = True


def load_tests(loader, tests, pattern):
    return unittest.TestSuite(loader.loadTestsFromTestCase(it) for it in (InTheClear, OverTls))


if __name__ == "__main__":
    unittest.main()
