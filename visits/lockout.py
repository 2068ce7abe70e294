"""How many wrong passwords are one too many. The counting is django-axes'; docs/decisions/016-the-door.md says why so.

Whoever has signed in from a network before answers only for the own mistakes there. Everybody else also shares a budget
for the account and one for the network, so that neither many addresses nor many names help a guesser.
"""

from datetime import timedelta

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Max, Q, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dilaku.proxy import subscriber
from visits.actions import record, record_for_account
from visits.models import AuditEvent

# Wrong passwords within AXES_COOLOFF_TIME: for one account from all networks, and from one network for all accounts.
ACCOUNT_BUDGET = 30
NETWORK_BUDGET = 100
KNOWN_FOR = timedelta(days=30)


def counted_name(request, credentials) -> str:
    """For axes, in place of the name: people type their password there, and the table would keep it."""
    return name_digest(credentials["username"])


def name_digest(username: str) -> str:
    return salted_hmac("visits.lockout", username).hexdigest()


def counted_network(request) -> str | None:
    """For axes: whose network it is. None where there is none."""
    return subscriber(request.META.get("REMOTE_ADDR") or "") or None


def bare(request) -> HttpRequest:
    """All of a request that axes gets to see, and so can store: where it came from."""
    stripped = HttpRequest()
    stripped.META["REMOTE_ADDR"] = request.META.get("REMOTE_ADDR", "")
    return stripped


def is_flooded(request, username: str) -> bool:
    """Have strangers used up the budget of this account or network, and is this one of them?"""
    name, network = name_digest(username), counted_network(request)
    sums = _recent().aggregate(
        account=Sum("failures_since_start", filter=Q(username=name), default=0),
        network=Sum("failures_since_start", filter=Q(ip_address=network), default=0),
    )
    is_over = sums["account"] >= ACCOUNT_BUDGET or sums["network"] >= NETWORK_BUDGET
    return is_over and not _is_known(username, network)


def _recent():
    return AccessAttempt.objects.filter(attempt_time__gte=timezone.now() - settings.AXES_COOLOFF_TIME)


def _is_known(username: str, network: str | None) -> bool:
    """The trail tells from where an account has signed in lately."""
    account = User.objects.filter(username=username).values("pk")
    log_ins = AuditEvent.objects.filter(object_type="user", object_id__in=account, action="login")
    lately = log_ins.filter(at__gte=timezone.now() - KNOWN_FOR).order_by()
    addresses = lately.values_list("address", flat=True).distinct()
    return (network or "") in {subscriber(address or "") for address in addresses}


def is_locked(user) -> bool:
    """From one network at least, or for strangers from all of them."""
    attempts = _recent().filter(username=name_digest(user.get_username()))
    wrong = attempts.aggregate(most=Max("failures_since_start", default=0), all=Sum("failures_since_start", default=0))
    return wrong["most"] >= settings.AXES_FAILURE_LIMIT or wrong["all"] >= ACCOUNT_BUDGET


def lift(user) -> None:
    """From every network."""
    reset(username=name_digest(user.get_username()))


def record_refusal(attempt: HttpRequest, username: str, *, request) -> None:
    """A line in the trail for each wrong password that counts; none while locked out, or a robot would fill the trail.

    `attempt` is the bare request that axes has seen. What was typed stays out, also when it is nobody's name.
    """
    is_locked_out = getattr(attempt, "axes_locked_out", False)
    if is_locked_out and getattr(attempt, "axes_failures_since_start", None) is None:
        return
    account = User.objects.filter(username=username).first()
    if account is None:
        record(action="login.refused", request=request)
        return
    for action in ["login.refused", "login.locked"][: 1 + is_locked_out]:
        record_for_account(account, action=action, request=request)


def forget_old() -> None:
    """Attempts that count no longer. Axes tidies up at the next log-in; there may be none for weeks."""
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()
