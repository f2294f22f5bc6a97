"""What the lists of jobs and of pictures share."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from prodgen_django.admin.permissions import may_see
from prodgen_django.admin.words import kind_name
from prodgen_django.recipes import recipe_kinds

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


logger = logging.getLogger(__name__)


class DecoratedChangeList(ChangeList):
    """Hands the rows of the page at hand to `decorate`, which can fetch what they show in a fixed number of
    queries.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.decorate(self.result_list)

    def decorate(self, results: list[Any]) -> None:
        raise NotImplementedError


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind_name(kind)) for kind in recipe_kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class StrictListMixin(admin.ModelAdmin):
    """A list whose address names what no filter takes is shown without filters, as Django does for most such addresses.

    Numbers and years that a database or a calendar has not are not among those: they end in an error of the server.
    """

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if any("\0" in value for values in request.GET.lists() for value in (values[0], *values[1])):
            return _whole_list(request)  # PostgreSQL asks for no such text
        try:
            response = super().changelist_view(request, extra_context)
            # Some filters are read while the page is drawn.
            return response.render() if isinstance(response, TemplateResponse) else response
        except (OverflowError, ValueError):
            if request.method != "GET" or not request.GET:
                raise
            logger.info("no list for %s", request.get_full_path(), exc_info=True)
            return _whole_list(request)


def _whole_list(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("The address named filters that do not exist; here is the whole list."))
    return HttpResponseRedirect(request.path)


class ReadOnlyAdmin(StrictListMixin):
    """Looked at by whoever makes, judges or publishes pictures; changed only through pages of our own."""

    class Media:
        css = {"all": ["prodgen_django/prodgen.css"]}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.model._meta.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_see(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
