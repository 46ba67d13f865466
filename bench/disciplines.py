"""The disciplines: what is measured, cell by cell, and how one server is measured in one of them.

A cell's figure is a number of which less is better, and so is what else has a row of its own.
"""
import dataclasses
import json
import subprocess
import time

import figures
import peers
import servers


@dataclasses.dataclass(frozen=True)
class Cell:
    discipline: str
    title: str
    unit: str               # of its figure
    measure: object         # (cell, name, server, seconds, prepared) -> {"figure": ..., more}
    flags: tuple = ()       # of the servers
    size: int = 0
    in_flight: int = 1
    connections: int = 100
    beside: int = 0         # connections of others, which send without pause meanwhile
    more: tuple = ()        # arguments of hawser bench
    bare: str = ""          # the program that is the least possible, in build-bench/bench; or "codec"
    is_tcp_echo: bool = False  # and so io_uring has a bare form, too
    rows: tuple = ()        # of more that was measured: (key, title, unit)
    bar: float = 0          # wanted: at most so many times the better bare one; 0: nothing
    bun_bar: float = 0      # wanted: at most so many times Bun
    uws_bar: float = 0      # and so many times uWebSockets, in C++ or behind Node
    most: int = 0           # wanted: a figure of at most this
    prepare: object = None  # (cell, started, seconds) -> what `measure` is given as prepared
    is_long: bool = False   # it takes seconds: one round, among others
    is_heavy: bool = False  # and many connections: servers of its own, too


def is_bare(name):
    return name in peers.BARE


def load_flags(cell, name):
    return ["--raw"] * is_bare(name) + ["--tls"] * ("--tls" in cell.flags)


def answers_in_fragments(name, size):
    """Whether the echo comes in other frames than the message, which only a client understands."""
    return name == "lws" and size >= 1024 or name == "beast" and size > 65536


def bench_load(cell, name, server, seconds, prepared):
    """CPU of the server for a message that bench_load sent and got back."""
    if answers_in_fragments(name, cell.size):
        return echo(cell, name, server, seconds, prepared)
    flags = ["--connections", cell.connections, "--warm-up", 0.1]  # the last of its kind counts
    cost, rate = figures.measure(server, cell.size, cell.in_flight, seconds, *flags,
                                 *load_flags(cell, name))
    return {"figure": cost, "rate": rate}


def connect(cell, name, server, seconds, _):
    """CPU of the server for a WebSocket that opened and closed."""
    cost, rate = figures.run_load("bench_connect", server, max(1, seconds), "--connections",
                                  cell.connections, *["--tls"] * ("--tls" in cell.flags))
    return {"figure": cost, "rate": rate}


def bench_words(cell, server, seconds, path, *arguments):
    scheme = "wss" if "--tls" in cell.flags else "ws"
    words = [*servers.pin(1), servers.HAWSER, "bench", "--quiet", "--json", "--insecure",
             "-c", cell.connections, "--warm-up", "100ms", "--duration", f"{int(seconds * 1000)}ms",
             "--pid", server.pid, *cell.more, *arguments, f"{scheme}://127.0.0.1:{server.port}{path}"]
    return [str(word) for word in words]


def read_result(out, err):
    if not out:
        raise RuntimeError(err.strip())
    result = json.loads(out)
    if result["error_count"] > 0:
        raise RuntimeError("; ".join(f"{it['count']} {it['cause']}" for it in result["errors"]))
    if result["deflate"] and not result["deflate"]["agreed"]:
        raise RuntimeError("it takes no compression")
    return result


def run_bench(cell, server, seconds, path, *arguments):
    done = subprocess.run(bench_words(cell, server, seconds, path, *arguments), capture_output=True,
                          text=True, timeout=60)
    return read_result(done.stdout, done.stderr)


def compression_of(result):
    """What the server made of a hundred bytes that it sent."""
    it = result["deflate"]
    if not it:
        return {}
    if not it["received_bytes"]:
        raise RuntimeError("what it sends is not compressed")
    return {"ratio": 100 * it["received_compressed_bytes"] / it["received_bytes"]}


def cost_of(result):
    if not result["messages"]:
        raise RuntimeError("no message came back in time")
    return {**compression_of(result), "figure": result["server"]["cpu_ns_per_message"],
            "rate": result["messages_per_second"], "p50": result["latency"]["p50_ns"],
            "p99": result["latency"]["p99_ns"], "load": result["own"]["cpu_ns_per_message"]}


