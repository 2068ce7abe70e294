"""How much comes from where, counted over all processes: what tells a flood from a full lobby."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, models


class SubmissionCountManager(models.Manager):
    def add(self, keys: Iterable[str], window: datetime) -> dict[str, int]:
        """One more for each key in this window; what it is now. Always in the same order, so that two requests wait for
        one another and never in a circle."""
        keys = sorted(keys)
        rows = ", ".join(["(%s, %s, 1)"] * len(keys))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO visits_submissioncount (key, window_start, count) VALUES {rows}"  # noqa: S608
                " ON CONFLICT (key, window_start) DO UPDATE SET count = visits_submissioncount.count + 1"
                " RETURNING key, count",
                [value for key in keys for value in (key, window)],
            )
            return dict(cursor.fetchall())


class SubmissionCount(models.Model):
    """Forms taken in one window of time from one address or through one code. Gone within the hour."""

    pk = models.CompositePrimaryKey("key", "window_start")
    key = models.CharField(max_length=40)  # a keyed digest: nobody reads an address back
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField()

    objects = SubmissionCountManager()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.window_start:%H.%M} {self.count}"
