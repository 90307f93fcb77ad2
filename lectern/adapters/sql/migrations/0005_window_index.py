from django.db import migrations, models
from django.db.models import Q

from lectern.engine.domain.run import RunStatus


class Migration(migrations.Migration):
    """An index on the runs that the broker carries: the window is counted without a look at the backlog."""

    dependencies = [("lectern", "0004_idempotency")]

    operations = [
        migrations.AddIndex(
            model_name="runrow",
            index=models.Index(
                fields=["queue"],
                name="lectern_run_window",
                condition=Q(status__in=[RunStatus.QUEUED, RunStatus.RETRYING]) & Q(dispatched_at__isnull=False),
            ),
        ),
    ]
