# SPDX-License-Identifier: MIT
"""What an echo must do with compressed messages (RFC 7692), in the groups of lib/conformance.py: 12
and 13 are those that the Autobahn testsuite made customary (sizes; parameters), 14 to 18 go on to
fragments, blocks, misuse, UTF-8 and limits.  The same cases are for servers and clients:

    for name, terms, talk in cases():
        tap.run(name, converse, terms, talk)       # opens a DeflateTalk on these terms for it

Rows of the project's catalogue of bad input stand in the names.  What is tested takes messages of
LIMIT bytes and answers every one on which there is no word here that it fails.

Strict: all that comes back is inflated by lib/deflate.py and compared byte by byte, a failure must
have the exact code, there is one Close frame and nothing behind it.
"""
import json
import random
import zlib

from lib.conformance import chops
from lib.deflate import TAIL, Malformed, dynamic, fixed, inflate, message, reserved, stored, stream
from lib.deflate_talk import RSV1, Packer, Side, Terms
from lib.rawws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from lib.utf8_table import INVALID, KOSME, VALID, good_prefix_size

LIMIT = 1 << 20
SIZES = [16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072]

FRESH = Terms(Side(False), Side(False))
KEPT = Terms(Side(True), Side(True))
BY = {"no takeover": FRESH, "takeover": KEPT}


# What is said.

def json_of(size, seed=0):
    """JSON as it comes by the thousands, so many bytes of it."""
    source, text = random.Random(seed), ""
    while len(text) < size:
        text += json.dumps({"id": source.randrange(1 << 32), "topic": source.choice("abcd") * 4,
                            "price": source.randrange(100_000) / 100, "open": True})
    return text[:size].encode()


def noise(size, seed=0):
    return random.Random(seed).randbytes(size)


CONTENT = {"JSON": (TEXT, json_of), "noise": (BINARY, noise),
           "zeros": (BINARY, lambda size, seed=0: bytes(size))}


# What is done.

def echoes(*messages):
    """(opcode, data), each after the echo of the one before."""
    def talk(it):
        for opcode, data in messages:
            it.say(opcode, data)
            it.assert_message(opcode, data)
        it.assert_all_is_well()
    return talk


def inflates(opcode, *payloads, cut=None):
    """Whatever the payloads say, which lib/deflate.py has to know."""
    def talk(it):
        history = b""
        for payload in payloads:
            data = inflate(payload + TAIL, history).data
            history = (history + data)[-32768:] if it.ours.takeover else b""
            frames = b"".join(it.frames(opcode, [payload]))
            it.write(chops(frames, cut or len(frames)))
            it.assert_message(opcode, data)
        it.assert_all_is_well()
    return talk


def fails(code, write):
    """write(it) says what must not be said; behind it a ping that nobody must see."""
    def talk(it):
        write(it)
        it.write([it.sent(PING, b"behind")])
        it.assert_failed(code)
    return talk


def fails_by_payload(code, *payloads, opcode=BINARY):
    """All but the last are echoed; the last is no message."""
    def talk(it):
        for payload in payloads[:-1]:
            it.say_packed(opcode, payload)
            it.take_message()
        it.say_packed(opcode, payloads[-1])
        it.assert_failed(code)
    return talk


# 12. Sizes

