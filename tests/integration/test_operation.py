# SPDX-License-Identifier: MIT
"""hawser serve in the hands of operators: metrics, logs, configuration, reloads and deploys.

Rows of bad input: A025, S018 S019 S020 S021 S023 S024 S025, U001 U003 U004 U005 U009 U010.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.handover import hand_over, stop, successor  # noqa: E402
from lib.hawser import PROGRAM, Server, run  # noqa: E402
from lib.rawws import TEXT, ConnectionEnded, RawWebSocket  # noqa: E402

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
METRICS = ("--metrics", "http://127.0.0.1:0")
PATIENCE_S = 60


def until(condition):
    """What `condition` answers once that is true."""
    end = time.monotonic() + PATIENCE_S
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


def metrics_url(server):
    return re.search(r"metrics +(\S+)/metrics", "\n".join(server.greeting))[1]


def fetch(url):
    """Status, type and text."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def samples(server):
    """Name and labels -> value, read as strictly as Prometheus reads."""
    _, _, text = fetch(metrics_url(server) + "/metrics")
    return {(sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


class Config:
    """A configuration file for the time of a test."""

    def __init__(self, text):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        self.write(text)

    def write(self, text):
        self.file.seek(0)
        self.file.truncate()
        self.file.write(text)
        self.file.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    @property
    def name(self):
        return self.file.name


def log_of(server):
    """What it has written to stderr so far."""
    return pathlib.Path(f"/proc/self/fd/{server.log.fileno()}").read_text()


@unittest.skipUnless(text_string_to_metric_families, "no python3-prometheus-client")
class Metrics(unittest.TestCase):
    def test_text_is_openmetrics(self):
        with Server(*METRICS, "--threads", "2") as server:
            with server.connect("/echo") as ws:
                ws.send_text("hello")
                ws.receive_message()
                status, kind, text = fetch(metrics_url(server) + "/metrics")
                self.assertEqual(status, 200)
                self.assertEqual(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
                self.assertTrue(text.endswith("# EOF\n"))
                now = samples(server)
                self.assertEqual(now["hawser_connections", "websocket"], 1)
                self.assertEqual(now["hawser_messages_total", "received"], 1)
                self.assertEqual(now["hawser_messages_total", "sent"], 1)
                self.assertEqual(now["hawser_message_bytes_total", "sent"], 5)
                self.assertGreater(now["process_resident_memory_bytes",], 1 << 20)
                self.assertGreater(now["hawser_loop_turn_seconds_count",], 0)
                ws.send_close(4321)
                ws.receive_close()
            until(lambda: samples(server)["hawser_connections", "websocket"] == 0)
            self.assertEqual(samples(server)["hawser_closes_total", "received", "4xxx"], 1)

    def test_s021_labels_are_fixed(self):
        """S021: a refusal is counted by its cause, and no text of a stranger becomes a label."""
        with Server(*METRICS) as server:
            for path, origin in ("/evil-path-1", None), ("/echo", "https://evil-origin.example"):
                with server.socket() as ws:
                    self.assertGreaterEqual(ws.open(path, {"Origin": origin}).status, 400)
            now = samples(server)
            self.assertEqual(now["hawser_refusals_total", "not_found"], 1)
            self.assertEqual(now["hawser_refusals_total", "handshake_origin"], 1)
            self.assertNotIn("evil", fetch(metrics_url(server) + "/metrics")[2])

    def test_s018_only_where_they_were_asked_for(self):
        """S018: not at the public address, and nowhere without --metrics."""
        with Server(*METRICS) as server:
            for path in "/metrics", "/healthz":
                self.assertEqual(fetch(f"http://{server.host}:{server.port}{path}")[0], 404)
            self.assertEqual(fetch(metrics_url(server) + "/echo")[0], 404)

    def test_s025_health(self):
        """S025: answered while the server works, and 503 while it drains."""
        with Server(*METRICS, "--threads", "1") as server:
            self.assertEqual(fetch(metrics_url(server) + "/healthz")[::2], (200, "ok\n"))
            with server.connect("/echo") as ws:
                server.signal(signal.SIGTERM)
                self.assertEqual(ws.receive_close().code, 1012)
                self.assertEqual(fetch(metrics_url(server) + "/healthz")[::2],
                                 (503, "draining\n"))
                ws.send_close(1012)
            self.assertEqual(server.wait(), 0)


class Limits(unittest.TestCase):
    """Of the server, not of each of its threads."""

    def statuses(self, *arguments, count, until=None):
        """What as many WebSockets are answered that are open together; no more after `until`."""
        with Server("--threads", "4", *arguments) as server:
            clients, found = [], []
            for _ in range(count):
                clients.append(server.socket())
                found.append(clients[-1].open("/echo").status)
                if found[-1] == until:
                    break
            for ws in clients:
                ws.end()
        return found

    def test_connections_in_all(self):
        self.assertEqual(self.statuses("--connection-count-max", "5", count=7), [101] * 5 + [503] * 2)

    def test_connections_of_one_address(self):
        self.assertEqual(self.statuses("--address-count-max", "5", count=7), [101] * 5 + [429] * 2)

    def test_rate_of_one_address(self):
        """Twice as many at once."""
        self.assertEqual(self.statuses("--address-rate-max", "1", count=2), [101] * 2)
        self.assertIn(429, self.statuses("--address-rate-max", "1", count=200, until=429))

    def test_from_a_file(self):
        with Config("connection-count-max: 3\nmemory-size-max: 64M\nbroadcast-size-max: 8M\nsend-timeout: 5s\n") as config:
            self.assertEqual(self.statuses("--config", config.name, count=4), [101] * 3 + [503])


class Draining(unittest.TestCase):
    def is_refused(self, server):
        try:
            server.socket().end()
        except OSError:
            return True
        return False

    def test_u003_sigterm(self):
        """U003: stops accepting, tells who still asks when to come again, closes with 1012."""
        with Server("--threads", "1") as server:
            kept = server.socket()
            kept.send_bytes(kept.request("/", {"Upgrade": None, "Connection": None}))
            self.assertEqual(kept.receive_answer().status, 200)
            with server.connect("/echo") as ws:
                server.signal(signal.SIGTERM)
                self.assertEqual(ws.receive_close().code, 1012)
                until(lambda: self.is_refused(server))
                answer = kept.open("/echo")
                self.assertEqual(answer.status, 503)
                self.assertIn(int(answer.headers["retry-after"]), range(1, 31))
                kept.end()
                ws.send_close(1012)
            self.assertEqual((server.wait(), server.errors), (0, ""))

    def test_u001_not_all_at_once(self):
        """U001: who is not closed yet is served as before."""
        with Server("--threads", "1", "--drain", "60s") as server:
            clients = [server.connect("/echo") for _ in range(40)]
            server.signal(signal.SIGTERM)
            first, last = clients[0], clients[-1]
            self.assertEqual(first.receive_close().code, 1012)
            last.send_text("still here")
            self.assertEqual(last.receive().payload, b"still here")
            for ws in clients:
                if ws is not first:
                    self.assertEqual(ws.receive_close().code, 1012)
                ws.send_close(1012)
                self.assertTrue(ws.receive_end())
                ws.end()
            self.assertEqual((server.wait(), server.errors), (0, ""))

    def test_u004_signals_hasten(self):
        """U004: the second closes the rest, the third does not wait for answers."""
        with Server("--threads", "1", "--drain", "24h", "--close-timeout", "1h") as server:
            clients = [server.connect("/echo") for _ in range(40)]
            server.signal(signal.SIGTERM)
            self.assertEqual(clients[0].receive_close().code, 1012)
            server.signal(signal.SIGTERM)
            for ws in clients[1:]:
                self.assertEqual(ws.receive_close().code, 1012)
            server.signal(signal.SIGTERM)
            self.assertEqual((server.wait(), server.errors), (0, ""))
            for ws in clients:
                ws.end()

    def test_signals_beside_the_end(self):
        """One that comes when all is closed does not make a death of it."""
        with Server("--threads", "1") as server:
            while server.process.poll() is None:
                server.signal(signal.SIGTERM)
            self.assertEqual((server.wait(), server.errors), (0, ""))


class Handover(unittest.TestCase):
    def test_u005_nobody_is_refused(self):
        """U005: connections one after the other, while processes take over from each other: none
        is refused, and none is answered with anything but 101.  A message that was sent is answered,
        or its connection was closed with 1012."""
        count = int(os.environ.get("HANDOVER_CONNECTIONS", "600"))
        with Server("--threads", "2", "--log-level", "info") as server:
            failures, opened, answered = [], 0, 0
            enough = threading.Event()

            def connect():
                nonlocal opened, answered
                try:
                    while not enough.is_set() or opened < count:
                        with server.connect("/echo") as ws:
                            opened += 1
                            ws.send_text("x")
                            answered += self.is_answered(ws)
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(repr(error))

            thread = threading.Thread(target=connect, daemon=True)
            thread.start()
            until(lambda: answered > 0 or failures)
            first = hand_over(server.process.pid, server)
            second = hand_over(first, server)
            enough.set()
            thread.join()
            stop(second)
            self.assertEqual(failures, [], log_of(server))
            self.assertGreater(answered, opened * 9 // 10)

    def is_answered(self, ws):
        try:
            return ws.receive_message().payload == b"x"
        except ConnectionEnded as error:
            assert "\\x03\\xf4" in str(error), error  # 1012
            return False

    def test_rolling_restart_loses_nothing(self):
        """Clients that come back whenever they are sent away: what was answered to each is what it
        sent, in order and without a gap, over two restarts."""
        with Server("--threads", "2", "--log-level", "info", "--drain", "1s") as server:
            ends, failures = threading.Event(), []
            restarts, numbers = [0] * 8, [0] * 8

            def talk(index):
                try:
                    ws = server.connect("/echo")
                    while not ends.is_set():
                        ws.send_text(f"{index}:{numbers[index]}")
                        try:
                            payload = ws.receive_message().payload.decode()
                        except ConnectionEnded as error:  # the message was not acknowledged
                            assert "\\x03\\xf4" in str(error), error  # 1012
                            ws.end()
                            ws = server.connect("/echo")
                            restarts[index] += 1
                            continue
                        assert payload == f"{index}:{numbers[index]}", payload
                        numbers[index] += 1
                        time.sleep(0.002)
                    ws.end()
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(repr(error))

            threads = [threading.Thread(target=talk, args=[i], daemon=True)
                       for i in range(len(restarts))]
            for thread in threads:
                thread.start()
            until(lambda: failures or min(numbers) > 0)
            first = hand_over(server.process.pid, server)
            until(lambda: failures or min(restarts) >= 1)
            second = hand_over(first, server)
            until(lambda: failures or min(restarts) >= 2)
            ends.set()
            for thread in threads:
                thread.join(60)
            stop(second)
            self.assertEqual(failures, [], log_of(server))

    def test_a_successor_that_fails_changes_nothing(self):
        with Config("log-level: info\n") as config:
            with Server("--config", config.name) as server, server.connect("/echo") as ws:
                config.write("nonsense: 1\n")
                server.signal(signal.SIGUSR2)
                until(lambda: "did not start; this one stays" in log_of(server))
                ws.send_text("x")
                self.assertEqual(ws.receive_message().payload, b"x")
                server.connect("/echo").end()

    def test_unix_sockets_keep_their_path(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "hawser.sock")
            with Server("--listen", f"unix:{path}", "--log-level", "info") as server:
                server.signal(signal.SIGUSR2)
                pid = successor(server)
                self.assertEqual(server.wait(), 0)
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(path)
                stop(pid)


class Activated:
    """A hawser that systemd would have started: sockets from 3 on, and an ear for what it tells."""

    def __init__(self, *arguments, listeners, names=None, watchdog_us=None):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "notify")
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(path)
        self.ear.settimeout(PATIENCE_S)
        script = ("import os, sys\nos.environ['LISTEN_PID'] = str(os.getpid())\n"
                  "os.execv(sys.argv[1], sys.argv[1:])\n")
        environment = {**os.environ, "NOTIFY_SOCKET": path, "LISTEN_FDS": str(len(listeners))}
        if names:
            environment["LISTEN_FDNAMES"] = ":".join(names)
        if watchdog_us:
            environment["WATCHDOG_USEC"] = str(watchdog_us)
        for i, listener in enumerate(listeners):
            os.dup2(listener.fileno(), 100 + i)
        moves = "".join(f"os.dup2({100 + i}, {3 + i})\n" for i in range(len(listeners)))
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-c", script.replace("os.execv", moves + "os.execv"), PROGRAM,
             "serve", *arguments],
            env=environment, pass_fds=[100 + i for i in range(len(listeners))],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for i in range(len(listeners)):
            os.close(100 + i)

    def hears(self, line):
        while line not in self.ear.recv(4096).decode().split("\n"):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.ear.close()
        self.folder.cleanup()


class ServiceManager(unittest.TestCase):
    def listener(self):
        made = socket.socket()
        made.bind(("127.0.0.1", 0))
        made.listen(64)
        self.addCleanup(made.close)
        return made

    def is_served(self, port):
        with RawWebSocket("127.0.0.1", port) as ws:
            self.assertEqual(ws.open("/echo").status, 101)
            ws.send_text("x")
            self.assertEqual(ws.receive_message().payload, b"x")

    def test_sockets_and_notifications(self):
        one, two = self.listener(), self.listener()
        early = RawWebSocket("127.0.0.1", one.getsockname()[1])  # before anybody accepts
        with Activated("--threads", "2", listeners=[one, two], names=["a", "b"]) as hawser:
            hawser.hears("READY=1")
            self.assertEqual(early.open("/echo").status, 101)
            early.end()
            for listener in one, two:
                self.is_served(listener.getsockname()[1])
            hawser.process.send_signal(signal.SIGHUP)
            hawser.hears("RELOADING=1")
            hawser.hears("READY=1")
            hawser.process.send_signal(signal.SIGTERM)
            hawser.hears("STOPPING=1")
            self.assertEqual(hawser.process.wait(PATIENCE_S), 0)

    def test_addresses_are_found_among_the_sockets(self):
        """Those that are of operators by their addresses, and the rest by their names."""
        listeners = [self.listener() for _ in range(3)]
        urls = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in listeners]
        token = tempfile.NamedTemporaryFile("w")  # pylint: disable=consider-using-with
        self.addCleanup(token.close)
        token.write("0123456789abcdef")
        token.flush()
        options = ("--metrics", urls[1], "--admin-token", token.name, "--admin-listen", urls[2])
        for public in ("--listen", urls[0]), ():
            with Activated(*public, *options, listeners=listeners,
                           names=["hawser", "metrics", "admin"]) as hawser:
                hawser.hears("READY=1")
                self.is_served(listeners[0].getsockname()[1])
                self.assertEqual(fetch(urls[1] + "/healthz")[0], 200)
                self.assertEqual(fetch(urls[2] + "/admin")[0], 200)
                self.assertEqual(fetch(urls[2] + "/chat")[0], 404)

    def test_by_number(self):
        one = self.listener()
        with Activated("--listen", "fd:3", listeners=[one]) as hawser:
            hawser.hears("READY=1")
            self.is_served(one.getsockname()[1])
        status, _, err = run("serve", "--listen", "fd:3")
        self.assertEqual((status, "fd:3" in err), (2, True))

    def test_u009_watchdog(self):
        """U009: a server that turns says so in time; one that hangs would not."""
        with Activated(listeners=[self.listener()], watchdog_us=100000) as hawser:
            hawser.hears("WATCHDOG=1")
            hawser.hears("WATCHDOG=1")

    def test_a025_one_of_two_dies(self):
        """A025: two processes accept at the same sockets; one is killed, and nobody who comes then
        is refused, or waits for it."""
        listener = self.listener()
        port = listener.getsockname()[1]
        with Activated("--threads", "2", listeners=[listener]) as one, \
                Activated("--threads", "2", listeners=[listener]) as two:
            one.hears("READY=1")
            two.hears("READY=1")
            waiting = [RawWebSocket("127.0.0.1", port) for _ in range(30)]
            one.process.kill()
            one.process.wait(PATIENCE_S)
            for _ in range(30):
                self.is_served(port)
            for client in waiting:  # it had accepted some of them: those end, and the others are served
                try:
                    self.assertEqual(client.open("/echo").status, 101)
                except (ConnectionEnded, ConnectionError):  # a FIN, and a RST for what was sent after
                    pass
                client.end()

    def test_u010_after_a_crash(self):
        """U010: the sockets outlive a server that crashes: who comes before the next one is there
        waits, and is served.  That there is a next one is the service manager's work."""
        listener = self.listener()
        port = listener.getsockname()[1]
        with Activated(listeners=[listener]) as hawser:
            hawser.hears("READY=1")
            self.is_served(port)
            hawser.process.send_signal(signal.SIGABRT)
            self.assertEqual(hawser.process.wait(PATIENCE_S), -signal.SIGABRT)
        client = RawWebSocket("127.0.0.1", port)
        with Activated(listeners=[listener]) as hawser:
            self.assertEqual(client.open("/echo").status, 101)
            client.end()
            self.is_served(port)
        unit = (ROOT / "packaging/hawser.service").read_text().splitlines()
        self.assertIn("Restart=on-failure", unit)
        self.assertTrue((ROOT / "packaging/hawser.socket").exists())

    def test_units_are_well_formed(self):
        try:
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                                   ROOT / "packaging/hawser.service"], capture_output=True,
                                  text=True, timeout=60)
        except (FileNotFoundError, subprocess.TimeoutExpired):
            self.skipTest("no systemd-analyze")
        problems = [line for line in done.stderr.splitlines()
                    if "hawser.service" in line and "/usr/bin/hawser" not in line
                    and "not executable" not in line]
        self.assertEqual(problems, [])


