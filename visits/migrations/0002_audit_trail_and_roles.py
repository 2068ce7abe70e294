"""What Django's own operations can't say: visits stay within their office, the audit trail can only grow, and the
four groups exist with their permissions.
"""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from visits import roles

REFUSE_CHANGES = """
CREATE FUNCTION visits_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail only grows: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON visits_auditevent
    FOR EACH ROW EXECUTE FUNCTION visits_audit_only_grows();
CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON visits_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION visits_audit_only_grows();
"""
ALLOW_CHANGES = """
DROP TRIGGER audit_rows_stay ON visits_auditevent;
DROP TRIGGER audit_table_stays ON visits_auditevent;
DROP FUNCTION visits_audit_only_grows();
"""


# A visit's purpose, district, division and point are those of its own office.
COLUMNS = ["purpose", "district", "division", "checkinpoint"]
ONE_OFFICE = "".join(
    f"ALTER TABLE visits_{table} ADD CONSTRAINT {table}_of_office UNIQUE (id, office_id);"
    f"ALTER TABLE visits_visit ADD CONSTRAINT visit_{table}_of_office FOREIGN KEY ({column}_id, office_id)"
    f" REFERENCES visits_{table} (id, office_id) DEFERRABLE INITIALLY DEFERRED;"
    for table, column in [(table, "point" if table == "checkinpoint" else table) for table in COLUMNS]
)
ANY_OFFICE = "".join(
    f"ALTER TABLE visits_visit DROP CONSTRAINT visit_{table}_of_office;"
    f"ALTER TABLE visits_{table} DROP CONSTRAINT {table}_of_office;"
    for table in COLUMNS
)


def grant(apps, schema_editor):
    # Permissions are otherwise made only after the last migration.
    create_permissions(installed_apps.get_app_config("visits"), verbosity=0)
    roles.grant(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunSQL(ONE_OFFICE, ANY_OFFICE),
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
