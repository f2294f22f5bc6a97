"""Products by the kind of their keys. A title is called name here, and a variant has a parent."""

import uuid

from django.conf import settings
from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=100)
    sku = models.CharField(max_length=40, blank=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class NumberProduct(Product):
    pass


class TextProduct(Product):
    code = models.CharField(max_length=40, primary_key=True)


class UuidProduct(Product):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class InheritedProduct(UuidProduct):
    """Its key is its parent table's."""


class Photo(models.Model):
    product = models.ForeignKey(settings.PRODGEN_PRODUCT_MODEL, models.CASCADE, related_name="photos")
    file = models.CharField(max_length=100)
    caption = models.CharField(max_length=100, blank=True)
    position = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.file


class BasketLine(models.Model):
    """What a visitor has put into the basket: the shop's own history of likes."""

    product = models.ForeignKey(settings.PRODGEN_PRODUCT_MODEL, models.CASCADE, related_name="+")
    basket = models.IntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.basket}: {self.product}"
