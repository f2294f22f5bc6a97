"""What is kept of a visitor's taste, and of what liking a product says."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import product_model


class TasteProfile(models.Model):
    """Styles, colours and categories that a signed-in customer leans to, each decayed by age.

    Made and updated off the request, only for customers who consented; ``prodgen_forget`` erases it.
    """

    user = models.OneToOneField(django_settings.AUTH_USER_MODEL, models.CASCADE, related_name="prodgen_taste")
    #: {"tag:warm": 0.8, "colour:#c08040": 0.3, "category:Mugs": 1.2}
    weights = models.JSONField(default=dict, blank=True)
    #: How many signals it rests on.
    signals = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("taste profile")
        verbose_name_plural = _("taste profiles")

    def __str__(self) -> str:
        return str(self.user)


class ProductTraits(models.Model):
    """What liking a product says of a taste: the features of the product itself, in the words of pictures.

    Holds nothing personal. Made off the request from the product's attributes.
    """

    product = models.OneToOneField(product_model(), models.CASCADE, related_name="prodgen_traits")
    #: {"tag:warm": 1.0, "colour:#c08040": 0.5, "category:Mugs": 1.0}
    traits = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("product traits")
        verbose_name_plural = _("product traits")

    def __str__(self) -> str:
        return f"product {self.product_id}"
