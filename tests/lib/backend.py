# SPDX-License-Identifier: MIT
"""A back end for webhooks, that does what a test wants.

    with Backend() as backend:
        backend.answers["/connect"] = {"result": {"user": "ada"}}
        backend.answers["/rpc"] = lambda handler, question: handler.reply({"result": {}})
"""
import http.server
import json
import queue
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        question = json.loads(self.rfile.read(size))
        self.server.backend.asked.put((self.path, question, dict(self.headers.items()),
                                       self.client_address[1]))
        answer = self.server.backend.answers[self.path]
        if callable(answer):
            answer(self, question)
        else:
            self.reply(answer)

    def do_GET(self):
        self.server.backend.asked.put((self.path, None, {}, 0))

    def reply(self, answer, status=200, **headers):
        self.reply_text(json.dumps(answer), status, **headers)

    def reply_text(self, text, status=200, **headers):
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # who asked may have gone


class Backend:
    """`is_down`: it has a port, and refuses who comes, until it is told to `begin`."""

    def __init__(self, tls=None, is_down=False):
        self.answers = {}
        self.asked = queue.Queue()
        self.server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self.server.server_bind()
        self.server.backend = self
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server.server_port}"
        self.thread = None
        if not is_down:
            self.begin()

    def begin(self):
        self.server.server_activate()
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.thread:
            self.server.shutdown()
            self.thread.join()
        self.server.server_close()

    def next(self):
        """What was asked next: path, question, headers, the port that it came from."""
        return self.asked.get(timeout=60)
