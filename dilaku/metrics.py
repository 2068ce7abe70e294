"""/metrics for Prometheus (django-prometheus), for whoever knows METRICS_TOKEN. Without a token there is no such page,
and nothing is measured.
"""

import hmac

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView


@require_safe
def metrics(request):
    """Counts and times by view, summed over the server's processes; no address, no person."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not _knows_the_token(request.headers.get("Authorization", "")):
        return HttpResponse("token?", status=401, headers={"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
    response = ExportToDjangoView(request)
    response.headers["Cache-Control"] = "no-store"
    return response


def _knows_the_token(authorization: str) -> bool:
    scheme, _, token = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
