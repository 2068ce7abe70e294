from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("visits", "0006_retention_and_rights")]

    operations = []
