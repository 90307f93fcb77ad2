from django.db import migrations, models


class Migration(migrations.Migration):
    """How far the embedding of a job is. With defaults in the database: older workers insert jobs too."""

    dependencies = [("lectern", "0009_stores")]

    operations = [
        migrations.AddField(
            model_name="indexingjobrow",
            name="embedded",
            field=models.PositiveIntegerField(default=0, db_default=0),
        ),
        migrations.AddField(
            model_name="indexingjobrow",
            name="per_second",
            field=models.FloatField(default=0, db_default=0),
        ),
    ]
