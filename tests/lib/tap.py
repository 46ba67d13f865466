# SPDX-License-Identifier: MIT
"""Test points as TAP: a function that returns has passed, an exception says what was wrong."""
import sys
import time
import traceback


class Tap:
    def __init__(self):
        self.count = 0
        self.failure_count = 0

    def skip_all(self, reason):
        print(f"1..0 # SKIP {reason}")
        sys.exit(0)

    def run(self, name, body, *arguments):
        """One point.  AssertionError: a difference, told in its own words; others with their place."""
        start = time.monotonic()
        self.count += 1
        try:
            body(*arguments)
        except AssertionError as failure:
            self._fail(name, str(failure) or traceback.format_exc())
        except Exception:  # of the test itself, or of the server that it cannot reach any more
            self._fail(name, traceback.format_exc())
        else:
            print(f"ok {self.count} - {name}", flush=True)
        if time.monotonic() - start > 5:
            print(f"# took {time.monotonic() - start:.1f} s", flush=True)

    def _fail(self, name, text):
        self.failure_count += 1
        print(f"not ok {self.count} - {name}")
        for line in text.splitlines():
            print(f"#   {line}")
        sys.stdout.flush()

    def done(self):
        """Prints the plan and ends the process."""
        print(f"1..{self.count}")
        sys.exit(1 if self.failure_count else 0)
