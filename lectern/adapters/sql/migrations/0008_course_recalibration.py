from django.db import migrations, models


class Migration(migrations.Migration):
    """What a course's students judged corrects its confidences."""

    dependencies = [("lectern", "0007_concepts")]

    operations = [
        migrations.AddField(
            model_name="courserow", name="recalibration", field=models.JSONField(null=True)
        ),
    ]
