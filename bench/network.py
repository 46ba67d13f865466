"""A network of the benchmark's own, where the machine lets it have one.

BBR, which some machines have for a default, sends in bursts with a timer of the kernel's between them: what they
cost is the server's, as far as they happen to meet it, and differs by half from one run to the next.  In a network
namespace of its own the run takes the kernel's own default in place of it, cubic, or reno, which never needs a
right; there are no rules of a firewall, and no traffic of others.
"""
import ctypes
import fcntl
import pathlib
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
CONTROL = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control")


def set_loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def choose_control():
    for name in ("cubic", "reno"):
        try:
            CONTROL.write_text(name)
            return
        except OSError:
            continue


def enter():
    """Everything that is started from here on is in it.  Answers what the network is, in words."""
    alone = ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0
    if alone:
        set_loopback_up()
        choose_control()
    where = "a network namespace of its own" if alone else "the network of the machine"
    return f"{where}, {CONTROL.read_text().strip()}"
