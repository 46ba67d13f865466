# SPDX-License-Identifier: MIT
"""A conversation over permessage-deflate (RFC 7692), in which everything that comes is held to what
was agreed on: inflated with exactly the window of its sender, from an empty one when he is to take
no context over, without a block that claims to be the last, and without the tail.

    with DeflateTalk(connection, Terms(server=Side(), client=Side(takeover=False))) as it:
        it.say(TEXT, b"Hello")
        it.assert_message(TEXT, b"Hello")
"""
import re
import zlib
from collections import namedtuple

from lib.deflate import TAIL, Malformed, inflate
from lib.rawserver import ClientTalk
from lib.rawws import CLOSE, CONTINUATION, PONG, Frame
from lib.talk import Talk

RSV1 = 4
NAME = "permessage-deflate"
FLAGS = "server_no_context_takeover", "client_no_context_takeover"
SIZES = "server_max_window_bits", "client_max_window_bits"

Side = namedtuple("Side", "takeover bits", defaults=(True, 15))  # of what that side sends
Terms = namedtuple("Terms", "server client", defaults=(Side(), Side()))
Message = namedtuple("Message", "opcode data packed wire_size")  # wire_size: of all its payloads


def parameters(answer):
    """Parameter -> value or None, of an answer that has to be one (RFC 7692 §7.1)."""
    name, *rest = [part.strip(" \t") for part in answer.split(";")]
    assert name == NAME, f"extension {name!r} was never offered"
    found = {}
    for each in rest:
        key, equals, value = each.partition("=")
        assert key not in found, f"{key} twice in {answer!r}"
        assert key in (SIZES if equals else FLAGS), f"{each!r} in {answer!r}"
        assert not equals or re.fullmatch("8|9|1[0-5]", value), f"{each!r} in {answer!r}"
        found[key] = int(value) if equals else None
    return found


def terms_of(answer):
    """What a Sec-WebSocket-Extensions of the server's says; None: no compression."""
    if answer is None:
        return None
    said = parameters(answer)
    return Terms(*[Side(f"{who}_no_context_takeover" not in said,
                        said.get(f"{who}_max_window_bits", 15)) for who in ("server", "client")])


def answer_of(terms, hint=True):
    """The same as its text.  `hint`: the client has offered client_max_window_bits."""
    parts = [NAME] + [name for name, side in zip(FLAGS, terms) if not side.takeover]
    if terms.server.bits < 15:
        parts.append(f"{SIZES[0]}={terms.server.bits}")
    if hint and terms.client.bits < 15:
        parts.append(f"{SIZES[1]}={terms.client.bits}")
    return "; ".join(parts)


class Packer:
    """Compresses what we send, as we are allowed to."""

    def __init__(self, side, level=6, strategy=zlib.Z_DEFAULT_STRATEGY, memory=8):
        self.side = side
        self.how = level, zlib.DEFLATED, -max(9, side.bits), memory, strategy
        self.deflater = None

    def pack(self, data):
        if not self.deflater or not self.side.takeover:
            self.deflater = zlib.compressobj(*self.how)
        packed = self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        assert packed.endswith(TAIL)
        return packed[:-len(TAIL)] or b"\0"


class Judge:
    """What was said by one side, which may do only what was agreed on."""

    def __init__(self, side):
        self.side = side
        self.history = b""

    def unpack(self, payload):
        if payload.endswith(TAIL):
            raise Malformed("the tail 00 00 ff ff was sent")
        it = inflate(payload + TAIL, self.history, 1 << self.side.bits)
        if any(block.final for block in it.blocks):
            raise Malformed(f"a block with BFINAL, which many take for the end: {it.blocks}")
        if self.side.takeover:
            self.history = (self.history + it.data)[-(1 << self.side.bits):]
        return it.data


class Packed:
    """Mixed into a Talk."""

    def agree(self, sent, ours, theirs):
        """`sent` makes our frames."""
        self.sent = sent
        self.packer = Packer(ours) if ours else None
        self.judge = Judge(theirs) if theirs else None
        self.ours, self.theirs = ours, theirs
        return self

    # What we say.

    def frames(self, opcode, pieces, rsv=RSV1):
        """One message, a frame for each piece; RSV1 is on the first (§6)."""
        last = len(pieces) - 1
        return [self.sent(CONTINUATION if i else opcode, piece, fin=i == last,
                          rsv=0 if i else rsv) for i, piece in enumerate(pieces)]

    def say(self, opcode, data):
        self.say_packed(opcode, self.packer.pack(data))

    def say_packed(self, opcode, *pieces):
        self.write(self.frames(opcode, pieces))

    def say_raw(self, opcode, data):
        self.write([self.sent(opcode, data)])

    # What comes.

    def take_frame(self):
        self.await_size(2)
        first, size, head = self.came[0], self.came[1], 2
        if size >= 126:
            head += 2 if size == 126 else 8
            self.await_size(head)
            size = int.from_bytes(self.came[2:head], "big")
        self.await_size(head + size)
        payload = bytes(self.came[head:head + size])
        del self.came[:head + size]
        return Frame(first & 0xF, payload, bool(first & 0x80), first >> 4 & 7)

    def take_message(self):
        first = it = self.take_frame()
        payload = it.payload
        assert it.opcode in (1, 2), f"no message: {it!r:.200}"
        assert it.rsv == 0 or it.rsv == RSV1 and self.judge, f"reserved bits {it.rsv:03b}"
        while not it.fin:
            it = self.take_frame()
            assert (it.opcode, it.rsv) == (CONTINUATION, 0), f"within a message {it!r:.200}"
            payload += it.payload
        data = self.judge.unpack(payload) if first.rsv else payload
        return Message(first.opcode, data, bool(first.rsv), len(payload))

    def assert_message(self, opcode, data):
        it = self.take_message()
        assert it.opcode == opcode, f"opcode {it.opcode}, not {opcode}"
        assert it.data == data, f"{len(it.data)} bytes {it.data!r:.100}, not {len(data)}: {data!r:.100}"
        return it

    def assert_pong(self, payload):
        it = self.take_frame()
        assert it == Frame(PONG, payload), f"{it!r:.200}, and not a pong"

    def assert_all_is_well(self):
        """Nothing more has come, and it closes in order."""
        self.assert_silence()
        body = b"\x03\xe8over"
        self.assert_closes(self.sent(CLOSE, body), body)


class DeflateTalk(Packed, Talk):
    """With a server."""


class ClientDeflateTalk(Packed, ClientTalk):
    """With a client."""
    reserved_allowed = RSV1
