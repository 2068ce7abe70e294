"""The checklist of the first day and one-time passwords; Admin kantor keeps the colleagues of the own office."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from visits import roles


def grant(apps, schema_editor):
    roles.grant(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('visits', '0002_audit_trail_and_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='OneTimePassword',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='one_time_password', serialize=False, to=settings.AUTH_USER_MODEL, verbose_name='pengguna')),
                ('issued_at', models.DateTimeField(verbose_name='dibuat')),
            ],
            options={
                'verbose_name': 'sandi sekali pakai',
                'verbose_name_plural': 'sandi sekali pakai',
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='office',
            name='first_day_hidden_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='daftar hari pertama disembunyikan'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['office_id', 'action'], name='audit_by_office_and_action'),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
