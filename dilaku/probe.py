"""`python -m dilaku.probe`: does the server of this container answer? For HEALTHCHECK; needs nothing but Python."""

import http.client
import os
import socket
import sys

SECONDS = 4


class Connection(http.client.HTTPConnection):
    """To BIND, be it unix:/path or host:port."""

    def connect(self):
        bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
        if bind.startswith("unix:"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(SECONDS)
            self.sock.connect(bind.removeprefix("unix:"))
        else:
            self.sock = socket.create_connection(("127.0.0.1", int(bind.rpartition(":")[2])), SECONDS)


if __name__ == "__main__":
    connection = Connection("localhost")
    try:
        connection.request("GET", "/healthz")
        sys.exit(connection.getresponse().status != http.client.OK)
    except OSError as error:
        sys.exit(str(error))
