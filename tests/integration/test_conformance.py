#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A conformance client for /echo, in the groups that the Autobahn testsuite made customary
(1 frames, 2 pings, 3 reserved bits, 4 opcodes, 5 fragments, 6 UTF-8, 7 closing, 9 limits, 10
fragments made by a sender), written from RFC 6455.

Strict: what the server sends is compared byte by byte, a failure must have the exact code, there is
one Close frame and nothing behind it, and the FIN (not a reset) comes within a second of it, while
the client keeps its side open.
"""
import pathlib
import select
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.hawser import Server  # noqa: E402
from lib.rawws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame  # noqa: E402
from lib.tap import Tap  # noqa: E402

PATIENCE_S = 30  # for anything to happen at all
FIN_S = 1
KEY = b"\x37\xfa\x21\x3d"
NO_KEY = b"\0\0\0\0"  # masking by it changes nothing, and costs Python nothing
MIB = 1 << 20
CLEAN = struct.pack(">H", 1000) + b"over"

tap = Tap()
server = Server("--message-size-max", "16M")


# Writing

def sent(opcode, payload=b"", **how):
    how.setdefault("mask", KEY)
    return frame(opcode, payload, **how)


def echoed(opcode, payload=b""):
    return frame(opcode, payload, mask=False)


def chops(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def fragments(opcode, pieces, mask=KEY):
    """One message, a frame for each piece."""
    last = len(pieces) - 1
    return [sent(CONTINUATION if i else opcode, piece, fin=i == last, mask=mask)
            for i, piece in enumerate(pieces)]


def octets(data):
    return chops(data, 1)


# Talking

class Talk:
    """One connection, and all that came on it."""

    def __init__(self):
        self.ws = server.connect("/echo", timeout=PATIENCE_S)
        self.socket = self.ws.socket
        self.socket.setblocking(False)
        self.came = bytearray(self.ws.unread)
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ws.end()

    def take(self, timeout_s):
        """Takes what there is; False: nothing came in time."""
        if self.ended or not select.select([self.socket], [], [], timeout_s)[0]:
            return False
        data = self.socket.recv(1 << 18)
        self.came += data
        self.ended = not data
        return True

    def write(self, chunks):
        """Writes each chunk by itself, and takes what comes meanwhile."""
        for chunk in chunks:
            left = memoryview(chunk)
            while left:
                readable, writable, _ = select.select([self.socket], [self.socket], [], PATIENCE_S)
                assert readable or writable, "the server neither reads nor writes"
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
        """FIN, in time and behind nothing."""
        until = time.monotonic() + FIN_S
        while not self.ended:
            assert self.take(max(0, until - time.monotonic())), "no FIN within a second"
        assert not self.came, f"behind the Close frame came {bytes(self.came[:60])!r}"

    def assert_failed(self, code):
        body = self.take_close()
        assert int.from_bytes(body[:2], "big") == code, f"Close {body!r}, not {code}"
        self.assert_end()

    def assert_closes(self, body=CLEAN, answer=None):
        self.write([sent(CLOSE, body)])
        assert self.take_close() == (body if answer is None else answer)
        self.assert_end()


def good(name, chunks, echo):
    """All of it is echoed, and the connection lives until it is closed."""
    def talk():
        with Talk() as it:
            it.write(chunks)
            it.assert_echo(echo)
            it.assert_silence()
            it.assert_closes()
    tap.run(name, talk)


def bad(name, chunks, code, echo=b""):
    """What comes before the failure is echoed, nothing behind it is looked at."""
    def talk():
        with Talk() as it:
            it.write(chunks)
            it.assert_echo(echo)
            it.assert_failed(code)
    tap.run(name, talk)


# 1. Frames

def group_1():
    sizes = [0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537]
    for group, opcode, byte in ("1.1 text", TEXT, b"*"), ("1.2 binary", BINARY, b"\xfe"):
        for size in sizes:
            whole = sent(opcode, byte * size)
            cuts = [len(whole), 997] + ([1, 2, 7] if size <= 128 else [64])
            for cut in cuts:
                how = "" if cut == len(whole) else f" in writes of {cut}"
                good(f"{group} of {size}{how}", chops(whole, cut), echoed(opcode, byte * size))


# 2. Pings and pongs

def group_2():
    payloads = {"empty": b"", "text": b"Hello, world!", "binary": bytes([0, 255, 254, 253, 0]),
                "125 bytes": b"\xfe" * 125}
    for what, payload in payloads.items():
        whole = sent(PING, payload)
        good(f"2.1 a ping, {what}", [whole], echoed(PONG, payload))
        good(f"2.2 a ping, {what}, octet by octet", octets(whole), echoed(PONG, payload))
        good(f"2.3 a pong nobody asked for, {what}", [sent(PONG, payload)], b"")
        good(f"2.4 a pong, then a ping, {what}", [sent(PONG, b"unsolicited"), whole],
             echoed(PONG, payload))
    for size in 126, 127, 65536:
        bad(f"2.5 a ping of {size}", [sent(PING, b"\xfe" * size)], 1002)
        bad(f"2.6 a pong of {size}", [sent(PONG, b"\xfe" * size)], 1002)
    ten = [sent(PING, b"payload-%d" % i) for i in range(10)]
    pongs = b"".join(echoed(PONG, b"payload-%d" % i) for i in range(10))
    good("2.10 ten pings", ten, pongs)
    good("2.11 ten pings, octet by octet", octets(b"".join(ten)), pongs)


# 3. Reserved bits

def group_3():
    hello = sent(TEXT, b"Hello")
    for rsv in range(1, 8):
        for what, opcode in {"text": TEXT, "binary": BINARY, "ping": PING, "pong": PONG}.items():
            bad(f"3.1 a {what} with bits {rsv:03b}", [sent(opcode, b"Hello", rsv=rsv)], 1002)
        for cut in 1, 5, 1000:
            bad(f"3.2 a text, one with bits {rsv:03b}, a ping, in writes of {cut}",
                chops(hello + sent(TEXT, b"Hello", rsv=rsv) + sent(PING), cut), 1002,
                echoed(TEXT, b"Hello"))
        bad(f"3.3 a Close with bits {rsv:03b}", [sent(CLOSE, CLEAN, rsv=rsv)], 1002)
        bad(f"3.4 a continuation with bits {rsv:03b}",
            [sent(TEXT, b"a", fin=False), sent(CONTINUATION, b"b", rsv=rsv)], 1002)
        bad(f"3.5 bits {rsv:03b}, and only the first byte of the frame", [bytes([0x81 | rsv << 4])],
            1002)


# 4. Opcodes

def group_4():
    hello = sent(TEXT, b"Hello")
    for opcode in [*range(3, 8), *range(0xB, 0x10)]:
        name = f"4.{1 if opcode < 8 else 2} opcode {opcode:X}"
        bad(f"{name}, empty", [sent(opcode)], 1002)
        bad(f"{name}, with a payload", [sent(opcode, b"reserved")], 1002)
        bad(f"{name}, its first byte alone", [bytes([0x80 | opcode])], 1002)
        for cut in 1, 1000:
            bad(f"{name}, between a text and a ping, in writes of {cut}",
                chops(hello + sent(opcode, b"reserved") + sent(PING), cut), 1002,
                echoed(TEXT, b"Hello"))


# 5. Fragments

def group_5():
    two = fragments(TEXT, [b"fragment1", b"fragment2"])
    both = echoed(TEXT, b"fragment1fragment2")
    bad("5.1 a ping in fragments", fragments(PING, [b"a", b"b"]), 1002)
    bad("5.2 a pong in fragments", fragments(PONG, [b"a", b"b"]), 1002)
    bad("5.2 a Close in fragments", fragments(CLOSE, [CLEAN[:2], CLEAN[2:]]), 1002)
    for cut in 1, 3, 1000:
        how = f"in writes of {cut}"
        good(f"5.3 two fragments, {how}", chops(b"".join(two), cut), both)
        good(f"5.6 a ping between them, {how}", chops(two[0] + sent(PING, b"p") + two[1], cut),
             echoed(PONG, b"p") + both)
        bad(f"5.9 a continuation of nothing, then a text, {how}",
            chops(sent(CONTINUATION, b"x") + sent(TEXT, b"Hello"), cut), 1002)
        bad(f"5.12 the same without FIN, {how}",
            chops(sent(CONTINUATION, b"x", fin=False) + sent(TEXT, b"Hello"), cut), 1002)
        bad(f"5.15 a continuation behind a whole message, {how}",
            chops(b"".join(two) + sent(CONTINUATION, b"x", fin=False) + sent(TEXT, b"y"), cut),
            1002, both)
        bad(f"5.18 a second text within a message, {how}",
            chops(two[0] + sent(TEXT, b"fragment2"), cut), 1002)
        bad(f"5.18 a binary within a text, {how}",
            chops(two[0] + sent(BINARY, b"fragment2", fin=False), cut), 1002)
    five = fragments(TEXT, [b"fragment%d" % i for i in range(1, 6)])
    pings = [sent(PING, b"pongme %d!" % i) for i in (1, 2)]
    mixed = [*five[:2], pings[0], *five[2:4], pings[1], five[4]]
    whole = (b"".join(echoed(PONG, b"pongme %d!" % i) for i in (1, 2))
             + echoed(TEXT, b"".join(b"fragment%d" % i for i in range(1, 6))))
    good("5.19 five fragments and two pings", mixed, whole)
    good("5.20 the same, octet by octet", octets(b"".join(mixed)), whole)
    for name, opcode in ("text", TEXT), ("binary", BINARY):
        pieces = [b"%03d" % i for i in range(200)]
        good(f"5.21 a {name} in 200 fragments", fragments(opcode, pieces),
             echoed(opcode, b"".join(pieces)))

    def answers_come_at_once():
        with Talk() as it:
            it.write([five[0], pings[0]])
            it.assert_echo(echoed(PONG, b"pongme 1!"))
            it.assert_silence()
            it.write([*five[1:], pings[1]])
            it.assert_echo(echoed(TEXT, b"".join(b"fragment%d" % i for i in range(1, 6)))
                           + echoed(PONG, b"pongme 2!"))
            it.assert_closes()
    tap.run("5.22 a pong does not wait for the end of the message", answers_come_at_once)


# 6. UTF-8

def scalar(number):
    return chr(number).encode("utf-8", "surrogatepass")


KOSME = "κόσμε".encode()

VALID = {
    "6.2 of all widths": "Hello-µ@ßöäüàá-UTF-8!!".encode(),
    "6.5 a word": KOSME,
    "6.5 a word, signs, and a smile": KOSME + "\U0001f600 ok".encode(),
    "6.7 U+0000": b"\0",
    **{f"6.7 the first of a width, U+{n:04X}": scalar(n) for n in (0x80, 0x800, 0x10000)},
    **{f"6.9 the last of a width, U+{n:04X}": scalar(n) for n in (0x7F, 0x7FF, 0xFFFF, 0x10FFFF)},
    **{f"6.11 at a border, U+{n:04X}": scalar(n) for n in (0xD7FF, 0xE000, 0xFFFD)},
    **{f"6.22 no character, U+{n:X}": scalar(n)
       for plane in range(17) for n in (plane << 16 | 0xFFFE, plane << 16 | 0xFFFF)},
    **{f"6.23 U+{n:04X}": scalar(n) for n in range(0xFFF9, 0xFFFE)},
}

INVALID = {
    "6.3 a surrogate within a word": KOSME + b"\xed\xa0\x80" + b"edited",
    "6.4 over U+10FFFF within a word": KOSME + b"\xf4\x90\x80\x80" + b"edited",
    **{f"6.6 a word cut after {i} bytes": KOSME[:i]
       for i in range(1, len(KOSME)) if (KOSME[i] & 0xC0) == 0x80},
    "6.8 five bytes": b"\xf8\x88\x80\x80\x80",
    "6.8 six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "6.10 the last of four bytes": b"\xf7\xbf\xbf\xbf",
    "6.10 the last of five bytes": b"\xfb\xbf\xbf\xbf\xbf",
    "6.10 the last of six bytes": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "6.11 U+110000": b"\xf4\x90\x80\x80",
    **{f"6.12 {count} bytes that only continue": (b"\x80\xbf" * 4)[:count]
       for count in range(1, 8)},
    "6.12 all that only continue": bytes(range(0x80, 0xC0)),
    **{f"6.13 a lonely {first:X}": bytes([first, 0x20]) for first in range(0xC0, 0xFE)},
    **{f"6.14 the last byte of {data.hex()} is missing": data[:-1]
       for data in (b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80", b"\xdf\xbf",
                    b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf")},
    "6.15 several that are cut": b"\xc2\xe0\xa0\xf0\x90\x80\xdf\xef\xbf\xf4\x8f\xbf",
    **{f"6.16 {data.hex()}": data for data in (b"\xfe", b"\xff", b"\xfe\xfe\xff\xff")},
    **{f"6.17 a slash too long, {data.hex()}": data
       for data in (b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
                    b"\xfc\x80\x80\x80\x80\xaf")},
    **{f"6.18 the last that is too long, {data.hex()}": data
       for data in (b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf",
                    b"\xfc\x83\xbf\xbf\xbf\xbf")},
    **{f"6.19 a zero too long, {data.hex()}": data
       for data in (b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80",
                    b"\xfc\x80\x80\x80\x80\x80")},
    **{f"6.20 a surrogate, U+{n:04X}": scalar(n)
       for n in (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)},
    **{f"6.21 a pair of surrogates, U+{a:04X} U+{b:04X}": scalar(a) + scalar(b)
       for a in (0xD800, 0xDB7F, 0xDB80, 0xDBFF) for b in (0xDC00, 0xDFFF)},
}


def is_text(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def good_prefix_size(data):
    """How many bytes may stand before one of which nothing valid can be made any more.  Whatever
    may continue a character, either its least or its greatest continuation may."""
    tails = [byte * count for byte in (b"\x80", b"\xbf") for count in range(4)]
    size = len(data)
    while not any(is_text(data[:size] + tail) for tail in tails):
        size -= 1
    return size


def fails_fast(data):
    """Up to the first wrong byte nothing happens, with it all ends: neither the rest of the frame
    nor of the message is waited for."""
    size = good_prefix_size(data)
    for how in "fragments", "a frame":
        with Talk() as it:
            if how == "fragments":
                it.write([sent(TEXT, data[:size], fin=False), sent(PING, b"alive?")])
                it.assert_echo(echoed(PONG, b"alive?"))
                it.write([sent(CONTINUATION, data[size:size + 1], fin=size == len(data))])
            else:
                # A head that promises more than comes; without a wrong byte, what comes.
                more = 100 if size < len(data) else 0
                it.write(octets(sent(TEXT, data[:size + 1] + b" " * more, mask=NO_KEY)
                                [:6 + len(data[:size + 1])]))
            it.assert_failed(1007)


def group_6():
    good("6.1 an empty text", [sent(TEXT)], echoed(TEXT))
    good("6.1 three empty fragments", fragments(TEXT, [b"", b"", b""]), echoed(TEXT))
    good("6.1 a text between empty fragments", fragments(TEXT, [b"", KOSME, b""]),
         echoed(TEXT, KOSME))
    for name, data in VALID.items():
        whole = echoed(TEXT, data)
        good(f"{name}, whole", [sent(TEXT, data)], whole)
        good(f"{name}, in fragments of a byte", fragments(TEXT, octets(data)), whole)
        good(f"{name}, in writes of a byte", octets(sent(TEXT, data)), whole)
        good(f"{name}, at a register's border", [sent(TEXT, b"a" * 31 + data + b"b" * 70)],
             echoed(TEXT, b"a" * 31 + data + b"b" * 70))
    for name, data in INVALID.items():
        bad(f"{name}, whole", [sent(TEXT, data)], 1007)
        bad(f"{name}, in fragments of a byte", fragments(TEXT, octets(data)), 1007)
        bad(f"{name}, in writes of a byte", octets(sent(TEXT, data)), 1007)
        bad(f"{name}, behind a long text", [sent(TEXT, b"a" * 1000 + data)], 1007)
        bad(f"{name}, behind a text", [sent(TEXT, KOSME), sent(TEXT, data)], 1007,
            echoed(TEXT, KOSME))
        good(f"{name}, as a binary", [sent(BINARY, data)], echoed(BINARY, data))
        tap.run(f"{name}, at the first wrong byte", fails_fast, data)


# 7. Closing

def closes(name, chunks, answer, echo=b""):
    """The client closes; `answer` is the body of the server's Close."""
    def talk():
        with Talk() as it:
            it.write(chunks)
            it.assert_echo(echo)
            assert it.take_close() == answer
            it.assert_end()
    tap.run(name, talk)


