"""Every address, asked by everybody who lacks what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from prodgen_django.admin.jobs import JobAdmin
from prodgen_django.admin.pictures import GeneratedImageAdmin
from prodgen_django.models import Checkpoint, GeneratedImage, Job
from tests.admin.conftest import finish

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = {"generate", "review", "publish"}

#: name: (method, what is posted, any of these opens it)
PAGES: dict[str, tuple[str, dict[str, str], set[str]]] = {
    "prodgen_job_start": ("post", {}, {"generate"}),
    "prodgen_job_options": ("get", {}, {"generate"}),
    "prodgen_job_discard": ("post", {}, {"generate"}),
    "prodgen_job_preview": ("get", {}, {"generate"}),
    "prodgen_job_cancel": ("post", {}, {"generate"}),
    "prodgen_job_retry": ("post", {}, {"generate"}),
    "prodgen_job_repeat": ("post", {}, {"generate"}),
    "prodgen_job_finish": ("post", {}, {"generate"}),
    "prodgen_campaign_again": ("post", {}, {"generate"}),
    "prodgen_job_progress": ("get", {}, ALL),
    "prodgen_job_review": ("get", {}, ALL),
    "prodgen_review": ("get", {}, ALL),
    "prodgen_django_job_changelist": ("get", {}, ALL),
    "prodgen_django_job_change": ("get", {}, ALL),
    "prodgen_django_job_history": ("get", {}, ALL),
    "prodgen_django_generatedimage_changelist": ("get", {}, ALL),
    "prodgen_django_generatedimage_change": ("get", {}, ALL),
    "prodgen_alike": ("get", {}, ALL),
    "prodgen_cutout": ("get", {}, {"generate"}),
    "prodgen_cutout_mask": ("get", {}, {"generate"}),
    "prodgen_django_checkpoint_changelist": ("get", {}, ALL),
    "prodgen_django_checkpoint_change": ("get", {}, ALL),
    "prodgen_checkpoint_activate": ("post", {}, {"generate"}),
}
DECISIONS = {
    "approve": {"review"},
    "reject": {"review"},
    "publish": {"publish"},
    "unpublish": {"publish"},
    "undo": {"review", "publish"},
}


@pytest.fixture
def addresses(draft: Job) -> dict[str, str]:
    image = finish(draft)[0]
    image.scores["cut_out"]["mask"] = image.thumbnail
    image.save()
    Job.objects.filter(pk=draft.pk).update(state=Job.State.DRAFT)
    checkpoint = Checkpoint.objects.create(task="concept", name="one", file="x.safetensors", sha256="1")
    found = {}
    for name in PAGES:
        arguments: list[Any] = [draft.pk]
        if "generatedimage" in name:
            arguments = [image.pk]
        elif "cutout" in name:
            arguments = [image.uuid]
        elif "checkpoint" in name:
            arguments = [checkpoint.pk]
        elif name == "prodgen_campaign_again":
            arguments = [Job.objects.create(kind="campaign", options={}).pk]
        elif name == "prodgen_job_start":
            arguments = ["stitch"]
        if name.endswith("changelist") or name in ("prodgen_review", "prodgen_alike"):
            arguments = []
        found[name] = reverse(f"admin:{name}", args=arguments)
    return found


def ask(client: Client, name: str, address: str) -> int:
    method, data, _opens = PAGES[name]
    return getattr(client, method)(address, data).status_code


def test_no_address_of_ours_is_missing_from_this_table() -> None:
    from django.contrib import admin

    ours = set()
    for model_admin in (JobAdmin(Job, admin.site), GeneratedImageAdmin(GeneratedImage, admin.site)):
        ours |= {
            pattern.name for pattern in model_admin.get_urls() if (pattern.name or "").startswith("prodgen_")
        }
    raw = {name for name in ours if name.endswith(("_add", "_delete", "_history"))}
    assert ours - raw - {"prodgen_image_action", "prodgen_job_pack"} <= set(PAGES)


def test_without_any_permission_every_address_is_shut(
    staff: Callable[..., Client], addresses: dict[str, str]
) -> None:
    client = staff()
    assert {name: ask(client, name, address) for name, address in addresses.items()} == dict.fromkeys(
        PAGES, 403
    )


@pytest.mark.parametrize("permission", sorted(ALL))
def test_each_permission_opens_its_own_addresses_and_no_other(
    staff: Callable[..., Client], addresses: dict[str, str], permission: str
) -> None:
    client = staff(permission)
    # Discarding comes last: it takes the job that the others ask for.
    order = sorted(addresses, key=lambda name: name == "prodgen_job_discard")
    for name in order:
        status = ask(client, name, addresses[name])
        if permission in PAGES[name][2]:
            assert status in (200, 302), name
        else:
            assert status == 403, name


def test_visitors_and_customers_are_sent_to_sign_in(
    db: None, addresses: dict[str, str], django_user_model: Any
) -> None:
    customer = Client()
    customer.force_login(
        django_user_model.objects.create_user("customer", "c@example.com", "secret"),
        "django.contrib.auth.backends.ModelBackend",
    )
    for client in (Client(), customer):
        for name, address in addresses.items():
            method, data, _opens = PAGES[name]
            reply = getattr(client, method)(address, data)
            assert reply.status_code == 302, name
            assert "/login/" in reply.url


@pytest.mark.parametrize("action", sorted(DECISIONS))
@pytest.mark.parametrize("permission", ["generate", "review", "publish"])
def test_each_decision_asks_for_its_own_permission(
    staff: Callable[..., Client], reviewed_job: Job, action: str, permission: str
) -> None:
    client = staff(permission)
    image = reviewed_job.images.first()
    reply = client.post(reverse("admin:prodgen_image_action", args=[image.uuid]), {"action": action})
    assert (reply.status_code == 403) == (permission not in DECISIONS[action])
    if action != "undo":
        reply = client.post(reverse("admin:prodgen_review"), {"action": action, "image": [image.pk]})
        assert (reply.status_code == 403) == (permission not in DECISIONS[action])
    image.refresh_from_db()
    if permission not in DECISIONS[action]:
        assert (image.state, image.events.count()) == ("pending", 0)


def test_who_may_not_decide_sees_no_buttons(staff: Callable[..., Client], reviewed_job: Job) -> None:
    address = reverse("admin:prodgen_job_review", args=[reviewed_job.pk])
    assert 'value="approve"' not in staff("generate").get(address).content.decode()
    page = staff("review").get(address).content.decode()
    assert 'value="approve"' in page
    assert 'value="publish"' not in page
    listing = reverse("admin:prodgen_django_generatedimage_changelist")
    assert "approve_pictures" not in staff("publish").get(listing).content.decode()


def test_publishing_a_concept_picture_takes_a_permission_of_its_own(
    staff: Callable[..., Client], reviewed_job: Job
) -> None:
    image = reviewed_job.images.first()
    GeneratedImage.objects.filter(pk=image.pk).update(kind="concept", state="approved")
    address = reverse("admin:prodgen_image_action", args=[image.uuid])
    reply = staff("publish").post(address, {"action": "publish"}, headers={"accept": "application/json"})
    image.refresh_from_db()
    assert image.state == "approved"
    assert reply.status_code == 409
    staff("publish", "publish_concept").post(address, {"action": "publish"})
    image.refresh_from_db()
    assert image.state == "published"


@pytest.mark.parametrize("model", ["job", "generatedimage", "checkpoint"])
def test_the_raw_forms_are_shut_even_for_the_owner(
    owner: Client, addresses: dict[str, str], model: str
) -> None:
    change = addresses[f"prodgen_django_{model}_change"]
    assert owner.get(reverse(f"admin:prodgen_django_{model}_add")).status_code == 403
    assert owner.post(change.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    before = {job.pk: job.state for job in Job.objects.all()}
    owner.post(change, {"state": "succeeded", "title": "changed"})
    assert {job.pk: job.state for job in Job.objects.all()} == before
    listing = reverse(f"admin:prodgen_django_{model}_changelist")
    assert "delete_selected" not in owner.get(listing).content.decode()


def test_decisions_and_starts_need_a_post(owner: Client, reviewed_job: Job) -> None:
    image = reviewed_job.images.first()
    assert owner.get(reverse("admin:prodgen_image_action", args=[image.uuid])).status_code == 405
    for name in ("cancel", "retry", "discard"):
        assert owner.get(reverse(f"admin:prodgen_job_{name}", args=[reviewed_job.pk])).status_code == 405


def test_forms_are_guarded_against_other_sites(owner: Client, reviewed_job: Job) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner.user, "django.contrib.auth.backends.ModelBackend")  # type: ignore[attr-defined]
    image = reviewed_job.images.first()
    address = reverse("admin:prodgen_image_action", args=[image.uuid])
    assert strict.post(address, {"action": "approve"}).status_code == 403


def test_the_start_page_of_the_admin_shows_the_studio_only_to_those_who_may_see_it(
    staff: Callable[..., Client],
) -> None:
    assert "Image studio" in staff("publish").get(reverse("admin:index")).content.decode()
    assert "Image studio" not in staff("view_product").get(reverse("admin:index")).content.decode()
