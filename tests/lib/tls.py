# SPDX-License-Identifier: MIT
"""TLS clients for tests, and files that are renewed under a server."""
import os
import pathlib
import ssl


def insecure():
    """A client's context that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def trusting(authority, pair=None):
    """A client's context that trusts this file alone, and shows this pair."""
    context = ssl.create_default_context(cafile=authority)
    if pair:
        context.load_cert_chain(pair)
    return context


def put(source, target, age_s=10):
    """Copies `source` over `target` in one step, as a file that was changed `age_s` ago."""
    copy = f"{target}.new"
    pathlib.Path(copy).write_bytes(pathlib.Path(source).read_bytes())
    at = os.stat(copy).st_mtime_ns - int(age_s * 1e9)
    os.utime(copy, ns=(at, at))
    os.chmod(copy, 0o600)
    os.replace(copy, target)
