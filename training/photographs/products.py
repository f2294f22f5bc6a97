"""The whole catalogue, in the order of the shop."""

from __future__ import annotations

from . import products_room, products_soft, products_table
from .product import Product

PRODUCTS: list[Product] = [*products_table.PRODUCTS, *products_room.PRODUCTS, *products_soft.PRODUCTS]
