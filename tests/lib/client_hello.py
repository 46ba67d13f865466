# SPDX-License-Identifier: MIT
"""ClientHellos by hand (RFC 5246 §7.4.1.2), for what no TLS library would send."""
import struct

TLS_1_0, TLS_1_1, TLS_1_2 = 0x0301, 0x0302, 0x0303
ECDHE_ECDSA_AES128_GCM = 0xC02B
HANDSHAKE, ALERT = 22, 21

# The alerts of RFC 8446 §6.
HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, DECODE_ERROR, PROTOCOL_VERSION = 40, 47, 50, 70
UNRECOGNIZED_NAME, NO_APPLICATION_PROTOCOL = 112, 120


def vector(size, data):
    """`data` behind its length in so many bytes."""
    return len(data).to_bytes(size, "big") + data


def extension(number, data):
    return struct.pack(">H", number) + vector(2, data)


def server_name(name):
    return extension(0, vector(2, b"\0" + vector(2, name)))


def protocols(*names):
    return extension(16, vector(2, b"".join(vector(1, name) for name in names)))


def record(kind, data, version=TLS_1_0):
    return struct.pack(">BH", kind, version) + vector(2, data)


def client_hello(*extensions, version=TLS_1_2, ciphers=(ECDHE_ECDSA_AES128_GCM,),
                 compressions=b"\0", session=b""):
    """The record of a ClientHello that a server of TLS 1.2 could answer."""
    common = (extension(10, vector(2, struct.pack(">HH", 23, 29)))  # P-256, X25519
              + extension(11, vector(1, b"\0"))                     # points not compressed
              + extension(13, vector(2, struct.pack(">HHH", 0x0403, 0x0804, 0x0401))))
    body = (struct.pack(">H", version) + bytes(range(32)) + vector(1, session)
            + vector(2, b"".join(struct.pack(">H", cipher) for cipher in ciphers))
            + vector(1, compressions) + vector(2, common + b"".join(extensions)))
    return record(HANDSHAKE, b"\1" + vector(3, body))


def records(data):
    """What a server sent, as (kind, bytes); the last may be cut."""
    found = []
    while len(data) >= 5:
        size = int.from_bytes(data[3:5], "big")
        found.append((data[0], data[5:5 + size]))
        data = data[5 + size:]
    return found
