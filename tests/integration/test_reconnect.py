#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients that survive: a server dies under fifty clients of each kind and comes back, and so do
all of them, spread over time, each with what it had to say.  And those that should not come again,
or not so soon (rows E005, E029, U007, U008)."""
import collections
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib.hawser import OWN_HOST, Server  # noqa: E402
from lib.tap import Tap  # noqa: E402
from lib.test_client import Client  # noqa: E402

RUNS = ["loop", "thread", "blocking"]
COUNT = 50
DELAY_MS = 3000  # the first wait is up to this
PATIENCE_S = 60
HOST = OWN_HOST  # between two servers nobody else is given its port

tap = Tap()


def equal(got, want, what="it"):
    assert got == want, f"{what} is {got!r:.300}, and not {want!r:.300}"


class Recording:
    """A recording_server.py, which can be killed and started again at the same address."""

    def __init__(self):
        self.port = 0
        self.events = []
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "recording_server.py"), HOST, str(self.port)],
            stdout=subprocess.PIPE, text=True)
        listening = json.loads(self.process.stdout.readline())
        self.port = int(listening["who"].rpartition(":")[2])
        self.reader = threading.Thread(target=self._read, args=[self.process.stdout], daemon=True)
        self.reader.start()

    def _read(self, stdout):
        for line in stdout:
            self.events.append(json.loads(line))

    def kill(self):
        """As a crash does: the kernel ends its connections."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def url(self, path):
        return f"ws://{HOST}:{self.port}{path}"

    def of(self, event, who=None):
        return [each for each in list(self.events)
                if each["event"] == event and who in (None, each["who"])]


class Crowd:
    """Fifty clients of each kind, in a process for each."""

    def __init__(self, url):
        self.clients = {run: Client(url.replace("KIND", run), "--count", str(COUNT), "--reconnect",
                                    "--retry-delay", str(DELAY_MS), "--retry-delay-max",
                                    str(2 * DELAY_MS), run=run)
                        for run in RUNS}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients.values():
            client.kill()

    def send(self, command):
        for client in self.clients.values():
            client.send(command)

    def wait_for(self, kind):
        """A line of that kind of every WebSocket, the last if there are several by then.  Returns
        them by run and number."""
        lines = {}
        for run, client in self.clients.items():
            told = {}
            while len(told) < COUNT:
                line = client.next(kind)
                told[line.number] = line
            lines.update({(run, number): line for number, line in told.items()})
        return lines

    def names(self):
        return [f"{run}-{i}" for run in RUNS for i in range(COUNT)]


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.01)


