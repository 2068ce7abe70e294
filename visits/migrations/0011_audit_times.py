"""Moments that Python can read, in every line of the trail. Checked beside readers and writers, in two steps."""

from datetime import UTC, datetime

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("visits", "0010_rights")]

    operations = [
        AddConstraintNotValid(
            model_name="auditevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("at__gte", datetime(2000, 1, 1, tzinfo=UTC)), ("at__lt", datetime(9999, 1, 1, tzinfo=UTC))
                ),
                name="audit_event_of_our_time",
            ),
        ),
        ValidateConstraint(model_name="auditevent", name="audit_event_of_our_time"),
    ]
