"""A homeware shop on django-oscar that shows what prodgen_django does."""

from example_shop.celery import app as celery_app

__all__ = ["celery_app"]
