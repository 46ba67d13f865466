#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the models of this folder through spin: what is meant to hold does in every interleaving,
and what is meant to fail does."""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib.tap import Tap  # noqa: E402

MODEL = HERE / "recovery.pml"
DEPTH_MAX = 100_000


def checked(*defines):
    """What the verifier that spin makes of the model says, with these macros."""
    with tempfile.TemporaryDirectory() as folder:
        def run(*command):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
            return done.stdout

        # It leaves everything in the folder that it is run from, and looks for the model there.
        (pathlib.Path(folder) / "model.pml").write_text(MODEL.read_text(encoding="utf-8"))
        run("spin", *defines, "-a", "model.pml")
        run("cc", "-w", "-DSAFETY", "-o", "pan", "pan.c")
        said = run("./pan", f"-m{DEPTH_MAX}")
    assert "max search depth too small" not in said, said
    return said


def errors(said):
    return int(re.search(r"errors: (\d+)", said)[1])


def holds():
    said = checked()
    print("#", re.search(r"(\d+) states, stored", said)[0], flush=True)
    assert errors(said) == 0, said
    # Whatever the model says can happen has happened.
    never = [line for line in said.splitlines() if re.search(r"\.pml:\d+, state", line)]
    assert not never, "\n".join(never)


def fails(define):
    said = checked(define)
    assert errors(said) == 1 and "assertion violated" in said, said


tap = Tap()
tap.run("who comes back misses nothing, in every interleaving", holds)
tap.run("who asks before becoming a member loses publications", fails, "-DASK_FIRST")
tap.run("who holds nothing meanwhile gets them out of order", fails, "-DDELIVER_AT_ONCE")
tap.done()
