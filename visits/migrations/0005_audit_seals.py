"""Seals over the audit trail, which can only grow either."""

from django.db import migrations, models
from django.db.models import F, Q

REFUSE_CHANGES = """
CREATE TRIGGER audit_seals_stay BEFORE UPDATE OR DELETE ON visits_auditseal
    FOR EACH ROW EXECUTE FUNCTION visits_audit_only_grows();
CREATE TRIGGER audit_seal_table_stays BEFORE TRUNCATE ON visits_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION visits_audit_only_grows();
"""
ALLOW_CHANGES = """
DROP TRIGGER audit_seals_stay ON visits_auditseal;
DROP TRIGGER audit_seal_table_stays ON visits_auditseal;
"""


class Migration(migrations.Migration):
    dependencies = [("visits", "0004_settings_version")]

    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="nomor")),
                ("first_id", models.BigIntegerField(verbose_name="dari kejadian")),
                ("last_id", models.BigIntegerField(verbose_name="sampai kejadian")),
                ("count", models.PositiveIntegerField(verbose_name="jumlah kejadian")),
                ("sealed_at", models.DateTimeField(verbose_name="disegel")),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "segel jejak audit",
                "verbose_name_plural": "segel jejak audit",
                "ordering": ["number"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=["first_id"], name="audit_seal_of_a_range_once"),
                    models.CheckConstraint(
                        condition=Q(count__gte=1, count__lte=F("last_id") - F("first_id") + 1),
                        name="audit_seal_of_a_range",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["office_id", "actor", "-id"], name="audit_by_office_and_actor"),
        ),
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
    ]
