from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

FLAGGED = models.CharField(blank=True, editable=False, max_length=60, verbose_name="perlu diperiksa")


class Migration(migrations.Migration):
    dependencies = [("visits", "0006_retention")]

    operations = [
        migrations.CreateModel(
            name="SubmissionCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "window_start", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=40)),
                ("window_start", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        # Nothing is lost that matters when PostgreSQL crashes, and every visit would pay for more.
        migrations.RunSQL(
            "ALTER TABLE visits_submissioncount SET UNLOGGED", "ALTER TABLE visits_submissioncount SET LOGGED"
        ),
        migrations.AddField(model_name="feedback", name="flagged_reason", field=FLAGGED),
        migrations.AddField(model_name="surveyresponse", name="flagged_reason", field=FLAGGED),
        migrations.AddField(model_name="visit", name="flagged_reason", field=FLAGGED),
        # Not looked for in old rows, which would keep readers out meanwhile: the column is new, and empty there.
        AddConstraintNotValid(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(("flagged_reason", ""), ("excluded_at__isnull", False), _connector="OR"),
                name="visit_flagged_is_excluded",
            ),
        ),
        *(
            migrations.AddIndex(
                model_name=model,
                index=models.Index(
                    condition=models.Q(("flagged_reason", ""), _negated=True), fields=["office"], name=name
                ),
            )
            for model, name in [
                ("feedback", "feedback_flagged"),
                ("surveyresponse", "survey_flagged"),
            ]
        ),
    ]
