"""Workers tell how many slots each of their queues has."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A nullable column: workers of the version before go on writing rows without it."""

    dependencies = [("lectern", "0001_first_version")]

    operations = [
        migrations.AddField(
            model_name="workerrow",
            name="queue_slots",
            field=models.JSONField(null=True),
        ),
    ]
