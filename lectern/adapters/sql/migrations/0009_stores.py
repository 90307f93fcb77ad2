from django.db import migrations, models


class Migration(migrations.Migration):
    """Which store serves a port, where there are several."""

    dependencies = [("lectern", "0008_course_recalibration")]

    operations = [
        migrations.CreateModel(
            name="StoreRow",
            fields=[
                ("port", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("store", models.CharField(max_length=40)),
            ],
            options={"db_table": "lectern_store"},
        ),
    ]
