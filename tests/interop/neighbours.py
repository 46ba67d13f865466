# SPDX-License-Identifier: MIT
"""Servers and proxies that others wrote, each for the time of a test: on a port that the kernel
chose, with files in a folder of its own, ended by its own process.

    with WsServer() as server, Tinyproxy(user="u", password="p") as proxy:
        Client(f"ws://{server}/echo", "--proxy", f"http://u:p@{proxy}")
"""
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lib.nobody import listens  # noqa: E402

PATIENCE_S = 60


def has_v6():
    """Whether "localhost" may be ::1 as well."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def is_there(program):
    return shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is not None


def free_port():
    """One that nobody has now; somebody may take it before it is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Neighbour:
    """A process.  Subclasses say how it is started; its address is str(neighbour)."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hawser-interop-"))
        self.process = None
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def __str__(self):
        return f"127.0.0.1:{self.port}"

    def _run(self, *command, **options):
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=self.log, **options)

    def _told(self):
        return (self.folder / "log").read_text(errors="replace")

    def _listens(self, port):
        """Waits until it does; False when it ended instead, its port taken, say."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if listens(self.process.pid, port):
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        return False

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()
            self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class TellsItsAddress(Neighbour):
    """One of ours around a library: it binds to port 0, and prints where it is."""
    command = ()

    def __init__(self, *arguments):
        self.arguments = arguments
        super().__init__()

    def _start(self):
        self._run(*self.command, *self.arguments, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.command}: {self._told()}")
        self.port = int(line.rpartition(":")[2])


class WsServer(TellsItsAddress):
    command = ("node", str(HERE / "ws_server.mjs"))


class WebsocketsServer(TellsItsAddress):
    command = (sys.executable, str(HERE / "websockets_server.py"))


class TakesAPort(Neighbour):
    """A program that wants to be told its ports: tried with others when one was taken meanwhile."""
    port_count = 1

    def _start(self):
        for _ in range(10):
            self.ports = [free_port() for _ in range(self.port_count)]
            self.port = self.ports[0]
            self._run(*self._command(), stdout=subprocess.DEVNULL)
            if all(map(self._listens, self.ports)):
                return
            self.process.kill()
            self.process.wait()
        raise RuntimeError(f"{self._command()}: {self._told()}")


class Tinyproxy(TakesAPort):
    """An http proxy.  It connects to port `to` alone when that is named."""

    def __init__(self, user=None, password=None, to=None):
        self.user, self.password, self.to = user, password, to
        super().__init__()

    def _command(self):
        lines = [f"Port {self.port}", "Listen 127.0.0.1", "Timeout 60", "MaxClients 50",
                 f'LogFile "{self.folder}/requests"', "LogLevel Connect"]
        if self.user:
            lines.append(f"BasicAuth {self.user} {self.password}")
        if self.to:
            lines.append(f"ConnectPort {self.to}")
        configuration = self.folder / "tinyproxy.conf"
        configuration.write_text("\n".join(lines) + "\n")
        return "/usr/bin/tinyproxy", "-d", "-c", str(configuration)

    def requests(self):
        """What it was asked for: lines of its log."""
        lines = (self.folder / "requests").read_text().splitlines()
        return [line.partition("): ")[2] for line in lines if "): CONNECT " in line]


class Microsocks(TakesAPort):
    """A SOCKS 5 proxy."""

    def __init__(self, user=None, password=None):
        self.login = ["-u", user, "-P", password] if user else []
        super().__init__()

    def _command(self):
        return "/usr/bin/microsocks", "-i", "127.0.0.1", "-p", str(self.port), *self.login

    def requests(self):
        """What it was asked for: lines of its log."""
        return [line.partition(": ")[2] for line in self._told().splitlines()
                if ": connected to " in line]


class Nginx(TakesAPort):
    """A TLS proxy for a server, or for a proxy.

    sites     port name -> its blocks, each (certificate file, more directives); a block whose
              directives have "server_name" is for that name alone
    upstream  whom it speaks to without TLS, "host:port"
    bytes     names of ports whose bytes go through as they are; the others speak HTTP"""

    def __init__(self, sites, upstream, bytes=()):
        self.sites, self.upstream, self.bytes = sites, upstream, bytes
        self.port_count = len(sites)
        super().__init__()

    def at(self, name, host="127.0.0.1"):
        return f"{host}:{self.ports[list(self.sites).index(name)]}"

    def _block(self, port, certificate, more, target):
        also = f"listen [::1]:{port} ssl;" if has_v6() else ""
        return f"""server {{ listen 127.0.0.1:{port} ssl; {also} {more}
            ssl_certificate {certificate}; ssl_certificate_key {certificate}; {target} }}"""

    def _blocks(self, bytes, target):
        return "\n".join(self._block(port, certificate, more, target)
                         for (name, blocks), port in zip(self.sites.items(), self.ports)
                         for certificate, more in blocks if (name in self.bytes) == bytes)

    def _command(self):
        target = f"""location / {{ proxy_pass http://{self.upstream}; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
            proxy_set_header Host $http_host; proxy_set_header X-Client $ssl_client_s_dn; }}"""
        temporary = " ".join(f"{name}_temp_path {self.folder}/{name};" for name in
                             ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = self.folder / "nginx.conf"
        configuration.write_text(f"""
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off; master_process off; pid {self.folder}/pid; error_log stderr;
            events {{ worker_connections 256; }}
            http {{ access_log off; {temporary} ssl_session_cache builtin:100;
                {self._blocks(False, target)} }}
            stream {{ {self._blocks(True, f"proxy_pass {self.upstream};")} }}""")
        return "/usr/sbin/nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(configuration)


class Introducing(TakesAPort):
    """Who passes bytes on to `upstream`, "host:port", and says whose they are in the PROXY protocol:
    a port for each of `ways`."""
    ways = ()

    def __init__(self, upstream):
        self.upstream = upstream
        self.port_count = len(self.ways)
        super().__init__()

    def port_of(self, way):
        return self.ports[self.ways.index(way)]


class IntroducingNginx(Introducing):
    ways = ("version 1",)

    def _command(self):
        configuration = self.folder / "nginx.conf"
        configuration.write_text(f"""
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off; master_process off; pid {self.folder}/pid; error_log stderr;
            events {{ worker_connections 256; }}
            stream {{ server {{ listen 127.0.0.1:{self.port};
                proxy_pass {self.upstream}; proxy_protocol on; }} }}""")
        return "/usr/sbin/nginx", "-e", "stderr", "-p", str(self.folder), "-c", str(configuration)


class Haproxy(Introducing):
    """Its checks of whether the server is there speak the protocol, too (LOCAL)."""
    options = {
        "version 1": "send-proxy",
        "version 2": "send-proxy-v2",
        "version 2, TLVs": "send-proxy-v2 proxy-v2-options crc32c,unique-id",
        "version 2, checked": "send-proxy-v2 check inter 50 fall 1 rise 1",
        "version 2, HTTP": "send-proxy-v2",
    }
    ways = tuple(options)

    def _frontend(self, way, port):
        mode = "http" if way.endswith("HTTP") else "tcp"
        return f"""
listen at_{port}
    mode {mode}
    bind 127.0.0.1:{port}
    unique-id-format %[uuid()]
    server hawser {self.upstream} {self.options[way]}
"""

    def _command(self):
        configuration = self.folder / "haproxy.cfg"
        configuration.write_text(
            "defaults\n    timeout connect 20s\n    timeout client 60s\n    timeout server 60s\n"
            + "".join(map(self._frontend, self.ways, self.ports)))
        return "/usr/sbin/haproxy", "-db", "-q", "-f", str(configuration)
