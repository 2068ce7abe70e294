"""Every request has a short name of its own: its log lines, its access line and the error page that somebody reads out
over the telephone carry it. Made here, never taken from a client.
"""

import logging
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"

_current: ContextVar[str] = ContextVar("request_id", default="-")


def name_requests(get_response):
    """Middleware, the outermost. The name stays until the next request of this thread: the access line comes last."""

    def middleware(request):
        request.id = secrets.token_hex(4)
        _current.set(request.id)
        response = get_response(request)
        response.headers[HEADER] = request.id
        return response

    return middleware


class WithRequestId(logging.Filter):
    """For handlers: `request_id` in every record, `-` outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get()
        return True
