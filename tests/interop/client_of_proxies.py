#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Our client and proxies that others wrote: tinyproxy (CONNECT, Basic), microsocks (SOCKS 5), and
tinyproxy behind nginx (CONNECT inside TLS), on the way to a server with TLS and to one without."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import neighbours  # noqa: E402
from lib.certificates import Certificates  # noqa: E402
from lib.nobody import port_of_nobody  # noqa: E402
from lib.tap import Tap  # noqa: E402
from lib.test_client import Client, data, letters  # noqa: E402

# Characters that mean something in a URL; tinyproxy knows but these three.
HTTP_PASSWORD, HTTP_ESCAPED = "p-a.s_s", "user:p%2Da.s%5Fs"
SOCKS_PASSWORD, SOCKS_ESCAPED = "p:@/?#%s ä", "user:p:%40%2F%3F%23%25s%20%C3%A4"

tap = Tap()
missing = [name for name in ("nginx", "tinyproxy", "microsocks") if not neighbours.is_there(name)]
if missing:
    tap.skip_all(f"no {', '.join(missing)}: script/bootstrap")


def equal(got, want):
    assert got == want, f"{got!r:.200}, and not {want!r:.200}"


def echoes(url, *options, variables=None):
    with Client(url, *options, variables=variables) as client:
        client.expect("open")
        client.send("letters 1000", "binary 1048576")
        client.expect_message(letters(1000))
        client.expect_message(data(1 << 20))
        client.send("close 1000")
        equal(client.closed().how, "clean")


def opened_by(proxy, asked_for):
    """It went through the proxy, and the proxy was asked for just that."""
    def body(url, *options, variables=None):
        before = len(proxy.requests())
        echoes(url, *options, variables=variables)
        equal(proxy.requests()[before:], [asked_for])
    return body


def untouched(proxy, body):
    def whole(*arguments, **named):
        before = proxy.requests()
        body(*arguments, **named)
        equal(proxy.requests(), before)
    return whole


def refused(status, *words):
    def body(url, *options, variables=None):
        with Client(url, *options, variables=variables) as client:
            closed = client.closed()
        equal(closed.status, status)
        for word in words:
            assert word in closed.cause, closed.cause
    return body


def answered(proxy, status, code):
    return refused(status, f"the proxy 127.0.0.1 port {proxy.port} answered {code}")


def nobody():
    """An address at which nobody listens."""
    return f"127.0.0.1:{port_of_nobody()}"


def run_http(ws, wss, trust, certificate):
    with neighbours.Tinyproxy() as proxy, \
            neighbours.Tinyproxy("user", HTTP_PASSWORD) as locked, \
            neighbours.Tinyproxy(to="1") as strict:
        def through(what, body, url, *options):
            tap.run(f"http: {what}", body, url, *options)

        connect = f"CONNECT {ws} HTTP/1.1"
        through("ws", opened_by(proxy, connect), f"ws://{ws}/echo", "--proxy", f"http://{proxy}")
        through("host:port alone", opened_by(proxy, connect), f"ws://{ws}/echo", "--proxy",
                str(proxy))
        through("wss, a name", opened_by(proxy, f"CONNECT {wss} HTTP/1.1"), f"wss://{wss}/echo",
                "--proxy", f"http://{proxy}", *trust)
        through("credentials that nobody asked for", echoes, f"ws://{ws}/echo", "--proxy",
                f"http://a:b@{proxy}")
        through("credentials", opened_by(locked, connect), f"ws://{ws}/echo", "--proxy",
                f"http://{HTTP_ESCAPED}@{locked}")
        through("wss with credentials", echoes, f"wss://{wss}/echo", "--proxy",
                f"http://{HTTP_ESCAPED}@{locked}", *trust)
        through("wrong credentials", answered(locked, "ERR_PROXY_AUTHENTICATION", "401"),
                f"ws://{ws}/echo", "--proxy", f"http://user:wrong@{locked}")
        through("no credentials", answered(locked, "ERR_PROXY_AUTHENTICATION", "407"),
                f"ws://{ws}/echo", "--proxy", f"http://{locked}")
        through("a port that it does not connect to",
                answered(strict, "ERR_PROXY", "403"), f"ws://{ws}/echo", "--proxy",
                f"http://{strict}")
        through("nobody behind it", answered(proxy, "ERR_PROXY", "500"),
                f"ws://{nobody()}/echo", "--proxy", f"http://{proxy}")
        through("a name that is none", answered(proxy, "ERR_PROXY", "500"),
                "ws://name.invalid/", "--proxy", f"http://{proxy}")
        through("no proxy there", refused("ERR_CONNECT_REFUSED"), f"ws://{ws}/echo", "--proxy",
                f"http://{nobody()}")
        through("a SOCKS proxy is wanted", refused("ERR_CONNECT_TIMEOUT", "proxy"),
                f"ws://{ws}/echo", "--proxy", f"socks5://{proxy}", "--connect-timeout", "500")
        through("none", untouched(proxy, echoes), f"ws://{ws}/echo", "--proxy", "none")
        run_https(proxy, ws, wss, trust, certificate)
        run_variables(proxy, ws)


