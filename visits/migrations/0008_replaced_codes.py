from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("visits", "0007_abuse_budgets")]

    operations = []
