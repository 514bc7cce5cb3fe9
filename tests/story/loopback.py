"""HTTP servers of the tests' own: threads on a port of 127.0.0.1, for as long as a `with` lasts."""
import http.server
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *about):
        if not isinstance(sys.exc_info()[1], OSError):  # a line that was cut on purpose
            super().handle_error(*about)


class Loopback:
    """A subclass calls serve() when all that its handler needs is there."""

    def serve(self, handler, tls=None):
        """Listen at self.address; tls: an ssl.SSLContext."""
        self.http = _Server(("127.0.0.1", 0), handler)
        if tls:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.address = f"{scheme}://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def let_all_go(self):
        """Called at the end: whoever waits in a handler is to wait no more."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.let_all_go()
        self.http.shutdown()
        self.http.server_close()
