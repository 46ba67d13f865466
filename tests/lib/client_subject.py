# SPDX-License-Identifier: MIT
"""Bad servers and what must come of them: rows of bytes and required reaction, each run whole, byte
by byte and cut in two, with the client watched from outside.

    subject = ClientSubject()                  # a client, a canary of it, its descriptors and bytes
    tap.run("E006 no Upgrade", answers(subject, lambda peer: peer.answer(upgrade=None),
                                       refused("HANDSHAKE_UPGRADE", "no Upgrade to websocket")))

A reaction is a function that is given the server's end of the connection and the client's WebSocket
after the bytes were sent, reads what both say, and asserts.  After every row the client must be
alive, hold as many descriptors and bytes as before, and hear its canary.
"""
import os
import re
import ssl
import time

from lib.clients import Client
from lib.rawserver import RawServer
from lib.rawws import BINARY, TEXT, Frame
from lib.reaction import cut_positions, shorten

PATIENCE_S = 60  # for what must come; generous, because a busy machine is no fault of the client
KEPT_ASKED = 100  # times, in as many turns: what is given back is given back by then
KEPT_REPEATS = 8  # blocks that are kept are of many sizes, and which ones is a matter of time
WARM_COUNT = 64
FLOOD_COUNT = 1_000_000  # empty frames
CHUNK_SIZE = 4032  # of a queue (src/base/queue.c)
CHUNKS_MORE_MAX = 64
NO_PINGS = 2**32 - 1  # the canary is heard of often enough


