"""The columns of the visit list and the lines of one visit, as the person who looks may see them."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from visits import desk, whatsapp
from visits.admin import steps
from visits.models import CheckInPoint
from visits.templatetags.visitor import long_day

NOTHING = "-"
# Of a masked visit, in place of what could be typed.
SHOWN_INSTEAD = {
    "purpose": "purpose_name",
    "visitor_kind": "shown_kind",
    "district": "district_name",
    "staff_note": "shown_staff_note",
}
# Of an erased visit: nothing would ever erase what is typed there now.
NO_LONGER_TYPED = ["meeting_with", "staff_note"]


class VisitFields:
    """Mixed into VisitAdmin. `visit` has gone through `as_seen_by`; a single one also knows its `viewer`."""

    list_display = ["guest", "arrived", "purpose_name", "district_name", "status"]
    about_visit = ["standing", ("shown_number", "source"), "purpose", "meeting_with", "party_size", "shown_note"]
    about_visitor = ["shown_name", "shown_phone", "visitor_kind", "shown_organization", "district", "same_phone"]
    readonly_fields = [
        "standing",
        "shown_number",
        "source",
        "purpose_name",
        "shown_note",
        "shown_staff_note",
        "restriction",
        "shown_name",
        "shown_phone",
        "shown_kind",
        "shown_organization",
        "district_name",
        "same_phone",
    ]

    def get_fieldsets(self, request, obj=None):
        """Of a masked visit the note can't be read, and another purpose would lift the mask."""
        shown = SHOWN_INSTEAD if obj.is_masked else {}
        about_visitor = ["restriction", *self.about_visitor] if _is_restricted(obj) else self.about_visitor
        parts = {"Kunjungan": self.about_visit, "Tamu": about_visitor, "Untuk petugas": ["staff_note"]}
        return [(title, {"fields": [shown.get(name, name) for name in names]}) for title, names in parts.items()]

    def get_readonly_fields(self, request, obj=None):
        """Named here too, since Django keeps a form's declared fields even when no fieldset shows them."""
        masked = SHOWN_INSTEAD if obj.is_masked else []
        erased = NO_LONGER_TYPED if obj.anonymized_at else []
        return [*self.readonly_fields, *masked, *erased]

    # The list

    @admin.display(description="Tamu")
    def guest(self, visit):
        return format_html("{}<small>{}</small>", desk.shown_name(visit), desk.shown_origin(visit))

    @admin.display(description="Datang")
    def arrived(self, visit):
        if visit.arrived_at is None:
            return format_html("-<small>{}</small>", desk.day(visit.office, visit.created_at))
        clock, day = desk.clock(visit.office, visit.arrived_at), desk.day(visit.office, visit.arrived_at)
        return format_html("{}<small>{}</small>", clock, day)

    @admin.display(description="Keperluan")
    def purpose_name(self, visit):
        return visit.purpose.name

    @admin.display(description="Kecamatan asal")
    def district_name(self, visit):
        return visit.district.name if visit.district else NOTHING

    @admin.display(description="Status")
    def status(self, visit):
        return _badge(visit, "Berkunjung")

    # One visit

    @admin.display(description="Status")
    def standing(self, visit):
        words = f"Berkunjung sejak {desk.clock(visit.office, visit.arrived_at)}" if visit.is_open else ""
        buttons = _buttons(step for step in steps.offered(visit.viewer, visit) if step.name != "lift")
        reason = format_html("<span>Alasan: {}</span>", _or_masked(visit, visit.seen_excluded_reason))
        return format_html(
            '<span class="dk-inline">{}{}{}</span>', _badge(visit, words), reason if visit.excluded_at else "", buttons
        )

    @admin.display(description="Nomor")
    def shown_number(self, visit):
        return visit.label or NOTHING

    @admin.display(description="Cara mencatat")
    def source(self, visit):
        if visit.entered_by:
            return f"Dicatat petugas ({visit.entered_by.get_username()})"
        if visit.point is None:
            return NOTHING
        how = "Daring" if visit.point.kind == CheckInPoint.Kind.ONLINE else "Pindai QR"
        return f"{how} ({visit.point.name})"

    @admin.display(description="Catatan tamu")
    def shown_note(self, visit):
        return _or_masked(visit, visit.seen_note)

    @admin.display(description="Pembatasan")
    def restriction(self, visit):
        """The button for those who may decide of it, on the visitor's word."""
        since = f"Sejak {long_day(visit.restricted_at, visit.office)}, atas permintaan tamu"
        buttons = _buttons(step for step in steps.offered(visit.viewer, visit) if step.name == "lift")
        return format_html('<span class="dk-inline">{} {}</span>', since, buttons)

    @admin.display(description="Nama lengkap")
    def shown_name(self, visit):
        return desk.shown_name(visit)

    @admin.display(description="Nomor HP/WhatsApp")
    def shown_phone(self, visit):
        phone = _or_masked(visit, desk.shown_phone(visit))
        link = whatsapp.link_to_visitor(visit)
        if link is None:
            return phone
        return format_html(
            '<span class="dk-inline">{} <a class="dk-btn small-size" href="{}" target="_blank" '
            'rel="noopener noreferrer">Kirim tiket lewat WhatsApp</a></span>',
            phone,
            link,
        )

    @admin.display(description="Asal tamu")
    def shown_kind(self, visit):
        return visit.get_visitor_kind_display()

    @admin.display(description="Nama instansi")
    def shown_organization(self, visit):
        return _or_masked(visit, visit.seen_organization)

    @admin.display(description="Hari yang sama")
    def same_phone(self, visit):
        """Other visits with this phone on that day: perhaps one is a duplicate."""
        others = desk.same_phone_that_day(visit, visit.viewer)
        if not others:
            return "Tidak ada kunjungan lain dengan nomor HP ini."
        links = [(reverse("admin:visits_visit_change", args=[row.id]), row.label, row.time) for row in others]
        return format_html_join(", ", '<a href="{}">Kunjungan {}</a> pukul {}', links)

    @admin.display(description="Catatan petugas")
    def shown_staff_note(self, visit):
        return _or_masked(visit, visit.seen_staff_note)


def _is_restricted(visit) -> bool:
    return visit.restricted_at is not None and visit.anonymized_at is None


def _buttons(offered):
    button = '<button class="dk-btn small-size" name="_step" value="{}">{}</button>'
    return format_html_join("", button, [(step.name, step.label) for step in offered])


def _or_masked(visit, text):
    """Of an erased visit there is nothing left to hide."""
    return desk.MASKED if visit.is_masked and not visit.anonymized_at else text or NOTHING


def _badge(visit, while_open):
    if visit.is_open:
        return format_html('<span class="badge is-open">{}</span>', while_open)
    return format_html('<span class="badge done">{}</span>', desk.ending(visit))
