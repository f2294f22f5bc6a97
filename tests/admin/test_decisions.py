"""Nobody decides about a picture what they may not, through whatever door they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from prodgen_django.catalog import CatalogError
from prodgen_django.errands.run import ask_for_decision, run_errand
from prodgen_django.models import Errand, GeneratedImage, Job
from prodgen_django.pictures import renditions, review
from prodgen_django.pictures.corrections import mend
from tests.admin.conftest import finish
from tests.admin.test_cutout import drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

DECISIONS = ("approve", "reject", "publish", "unpublish")


pytestmark = pytest.mark.usefixtures("broker")


@pytest.fixture
def image(reviewed_job: Job) -> GeneratedImage:
    return reviewed_job.images.order_by("pk")[0]


def state(image: GeneratedImage) -> str:
    image.refresh_from_db()
    return image.state


def ask(client: Client, image: GeneratedImage, action: str) -> Any:
    address = reverse("admin:prodgen_image_action", args=[image.uuid])
    return client.post(address, {"action": action}, headers={"accept": "application/json"})


def led_to(image: GeneratedImage, *actions: str) -> None:
    for action in actions:
        getattr(review, action)(image, review.SYSTEM)


@pytest.mark.parametrize(
    "way",
    [("approve", "publish"), ("approve", "publish", "unpublish"), ("approve", "publish", "undo", "publish")],
    ids=lambda way: "-".join(way),
)
def test_a_reviewer_neither_publishes_nor_takes_back_by_undoing(
    staff: Callable[..., Client], image: GeneratedImage, way: tuple[str, ...]
) -> None:
    led_to(image, *way)
    before, reviewer = state(image), staff("review")
    reply = ask(reviewer, image, "undo")
    assert reply.status_code == 409
    assert "Can publish pictures" in reply.json()["message"]
    assert state(image) == before
    with pytest.raises(review.ReviewError) as refused:
        review.undo(image, reviewer.user)  # type: ignore[attr-defined]
    assert refused.value.code == "not_allowed"
    assert 'value="undo"' not in reviewer.get(reverse("admin:prodgen_review")).content.decode()
    assert ask(staff("publish"), image, "undo").status_code == 200
    assert state(image) != before


def test_a_publisher_does_not_undo_what_a_reviewer_decided(
    staff: Callable[..., Client], image: GeneratedImage
) -> None:
    led_to(image, "approve")
    assert ask(staff("publish"), image, "undo").status_code == 409
    assert state(image) == "approved"
    assert ask(staff("review"), image, "undo").status_code == 200
    assert state(image) == "pending"


def test_undoing_a_withdrawal_publishes_and_is_judged_as_that(
    staff: Callable[..., Client], image: GeneratedImage
) -> None:
    led_to(image, "approve", "publish", "unpublish")
    GeneratedImage.objects.filter(pk=image.pk).update(kind="concept")
    publisher = staff("publish")
    assert "undo" not in review.allowed_actions(GeneratedImage.objects.get(pk=image.pk), publisher.user)  # type: ignore[attr-defined]
    assert ask(publisher, image, "undo").status_code == 409
    GeneratedImage.objects.filter(pk=image.pk).update(
        kind="display", blockers=[{"code": "fidelity", "message": "The product is altered."}]
    )
    assert ask(publisher, image, "undo").json()["message"] == "The product is altered."
    assert state(image) == "approved"


@pytest.mark.parametrize("action", [*DECISIONS, "undo"])
@pytest.mark.parametrize("permission", ["", "generate", "review", "publish"])
def test_what_is_allowed_is_what_works_at_every_door(
    staff: Callable[..., Client], draft: Job, action: str, permission: str
) -> None:
    """The buttons, the decision itself, the bulk over chosen ones, over all that match, and the admin's own list."""
    client = staff(*([permission] if permission else []))
    user = client.user  # type: ignore[attr-defined]
    start = {"publish": "approved", "unpublish": "published"}.get(action, "pending")
    images = finish(draft, pictures=2)
    GeneratedImage.objects.update(state=start)
    expected = (
        permission == {"approve": "review", "reject": "review"}.get(action, "publish") and action != "undo"
    )
    first, second, third, *rest = images
    assert (action in review.allowed_actions(GeneratedImage.objects.get(pk=first.pk), user)) is expected
    ask(client, first, action)
    if action == "undo":
        assert {state(image) for image in images} == {start}
        return
    gallery = f"{reverse('admin:prodgen_review')}?state={start}"
    client.post(gallery, {"action": action, "image": [second.pk]})
    listed = reverse("admin:prodgen_django_generatedimage_changelist")
    client.post(listed, {"action": f"{action}_pictures", "_selected_action": [third.pk]})
    client.post(gallery, {"action": action, "scope": "all"})
    assert {state(image) != start for image in images} == {expected}
    assert rest


