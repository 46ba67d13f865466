#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our client and TLS as nginx speaks it, in front of npm's ws or Python's websockets: whom it
trusts, whom it does not and what it says then, certificates of clients, resumption."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import neighbours  # noqa: E402
from lib.certificates import FUTURE, PAST, Certificates  # noqa: E402
from lib.tap import Tap  # noqa: E402
from lib.test_client import Client, data, letters  # noqa: E402

tap = Tap()
if not neighbours.is_there("nginx"):
    tap.skip_all("no nginx: apt-get install nginx-light libnginx-mod-stream")


def equal(got, want):
    assert got == want, f"{got!r:.200}, and not {want!r:.200}"


def echoes(url, *options):
    with Client(url, *options) as client:
        client.expect("open")
        client.send("letters 1000", "binary 1048576")
        client.expect_message(letters(1000))
        client.expect_message(data(1 << 20))
        client.send("close 1000 bye")
        closed = client.closed()
        equal((closed.code, closed.how), (1000, "clean"))


def refused(status, *words):
    def body(url, *options):
        with Client(url, *options) as client:
            closed = client.closed()
        equal((closed.status, closed.code), (status, 1015 if status.startswith("ERR_TLS") else 1006))
        for word in words:
            assert word in closed.cause, closed.cause
    return body


def refused_by_http(url, *options):
    """nginx takes the connection, and answers in HTTP what is wrong with it."""
    with Client(url, *options) as client:
        closed = client.closed()
    equal((closed.status, closed.http_status), ("ERR_HANDSHAKE_STATUS", 400))
    assert "400" in closed.cause, closed.cause


def shows_its_certificate(url, *options):
    with Client(url, *options) as client:
        fields = set()
        while (text := client.next("message").text.split(" ", 3)[3]) != "":
            fields.add(text)
    assert "x-client: CN=somebody" in fields, fields


def resumes(version):
    def body(url, *options):
        with Client(url, "--steps", "--reconnect", "--retry-delay", "1", *options) as client:
            for _ in range(3):
                client.next("open")
                client.next("retry")
            steps = client.steps("tls")
        assert all(step.startswith(f"OK {version} ") for step in steps), steps
        equal([step.split()[2] for step in steps[:3]], ["full", "resumed", "resumed"])
    return body


def hears_the_end(url, *options):
    """close_notify, or not: the end without a Close frame is told as such."""
    with Client(url, *options) as client:
        client.expect("open")
        client.send("text now")
        closed = client.closed()
    equal((closed.code, closed.how), (1006, "lost"))


def plain_to_tls(url, *options):
    with Client(url, *options) as client:
        closed = client.closed()
    equal((closed.status, closed.http_status), ("ERR_HANDSHAKE_STATUS", 400))


def files(made):
    good = made.leaf("good", "DNS:localhost, IP:127.0.0.1")
    made.root("others")
    return {
        "good": [(good, "")],
        "1.2": [(good, "ssl_protocols TLSv1.2;")],
        "1.3": [(good, "ssl_protocols TLSv1.3;")],
        "tickets": [(good, "ssl_protocols TLSv1.2; ssl_session_cache none;")],
        "wildcard": [(made.leaf("wildcard", "DNS:*.example.com"), "")],
        "other name": [(made.leaf("other-name", "DNS:other.example, IP:127.0.0.2"), "")],
        "others": [(made.leaf("of-others", "DNS:localhost, IP:127.0.0.1", authority="others"), "")],
        "expired": [(made.leaf("expired", "DNS:localhost, IP:127.0.0.1", PAST), "")],
        "future": [(made.leaf("future", "DNS:localhost, IP:127.0.0.1", FUTURE), "")],
        "self-signed": [(made.root("self-signed", "DNS:localhost, IP:127.0.0.1"), "")],
        "for clients": [(good, "ssl_protocols TLSv1.3; ssl_verify_client on; "
                         f"ssl_client_certificate {made.authority};")],
        "two": [(made.leaf("one", "DNS:one.example"), "server_name one.example;"),
                (made.leaf("two", "DNS:two.example"), "server_name two.example;")],
    }


