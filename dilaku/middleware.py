"""Small guards that stand before every view."""

from urllib.parse import unquote_to_bytes

from django.core.exceptions import BadRequest


def refuse_impossible_text(get_response):
    """A NUL byte is no text in PostgreSQL: in a path or query it is a bad request, not a fault of ours."""

    def middleware(request):
        if b"\0" in unquote_to_bytes(request.META.get("QUERY_STRING", "")) or "\0" in request.path_info:
            raise BadRequest("NUL byte in the address")
        return get_response(request)

    return middleware