class Configuration(unittest.TestCase):
    def test_every_option_is_a_key(self):
        """One table: each option of --help is a key, but for those that make no sense in a file."""
        options = set(re.findall(r"^  --([a-z-]+)", run("serve", "--help")[1], re.M))
        self.assertIn("listen", options)
        for option in sorted(options):
            with Config(f"{option}: [[x]]\n") as config:
                status, _, err = run("serve", "--config", config.name, "--check")
            self.assertEqual(status, 2)
            is_key = "there is no option" not in err
            self.assertEqual(is_key, option not in ("config", "check", "help"), err)

    def test_s023_errors_say_where(self):
        """S023: the file, the line, the key, and what would be right."""
        for text, says in (("listen: http://localhost:0\nthreds: 2\n", "2: there is no option "
                            "'threds'; did you mean threads?"),
                           ("ping-interval: soon\n", "1: ping-interval: 'soon' is not a duration"),
                           ("a: &b c\n", "1: anchors are not taken")):
            with Config(text) as config:
                status, out, err = run("serve", "--config", config.name)
            self.assertEqual((status, out), (2, ""))
            self.assertRegex(err, r"\Ahawser serve: [^\n]+\n\Z")
            self.assertIn(f"{config.name}:{says}", err)

    def test_options_go_before_the_file(self):
        with Config("echo: /file\nlisten: [http://localhost:1, http://localhost:2]\n") as config:
            with Server("--config", config.name) as server:
                server.connect("/file").end()
            with Server("--config", config.name, "--echo", "/line") as server:
                server.connect("/line").end()

    def test_check(self):
        self.assertEqual(run("serve", "--check"), (0, "OK\n", ""))
        self.assertEqual(run("serve", "--check", "--self-signed", "--listen", "https://*:443",
                             "--listen", "unix:/run/x.sock"), (0, "OK\n", ""))
        for arguments, says in ((("--certificate", "/nowhere.pem"), "/nowhere.pem"),
                                (("--listen", "http://localhost:99999"), "99999"),
                                (("--metrics", "nowhere"), "nowhere"),
                                (("--files", "/nowhere"), "/nowhere"),
                                (("--config", "/nowhere.yaml"), "/nowhere.yaml")):
            status, out, err = run("serve", "--check", *arguments)
            self.assertEqual((status, out), (2, ""))
            self.assertIn(says, err)

    def test_s024_reload(self):
        """S024: what can change does, what cannot is said, and what is wrong changes nothing."""
        with Config("log-level: info\n") as config:
            with Server("--config", config.name) as server, server.connect("/echo") as ws:
                config.write("log-level: info\nmessage-size-max: 1K\nlog: json\n")
                server.signal(signal.SIGHUP)
                until(lambda: "read again" in log_of(server))
                self.assertIn("message-size-max has changed; that takes a new process",
                              log_of(server))
                config.write("nonsense: 1\n")
                server.signal(signal.SIGHUP)
                until(lambda: "nothing was taken over" in log_of(server))
                self.assertIn(f"{config.name}:1: there is no option 'nonsense'", log_of(server))
                self.assertEqual(json.loads(log_of(server).splitlines()[-1])["kind"], "reload")
                ws.send_text("x")
                self.assertEqual(ws.receive_message().payload, b"x")