def group_12():
    for how, terms in BY.items():
        for what, (opcode, content) in CONTENT.items():
            for size in SIZES:
                count = 16 if size <= 1024 else 6 if size <= 16384 else 3
                talk = echoes(*[(opcode, content(size, i)) for i in range(count)])
                yield f"12.1 {count} times {size} of {what}, {how}", terms, talk

    def worth_it(it):
        """Who compresses, compresses."""
        data = json_of(4096)
        it.say(TEXT, data)
        got = it.assert_message(TEXT, data)
        assert got.packed and got.wire_size < len(data) // 2, f"{got.wire_size} of {len(data)}"
        it.assert_all_is_well()

    def never_grows(it):
        """M021: what does not become smaller is sent as it is."""
        for size in SIZES:
            data = noise(size, size)
            it.say(BINARY, data)
            got = it.assert_message(BINARY, data)
            assert got.wire_size <= len(data), f"{got.wire_size} bytes for {len(data)}"
        it.assert_all_is_well()

    def remembers(it):
        data = noise(2000)
        for _ in range(3):
            it.say(BINARY, data)
            first = it.assert_message(BINARY, data)
            it.say(TEXT, json_of(2000))
            it.assert_message(TEXT, json_of(2000))
        assert not first.packed or first.wire_size < 1000, "takeover was agreed on, but not made use of"
        it.assert_all_is_well()

    def all_at_once(it):
        """A hundred messages without waiting, in order."""
        many = [json_of(200 + i, i) for i in range(100)]
        it.write([b"".join(frame for data in many
                           for frame in it.frames(TEXT, [it.packer.pack(data)]))])
        for data in many:
            it.assert_message(TEXT, data)
        it.assert_all_is_well()
    for how, terms in BY.items():
        yield f"12.2 JSON comes back smaller, {how}", terms, worth_it
        yield f"12.3 M021 what would grow is not compressed, {how}", terms, never_grows
        yield f"12.4 a hundred at once, {how}", terms, all_at_once
    yield "12.5 what was agreed on is remembered", KEPT, remembers


# 13. Parameters

def repetitive(bits, seed):
    """Bytes that are worth a window: noise which comes again after as many."""
    once = noise(1 << bits, seed)
    return once + once[:1000]


def group_13():
    windows = [(bits, bits) for bits in range(9, 16)] + [(9, 15), (15, 9), (10, 14), (14, 10)]
    for server, client in windows:
        for server_keeps in False, True:
            for client_keeps in False, True:
                terms = Terms(Side(server_keeps, server), Side(client_keeps, client))
                messages = [(TEXT, json_of(size, size)) for size in (20, 1000, 1000, 5000, 40_000)]
                messages += [(BINARY, noise(700)), (BINARY, noise(700)), (TEXT, json_of(1000, 7))]
                name = (f"13.1 windows of {server} and {client} bits, "
                        f"{'takeover' if server_keeps else 'none'} and "
                        f"{'takeover' if client_keeps else 'none'}")
                yield name, terms, echoes(*messages)
        data = [(BINARY, repetitive(bits, bits)) for bits in {server, client}]
        yield (f"13.2 a repetition at {server} and {client} bits' distance",
               Terms(Side(True, server), Side(True, client)), echoes(*data, *data))
    for bits in range(9, 16):
        yield (f"13.3 a copy from the far end of a window of {bits} bits, and over messages",
               Terms(Side(True, 15), Side(True, bits)), far_copies(1 << bits))


def far_copies(size):
    begin, fill = noise(300, 1), noise(size - 300, 2)
    blocks = [stored(part) for part in chops(fill, 60_000)]

    def talk(it):
        it.say_packed(BINARY, message(stored(begin), *blocks, fixed([(258, size)])))
        it.assert_message(BINARY, begin + fill + begin[:258])
        whole = (begin + fill + begin[:258])[-size:]
        it.say_packed(BINARY, message(fixed([(100, size)])))
        it.assert_message(BINARY, whole[:100])
        it.assert_all_is_well()
    return talk


# 14. Fragments

def in_pieces(opcode, data, size, empty=False, ping=False, cut=None):
    """The message's bytes, not its text, are cut; `empty`: empty fragments among them."""
    def talk(it):
        for turn in range(2):
            pieces = chops(it.packer.pack(data), size)
            if empty:
                pieces = [b"", *[each for piece in pieces for each in (piece, b"")][:200],
                          *pieces[100:]]
            frames = it.frames(opcode, pieces)
            pings = [b"", b"\xca\xfe" * turn, *[b"%d" % i for i in range(8)]] if ping else []
            for at, payload in enumerate(pings):
                frames.insert(min(2 * at + 1, len(frames) - 1), it.sent(PING, payload))
            whole = b"".join(frames)
            it.write(chops(whole, cut or len(whole)))
            for frame in frames:
                if frame[0] == 0x80 | PING:
                    payload = pings.pop(0)
                    it.assert_pong(payload)
            it.assert_message(opcode, data)
        it.assert_all_is_well()
    return talk


