"""Every change of what visitors see of an office raises the version of its settings, whoever writes and however: the
admin, a bulk import, psql. A transaction that changes settings holds its office's version until it commits, so versions
are seen in the order in which the changes are.
"""

import django.db.models.deletion
from django.db import migrations, models

# Table, and whose settings a row of it is.
SETTINGS = {
    "visits_office": "id",
    "visits_checkinpoint": "office_id",
    "visits_closedday": "office_id",
    "visits_district": "office_id",
    "visits_division": "office_id",
    "visits_purpose": "office_id",
    "visits_requireddocument": "(SELECT office_id FROM visits_purpose WHERE id = purpose_id)",
    "visits_servicehours": "office_id",
}
# Once a statement, however many rows it changes. In order: two statements over many offices wait for one another, but
# never in a circle.
RAISE_VERSION = """
CREATE FUNCTION visits_settings_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO visits_settingsversion AS known (office_id, version)
        SELECT office, 1 FROM (SELECT DISTINCT %s AS office FROM changed) AS offices
        WHERE office IS NOT NULL ORDER BY office
        ON CONFLICT (office_id) DO UPDATE SET version = known.version + 1', TG_ARGV[0]);
    RETURN NULL;
END $$;
"""
# A row that moves from one office to another changes both.
EVENTS = {"inserted": "INSERT NEW", "deleted": "DELETE OLD", "changed_from": "UPDATE OLD", "changed_to": "UPDATE NEW"}


def trigger(table: str, office: str, name: str, event: str) -> str:
    event, rows = event.split()
    return (
        f"CREATE TRIGGER settings_{name} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed"
        f" FOR EACH STATEMENT EXECUTE FUNCTION visits_settings_changed('{office}');"
    )


WATCH = RAISE_VERSION + "".join(
    trigger(table, office, name, event) for table, office in SETTINGS.items() for name, event in EVENTS.items()
)
UNWATCH = "DROP FUNCTION visits_settings_changed() CASCADE"


class Migration(migrations.Migration):
    dependencies = [("visits", "0003_feedback_and_survey")]

    operations = [
        migrations.CreateModel(
            name="SettingsVersion",
            fields=[
                ("office_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(WATCH, UNWATCH),
        # Five other indexes make this one superfluous. By hand: Django would also check every row's office once more,
        # and keep readers out meanwhile.
        migrations.RunSQL(
            "DROP INDEX visits_visit_office_id_891e185d",
            "CREATE INDEX visits_visit_office_id_891e185d ON visits_visit (office_id)",
            state_operations=[
                migrations.AlterField(
                    model_name="visit",
                    name="office",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="visits.office",
                        verbose_name="kantor",
                    ),
                )
            ],
        ),
    ]
