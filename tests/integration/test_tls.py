#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""TLS over real sockets: the rows B of bad input as far as they are a server's, certificates that
are renewed and chosen by name, clients with certificates."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.certificates import PAST, Certificates  # noqa: E402
from lib.client_hello import (ALERT, DECODE_ERROR, HANDSHAKE, HANDSHAKE_FAILURE,  # noqa: E402
                              NO_APPLICATION_PROTOCOL, PROTOCOL_VERSION, TLS_1_0, TLS_1_1,
                              UNRECOGNIZED_NAME, client_hello, extension, protocols, record,
                              records, server_name, vector)
from lib.rawws import BINARY, TEXT, ConnectionEnded, Frame, frame  # noqa: E402
from lib.reaction import PATIENCE_S, Subject  # noqa: E402
from lib.tap import Tap  # noqa: E402
from lib.tls import insecure, put, trusting  # noqa: E402

tap = Tap()
if not shutil.which("openssl"):
    tap.skip_all("no openssl command")

LISTEN = "https://localhost:0"
HERE = "DNS:localhost,IP:127.0.0.1,IP:::1"
MIB = 1 << 20


def plain_socket(subject):
    it = socket.create_connection((subject.host, subject.port), PATIENCE_S)
    it.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return it


def read_to_end(it):
    """All that comes until the server ends the connection."""
    data = b""
    try:
        while more := it.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data


def say(subject, data):
    """What the server answers to these bytes, to the end."""
    with plain_socket(subject) as it:
        try:
            it.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_to_end(it)


def assert_alert(data, *alerts):
    found = [content[1] for kind, content in records(data) if kind == ALERT]
    assert found and found[-1] in alerts, f"alerts {found} and not one of {alerts} in {data!r:.200}"


def assert_server_hello(subject, hello):
    """The answer goes on: a ServerHello, and a connection that waits for us."""
    with plain_socket(subject) as it:
        it.sendall(hello)
        kind, content = records(it.recv(65536))[0]
        assert kind == HANDSHAKE and content[0] == 2, (kind, content)
        return content


def echoes(ws, text="hello"):
    ws.send_text(text)
    assert ws.receive_message().payload == text.encode()


# Who does not speak TLS, or does not go on

def plain_http(subject):
    """B001, D033: nothing of the server is reached."""
    for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n",
                 b"CONNECT a:1 HTTP/1.1\r\n\r\n", b"\r\n" * 20, b"\0" * 600, b"PRI * HTTP/2.0\r\n"):
        answer = say(subject, data)  # and not when its time for a handshake is over: that is long
        assert not answer.startswith(b"HTTP/1.1 2") and b"101" not in answer, answer


def upgrade_without_tls(subject):
    """D033: ws:// to an address that is wss:// alone."""
    with subject.socket(tls=None) as ws:
        ws.send_bytes(ws.request("/echo"))
        answer = read_to_end(ws.socket)
        assert b"101" not in answer, answer


def tls_on_a_plain_port(subject):
    """B002."""
    answer = say(subject, client_hello(server_name(b"localhost")))
    assert answer.startswith(b"HTTP/1.1 400 "), answer


def dribbled_hello(subject):
    """B003: a byte now and then buys no time: it is 10 s in all."""
    hello, start = client_hello(), time.monotonic()
    with plain_socket(subject) as it:
        it.settimeout(0.4)
        for byte in hello:
            try:
                it.sendall(bytes([byte]))
                if not it.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            raise AssertionError("it was let dribble")
        took = time.monotonic() - start
    assert took > 9, f"after {took:.1f} s already"


def huge_hello(subject):
    """B004: what is only announced costs nothing."""
    before = subject.resident_size()
    held = []
    for _ in range(50):
        it = plain_socket(subject)
        it.sendall(record(HANDSHAKE, b"\1\xff\xff\xff" + client_hello()[9:]))
        held.append(it)
    for it in held:
        assert_alert(read_to_end(it), DECODE_ERROR, 47, 10)
        it.close()
    if not subject.is_sanitized():
        assert subject.resident_size() - before < 4 * MIB