def cut_everywhere(data):
    """A message for every place at which it can be cut in two."""
    def talk(it):
        for at in range(len(it.packer.pack(data)) + 1) if not it.ours.takeover else range(40):
            payload = it.packer.pack(data)
            it.say_packed(TEXT, payload[:at], payload[at:])
            it.assert_message(TEXT, data)
        it.assert_all_is_well()
    return talk


def group_14():
    for how, terms in BY.items():
        for size, piece in [(64, 1), (1024, 1), (1024, 64), (8192, 256), (65536, 256),
                            (131072, 1024), (131072, 65535)]:
            data = json_of(size)
            for cut in (None, 1) if size <= 1024 else (None, 997):
                written = f", in writes of {cut}" if cut else ""
                yield (f"14.1 {size} of JSON in fragments of {piece}{written}, {how}", terms,
                       in_pieces(TEXT, data, piece, cut=cut))
        yield (f"14.2 noise in fragments of 200, {how}", terms,
               in_pieces(BINARY, noise(5000), 200))
        yield (f"14.3 empty fragments among them, {how}", terms,
               in_pieces(TEXT, json_of(300), 10, empty=True))
        yield (f"14.4 H013 pings among them, {how}", terms,
               in_pieces(TEXT, json_of(2000), 20, ping=True))
        yield (f"14.5 H013 pings among them, in writes of 3, {how}", terms,
               in_pieces(TEXT, json_of(2000), 20, ping=True, cut=3))
        yield f"14.6 M010 cut in two at every place, {how}", terms, cut_everywhere(json_of(200))

    def not_inflated(it):
        """H013: what a control frame says is never inflated, also when it looks compressed."""
        lure = message(fixed([*b"Hello"]))
        first, second = it.frames(TEXT, [b"\xf2\x48\xcd", b"\xc9\xc9\x07\x00"])
        it.write([first, it.sent(PING, lure), it.sent(PONG, lure), second, it.sent(PING, lure)])
        it.assert_pong(lure)
        it.assert_message(TEXT, b"Hello")
        it.assert_pong(lure)
        it.assert_all_is_well()

    def closed_within(it):
        first, _ = it.frames(TEXT, [b"\xf2\x48\xcd", b"\xc9\xc9\x07\x00"])
        it.write([first])
        it.assert_closes(it.sent(CLOSE, b"\x03\xe8enough"), b"\x03\xe8enough")

    def raw_among_them(it):
        """M012, M013: messages without RSV1 are as they are, and no part of the context."""
        for i in range(12):
            data = json_of(500, i % 3)
            (it.say if i % 2 else it.say_raw)(TEXT, data)
            it.assert_message(TEXT, data)
        it.write([it.sent(TEXT, data[:5], fin=False), it.sent(CONTINUATION, data[5:])])
        it.assert_message(TEXT, data)
        it.say(TEXT, data)
        it.assert_message(TEXT, data)
        it.assert_all_is_well()
    for how, terms in BY.items():
        yield f"14.7 H013 a ping that looks compressed, {how}", terms, not_inflated
        yield f"14.8 a Close within a compressed message, {how}", terms, closed_within
        yield f"14.9 M012 M013 raw and compressed by turns, {how}", terms, raw_among_them


# 15. Blocks

EXAMPLES = {  # RFC 7692 §7.2.3
    "7.2.3.1 one compressed block": [bytes.fromhex("f248cdc9c90700")],
    "7.2.3.3 a stored block": [bytes.fromhex("000500faff48656c6c6f00")],
    "7.2.3.4 BFINAL": [bytes.fromhex("f348cdc9c9070000")],
    "7.2.3.5 two blocks": [bytes.fromhex("f24805000000ffffcac9c90700")],
}


