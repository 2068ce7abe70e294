"""Log-ins: how long they last, and which ones a person has. SESSION_ENGINE is this module.

A log-in ends by Django's own expiry: two hours after the last thing that somebody did, twelve after the beginning.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dilaku.proxy import neighbourhood
from visits.models import StaffSession

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
# "Last seen" is no finer: a write for every click helps nobody.
PRECISION = timedelta(minutes=1)
LOG_IN = "log_in"

# What its User-Agent has to hold; the more special ones first, since they all pretend to be others too.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls):
        return StaffSession

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session


@dataclass(frozen=True)
class LogIn:
    """One line of "Perangkat yang masuk"."""

    name: str  # names it in a form; its real key would open it
    is_this: bool  # the one that asks
    started_at: datetime
    seen_at: datetime
    network: str  # "203.0.113.0/24"
    browser: str  # "Chrome di Android"


def begin(request) -> None:
    """A log-in is complete. Enough is kept to recognise it by, too little to tell a person by."""
    now = timezone.now()
    request.session[LOG_IN] = {
        "started": int(now.timestamp()),
        "network": neighbourhood(request.META.get("REMOTE_ADDR") or ""),
        "browser": browser_kind(request.headers.get("User-Agent", "")),
    }
    _seen(request.session, now)


def touch(request) -> None:
    """Somebody did something. A session that did not begin here is never lengthened."""
    log_in, now = request.session.get(LOG_IN), timezone.now()
    if log_in and now - _moment(log_in["seen"]) >= PRECISION:
        _seen(request.session, now)


def _seen(session, now: datetime) -> None:
    log_in = session[LOG_IN]
    session[LOG_IN] = {**log_in, "seen": int(now.timestamp())}
    session.set_expiry(min(now + IDLE, _moment(log_in["started"]) + LONGEST))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def browser_kind(user_agent: str) -> str:
    """`Chrome di Android`: as much as a person needs to recognise the own phone."""
    browser = next((name for sign, name in BROWSERS.items() if sign in user_agent), "Peramban lain")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return f"{browser} di {system}" if system else browser


def of(request) -> list[LogIn]:
    """The person's own, the present one first, then the latest."""
    rows = _of(request.user).filter(expire_date__gt=timezone.now())
    log_ins = [_log_in(row, request.session.session_key) for row in rows if LOG_IN in row.get_decoded()]
    return sorted(log_ins, key=lambda log_in: (log_in.is_this, log_in.seen_at), reverse=True)


def _of(user):
    return StaffSession.objects.filter(user=user.pk)


def _log_in(row: StaffSession, current_key: str) -> LogIn:
    about = row.get_decoded()[LOG_IN]
    return LogIn(
        name=name_of(row.session_key),
        is_this=row.session_key == current_key,
        started_at=_moment(about["started"]),
        seen_at=_moment(about["seen"]),
        network=about["network"],
        browser=about["browser"],
    )


def name_of(session_key: str) -> str:
    return salted_hmac("visits.sessions", session_key).hexdigest()[:16]


def end(request, name: str) -> int:
    """One of the person's other log-ins. How many were ended: one, or none."""
    others = _of(request.user).exclude(pk=request.session.session_key)
    keys = [key for key in others.values_list("pk", flat=True) if name_of(key) == name]
    return _delete(others.filter(pk__in=keys))


def end_others(request) -> int:
    return _delete(_of(request.user).exclude(pk=request.session.session_key))


def end_all(user) -> int:
    return _delete(_of(user))


def _delete(rows) -> int:
    return rows.delete()[0]


def forget_old() -> None:
    SessionStore.clear_expired()