def names_that_are_none(subject):
    """B006: unknown, absent, 255 and 256 bytes, NUL, empty, twice."""
    for name in (b"unknown.example", b"x" * 255, b""):
        assert_server_hello(subject, client_hello(server_name(name)))
    assert_server_hello(subject, client_hello())
    for name in (b"x" * 256, b"local\0host", b"x" * 5000):
        assert_alert(say(subject, client_hello(server_name(name))), UNRECOGNIZED_NAME, DECODE_ERROR)
    assert_alert(say(subject, client_hello(server_name(b"a"), server_name(b"b"))), DECODE_ERROR, 47)
    for torn in (b"\0", b"\0\5\0", b"\0\1\0\0", vector(2, b"\1" + vector(2, b"other"))):
        data = say(subject, client_hello(extension(0, torn)))
        assert_alert(data, DECODE_ERROR, UNRECOGNIZED_NAME)


def old_versions(subject):
    """B008: TLS 1.1 and before, export, NULL, RC4, 3DES, without forward secrecy, CBC."""
    for version in (0x0300, TLS_1_0, TLS_1_1):
        assert_alert(say(subject, client_hello(version=version)), PROTOCOL_VERSION,
                     HANDSHAKE_FAILURE)
    for cipher in (0x0002, 0x0003, 0x0005, 0x000A, 0x002F, 0x009C, 0xC006, 0xC007, 0xC008, 0xC009,
                   0xC023, 0x0034, 0x00A6):
        assert_alert(say(subject, client_hello(ciphers=[cipher])), HANDSHAKE_FAILURE)
    # SSL 2, as it was.
    assert say(subject, b"\x80\x2e\x01\x00\x02" + bytes(43))[:1] != b"\x16"


def compression(subject):
    """B008: whoever offers it does not get it."""
    content = assert_server_hello(subject, client_hello(compressions=b"\1\0"))
    body = content[4:]
    session_end = 35 + body[34]
    assert body[session_end + 2] == 0, "compressed"


# What is said within TLS

def s_client(subject, version, command, word, times):
    """openssl s_client, told a one-letter command so many times, or until it ends: what it wrote.

    It takes what it reads at once for one command, so the next waits for the `word` that it says to
    the last."""
    process = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"{subject.host}:{subject.port}", version],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = b""
    try:
        for count in range(times):
            process.stdin.write(command + b"\n")
            process.stdin.flush()
            while output.count(word) <= count:
                line = process.stdout.readline()
                if not line:
                    return output
                output += line
        return output + process.stdout.read()
    except BrokenPipeError:
        return output + process.stdout.read()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def renegotiation(subject):
    """B009: the first is one too many."""
    output = s_client(subject, "-tls1_2", b"R", b"RENEGOTIATING", 1)
    assert b"RENEGOTIATING" in output, output


def key_updates(subject):
    """B010: a few are let pass, a flood is not, once the server has time to see it."""
    count = s_client(subject, "-tls1_3", b"k", b"KEYUPDATE", 100_000).count(b"KEYUPDATE")
    assert 30 <= count < 100_000, f"{count} key updates"


def truncated_message(subject):
    """B012: a FIN without close_notify is no end: half a message is dropped, nothing is answered."""
    ws = subject.connect("/echo")
    ws.send_frame(TEXT, b"half", fin=False)
    socket.socket.shutdown(ws.socket, socket.SHUT_WR)
    assert read_to_end_of_tls(ws) == b""
    ws.end()


def read_to_end_of_tls(ws):
    try:
        return ws.socket.recv(65536)
    except (ssl.SSLError, ConnectionResetError):
        return b""


