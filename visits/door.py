"""The one way into the staff area: password, then code where there is one, then what has to be done first."""

from datetime import timedelta

from django.contrib import auth
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from visits import second_factor, sessions
from visits.actions import record_for_account
from visits.models import Authenticator, OneTimePassword

# Axes only says no; this one says yes.
BACKEND = "django.contrib.auth.backends.ModelBackend"
CODE_WITHIN = timedelta(minutes=5)
# In the session of whoever has given the right password and owes the code.
WAITS = "waits_for_code"


def wait_for_code(request, user, going_to: str) -> None:
    """The password was right. Nobody is signed in yet, and the session that was there before is gone."""
    request.session.flush()
    request.session[WAITS] = {"user": user.pk, "hash": user.get_session_auth_hash(), "going_to": going_to}
    request.session.set_expiry(timezone.now() + CODE_WITHIN)


def waiting(request) -> User | None:
    """Who waits for the code, unless the account or its password has changed meanwhile."""
    waits = request.session.get(WAITS)
    user = waits and User.objects.filter(pk=waits["user"], is_active=True, is_staff=True).first()
    return user if user and constant_time_compare(user.get_session_auth_hash(), waits["hash"]) else None


@transaction.atomic
def enter(request, user) -> str:
    """Signed in, with all that was asked for. Where the person was going to."""
    waits = request.session.pop(WAITS, {})
    auth.login(request, user, BACKEND)
    sessions.begin(request)
    if app := second_factor.app_of(user):
        request.session[second_factor.APP] = app.pk
    record_for_account(user, action="login", by=user, request=request)
    return waits.get("going_to", "")


def first_stop(request) -> str:
    """The page that has to be opened before any other, by the name of its address; empty when all are open.

    A log-in without the code, from before there was one, is none: whoever has it becomes a stranger here.
    """
    if request.user.is_anonymous:
        return ""
    owes_password, app = _standing(request.user)
    if app and request.session.get(second_factor.APP) != app:
        auth.logout(request)
        return ""
    if owes_password:
        return "password_change"
    return "second_factor" if not app and second_factor.is_required(request.user) else ""


def _standing(user) -> tuple[bool, int | None]:
    """In one statement, since every request asks: is there a one-time password, and which app."""
    app = Authenticator.objects.filter(user=OuterRef("pk"), confirmed=True).values("pk")[:1]
    password = OneTimePassword.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(pk=user.pk).values_list(Exists(password), Subquery(app)).get()
