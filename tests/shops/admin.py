from django.contrib import admin

from prodgen_django.admin import ProductGenerationMixin
from prodgen_django.catalog import get_catalog


@admin.action(description="Put on sale")
def put_on_sale(modeladmin, request, queryset):
    queryset.update(name="Sale")


@admin.register(get_catalog().model)
class ProductAdmin(ProductGenerationMixin, admin.ModelAdmin):
    actions = [put_on_sale]