def run_https(proxy, ws, wss, trust, certificate):
    with neighbours.Nginx({"proxy": [(certificate, "")]}, proxy, bytes=["proxy"]) as outside:
        there = f"https://{outside.at('proxy', 'localhost')}"
        tap.run("https: ws", opened_by(proxy, f"CONNECT {ws} HTTP/1.1"), f"ws://{ws}/echo",
                "--proxy", there, *trust)
        tap.run("https: wss, TLS in TLS", opened_by(proxy, f"CONNECT {wss} HTTP/1.1"),
                f"wss://{wss}/echo", "--proxy", there, *trust)
        tap.run("https: a proxy that is not trusted", refused("ERR_TLS_UNTRUSTED"),
                f"ws://{ws}/echo", "--proxy", there)


def run_variables(proxy, ws):
    """Names that do not exist: whoever looks them up says so.  This machine is never asked of a
    proxy."""
    asked = answered(proxy, "ERR_PROXY", "500")
    directly = untouched(proxy, refused("ERR_NAME"))

    def case(what, body, url, **variables):
        tap.run(f"variables: {what}", lambda: body(url, variables=variables))

    there = f"http://{proxy}"
    case("http_proxy", asked, "ws://name.invalid/", http_proxy=there)
    case("https_proxy", asked, "wss://name.invalid/", https_proxy=there)
    case("all_proxy", asked, "ws://name.invalid/", all_proxy=there)
    case("ALL_PROXY", asked, "ws://name.invalid/", ALL_PROXY=there)
    case("https_proxy is not for ws", directly, "ws://name.invalid/", https_proxy=there)
    case("HTTP_PROXY is nobody's", directly, "ws://name.invalid/", HTTP_PROXY=there)
    case("no_proxy", directly, "ws://name.invalid/", http_proxy=there, no_proxy="a.test,.invalid")
    case("no_proxy with another port", asked, "ws://name.invalid/", http_proxy=there,
         no_proxy="name.invalid:81")
    case("no_proxy for everybody", directly, "ws://name.invalid/", http_proxy=there, no_proxy="*")
    case("this machine", untouched(proxy, echoes), f"ws://{ws}/echo", http_proxy=there)


def run_socks(ws, wss, trust):
    with neighbours.Microsocks() as proxy, neighbours.Microsocks("user", SOCKS_PASSWORD) as locked:
        def through(what, body, url, *options):
            tap.run(f"socks5: {what}", body, url, *options)

        number = wss.rpartition(":")[2]
        through("ws", opened_by(proxy, f"connected to {ws}"), f"ws://{ws}/echo", "--proxy",
                f"socks5://{proxy}")
        through("a name that is looked up there", opened_by(proxy, f"connected to {wss}"),
                f"wss://{wss}/echo", "--proxy", f"socks5h://{proxy}", *trust)
        through("a name that is looked up here",
                opened_by(proxy, f"connected to 127.0.0.1:{number}"), f"wss://{wss}/echo",
                "--proxy", f"socks5://{proxy}", *trust)
        through("credentials", opened_by(locked, f"connected to {ws}"), f"ws://{ws}/echo",
                "--proxy", f"socks5h://{SOCKS_ESCAPED}@{locked}")
        through("credentials that nobody asked for", echoes, f"ws://{ws}/echo", "--proxy",
                f"socks5://a:b@{proxy}")
        through("wrong credentials", refused("ERR_PROXY_AUTHENTICATION", "refused the user"),
                f"ws://{ws}/echo", "--proxy", f"socks5://user:wrong@{locked}")
        through("no credentials", refused("ERR_PROXY_AUTHENTICATION", "no user is named"),
                f"ws://{ws}/echo", "--proxy", f"socks5://{locked}")
        through("nobody behind it", refused("ERR_PROXY", "the host refused the connection"),
                f"ws://{nobody()}/echo", "--proxy", f"socks5://{proxy}")
        through("a name that is none, there", answered(proxy, "ERR_PROXY", ""),
                "ws://name.invalid/", "--proxy", f"socks5h://{proxy}")
        through("a name that is none, here", refused("ERR_NAME"), "ws://name.invalid/", "--proxy",
                f"socks5://{proxy}")
        through("an http proxy is wanted", refused("ERR_PROXY_PROTOCOL"), f"ws://{ws}/echo",
                "--proxy", f"http://{proxy}")


has_ws = neighbours.is_there("node") and (HERE / "node_modules" / "ws").exists()
server_kind = neighbours.WsServer if has_ws else neighbours.WebsocketsServer
with Certificates() as made, server_kind() as server:
    pair = made.leaf("good", "DNS:localhost, IP:127.0.0.1")
    trusted = ["--authorities", made.authority]
    with neighbours.Nginx({"tls": [(pair, "")]}, server) as nginx:
        tls = nginx.at("tls", "localhost")
        run_http(str(server), tls, trusted, pair)
        run_socks(str(server), tls, trusted)
tap.done()