def in_tenths(delays, tenth_ms):
    counts = collections.Counter(delay // tenth_ms for delay in delays)
    return " ".join(str(counts[i]) for i in range(max(counts) + 1))


def assert_spread(retries):
    """Of the first waits, which are drawn from 0 to DELAY_MS, not more than a third of all lie in
    any tenth of that time.  What is looked at is what was drawn: when a client is let run, and
    with whom, is the machine's affair.

    retries   what Crowd.wait_for("retry") told"""
    tenth_ms = DELAY_MS // 10
    delays = {key: int(line.text.split(" ", 1)[0]) for key, line in retries.items()}
    equal(len(delays), COUNT * len(RUNS), "the number of clients that come again")
    for run in RUNS:
        drawn = sorted(delay for (of, _), delay in delays.items() if of == run)
        equal(len(drawn), COUNT, f"the number of clients that come again ({run})")
        print(f"# {run}, by {tenth_ms} ms: {in_tenths(drawn, tenth_ms)}", flush=True)
        assert drawn[-1] - drawn[0] > DELAY_MS / 2, f"{drawn[0]} to {drawn[-1]} ms ({run})"

    drawn = sorted(delays.values())
    most = max(sum(first <= other <= first + tenth_ms for other in drawn) for first in drawn)
    print(f"# at most {most} of {len(drawn)} within {tenth_ms} ms", flush=True)
    assert most <= len(drawn) / 3, f"{most} of {len(drawn)} within {tenth_ms} ms"


# A server dies, and comes back.

def come_back(outage_s):
    with Recording() as server, Crowd(server.url("/KIND-{}")) as crowd:
        crowd.wait_for("open")
        crowd.send("text before {}")
        wait_until(lambda: len(server.of("message")) == len(crowd.names()), "what all said")
        server.kill()
        assert_spread(crowd.wait_for("retry"))
        for i in range(3):
            crowd.send(f"text offline {i} of {{}}")
        time.sleep(outage_s)
        server.start()
        crowd.wait_for("open")
        crowd.send("text after {}")
        wait_until(lambda: len(server.of("message")) >= 5 * len(crowd.names()), "what all said")
        time.sleep(0.2)  # for what should not come
        server.kill()
        check_messages(server, crowd)


def check_messages(server, crowd):
    """Each once, in order, none from another client."""
    said = collections.defaultdict(list)
    for each in server.of("message"):
        said[each["who"]].append(each["text"])
    for name in crowd.names():
        i = name.rpartition("-")[2]
        equal(said[name], [f"before {i}", *(f"offline {k} of {i}" for k in range(3)), f"after {i}"],
              f"what {name} said")


# The same with hawser serve, which echoes: what came back is what arrived.

def start_hawser(port):
    return Server(listen=f"http://{HOST}:{port}")


def come_back_to_hawser(number):
    server = start_hawser(0)
    try:
        with Crowd(f"ws://{HOST}:{server.port}/echo") as crowd:
            crowd.wait_for("open")
            server.signal(number)
            server.wait()
            assert_spread(crowd.wait_for("retry"))
            for i in range(3):
                crowd.send(f"text offline {i} of {{}}")
            server = start_hawser(server.port)
            crowd.wait_for("open")
            crowd.send("text after {}")
            check_echoes(crowd)
    finally:
        server.stop()


def check_echoes(crowd):
    for run, client in crowd.clients.items():
        echoed = collections.defaultdict(list)
        wait_until(lambda: sum(line.kind == "message" for line in list(client.lines)) >= 4 * COUNT,
                   f"the echoes ({run})")
        time.sleep(0.1)  # for what should not come
        for line in list(client.lines):
            if line.kind == "message":
                echoed[line.number].append(line.text.split(" ", 3)[3])
        for i in range(COUNT):
            equal(echoed[i], [*(f"offline {k} of {i}" for k in range(3)), f"after {i}"],
                  f"what {run}-{i} got")


# Those that should not come again.

def final(server, path):
    """U007: one attempt, and the end."""
    def body():
        who = path.replace("/", "-").strip("-")
        with Client(server.url(f"{path}/{who}"), "--reconnect", "--retry-delay", "100") as client:
            client.closed()
            equal([line for line in client.lines if line.kind == "retry"], [], "a retry")
            time.sleep(0.4)  # four times as long as it would wait
            equal(len(server.of("come", who)), 1, "the number of attempts")
    return body


def not_final(server, path):
    def body():
        who = path.replace("/", "-").strip("-")
        with Client(server.url(f"{path}/{who}"), "--reconnect", "--retry-delay", "50") as client:
            for _ in range(2):
                client.retry()
            wait_until(lambda: len(server.of("come", who)) >= 2, "a second attempt")
    return body


# Those that should wait.

def delays(client, count):
    """The next waits of each WebSocket, told by number, in milliseconds."""
    told = collections.defaultdict(list)
    while not told or min(map(len, told.values())) < count or len(told) < COUNT:
        line = client.next("retry")
        told[line.number].append(int(line.text.split(" ")[0]))
    return [told[i][:count] for i in range(COUNT)]


def backoff_grows(server, path):
    """E029: whom the server closes right after the 101 has not been connected.  Waits are random
    up to a ceiling that doubles."""
    def body():
        with Client(server.url(path + "/{}"), "--count", str(COUNT), "--reconnect",
                    "--retry-delay", "100", "--retry-delay-max", "800") as client:
            waits = delays(client, 5)
        means = [statistics.mean(each[i] for each in waits) for i in range(5)]
        print("# mean waits in ms: " + " ".join(f"{mean:.0f}" for mean in means), flush=True)
        for i, ceiling in enumerate((100, 200, 400, 800, 800)):
            assert max(each[i] for each in waits) <= ceiling, (i, waits)
            assert 0.25 * ceiling <= means[i] <= 0.75 * ceiling, means  # six sigma
    return body


def told_to_try_later(server):
    """U008: 1013 is no connection however long it lasted, and half of the ceiling is waited for at
    the least."""
    with Client(server.url("/close/1013/0/{}"), "--count", str(COUNT), "--reconnect",
                "--retry-delay", "50", "--retry-delay-max", "400", "--stable", "1") as client:
        for waits in delays(client, 4):
            for wait, ceiling in zip(waits, (50, 100, 200, 400)):
                assert ceiling / 2 <= wait <= ceiling, waits


def begins_anew(server):
    """Who stayed open for long enough waits as if it were the first time.  For long enough, by the
    client's clock, even if it is held up for a second and a half."""
    with Client(server.url("/close/1012/2000/{}"), "--count", str(COUNT), "--reconnect",
                "--retry-delay", "100", "--stable", "100") as client:
        for waits in delays(client, 4):
            assert max(waits) <= 100, waits


def retry_after(server, value, low_s, high_s):
    """E005: honoured between a second and an hour, and a random share of the delay on top."""
    def body():
        path = f"/status/503/{value}/retry-after"
        with Client(server.url(path), "--reconnect", "--retry-delay", "1") as client:
            retry = client.retry()
        equal((retry.status, retry.http_status), ("ERR_HANDSHAKE_STATUS", 503))
        assert low_s * 1000 <= retry.delay_ms <= high_s * 1000 + 1, retry
    return body


tap.run("all come back to a server that was killed", come_back, 0)
tap.run("all come back after an outage", come_back, 4)
tap.run("all come back to a hawser that was killed", come_back_to_hawser, signal.SIGKILL)
tap.run("all come back to a hawser that was restarted", come_back_to_hawser, signal.SIGTERM)
with Recording() as recording:
    for code in (1000, 1002, 1003, 1007, 1008, 1009, 1010, 3500, 3999, 4500, 4999):
        tap.run(f"U007 closed with {code}: not again", final(recording, f"/close/{code}/0"))
    for code in (1001, 1011, 1012, 1014, 3000, 3499, 4000, 4499):
        tap.run(f"U007 closed with {code}: again", not_final(recording, f"/close/{code}/0"))
    for code in (400, 401, 403, 404, 410, 501, 505):
        tap.run(f"U007 refused with {code}: not again", final(recording, f"/status/{code}/-"))
    for code in (408, 425, 429, 500, 502, 503, 504):
        tap.run(f"U007 refused with {code}: again", not_final(recording, f"/status/{code}/-"))
    tap.run("dropped: again", not_final(recording, "/drop/0"))
    tap.run("E029 closed right after the 101", backoff_grows(recording, "/close/1012/0"))
    tap.run("E029 dropped right after the 101", backoff_grows(recording, "/drop/0"))
    tap.run("U008 told to try again later", told_to_try_later, recording)
    tap.run("who was open for long enough begins anew", begins_anew, recording)
    for text, value, low_s, high_s in (("nothing", "-", 0, 0), ("0", "0", 1, 1), ("7", "7", 7, 7),
                                       ("99999999", "99999999", 3600, 3600), ("-1", "-1", 1, 1),
                                       ("a date of 1970", "Thu,%2001%20Jan%201970%2000:00:00%20GMT",
                                        1, 1),
                                       ("a word", "soon", 0, 1)):
        tap.run(f"E005 Retry-After: {text}", retry_after(recording, value, low_s, high_s))
tap.done()
