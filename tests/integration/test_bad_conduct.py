#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Peers that stall, vanish or talk at the wrong time, and applications that decide late: rows C to
K whose server needs short limits or a callback that misbehaves (test_server.c beside this file)."""
import contextlib
import os
import pathlib
import select
import signal
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.rawws import (BINARY, CLOSE, PING, PONG, TEXT, ConnectionEnded, Frame,  # noqa: E402
                       await_arrival, frame)
from lib.reaction import (PATIENCE_S, Subject, answered, assert_answer, assert_end,  # noqa: E402
                          assert_frames, closed, ended, refused, send_pieces, stays_open,
                          tokens, upgraded)
from lib.tap import Tap  # noqa: E402

PROGRAM = os.environ.get("TEST_SERVER", "build/tests/integration/test_server")
SHORT_MS = 400  # a limit that a test waits for; others keep their defaults of 5 s and more
LONG_MS = 3000  # one that a test must not run into, however busy the machine is, and waits for

tap = Tap()


def rows(options, bodies):
    """Rows on a server with these limits; each body is given the server."""
    arguments = [str(word) for name, value in options.items()
                 for word in ("--" + name.replace("_", "-"), value)]
    subject = Subject(*arguments, program=PROGRAM)

    def whole(body):
        body(subject)
        subject.assert_unharmed()

    for name, body in bodies.items():
        tap.run(name, whole, body)
    tap.run(f"P0 the server ends well ({', '.join(options) or 'default limits'})",
            subject.assert_ends_well)


def request(ws, path="/echo", headers=None):
    ws.send_bytes(ws.request(path, headers))


def answer_of(subject, ws, text):
    ws.send_text(text)
    return ws.receive_message().payload.decode()


def control(subject, text):
    with subject.connect("/control") as ws:
        return answer_of(subject, ws, text)


@contextlib.contextmanager
def takes(milliseconds):
    """What is within ends no sooner (half of it, for the server's clock stands still during a turn,
    however long that is); how much later it does is the machine's affair.  What makes the server's
    clock run is within, too: we may be held up behind it."""
    start = time.monotonic()
    yield
    took_ms = (time.monotonic() - start) * 1000
    assert took_ms >= milliseconds / 2, f"after {took_ms:.0f} ms already"


# The opening handshake

def head_dribbled(subject):
    """C006: a byte now and then does not buy more time."""
    with subject.socket(timeout=PATIENCE_S) as ws:
        data, end = ws.request("/echo"), time.monotonic() + PATIENCE_S
        for i in range(len(data)):
            if not send_pieces(ws, [data[i:i + 1]], pause_s=SHORT_MS / 10_000):
                break
            ws.socket.setblocking(False)
            try:
                ws.unread += ws.socket.recv(65536)
                break
            except BlockingIOError:
                ws.socket.settimeout(PATIENCE_S)
            except ConnectionResetError:
                break
        assert time.monotonic() < end, "it was let dribble"
        ws.socket.settimeout(PATIENCE_S)
        if ws.unread:
            refused(408)(ws)


def silence(subject):
    """C006 at its slowest: not a byte."""
    with takes(SHORT_MS), subject.socket(timeout=PATIENCE_S) as ws:
        ws.socket.recv(65536)


def keep_alive_idle(subject):
    with takes(SHORT_MS), subject.socket(timeout=PATIENCE_S) as ws:
        request(ws, "/split", {"Upgrade": None, "Connection": None})
        assert_answer(ws, [200])
        assert_end(ws)


def split_response(subject):
    with subject.socket(timeout=PATIENCE_S) as ws:
        request(ws, "/split", {"Upgrade": None, "Connection": None})
        answer = assert_answer(ws, [200])
        assert answer.body == b"invalid argument", answer
        assert "set-cookie" not in answer.headers and "x-split" not in answer.headers, answer


def protocol_offer(offer, chosen):
    def body(subject):
        with subject.socket(timeout=PATIENCE_S) as ws:
            request(ws, "/protocols", {"Sec-WebSocket-Protocol": offer})
            if chosen:
                upgraded(sec_websocket_protocol=chosen)(ws)
            else:
                upgraded(absent=["sec-websocket-protocol"])(ws)
    return body


def refused_by_application(subject):
    with subject.socket(timeout=PATIENCE_S) as ws:
        request(ws, "/refuse")
        answer = assert_answer(ws, [403])
        assert answer.headers.get("x-reason") == "closed today", answer
        assert b"no entry" in answer.body, answer
        assert "close" in tokens(answer, "connection"), answer
        assert_end(ws)


def refused_before_the_application(subject):
    """D004: it is not asked about a request that had failed before."""
    for field in "Upgrade", "Connection", "Sec-WebSocket-Key":
        with subject.socket(timeout=PATIENCE_S) as ws:
            request(ws, "/undecided", {field: "nonsense"})
            refused(400, 426)(ws)
    with subject.socket(timeout=PATIENCE_S) as ws:
        request(ws, "/undecided", {"Origin": "https://evil.example"})
        refused(403)(ws)
    assert control(subject, "accept") != "success", "the application was asked"


def never_decided(subject):
    with takes(SHORT_MS), subject.socket(timeout=PATIENCE_S) as ws:
        request(ws, "/undecided")
        refused(504, 503)(ws)
    assert control(subject, "accept") != "success"


def gone_while_undecided(subject):
    ws = subject.socket()
    request(ws, "/undecided")
    assert control(subject, "count")  # the request was read before this was answered
    ws.end()
    subject.assert_sockets_gone()
    assert control(subject, "accept") != "success"


def decide(subject, how):
    """As soon as there is something to decide about."""
    end = time.monotonic() + PATIENCE_S
    while control(subject, how) != "success":
        assert time.monotonic() < end, "there is nothing to decide about"


def decided_late(subject):
    with subject.socket(timeout=PATIENCE_S) as ws:
        request(ws, "/undecided")
        ws.send_bytes(frame(TEXT, b"early"))
        decide(subject, "accept")
        assert control(subject, "refuse") != "success"
        upgraded(Frame(TEXT, b"early"))(ws)


def refused_late(subject):
    with subject.socket(timeout=PATIENCE_S) as ws:
        request(ws, "/undecided")
        ws.send_bytes(frame(TEXT, b"early"))
        decide(subject, "refuse")
        refused(401)(ws)


def upgrade_while_draining():
    """D029: the request began before the server was told to end, and finishes after."""
    subject = Subject("--close-timeout", "3600000", "--handshake-timeout", "3600000", program=PROGRAM)
    stubborn = subject.connect("/echo")  # never answers the Close: the server waits for it
    with subject.socket(timeout=PATIENCE_S) as ws:
        data = ws.request("/echo")
        ws.send_bytes(data[:20])
        await_arrival(ws.socket)
        subject.let_it_read()
        subject.signal(signal.SIGTERM)
        assert stubborn.receive_close().code == 1001
        ws.send_bytes(data[20:])
        answer = assert_answer(ws, [503])
        assert int(answer.headers["retry-after"]) > 0, answer
        assert "close" in tokens(answer, "connection"), answer
        assert_end(ws)
    subject.canary.end()
    stubborn.end()
    subject.wait()  # it is the last one it waited for; a signal more could find no handler
    subject.assert_ends_well()


# Frames

def head_cut(subject):
    """G015, at each byte of the longest head, side by side."""
    data = bytes([0x82, 0xFF]) + (70_000).to_bytes(8, "big") + b"abcd"
    batch = [subject.connect("/echo", timeout=PATIENCE_S) for _ in range(1, 14)]
    with takes(SHORT_MS):
        for size, ws in enumerate(batch, 1):
            ws.send_bytes(data[:size])
        ends_for_whatever_reason(batch[0])
    for ws in batch[1:]:
        ends_for_whatever_reason(ws)


def ends_for_whatever_reason(ws):
    """By one Close frame at most."""
    try:
        ws.receive_close()
    except ConnectionEnded:
        pass
    assert_end(ws)
    ws.end()


def message_open(subject):
    with takes(SHORT_MS), subject.connect("/echo", timeout=PATIENCE_S) as ws:
        ws.send_frame(TEXT, b"to be continued", fin=False)
        ends_for_whatever_reason(ws)


def message_open_and_pings(subject):
    """J009: pings do not buy more time for a message."""
    with subject.connect("/echo", timeout=PATIENCE_S) as ws:
        ws.send_frame(TEXT, b"to be continued", fin=False)
        end = time.monotonic() + PATIENCE_S
        while not has_closed(ws):
            assert time.monotonic() < end, "a message may take for ever"
            send_pieces(ws, [frame(PING, b"p")], pause_s=SHORT_MS / 4000)


def has_closed(ws):
    """Whether a Close frame has come behind pongs of "p", or the end."""
    while select.select([ws.socket], [], [], 0)[0]:
        try:
            more = ws.socket.recv(65536)
        except ConnectionResetError:
            return True
        if not more:
            return True
        ws.unread += more
    return bytes([0x80 | CLOSE]) in ws.unread


def bytes_only(subject):
    with subject.connect("/binary", timeout=PATIENCE_S) as ws:
        ws.send_frame(BINARY, b"bytes")
        ws.send_text("text")
        assert_frames(ws, [Frame(BINARY, b"bytes")])
        assert ws.receive_close() == (1003, "bytes only")
        ws.send_close(1003)
        assert_end(ws)


def no_pong(subject):
    with takes(LONG_MS), subject.connect("/echo", timeout=PATIENCE_S) as ws:
        ping = ws.receive()
        assert ping.opcode == PING and len(ping.payload) <= 125, f"{ping}"
        ends_for_whatever_reason(ws)
    subject.renew_canary()


def pongs(subject):
    """H014, the other side: who answers stays."""
    with subject.connect("/echo", timeout=PATIENCE_S) as ws:
        end = time.monotonic() + 1.5 * LONG_MS / 1000
        while time.monotonic() < end:
            ping = ws.receive()
            assert ping.opcode == PING, f"{ping}"
            ws.send_frame(PONG, ping.payload)
        ws.send_text("still here")
        assert ws.receive_message() == Frame(TEXT, b"still here")
    subject.renew_canary()


def is_blocked(subject, told):
    """For some turns of the loop: io_uring learns in one that a socket is full, and in the next that
    it is not so any more."""
    return all(answer_of(subject, told, "buffered") != "0" for _ in range(6))


def pings_while_blocked(subject):
    """H010: they are read, one pong is kept, the latest, and it leaves when output flows again."""
    with subject.connect("/stuff", timeout=PATIENCE_S) as ws, subject.connect("/control") as told:
        count = 0
        while not is_blocked(subject, told):
            ws.send_text("more")
            count += 1
            answer_of(subject, told, "count")  # a turn of the loop, and one more
        ws.send_bytes(b"".join(frame(PING, b"%d" % i) for i in range(20)))
        await_arrival(ws.socket)
        for _ in range(20):  # turns, in which they are read
            answer_of(subject, told, "count")
        got = [ws.receive() for _ in range(count + 1)]
        assert [it.opcode for it in got] == [BINARY] * count + [PONG], f"{[it[0] for it in got]}"
        assert got[-1].payload == b"19", f"{got[-1]}"
        ws.send_close(1000)
        assert ws.receive_close().code == 1000


# Close

def close_told(ws, text, code, reason=""):
    ws.send_text(text)
    assert ws.receive_close() == (code, reason)


def ping_after_our_close(subject):
    with subject.connect("/close", timeout=PATIENCE_S) as ws:
        close_told(ws, "4000 bye", 4000, "bye")
        ws.send_frame(PING, b"are you there")
        ws.send_text("1000 again")
        ws.send_close(4000)
        if ws.unread or ws.socket.recv(1, 2):  # MSG_PEEK
            assert_frames(ws, [Frame(PONG, b"are you there")])
        assert_end(ws)


def peer_silent_after_our_close(subject):
    with takes(SHORT_MS), subject.connect("/close", timeout=PATIENCE_S) as ws:
        close_told(ws, "1000", 1000)
        assert_end(ws)
        subject.assert_sockets_gone()


def peer_stays_after_failure(subject):
    """`W`: a peer that was told 1002 and does not go is not waited for longer than T_close."""
    with subject.connect("/echo", timeout=PATIENCE_S) as ws:
        ws.send_bytes(b"\xff" * 20)
        closed(1002)(ws)
        subject.assert_sockets_gone()


def peer_floods_after_our_close(subject):
    """I013: neither for ever, nor into memory."""
    with subject.connect("/close", timeout=PATIENCE_S) as ws:
        close_told(ws, "1000", 1000)
        before = subject.resident_size()
        data, end = frame(BINARY, bytes(65536)), time.monotonic() + PATIENCE_S
        ws.socket.settimeout(PATIENCE_S)
        while send_pieces(ws, [data]):
            assert time.monotonic() < end, "it listens for ever"
        growth = subject.resident_size() - before
        assert subject.is_sanitized() or growth < 4 << 20, f"{growth} bytes more"


def both_close_at_once(subject):
    with subject.connect("/close", timeout=PATIENCE_S) as ws:
        ws.send_bytes(frame(TEXT, b"4000 bye") + frame(CLOSE, struct.pack(">H", 4001)))
        assert ws.receive_close() == (4000, "bye")
        assert_end(ws)


def close_twice(subject):
    with subject.connect("/close-twice", timeout=PATIENCE_S) as ws:
        ws.send_text("4000 once")
        assert ws.receive_close() == (4000, "once")
        ws.send_close(4000)
        assert_end(ws)


def close_misused(subject):
    """I019: nothing is sent but what the application says about it."""
    wrong = ["1004", "1005", "1006", "1015", "999", "5000", "1", "2999", "-1",
             "1000 " + "r" * 124, "0 reason"]
    with subject.connect("/close", timeout=PATIENCE_S) as ws:
        for text in wrong:
            ws.send_text(text)
            got = ws.receive()
            assert got == Frame(TEXT, b"invalid argument"), f"{text}: {got}"
        ws.send_frame(BINARY, b"1000 \xff")
        got = ws.receive()
        assert got.opcode == TEXT and got.payload != b"success", f"{got}"
        close_told(ws, "1000 " + "r" * 123, 1000, "r" * 123)
        ws.send_close(1000)
        assert_end(ws)


def close_behind_a_flood(subject):
    """I021: who reads nothing is not waited for."""
    with subject.connect("/flood", timeout=PATIENCE_S) as ws:
        ws.socket.setsockopt(1, 8, 4096)  # SO_RCVBUF
        ws.send_text("go")
        subject.assert_sockets_gone()


# Messages

def one_message_to_many(subject):
    body = bytes(i % 253 for i in range(1 << 20))
    listeners = [subject.connect("/topic", timeout=PATIENCE_S) for _ in range(20)]
    with subject.connect("/topic") as speaker:
        for _ in range(3):
            speaker.send_frame(BINARY, body)
            for ws in listeners[:-1]:
                assert ws.receive() == Frame(BINARY, body)
            assert listeners[-1].receive().payload == body
        speaker.send_frame(BINARY, body)  # and now many leave while it is under way
    for ws in listeners:
        ws.end()


rows({"handshake_timeout": SHORT_MS}, {
    "C006 a head byte by byte and never whole": head_dribbled,
    "C006, A001, A005 not a byte": silence,
    "D031 the application never decides": never_decided,
})
rows({"idle_timeout": SHORT_MS}, {"C048 nothing after an answer": keep_alive_idle})
rows({}, {
    "C049 a header of two lines is refused when it is set": split_response,
    "D004 refused before the application is asked": refused_before_the_application,
    "D018 good offers: ours first": protocol_offer("chat.v2, x", "chat.v2"),
    "D018 good offers: ours last, our order": protocol_offer("x, chat.v1, chat.v2", "chat.v2"),
    "D018 good offers: one we know": protocol_offer("chat.v1", "chat.v1"),
    "D019 none that we know": protocol_offer("x, y", None),
    "D020 the case differs": protocol_offer("CHAT.V1", None),
    "D030 refused by the application": refused_by_application,
    "D031 decided late: accepted": decided_late,
    "D031 decided late: refused": refused_late,
    "D032 gone while undecided": gone_while_undecided,
    "G022 text where bytes are taken": bytes_only,
    "H010 pings while our output is blocked": pings_while_blocked,
    "H012 a ping after our Close": ping_after_our_close,
    "I014 both close at once": both_close_at_once,
    "I018 the application closes twice": close_twice,
    "I019, I020 a close that must not be sent": close_misused,
    "J015 one message to many": one_message_to_many,
})
rows({"message_timeout": SHORT_MS}, {
    "G015 the head cut at each byte, then silence": head_cut,
    "J009 a message that does not go on": message_open,
    "J009 a message that does not go on, and pings": message_open_and_pings,
})
rows({"ping_interval": 100, "pong_timeout": LONG_MS}, {
    "H014, A004 no pong": no_pong,
    "H014 a pong each time": pongs,
})
rows({"close_timeout": SHORT_MS}, {
    "I012 silence after our Close": peer_silent_after_our_close,
    "P0 a peer that stays after a failure": peer_stays_after_failure,
    "I013 a flood after our Close": peer_floods_after_our_close,
    "I021, N006 our Close waits behind what is not read": close_behind_a_flood,
})
tap.run("D029 an upgrade while the server ends", upgrade_while_draining)
tap.done()
