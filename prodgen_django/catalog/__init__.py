"""How we read a shop's products and put pictures back."""

from prodgen_django.catalog.base import Catalog, CatalogError, Category, Photo, get_catalog
from prodgen_django.catalog.keys import parent_key, product_key

__all__ = ["Catalog", "CatalogError", "Category", "Photo", "get_catalog", "parent_key", "product_key"]
