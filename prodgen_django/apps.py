from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class ProdgenConfig(AppConfig):
    name = "prodgen_django"
    label = "prodgen_django"
    verbose_name = _("Image studio")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they connect: the system checks, and what each Celery worker does beside its tasks.
        from prodgen_django import checks  # noqa: F401
        from prodgen_django.catalog import checks as catalog_checks  # noqa: F401
        from prodgen_django.doctor import worker as _doctor  # noqa: F401
        from prodgen_django.jobs import worker  # noqa: F401
        from prodgen_django.personalization.serve.tell import signed_in

        user_logged_in.connect(signed_in, dispatch_uid="prodgen-signed-in")
