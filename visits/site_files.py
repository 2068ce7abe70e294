"""The small files that machines ask a site for."""

import json
from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# RFC 9116 wants an end, at most a year away; a running installation moves it on by itself.
SECURITY_TXT_LASTS = timedelta(days=180)
# Private links are left out on purpose: their pages say noindex, which a robot that is kept away would never read.
ROBOTS = "User-agent: *\nDisallow: /k/\nDisallow: /K/\nDisallow: /staf/\n"
# What templates/visits/_scripts.html loads, and the service worker keeps for pages without a signal.
SCRIPTS = ["js/public.js", "js/outbox.js", "js/kept.js", "js/signal.js"]


@require_safe
@cache_control(max_age=86400)
def robots(request):
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86400)
def security(request):
    """Where to report a weakness: the privacy notice names the contact of each office."""
    expires = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + SECURITY_TXT_LASTS
    lines = [
        f"Contact: {settings.SITE_URL}/privasi/",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: id, en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=86400)
def manifest(request):
    """What a phone shows when a visitor puts the page on the home screen."""
    content = {
        "name": "DILAKU, buku tamu kantor",
        "short_name": "DILAKU",
        "lang": "id",
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#FAF8F5",
        "theme_color": "#7A1523",
        "icons": [{"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}],
    }
    return JsonResponse(content, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request):
    """At the root, because it may only serve addresses below its own. Every change of a script changes its text, and
    with it the worker on every phone; see docs/decisions/014-weak-signal.md."""
    parts = ["js/worker_off.js"] if settings.SERVICE_WORKER_OFF else ["js/outbox.js", "js/worker.js"]
    files = json.dumps([static(name) for name in SCRIPTS])
    content = f"self.FILES = {files};\nimportScripts({', '.join(json.dumps(static(name)) for name in parts)});\n"
    return HttpResponse(content, content_type="text/javascript; charset=utf-8")
