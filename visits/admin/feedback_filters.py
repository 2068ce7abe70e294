"""The filters of the inbox. Their parameters are Indonesian, as in the list of visits."""

from django.contrib.admin import SimpleListFilter

from visits import inbox
from visits.admin.filters import SetFilter
from visits.models import Division, Feedback, Office
from visits.models.feedback import REPLY_WITHIN


def _late(threads, user):
    offices = Office.objects.for_staff(user).prefetch_related("service_hours", "closed_days")
    return threads.waiting().filter(inbox.late_condition([inbox.Calendar.of(office) for office in offices]))


class StateFilter(SetFilter):
    """Which ones are late hangs on the calendars of one's own offices."""

    title = "status"
    parameter_name = "status"
    SETS = {
        "menunggu": ("Menunggu balasan", lambda threads, user: threads.waiting()),
        "lewat-batas": (f"Lewat batas {REPLY_WITHIN} hari kerja", _late),
        "dibalas": ("Sudah dibalas", lambda threads, user: threads.settled()),
        "selesai": ("Selesai", lambda threads, user: threads.closed()),
        "diperiksa": ("Perlu diperiksa", lambda threads, user: threads.flagged().filter(closed_at=None)),
    }

    def queryset(self, request, threads):
        chosen = self.SETS.get(self.value())
        return chosen[1](threads, request.user) if chosen else threads


class CategoryFilter(SimpleListFilter):
    title = "jenis"
    parameter_name = "jenis"

    def lookups(self, request, model_admin):
        return Feedback.Category.choices

    def queryset(self, request, threads):
        return threads.filter(category=self.value()) if self.value() else threads


class DivisionFilter(SimpleListFilter):
    title = "divisi"
    parameter_name = "divisi"
    NONE = "belum-dibagi"

    def lookups(self, request, model_admin):
        """By name: the same division of several offices is one choice."""
        names = Division.objects.for_staff(request.user).order_by("name").values_list("name", flat=True).distinct()
        return [(self.NONE, "Belum dibagi"), *[(name, name) for name in names]]

    def queryset(self, request, threads):
        if self.value() == self.NONE:
            return threads.filter(division=None)
        return threads.filter(division__name=self.value()) if self.value() else threads
