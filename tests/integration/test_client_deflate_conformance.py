#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compression, of a client: what it offers, what it makes of answers good and bad, and the cases of
lib/deflate_conformance.py, driven at clients that echo (test_clients.c), with and without
takeover."""
import functools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.clients import Client  # noqa: E402
from lib.deflate_conformance import LIMIT, cases, json_of  # noqa: E402
from lib.deflate_offers import fits, read_offer  # noqa: E402
from lib.deflate_talk import (FLAGS, NAME, SIZES, ClientDeflateTalk, Side, Terms,  # noqa: E402
                              answer_of, parameters, terms_of)
from lib.rawserver import RawServer  # noqa: E402
from lib.rawws import TEXT, frame  # noqa: E402
from lib.tap import Tap  # noqa: E402

SENT = functools.partial(frame, mask=False)
SERVER_BITS, CLIENT_BITS = SIZES

# What clients are told to want.
KEEPS = {"deflate": 1, "deflate_send_takeover": 1, "deflate_receive_takeover": 1}
FORGETS = {"deflate": 1}


class Clients:
    """Clients that echo, and the server that they connect to."""

    def __init__(self):
        self.server = RawServer()
        self.client = Client()

    def connect(self, **options):
        """A client that has sent its request: its WebSocket, and the server's end."""
        socket = self.client.open(url=self.server.url(), echo=1, message_size_max=LIMIT, **options)
        peer = self.server.accept()
        peer.receive_request()
        return socket, peer

    def end(self):
        """Its exit status tells of sanitizers' complaints."""
        status = self.client.stop()
        assert status == 0, f"exit status {status}: {self.client.errors}"


def read_offers(peer):
    """All that is offered, each of them right."""
    header = peer.request.headers.get("sec-websocket-extensions")
    if header is None:
        return []
    found = [read_offer(text) for text in header.split(",")]
    assert None not in found, f"a server has to decline this: {header}"
    return found


def begin(peer, terms, answer):
    """The talk, once the server has answered; terms: see converse."""
    peer.send_bytes(peer.answer(f"Sec-WebSocket-Extensions: {answer}") if answer else peer.answer())
    terms = terms or Terms(None, None)
    return ClientDeflateTalk(peer).agree(SENT, ours=terms.server, theirs=terms.client)


def converse(clients, terms, talk):
    """A case; its terms are those of a server that is tested, and so the other way round."""
    options = {}
    if terms:
        terms = Terms(server=terms.client, client=terms.server)
        options = KEEPS if any(side.takeover for side in terms) else FORGETS
    socket, peer = clients.connect(**options)
    answer = answer_of(terms) if terms else None
    if terms:
        said = parameters(answer)
        assert any(fits(offer, said) for offer in read_offers(peer)), \
            f"{answer!r} is no answer to {peer.request.headers}"
    else:
        assert not read_offers(peer), "offered, without being told to"
    with begin(peer, terms, answer) as it:
        talk(it)
    await_close(socket)


def await_close(socket):
    """All that was told until it closed."""
    told = []
    while not told or told[-1][0] != "close":
        told.append(socket.next_event())
    return told


def exchange(it):
    for size in 10, 1000, 1000, 3000, 40_000, 1000:
        it.say(TEXT, json_of(size, size))
        it.assert_message(TEXT, json_of(size, size))
    it.assert_all_is_well()


# What is answered.

def takes(clients, options, answer):
    socket, peer = clients.connect(**options)
    with begin(peer, terms_of(answer.replace('"', "").replace(" ", "").replace("\t", "")), answer) as it:
        exchange(it)
    await_close(socket)


def refuses(clients, options, *answers):
    """1006, and not a byte more on the wire (RFC 6455 §4.1: fail the connection)."""
    socket, peer = clients.connect(**options)
    with peer:
        peer.send_bytes(peer.answer(*[f"Sec-WebSocket-Extensions: {each}" for each in answers]))
        peer.assert_end()
    (name, status, text), closed = await_close(socket)
    assert (name, status) == ("error", "HANDSHAKE_EXTENSION"), (name, status, text)
    assert closed[1:3] == ["1006", "unclean"], closed


def goes_without(clients, options):
    socket, peer = clients.connect(**options)
    assert read_offers(peer)
    with begin(peer, None, None) as it:
        it.say_raw(TEXT, json_of(3000))
        it.assert_message(TEXT, json_of(3000))
        it.assert_all_is_well()
    await_close(socket)


