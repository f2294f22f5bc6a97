"""Adds our actions, and how a product is shown, to the product admin that is registered, Oscar's or the shop's own,
without replacing it.

The instance is changed and not the class, so a shop's subclass keeps everything it has. Django imports admin
modules in
the order of INSTALLED_APPS: this app comes after Oscar's, or there is no admin yet to add to.
"""

from __future__ import annotations

import logging

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered

from prodgen_django.admin.actions import add_product_actions
from prodgen_django.admin.poses import PoseInline
from prodgen_django.conf import product_model
from prodgen_django.contrib.oscar.campaigns import add_campaign_actions

logger = logging.getLogger(__name__)

_model = apps.get_model(product_model())
try:
    _products = admin.site.get_model_admin(_model)
    add_product_actions(_products)
    _products.inlines = [*_products.inlines, PoseInline]  # type: ignore[misc]
except NotRegistered:
    # A shop may have taken products out of the admin altogether; that is no error of ours, but worth a line.
    logger.warning(
        "%s is not registered in the admin: list prodgen_django.contrib.oscar after Oscar's apps to get the"
        " actions that make pictures",
        _model._meta.label,
    )

add_campaign_actions(admin.site._registry)