def test_many_pictures_reach_no_worker_for_somebody_who_may_not_publish(
    staff: Callable[..., Client], draft: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = finish(draft, pictures=review.MOST_IN_REQUEST["publish"] // 3 + 1)
    GeneratedImage.objects.update(state="approved")
    reviewer = staff("review").user  # type: ignore[attr-defined]
    result = review.apply("publish", GeneratedImage.objects.all(), reviewer)
    assert (result.done, result.queued, len(result.refused)) == (0, 0, len(images))


@pytest.mark.parametrize("who", ["nobody", "gone", "reviewer", "left the shop"])
def test_a_worker_publishes_for_nobody_who_may_not(
    staff: Callable[..., Client], image: GeneratedImage, who: str
) -> None:
    led_to(image, "approve")
    user = staff("publish" if who in ("left the shop", "gone") else "review").user  # type: ignore[attr-defined]
    user.is_active = who != "left the shop"
    user.save()
    ask_for_decision("publish", [image.pk], None if who == "nobody" else user)
    if who == "gone":
        user.delete()
    while run_errand():
        pass
    assert Errand.objects.get(kind="decide").report["refused"] == 1
    assert state(image) == "approved"


@pytest.mark.parametrize("action", DECISIONS)
def test_nobody_is_no_system(image: GeneratedImage, action: str) -> None:
    GeneratedImage.objects.update(
        state={"publish": "approved", "unpublish": "published"}.get(action, "pending")
    )
    with pytest.raises(review.ReviewError):
        getattr(review, action)(image, None)
    assert getattr(review, action)(image, review.SYSTEM).by is None


def test_who_draws_an_outline_rejects_nothing_that_they_may_not(
    staff: Callable[..., Client], image: GeneratedImage
) -> None:
    led_to(image, "approve")
    mend(GeneratedImage.objects.get(pk=image.pk), drawing(), staff("generate").user)  # type: ignore[attr-defined]
    assert state(image) == "approved"
    mend(GeneratedImage.objects.get(pk=image.pk), drawing(), staff("generate", "review").user)  # type: ignore[attr-defined]
    assert state(image) == "rejected"


@pytest.mark.parametrize("text", ["nul \0", "half a pair \ud800", "long " * 2000])
def test_whatever_a_catalogue_says_is_told_by_a_worker_too(
    image: GeneratedImage, admin_user: Any, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def refuses(*_args: Any) -> str:
        raise CatalogError(text)

    led_to(image, "approve")
    Errand.objects.all().delete()
    monkeypatch.setattr(type(review.get_catalog()), "publish", refuses)
    errand = ask_for_decision("publish", [image.pk], admin_user)
    run_errand()
    errand.refresh_from_db()
    assert errand.over_at
    assert text[:3] in errand.report["reasons"][0][1]


@pytest.mark.parametrize("text", ["nul \0", "half a pair \ud800", "long " * 2000])
def test_whatever_goes_wrong_with_a_smaller_version_is_kept(
    image: GeneratedImage, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def breaks(*_args: Any) -> None:
        raise ValueError(text)

    led_to(image, "approve")
    monkeypatch.setattr(renditions, "render", breaks)
    run_errand()
    assert text[:3] in Errand.objects.get(image=image).error


@pytest.mark.parametrize("note", ["\0", "a\0b", "é" * 999])
def test_any_note_is_kept(owner: Client, image: GeneratedImage, note: str) -> None:
    address = reverse("admin:prodgen_image_action", args=[image.uuid])
    assert owner.post(address, {"action": "reject", "note": note}).status_code == 302
    assert len(image.events.get().note) <= 255


def test_one_picture_that_a_catalogue_breaks_at_stops_no_other(
    reviewed_job: Job, admin_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = list(reviewed_job.images.order_by("pk"))
    for image in images:
        led_to(image, "approve")
    Errand.objects.all().delete()
    catalog = type(review.get_catalog())
    publish = catalog.publish

    def breaks(self: Any, image: GeneratedImage, **more: Any) -> str:
        if image.pk == images[0].pk:
            raise KeyError("the shop's own")
        return publish(self, image, **more)

    monkeypatch.setattr(catalog, "publish", breaks)
    errand = ask_for_decision("publish", [image.pk for image in images], admin_user)
    run_errand()
    errand.refresh_from_db()
    assert (errand.report["done"], errand.report["refused"]) == (len(images) - 1, 1)
    assert "KeyError" in errand.report["reasons"][0][1]
    assert state(images[0]) == "approved"
