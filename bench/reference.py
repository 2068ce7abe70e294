"""What the project is measured against: a bare view, one INSERT, and the guest books that a tutorial would make."""

from datetime import date

from django import forms
from django.db import connection, models, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from visits.models import District, Office, Purpose, Visit

INSERT = (
    "INSERT INTO bench_guest (name, phone, visitor_kind, organization, district_id, purpose_id, meeting_with,"
    " party_size, note, arrived_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now())"
)
FIELDS = [
    *["name", "phone", "visitor_kind", "organization", "district", "purpose", "meeting_with", "party_size", "note"],
]


A_DAY = date(2000, 1, 1)  # of the reference's own: the project numbers the visits of today


class Guest(models.Model):
    """A table without a single rule."""

    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40)
    visitor_kind = models.CharField(max_length=16, choices=Visit.VisitorKind)
    organization = models.CharField(max_length=120, blank=True)
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    meeting_with = models.CharField(max_length=80, blank=True)
    party_size = models.PositiveSmallIntegerField(default=1)
    note = models.TextField(blank=True)
    arrived_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"

    def __str__(self):
        return f"Guest {self.pk}"


class GuestForm(forms.ModelForm):
    class Meta:
        model = Guest
        fields = FIELDS


class VisitForm(forms.ModelForm):
    class Meta:
        model = Visit
        fields = FIELDS


def make_table() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Guest)


def bare(request):
    return HttpResponse("ok")


def one_insert(request):
    """Checks nothing: what the database must do at the least to keep a visit."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [request.POST[field] for field in FIELDS])
    return HttpResponseRedirect("/terima-kasih/")


def guestbook(request):
    form = GuestForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    form.save()
    return HttpResponseRedirect("/terima-kasih/")


@transaction.atomic
def same_rules(request):
    """The project's own table with its constraints and its daily number, by a ModelForm: no page, budget or replay."""
    office = Office.objects.select_for_update().get(purposes=request.POST["purpose"])
    now, number = timezone.now(), Visit.objects.filter(office=office, day=A_DAY).count() + 1
    visit = Visit(
        office=office,
        submission_id=request.POST["submission_id"],
        day=A_DAY,
        number=number,
        created_at=now,
        arrived_at=now,
    )
    form = VisitForm(request.POST.dict() | {"phone": "+62" + request.POST["phone"][1:]}, instance=visit)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    form.save()
    return HttpResponseRedirect("/terima-kasih/")


urlpatterns = [
    path("", bare),
    path("satu/", one_insert),
    path("tamu/", guestbook),
    path("kunjungan/", same_rules),
]
