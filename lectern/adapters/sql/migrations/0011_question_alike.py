from django.db import migrations, models


class Migration(migrations.Migration):
    """An index on the questions of a course that are alike: a teacher's answer is joined to them without a look at all."""

    dependencies = [("lectern", "0010_embedding_progress")]

    operations = [
        migrations.AddIndex(
            model_name="questionrow",
            index=models.Index(fields=["course", "alike"], name="lectern_question_alike"),
        ),
    ]