class ClientSubject(Client):
    """A client that is watched from outside while it is mistreated."""

    def __init__(self, context=None, **options):
        self.server = RawServer(context)
        self.options = options
        self.begin()

    def begin(self):
        super().__init__()
        self.harbour = RawServer()
        self.canary = self.open(url=self.harbour.url(), ping_interval_ms=NO_PINGS)
        self.canary_peer = self.harbour.accept().open()
        self.canary.expect("open", "")
        self.warm()
        self.descriptor_count = self.count_descriptors()
        self.usage = self.ask_usage()
        self.turn = 0

    def warm(self):
        """What is allocated once and kept is there from now on."""
        before = self.count_descriptors()
        sockets = [self.open(url=self.harbour.url()) for _ in range(WARM_COUNT)]
        peers = [self.harbour.accept().open() for _ in sockets]
        for peer in peers:
            peer.send_close(1000)
        for socket in sockets:
            socket.expect("open", "")
            socket.next("close")
        for peer in peers:
            peer.end()
        self.await_calm(before)
        self.fill_pools()
        if self.server.context:
            self.fill_scratch()

    def fill_pools(self):
        """With what a full send queue takes, and what the first look-up of a name does."""
        before = self.count_descriptors()
        socket = self.open(url=self.harbour.url(host="localhost"))
        peer = self.harbour.accept().open()
        socket.expect("open", "")
        socket.do("flood", FLOOD_COUNT)
        size = 0
        while size < FLOOD_COUNT * 6:
            size += len(peer.receive_some())
        peer.send_close(1000)
        socket.next("close")
        peer.end()
        self.await_calm(before)

    def fill_scratch(self):
        """The room that a loop's connections share for TLS."""
        before = self.count_descriptors()
        peer, socket = self.connect()[0]
        peer.send_bytes(peer.answer())
        socket.expect("open", "")
        peer.send_close(1000)
        socket.next("close")
        peer.end()
        self.await_calm(before)

    def check(self, body, *arguments):
        """A row, after which the client must be unharmed.  One that failed leaves nothing behind
        for the next: that gets another client."""
        try:
            body(*arguments)
            for _ in range(KEPT_REPEATS):  # what is kept for the next time stays; a leak goes on
                if not self.has_kept_more():
                    break
                self.usage = self.ask_usage()
                body(*arguments)
            self.assert_unharmed()
            self.usage = min(self.usage, self.ask_usage())  # or a later leak would fit into it
        except Exception:
            self.process.kill()
            self.stop()
            self.harbour.end()
            self.server.drain()
            self.begin()
            raise

    def ask_usage(self):
        self.canary.do("usage")
        return int(self.canary.next("usage")[0])

    def await_calm(self, descriptor_count_max):
        """Connections linger for a moment."""
        end = time.monotonic() + PATIENCE_S
        while self.count_descriptors() > descriptor_count_max:
            assert time.monotonic() < end, \
                f"{self.count_descriptors()} descriptors, {descriptor_count_max} before"
            time.sleep(0.002)

    def assert_unharmed(self):
        assert self.process.poll() is None, f"the client died: {self.process.returncode}"
        self.turn += 1
        self.canary.do("send", f"canary {self.turn}")
        self.canary.expect("sent", "OK")
        got = self.canary_peer.receive()
        assert got == Frame(TEXT, f"canary {self.turn}".encode()), f"from the canary came {got}"
        self.canary_peer.send_frame(BINARY, b"\1")
        self.canary.expect("message", "binary", 0, 1, "01")
        self.assert_gone()

    def has_its_memory(self):
        """No more bytes than before; but on io_uring a send completes in a later turn, so that more
        chunks may be out at once than ever before, and the pool keeps them (base/pool; there is
        none under a sanitizer)."""
        more = self.ask_usage() - self.usage
        if more <= 0:  # less: what was kept has made room for something else
            return True
        return (os.environ.get("HAWSER_BACKEND") == "io_uring"
                and more % CHUNK_SIZE == 0 and more <= CHUNKS_MORE_MAX * CHUNK_SIZE)

    def is_gone(self, seconds):
        """Descriptors and memory of all but the canary have been given back."""
        end = time.monotonic() + seconds
        while self.count_descriptors() != self.descriptor_count or not self.has_its_memory():
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def has_kept_more(self):
        """Of memory, when all connections but the canary's are gone: they linger for a moment."""
        self.await_calm(self.descriptor_count)
        return not any(self.has_its_memory() for _ in range(KEPT_ASKED))

    def assert_gone(self):
        assert self.is_gone(PATIENCE_S), \
            f"{self.count_descriptors(), self.ask_usage()} descriptors and bytes, " \
            f"{self.descriptor_count, self.usage} before"

    def connect(self, count=1, plain=False, **options):
        """WebSockets that are being opened, each with its server's end, which has heard the request
        (`plain`: nothing yet).  Whatever goes wrong, the ends are closed by the caller."""
        pairs, sockets = [], {}
        for number in range(count):
            url = self.server.url(f"/{number}")
            socket = self.open(**{"url": url, **self.options, **options})
            if plain:
                pairs.append((self.server.accept_plain(PATIENCE_S), socket))
            sockets[f"/{number}"] = socket
        while len(pairs) < count:
            peer = self.server.accept(PATIENCE_S)
            peer.socket.settimeout(PATIENCE_S)
            pairs.append((peer, sockets[peer.receive_request().target]))
        return pairs

    def assert_ends_well(self):
        """Ends it; a sanitizer's report or a leak would be heard of now."""
        self.canary_peer.end()
        status = self.stop()
        self.server.end()
        self.harbour.end()
        assert status == 0, f"exit status {status}: {self.errors}"
        assert not re.search(r"error|sanitizer|left", self.errors, re.I), self.errors


def send_pieces(peer, pieces):
    """What the client does not want to hear any more is its affair."""
    try:
        for piece in pieces:
            peer.send_bytes(piece)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        pass


