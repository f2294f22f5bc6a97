"""Bulk actions in Oscar's dashboard, where merchants work.

Oscar 4.2 keeps them in one dict that its list and its confirmation page share. That is not documented, so a
test guards
it, and where the dict is gone the dashboard stays as it was.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from prodgen_django.admin.permissions import may_generate
from prodgen_django.recipes import get_recipe

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

#: The kinds of job offered in the dashboard.
KINDS = ("display", "concept", "segments", "stitch", "campaign")


def start_job(request: HttpRequest, kind: str, products: QuerySet[Any]) -> None:
    """Make a draft job of the chosen products and tell the merchant where it is.

    Oscar's confirmation page discards what an action returns and goes back to its list, so the way to the
    draft's
    options is a link in a message.
    """
    from prodgen_django.jobs import create_job

    if not may_generate(request.user):
        raise PermissionDenied
    try:
        job = create_job(kind, products=products, created_by=request.user, draft=True)
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
        return
    url = reverse("admin:prodgen_job_options", args=[job.pk])
    messages.success(
        request,
        format_html(
            '{} <a href="{}">{}</a>', _("The job is prepared."), url, _("Choose how the pictures are made")
        ),
    )


def add_bulk_actions() -> None:
    """Offer our kinds of job in the dashboard's list of products; called once, when the app is ready."""
    try:
        from oscar.core.loading import get_class

        action_class = get_class("dashboard.catalogue.bulk_actions", "ProductIntermediateAction")
        mixin = get_class("dashboard.catalogue.mixins", "ProductBulkActionMixin")
        offered = mixin.intermediate_actions
    except (ImportError, AttributeError, LookupError):
        logger.warning("this Oscar's dashboard has no bulk actions to add to")
        return

    class GenerateAction(action_class):  # type: ignore[misc, valid-type]
        """One kind of job on Oscar's two-step bulk page."""

        def __init__(self, kind: str) -> None:
            self.kind = kind
            # Lazy: a recipe is not loaded before somebody reads its name.
            self.label = _lazy_label(kind)

        def execute(self, request: HttpRequest, objects: QuerySet[Any], form: Any) -> None:
            start_job(request, self.kind, objects)

    for kind in KINDS:
        offered.setdefault(f"prodgen_{kind}", GenerateAction(kind))


def _lazy_label(kind: str) -> Any:
    from django.utils.functional import lazy

    return lazy(lambda: str(get_recipe(kind).label), str)()
