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
    "login.locked": "Terkunci karena terlalu banyak sandi yang salah",
    "login.code_refused": "Gagal masuk: kode salah",
    "logout": "Keluar",
    "session.ended": "Mengeluarkan perangkat lain",
    "secondfactor.set_up": "Memasang verifikasi dua langkah",
    "secondfactor.codes_renewed": "Membuat kode cadangan baru",
    "secondfactor.turned_off": "Mematikan verifikasi dua langkah",
    "access.reset": "Mengatur ulang akses dari server",
    "refused": "Ditolak membuka halaman",
    "inside.listed": "Membuka daftar tamu di dalam",
    "visit.opened": "Membuka rincian kunjungan",
    "visit.searched": "Mencari kunjungan",
    "visit.registered": "Mencatat kunjungan",
    "visit.changed": "Mengubah kunjungan",
    "visit.arrived": "Menandai datang",
    "visit.unarrived": "Membatalkan kedatangan",
    "visit.closed": "Menandai selesai",
    "visit.reopened": "Membatalkan selesai",
    "visit.excluded": "Mengecualikan dari hitungan",
    "visit.included": "Menghitung lagi",
    "visit.corrected": "Tamu memperbaiki datanya",
    "visit.consent_withdrawn": "Tamu mencabut persetujuan dihubungi",
    "visit.restricted": "Membatasi pemakaian data kunjungan",
    "visit.restriction_lifted": "Mencabut pembatasan data kunjungan",
    "visit.erased": "Menghapus data pribadi kunjungan",
    "feedback.erased": "Menghapus data pribadi saran",
    "datarequest.received": "Menerima permintaan data",
    "datarequest.granted": "Mengabulkan permintaan data",
    "datarequest.refused": "Menolak permintaan data",
    "rights.searched": "Mencari data tamu tanpa tiket",
    "feedback.counted": "Menghitung saran yang ditandai",
    "feedback.dismissed": "Menutup saran yang ditandai",
    "surveyresponse.counted": "Menghitung penilaian yang ditandai",
    "surveyresponse.dismissed": "Membuang penilaian yang ditandai",
    "retention.erased": "Menghapus data pribadi yang lewat masa simpan",
    "visit.exported": "Mengunduh kunjungan sebagai Excel",
    "visit.imported": "Mengimpor buku tamu lama",
    "feedback.opened": "Membuka saran",
    "feedback.searched": "Mencari saran",
    "feedback.replied": "Membalas saran",
    "feedback.noted": "Menulis catatan internal",
    "feedback.assigned": "Membagi saran",
    "feedback.closed": "Menutup saran",
    "feedback.reopened": "Membuka lagi saran",
    "feedback.told": "Mengambil tautan pengirim untuk WhatsApp",
    "poster.downloaded": "Mengunduh poster",
    "checkinpoint.code_replaced": "Mengganti kode poster",
    "checkinpoint.code_restored": "Memakai lagi kode poster yang lama",
    "emblem.confirmed": "Menyatakan lambang sudah sesuai",
    "hours.confirmed": "Menyatakan jam layanan sudah sesuai",
    "divisions.confirmed": "Menyatakan divisi sudah sesuai",
    "services.confirmed": "Menyatakan layanan sudah sesuai",
    "firstday.hidden": "Menyembunyikan daftar hari pertama",
    "firstday.shown": "Menampilkan lagi daftar hari pertama",
    "district.pasted": "Menempel daftar kecamatan",
    "closedday.confirmed": "Menambah libur nasional",
    "colleague.invited": "Menambah rekan",
    "colleague.password_renewed": "Membuat sandi sekali pakai",
    "colleague.roles_changed": "Mengubah wewenang rekan",
    "colleague.deactivated": "Menonaktifkan rekan",
    "colleague.reactivated": "Mengaktifkan rekan lagi",
    "colleague.unlocked": "Membuka kunci akun rekan",
    "colleague.second_factor_removed": "Menghapus verifikasi dua langkah rekan",
    "password.changed": "Mengganti sandi sendiri",
    "report.opened": "Membuka laporan",
    "report.downloaded": "Mengunduh laporan",
    "report.locked": "Mengesahkan laporan",
    "report.unlocked": "Membuka lagi laporan yang disahkan",
    "report.damaged": "Mendapati arsip laporan rusak",
    "auditevent.exported": "Mengunduh jejak audit",
    "affected.listed": "Menyusun daftar orang terdampak",
    "database.restored": "Memulihkan data dari cadangan",
}
UNITS = {
    "visit.exported": "kunjungan",
    "visit.imported": "kunjungan",
    "auditevent.exported": "baris",
    "affected.listed": "orang",
}
COUNTS = {"added": "ditambahkan", "reactivated": "dipakai lagi"}
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
    """`Isian: keperluan, jumlah tamu`, `3 hasil` or `2026-06 pdf`; details never hold personal values."""
    details = event.details
    if "fields" in details:
        return "Isian: " + ", ".join(_field_words(event.object_type, field) for field in details["fields"])
    if "rows" in details:
        return _rows_words(event.action, **details)
    if "period" in details:
        return " ".join(details[name] for name in ["period", "format", "number"] if name in details)
    if "kind" in details:
        return details["kind"]
    if "roles" in details:
        return ", ".join(details["roles"])
    counts = [f"{details[count]} {word}" for count, word in COUNTS.items() if details.get(count)]
    return ", ".join(counts) or str(details.get("path", ""))


def _rows_words(action: str, rows: int, filters: list[str] | None = None, **_others) -> str:
    """`3 hasil`, `120 kunjungan; saringan: status, waktu`."""
    unit = UNITS.get(action, "hasil")
    return f"{rows} {unit}; saringan: {', '.join(filters)}" if filters else f"{rows} {unit}"


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
