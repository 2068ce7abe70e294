"""Who has opened or changed a visit, in the visitor's own words and language."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from visits import roles
from visits.rights import IT, SOMEBODY, Trace

VISITOR = _("Anda")
WHO = {
    roles.STAFF: _("Petugas"),
    roles.OFFICE_ADMIN: _("Admin kantor"),
    roles.LEADERSHIP: _("Pimpinan"),
    roles.REPORT_RECEIVER: _("Penerima laporan"),
    IT: _("IT"),
    SOMEBODY: _("Pegawai kantor"),
}
DEEDS = {
    "visit.opened": _("membuka rincian"),
    "visit.registered": _("mencatat kunjungan"),
    "visit.changed": _("mengubah data"),
    "visit.corrected": _("memperbaiki data"),
    "visit.arrived": _("menandai datang"),
    "visit.unarrived": _("membatalkan kedatangan"),
    "visit.closed": _("menandai selesai"),
    "visit.reopened": _("membatalkan selesai"),
    "visit.excluded": _("mengeluarkan kunjungan dari hitungan"),
    "visit.included": _("menghitung lagi kunjungan"),
    "visit.consent_withdrawn": _("menarik persetujuan"),
    "visit.restricted": _("membatasi pemakaian data"),
    "visit.restriction_lifted": _("mencabut pembatasan"),
    "datarequest.received": _("mengirim permintaan"),
    "datarequest.granted": _("mengabulkan permintaan"),
    "datarequest.refused": _("menolak permintaan"),
}
UNNAMED = _("memproses data")
FIELDS = {
    "name": _("nama"),
    "phone": _("nomor HP"),
    "visitor_kind": _("asal tamu"),
    "organization": _("instansi"),
    "district": _("kecamatan"),
    "purpose": _("keperluan"),
    "meeting_with": _("yang ditemui"),
    "party_size": _("jumlah tamu"),
    "note": pgettext_lazy("visit", "catatan"),
    "staff_note": _("catatan petugas"),
}


@dataclass(frozen=True)
class Line:
    """`Petugas` `mengubah data: nama, keperluan`."""

    at: datetime
    who: str
    what: str


def line(trace: Trace) -> Line:
    who = WHO[trace.role] if trace.role else VISITOR
    return Line(trace.at, str(who), _what(trace))


def _what(trace: Trace) -> str:
    deed = str(DEEDS.get(trace.action, UNNAMED))
    fields = ", ".join(str(FIELDS[name]) for name in trace.fields if name in FIELDS)
    return f"{deed}: {fields}" if fields else deed