def cut_batch(subject, data_of, prepare, options):
    """Connections that differ in the cut, and what each is sent: they live side by side, so that
    one pause between the pieces serves them all."""
    peer, socket = subject.connect(**options)[0]
    prepare(peer)
    data = data_of(peer)
    cuts = cut_positions(len(data)) if len(data) <= 100_000 else [len(data) // 2]
    batch = [("whole", peer, socket, [data])]
    hows = [f"cut at {at} of {len(data)}" for at in cuts]
    if len(data) <= 2000:
        hows.append("byte by byte")
    for how, (peer, socket) in zip(hows, subject.connect(len(hows), **options)):
        prepare(peer)
        data = data_of(peer)
        at = cuts[hows.index(how)] if how.startswith("cut") else 0
        pieces = [data[:at], data[at:]] if at else [data[i:i + 1] for i in range(len(data))]
        batch.append((how, peer, socket, pieces))
    return batch


def check_cuts(subject, data_of, reaction, prepare, options):
    batch = cut_batch(subject, data_of, prepare, options)
    try:
        for _, peer, _, pieces in batch:
            send_pieces(peer, pieces[:1])
        time.sleep(0.004)
        for _, peer, _, pieces in batch:
            send_pieces(peer, pieces[1:])
        for how, peer, socket, pieces in batch:
            try:
                reaction(peer, socket)
            except Exception as wrong:
                data = b"".join(pieces)
                raise AssertionError(f"{how}: {wrong!r}\ninput: {shorten(data)}") from wrong
    finally:
        for _, peer, _, _ in batch:
            peer.end()


def answers(subject, data_of, reaction, **options):
    """A row whose input answers the request; `data_of(peer)` makes it."""
    def body():
        subject.check(check_cuts, subject, data_of, reaction, lambda peer: None, options)
    return body


def frames(subject, data, reaction, **options):
    """A row whose input follows the opening handshake."""
    def body():
        def reaction_after_open(peer, socket):
            socket.expect("open", "")
            reaction(peer, socket)
        subject.check(check_cuts, subject, lambda peer: data, reaction_after_open,
                      lambda peer: peer.send_bytes(peer.answer()), options)
    return body


def conduct(subject, body, **options):
    """A row that is more than bytes: body(peer, socket) after the request was heard."""
    def talk():
        peer, socket = subject.connect(**options)[0]
        try:
            body(peer, socket)
        finally:
            peer.end()
    return lambda: subject.check(talk)


def whole(subject, body, *arguments):
    """A row that opens what it needs itself."""
    return lambda: subject.check(body, *arguments)


# Reactions.

def assert_said(text, wants):
    for want in [wants] if isinstance(wants, str) else wants:
        assert want in text, f"{text!r}, and nothing of {want!r}"


def assert_unclean(socket, status, words, http=0, code=1006):
    """on_error and on_close, once, both with what happened."""
    name, text = socket.next("error")
    assert name == status, f"error {name} {text!r}, and not {status}"
    assert_said(text, words)
    close = socket.next("close")
    assert (close.code, close.clean, close.status, close.http) == (code, False, status, http), close
    assert close.cause == text, f"{close.cause!r} and {text!r}"
    socket.assert_silent(0)
    return close


def refused(status, words, http=0, code=1006):
    """The opening handshake fails; not a byte more is sent, and the connection ends."""
    def reaction(peer, socket):
        assert_unclean(socket, status, words, http, code)
        peer.assert_end()
    return reaction


def assert_messages(socket, messages):
    for kind, payload in messages:
        socket.expect("message", kind, 0, len(payload), payload[:64].hex())


def still_talks(peer, socket):
    """It is open, both ways, and can be closed in order."""
    socket.do("send", "still here")
    socket.expect("sent", "OK")
    got = peer.receive()
    assert got == Frame(TEXT, b"still here"), got
    peer.send_text("and here")
    socket.expect("message", "text", 0, 8, b"and here".hex())
    closes_cleanly(peer, socket)


def closes_cleanly(peer, socket):
    peer.send_close(1000, "over")
    got = peer.receive_close()
    assert got == (1000, "over"), got
    close = socket.next("close")
    assert (close.code, close.clean, close.status, close.reason) == (1000, True, "OK", b"over"), \
        close
    peer.assert_end()


def opened(*messages, protocol="", frames=()):
    """`OK` for a handshake: on_open, these messages, and it is as good as any."""
    def reaction(peer, socket):
        socket.expect("open", protocol)
        stays_open(*messages, frames=frames)(peer, socket)
    return reaction


def stays_open(*messages, frames=()):
    """`OK`: these messages arrive, these frames come back, and it is as good as any."""
    def reaction(peer, socket):
        assert_messages(socket, messages)
        for want in frames:
            got = peer.receive()
            assert got == want, f"{got}, and not {want}"
        still_talks(peer, socket)
    return reaction


def failed(code, status, words, messages=()):
    """`W nnnn`: these messages, then one Close frame with that code, masked; on_close tells it."""
    def reaction(peer, socket):
        assert_messages(socket, messages)
        got = peer.receive_close()
        assert got.code == code, f"Close {got}, and not {code}"
        assert_unclean(socket, status, words, code=code)
        peer.assert_end()
    return reaction