def run_all(made, nginx, server):
    trust = ["--authorities", made.authority]
    others = ["--authorities", str(made.path / "others.pem")]
    somebody = made.leaf("somebody", "DNS:somebody")
    stranger = made.leaf("stranger", "DNS:stranger", authority="others")
    untrusted = refused("ERR_TLS_UNTRUSTED")

    def case(what, body, site, *options, path="/echo", host="localhost"):
        tap.run(what, body, f"wss://{nginx.at(site, host)}{path}", *options)

    case("a name", echoes, "good", *trust)
    case("an address", echoes, "good", *trust, host="127.0.0.1")
    case("TLS 1.2", echoes, "1.2", *trust)
    case("TLS 1.3", echoes, "1.3", *trust)
    case("a wildcard", echoes, "wildcard", *trust, "--name", "www.example.com")
    case("a wildcard, two labels", refused("ERR_TLS_NAME", "a.b.example.com"), "wildcard", *trust,
         "--name", "a.b.example.com")
    case("SNI: the first name", echoes, "two", *trust, "--name", "one.example")
    case("SNI: the second name", echoes, "two", *trust, "--name", "two.example")
    case("SNI: another name", refused("ERR_TLS_NAME", "three.example"), "two", *trust, "--name",
         "three.example")
    case("an authority that the system does not know", untrusted, "good")
    case("another authority", untrusted, "good", *others)
    case("the other authority's server", untrusted, "others", *trust)
    case("another name", refused("ERR_TLS_NAME", "localhost", "other.example"), "other name",
         *trust)
    case("another address", refused("ERR_TLS_NAME", "127.0.0.1"), "other name", *trust,
         host="127.0.0.1")
    case("another name that is meant", echoes, "other name", *trust, "--name", "other.example")
    case("expired", refused("ERR_TLS_EXPIRED", "2001"), "expired", *trust)
    case("not valid yet", refused("ERR_TLS_EXPIRED", "2098"), "future", *trust)
    case("signed by itself", untrusted, "self-signed", *trust)
    case("signed by itself, and trusted", echoes, "self-signed", "--authorities",
         str(made.path / "self-signed.pem"))
    case("signed by itself, whatever it says", echoes, "self-signed", "--insecure")
    case("expired, whatever it says", echoes, "expired", "--insecure")
    case("another name, whatever it says", echoes, "other name", "--insecure")
    case("no certificate where one is required", refused_by_http, "for clients", *trust)
    case("a certificate where one is required", echoes, "for clients", *trust, "--certificate",
         somebody)
    case("it is ours", shows_its_certificate, "for clients", *trust, "--certificate", somebody,
         path="/headers")
    case("a certificate of another authority", refused_by_http, "for clients", *trust,
         "--certificate", stranger)
    case("a certificate that nobody asked for", echoes, "good", *trust, "--certificate", somebody)
    again = {"path": "/close?code=1012&reason=again"}
    case("resumed, TLS 1.2", resumes("TLSv1.2"), "1.2", *trust, **again)
    case("resumed, TLS 1.2 with tickets alone", resumes("TLSv1.2"), "tickets", *trust, **again)
    case("resumed, TLS 1.3", resumes("TLSv1.3"), "1.3", *trust, **again)
    case("resumed with a certificate", resumes("TLSv1.3"), "for clients", *trust, "--certificate",
         somebody, **again)
    case("ended without a Close frame", hears_the_end, "good", *trust, path="/terminate")
    tap.run("no TLS at all", refused("ERR_TLS_NOT_TLS"), f"wss://{server}/echo", *trust)
    tap.run("ws to a port of wss", plain_to_tls, f"ws://{nginx.at('good')}/echo")


has_ws = neighbours.is_there("node") and (HERE / "node_modules" / "ws").exists()
server_kind = neighbours.WsServer if has_ws else neighbours.WebsocketsServer
with Certificates() as made, server_kind() as server, \
        neighbours.Nginx(files(made), server) as nginx:
    run_all(made, nginx, server)
tap.done()