def code(number, reason=b""):
    return struct.pack(">H", number) + reason


def all_codes(numbers):
    """Each code that may be sent is echoed, each other one is a failure."""
    for number in numbers:
        allowed = 1000 <= number <= 1003 or 1007 <= number <= 1014 or 3000 <= number <= 4999
        with Talk() as it:
            it.write([sent(CLOSE, code(number))])
            body = it.take_close()
            if allowed:
                assert body == code(number), f"{number}: {body!r}"
            else:
                assert body[:2] == code(1002), f"{number}: {body!r}"
            it.assert_end()


def group_7():
    over = sent(CLOSE, CLEAN)
    closes("7.1 a message, then a Close", [sent(TEXT, b"Hello"), over], CLEAN,
           echoed(TEXT, b"Hello"))
    closes("7.1 two Closes", [over + over], CLEAN)
    closes("7.1 a Close, then a ping", [over + sent(PING, b"x")], CLEAN)
    closes("7.1 a Close, then a text", [over + sent(TEXT, b"x")], CLEAN)
    closes("7.1 a Close within a message", [sent(TEXT, b"a", fin=False) + over
                                            + sent(CONTINUATION, b"b")], CLEAN)
    closes("7.1 a Close, then what is wrong", [over + b"\xff" * 100], CLEAN)
    big = b"BAsd7&jh23" * 26214
    closes("7.1 a long message, a text, a Close, a ping",
           [sent(TEXT, big) + sent(TEXT, b"after") + over + sent(PING)], CLEAN,
           echoed(TEXT, big) + echoed(TEXT, b"after"))
    closes("7.1 a Close, octet by octet", octets(over), CLEAN)

    closes("7.3 an empty Close", [sent(CLOSE)], b"")
    bad("7.3 a Close of one byte", [sent(CLOSE, b"\x03")], 1002)
    closes("7.3 a code alone", [sent(CLOSE, code(1000))], code(1000))
    for size in 1, 122, 123:
        closes(f"7.3 a reason of {size} bytes", [sent(CLOSE, code(1000, b"*" * size))],
               code(1000, b"*" * size))
    bad("7.3 a reason of 124 bytes", [sent(CLOSE, code(1000, b"*" * 124))], 1002)
    closes("7.5 a reason in UTF-8", [sent(CLOSE, code(1000, KOSME))], code(1000, KOSME))
    for name, data in INVALID.items():
        bad(f"7.5 a reason that is not UTF-8: {name}", [sent(CLOSE, code(1000, data))], 1007)

    for number in 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, \
            3999, 4000, 4999:
        closes(f"7.7 code {number}", [sent(CLOSE, code(number, b"why"))], code(number, b"why"))
    for number in 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535:
        bad(f"7.9 code {number}", [sent(CLOSE, code(number, b"why"))], 1002)
    for first in range(0, 5120, 512):
        tap.run(f"7.13 every code from {first} to {first + 511}", all_codes,
                range(first, first + 512))
    tap.run("7.13 every code that is a power of two, and its neighbours", all_codes,
            [(1 << bit) + by for bit in range(13, 16) for by in (-1, 0, 1)] + [65534, 65535])


