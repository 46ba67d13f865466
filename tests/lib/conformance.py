# SPDX-License-Identifier: MIT
"""What an echo must do with whatever frames come, in the groups that the Autobahn testsuite made
customary (1 frames, 2 pings, 3 reserved bits, 4 opcodes, 5 fragments, 6 UTF-8, 7 closing, 9 limits,
10 fragments made by a sender), written from RFC 6455.  The same cases are for servers and clients:

    for name, talk in cases(sent):
        tap.run(name, talk, connect)

`sent` makes a frame as the peer of what is tested sends it (`frame` of rawws, masked or not);
`connect` opens a connection and answers a Talk on it.  What is tested takes messages of 16 MiB.

Strict: what comes back is compared byte by byte, a failure must have the exact code, there is one
Close frame and nothing behind it.
"""
import struct

from lib.rawws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame
from lib.utf8_table import INVALID, KOSME, VALID, good_prefix_size

MIB = 1 << 20
CLEAN = struct.pack(">H", 1000) + b"over"


def echoed(opcode, payload=b""):
    return frame(opcode, payload, mask=False)


def chops(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def octets(data):
    return chops(data, 1)


def fragments(sent, opcode, pieces):
    """One message, a frame for each piece."""
    last = len(pieces) - 1
    return [sent(CONTINUATION if i else opcode, piece, fin=i == last)
            for i, piece in enumerate(pieces)]


class Cases:
    """Makes cases: a name, and what is done with a `connect`."""

    def __init__(self, sent):
        self.sent = sent

    def good(self, name, chunks, echo):
        """All of it is echoed, and the connection lives until it is closed."""
        def talk(connect):
            with connect() as it:
                it.write(chunks)
                it.assert_echo(echo)
                it.assert_silence()
                it.assert_closes(self.sent(CLOSE, CLEAN), CLEAN)
        return name, talk

    def bad(self, name, chunks, code, echo=b""):
        """What comes before the failure is echoed, nothing behind it is looked at."""
        def talk(connect):
            with connect() as it:
                it.write(chunks)
                it.assert_echo(echo)
                it.assert_failed(code)
        return name, talk

    def closes(self, name, chunks, answer, echo=b""):
        """We close; `answer` is the body of the Close that answers."""
        def talk(connect):
            with connect() as it:
                it.write(chunks)
                it.assert_echo(echo)
                assert it.take_close() == answer
                it.assert_end()
        return name, talk


# 1. Frames

def group_1(sent):
    case = Cases(sent)
    sizes = [0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537]
    for group, opcode, byte in ("1.1 text", TEXT, b"*"), ("1.2 binary", BINARY, b"\xfe"):
        for size in sizes:
            whole = sent(opcode, byte * size)
            cuts = [len(whole), 997] + ([1, 2, 7] if size <= 128 else [64])
            for cut in cuts:
                how = "" if cut == len(whole) else f" in writes of {cut}"
                yield case.good(f"{group} of {size}{how}", chops(whole, cut),
                                echoed(opcode, byte * size))


# 2. Pings and pongs

def group_2(sent):
    case = Cases(sent)
    payloads = {"empty": b"", "text": b"Hello, world!", "binary": bytes([0, 255, 254, 253, 0]),
                "125 bytes": b"\xfe" * 125}
    for what, payload in payloads.items():
        whole = sent(PING, payload)
        yield case.good(f"2.1 a ping, {what}", [whole], echoed(PONG, payload))
        yield case.good(f"2.2 a ping, {what}, octet by octet", octets(whole), echoed(PONG, payload))
        yield case.good(f"2.3 a pong nobody asked for, {what}", [sent(PONG, payload)], b"")
        yield case.good(f"2.4 a pong, then a ping, {what}", [sent(PONG, b"unsolicited"), whole],
                        echoed(PONG, payload))
    for size in 126, 127, 65536:
        yield case.bad(f"2.5 a ping of {size}", [sent(PING, b"\xfe" * size)], 1002)
        yield case.bad(f"2.6 a pong of {size}", [sent(PONG, b"\xfe" * size)], 1002)
    ten = [sent(PING, b"payload-%d" % i) for i in range(10)]
    pongs = b"".join(echoed(PONG, b"payload-%d" % i) for i in range(10))
    yield case.good("2.10 ten pings", ten, pongs)
    yield case.good("2.11 ten pings, octet by octet", octets(b"".join(ten)), pongs)


# 3. Reserved bits

def group_3(sent):
    case = Cases(sent)
    hello = sent(TEXT, b"Hello")
    for rsv in range(1, 8):
        for what, opcode in {"text": TEXT, "binary": BINARY, "ping": PING, "pong": PONG}.items():
            yield case.bad(f"3.1 a {what} with bits {rsv:03b}", [sent(opcode, b"Hello", rsv=rsv)],
                           1002)
        for cut in 1, 5, 1000:
            yield case.bad(f"3.2 a text, one with bits {rsv:03b}, a ping, in writes of {cut}",
                           chops(hello + sent(TEXT, b"Hello", rsv=rsv) + sent(PING), cut), 1002,
                           echoed(TEXT, b"Hello"))
        yield case.bad(f"3.3 a Close with bits {rsv:03b}", [sent(CLOSE, CLEAN, rsv=rsv)], 1002)
        yield case.bad(f"3.4 a continuation with bits {rsv:03b}",
                       [sent(TEXT, b"a", fin=False), sent(CONTINUATION, b"b", rsv=rsv)], 1002)
        yield case.bad(f"3.5 bits {rsv:03b}, and only the first byte of the frame",
                       [bytes([0x81 | rsv << 4])], 1002)


# 4. Opcodes

def group_4(sent):
    case = Cases(sent)
    hello = sent(TEXT, b"Hello")
    for opcode in [*range(3, 8), *range(0xB, 0x10)]:
        name = f"4.{1 if opcode < 8 else 2} opcode {opcode:X}"
        yield case.bad(f"{name}, empty", [sent(opcode)], 1002)
        yield case.bad(f"{name}, with a payload", [sent(opcode, b"reserved")], 1002)
        yield case.bad(f"{name}, its first byte alone", [bytes([0x80 | opcode])], 1002)
        for cut in 1, 1000:
            yield case.bad(f"{name}, between a text and a ping, in writes of {cut}",
                           chops(hello + sent(opcode, b"reserved") + sent(PING), cut), 1002,
                           echoed(TEXT, b"Hello"))


# 5. Fragments

def group_5(sent):
    case = Cases(sent)
    two = fragments(sent, TEXT, [b"fragment1", b"fragment2"])
    both = echoed(TEXT, b"fragment1fragment2")
    yield case.bad("5.1 a ping in fragments", fragments(sent, PING, [b"a", b"b"]), 1002)
    yield case.bad("5.2 a pong in fragments", fragments(sent, PONG, [b"a", b"b"]), 1002)
    yield case.bad("5.2 a Close in fragments", fragments(sent, CLOSE, [CLEAN[:2], CLEAN[2:]]), 1002)
    for cut in 1, 3, 1000:
        how = f"in writes of {cut}"
        yield case.good(f"5.3 two fragments, {how}", chops(b"".join(two), cut), both)
        yield case.good(f"5.6 a ping between them, {how}",
                        chops(two[0] + sent(PING, b"p") + two[1], cut), echoed(PONG, b"p") + both)
        yield case.bad(f"5.9 a continuation of nothing, then a text, {how}",
                       chops(sent(CONTINUATION, b"x") + sent(TEXT, b"Hello"), cut), 1002)
        yield case.bad(f"5.12 the same without FIN, {how}",
                       chops(sent(CONTINUATION, b"x", fin=False) + sent(TEXT, b"Hello"), cut), 1002)
        behind = sent(CONTINUATION, b"x", fin=False) + sent(TEXT, b"y")
        yield case.bad(f"5.15 a continuation behind a whole message, {how}",
                       chops(b"".join(two) + behind, cut), 1002, both)
        yield case.bad(f"5.18 a second text within a message, {how}",
                       chops(two[0] + sent(TEXT, b"fragment2"), cut), 1002)
        yield case.bad(f"5.18 a binary within a text, {how}",
                       chops(two[0] + sent(BINARY, b"fragment2", fin=False), cut), 1002)
    yield from several_fragments(case, sent)


def several_fragments(case, sent):
    pieces = [b"fragment%d" % i for i in range(1, 6)]
    five = fragments(sent, TEXT, pieces)
    pings = [sent(PING, b"pongme %d!" % i) for i in (1, 2)]
    pongs = [echoed(PONG, b"pongme %d!" % i) for i in (1, 2)]
    message = echoed(TEXT, b"".join(pieces))
    mixed = [*five[:2], pings[0], *five[2:4], pings[1], five[4]]
    yield case.good("5.19 five fragments and two pings", mixed, b"".join(pongs) + message)
    yield case.good("5.20 the same, octet by octet", octets(b"".join(mixed)),
                    b"".join(pongs) + message)
    for name, opcode in ("text", TEXT), ("binary", BINARY):
        many = [b"%03d" % i for i in range(200)]
        yield case.good(f"5.21 a {name} in 200 fragments", fragments(sent, opcode, many),
                        echoed(opcode, b"".join(many)))

    def answers_come_at_once(connect):
        with connect() as it:
            it.write([five[0], pings[0]])
            it.assert_echo(pongs[0])
            it.assert_silence()
            it.write([*five[1:], pings[1]])
            it.assert_echo(message + pongs[1])
            it.assert_closes(sent(CLOSE, CLEAN), CLEAN)
    yield "5.22 a pong does not wait for the end of the message", answers_come_at_once


# 6. UTF-8

def fails_fast(sent, data):
    """Up to the first wrong byte nothing happens, with it all ends: neither the rest of the frame
    nor of the message is waited for."""
    size = good_prefix_size(data)

    def in_fragments(it):
        it.write([sent(TEXT, data[:size], fin=False), sent(PING, b"alive?")])
        it.assert_echo(echoed(PONG, b"alive?"))
        it.write([sent(CONTINUATION, data[size:size + 1], fin=size == len(data))])

    def in_a_frame(it):
        # A head that promises more than comes; without a wrong byte, what comes.
        more = 100 if size < len(data) else 0
        whole = sent(TEXT, data[:size + 1] + b" " * more)
        it.write(octets(whole[:len(whole) - more]))

    def talk(connect):
        for write in in_fragments, in_a_frame:
            with connect() as it:
                write(it)
                it.assert_failed(1007)
    return talk


def group_6(sent):
    case = Cases(sent)
    yield case.good("6.1 an empty text", [sent(TEXT)], echoed(TEXT))
    yield case.good("6.1 three empty fragments", fragments(sent, TEXT, [b"", b"", b""]),
                    echoed(TEXT))
    yield case.good("6.1 a text between empty fragments", fragments(sent, TEXT, [b"", KOSME, b""]),
                    echoed(TEXT, KOSME))
    for name, data in VALID.items():
        whole = echoed(TEXT, data)
        yield case.good(f"{name}, whole", [sent(TEXT, data)], whole)
        yield case.good(f"{name}, in fragments of a byte", fragments(sent, TEXT, octets(data)),
                        whole)
        yield case.good(f"{name}, in writes of a byte", octets(sent(TEXT, data)), whole)
        padded = b"a" * 31 + data + b"b" * 70
        yield case.good(f"{name}, at a register's border", [sent(TEXT, padded)],
                        echoed(TEXT, padded))
    for name, data in INVALID.items():
        yield case.bad(f"{name}, whole", [sent(TEXT, data)], 1007)
        yield case.bad(f"{name}, in fragments of a byte", fragments(sent, TEXT, octets(data)), 1007)
        yield case.bad(f"{name}, in writes of a byte", octets(sent(TEXT, data)), 1007)
        yield case.bad(f"{name}, behind a long text", [sent(TEXT, b"a" * 1000 + data)], 1007)
        yield case.bad(f"{name}, behind a text", [sent(TEXT, KOSME), sent(TEXT, data)], 1007,
                       echoed(TEXT, KOSME))
        yield case.good(f"{name}, as a binary", [sent(BINARY, data)], echoed(BINARY, data))
        yield f"{name}, at the first wrong byte", fails_fast(sent, data)


# 7. Closing

def code(number, reason=b""):
    return struct.pack(">H", number) + reason


def all_codes(sent, numbers):
    """Each code that may be sent is echoed, each other one is a failure."""
    def talk(connect):
        for number in numbers:
            allowed = 1000 <= number <= 1003 or 1007 <= number <= 1014 or 3000 <= number <= 4999
            with connect() as it:
                it.write([sent(CLOSE, code(number))])
                body = it.take_close()
                if allowed:
                    assert body == code(number), f"{number}: {body!r}"
                else:
                    assert body[:2] == code(1002), f"{number}: {body!r}"
                it.assert_end()
    return talk


def group_7(sent):
    case = Cases(sent)
    over = sent(CLOSE, CLEAN)
    big = b"BAsd7&jh23" * 26214
    yield case.closes("7.1 a message, then a Close", [sent(TEXT, b"Hello"), over], CLEAN,
                      echoed(TEXT, b"Hello"))
    yield case.closes("7.1 two Closes", [over + over], CLEAN)
    yield case.closes("7.1 a Close, then a ping", [over + sent(PING, b"x")], CLEAN)
    yield case.closes("7.1 a Close, then a text", [over + sent(TEXT, b"x")], CLEAN)
    yield case.closes("7.1 a Close within a message",
                      [sent(TEXT, b"a", fin=False) + over + sent(CONTINUATION, b"b")], CLEAN)
    yield case.closes("7.1 a Close, then what is wrong", [over + b"\xff" * 100], CLEAN)
    yield case.closes("7.1 a long message, a text, a Close, a ping",
                      [sent(TEXT, big) + sent(TEXT, b"after") + over + sent(PING)], CLEAN,
                      echoed(TEXT, big) + echoed(TEXT, b"after"))
    yield case.closes("7.1 a Close, octet by octet", octets(over), CLEAN)
    yield from close_bodies(case, sent)


def close_bodies(case, sent):
    yield case.closes("7.3 an empty Close", [sent(CLOSE)], b"")
    yield case.bad("7.3 a Close of one byte", [sent(CLOSE, b"\x03")], 1002)
    yield case.closes("7.3 a code alone", [sent(CLOSE, code(1000))], code(1000))
    for size in 1, 122, 123:
        body = code(1000, b"*" * size)
        yield case.closes(f"7.3 a reason of {size} bytes", [sent(CLOSE, body)], body)
    yield case.bad("7.3 a reason of 124 bytes", [sent(CLOSE, code(1000, b"*" * 124))], 1002)
    yield case.closes("7.5 a reason in UTF-8", [sent(CLOSE, code(1000, KOSME))], code(1000, KOSME))
    for name, data in INVALID.items():
        yield case.bad(f"7.5 a reason that is not UTF-8: {name}", [sent(CLOSE, code(1000, data))],
                       1007)


def close_codes(sent, stride):
    case = Cases(sent)
    for number in [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999]:
        yield case.closes(f"7.7 code {number}", [sent(CLOSE, code(number, b"why"))],
                          code(number, b"why"))
    for number in 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535:
        yield case.bad(f"7.9 code {number}", [sent(CLOSE, code(number, b"why"))], 1002)
    for first in range(0, 5120, 512):
        yield (f"7.13 every code from {first} to {first + 511}" if stride == 1 else
               f"7.13 every {stride}th code from {first} to {first + 511}",
               all_codes(sent, range(first, first + 512, stride)))
    borders = [(1 << bit) + by for bit in range(13, 16) for by in (-1, 0, 1)] + [65534, 65535]
    yield ("7.13 every code that is a power of two, and its neighbours", all_codes(sent, borders))


# 9. Limits

def round_trips(sent, opcode, size):
    ask, answer = sent(opcode, b"*" * size), echoed(opcode, b"*" * size)

    def talk(connect):
        with connect() as it:
            for _ in range(1000):
                it.write([ask])
                it.assert_echo(answer)
            it.assert_closes(sent(CLOSE, CLEAN), CLEAN)
    return talk


def group_9(sent):
    case = Cases(sent)
    for name, opcode, byte in ("text", TEXT, b"*"), ("binary", BINARY, b"\xfe"):
        for size in 65536, 262144, MIB, 4 * MIB, 8 * MIB, 16 * MIB:
            payload = byte * size
            yield case.good(f"9.1 a {name} of {size}", [sent(opcode, payload)],
                            echoed(opcode, payload))
        yield case.bad(f"9.1 a {name} of one byte more than is allowed",
                       [sent(opcode, byte * (16 * MIB + 1))[:1000]], 1009)
        for size, piece in [(4 * MIB, 64 << shift) for shift in range(0, 16, 2)] + [
                (16 * MIB, 4096), (16 * MIB, 65536), (16 * MIB, MIB)]:
            payload = byte * size
            yield case.good(f"9.3 a {name} of {size} in fragments of {piece}",
                            [b"".join(fragments(sent, opcode, chops(payload, piece)))],
                            echoed(opcode, payload))
        for cut in 64, 128, 256, 512, 1024, 2048:
            yield case.good(f"9.5 a {name} of {MIB} in writes of {cut}",
                            chops(sent(opcode, byte * MIB), cut), echoed(opcode, byte * MIB))
        for size in 0, 16, 64, 256, 1024, 4096, 16384:
            yield (f"9.7 a thousand round trips of a {name} of {size}",
                   round_trips(sent, opcode, size))
    words = KOSME * 200_000
    yield case.good("9.9 a long text of two-byte characters, cut within them",
                    fragments(sent, TEXT, chops(words, 999)), echoed(TEXT, words))
    many = b"".join(sent(TEXT, b"%d" % i) for i in range(50_000))
    yield case.good("9.10 fifty thousand messages at once", [many],
                    b"".join(echoed(TEXT, b"%d" % i) for i in range(50_000)))


# 10. Fragments made by a sender

def group_10(sent):
    case = Cases(sent)
    payload = b"*" * 65536
    for size in 1, 125, 126, 1300, 65535:
        for name, opcode in ("text", TEXT), ("binary", BINARY):
            yield case.good(f"10.1 a {name} of 65536 in frames of {size}",
                            [b"".join(fragments(sent, opcode, chops(payload, size)))],
                            echoed(opcode, payload))


GROUPS = group_1, group_2, group_3, group_4, group_5, group_6, group_7, group_9, group_10


def cases(sent, code_stride=1):
    """All of them, as (name, talk); each is made when it is its turn.  `code_stride`: of the close
    codes in between only every so manieth, for those to whom each costs a process."""
    for group in GROUPS:
        yield from group(sent)
    yield from close_codes(sent, code_stride)
