# SPDX-License-Identifier: MIT
"""A server that starts the next one and hands its sockets over (SIGUSR2), seen from outside.

    with Server("--log-level", "info") as server:
        first = hand_over(server.process.pid, server)
        stop(first)
"""
import os
import pathlib
import re
import signal
import time

PATIENCE_S = 120


def until(condition):
    """What `condition` answers once that is true."""
    end = time.monotonic() + PATIENCE_S
    while not (answer := condition()):
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)
    return answer


def is_over(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def stop(pid):
    os.kill(pid, signal.SIGTERM)
    until(lambda: is_over(pid))


def successor(server):
    """The process that the server has started last."""
    return int(until(lambda: re.findall(r"process (\d+) starts", server.log_so_far()))[-1])


def hand_over(pid, server):
    """Process `pid` starts another, and is gone: the pid of that."""
    count = server.log_so_far().count(" starts")
    os.kill(pid, signal.SIGUSR2)
    until(lambda: server.log_so_far().count(" starts") > count)
    until(lambda: is_over(pid))
    return successor(server)
