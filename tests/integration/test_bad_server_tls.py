#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Servers whose TLS is not to be trusted, or ends too early: the client's rows of section B."""
import os
import pathlib
import socket as sockets
import ssl
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.certificates import FUTURE, PAST, Certificates  # noqa: E402
from lib.client_subject import (ClientSubject, answers, assert_messages,  # noqa: E402
                                assert_unclean, conduct, frames, opened, still_talks,
                                whole)
from lib.rawserver import RawServer  # noqa: E402
from lib.rawws import TEXT, frame  # noqa: E402
from lib.tap import Tap  # noqa: E402

warnings.simplefilter("ignore", DeprecationWarning)  # old versions of TLS are what is wanted here

tap = Tap()
made = Certificates()
made.root("stranger")
GOOD = made.leaf("good", "DNS:localhost, IP:127.0.0.1")
subject = ClientSubject(made.context(GOOD), authorities=made.authority)


def hello(text=b"hello"):
    return frame(TEXT, text, mask=False)


# B025: certificates

def handshake_fails(context, host, status, words, **options):
    """The client ends the handshake, says 1015 to the program and nothing to the server: neither
    a request nor what identifies the user."""
    def body():
        with RawServer(context) as server:
            one = subject.open(url=server.url(host=host), cookies="secret=1",
                               **{"authorities": made.authority, **options})
            with server.accept_plain() as peer:
                try:
                    peer.start_tls()
                    said = peer.receive_some()
                except (ssl.SSLError, ConnectionResetError, BrokenPipeError):
                    said = b""
                assert said == b"", f"it went on: {said!r}"
                assert_unclean(one, status, words, code=1015)
    return whole(subject, body)


def certificates():
    def bad(title, pair, status, words, host="localhost", **options):
        tap.run(f"B025 {title}", handshake_fails(made.context(pair), host, status, words, **options))

    other = made.leaf("other", "DNS:elsewhere.example")
    bad("for another name", other, "TLS_NAME", ["localhost", "elsewhere.example"])
    bad("for a name where an address is asked for", made.leaf("named", "DNS:localhost"),
        "TLS_NAME", "127.0.0.1", host="127.0.0.1")
    bad("for another address", made.leaf("address", "IP:192.0.2.1"), "TLS_NAME", "127.0.0.1",
        host="127.0.0.1")
    bad("for an address that is written as a name", made.leaf("text", "DNS:127.0.0.1"), "TLS_NAME",
        "127.0.0.1", host="127.0.0.1")
    bad("with the name in its subject alone", made.leaf("localhost", "DNS:elsewhere.example"),
        "TLS_NAME", "localhost")
    bad("for a part of the name", made.leaf("part", "DNS:local, DNS:host, DNS:*.localhost"),
        "TLS_NAME", "localhost")
    bad("that has expired", made.leaf("old", "DNS:localhost", PAST), "TLS_EXPIRED", "2001-01-01")
    bad("that is not valid yet", made.leaf("new", "DNS:localhost", FUTURE), "TLS_EXPIRED",
        "2098-01-01")
    bad("that signs itself", made.root("itself"), "TLS_UNTRUSTED", "")
    bad("of an unknown authority", made.leaf("foreign", "DNS:localhost", authority="stranger"),
        "TLS_UNTRUSTED", "")
    bad("of an authority that is none", chained("DNS:localhost"), "TLS_CERTIFICATE",
        "invalid CA certificate")
    bad("for clients only", made.leaf("client", "DNS:localhost", extensions=
        "extendedKeyUsage = clientAuth"), "TLS_CERTIFICATE", "")
    bad("of the system's authorities, who do not know ours", GOOD, "TLS_UNTRUSTED", "",
        authorities=[])
    bad("for another name than was demanded", GOOD, "TLS_NAME", "demanded.example",
        name="demanded.example")

    def good(name, host, **options):
        def body(peer, socket):
            peer.send_bytes(peer.answer())
            opened()(peer, socket)
        url = subject.server.url("/0", host=host)
        tap.run(f"B025 {name}", conduct(subject, body, url=url, **options))
    good("a good one, by name", "localhost")
    good("a good one, by address", "127.0.0.1")
    good("a bad one, and that does not matter", "127.0.0.1", authorities=[], insecure=1)


def chained(names):
    """A certificate signed by a leaf, which may not sign."""
    made.leaf("middle", "DNS:middle.example", extensions="basicConstraints = critical, CA:FALSE")
    pair = made.leaf("chained", names, authority="middle")
    with open(pair, "a", encoding="ascii") as file:
        file.write((made.path / "middle.pem").read_text())
    return pair


# B008: versions and ciphers

def old_tls():
    def context(change):
        made_context = made.context(GOOD)
        made_context.set_ciphers("ALL:@SECLEVEL=0")
        change(made_context)
        return made_context

    def old(version):
        def change(it):
            it.minimum_version = ssl.TLSVersion.TLSv1
            it.maximum_version = version
        return context(change)

    def weak(ciphers):
        def change(it):
            it.maximum_version = ssl.TLSVersion.TLSv1_2
            it.set_ciphers(ciphers)
        return context(change)

    for version in ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1:
        tap.run(f"B008 a server of {version.name}",
                handshake_fails(old(version), "localhost", "TLS_REFUSED", "protocol_version"))
    for ciphers in "eNULL:@SECLEVEL=0", "aNULL:!eNULL:@SECLEVEL=0":
        tap.run(f"B008 a server of {ciphers}",
                handshake_fails(weak(ciphers), "localhost", "TLS_REFUSED", "handshake_failure"))


