"""The rows of an archived period stay in its count, and no others get in; Admin kantor may lock reports.

A transaction that moves a visit holds a shared lock on the archive of its office until it commits, and locking a report
an exclusive one: so the figures that are stored are those of the rows that stay. Visits of today, which are most, can't
lie in a period that is over; the day is that of the easternmost zone, where it begins first.

The triggers name columns of visits_visit: a migration that changes the type of one of these has to drop them first.
"""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from visits import roles

REFUSE = """
CREATE FUNCTION reports_take_turns(of_office bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('reports_archivedreport'), of_office::integer);
$$;
CREATE FUNCTION reports_refuse(of_office bigint, on_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    archived reports_archivedreport%ROWTYPE;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('reports_archivedreport'), of_office::integer);
    SELECT * INTO archived FROM reports_archivedreport
        WHERE office_id = of_office AND ended_at IS NULL AND on_day BETWEEN first_day AND last_day
        ORDER BY last_day - first_day LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the report of % is archived', archived.period USING ERRCODE = 'check_violation',
            CONSTRAINT = 'visit_of_archived_report', DETAIL = archived.period, HINT = archived.title;
    END IF;
END $$;
CREATE FUNCTION reports_count_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP != 'INSERT' THEN PERFORM reports_refuse(OLD.office_id, OLD.day); END IF;
    IF TG_OP != 'DELETE' THEN PERFORM reports_refuse(NEW.office_id, NEW.day); END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER archived_count_gets_no_more BEFORE INSERT ON visits_visit FOR EACH ROW
    WHEN (NEW.day < (now() AT TIME ZONE 'Asia/Jayapura')::date) EXECUTE FUNCTION reports_count_stays();
CREATE TRIGGER archived_count_stays BEFORE UPDATE OF office_id, day, arrived_at, excluded_at ON visits_visit FOR EACH ROW
    WHEN ((OLD.office_id, OLD.day, OLD.arrived_at, OLD.excluded_at IS NULL)
        IS DISTINCT FROM (NEW.office_id, NEW.day, NEW.arrived_at, NEW.excluded_at IS NULL))
    EXECUTE FUNCTION reports_count_stays();
CREATE TRIGGER archived_count_gets_no_less BEFORE DELETE ON visits_visit FOR EACH ROW
    EXECUTE FUNCTION reports_count_stays();
"""
ALLOW = """
DROP TRIGGER archived_count_gets_no_more ON visits_visit;
DROP TRIGGER archived_count_stays ON visits_visit;
DROP TRIGGER archived_count_gets_no_less ON visits_visit;
DROP FUNCTION reports_count_stays();
DROP FUNCTION reports_refuse(bigint, date);
DROP FUNCTION reports_take_turns(bigint);
"""


def grant(apps, schema_editor):
    # Permissions are otherwise made only after the last migration.
    create_permissions(installed_apps.get_app_config("reports"), verbosity=0)
    roles.grant(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("visits", "0002_audit_trail_and_roles")]

    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
