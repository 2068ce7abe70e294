from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Made beside visitors who are signing in and staff who are reading."""

    atomic = False
    dependencies = [("visits", "0011_audit_times")]

    operations = [
        AddIndexConcurrently(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("flagged_reason", ""), _negated=True), fields=["office"], name="visit_flagged"
            ),
        ),
        # For the staff's list: a kind of visitor that hardly ever comes is found without looking at everybody.
        AddIndexConcurrently(
            model_name="visit", index=models.Index(fields=["visitor_kind", "office"], name="visit_by_kind")
        ),
    ]
