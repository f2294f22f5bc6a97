"""The actions on a shop's own product admin: select products, click, and be at the options of a draft job.

A shop that owns its product admin mixes in `ProductGenerationMixin`; one that does not (Oscar's) calls
`add_product_actions` on the instance that is registered. The selection becomes a draft job in the database at
once, so it is never carried through a form as hidden keys, and any number of products that a job takes can be
chosen.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from prodgen_django.admin.permissions import may_generate
from prodgen_django.conf import settings
from prodgen_django.recipes import get_recipe, recipe_kinds

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.contrib.admin import ModelAdmin
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from prodgen_django.models import Job
    from prodgen_django.recipes import Recipe

    AdminAction = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]

__all__ = [
    "ProductGenerationMixin",
    "add_product_actions",
    "make_draft",
    "make_job_action",
    "start_draft",
    "to_options",
]


NAMES = {
    "display": _("Generate display pictures"),
    "concept": _("Generate concept pictures"),
    "stitch": _("Stitch pictures"),
    "segments": _("Generate for taste segments"),
    "campaign": _("Make campaign pictures"),
    "export": _("Export for sales channels"),
}


def _label(kind: str) -> str:
    """What the action says; a shop's own recipe gives its label. Doubled, because the admin fills in ``%``
    names.
    """
    return str(NAMES.get(kind) or get_recipe(kind).label).replace("%", "%%")


def make_job_action(kind: str) -> AdminAction:
    """The admin action that makes a draft job of a kind from the selected products and goes to its options
    page.
    """

    def action(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return start_draft(request, kind, queryset)

    action.__name__ = f"prodgen_{kind}"
    # Lazy, so that importing an admin module loads no recipe.
    action.short_description = lazy(_label, str)(kind)  # type: ignore[attr-defined]
    action.allowed_permissions = ("prodgen_generate",)  # type: ignore[attr-defined]
    return action


def start_draft(
    request: HttpRequest, kind: str, products: QuerySet[Any] | None = None
) -> HttpResponseRedirect | None:
    """Make a draft job and redirect to its options; None, with a message, where the selection cannot be
    taken.
    """
    job = make_draft(request, kind, products)
    return to_options(job) if job is not None else None


def to_options(job: Job) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:prodgen_job_options", args=[job.pk]))


def make_draft(request: HttpRequest, kind: str, products: QuerySet[Any] | None = None) -> Job | None:
    """Make a draft job; None, with a message, where the selection cannot be taken."""
    from prodgen_django.jobs import create_job

    if not may_generate(request.user):
        raise PermissionDenied
    if products is not None:
        chosen, most = products.order_by().count(), settings.MAX_PRODUCTS
        if chosen > most:
            message = gettext("You chose %(chosen)d products; one job takes at most %(most)d.")
            messages.error(request, message % {"chosen": chosen, "most": most})
            return None
    try:
        return create_job(kind, products=products, created_by=request.user, draft=True)
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
    except LookupError:
        messages.error(request, gettext("There is no kind of job named “%s”.") % kind)
    return None


def installed_recipes() -> dict[str, Recipe]:
    """Every recipe that can be imported, by kind, built-in ones first; none where the setting is no dict of them."""
    # What is set wrongly must not take the whole admin down; the system check tells of it.
    found: dict[str, Recipe] = {}
    try:
        kinds = recipe_kinds()
    except ImproperlyConfigured as fault:
        logger.warning("no kind of job is offered: %s", fault)
        return found
    for kind in kinds:
        try:
            found[kind] = get_recipe(kind)
        except (ImproperlyConfigured, ImportError) as fault:
            logger.warning("jobs of kind %r are not offered: %s", kind, fault)
    return found


def product_kinds() -> list[str]:
    """The kinds of job that work on products picked by hand."""
    return [kind for kind, recipe in installed_recipes().items() if recipe.needs_products]


def has_prodgen_generate_permission(request: HttpRequest) -> bool:
    return may_generate(request.user)


class ProductGenerationMixin:
    """For a shop's own ModelAdmin of products: adds an action for every kind of job that works on products.

    ``prodgen_kinds`` narrows them: ``prodgen_kinds = ["display", "stitch"]``.
    """

    prodgen_kinds: Iterable[str] | None = None

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)  # type: ignore[call-arg]
        # By the public attribute: what Django makes of it inside differs from version to version. None: an admin
        # without any actions.
        if self.actions is not None:  # type: ignore[attr-defined]
            add_product_actions(self, self.prodgen_kinds)  # type: ignore[arg-type]

    def has_prodgen_generate_permission(self, request: HttpRequest) -> bool:
        return has_prodgen_generate_permission(request)


def add_product_actions(model_admin: ModelAdmin[Any], kinds: Iterable[str] | None = None) -> None:
    """Add our actions to a registered ModelAdmin that is not ours, without owning or replacing it."""
    ours = [make_job_action(kind) for kind in (product_kinds() if kinds is None else kinds)]
    names = {action.__name__ for action in ours}
    kept = [
        action for action in (model_admin.actions or ()) if getattr(action, "__name__", action) not in names
    ]
    model_admin.actions = [*kept, *ours]
    # What Django asks the admin for, because the actions name it in ``allowed_permissions``.
    model_admin.has_prodgen_generate_permission = has_prodgen_generate_permission  # type: ignore[attr-defined]
