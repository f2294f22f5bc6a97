"""The shop's own pages beside Oscar's."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model, login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from oscar.core.loading import get_model

from example_shop import consent
from example_shop.people import PEOPLE
from prodgen_django.personalization import record_consent

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")

#: Products on the home page.
FEATURED = 13


class HomeView(TemplateView):
    """Hero, categories and products, each with the picture that suits the visitor."""

    template_name = "shop/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        products = list(
            Product.objects.browsable().base_queryset().prefetch_related("categories").order_by("pk")
        )
        by_category: dict[int, list[Any]] = {}
        for product in products:
            for category in product.categories.all():
                by_category.setdefault(category.pk, []).append(product)
        categories = [
            {
                "category": category,
                "product": by_category[category.pk][0],
                "count": len(by_category[category.pk]),
            }
            for category in Category.objects.browsable().order_by("path")
            if category.pk in by_category
        ]
        featured = _mixed(by_category, FEATURED)
        return super().get_context_data(
            categories=categories,
            hero=featured[0] if featured else None,
            products=featured[1:],
            # Everything with a picture on this page: read together, before the first one is drawn.
            shown=[*featured, *(tile["product"] for tile in categories)],
            everything=len(products),
            **kwargs,
        )


def _mixed(by_category: dict[int, list[Any]], count: int) -> list[Any]:
    """Products of all categories in turn, so that the front page shows the whole shop."""
    mixed: list[Any] = []
    depth = 0
    while len(mixed) < count and any(len(row) > depth for row in by_category.values()):
        mixed += [row[depth] for row in by_category.values() if len(row) > depth]
        depth += 1
    return mixed[:count]


@require_POST
def sign_in_as(request: HttpRequest) -> HttpResponse:
    """Become one of the people of the demonstration without a password. Exists in DEBUG only."""
    email = request.POST.get("email", "")
    response = HttpResponseRedirect(consent.safe_next(request))
    if not email:
        logout(request)
        return response
    if email not in {person.email for person in PEOPLE}:
        raise Http404
    user = get_user_model().objects.filter(email=email).first()
    if user is None:
        raise Http404("run load_shop first")
    login(request, user, backend="oscar.apps.customer.auth_backends.EmailBackend")
    # The people of the demonstration agreed to be shown what suits them; the footer takes it back.
    consent.remember(request, response, consent.YES)
    record_consent(user, True)
    return response
