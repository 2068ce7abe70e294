"""What visitors' pages share: the point behind a code, the visit behind a key, the language of a private page, and that
such a page is neither kept nor indexed.
"""

from functools import wraps

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from visits import errors, snapshot
from visits.actions import AlreadyErasedError, ticket_key
from visits.codes import key_hash
from visits.language import localized
from visits.models import Visit


def private(view):
    """A page that only the holder of its link should see: never stored, never indexed."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapper


def speak_language_of(request, row) -> None:
    """A private page is in the language that its visitor wrote in, unless its address names one."""
    if request.method != "POST" and "lang" not in request.GET:
        translation.activate(row.language)


def see_private_page(name: str, key: str | None, row, **query: str):
    """Leads to the page after a form was sent, in the language of that form."""
    if key is None:
        raise Http404
    language = translation.get_language()
    if language != row.language:
        query["lang"] = language
    return HttpResponse(status=303, headers={"Location": localized(reverse(name, args=[key]), **query)})


def at_point(view):
    """Hands the view the point behind the code in its address. A revoked one says so in the view's stead."""

    @wraps(view)
    def wrapper(request, code):
        point = point_or_404(code)
        return view(request, point) if point.is_active else _revoked(request, point)

    return wrapper


def point_or_404(code: str) -> snapshot.PointSnapshot:
    point = snapshot.for_code(code)
    if point is None:
        raise Http404
    return point


def _revoked(request, point):
    """What was typed while the code was revoked is shown, to be read out at the desk."""
    context = {"point": point, "office": point.office, "typed": errors.typed(errors.kept(request))}
    return render(request, "visits/revoked.html", context, status=410)


def at_ticket(view):
    """Hands the view the visit behind the key in its address, and that key. An unknown one, one of a secret that is no
    longer honoured, or one of a visit that is erased meanwhile, says so in its stead."""

    @wraps(view)
    def wrapper(request, key):
        visits = Visit.objects.select_related("office", "point", "purpose", "district").defer("office__emblem")
        visit = visits.filter(key_hash=key_hash(key)).first()
        try:
            return view(request, visit, key) if visit and ticket_key(visit) else _no_ticket(request)
        except AlreadyErasedError:
            return _no_ticket(request)

    return wrapper


def _no_ticket(request):
    return errors.page(
        request,
        404,
        _("Tiket tidak ditemukan"),
        _("Mungkin tautannya terpotong. Petugas bisa membantu mencarinya."),
    )
