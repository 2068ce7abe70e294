from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index is made beside visitors who are signing in, not before them."""

    atomic = False
    dependencies = [("visits", "0005_audit_seals")]

    operations = [
        AddIndexConcurrently(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("anonymized_at__isnull", True)),
                fields=["office", "arrived_at"],
                name="visit_not_erased",
            ),
        ),
    ]
