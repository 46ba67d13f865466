#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A conformance client for /echo: the cases of lib/conformance.py, masked.  The server's FIN (not a
reset) comes behind its Close frame, while the client keeps its side open."""
import functools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.conformance import cases  # noqa: E402
from lib.hawser import Server  # noqa: E402
from lib.rawws import frame  # noqa: E402
from lib.talk import PATIENCE_S, Talk  # noqa: E402
from lib.tap import Tap  # noqa: E402

KEY = b"\x37\xfa\x21\x3d"

tap = Tap()
with Server("--message-size-max", "16M", "--close-timeout", "1h") as server:
    def connect():
        return Talk(server.connect("/echo", timeout=PATIENCE_S))

    for name, talk in cases(functools.partial(frame, mask=KEY)):
        tap.run(name, talk, connect)
tap.done()
