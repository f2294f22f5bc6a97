"""The test site's Celery app: what its worker runs, and what its web process publishes with."""

from celery import Celery

app = Celery("prodgen_e2e")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
