#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bad frames, and good ones that look bad, and what must come of them (rows G to K; the table of
all rows is README.md beside this file)."""
import pathlib
import random
import select
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.hawser import run  # noqa: E402
from lib.rawws import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame,  # noqa: E402
                       frame)
from lib.reaction import (PATIENCE_S, Subject, assert_end, assert_frames, closed,  # noqa: E402
                          ended, failed, frames, send_pieces, stays_open)
from lib.tap import Tap  # noqa: E402

MESSAGE_MAX = 1 << 20
CONTROL_BURST, CONTROL_RATE = 50, 100
FRAGMENT_MAX, FRAGMENT_EMPTY_MAX = 131_072, 128
NAMES = {CONTINUATION: "continuation", TEXT: "text", BINARY: "binary", CLOSE: "close",
         PING: "ping", PONG: "pong"}

tap = Tap()
subject = Subject("--message-size-max", str(MESSAGE_MAX))


def row(name, data, reaction):
    tap.run(name, frames(subject, data, reaction))


def rows(name, inputs, reaction):
    for what, data in inputs.items():
        row(f"{name}: {what}", data, reaction)


def head(opcode, length_size, length, *, fin=True, rsv=0):
    """The head of a frame that says any length; its key, and no payload."""
    code = {2: 126, 8: 127}[length_size]
    return (bytes([fin << 7 | rsv << 4 | opcode, 0x80 | code])
            + length.to_bytes(length_size, "big") + b"\x11\x22\x33\x44")


def close_body(code, reason=b""):
    return struct.pack(">H", code) + reason


def connect():
    return subject.connect(subject.echo, timeout=PATIENCE_S)


def alone(name, body, *arguments):
    """A row that is more than an input and a reaction: a conversation on one connection."""
    def talk():
        with connect() as ws:
            body(ws, *arguments)
        subject.assert_unharmed()
    tap.run(name, talk)


# G. The head of a frame

def section_g_bits():
    row("G001 RSV1", frame(TEXT, b"x", rsv=4), failed(1002))
    rows("G002 reserved bits", {f"{rsv:03b}": frame(TEXT, b"x", rsv=rsv) for rsv in range(1, 8)}
         | {f"{rsv:03b} on a ping": frame(PING, b"x", rsv=rsv) for rsv in range(1, 8)}
         | {"100 on a continuation":
            frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"y", rsv=4)}, failed(1002))
    for name, opcodes in {"G003": range(3, 8), "G004": range(0xB, 0x10)}.items():
        rows(f"{name} reserved opcode", {f"{code:X}": frame(code, b"x") for code in opcodes}
             | {f"{code:X}, empty": frame(code) for code in opcodes}
             | {f"{code:X}, a fragment": frame(code, b"x", fin=False) for code in opcodes},
             failed(1002))
    rows("G005 not masked", {
        f"{name}{what}": frame(opcode, payload, mask=False)
        for opcode, name in NAMES.items() for what, payload in {"": b"ab", ", empty": b""}.items()
    } | {"close with a code": frame(CLOSE, close_body(1000), mask=False)}, failed(1002))
    row("G005 not masked, after a good one", frame(TEXT, b"a") + frame(TEXT, b"b", mask=False),
        failed(1002, before=[Frame(TEXT, b"a")]))
    row("G007 a key of zeros", frame(TEXT, b"hello", mask=bytes(4)),
        stays_open(Frame(TEXT, b"hello")))
    rows("G023 after the 101", {
        "a TLS ClientHello": bytes.fromhex("16030100c4010000c00303") + bytes(range(60)),
        "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "zeros": bytes(100),
        "ones": b"\xff" * 100,
        "a server's frame": frame(TEXT, b"hello", mask=False),
    }, failed(1002))
    row("G024 a good frame, then garbage", frame(TEXT, b"good") + b"\xff" * 40,
        failed(1002, before=[Frame(TEXT, b"good")]))


def section_g_lengths():
    payload = bytes(i % 251 for i in range(65536))
    tap.run("G008 length in 16 bits that fits in 7, all 126", not_minimal,
            [frame(BINARY, payload[:size], length_size=2) for size in range(126)])
    sizes = sorted({0, 1, 124, 125, 126, 127, 255, 256, 65534, 65535} | set(range(0, 65536, 4099)))
    tap.run("G009 length in 64 bits that fits in 16, borders and samples", not_minimal,
            [frame(BINARY, payload[:size], length_size=8) for size in sizes])
    row("G008 cut: 125 in 16 bits", head(TEXT, 2, 125), failed(1002))
    row("G009 cut: 65535 in 64 bits", head(TEXT, 8, 65535), failed(1002))
    rows("G010 length with its top bit", {
        hex(size): head(BINARY, 8, size) for size in (1 << 63, (1 << 64) - 1, (1 << 64) - 10)
    } | {"and payload": head(BINARY, 8, (1 << 64) - 1) + bytes(64)}, failed(1002))
    rows("G011 length over the limit, told by the head alone", {
        hex(size): head(BINARY, 8, size)
        for size in ((1 << 63) - 1, 1 << 62, 1 << 32, (1 << 32) + 1, 1 << 31, (1 << 31) - 1)
    }, failed(1009))
    row("G012 one byte under the limit", frame(BINARY, bytes(MESSAGE_MAX - 1)),
        stays_open(Frame(BINARY, bytes(MESSAGE_MAX - 1))))
    row("G012 at the limit", frame(BINARY, bytes(MESSAGE_MAX)),
        stays_open(Frame(BINARY, bytes(MESSAGE_MAX))))
    row("G012 one byte over the limit", head(BINARY, 8, MESSAGE_MAX + 1), failed(1009))
    tap.run("G013 the limit cannot be switched off", limit_stays)
    rows("G014 length whose lower half is small", {
        f"2^32*{k}+5": head(BINARY, 8, (k << 32) + 5) + b"12345"
        for k in (1, 2, 255, 1 << 16, (1 << 31) - 1)
    }, failed(1009))
    whole = frame(BINARY, bytes(range(20)), length_size=0)
    long_form = head(BINARY, 8, 70_000)
    for name, start in {"7 bits": whole, "64 bits": long_form}.items():
        tap.run(f"G016 head of {name} cut after each byte, then FIN", cut_and_fin,
                [start[:size] for size in range(1, 6 if start is whole else 14)])
    tap.run("G017 payload cut, then FIN", cut_and_fin,
            [whole[:size] for size in range(6, len(whole))]
            + [frame(TEXT, b"first", fin=False), long_form + bytes(69_999)])
    alone("G018 every size to 64 at every phase of the key", masked_phases)
    for kind in TEXT, BINARY:
        row(f"G019 empty {NAMES[kind]}", frame(kind), stays_open(Frame(kind, b"")))
    for kind in TEXT, BINARY:
        for size in 0, 1, 125, 126, 127, 128, 65535, 65536:
            body = bytes(ord("a") + i % 26 for i in range(size))
            row(f"G020 {NAMES[kind]} of {size}", frame(kind, body), stays_open(Frame(kind, body)))


def limit_stays():
    status, _, complaint = run("serve", "--message-size-max", "0")
    assert status == 2 and "message-size-max" in complaint, f"{status}: {complaint}"
    with Subject() as default, default.connect("/echo") as ws:
        ws.send_bytes(head(BINARY, 8, 1 << 31))
        failed(1009)(ws)


def not_minimal(inputs):
    for data in inputs:
        with connect() as ws:
            send_pieces(ws, [data])
            failed(1002)(ws)
    subject.assert_unharmed()


def cut_and_fin(inputs):
    """Nothing is delivered of what was not whole, and there is nothing to say to who has left."""
    for data in inputs:
        with connect() as ws:
            ws.send_bytes(data)
            ws.socket.shutdown(1)
            ended(ws)
    subject.assert_unharmed()


def masked_phases(ws):
    for size in range(65):
        body = bytes((size * 7 + i) % 256 for i in range(size))
        data = frame(BINARY, body, mask=b"\x5a\xc3\x0f\x81")
        for phase in range(4):
            cut = min(6 + phase, len(data))
            ws.send_bytes(data[:cut])
            time.sleep(0.0005)
            ws.send_bytes(data[cut:])
            assert_frames(ws, [Frame(BINARY, body)])


# H. Control frames

def section_h():
    tap.run("H001 pings of 0 to 125 bytes", pings_of_every_size)
    for kind in PING, PONG, CLOSE:
        rows(f"H002 {NAMES[kind]}", {
            "of 126 bytes": frame(kind, b"\x03\xe8" + b"a" * 124),
            "of 126, the head alone": head(kind, 2, 126),
            "with a 64-bit length": head(kind, 8, 65536),
            "of 125 bytes with a 16-bit length": frame(kind, b"\x03\xe8" + b"a" * 123,
                                                       length_size=2),
        }, failed(1002))
        rows(f"H003 {NAMES[kind]} as a fragment", {
            "first": frame(kind, b"\x03\xe8", fin=False),
            "within a message": frame(TEXT, b"a", fin=False) + frame(kind, b"\x03\xe8", fin=False),
        }, failed(1002))
    row("H005 a ping between fragments",
        frame(TEXT, b"one ", fin=False) + frame(PING, b"p") + frame(CONTINUATION, b"two"),
        stays_open(Frame(PONG, b"p"), Frame(TEXT, b"one two")))
    row("H005 a pong between fragments",
        frame(BINARY, b"one ", fin=False) + frame(PONG, b"p") + frame(CONTINUATION, b"two"),
        stays_open(Frame(BINARY, b"one two")))
    row("H006 40 pings in one segment", b"".join(frame(PING, b"%d" % i) for i in range(40)),
        stays_open(*[Frame(PONG, b"%d" % i) for i in range(40)]))
    alone("H007 flood of pings", control_flood, PING)
    rows("H008 pong that nobody asked for", {
        "empty": frame(PONG), "with payload": frame(PONG, b"\xff\x00"),
        "of 125 bytes": frame(PONG, b"p" * 125)}, stays_open())
    alone("H009 flood of pongs", control_flood, PONG)
    alone("H010 pings while our output is blocked", pings_while_blocked)
    alone("H011 a ping of 125 bytes, byte by byte", dribbled_ping)


def pings_of_every_size():
    for start in range(0, 126, 25):  # on several connections: together they would be a flood
        with connect() as ws:
            for size in range(start, min(start + 25, 126)):
                body = bytes((size + 255 - i) % 256 for i in range(size))
                ws.send_frame(PING, body)
                assert_frames(ws, [Frame(PONG, body)])
    subject.assert_unharmed()


def control_flood(ws, kind):
    """Far more than the burst and a rate of 100 in 10 s can let pass on any machine."""
    count = CONTROL_BURST + 20 * CONTROL_RATE
    send_pieces(ws, [frame(kind, b"flood") * 10] * (count // 10))
    pongs = 0
    while (got := ws.receive()).opcode == PONG:
        pongs += 1
        assert got.payload == b"flood", f"{got}"
    assert got.opcode == CLOSE and got.payload[:2] == close_body(1008), f"{got} after {pongs} pongs"
    assert_end(ws)
    if kind == PING:
        assert CONTROL_BURST <= pongs < count // 2, f"{pongs} pongs"


def stuff(ws, message, count, unsent=b""):
    """Sends `unsent`, then messages, and reads nothing, until nothing moves; answers what could not
    be sent, from the middle of a message on, and how many messages were begun."""
    ws.socket.settimeout(0.5)
    for begun in range(count + 1):
        try:
            while unsent:
                unsent = unsent[ws.socket.send(unsent):]
        except TimeoutError:
            return unsent, begun
        unsent = message
    raise AssertionError(f"all {count} messages were taken, and nobody had read")


def read_while_sending(ws, unsent):
    """The frames that come while `unsent` finds its way in."""
    ws.socket.settimeout(PATIENCE_S)
    while True:
        readable, writable, _ = select.select([ws.socket], [ws.socket] if unsent else [], [],
                                              0 if ws.unread else PATIENCE_S)
        assert readable or writable or ws.unread, "nothing moves"
        if writable:
            unsent = unsent[ws.socket.send(unsent[:4096]):]
        if readable or ws.unread:
            yield ws.receive()


def pings_while_blocked(ws):
    """The latest ping at least is answered, pongs come in order, and every message comes back."""
    body = bytes(64 * 1024)
    unsent, sent = stuff(ws, frame(BINARY, body), 1000)
    pings = b"".join(frame(PING, b"%d" % i) for i in range(20))
    echo_count, pongs = 0, []
    for got in read_while_sending(ws, unsent + pings):
        if got.opcode == PONG:
            pongs.append(int(got.payload))
        else:
            assert got == Frame(BINARY, body), f"{got.opcode} of {len(got.payload)}"
            echo_count += 1
        if echo_count == sent and pongs and pongs[-1] == 19:
            break
    assert pongs == sorted(set(pongs)), f"{pongs}"
    stays_open()(ws)


def dribbled_ping(ws):
    data = frame(PING, b"d" * 125)
    send_pieces(ws, [data[i:i + 1] for i in range(len(data))], pause_s=0.001)
    stays_open(Frame(PONG, b"d" * 125))(ws)


# I. Close

GOOD_CODES = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999]
BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


def section_i():
    row("I001 empty", frame(CLOSE), closed(None))
    rows("I002 of one byte", {f"0x{byte:02x}": frame(CLOSE, bytes([byte])) for byte in (0, 3, 255)},
         failed(1002))
    for code in GOOD_CODES:
        row(f"I003 code {code}", frame(CLOSE, close_body(code)), closed(code))
    row("I003 code and reason", frame(CLOSE, close_body(1000, "tschüß".encode())), closed(1000))
    for code in BAD_CODES:
        row(f"I004 code {code}", frame(CLOSE, close_body(code)), failed(1002))
    rows("I006 reason that is not UTF-8", {
        what: frame(CLOSE, close_body(1000, reason)) for what, reason in BAD_UTF8.items()
    }, failed(1007, 1002))
    row("I007 reason of 123 bytes", frame(CLOSE, close_body(1000, b"r" * 123)), closed(1000))
    row("I007 reason of 123 bytes, its last character cut",
        frame(CLOSE, close_body(1000, b"r" * 121 + "€".encode()[:2])), failed(1007))
    rows("I008 too long", {
        "126": frame(CLOSE, close_body(1000, b"r" * 124)),
        "127": frame(CLOSE, close_body(1000, b"r" * 125)),
        "65536": head(CLOSE, 8, 65536),
    }, failed(1002))
    row("I009 two", frame(CLOSE, close_body(1000)) + frame(CLOSE, close_body(4000)), closed(1000))
    rows("I010 after it", {
        what: frame(CLOSE, close_body(1000)) + data for what, data in {
            "text": frame(TEXT, b"late"), "ping": frame(PING, b"late"), "garbage": b"\xff" * 30,
            "bad text": frame(TEXT, b"\xff"), "not masked": frame(TEXT, b"a", mask=False),
        }.items()
    }, closed(1000))
    row("I011 in the midst of a message",
        frame(TEXT, b"half a", fin=False) + frame(CLOSE, close_body(1001)), closed(1001))
    row("I011 in the midst of a character",
        frame(TEXT, b"\xe2\x82", fin=False) + frame(CLOSE, close_body(1001)), closed(1001))
    alone("I015 Close and FIN at once", close_and_fin)
    tap.run("I015 Close and RST at once", close_and_reset)
    alone("I016 the server ends first, and does not wait for the client's FIN", server_ends_first)


def close_and_fin(ws):
    ws.send_close(1000)
    ws.socket.shutdown(1)
    closed(1000)(ws)


def close_and_reset():
    for _ in range(50):
        with connect() as ws:
            ws.socket.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER of 0 s: RST at close
            ws.send_close(1000)
    subject.assert_unharmed()


def server_ends_first(ws):
    ws.send_close(1000)
    closed(1000)(ws)
    subject.assert_sockets_gone()


# J. Fragments and messages

def section_j():
    rows("J001 continuation of nothing", {
        "last": frame(CONTINUATION, b"x"), "first": frame(CONTINUATION, b"x", fin=False),
        "empty": frame(CONTINUATION),
    }, failed(1002))
    row("J001 continuation after a whole message", frame(TEXT, b"a") + frame(CONTINUATION, b"b"),
        failed(1002, before=[Frame(TEXT, b"a")]))
    rows("J002 a message within a message", {
        f"{NAMES[inner]}{what} in {NAMES[outer]}":
            frame(outer, b"a", fin=False) + frame(inner, b"b", fin=fin)
        for outer in (TEXT, BINARY) for inner in (TEXT, BINARY)
        for what, fin in {"": True, ", a fragment,": False}.items()
    }, failed(1002))
    row("J003 fragments over the limit in sum, told by the head",
        frame(BINARY, bytes(MESSAGE_MAX - 5), fin=False) + head(CONTINUATION, 8, 65536),
        failed(1009))
    row("J003 fragments over the limit by one byte",
        frame(BINARY, bytes(MESSAGE_MAX - 5), fin=False)
        + frame(CONTINUATION, bytes(6)), failed(1009))
    row("J003 fragments at the limit",
        frame(BINARY, bytes(MESSAGE_MAX - 5), fin=False)
        + frame(CONTINUATION, bytes(5)), stays_open(Frame(BINARY, bytes(MESSAGE_MAX))))
    row("J004 fragments whose sum would wrap",
        frame(BINARY, bytes(10), fin=False) + head(CONTINUATION, 8, (1 << 63) - 1), failed(1009))
    row("J005 fragments of one byte, one too many",
        frame(BINARY, b"x", fin=False) + frame(CONTINUATION, b"x", fin=False) * FRAGMENT_MAX,
        failed(1008))
    row("J006 empty fragments, one too many",
        frame(BINARY, b"x", fin=False)
        + frame(CONTINUATION, fin=False) * (FRAGMENT_EMPTY_MAX + 1), failed(1008))
    row("J006 empty fragments, as many as may be",
        frame(BINARY, b"x", fin=False) + frame(CONTINUATION, fin=False) * FRAGMENT_EMPTY_MAX
        + frame(CONTINUATION, b"y"), stays_open(Frame(BINARY, b"xy")))
    row("J007 the first fragment empty", frame(TEXT, fin=False) + frame(CONTINUATION, b"late"),
        stays_open(Frame(TEXT, b"late")))
    row("J008 the last fragment empty", frame(TEXT, b"early", fin=False) + frame(CONTINUATION),
        stays_open(Frame(TEXT, b"early")))
    row("J007, J008 all fragments empty",
        frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 3 + frame(CONTINUATION),
        stays_open(Frame(TEXT, b"")))
    row("J011 100,000 fragments of one byte",
        frame(BINARY, b"x", fin=False) + frame(CONTINUATION, b"x", fin=False) * 99_998
        + frame(CONTINUATION, b"x"), stays_open(Frame(BINARY, b"x" * 100_000)))
    for seed in range(5):
        alone(f"J012 random fragments, pings and segments, seed {seed}", random_talk, seed)
    row("J013 the first fragment's type is the message's: binary",
        frame(BINARY, b"\xff", fin=False) + frame(CONTINUATION, b"\xfe"),
        stays_open(Frame(BINARY, b"\xff\xfe")))
    row("J013 the first fragment's type is the message's: text",
        frame(TEXT, "ü".encode()[:1], fin=False) + frame(CONTINUATION, "ü".encode()[1:]),
        stays_open(Frame(TEXT, "ü".encode())))
    alone("J014 64 MB to a client that does not read yet: held back, then all there", slow_reader)


def random_talk(ws, seed):
    """Messages in random fragments with a few pings between, in random segments."""
    dice = random.Random(seed)
    data, expected, pings = b"", [], 0
    for _ in range(30):
        kind = dice.choice([TEXT, BINARY])
        body = bytes(dice.choices(b"abc", k=dice.choice([0, 1, 7, 200, 70_000])))
        cuts = sorted(dice.choices(range(len(body) + 1), k=dice.randrange(6)))
        parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)])]
        for i, part in enumerate(parts):
            if pings < CONTROL_BURST - 10 and dice.random() < 0.3:
                data += frame(PING, b"%d" % pings)
                expected.append(Frame(PONG, b"%d" % pings))
                pings += 1
            data += frame(kind if i == 0 else CONTINUATION, part, fin=i == len(parts) - 1)
        expected.append(Frame(kind, body))
    cuts = sorted(dice.choices(range(len(data)), k=200))
    send_pieces(ws, [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])])
    stays_open(*expected)(ws)


def slow_reader(ws):
    """What does not fit in sockets and the send queue must wait on our side.  A server that has
    slept finds most of it at once; this one does."""
    body = bytes(i % 251 for i in range(64 * 1024))
    before = subject.resident_size()
    with subject.asleep():
        unsent, sent = stuff(ws, frame(BINARY, body), 1000)
    unsent, more = stuff(ws, frame(BINARY, body), 1000, unsent)
    sent += more
    growth = subject.resident_size() - before
    assert subject.is_sanitized() or growth < subject.held_back_max(), f"{growth} bytes more"
    for i, got in zip(range(sent), read_while_sending(ws, unsent)):
        assert got == Frame(BINARY, body), f"message {i} of {sent}"
    stays_open()(ws)


# K. UTF-8

BAD_UTF8 = {
    "overlong C0 80": b"\xc0\x80", "overlong C1 BF": b"\xc1\xbf",
    "overlong E0 80 80": b"\xe0\x80\x80", "overlong E0 9F BF": b"\xe0\x9f\xbf",
    "overlong F0 80 80 80": b"\xf0\x80\x80\x80", "overlong F0 8F BF BF": b"\xf0\x8f\xbf\xbf",
    "surrogate ED A0 80": b"\xed\xa0\x80", "surrogate ED BF BF": b"\xed\xbf\xbf",
    "surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80", "over U+10FFFF": b"\xf4\x90\x80\x80",
    "F5": b"\xf5\x80\x80\x80", "FE": b"\xfe", "FF": b"\xff",
    "of 5 bytes": b"\xf8\x88\x80\x80\x80", "of 6 bytes": b"\xfc\x84\x80\x80\x80\x80",
    "lone 80": b"\x80", "lone BF": b"\xbf", "cut of 2": b"\xc3", "cut of 3": b"\xe2\x82",
    "cut of 4": b"\xf0\x9f\x98", "a letter inside": b"\xe2a\x82",
}
ROWS_OF_BAD_UTF8 = {"overlong": "K005", "surrogate": "K006", "over": "K007", "F": "K007",
                    "of": "K008", "cut": "K004", "a": "K001", "lone": "K010"}


def section_k():
    for size in 1, 7, 16, 33, 64, 100:
        tap.run(f"K001 a bad byte at each place of {size}", bad_byte_everywhere, size)
    for what, bad in BAD_UTF8.items():
        word = what.split(" ")[0]
        name = ROWS_OF_BAD_UTF8.get(word) or ROWS_OF_BAD_UTF8[word[0]]
        row(f"{name} text that is not UTF-8: {what}", frame(TEXT, b"ok \xc3\xbc " + bad),
            failed(1007))
    tap.run("K010 all lone continuations", lone_continuations)
    rows("K002 bad in the first fragment, which is not the last", {
        what: frame(TEXT, b"ok " + bad + b" ok", fin=False) for what, bad in BAD_UTF8.items()
    }, failed(1007))
    row("K002 bad in a frame that is not whole yet", frame(TEXT, b"ok \xff" + b"x" * 50)[:20],
        failed(1007))
    row("K002 bad in a continuation that is not whole yet",
        frame(TEXT, b"\xe2\x82", fin=False) + frame(CONTINUATION, b"x" * 50)[:10], failed(1007))
    text = "aé€😀\u0000\ufffd".encode()
    tap.run("K003 characters cut by fragments at every place", cut_characters, text, b"")
    tap.run("K003 characters cut by fragments, with a ping between", cut_characters, text,
            frame(PING, b"p"))
    row("K003 every byte a fragment",
        frame(TEXT, text[:1], fin=False)
        + b"".join(frame(CONTINUATION, text[i:i + 1], fin=False) for i in range(1, len(text)))
        + frame(CONTINUATION), stays_open(Frame(TEXT, text)))
    row("K004 the message ends within a character, in fragments",
        frame(TEXT, b"\xf0\x9f", fin=False) + frame(CONTINUATION, b"\x98"), failed(1007))
    strange = {"U+FFFE": "\ufffe", "U+FFFF": "\uffff", "U+FDD0": "\ufdd0", "U+1FFFE": "\U0001fffe",
               "U+10FFFF": "\U0010ffff", "BOM": "\ufeffx", "NUL": "a\0b", "U+D7FF": "\ud7ff",
               "U+E000": "\ue000", "U+0080": "\x80", "U+0800": "\u0800", "U+10000": "\U00010000"}
    for what, characters in strange.items():
        row(f"K009 {what}", frame(TEXT, characters.encode()),
            stays_open(Frame(TEXT, characters.encode())))
    for what, bad in BAD_UTF8.items():
        row(f"K013 binary that is not UTF-8: {what}", frame(BINARY, bad),
            stays_open(Frame(BINARY, bad)))


def assert_each_fails(inputs):
    batch = [connect() for _ in inputs]
    for ws, data in zip(batch, inputs):
        ws.send_bytes(data)
    for ws, data in zip(batch, inputs):
        with ws:
            failed(1007)(ws)
    subject.assert_unharmed()


def bad_byte_everywhere(size):
    assert_each_fails([frame(TEXT, b"a" * at + b"\xff" + b"a" * (size - at - 1))
                       for at in range(size)])


def lone_continuations():
    assert_each_fails([frame(TEXT, b"abc" + bytes([byte])) for byte in range(0x80, 0xC0)])


def cut_characters(text, between):
    for at in range(len(text) + 1):
        with connect() as ws:
            ws.send_bytes(frame(TEXT, text[:at], fin=False) + between
                          + frame(CONTINUATION, text[at:]))
            stays_open(*[Frame(PONG, b"p")] * bool(between), Frame(TEXT, text))(ws)
    subject.assert_unharmed()


section_g_bits()
section_g_lengths()
section_h()
section_i()
section_j()
section_k()
tap.run("P0 the server ends well after all that", subject.assert_ends_well)
tap.done()
