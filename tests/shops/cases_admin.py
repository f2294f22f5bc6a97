"""The actions on a shop's own product admin, in whatever version of Django this runs."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client, RequestFactory

from prodgen_django.admin import ProductGenerationMixin, add_product_actions
from prodgen_django.catalog import get_catalog
from prodgen_django.models import GeneratedImage, Job
from tests.shops.cases_pages import make

pytestmark = pytest.mark.django_db

OURS = {"prodgen_display", "prodgen_stitch", "prodgen_campaign", "prodgen_export", "prodgen_paint"}


def staff(*codenames: str) -> User:
    user = User.objects.create_user("mia", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def actions_of(model_admin: Any, user: User) -> dict[str, str]:
    request = RequestFactory().get("/")
    request.user = user
    return dict(model_admin.get_action_choices(request))


def changelist() -> str:
    options = get_catalog().model._meta
    return f"/admin/{options.app_label}/{options.model_name}/"


def test_the_checks_find_nothing() -> None:
    call_command("check", fail_level="ERROR")


def test_the_actions_stand_beside_the_shops_own_for_who_may_generate() -> None:
    model_admin = admin.site.get_model_admin(get_catalog().model)
    found = actions_of(model_admin, staff("view_numberproduct", "generate"))
    assert set(found) >= OURS | {"put_on_sale"}
    assert found["prodgen_display"] == "Generate display pictures"
    User.objects.all().delete()
    assert set(actions_of(model_admin, staff("view_numberproduct"))) & OURS == set()


def test_an_action_makes_a_draft_of_the_chosen_products() -> None:
    products = [make(n, f"Thing {n}") for n in range(3)]
    client = Client()
    client.force_login(User.objects.create_superuser("mia"))
    data = {"action": "prodgen_paint", "_selected_action": [products[0].pk, products[2].pk]}
    response = client.post(changelist(), data)
    assert response.status_code == 302, response.content.decode()[:2000]
    job = Job.objects.get()
    assert (job.kind, job.state) == ("paint", "draft")
    assert client.get(changelist()).status_code == 200
    assert client.get(response["Location"]).status_code == 200


def test_an_admin_that_wants_no_or_few_actions_is_left_alone() -> None:
    class Quiet(ProductGenerationMixin, admin.ModelAdmin):
        actions = None

    class Few(ProductGenerationMixin, admin.ModelAdmin):
        prodgen_kinds = ["paint"]

    class Plain(admin.ModelAdmin):
        actions = ["own"]

        @admin.action(description="Own")
        def own(self, request: Any, queryset: Any) -> None: ...

    user = User.objects.create_superuser("mia")
    model = get_catalog().model
    assert set(actions_of(Quiet(model, admin.site), user)) <= {""}
    assert set(actions_of(Few(model, admin.site), user)) & (OURS | {"prodgen_display"}) == {"prodgen_paint"}
    plain = Plain(model, admin.site)
    add_product_actions(plain)
    add_product_actions(plain)
    assert set(actions_of(plain, user)) >= OURS | {"own"}
    assert plain.check() == []


def test_the_apps_own_pages_open() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("mia"))
    GeneratedImage.objects.create(product=make(0, "Thing"), kind="display", file="x.jpg", width=1, height=1)
    for name in ("job", "generatedimage", "checkpoint", "campaign", "brandkit", "policyversion"):
        assert client.get(f"/admin/prodgen_django/{name}/").status_code == 200, name
