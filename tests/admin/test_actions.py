"""Selecting products, clicking an action, and being at the options of a draft job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.test import RequestFactory, override_settings
from django.urls import reverse
from oscar.core.loading import get_model

from prodgen_django.admin import ProductGenerationMixin, make_job_action
from prodgen_django.models import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

LIST = "admin:catalogue_product_changelist"


def act(client: Client, action: str, products: list[Any], **extra: str) -> Any:
    return client.post(
        reverse(LIST),
        {"action": action, "_selected_action": [product.pk for product in products], "index": "0", **extra},
    )


@pytest.mark.parametrize("kind", ["display", "stitch"])
def test_an_action_makes_a_draft_and_goes_to_its_options(
    owner: Client, make_products: Callable[..., list[Any]], kind: str
) -> None:
    products = make_products(3, photos=2)
    reply = act(owner, f"prodgen_{kind}", products[:2])
    job = Job.objects.get()
    assert reply.status_code == 302
    assert reply.url == reverse("admin:prodgen_job_options", args=[job.pk])
    assert (job.kind, job.state, job.created_by) == (kind, "draft", owner.user)  # type: ignore[attr-defined]
    assert set(job.items.values_list("product", flat=True)) == {product.pk for product in products[:2]}


def test_the_actions_are_named_by_what_they_do(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    make_products(1)
    page = owner.get(reverse(LIST)).content.decode()
    for name in ("Generate display pictures", "Stitch pictures"):
        assert f">{name}</option>" in page


def test_who_may_not_generate_sees_no_action_and_cannot_call_one(
    staff: Callable[..., Client], make_products: Callable[..., list[Any]]
) -> None:
    products = make_products(2)
    client = staff("view_product", "change_product", "review", "publish")
    assert "Generate display pictures" not in client.get(reverse(LIST)).content.decode()
    act(client, "prodgen_display", products)
    assert not Job.objects.exists()


def test_five_thousand_products_across_all_pages(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    """Far more than DATA_UPLOAD_MAX_NUMBER_FIELDS: the form carries one page's keys and the word "all"."""
    products = make_products(5000)
    reply = act(owner, "prodgen_display", products[:100], select_across="1")
    job = Job.objects.get()
    assert reply.url == reverse("admin:prodgen_job_options", args=[job.pk])
    assert job.items.count() == 5000
    page = owner.get(reply.url).content.decode()
    assert "… and 4976 more" in page
    assert page.count("pg-product-title") == 24


def test_more_products_than_a_job_takes_are_refused_in_words(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    products = make_products(4)
    with override_settings(PRODGEN={"MAX_PRODUCTS": 3}):
        reply = owner.post(
            reverse(LIST),
            {"action": "prodgen_display", "_selected_action": [p.pk for p in products], "index": "0"},
            follow=True,
        )
    assert not Job.objects.exists()
    assert "You chose 4 products; one job takes at most 3." in reply.content.decode()


def test_a_shop_with_an_admin_of_its_own_mixes_the_actions_in(
    owner: Client, make_products: Callable[..., list[Any]]
) -> None:
    class Mine(ProductGenerationMixin, admin.ModelAdmin):
        prodgen_kinds = ("stitch",)

    model_admin = Mine(get_model("catalogue", "Product"), admin.site)
    request = RequestFactory().get("/")
    request.user = owner.user  # type: ignore[attr-defined]
    assert "prodgen_stitch" in model_admin.get_actions(request)
    assert "prodgen_display" not in model_admin.get_actions(request)
    products = get_model("catalogue", "Product").objects.filter(pk=make_products(1)[0].pk)
    reply = make_job_action("display")(model_admin, request, products)
    assert reply is not None
    assert reply.status_code == 302