# 9. Limits

def echo_all(chunks, echo):
    with Talk() as it:
        it.write(chunks)
        it.assert_echo(echo)
        it.assert_silence()
        it.assert_closes()


def round_trips(opcode, size):
    ask, answer = sent(opcode, b"*" * size), echoed(opcode, b"*" * size)
    with Talk() as it:
        for _ in range(1000):
            it.write([ask])
            it.assert_echo(answer)
        it.assert_closes()


def group_9():
    kinds = {"text": (TEXT, b"*"), "binary": (BINARY, b"\xfe")}
    for name, (opcode, byte) in kinds.items():
        for size in 65536, 262144, MIB, 4 * MIB, 8 * MIB, 16 * MIB:
            payload = byte * size
            tap.run(f"9.1 a {name} of {size}", echo_all, [sent(opcode, payload)],
                    echoed(opcode, payload))
        bad(f"9.1 a {name} of one byte more than is allowed",
            [sent(opcode, byte * (16 * MIB + 1), mask=NO_KEY)[:1000]], 1009)
        for size, pieces in [(4 * MIB, 64 << shift) for shift in range(0, 16, 2)] + [
                (16 * MIB, 4096), (16 * MIB, 65536), (16 * MIB, MIB)]:
            payload = byte * size
            tap.run(f"9.3 a {name} of {size} in fragments of {pieces}", echo_all,
                    [b"".join(fragments(opcode, chops(payload, pieces), NO_KEY))],
                    echoed(opcode, payload))
        for cut in 64, 128, 256, 512, 1024, 2048:
            tap.run(f"9.5 a {name} of {MIB} in writes of {cut}", echo_all,
                    chops(sent(opcode, byte * MIB), cut), echoed(opcode, byte * MIB))
        for size in 0, 16, 64, 256, 1024, 4096, 16384:
            tap.run(f"9.7 a thousand round trips of a {name} of {size}", round_trips, opcode, size)
    words = KOSME * 200_000
    tap.run("9.9 a long text of two-byte characters, cut within them", echo_all,
            fragments(TEXT, chops(words, 999)), echoed(TEXT, words))
    many = b"".join(sent(TEXT, b"%d" % i) for i in range(50_000))
    tap.run("9.10 fifty thousand messages at once", echo_all, [many],
            b"".join(echoed(TEXT, b"%d" % i) for i in range(50_000)))


# 10. Fragments made by a sender

def group_10():
    payload = b"*" * 65536
    for size in 1, 125, 126, 1300, 65535:
        for name, opcode in ("text", TEXT), ("binary", BINARY):
            good(f"10.1 a {name} of 65536 in frames of {size}",
                 [b"".join(fragments(opcode, chops(payload, size), NO_KEY))],
                 echoed(opcode, payload))


with server:
    for group in group_1, group_2, group_3, group_4, group_5, group_6, group_7, group_9, group_10:
        group()
tap.done()