# B001's mirror, and B026: who does not speak TLS, or ends it with an alert

def says_before_tls(data, status, words):
    def body():
        with RawServer() as server:
            one = subject.open(url=f"wss://localhost:{server.port}/")
            with server.accept_plain() as peer:
                peer.socket.recv(65536)
                peer.send_bytes(data)
                assert_unclean(one, status, words, code=1015)
                peer.end()
    return whole(subject, body)


def alerts():
    for number, words in {40: "handshake_failure", 70: "protocol_version", 80: "internal_error",
                          112: "unrecognized_name", 120: "no_application_protocol"}.items():
        alert = bytes([0x15, 3, 3, 0, 2, 2, number])
        tap.run(f"B026 the alert {words} in place of a handshake",
                says_before_tls(alert, "TLS_REFUSED", words))
        row("B026 and the next connection is none the worse", lambda peer: peer.answer(), opened())
    for data in b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"\0" * 40:
        tap.run(f"B026 {data[:20]!r} in place of a handshake",
                says_before_tls(data, "TLS_NOT_TLS", ""))
    asking = made.context(GOOD)
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(made.authority)

    def wants_certificate():
        """With TLS 1.3 the alert comes when the client has long gone on."""
        with RawServer(asking) as server:
            one = subject.open(url=server.url(host="localhost"), authorities=made.authority)
            with server.accept_plain() as peer:
                try:
                    peer.start_tls()
                    raise RuntimeError("it was let in")
                except ssl.SSLError:
                    pass
                name, words = one.next("error")
                assert name == "TLS_REFUSED" and "certificate_required" in words, (name, words)
                one.next("close")
    tap.run("B026 the alert that a certificate is required", whole(subject, wants_certificate))
    row("B026 and the next connection is none the worse", lambda peer: peer.answer(), opened())

    def shows_certificate():
        with RawServer(asking) as server:
            one = subject.open(url=server.url(host="localhost"), authorities=made.authority,
                               certificate=GOOD)
            with server.accept() as peer:
                assert ("commonName", "good") in peer.socket.getpeercert()["subject"][0]
                peer.open()
                one.expect("open", "")
                still_talks(peer, one)
    tap.run("B026 a certificate is required, and shown", whole(subject, shows_certificate))


def broken_records():
    def rubbish(peer, socket):
        peer.send_bytes(peer.answer())
        socket.expect("open", "")
        with sockets.socket(fileno=os.dup(peer.socket.fileno())) as below:
            below.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
            name, words = socket.next("error")
            assert name.startswith("TLS"), (name, words)
            close = socket.next("close")
            assert (close.code, close.clean) == (1006, False), close
    tap.run("B026 a record that was tampered with", conduct(subject, rubbish))
    row("B026 and the next connection is none the worse", lambda peer: peer.answer(), opened())


# B012, B013: truncation

def truncation():
    def cut_below(peer):
        """FIN without close_notify."""
        with sockets.socket(fileno=os.dup(peer.socket.fileno())) as below:
            below.shutdown(sockets.SHUT_WR)

    def while_open(peer, socket):
        assert_messages(socket, [("text", b"hello")])
        cut_below(peer)
        assert_unclean(socket, "CONNECTION_LOST", "")
    for name, data in {"between messages": hello(), "within a message": hello() + hello()[:4],
                       "within fragments": hello() + frame(TEXT, b"x", fin=False, mask=False)
                       }.items():
        tap.run(f"B012 FIN without close_notify, {name}", frames(subject, data, while_open))

    def notified(peer, socket):
        assert_messages(socket, [("text", b"hello")])
        peer.end_our_side()
        assert_unclean(socket, "CONNECTION_LOST", "without a Close frame")
    tap.run("B012 a close_notify is no Close either", frames(subject, hello(), notified))

    def within_head(peer, socket):
        peer.send_bytes(peer.answer()[:-2])
        cut_below(peer)
        assert_unclean(socket, "CONNECTION_LOST", "in the middle of its answer")
    tap.run("B013 within the head of the answer", conduct(subject, within_head))

    def without_answer(peer, socket):
        cut_below(peer)
        assert_unclean(socket, "CONNECTION_LOST", "without an answer")
    tap.run("B013 in place of an answer", conduct(subject, without_answer))

    def within_body(peer, socket):
        peer.send_bytes(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 100\r\n\r\nhalf")
        cut_below(peer)
        name, words = socket.next("error")
        assert "302" in words, (name, words)
        socket.next("close")
        subject.server.assert_nobody()
    tap.run("B013 within the body of an answer", conduct(subject, within_body))


def row(name, data_of, reaction):
    tap.run(name, answers(subject, data_of, reaction))


with made:
    row("P0 a good answer over TLS", lambda peer: peer.answer(), opened())
    certificates()
    old_tls()
    alerts()
    broken_records()
    truncation()
    tap.run("P0 the client ends well", subject.assert_ends_well)
tap.done()
