"""The shop's Celery app, in its web process as in its workers; in these the kill points are put in."""

import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.services.settings")

app = Celery("tests.services")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _arm(**_: object) -> None:
    from tests.services import faults

    faults.install()
