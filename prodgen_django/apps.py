from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import product_model


class ProdgenConfig(AppConfig):
    name = "prodgen_django"
    label = "prodgen_django"
    verbose_name = _("Image studio")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported for what they connect: the system checks, and what each Celery worker does beside its tasks.
        from prodgen_django import checks  # noqa: F401
        from prodgen_django.doctor import worker as _doctor  # noqa: F401
        from prodgen_django.jobs import worker  # noqa: F401
        from prodgen_django.personalization.shelf import picture_changed, product_changed
        from prodgen_django.signals import image_published, image_withdrawn

        for signal in (post_save, post_delete):
            signal.connect(picture_changed, self.get_model("GeneratedImage"), dispatch_uid="prodgen-shelf")
            # By name: a shop whose product model is set wrongly is told so by a check, and starts.
            signal.connect(product_changed, product_model(), dispatch_uid="prodgen-shelf-product")
        for ours in (image_published, image_withdrawn):
            ours.connect(picture_changed, dispatch_uid="prodgen-shelf")
