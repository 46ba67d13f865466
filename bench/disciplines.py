"""The disciplines: what is measured, cell by cell, and how one server is measured in one of them.

A cell's figure is a number of which less is better, but for what is named as a rate.
"""
import dataclasses
import json
import subprocess

import figures
import peers
import servers


@dataclasses.dataclass(frozen=True)
class Cell:
    discipline: str
    title: str
    unit: str              # of its figure
    measure: object        # (cell, name, server, seconds) -> {"figure": ..., more}
    flags: tuple = ()      # of the servers
    size: int = 0
    in_flight: int = 1
    connections: int = 100
    more: tuple = ()       # arguments of hawser bench
    with_bare: bool = False


def bench_load(cell, name, server, seconds):
    """CPU of the server for a message that bench_load sent and got back."""
    flags = ["--connections", str(cell.connections)]  # the last of its kind counts
    flags += ["--raw"] * (name in peers.BARE) + ["--tls"] * ("--tls" in cell.flags)
    cost, rate = figures.measure(server, cell.size, cell.in_flight, seconds, *flags)
    return {"figure": cost, "rate": rate}


def bench_large(cell, name, server, seconds):
    """The same where a server may answer in other fragments, which bench_load does not know."""
    return (bench_load if name in peers.BARE else echo)(cell, name, server, seconds)


def run_bench(cell, server, seconds, path, *arguments):
    scheme = "wss" if "--tls" in cell.flags else "ws"
    words = ["taskset", "-c", "1", servers.HAWSER, "bench", "--quiet", "--json", "--insecure",
             "-c", cell.connections, "--warm-up", "200ms", "--duration", f"{int(seconds * 1000)}ms",
             "--pid", server.pid, *cell.more, *arguments, f"{scheme}://127.0.0.1:{server.port}{path}"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if not done.stdout:
        raise RuntimeError(done.stderr.strip())
    result = json.loads(done.stdout)
    if result["error_count"] > 0:
        raise RuntimeError("; ".join(f"{it['count']} {it['cause']}" for it in result["errors"]))
    if result["deflate"] and not result["deflate"]["agreed"]:
        raise RuntimeError("it takes no compression")
    return result


def compression_of(result):
    """What the server made of a byte that it sent."""
    it = result["deflate"]
    if not it:
        return {}
    if not it["received_bytes"]:
        raise RuntimeError("what it sends is not compressed")
    return {"ratio": it["received_compressed_bytes"] / it["received_bytes"]}


def cost_of(result):
    if not result["messages"]:
        raise RuntimeError("no message came back in time")
    return {**compression_of(result), "figure": result["server"]["cpu_ns_per_message"],
            "rate": result["messages_per_second"], "p50": result["latency"]["p50_ns"],
            "p99": result["latency"]["p99_ns"], "load": result["own"]["cpu_ns_per_message"]}


def echo(cell, name, server, seconds):
    return cost_of(run_bench(cell, server, seconds, "/echo", "-s", cell.size, "-f", cell.in_flight))


def broadcast(cell, name, server, seconds):
    return cost_of(run_bench(cell, server, seconds, "/broadcast", "--mode", "listen",
                             "-s", cell.size))


def connect(cell, name, server, seconds):
    return cost_of(run_bench(cell, server, seconds, "/echo", "--mode", "connect"))


def idle(cell, name, server, seconds):
    """Memory for each idle connection; the kernel's is that of both ends."""
    few = dataclasses.replace(cell, connections=100)  # what the first ones alone cost is not counted
    run_bench(few, server, 0.1, "/echo", "--mode", "idle")
    result = run_bench(cell, server, 0.3, "/echo", "--mode", "idle")
    return {"figure": result["server"]["resident_per_connection"],
            "kernel": result["server"]["kernel_slab_growth"] / cell.connections}


def half_load(cell, name, server, seconds):
    """p99 at half the rate that it is capable of."""
    most = run_bench(cell, server, seconds, "/echo", "-s", cell.size)["messages_per_second"]
    result = run_bench(cell, server, seconds, "/echo", "-s", cell.size, "-r", int(most / 2))
    return {"figure": result["latency"]["p99_ns"], "p50": result["latency"]["p50_ns"],
            "rate": result["messages_per_second"]}


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
                           bench_large if size == 1 << 20 else bench_load,
                           size=size, in_flight=in_flight, connections=count,
                           with_bare=True)


def make_all():
    yield from make_echo()
    for size in (1024, 16384, 1 << 20):
        yield Cell("chinese", f"Chinese, {size_name(size)}", "CPU ns", echo, size=size,
                   in_flight=16 if size == 1024 else 1, connections=10,
                   more=("--content", "chinese"))
    for size, in_flight in ((125, 1), (125, 16), (16384, 1)):
        yield Cell("wss", f"wss, {size_name(size)}, {in_flight} in flight", "CPU ns", bench_load,
                   flags=("--tls",), size=size, in_flight=in_flight)
    for count in (1000, 10000):
        yield Cell("broadcast", f"broadcast 125 B to {count:,}", "CPU ns", broadcast, size=125,
                   connections=count + 1)
    for size, in_flight in ((1024, 16), (16384, 1)):
        yield Cell("deflate", f"JSON, compressed, {size_name(size)}, {in_flight} in flight", "CPU ns", echo,
                   flags=("--deflate",), size=size, in_flight=in_flight, connections=10,
                   more=("--content", "json", "--deflate"))
    yield Cell("deflate", "broadcast JSON, compressed, 1 KiB to 1,000", "CPU ns", broadcast, size=1024,
               flags=("--deflate",), connections=1001, more=("--content", "json", "--deflate"))
    yield Cell("deflate", "idle, compressing, 10,000 connections", "bytes", idle, connections=10000,
               flags=("--deflate",), more=("--deflate",))
    yield Cell("connect", "connect and handshake", "CPU ns", connect)
    yield Cell("connect", "the same with TLS", "CPU ns", connect, flags=("--tls",))
    yield Cell("idle", "idle, 10,000 connections", "bytes", idle, connections=10000)
    yield Cell("latency", "p99 at half load, 125 B", "ns", half_load, size=125)


def select(names, sizes):
    return [cell for cell in make_all()
            if (not names or cell.discipline in names) and (not sizes or cell.size in sizes)]
