"""The audit trail in the words of the people who read it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.utils.formats import date_format
from django.utils.text import capfirst

WHOLE = {
    "login": "Masuk",
    "login.refused": "Gagal masuk",
    "refused": "Ditolak membuka halaman",
    "inside.listed": "Membuka daftar tamu di dalam",
    "visit.opened": "Membuka rincian kunjungan",
    "visit.searched": "Mencari kunjungan",
    "visit.registered": "Mencatat kunjungan",
    "visit.changed": "Mengubah kunjungan",
    "visit.arrived": "Menandai datang",
    "visit.closed": "Menandai selesai",
    "visit.reopened": "Membatalkan selesai",
    "visit.excluded": "Mengecualikan dari hitungan",
    "visit.included": "Menghitung lagi",
    "password.changed": "Mengganti sandi sendiri",
}
VERBS = {"added": "Menambah", "changed": "Mengubah", "deleted": "Menghapus"}


@dataclass(frozen=True)
class Line:
    """One event, as a history shows it."""

    at: str
    actor: str
    action: str
    details: str


def line(event, office) -> Line:
    zone = office.time_zone if office else settings.TIME_ZONE
    return Line(moment_words(event.at, zone), event.actor or "-", action_words(event.action), detail_words(event))


def moment_words(moment, zone: str) -> str:
    return date_format(moment.astimezone(ZoneInfo(zone)), "j M Y H.i.s")


def action_words(action: str) -> str:
    """`division.changed` becomes "Mengubah divisi"; an action that nobody has put into words stays as it is."""
    if action in WHOLE:
        return WHOLE[action]
    model, _dot, verb = action.partition(".")
    if verb not in VERBS or (found := _model(model)) is None:
        return action
    return f"{VERBS[verb]} {found._meta.verbose_name}"


def detail_words(event) -> str:
    """`Isian: keperluan, jumlah tamu` or `3 hasil`; details never hold values."""
    details = event.details
    if "fields" in details:
        return "Isian: " + ", ".join(_field_words(event.object_type, field) for field in details["fields"])
    if "rows" in details:
        return f"{details['rows']} hasil"
    return str(details.get("path", ""))


def object_words(event) -> str:
    model = _model(event.object_type)
    return f"{capfirst(model._meta.verbose_name)} #{event.object_id}" if model and event.object_id else ""


def _field_words(model_name: str, field: str) -> str:
    inline, dot, name = field.rpartition(".")
    model = _model(inline if dot else model_name)
    try:
        return str(model._meta.get_field(name).verbose_name) if model else field
    except FieldDoesNotExist:
        return field


def _model(name: str):
    """By its name alone, as audit lines hold it: ours first, then Django's accounts and groups."""
    for app in ["visits", "auth"]:
        try:
            return apps.get_model(app, name)
        except (LookupError, ValueError):
            continue
    return None