class Logs(unittest.TestCase):
    def test_s019_escaped_and_without_secrets(self):
        """S019: what a stranger sends breaks no line; what is secret is not there."""
        with Server("--log", "json", "--log-level", "debug") as server:
            secrets = {"Authorization": "Bearer hush-1", "Cookie": "session=hush-2",
                       "Origin": "https://\x1b[31mred"}
            with server.socket() as ws:
                ws.open("/echo?token=hush-3", {**secrets, "Sec-WebSocket-Key": "hush-4"})
            with server.socket() as ws:
                ws.open("/nowhere\x1b?token=hush-5", secrets)
            server.stop()
            lines = [json.loads(line) for line in server.errors.splitlines()]
            self.assertEqual(lines[0]["kind"], "start")
            self.assertEqual(lines[-1]["kind"], "stop")
            self.assertNotIn("hush", server.errors)
            self.assertNotIn("\x1b", server.errors)

    def test_s020_floods_are_bounded(self):
        """S020: many refusals a second are a hundred lines and a number."""
        with Server("--log-level", "info", *METRICS) as server:
            for _ in range(300):
                with server.socket() as ws:
                    self.assertEqual(ws.open("/echo", {"Origin": "https://evil.example"}).status,
                                     403)
            server.stop()
            lines = server.errors.splitlines()
            shown = sum("refused" in line for line in lines)
            hidden = sum(int(n) for n in re.findall(r"(\d+) more suppressed", server.errors))
            self.assertEqual(shown + hidden, 300)
