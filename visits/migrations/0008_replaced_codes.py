import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("visits", "0007_abuse_budgets")]

    operations = [
        migrations.CreateModel(
            name="ReplacedCode",
            fields=[
                ("code", models.CharField(max_length=6, primary_key=True, serialize=False)),
                ("replaced_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replaced_codes",
                        to="visits.checkinpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "kode lama",
                "verbose_name_plural": "kode lama",
                "ordering": ["-replaced_at"],
                "default_permissions": (),
            },
        ),
    ]
