from django.db import models


class Product(models.Model):
    title = models.CharField(max_length=100)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.title
