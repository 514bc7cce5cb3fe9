#!/usr/bin/python3
"""bench_models over https: a real nginx (TLS, HTTP/2) before its server.

What nginx takes is in the figures. The certificates to choose from are the
system's, as they are in service, and one more.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "real"), os.path.join(HERE, "..", "story")]
import ca  # noqa: E402  pylint: disable=wrong-import-position
import daemon  # noqa: E402  pylint: disable=wrong-import-position

SYSTEM = "/etc/ssl/certs/ca-certificates.crt"


def settings(folder, pair, server, port, http2):
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(f"{x}_temp_path {folder}/{x};" for x in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return (f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log;"
            f"worker_processes 1; events {{ worker_connections 256; }}"
            f"http {{ access_log off; {temporary}"
            f"upstream there {{ server 127.0.0.1:{server}; keepalive 16; }} server {{"
            f"listen 127.0.0.1:{port} ssl {http2}; ssl_certificate {pair.certificate};"
            f"ssl_certificate_key {pair.key}; location / {{"
            f"proxy_pass http://there; proxy_http_version 1.1; proxy_buffering off;"
            f"proxy_set_header Connection ''; }} }} }}\n")


def wait_for(port):
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("nginx does not start")


def ask(folder, program, server, http2):
    authority = ca.Authority(folder / "ca")
    trusted = folder / "trusted.pem"
    trusted.write_text(pathlib.Path(SYSTEM).read_text() +
                       pathlib.Path(authority.path).read_text())
    port = daemon.free_port()
    (folder / "nginx.conf").write_text(
        settings(folder, authority.good(), server, port, http2))
    proxy = subprocess.Popen(["/usr/sbin/nginx", "-p", str(folder), "-e", f"{folder}/early.log",
                              "-c", str(folder / "nginx.conf")])
    try:
        wait_for(port)
        subprocess.run([program, "ask", "http2" if http2 else "http1",
                        f"https://localhost:{port}/v1", str(trusted)], check=True)
    finally:
        proxy.terminate()
        proxy.wait()


def main():
    program = os.path.join(daemon.arguments().build, "bench", "bench_models")
    with tempfile.TemporaryDirectory() as folder, \
            subprocess.Popen([program, "serve"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True) as server:
        port = int(server.stdout.readline())
        for http2 in ("", "http2"):
            ask(pathlib.Path(folder), program, port, http2)
        server.stdin.close()


if __name__ == "__main__":
    try:
        main()
    except Exception as fault:  # pylint: disable=broad-except
        print(f"bench_models: {type(fault).__name__}: {fault}", file=sys.stderr)
        sys.exit(1)