GOOD = [
    NAME, *[f"{NAME}; {flag}" for flag in FLAGS], f"{NAME}; {FLAGS[0]}; {FLAGS[1]}",
    f"{NAME}; {FLAGS[1]}; {FLAGS[0]}",
    *[f"{NAME}; {FLAGS[0]}; {SERVER_BITS}={bits}" for bits in range(8, 16)],
    *[f"{NAME}; {FLAGS[1]}; {CLIENT_BITS}={bits}" for bits in range(8, 16)],
    f"{NAME}; {SERVER_BITS}=9; {CLIENT_BITS}=9", f'{NAME}; {CLIENT_BITS}="10"',
    f"{NAME};{FLAGS[0]}", f"{NAME} ;\t{FLAGS[0]} ; {CLIENT_BITS}=12",
]

BAD = {
    "an extension that was not offered": "x-webkit-deflate-frame",
    "another one behind it": f"{NAME}, permessage-bzip2",
    "L009 it twice": f"{NAME}, {NAME}",
    "L009 it twice, with other parameters": f"{NAME}; {FLAGS[0]}, {NAME}; {FLAGS[1]}",
    "an unknown parameter": f"{NAME}; unknown",
    "an unknown parameter with a value": f"{NAME}; {FLAGS[0]}; level=1",
    **{f"{each} twice": f"{NAME}; {each}; {each}" for each in
       (*FLAGS, f"{SERVER_BITS}=10", f"{CLIENT_BITS}=10")},
    **{f"{flag} with a value": f"{NAME}; {flag}=1" for flag in FLAGS},
    **{f"{size} without a value": f"{NAME}; {size}" for size in SIZES},
    **{f"{size}={value}": f"{NAME}; {size}={value}" for size in SIZES
       for value in ("7", "16", "0", "08", "1e1", "-8", "1000", '"16"', "a", "4294967305")},
    "nothing between semicolons": f"{NAME}; ; {FLAGS[0]}",
}


def answers(tap, clients):
    for how, options in ("takeover", KEEPS), ("no takeover", FORGETS):
        for answer in GOOD:
            # L011: parameters that were not asked for are the server's to add.
            tap.run(f"11.1 {answer}, {how}", takes, clients, options, answer)
        for name, answer in BAD.items():
            tap.run(f"11.2 refused: {name}, {how}", refuses, clients, options, answer)
        tap.run(f"11.2 L009 refused: it twice, in two lines, {how}", refuses, clients, options, NAME, NAME)
        tap.run(f"11.3 an answer without it, {how}", goes_without, clients, options)
    for name, answer in {"it": NAME, "L010 a parameter": f"{NAME}; {CLIENT_BITS}=10"}.items():
        tap.run(f"11.4 refused: {name}, where nothing was offered", refuses, clients, {}, answer)
    narrow = {**KEEPS, "deflate_receive_window_bits": 10, "deflate_send_window_bits": 11}
    tap.run("11.5 what was asked for", takes, clients, narrow,
            f"{NAME}; {SERVER_BITS}=10; {CLIENT_BITS}=11")
    tap.run("11.5 less than was asked for", takes, clients, narrow,
            f"{NAME}; {SERVER_BITS}=9; {CLIENT_BITS}=9")
    # It would rather have less, and takes what a server does that knows no such thing (7692 §7.1.2.1).
    tap.run("11.5 more than was asked for", takes, clients, narrow, f"{NAME}; {CLIENT_BITS}=9")
    tap.run("11.6 refused: a window of ours that is wider than was offered", refuses, clients, narrow,
            f"{NAME}; {SERVER_BITS}=10; {CLIENT_BITS}=12")


def offers_well(clients):
    """Every offer is right, the first asks for what was wanted, and L004 the window of ours is the
    server's to choose."""
    for options, flags in (KEEPS, ()), (FORGETS, FLAGS):
        socket, peer = clients.connect(**options)
        first, *_ = read_offers(peer)
        peer.end()
        await_close(socket)
        assert {key for key in first if key in FLAGS} == set(flags), first
        assert CLIENT_BITS in first, first


tap = Tap()
clients = Clients()
tap.run("11.0 L004 what is offered", offers_well, clients)
answers(tap, clients)
for name, terms, talk in cases():
    tap.run(name, converse, clients, terms, talk)
tap.run("19.1 it ends in order", clients.end)
tap.done()