def codec(cell, seconds):
    """zlib alone on the same bytes, at the level that Hawser has by default."""
    level = cell.flags[-1] if "--level" in cell.flags else 1
    words = [*servers.pin(0), servers.BUILD / "bench/bench_deflate", cell.size, seconds, level]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    output = done.stdout.split()
    it = dict(zip(output[::2], map(float, output[1::2])))
    return {"figure": it["cpu_ns"], "ratio": 100 * it["packed_size"] / it["size"]}


def echo(cell, name, server, seconds, _):
    if is_bare(name) and cell.bare == "codec":
        return codec(cell, seconds)
    return cost_of(run_bench(cell, server, seconds, "/echo", "-s", cell.size, "-f", cell.in_flight))


def broadcast(cell, name, server, seconds, _):
    return cost_of(run_bench(cell, server, seconds, "/broadcast", "--mode", "listen",
                             "-s", cell.size))


def idle(cell, name, server, seconds, _):
    """Memory for each idle connection: of the server's process, and of the kernel for both ends."""
    few = dataclasses.replace(cell, connections=100)  # what the first ones alone cost is not counted
    run_bench(few, server, 0.1, "/echo", "--mode", "idle")
    before = most = figures.socket_memory()
    load = subprocess.Popen(bench_words(cell, server, 1, "/echo", "--mode", "idle"), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        give_up = time.monotonic() + 90
        while load.poll() is None and time.monotonic() < give_up:
            time.sleep(0.1)
            most = max(most, figures.socket_memory())
    finally:
        load.kill()
    result = read_result(*load.communicate())
    figure = {"figure": result["server"]["resident_per_connection"], "open": result["open"]}
    return {**figure, "kernel": (most - before) / cell.connections} if most else figure


def rate_of(cell, server, seconds):
    return run_bench(cell, server, seconds, "/echo", "-s", cell.size)["messages_per_second"]


def half_of_slowest(cell, started, seconds):
    """A rate that all of them can bear: half of what the slowest is capable of."""
    return int(min(rate_of(cell, server, seconds) for server in started.values()) / 2)


def latency_at(cell, server, seconds, rate):
    result = run_bench(cell, server, max(1, seconds), "/echo", "-s", cell.size, "-r", rate)
    if not result["messages"]:
        raise RuntimeError("no message came back in time")
    it = result["latency"]
    return {"figure": it["p99_ns"], "p50": it["p50_ns"], "p999": it["p999_ns"], "wanted_rate": rate,
            "rate": result["messages_per_second"]}


def latency_alike(cell, name, server, seconds, rate):
    """Of messages at the same rate for all, each counted from when it was due."""
    return latency_at(cell, server, seconds, rate)


def latency_at_own_half(cell, name, server, seconds, _):
    """The same at half the rate that this one is capable of."""
    return latency_at(cell, server, seconds, int(rate_of(cell, server, seconds) / 2))


BESIDE_SIZE, BESIDE_IN_FLIGHT, BESIDE_RATE = 16384, 16, 200


def latency_beside(cell, name, server, seconds, _):
    """Of one that sends little, beside many that send without pause: these have the load's core last."""
    if answers_in_fragments(name, BESIDE_SIZE):
        raise RuntimeError("it answers in fragments, which bench_load does not read")
    load = subprocess.Popen(["nice", "-n", "19", *figures.load_words(
        "bench_load", server, 60, "--connections", cell.beside, "--size", BESIDE_SIZE,
        "--in-flight", BESIDE_IN_FLIGHT)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(2)  # until all are open and under way
        if load.poll() is not None:
            raise RuntimeError(load.stderr.read().strip())
        result = latency_at(cell, server, max(2, seconds), BESIDE_RATE)
        if load.poll() is not None:
            raise RuntimeError("the others did not stay: " + load.stderr.read().strip())
        return result
    finally:
        load.kill()
        load.communicate()


def size_name(size):
    return f"{size} B" if size < 1024 else f"{size >> 10} KiB" if size < 1 << 20 else "1 MiB"


def make_echo():
    for size in (20, 125, 1024, 16384, 1 << 20):
        for connections in (1, 100, 1000):
            for in_flight in (1, 16):
                if size == 1 << 20 and (connections > 100 or in_flight > 1):
                    continue  # gigabytes in flight measure the memory
                count = 10 if size == 1 << 20 and connections == 100 else connections
                yield Cell("echo", f"{size_name(size)}, {in_flight} in flight, {count} conn.", "CPU ns",
                           bench_load, size=size, in_flight=in_flight, connections=count,
                           bare="bench_echo_bare", is_tcp_echo=True,
                           bar=1.05 if in_flight == 1 else 1.10,
                           bun_bar=0.6 if in_flight == 16 else 0.7 if size == 1 << 20 else 1,
                           uws_bar=0.9 if in_flight == 16 else 0.7 if size == 1 << 20 else 1)


def make_text():
    for size in (1024, 16384, 1 << 20):
        yield Cell("chinese", f"Chinese, {size_name(size)}", "CPU ns", echo, size=size,
                   in_flight=16 if size == 1024 else 1, connections=10,
                   more=("--content", "chinese"), bun_bar=0.5, uws_bar=0.5)


def make_tls():
    for size, in_flight in ((125, 1), (125, 16), (1024, 1), (1024, 16), (16384, 1)):
        yield Cell("wss", f"wss, {size_name(size)}, {in_flight} in flight", "CPU ns", bench_load,
                   flags=("--tls",), size=size, in_flight=in_flight, bare="bench_tls_bare", bar=1.10)


def make_deflate():
    json_text = ("--content", "json", "--deflate")
    ratio = (("ratio", "of 100 bytes there remain", "bytes"),)
    for flags, how in (((), ""), (("--level", "6"), ", Hawser at level 6")):
        for size, in_flight in ((1024, 16), (16384, 1)):
            yield Cell("deflate", f"JSON, compressed, {size_name(size)}, {in_flight} in flight{how}",
                       "CPU ns", echo, flags=("--deflate", *flags), size=size, in_flight=in_flight,
                       connections=10, more=json_text, rows=ratio, bare="codec", bar=1.10,
                       bun_bar=0.6 if flags else 0)
    yield Cell("deflate", "broadcast JSON, compressed, 1 KiB to 1,000", "CPU ns", broadcast, size=1024,
               flags=("--deflate",), connections=1001, more=json_text)


def make_memory(many):
    kernel = (("kernel", "and of the kernel, both ends", "bytes"),)
    for title, flags, most in (("idle", (), 256), ("idle over TLS", ("--tls",), 24 << 10),
                               ("idle, compressing", ("--deflate",), 0)):
        yield Cell("idle", f"{title}, {many:,} conn.", "bytes", idle, flags=flags, connections=many,
                   more=flags if "--deflate" in flags else (), rows=kernel, most=most, is_long=True, is_heavy=True,
                   bare="bench_answer_bare" if "--deflate" not in flags else "")


def make_all(many):
    yield from make_echo()
    yield from make_text()
    yield from make_tls()
    yield from make_deflate()
    for count in (1000, many):
        yield Cell("broadcast", f"broadcast 125 B to {count:,}", "CPU ns", broadcast, size=125,
                   connections=count + 1, bare="bench_answer_bare", bar=1.05, bun_bar=0.9, uws_bar=0.9,
                   is_long=count == many, is_heavy=count == many)
    quantiles = (("p50", "p50", "ns"), ("p999", "p99.9", "ns"))
    yield Cell("latency", "p99, 125 B, one rate for all", "ns", latency_alike, size=125,
               rows=quantiles, prepare=half_of_slowest, is_long=True)
    yield Cell("latency", "p99, 125 B, half of its own most", "ns", latency_at_own_half, size=125,
               rows=quantiles, is_long=True)
    yield Cell("latency", "p99, 20 B, beside 1,000 that send 16 KiB without pause", "ns",
               latency_beside, size=20, connections=1, beside=1000, rows=quantiles, is_long=True,
               is_heavy=True)
    yield from make_memory(many)
    for title, flags, count in (("connect and close", (), 100),
                                ("connect and close with TLS", ("--tls",), 16)):
        yield Cell("connect", title, "CPU ns", connect, flags=flags, connections=count,
                   bare="bench_answer_bare", is_long=True)


def select(names, sizes, many):
    return [cell for cell in make_all(many)
            if (not names or cell.discipline in names) and (not sizes or cell.size in sizes)]


def of_round(number, cells):
    """What takes seconds has one round, the first, unless nothing else was asked for."""
    short = [cell for cell in cells if not cell.is_long]
    return cells if number == 0 or not short else short
