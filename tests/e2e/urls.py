"""The test shop's addresses, and the Celery app with which its web process publishes."""

from tests.e2e.celeryapp import app as celery_app
from tests.urls import urlpatterns

__all__ = ["celery_app", "urlpatterns"]
