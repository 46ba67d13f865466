#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compression, of a server: what it answers to offers (lib/deflate_offers.py), and the cases of
lib/deflate_conformance.py, against /echo of `hawser serve` as it is by default and with takeover.

    test_deflate_conformance.py [HOST:PORT/PATH]   # or against any other echo, of any make
"""
import functools
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.deflate_conformance import FRESH, LIMIT, cases, json_of  # noqa: E402
from lib.deflate_offers import BAD, GOOD, SEVERAL, assert_answers, offers  # noqa: E402
from lib.deflate_talk import (FLAGS, NAME, RSV1, SIZES, DeflateTalk, Side, Terms,  # noqa: E402
                              terms_of)
from lib.hawser import Server  # noqa: E402
from lib.rawws import TEXT, RawWebSocket, frame  # noqa: E402
from lib.talk import PATIENCE_S  # noqa: E402
from lib.tap import Tap  # noqa: E402

KEY = b"\x37\xfa\x21\x3d"
SENT = functools.partial(frame, mask=KEY)


class Echo:
    """Somebody who echoes at an address."""

    def __init__(self, host, port, path):
        self.host, self.port, self.path = host, port, path

    def ask(self, headers):
        """A connection, and the extensions of the answer."""
        ws = RawWebSocket(self.host, self.port, timeout=PATIENCE_S)
        answer = ws.open(self.path, headers)
        assert answer.status == 101, answer
        return ws, answer.headers.get("sec-websocket-extensions")

    def talk(self, headers):
        ws, answer = self.ask(headers)
        terms = terms_of(answer) or Terms(None, None)
        return DeflateTalk(ws).agree(SENT, ours=terms.client, theirs=terms.server), answer


def offer_of(terms):
    """One that lets a server agree to exactly these."""
    parts = [NAME] + [flag for flag, side in zip(FLAGS, terms) if not side.takeover]
    parts += [f"{size}={side.bits}" for size, side in zip(SIZES, terms) if side.bits < 15]
    return "; ".join(parts)


def converse(echo, terms, talk):
    offer = offer_of(terms) if terms else None
    it, answer = echo.talk(offers(offer) if offer else {})
    with it:
        if terms:
            assert answer, f"{offer} was declined"
            assert_answers(offer, answer)
            assert it.theirs == terms.server, f"{answer!r} to {offer!r}"
            assert it.ours.takeover == terms.client.takeover, f"{answer!r} to {offer!r}"
            assert it.ours.bits in (terms.client.bits, 15), f"{answer!r} to {offer!r}"
        else:
            assert answer is None, answer
        talk(it)


def exchange(it):
    """Enough to see that both mean the same by what they agreed on."""
    for size in 10, 1000, 1000, 3000, 40_000, 1000:
        it.say(TEXT, json_of(size, size))
        it.assert_message(TEXT, json_of(size, size))
    it.assert_all_is_well()


def agrees(echo, lines, chosen):
    it, answer = echo.talk(offers(*lines))
    with it:
        assert answer, f"{lines} was declined"
        assert_answers(chosen, answer)
        exchange(it)


def declines(echo, offer):
    """101 without an extension; what is not compressed goes on, and RSV1 means nothing."""
    it, answer = echo.talk(offers(offer))
    with it:
        assert answer is None, f"{offer!r} was answered with {answer!r}"
        it.say_raw(TEXT, json_of(3000))
        it.assert_message(TEXT, json_of(3000))
        it.write([SENT(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00", rsv=RSV1)])
        it.assert_failed(1002)


def negotiate(tap, who, echo):
    for name, offer in GOOD:
        tap.run(f"{who}: 11.1 {name}", agrees, echo, [offer], offer)
    for name, offer in BAD:
        tap.run(f"{who}: 11.2 declined: {name}", declines, echo, offer)
    for name, lines, chosen in SEVERAL:
        tap.run(f"{who}: 11.3 {name}", agrees, echo, lines, chosen)


def run_cases(tap, who, echo):
    for name, terms, talk in cases():
        tap.run(f"{who}: {name}", converse, echo, terms, talk)


# What Hawser promises beyond that.

def takes_nothing_over(echo):
    """By default nobody keeps a context, whatever is offered."""
    for _, offer in GOOD:
        ws, answer = echo.ask(offers(offer))
        ws.end()
        terms = terms_of(answer)
        assert not terms.server.takeover and not terms.client.takeover, f"{answer!r} to {offer!r}"


def is_off(echo):
    """--no-deflate: every offer is declined."""
    for _, offer in GOOD:
        ws, answer = echo.ask(offers(offer))
        ws.end()
        assert answer is None, f"{answer!r} to {offer!r}"


# What is published goes out compressed once for many, among what each is sent for himself.

LISTENERS = [Terms(Side(keeps, bits), Side(True)) for keeps in (True, False) for bits in (15, 12, 9)]


class Listener:
    """Speaks the protocol of the channels; what comes is judged by what was agreed on."""

    def __init__(self, echo, terms):
        self.talk, _ = echo.talk(offers(offer_of(terms)) if terms else {})
        self.id = 0
        self.waiting = []

    def receive(self):
        while not self.waiting:
            self.waiting = self.talk.take_message().data.decode().split("\n")
        return json.loads(self.waiting.pop(0))

    def ask(self, **command):
        """The reply, and the pushes that came before it."""
        self.id += 1
        text = json.dumps({"id": self.id, **command}).encode()
        (self.talk.say if self.talk.ours else self.talk.say_raw)(TEXT, text)
        pushes = []
        while (it := self.receive()).get("id") != self.id:
            pushes.append(it)
        assert "error" not in it, it
        return pushes

    def expect(self, data, pushes=()):
        """The publication comes, once."""
        waiting = list(pushes)
        while "pub" not in (it := waiting.pop(0) if waiting else self.receive()).get("push", {}):
            pass
        assert it["push"]["pub"]["data"] == data, f"{it!r:.200}, and not {data!r:.200}"
        assert not any("pub" in each.get("push", {}) for each in waiting), waiting


def publish_to_all(server):
    echo = Echo(server.host, server.port, "/connection/websocket")
    listeners = [Listener(echo, terms) for terms in [*LISTENERS, *LISTENERS, None]]
    try:
        for number, it in enumerate(listeners):
            it.ask(connect={"data": {"name": f"listener {number}"}})
            it.ask(subscribe={"channel": "deflate"})
        for turn, size in enumerate([20, 300, 300, 5000, 40_000, 300, 1000, 1000, 20, 5000, 20_000] * 2):
            data = {"text": json_of(size, turn % 5).decode()}
            sender = listeners[turn % len(listeners)]
            pushes = sender.ask(publish={"channel": "deflate", "data": data})
            for it in listeners:
                it.expect(data, pushes if it is sender else ())
    finally:
        for it in listeners:
            it.talk.connection.end()


def run_hawser(tap):
    with Server("--close-timeout", "1h", "--message-size-max", str(LIMIT)) as server:
        echo = Echo(server.host, server.port, "/echo")
        negotiate(tap, "default", echo)
        tap.run("default: 11.4 no context is kept", takes_nothing_over, echo)
        for name, terms, talk in cases():
            if terms == FRESH and name[:2] in ("12", "16"):
                tap.run(f"default: {name}", converse, echo, terms, talk)
    with Server("--close-timeout", "1h", "--message-size-max", str(LIMIT), "--deflate-takeover") as server:
        echo = Echo(server.host, server.port, "/echo")
        negotiate(tap, "takeover", echo)
        run_cases(tap, "takeover", echo)
        tap.run("takeover: 20.1 published to many, on all kinds of terms", publish_to_all, server)
    with Server("--close-timeout", "1h", "--deflate-takeover", "--deflate-size-min", "1", "--threads", "3") as server:
        tap.run("takeover: 20.2 the same, where the smallest replies are compressed, too",
                publish_to_all, server)
    with Server("--close-timeout", "1h", "--no-deflate") as server:
        tap.run("off: 11.5 every offer is declined", is_off, Echo(server.host, server.port, "/echo"))


tap = Tap()
if len(sys.argv) > 1:
    address, _, path = sys.argv[1].partition("/")
    host, _, port = address.rpartition(":")
    other = Echo(host.strip("[]"), int(port), f"/{path}")
    negotiate(tap, "it", other)
    run_cases(tap, "it", other)
else:
    run_hawser(tap)
tap.done()