def block_mixtures():
    hello, data = b"Hello", noise(3000)
    yield "empty: 00", [b"\0"]
    yield "empty, three times", [b"\0"] * 3
    yield "empty: a fixed block", [message(fixed([]))]
    yield "empty: a dynamic block", [message(dynamic([]))]
    yield "empty: two flushes", [message(stored(), stored())]
    yield "empty blocks of all kinds", [message(*[stored(), fixed([]), dynamic([])] * 30)]
    yield "a stored block of one byte", [message(stored(b"x"))]
    yield "M017 a stored block of 65535", [message(stored(noise(65535)))]
    yield "M017 two stored blocks, one that is full", [message(stored(noise(65535)), stored(data))]
    yield "stored blocks of a byte", [message(*[stored(b"%d" % (i % 10)) for i in range(300)])]
    yield "a fixed block", [message(fixed(hello))]
    yield "fixed blocks of a byte", [message(*[fixed([i]) for i in range(256)])]
    yield "a dynamic block", [message(dynamic(json_of(500)))]
    yield "dynamic blocks", [message(*[dynamic(json_of(100, i)) for i in range(20)])]
    yield "every length of a copy", [message(fixed([*hello, *[(i, 5) for i in range(3, 259)]]))]
    yield "every length, dynamic", [message(dynamic([*hello, *[(i, 5) for i in range(3, 259)]]))]
    yield "copies of what they make", [message(fixed([65, (258, 1), 66, (258, 2), (258, 517)]))]
    yield "every distance up to 300", [message(stored(data[:300]),
                                               dynamic([(3 + i % 250, i) for i in range(1, 301)]))]
    yield "all kinds, one after the other", [message(
        stored(b"a" * 10), fixed([(10, 10), *hello]), dynamic([*hello, (20, 7)]), stored(data),
        fixed([(258, 3000)]), dynamic([(258, 3000)]), stored())]
    yield "many flushes", [message(*[each for i in range(100) for each in
                                     (fixed(b"%d," % i), stored())])]
    yield "M016 much out of little", [message(fixed([0] + [(258, 1)] * 2000))]
    yield "much out of little, then little", [message(fixed([0] + [(258, 1)] * 500)), b"\0",
                                              message(fixed(hello))]


def final_mixtures():
    hello = b"Hello"
    yield "stored", [message(stored(hello, final=True))]
    yield "fixed", [message(fixed(hello, final=True))]
    yield "dynamic", [message(dynamic(json_of(300), final=True))]
    yield "empty", [message(fixed([], final=True))]
    yield "in the middle", [message(fixed(hello), stored(b" a", final=True), fixed(b" b"))]
    yield "each of several", [message(*[fixed(hello, final=True)] * 10)]
    yield "each of several kinds", [message(stored(hello, final=True), dynamic(hello, final=True),
                                            fixed(hello, final=True), stored(b"end"))]
    yield "and messages behind it", [message(fixed(hello, final=True)), message(fixed(hello)),
                                     message(stored(hello, final=True)), message(dynamic(hello))]


def made_by_zlib(level, strategy):
    """What any zlib would send, with its parameters."""
    def talk(it):
        packer = Packer(it.ours, level, strategy, memory=1 + level % 9)
        for opcode, data in (TEXT, json_of(3000)), (BINARY, noise(3000)), (BINARY, bytes(9999)), \
                            (TEXT, json_of(3000)), (TEXT, b""), (TEXT, json_of(70_000)):
            it.say_packed(opcode, packer.pack(data))
            it.assert_message(opcode, data)
        it.assert_all_is_well()
    return talk


def flushed_by(name, flush):
    def talk(it):
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        payload = b""
        for i in range(20):
            payload += deflater.compress(json_of(100, i)) + deflater.flush(flush)
        payload += deflater.flush(zlib.Z_FINISH) + b"\0" if flush == zlib.Z_BLOCK else \
            deflater.flush(zlib.Z_SYNC_FLUSH)[:-len(TAIL)]
        it.say_packed(TEXT, payload)
        it.assert_message(TEXT, b"".join(json_of(100, i) for i in range(20)))
        it.assert_all_is_well()
    return talk


