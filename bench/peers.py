"""The servers that bench/run compares: ours, the bare ones, and those of others."""
import os
import subprocess

import servers

FOLDER = servers.BUILD / "peers"
HERE = servers.ROOT / "bench"


def command(name, *flags):
    return [FOLDER / name, *flags]


def hawser(backend):
    return lambda *flags: ["env", f"HAWSER_BACKEND={backend}", servers.BUILD / "bench/bench_server",
                           *flags]


# name -> its command, of the flags --tls, --deflate and --level; who cannot do one of the first two
# is left out there, and only Hawser knows the last.  The bare ones differ from cell to cell.
PEERS = {
    "bare": lambda *flags: [servers.BUILD / "bench/bench_echo_bare"],
    "bare-uring": lambda *flags: [servers.BUILD / "bench/bench_echo_uring"],
    "frames": lambda *flags: [servers.BUILD / "bench/bench_frame_bare"],
    "hawser": hawser("epoll"),
    "hawser-uring": hawser("io_uring"),
    "bun": lambda *flags: [FOLDER / "node_modules/.bin/bun", HERE / "peers/bun.js", *flags],
    "uws": lambda *flags: command("uws", *flags),
    "uwsjs": lambda *flags: ["node", HERE / "peers/uwsjs.js", *flags],
    "ws": lambda *flags: ["node", HERE / "peers/ws.js", *flags],
    "lws": lambda *flags: command("lws", *flags),
    "beast": lambda *flags: command("beast", *flags),
    "wslay": lambda *flags: command("wslay", *flags),
    "websockets": lambda *flags: ["/usr/bin/python3", HERE / "peers/websockets.py", *flags],
}
BARE = ("bare", "bare-uring")
NO_SERVER = (*BARE, "frames")  # what nobody would run: not among those that Hawser is compared with
UWS = ("uws", "uwsjs")  # Bun's is a uWebSockets of its own
WITHOUT = {"--tls": ("wslay",), "--deflate": ("wslay", "uws")}  # uws only inflates
TITLES = {"bare": "bare", "bare-uring": "bare io_uring", "frames": "bare frames", "hawser": "Hawser",
          "hawser-uring": "Hawser, io_uring", "bun": "Bun (uWebSockets)",
          "uws": "uWebSockets 0.14", "uwsjs": "uWebSockets.js", "ws": "ws",
          "lws": "libwebsockets", "beast": "Boost.Beast", "wslay": "wslay",
          "websockets": "websockets"}


def exists(name):
    """Whether it has been built; what has not is left out, and said to be."""
    program = PEERS[name]()[0]
    if name == "hawser-uring":
        text = (servers.ROOT / "src/loop").glob("backend_uring*")
        return any(text)
    return "/" not in str(program) or os.path.exists(program)


def can(name, cell):
    if name in NO_SERVER:
        return bool(cell.bare) if name == "bare" else cell.is_tcp_echo
    return not any(name in WITHOUT.get(flag, ()) for flag in cell.flags)


def start(name, cell):
    os.environ.setdefault("BENCH_MODULES", str(FOLDER / "node_modules"))
    os.environ.setdefault("BENCH_CERTIFICATE", str(FOLDER / "certificate.pem"))
    os.environ.setdefault("BENCH_KEY", str(FOLDER / "key.pem"))
    if name == "bare" and cell.bare == "codec":
        return servers.Nobody()
    words = PEERS[name](*cell.flags)
    if name == "bare":
        words = [servers.BUILD / "bench" / cell.bare, *cell.flags]
    return servers.Server(words, core=0)


def first_line(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    return (done.stdout or done.stderr).split("\n")[0].strip()


def debian(package):
    return first_line("dpkg-query", "-W", "-f", "${Version}", package)


def on_node(module):
    return first_line("node", "-p", f"require('{FOLDER}/node_modules/{module}/package.json').version") \
        + " on Node " + first_line("node", "--version")


def versions(names):
    """name -> what it was, for those that have versions of their own."""
    known = {
        "hawser": lambda: first_line(servers.HAWSER, "--version") + ", "
                  + first_line("git", "-C", servers.ROOT, "describe", "--always", "--dirty"),
        "bun": lambda: first_line(FOLDER / "node_modules/.bin/bun", "--version"),
        "uws": lambda: "npm's uws 10.148.0",
        "uwsjs": lambda: on_node("@trufflesuite/uws-js-unofficial"),
        "ws": lambda: on_node("ws"),
        "lws": lambda: debian("libwebsockets-dev"),
        "beast": lambda: "Boost " + debian("libboost-dev"),
        "wslay": lambda: debian("libwslay-dev"),
        "websockets": lambda: debian("python3-websockets") + " on "
                      + first_line("/usr/bin/python3", "--version"),
    }
    return {name: known[name]() for name in names if name in known}
