"""Starts and ends the servers that the benchmarks measure."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build-bench")).resolve()
HAWSER = BUILD / "src/cmd/hawser"


def build():
    """What users get of script/release, in a folder of its own, so that no other setting slips into the figures."""
    run([ROOT / "script/release", BUILD], {"MESON_ARGS": "-Dbenchmarks=true"})


def run(command, settings):
    done = subprocess.run(command, env={**os.environ, **settings}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout)


def pin(core):
    """The words before a command that keep it on one core; none where there is no such."""
    can = shutil.which("taskset") and core in os.sched_getaffinity(0)
    return ["taskset", "-c", str(core)] if can else []


class Server:
    """A process on one core that prints its port, or a URL with its port, when it listens."""

    def __init__(self, command, core=None):
        self.process = subprocess.Popen(pin(core) + [str(word) for word in command],
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid  # taskset becomes the command
        self.port = self.read_port()
        if not self.port:
            self.stop()
            sys.exit(f"{command[0]} told no port")

    def read_port(self):
        for line in self.process.stdout:
            port = re.fullmatch(r"(\d+)\n", line) or re.search(r"://\S+:(\d+)/", line)
            if port:
                return int(port[1])
        return None

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:  # it still serves what was left open
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Nobody:
    """Where what is measured is no server."""

    def stop(self):
        pass


def bare_echo(core=None):
    return Server([BUILD / "bench/bench_echo_bare"], core)


def hawser(core=None):
    return Server([HAWSER, "serve", "--listen", "http://127.0.0.1:0"], core)


def bare_tls(*flags, core=None):
    return Server([BUILD / "bench/bench_tls_bare", *flags], core)


def hawser_tls(core=None):
    return Server([HAWSER, "serve", "--self-signed", "--listen", "https://127.0.0.1:0"], core)
