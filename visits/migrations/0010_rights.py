"""What visitors ask about their own data; visits that nobody may use; who decides of both."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from visits.roles import grant_in_migration


class Migration(migrations.Migration):

    dependencies = [
        ('visits', '0009_sessions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='visit',
            name='restricted_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='dibatasi'),
        ),
        migrations.CreateModel(
            name='DataRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('perbaikan', 'Perbaiki yang lain'), ('pembatasan', 'Batasi pemakaian data saya'), ('penghapusan', 'Hapus data saya')], editable=False, max_length=12, verbose_name='permintaan')),
                ('words', models.TextField(blank=True, editable=False, max_length=500, verbose_name='penjelasan tamu')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='diterima')),
                ('decided_at', models.DateTimeField(editable=False, null=True, verbose_name='diputuskan')),
                ('is_granted', models.BooleanField(editable=False, null=True, verbose_name='dikabulkan')),
                ('answer', models.TextField(blank=True, editable=False, max_length=500, verbose_name='jawaban kantor')),
                ('decided_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='diputuskan oleh')),
                ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='visits.office', verbose_name='kantor')),
                ('visit', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='data_requests', to='visits.visit', verbose_name='kunjungan')),
            ],
            options={
                'verbose_name': 'permintaan data',
                'verbose_name_plural': 'permintaan data',
                'permissions': [('decide_datarequest', 'Memutuskan permintaan data dan menghapus data tamu')],
                'default_permissions': ('view',),
                'indexes': [models.Index(condition=models.Q(('decided_at__isnull', True)), fields=['office'], name='data_request_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('decided_at__isnull', True)), fields=('visit', 'kind'), name='data_request_waits_once'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('decided_at__isnull', True), ('decided_by__isnull', True), ('is_granted__isnull', True)), models.Q(('decided_at__isnull', False), ('is_granted', True)), models.Q(('answer__regex', '\\S'), ('decided_at__isnull', False), ('is_granted', False)), _connector='OR'), name='data_request_decided_either_way', violation_error_message='Penolakan perlu alasan yang dapat dibaca tamu.'), models.CheckConstraint(condition=models.Q(models.Q(('words__regex', '[\\u0001-\\u0009\\u000b-\\u001f\\u007f\\ufffe\\uffff]'), _negated=True), models.Q(('answer__regex', '[\\u0001-\\u0009\\u000b-\\u001f\\u007f\\ufffe\\uffff]'), _negated=True)), name='data_request_without_control_characters', violation_error_message='Teks memuat tanda yang tidak dapat disimpan.')],
            },
        ),
        migrations.RunPython(grant_in_migration, migrations.RunPython.noop),
    ]