def truncated_request(subject):
    """B013: half of a head, and half of a body, are not looked at."""
    for data in (b"GET /echo HTTP/1.1\r\nHost: localhost\r\n",
                 b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"):
        with subject.socket() as ws:
            ws.send_bytes(data)
            socket.socket.shutdown(ws.socket, socket.SHUT_WR)
            assert read_to_end_of_tls(ws) == b""


def alpn(subject):
    """B015, B017."""
    unknown = say(subject, client_hello(protocols(b"h2", b"http/1.0")))
    assert_alert(unknown, NO_APPLICATION_PROTOCOL)
    for offered, chosen in ((["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"),
                            ([], None)):
        context = insecure()
        context.set_alpn_protocols(offered)
        with subject.connect("/echo", tls=context) as ws:
            assert ws.socket.selected_alpn_protocol() == chosen
            echoes(ws)


def large_messages(subject):
    """B021: more than any buffer holds, both ways at once, in both versions."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = insecure()
        context.minimum_version = context.maximum_version = version
        with subject.connect("/echo", tls=context) as ws:
            payload = os.urandom(MIB) * 8
            ws.send_frame(BINARY, payload)
            assert ws.receive_message().payload == payload


def many_in_one_record(subject):
    """B022: what is left inside of OpenSSL is read without the kernel's help."""
    with subject.connect("/echo") as ws:
        ws.send_bytes(b"".join(frame(TEXT, b"%d" % i) for i in range(500)))  # one record or two
        for i in range(500):
            assert ws.receive() == Frame(TEXT, b"%d" % i)
        data = b"".join(frame(TEXT, b"y" * 40_000) for _ in range(20))  # many, in one go
        ws.send_bytes(data)
        for _ in range(20):
            assert ws.receive().payload == b"y" * 40_000
    with subject.socket() as ws:  # a message right behind the request for the upgrade
        ws.send_bytes(ws.request("/echo") + frame(TEXT, b"early"))
        assert ws.receive_answer().status == 101
        assert ws.receive() == Frame(TEXT, b"early")


def record_flood(subject):
    """B023: records of one byte; the canary is served meanwhile."""
    data = b"".join(frame(TEXT, b"x") for _ in range(800))
    with subject.connect("/echo") as ws:
        for i, byte in enumerate(data):
            ws.socket.send(bytes([byte]))
            if i % 1000 == 0:
                subject.canary.send_text("meanwhile")
                assert subject.canary.receive_message().payload == b"meanwhile"
        for _ in range(800):
            assert ws.receive() == Frame(TEXT, b"x")


def fatal_alerts(subject):
    """B026: in clear and encrypted, at any point: nobody else's errors."""
    alert = record(ALERT, bytes([2, HANDSHAKE_FAILURE]))
    hello = client_hello()
    for data in (alert, hello + alert, hello[:20] + alert, hello + record(ALERT, bytes([1, 0])),
                 hello + record(ALERT, b"\2"), hello + record(20, b"\1") + alert):
        with plain_socket(subject) as it:
            it.sendall(data)
            with subject.connect("/echo") as ws:
                echoes(ws)
    for _ in range(3):
        try:  # who does not trust us says so, encrypted
            subject.socket(tls=ssl.create_default_context())
            raise AssertionError("trusted")
        except ssl.SSLCertVerificationError:
            pass
        with subject.connect("/echo") as ws:
            echoes(ws)


def resumed(context, subject, session=None, name=None):
    """Whether a session is taken, and the one that follows it (TLS 1.3 tells it with the data)."""
    with subject.connect("/echo", tls=context, session=session, name=name) as ws:
        echoes(ws)
        return ws.socket.session_reused, ws.socket.session


def resumption(subject):
    """B019: taken under the name it was got under, by the server it was got from."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = insecure()
        context.minimum_version = context.maximum_version = version
        was, session = resumed(context, subject)
        assert not was
        was, session = resumed(context, subject, session)
        assert was, f"{version} is not resumed"
        assert not resumed(context, subject, session, "other.example")[0]
        with Subject("--self-signed", listen=LISTEN, tls=context) as stranger:
            assert not resumed(context, stranger, session)[0]
            stranger.canary.end()


def closes_when_told(subject):
    """SIGTERM: 1012 inside of TLS, close_notify behind it."""
    with Subject("--self-signed", listen=LISTEN, tls=insecure()) as other:
        with other.connect("/echo") as ws:
            other.signal(signal.SIGTERM)
            assert ws.receive_close().code == 1012
            ws.send_close(1012)
            assert ws.socket.recv(1) == b""  # not an error: it was close_notify
        other.canary.send_close(1012)
        assert other.wait() == 0


# Certificates; each is in one file with its key, which is also in one of its own

def key_of(certificate):
    return certificate.removesuffix(".pem") + ".key"


def shown(subject, context, name=None):
    with subject.socket(tls=context, name=name) as ws:
        return dict(pair[0] for pair in ws.socket.getpeercert()["subject"])["commonName"]


def await_shown(subject, context, wanted):
    end = time.monotonic() + PATIENCE_S
    while shown(subject, context) != wanted:
        assert time.monotonic() < end, f"{wanted} is not shown"
        time.sleep(0.1)


def chosen_by_name(made):
    """B006: exact names, wildcards, and the first for all others."""
    one = made.leaf("one", HERE + ",DNS:one.example")
    two = made.leaf("two", "DNS:two.example,DNS:*.two.example")
    loose = trusting(made.authority)
    loose.check_hostname = False
    with Subject("--certificate", one, "--key", key_of(one), "--certificate", two, "--key",
                 key_of(two), listen=LISTEN, tls=trusting(made.authority)) as it:
        for name, wanted in (("one.example", "one"), ("two.example", "two"),
                             ("a.two.example", "two"), ("a.b.two.example", "one"),
                             ("unknown.example", "one"), ("localhost", "one")):
            assert shown(it, loose, name) == wanted, name
        it.assert_unharmed()
        it.assert_ends_well()


def renewed(made):
    """B024: the old one stays until a good one is there, and connections stay throughout."""
    old, new = made.leaf("old", HERE), made.leaf("new", HERE)
    certificate, key = str(made.path / "live.pem"), str(made.path / "live.key")
    put(old, certificate)
    put(key_of(old), key)
    context = trusting(made.authority)
    with Subject("--certificate", certificate, "--key", key, "--log-level", "info", listen=LISTEN,
                 tls=context) as it:
        assert shown(it, context) == "old"
        put(new, certificate)  # the key has yet to come
        end = time.monotonic() + PATIENCE_S
        while "does not belong" not in it.log_so_far():  # files are looked at once a second
            assert shown(it, context) == "old"
            assert time.monotonic() < end, it.log_so_far()
            time.sleep(0.1)
        assert shown(it, context) == "old"
        pathlib.Path(certificate).write_text("-----BEGIN CERTIFICATE-----\nMII",
                                             encoding="ascii")  # half of it, just now
        assert shown(it, context) == "old"
        put(key_of(new), key)
        put(new, certificate)
        await_shown(it, context, "new")
        it.assert_unharmed()
        it.canary.end()
        it.stop()
        errors = it.errors.splitlines()
        kept = [line for line in errors if "does not belong to the certificate" in line]
        assert len(kept) == 1 and "stays in use" in kept[0], it.errors
        assert sum("live.pem: renewed, valid until 20" in line for line in errors) == 1, it.errors


def renewed_in_one_file(made):
    old, new = made.leaf("old", HERE), made.leaf("new", HERE)
    live = str(made.path / "live file.pem")
    put(old, live)
    context = trusting(made.authority)
    with Subject("--certificate", live, listen=LISTEN, tls=context) as it:
        assert shown(it, context) == "old"
        put(new, live)
        await_shown(it, context, "new")
        it.assert_unharmed()
        it.assert_ends_well()


def comes_in(subject, context):
    """The refusal comes behind the client's side of the handshake."""
    try:
        with subject.connect("/echo", tls=context) as ws:
            echoes(ws)
        return True
    except (ssl.SSLError, ConnectionError, ConnectionEnded):
        return False


def asking(made, authorities, good, *options):
    """A server that wants certificates of its clients; its canary has a good one."""
    own = made.leaf("own", HERE)
    return Subject("--certificate", own, "--client-authorities", authorities, *options,
                   listen=LISTEN, tls=trusting(made.authority, good))


def clients_with_certificates(made):
    """B018: expired, another's; none."""
    made.root("stranger")
    good, late = made.leaf("good", HERE), made.leaf("late", HERE, valid=PAST)
    strange = made.leaf("strange", HERE, authority="stranger")
    for whether, none in (("required", False), ("asked", True)):
        with asking(made, made.authority, good, "--client-certificate", whether) as it:
            assert comes_in(it, trusting(made.authority, good))
            assert comes_in(it, trusting(made.authority)) == none
            assert not comes_in(it, trusting(made.authority, late))
            assert not comes_in(it, trusting(made.authority, strange))
            it.assert_unharmed()
            it.assert_ends_well()


def chains_that_are_too_long(made):
    """B018: a hundred certificates, and one of 64 KiB."""
    good, many = made.leaf("good", HERE), made.leaf("many", HERE)
    path = pathlib.Path(many)
    path.write_text(path.read_text() * 100)
    large = made.leaf("large", ",".join(f"DNS:{i:030}.example" for i in range(1700)))
    assert os.path.getsize(large) > 64 * 1024
    with asking(made, made.authority, good) as it:
        before = it.resident_size()
        for pair in (many, large):
            for _ in range(10):
                assert not comes_in(it, trusting(made.authority, pair))
        if not it.is_sanitized():
            assert it.resident_size() - before < 4 * MIB
        it.assert_unharmed()
        it.assert_ends_well()


def sessions_of_other_authorities(made):
    """B019: what was found good by others is looked at anew (CVE-2025-68121)."""
    other, good = made.root("other"), made.leaf("good", HERE)
    trusted = str(made.path / "clients.pem")
    put(made.authority, trusted)
    context = trusting(made.authority, good)
    with asking(made, trusted, good) as it:
        _, session = resumed(context, it)
        was, session = resumed(context, it, session)
        assert was
        put(other, trusted)
        end = time.monotonic() + PATIENCE_S
        with contextlib.suppress(ssl.SSLError, ConnectionError, ConnectionEnded):
            while True:  # files are looked at once a second
                resumed(context, it, session)
                assert time.monotonic() < end, "was let in"
                time.sleep(0.1)
        it.canary.end()
        it.stop()


def with_certificates(body):
    with Certificates() as made:
        body(made)


def rows(subject, bodies):
    def whole(body):
        body(subject)
        subject.assert_unharmed()

    for name, body in bodies.items():
        tap.run(name, whole, body)
    tap.run("P0 the server ends well", subject.assert_ends_well)


rows(Subject(), {"B002 a ClientHello on the plain port": tls_on_a_plain_port})
rows(Subject("--self-signed", "--handshake-timeout", "1h", listen=LISTEN, tls=insecure()), {
    "B001 plain HTTP on the TLS port": plain_http,
})
rows(Subject("--self-signed", listen=LISTEN, tls=insecure()), {
    "B004 a ClientHello of 16 MiB": huge_hello,
    "B006 names that are none": names_that_are_none,
    "B008 old versions and weak ciphers": old_versions,
    "B008 compression": compression,
    "B009 renegotiation": renegotiation,
    "B010 key updates": key_updates,
    "B012 truncation of a message": truncated_message,
    "B013 truncation of a request": truncated_request,
    "B015 B017 ALPN": alpn,
    "B019 resumption": resumption,
    "B021 large messages both ways": large_messages,
    "B022 many messages in one record": many_in_one_record,
    "B023 records of one byte": record_flood,
    "B026 fatal alerts": fatal_alerts,
    "D033 a WebSocket without TLS": upgrade_without_tls,
    "1012 inside of TLS": closes_when_told,
    "B003 a ClientHello, byte by byte": dribbled_hello,
})
for title, test in {
    "B006 certificates chosen by name": chosen_by_name,
    "B018 clients with certificates": clients_with_certificates,
    "B018 chains that are too long": chains_that_are_too_long,
    "B019 sessions of other authorities": sessions_of_other_authorities,
    "B024 a renewed pair": renewed,
    "B024 a renewed pair in one file": renewed_in_one_file,
}.items():
    tap.run(title, with_certificates, test)
tap.done()
