from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProdgenOscarConfig(AppConfig):
    """Lists last in INSTALLED_APPS: it adds to admins and dashboards that Oscar's own apps have to make
    first."""

    name = "prodgen_django.contrib.oscar"
    label = "prodgen_oscar"
    verbose_name = _("Image studio for Oscar")

    def ready(self) -> None:
        from prodgen_django.contrib.oscar import doctor  # noqa: F401
        from prodgen_django.contrib.oscar.dashboard import add_bulk_actions
        from prodgen_django.contrib.oscar.receivers import connect

        add_bulk_actions()
        connect()