def group_15():
    for name, payloads in EXAMPLES.items():
        for cut in None, 1:
            yield (f"15.1 RFC 7692 §{name}{', octet by octet' if cut else ''}", FRESH,
                   inflates(TEXT, *payloads, cut=cut))
    yield ("15.1 RFC 7692 §7.2.3.2 sharing the window", KEPT,
           inflates(TEXT, *map(bytes.fromhex, ["f248cdc9c90700", "f200110000", "f200110000"])))

    def in_two_fragments(it):
        it.say_packed(TEXT, b"\xf2\x48\xcd", b"\xc9\xc9\x07\x00")
        it.assert_message(TEXT, b"Hello")
        it.assert_all_is_well()
    yield "15.1 RFC 7692 §7.2.3.1 in two fragments", FRESH, in_two_fragments
    for how, terms in BY.items():
        for name, payloads in block_mixtures():
            yield f"15.2 {name}, {how}", terms, inflates(BINARY, *payloads)
    for name, payloads in final_mixtures():
        for how, terms in BY.items():
            yield f"15.3 M008 BFINAL, {name}, {how}", terms, inflates(BINARY, *payloads)
        yield f"15.3 M008 BFINAL, {name}, octet by octet", FRESH, inflates(BINARY, *payloads, cut=1)
    for level in range(10):
        yield f"15.4 zlib at level {level}", KEPT, made_by_zlib(level, zlib.Z_DEFAULT_STRATEGY)
    for name, strategy in {"filtered": zlib.Z_FILTERED, "huffman": zlib.Z_HUFFMAN_ONLY,
                           "runs": zlib.Z_RLE, "fixed": zlib.Z_FIXED}.items():
        yield f"15.5 zlib's strategy {name}", KEPT, made_by_zlib(6, strategy)
    for name, flush in {"Z_SYNC_FLUSH": zlib.Z_SYNC_FLUSH, "Z_FULL_FLUSH": zlib.Z_FULL_FLUSH,
                        "Z_PARTIAL_FLUSH": zlib.Z_PARTIAL_FLUSH, "Z_BLOCK": zlib.Z_BLOCK}.items():
        yield f"15.6 a message of twenty {name}", FRESH, flushed_by(name, flush)

    def nothing_at_all(it):
        """M009: RSV1 and no payload."""
        for pieces in [b""], [b"", b""], [b"", b"\0"], [b"\0", b""]:
            it.say_packed(TEXT, *pieces)
            it.assert_message(TEXT, b"")
        it.say(TEXT, b"and on")
        it.assert_message(TEXT, b"and on")
        it.assert_all_is_well()
    for how, terms in BY.items():
        yield f"15.7 M009 RSV1 and no payload, {how}", terms, nothing_at_all


# 16. Misuse

HELLO = message(fixed(b"Hello"))


def broken_payloads():
    over, under = [1, 1, 1], [2, 2, 2]
    yield "M005 a block of type 3", message(fixed(b"a"), reserved)
    yield "M005 text that is not compressed", b"Hello, this is a text"
    yield "M005 all ones", b"\xff" * 100
    yield "M005 a stored length without its opposite", message(stored(b"abc", check=0x1234))
    yield "M005 a dynamic block of zeros", b"\x04" + bytes(100)
    yield "M005 codes that are too many", bytes(stream(lengths_of(over)))
    yield "M005 codes that are too few", bytes(stream(lengths_of(under)))
    yield "M006 a copy of nothing", message(fixed([(3, 1)]))
    yield "M006 a copy from before the beginning", message(fixed([65, 66, (3, 3)]))
    yield "M006 a copy from 32768 back", message(fixed([65, (258, 32768)]))
    yield "M006 likewise, dynamic", message(dynamic([65, (3, 2)]))
    yield "M007 a stored block that is cut", stream(stored(b"abc", size=100))
    yield "M007 a stored block that lacks a byte", stream(stored(b"abc" * 9, size=28 + 4))
    yield "M007 a fixed block without its end", stream(fixed([*b"Hello!!"], end=False))
    yield "M007 its first byte alone", HELLO[:1]
    yield "M007 the head of a dynamic block", message(dynamic(json_of(200)))[:3]
    yield "M007 a dynamic block that is cut", message(dynamic(json_of(200)))[:-20]


def lengths_of(lengths):
    """A dynamic block whose code of code lengths is these."""
    def write(bits):
        bits.add(2 << 1, 3)
        bits.add(0, 14)
        for length in (lengths + [0] * 4)[:4]:
            bits.add(length, 3)
        bits.add(0, 200)
    return write


