"""What the benchmarks measure, and how they write it down."""
import pathlib
import statistics
import subprocess

import servers

CONNECTIONS = 100


def load_words(program, server, seconds, *flags):
    words = [*servers.pin(1), servers.BUILD / "bench" / program, "--port", server.port,
             "--pid", server.pid, "--seconds", seconds, *flags]
    return [str(word) for word in words]


def run_load(program, server, seconds, *flags):
    """One run; answers nanoseconds of processor time per message, and messages per second."""
    done = subprocess.run(load_words(program, server, seconds, *flags), capture_output=True, text=True,
                          timeout=60)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    output = done.stdout.split()
    result = dict(zip(output[::2], map(float, output[1::2])))
    return result["cpu_ns"] / result["messages"], result["messages"] / result["seconds"]


def measure(server, size, in_flight, seconds, *flags):
    """The same for an echo."""
    return run_load("bench_load", server, seconds, "--connections", CONNECTIONS, "--size", size,
                    "--in-flight", in_flight, *flags)


def summary(runs):
    times = [time for time, _ in runs]
    return statistics.median(times), min(times), max(times), statistics.median(r for _, r in runs)


def cell(runs):
    time, low, high, rate = summary(runs)
    return f"{time:8.0f} [{low:6.0f} {high:6.0f}] {rate:10.0f}"


def field(path, name):
    """The value of `name` in a file of lines such as `VmRSS:  1234 kB`, in bytes; 0 without it."""
    for line in pathlib.Path(path).read_text().splitlines():
        words = line.split()
        if words[0] == name + ":":
            return int(words[1]) * 1024
    return 0


def sizes(pid):
    try:
        pss = field(f"/proc/{pid}/smaps_rollup", "Pss")
    except OSError:
        pss = 0
    return {"resident (VmRSS)": field(f"/proc/{pid}/status", "VmRSS"),
            "proportional (Pss)": pss,
            "kernel, both ends (Slab)": field("/proc/meminfo", "Slab")}


SOCKET_CACHES = ("TCP", "sock_inode_cache", "filp", "dentry", "eventpoll_epi", "eventpoll_pwq", "ep_head")


def socket_memory():
    """What the kernel's allocator has in use for sockets, their files and who waits for them, in bytes:
    of the whole machine.  0 where /proc/slabinfo is not for us.  Buffers are not in it; an idle
    connection has none."""
    try:
        lines = pathlib.Path("/proc/slabinfo").read_text().splitlines()[2:]
    except OSError:
        return 0
    caches = [line.split() for line in lines]
    return sum(int(words[1]) * int(words[3]) for words in caches if words[0] in SOCKET_CACHES)


def cpu_seconds(pid):
    """Processor time of all its threads, user and system, as the kernel's scheduler counts it."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


REQUEST = ("GET /echo HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


def upgrade(connection, port, extension=None):
    """Makes a WebSocket of it, with that extension."""
    request = REQUEST.format(port=port)
    request += f"Sec-WebSocket-Extensions: {extension}\r\n" if extension else ""
    connection.sendall((request + "\r\n").encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(4096)
        if not piece:
            raise SystemExit(f"the handshake was not answered but with {answer!r}")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 101 "):
        raise SystemExit(f"refused: {answer!r}")
    if extension and extension.encode() not in answer:
        raise SystemExit(f"{extension} was not taken: {answer!r}")
    return connection
