"""Admin kantor may take visits out as an Excel file, and bring an old guest book in."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from visits import roles


def grant(apps, schema_editor):
    # Permissions are otherwise made only after the last migration.
    create_permissions(installed_apps.get_app_config("visits"), verbosity=0)
    roles.grant(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


class Migration(migrations.Migration):
    dependencies = [("visits", "0003_first_day_and_colleagues")]

    operations = [
        migrations.AlterModelOptions(
            name="visit",
            options={
                "verbose_name": "kunjungan",
                "verbose_name_plural": "kunjungan",
                "permissions": [
                    ("view_confidential", "Melihat nama pada keperluan rahasia"),
                    ("close_visit", "Menandai kunjungan selesai atau datang"),
                    ("exclude_visit", "Mengecualikan kunjungan dari hitungan"),
                    ("view_figures", "Melihat angka kunjungan"),
                    ("export_visit", "Mengunduh kunjungan sebagai Excel"),
                    ("import_visit", "Mengimpor buku tamu lama"),
                ],
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