def is_message(payload, history=b""):
    try:
        return inflate(payload + TAIL, history).data
    except Malformed:
        return None


def judged(payload):
    """Right or wrong, as lib/deflate.py sees it."""
    data = is_message(payload) if payload else b""

    def talk(it):
        it.say_packed(BINARY, payload)
        if data is None:
            it.assert_failed(1007)
        else:
            it.assert_message(BINARY, data)
            it.assert_all_is_well()
    return talk


def flipped(payload, seed):
    source = random.Random(seed)
    bits = bytearray(payload)
    for _ in range(3):
        bits[source.randrange(len(bits))] ^= 1 << source.randrange(8)
    return bytes(bits)


def garbage():
    """Payloads of each kind that are cut or have bits flipped."""
    kinds = {"stored": message(stored(json_of(60))), "fixed": message(fixed(json_of(60))),
             "dynamic": message(dynamic(json_of(60) + b"x" * 30)),
             "zlib's": Packer(Side()).pack(json_of(400))}
    for kind, payload in kinds.items():
        for at in sorted({1, 2, 5, *range(8, len(payload), max(1, len(payload) // 8))}):
            yield f"16.3 M007 a {kind} block, cut after {at} of {len(payload)}", payload[:at]
        for seed in range(8):
            yield f"16.4 M005 a {kind} block, three bits flipped ({seed})", flipped(payload, seed)
    for seed in range(12):
        yield f"16.5 M005 noise ({seed})", noise(1 + 9 * seed, seed)


def group_16():
    for name, payload in broken_payloads():
        for how, terms in BY.items():
            yield f"16.1 {name}, {how}", terms, fails_by_payload(1007, payload)
        yield (f"16.2 {name}, behind a good message", FRESH,
               fails_by_payload(1007, message(stored(noise(100))), payload))
    for name, payload in garbage():
        yield name, FRESH, judged(payload)
    yield from misused_takeover()
    yield from misused_bits()


def misused_takeover():
    yield ("16.6 M014 a copy from the message before, without takeover", FRESH,
           fails_by_payload(1007, HELLO, b"\xf2\x00\x11\x00\x00"))
    yield ("16.6 M014 likewise, behind something", FRESH,
           fails_by_payload(1007, HELLO, message(fixed([*b"abc", (3, 4)]))))
    yield ("16.6 M014 a copy from a message that was not compressed", KEPT,
           fails(1007, lambda it: (it.say_raw(TEXT, b"Hello"), it.take_message(),
                                   it.say_packed(TEXT, b"\xf2\x00\x11\x00\x00"))))
    for bits in 9, 10, 12, 14:
        yield (f"16.7 M006 a copy from beyond a window of {bits} bits, over messages",
               Terms(Side(), Side(True, bits)), beyond_window(1 << bits))

    def failed_before(it):
        """M015: an error in the middle leaves nothing to the next connection."""
        it.say_packed(TEXT, message(stored(b"secret" * 100), reserved))
        it.assert_failed(1007)

    def gets_nothing(it):
        it.say_packed(BINARY, message(fixed([(258, 300)])))
        it.assert_failed(1007)
    for how, terms in BY.items():
        yield f"16.8 M015 an error in the middle of a message, {how}", terms, failed_before
        yield f"16.8 M015 nothing of it is left to the next, {how}", terms, gets_nothing
        yield f"16.8 M015 and it talks, {how}", terms, echoes((TEXT, json_of(1000)))


def beyond_window(size):
    """Over messages: within one, zlib does not tell, as long as its output is still there; that
    harms nobody but the sender."""
    def talk(it):
        if it.ours.bits == 15:  # it was not made a promise of
            it.assert_all_is_well()
            return
        for part in chops(noise(2 * size), 30_000):
            it.say_packed(BINARY, message(stored(part)))
            it.assert_message(BINARY, part)
        it.say_packed(BINARY, message(fixed([(258, size + 1)])))
        it.assert_failed(1007)
    return talk


def misused_bits():
    for how, terms in BY.items():
        yield (f"16.9 M011 RSV1 on a continuation, {how}", terms,
               fails(1002, lambda it: it.write([it.sent(TEXT, HELLO[:3], fin=False, rsv=RSV1),
                                                it.sent(CONTINUATION, HELLO[3:], rsv=RSV1)])))
        yield (f"16.9 M011 RSV1 on a continuation of what is not compressed, {how}", terms,
               fails(1002, lambda it: it.write([it.sent(TEXT, b"a", fin=False),
                                                it.sent(CONTINUATION, HELLO, rsv=RSV1)])))
        yield (f"16.9 M011 RSV1 on the last, empty continuation, {how}", terms,
               fails(1002, lambda it: it.write([it.sent(TEXT, HELLO, fin=False, rsv=RSV1),
                                                it.sent(CONTINUATION, b"", rsv=RSV1)])))
        for what, opcode in {"ping": PING, "pong": PONG}.items():
            yield (f"16.10 H004 RSV1 on a {what}, {how}", terms,
                   fails(1002, lambda it, opcode=opcode: it.write([it.sent(opcode, HELLO, rsv=RSV1)])))
        yield (f"16.10 H004 RSV1 on a Close, {how}", terms,
               fails(1002, lambda it: it.write([it.sent(CLOSE, b"\x03\xe8", rsv=RSV1)])))
        yield (f"16.10 H004 RSV1 on a ping within a compressed message, {how}", terms,
               fails(1002, lambda it: it.write([it.sent(TEXT, HELLO[:3], fin=False, rsv=RSV1),
                                                it.sent(PING, b"", rsv=RSV1)])))
    for rsv in 1, 2, 3, 5, 6, 7:
        for what, opcode in {"text": TEXT, "binary": BINARY}.items():
            yield (f"16.11 a compressed {what} with bits {rsv:03b}", FRESH,
                   fails(1002, lambda it, opcode=opcode, rsv=rsv:
                         it.write([it.sent(opcode, HELLO, rsv=rsv)])))

    def no_deal(it):
        it.write([it.sent(TEXT, HELLO, rsv=RSV1)])
        it.assert_failed(1002)
    yield "16.12 RSV1 where nothing was agreed on", None, no_deal


# 17. UTF-8

def fails_at_once(data, split):
    """Up to the first wrong byte nothing happens; with it, all ends: neither the end of the frame
    nor of the message is waited for.  `split`: in frames of their own, or within one."""
    size = good_prefix_size(data)
    good = stream(stored(data[:size]), stored()) if size else b""
    bad = stream(stored(data[size:size + 1]), stored())

    def in_fragments(it):
        it.write([it.sent(TEXT, good, fin=False, rsv=RSV1), it.sent(PING, b"alive?")])
        it.assert_pong(b"alive?")
        it.write([it.sent(CONTINUATION, bad, fin=False)])
        it.assert_failed(1007)

    def in_a_frame(it):
        whole = it.sent(TEXT, good + bad + bytes(5000), rsv=RSV1)
        it.write(chops(whole[:len(whole) - 5000], 7))
        it.assert_failed(1007)
    return in_fragments if split else in_a_frame


def group_17():
    for name, data in VALID.items():
        padded = b"a" * 31 + data + b"b" * 70
        yield (f"17.1 {name}", FRESH,
               echoes((TEXT, data), (TEXT, padded), (TEXT, data * 50), (TEXT, data)))

    def cut_within(it):
        """Characters that are cut by fragments, and by blocks."""
        text = KOSME + "€😀".encode()
        for payload in message(*[stored(text[i:i + 1]) for i in range(len(text))]), \
                message(*[each for i in range(len(text)) for each in (fixed(text[i:i + 1]), stored())]):
            it.say_packed(TEXT, *chops(payload, 1))
            it.assert_message(TEXT, text)
            it.say_packed(TEXT, payload)
            it.assert_message(TEXT, text)
        it.assert_all_is_well()
    for how, terms in BY.items():
        yield f"17.2 characters cut by fragments and blocks, {how}", terms, cut_within
    for name, data in INVALID.items():
        yield (f"17.3 K014 {name}", FRESH,
               fails(1007, lambda it, data=data: it.say(TEXT, data)))
    for name, data in list(INVALID.items())[::5]:
        yield (f"17.4 K014 {name}, behind a long text", KEPT,
               fails(1007, lambda it, data=data: it.say(TEXT, json_of(5000) + data)))
        if good_prefix_size(data) < len(data):
            for split in False, True:
                how = "by fragments" if split else "within a frame"
                yield f"17.5 K014 {name}, at once, {how}", FRESH, fails_at_once(data, split)
    yield ("17.6 a binary need not be UTF-8", FRESH,
           echoes(*[(BINARY, data) for data in INVALID.values()]))


# 18. Limits

def bomb(size):
    """Zeros, as small as they can be: about 1:1030."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(bytes(size)) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-len(TAIL)]


def group_18():
    big = bomb(LIMIT)
    for how, terms in BY.items():
        yield f"18.1 M003 exactly what is allowed, {how}", terms, echoes((BINARY, bytes(LIMIT)))
        yield (f"18.1 M003 exactly what is allowed, of JSON, {how}", terms,
               echoes((TEXT, json_of(LIMIT))))
        yield (f"18.2 M001 a byte more, {how}", terms,
               fails(1009, lambda it: it.say_packed(BINARY, bomb(LIMIT + 1))))
        yield (f"18.2 M001 a byte more, in a last fragment, {how}", terms,
               fails(1009, lambda it: it.say_packed(BINARY, big + TAIL, message(stored(b"x")))))
        yield (f"18.3 M001 a bomb of 16 MiB, {how}", terms,
               fails(1009, lambda it: it.say_packed(BINARY, bomb(16 * LIMIT))))
        yield (f"18.3 M001 a bomb as a text, {how}", terms,
               fails(1009, lambda it: it.say_packed(TEXT, bomb(16 * LIMIT))))
        yield (f"18.4 M002 a bomb in fragments of 100, {how}", terms,
               fails(1009, lambda it: it.say_packed(BINARY, *chops(bomb(4 * LIMIT), 100))))

    def at_once(it):
        """The rest of the frame is not waited for."""
        whole = it.sent(BINARY, bomb(2 * LIMIT) + bytes(5000), rsv=RSV1)
        it.write([whole[:len(whole) - 5000]])
        it.assert_failed(1009)

    def without_an_end(it):
        """Nor is the rest of the message."""
        it.write([it.sent(BINARY, bomb(2 * LIMIT), fin=False, rsv=RSV1)])
        it.assert_failed(1009)

    def raw_then_more(it):
        """What is not compressed counts as it is."""
        it.write([it.sent(BINARY, bytes(LIMIT + 1))[:1000]])
        it.assert_failed(1009)

    def copies_of_before(it):
        """M002: a context that makes much of a little."""
        it.say_packed(BINARY, message(stored(noise(32768))))
        it.assert_message(BINARY, noise(32768))
        it.say_packed(BINARY, message(fixed([(258, 32768)] * (LIMIT // 258 + 1))))
        it.assert_failed(1009)

    def nothing_from_much(it):
        """Blocks without end that say nothing are a message, an empty one."""
        it.say_packed(BINARY, message(*[fixed([])] * 20_000))
        it.assert_message(BINARY, b"")
        it.say_packed(BINARY, message(*[stored()] * 5_000))
        it.assert_message(BINARY, b"")
        it.assert_all_is_well()
    yield "18.5 M001 a bomb, before its frame has ended", FRESH, at_once
    yield "18.5 M001 a bomb, before its message has ended", FRESH, without_an_end
    yield "18.6 raw, a byte more", FRESH, raw_then_more
    yield "18.7 M002 a bomb from the message before", KEPT, copies_of_before
    yield "18.8 blocks that say nothing", FRESH, nothing_from_much
    many = [(BINARY, bytes(LIMIT // 4))] * 8
    yield "18.9 M002 what is allowed, several times", FRESH, echoes(*many)


GROUPS = group_12, group_13, group_14, group_15, group_16, group_17, group_18


def cases():
    """All of them, as (name, terms, talk).  Terms None: without an extension."""
    for group in GROUPS:
        yield from group()
