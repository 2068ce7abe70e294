"""Public forms carry no cookie and no token, so an old or cached page still submits; the browser's own word for where a
form came from guards them instead. See docs/decisions/003-public-forms-without-cookies.md.
"""

from urllib.parse import urlsplit


def is_same_origin(request) -> bool:
    """False when the browser says that another site sent this. Silence is no offence: there is no cookie to abuse."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if source is None:
        return True
    try:
        return urlsplit(source).netloc.lower() == request.get_host().lower()
    except ValueError:  # such as http://[::1
        return False
