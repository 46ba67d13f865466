# SPDX-License-Identifier: MIT
"""Ports at which nobody listens, and whether somebody does.

A port that was bound and given back may be somebody else's a moment later; one that stays bound, and
is not listened at, refuses for as long as this process lives.
"""
import os
import pathlib
import socket

_held = []


def port_of_nobody(host="127.0.0.1"):
    """Whoever connects to it is refused."""
    holder = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    holder.bind((host, 0))
    _held.append(holder)
    return holder.getsockname()[1]


def _inodes_of(pid):
    """Of the sockets that a process has open."""
    found = set()
    for each in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = os.readlink(each)
        except OSError:  # it is closed by now
            continue
        if name.startswith("socket:["):
            found.add(name[8:-1])
    return found


def listens(pid, port):
    """Whether this very process listens at that TCP port: others may be there in its place."""
    wanted = f":{port:04X}"
    for table in "tcp", "tcp6":
        try:
            lines = pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
            inodes = _inodes_of(pid)
        except OSError:  # it is over, or there is no such table
            continue
        for line in lines:
            _, local, _, state, *rest = line.split()
            if local.endswith(wanted) and state == "0A" and rest[5] in inodes:
                return True
    return False
