# SPDX-License-Identifier: MIT
"""Who loses his connection, or his server, in the middle of a load: nothing is lost, doubled or out of
order where the history covers it, and where it does not he is told so.

The row T017 of the table of bad inputs is of several nodes; this is its like for one.
"""
import http.client
import itertools
import json
import pathlib
import signal
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib.channels import ChannelClient  # noqa: E402
from lib.handover import hand_over, stop, until  # noqa: E402
from lib.hawser import OWN_HOST, Server  # noqa: E402
from lib.rawws import ConnectionEnded, RawWebSocket  # noqa: E402

KEY = "0123456789abcdef-api"
CHANNEL = "load"
CONFIG = """
namespaces:
  default:
    history_size: 100000
    recovery: true
    publish: all
"""
PATIENCE_S = 120
READERS = 6
WRITERS = 3
WINDOW = 200  # publications that the slowest reader may be behind; 300 can be recovered


class Load:
    """Writers, each with a number and a count, and readers who come back whenever they are cut off."""

    def __init__(self, target, window=None):
        self.target = target  # host, port
        self.window = window  # publications that the slowest reader may be behind; None: any
        self.life = 0  # of the server
        self.state = threading.Condition()
        self.taken = 0  # publications that the server has taken
        self.unsure = 0  # publications of which nobody knows whether it has
        self.is_enough = False  # the writers shall end
        self.is_over = False  # they have ended
        self.last = None  # where the channel stood at the end
        self.failures = []
        self.readers = [Reader(self) for _ in range(READERS)]
        self.writers = [threading.Thread(target=self.run, args=(self.write, number))
                        for number in range(WRITERS)]
        self.writers.append(threading.Thread(target=self.run, args=(self.speak, WRITERS)))

    def run(self, call, *arguments):
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001: whatever it is, the test has failed
            with self.state:
                self.failures.append(error)
                self.state.notify_all()

    def wait(self, condition):
        """With the lock held."""
        if not self.state.wait_for(lambda: self.failures or condition(), PATIENCE_S):
            raise TimeoutError("nothing more happens")

    def call(self, method, **parameters):
        connection = http.client.HTTPConnection(*self.target, timeout=PATIENCE_S)
        try:
            connection.request("POST", f"/api/{method}", json.dumps(parameters),
                               {"X-API-Key": KEY, "Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())["result"]
        finally:
            connection.close()

    def write(self, number):
        for n in itertools.count():
            with self.state:
                if self.is_enough:
                    return
                life = self.life
                self.wait(lambda: self.window is None or
                          self.taken - min(len(each.seen) for each in self.readers) < self.window)
            try:
                self.call("publish", channel=CHANNEL, data=[number, n])
            except (OSError, http.client.HTTPException, ValueError):
                if self.window is not None:
                    raise
                # Nobody knows whether it was taken: it is not sent again.
                with self.state:
                    self.unsure += 1
                    self.wait(lambda: self.life > life)
                continue
            with self.state:
                self.taken += 1
                self.state.notify_all()

    def enter(self):
        """A client of the server that is there now, or will be; None: it is over."""
        while not self.is_enough:
            try:
                client = ChannelClient(Place(self.target))
                client.connect()
                return client
            except (OSError, ConnectionEnded):
                with self.state:
                    self.state.wait(0.02)  # it is not there yet, or is going and says 503
        return None

    def speak(self, number):
        """A writer with a connection, which is one of those that a server closes when it goes."""
        client = self.enter()
        for n in itertools.count():
            with self.state:
                if self.is_enough or not client:
                    break
                self.wait(lambda: self.window is None or
                          self.taken - min(len(each.seen) for each in self.readers) < self.window)
            try:
                client.publish(CHANNEL, [number, n])
            except (OSError, ConnectionEnded):
                client.ws.end()
                client = self.enter()
                continue
            with self.state:
                self.taken += 1
                self.state.notify_all()
        if client:
            client.ws.end()

    def __enter__(self):
        for each in self.readers:
            each.thread.start()
        with self.state:
            self.wait(lambda: all(each.lives for each in self.readers))
        for each in self.writers:
            each.start()
        return self

    def finish(self):
        with self.state:
            self.is_enough = True
        for each in self.writers:
            each.join(PATIENCE_S)
        with self.state:
            if self.failures:
                raise self.failures[0]
        self.last = self.call("history", channel=CHANNEL, limit=0)
        with self.state:
            self.is_over = True
            self.state.notify_all()
            self.wait(lambda: all(each.is_at(self.last) for each in self.readers))
            if self.failures:
                raise self.failures[0]

    def __exit__(self, *_):
        with self.state:
            self.is_enough = self.is_over = True
            self.failures.append(None)
            self.state.notify_all()
        for each in self.readers:
            each.stop()
        for each in self.readers + self.writers:
            (each.thread if isinstance(each, Reader) else each).join(PATIENCE_S)


class Place:
    """As a Server, of which there will be another at the same address."""

    def __init__(self, target):
        self.host, self.port = target

    def connect(self, path):
        ws = RawWebSocket(self.host, self.port, timeout=PATIENCE_S)
        try:
            answer = ws.open(path)
            if answer.status != 101:
                raise ConnectionEnded(answer)
        except Exception:
            ws.end()
            raise
        return ws


class Reader:
    def __init__(self, load):
        self.load = load
        self.thread = threading.Thread(target=load.run, args=(self.read,))
        self.seen = []  # (epoch, offset, data)
        self.place = {}
        self.lives = []  # of each time that he came in: the reply
        self.client = None
        self.is_stopped = False

    def is_at(self, last):
        return (self.place.get("offset"), self.place.get("epoch")) == (last["offset"], last["epoch"])

    def cut(self):
        """As a network does that breaks: neither end has said anything."""
        client = self.client
        if client:
            try:
                client.ws.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.is_stopped = True
        self.cut()

    def come_in(self):
        self.client = ChannelClient(Place(self.load.target))
        self.client.connect()
        recover = {"recover": True, **self.place} if self.place else {}
        reply = self.client.subscribe(CHANNEL, **recover)
        with self.load.state:
            self.lives.append(reply)
            self.place = {"epoch": reply["epoch"], "offset": reply["offset"]}
            for publication in reply["publications"]:
                self.take(publication)
            self.load.state.notify_all()

    def take(self, publication):
        self.place["offset"] = publication["offset"]
        self.seen.append((self.place["epoch"], publication["offset"], tuple(publication["data"])))
        self.load.state.notify_all()

    def listen(self):
        while True:
            push = self.client.receive()["push"]
            with self.load.state:
                if push["pub"]["offset"] != self.place["offset"] + 1:
                    raise AssertionError(f"{push} after {self.place}")
                self.take(push["pub"])

    def read(self):
        while not self.is_stopped:
            try:
                self.come_in()
                self.listen()
            except (OSError, ConnectionEnded):
                pass  # cut off; the server is not there, or is going and says 503
            finally:
                if self.client:
                    self.client.ws.end()
                    self.client = None
            with self.load.state:
                # Something is to be missed each time, as long as somebody writes; a server that is
                # not there is tried again.
                if self.load.window is None:
                    self.load.state.wait(0.02)
                else:
                    self.load.wait(lambda: self.is_stopped or self.load.is_over or
                                   self.load.taken > len(self.seen))


class Recovery(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        (path / "hawser.yaml").write_text(CONFIG)
        (path / "api.key").write_text(KEY)
        self.options = ["--config", str(path / "hawser.yaml"), "--api-key", str(path / "api.key"),
                        "--threads", "3", "--log-level", "info", "--drain", "1s"]
        self.server = self.start(0)

    def start(self, port):
        server = Server(*self.options, listen=f"http://{OWN_HOST}:{port}")
        self.addCleanup(server.stop)
        return server

    def is_free(self, port):
        """The kernel closes the sockets of a ring (io_uring) a moment after its process has gone."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((OWN_HOST, port))
            except OSError:
                return False
        return True

    def check_order(self, reader):
        """Neither doubled nor out of order, and a gap only where the epoch is another."""
        for (epoch, offset, _), (next_epoch, next_offset, _) in zip(reader.seen, reader.seen[1:]):
            if epoch == next_epoch:
                self.assertEqual(next_offset, offset + 1)
        for writer in range(WRITERS + 1):
            counts = [n for _, _, (number, n) in reader.seen if number == writer]
            self.assertEqual(counts, sorted(set(counts)))

    def test_connections_are_cut_under_load(self):
        """The history covers it: everybody has everything, once, in one order."""
        with Load((self.server.host, self.server.port), WINDOW) as load:
            for round_ in range(8):
                for reader in load.readers:
                    lives = len(reader.lives)
                    reader.cut()
                    with load.state:
                        load.wait(lambda: len(reader.lives) > lives)
            load.finish()
        for reader in load.readers:
            self.assertEqual(reader.seen, load.readers[0].seen)
            self.assertEqual([offset for _, offset, _ in reader.seen], list(range(1, load.taken + 1)))
            self.assertGreater(len(reader.lives), 8)
            for reply in reader.lives[1:]:
                self.assertTrue(reply["recovered"])
            self.check_order(reader)
        missed = sum(len(reply["publications"]) for each in load.readers for reply in each.lives[1:])
        self.assertGreater(missed, 0)

    def check_restarts(self, number):
        """What was in memory is gone, and everybody is told: no gap that is not one of an epoch, and
        nothing of the last one is missing."""
        port = self.server.port
        with Load((self.server.host, port)) as load:
            for round_ in range(3):
                with load.state:
                    taken = load.taken
                    load.wait(lambda: load.taken > taken + 50)
                lives = [len(reader.lives) for reader in load.readers]
                self.server.stop(number)
                until(lambda: self.is_free(port))
                self.server = self.start(port)
                with load.state:
                    load.life += 1
                    load.state.notify_all()
                    load.wait(lambda: all(len(reader.lives) > before for reader, before
                                          in zip(load.readers, lives)))
            load.finish()
        self.check_lives(load, 4)

    def check_lives(self, load, epoch_count):
        """Everything once and in order, or told that it is not; of the last server all of it."""
        data_at = {}
        for reader in load.readers:
            self.check_order(reader)
            for before, reply in zip(reader.lives, reader.lives[1:]):
                self.assertEqual(reply["recovered"], reply["epoch"] == before["epoch"])
                if not reply["recovered"]:
                    self.assertEqual(reply["publications"], [])
            self.assertEqual(len({reply["epoch"] for reply in reader.lives}), epoch_count)
            # From where he came in to the end of the last server's life.
            last = reader.lives[-1]["epoch"]
            begin = next(each["offset"] for each in reader.lives if each["epoch"] == last)
            seen = [offset for epoch, offset, _ in reader.seen if epoch == last]
            self.assertEqual(seen, list(range(begin + 1, load.last["offset"] + 1)))
            for epoch, offset, data in reader.seen:
                self.assertEqual(data_at.setdefault((epoch, offset), data), data)

    def check_handovers(self, between=lambda load: None):
        """While somebody publishes, and without a word lost to him."""
        pid = self.server.process.pid
        self.addCleanup(lambda: pid == self.server.process.pid or stop(pid))
        with Load((self.server.host, self.server.port)) as load:
            for round_ in range(3):
                epochs = [reader.lives[-1]["epoch"] for reader in load.readers]
                with load.state:
                    taken = load.taken
                    load.wait(lambda: load.taken > taken + 50)
                pid = hand_over(pid, self.server)
                with load.state:
                    load.life += 1
                    load.state.notify_all()
                    load.wait(lambda: all(reader.lives[-1]["epoch"] != before
                                          for reader, before in zip(load.readers, epochs)))
                between(load)
            load.finish()
        self.assertEqual(load.unsure, 0)
        self.check_lives(load, 4)

    def test_the_server_hands_over_under_load(self):
        """SIGUSR2: nobody is refused, and who is sent to the next process is told that the history
        stayed behind."""
        self.check_handovers()

    def test_the_server_hands_over_and_connections_are_cut(self):
        """With the connections of the next process cut at once: what they missed is recovered."""
        def cut(load):
            for reader in load.readers:
                lives = len(reader.lives)
                reader.cut()
                with load.state:
                    load.wait(lambda: len(reader.lives) > lives)
                self.assertTrue(reader.lives[-1]["recovered"])
        self.check_handovers(cut)

    def test_the_server_is_killed_under_load(self):
        self.check_restarts(signal.SIGKILL)

    def test_the_server_is_replaced_under_load(self):
        self.check_restarts(signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
