"""The shop's own backdrops in the back office: uploaded, guessed by a worker, marked by a person, offered to jobs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from prodgen_django.imagefile import encode_image
from prodgen_django.models import OwnBackdrop
from prodgen_django.recipes import backdrops
from prodgen_django.recipes.own_backdrops import as_set, guess, own_backdrop
from prodgen_django.studio.marks import LIMITS, USUAL

pytestmark = pytest.mark.django_db


def photo(name: str = "table.jpg") -> SimpleUploadedFile:
    pixels = np.full((300, 400, 3), (200, 180, 150), np.uint8)
    pixels[:, :200] += 30
    data = encode_image(pixels, format="jpeg", quality=90, source_type="digitalCapture")
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


@pytest.fixture
def own(admin_client: Any, django_capture_on_commit_callbacks: Any) -> OwnBackdrop:
    data = {"label": "Our oak table", "view": "table", "picture": photo()}
    answer = admin_client.post(reverse("admin:prodgen_django_ownbackdrop_add"), data)
    found = OwnBackdrop.objects.get()
    assert answer["Location"] == reverse("admin:prodgen_django_ownbackdrop_change", args=[found.pk])
    return found


def test_an_uploaded_photo_has_usual_marks_until_a_worker_guesses(own: OwnBackdrop) -> None:
    assert own.marks == USUAL["table"].as_dict()
    assert not own.marked
    guess(own.pk)
    own.refresh_from_db()
    assert own.marks["azimuth"] < 0  # brighter at the left
    assert str(own.by)


def test_what_a_person_marked_is_kept_and_never_guessed_again(admin_client: Any, own: OwnBackdrop) -> None:
    address = reverse("admin:prodgen_django_ownbackdrop_change", args=[own.pk])
    page = admin_client.get(address).content.decode()
    assert own.picture.url in page
    for name in LIMITS:
        assert f'data-mark="{name}"' in page
    said = {**USUAL["table"].as_dict(), "horizon": -0.25, "centimetres": 90}
    answer = admin_client.post(address, {"label": own.label, "view": "table", **said})
    assert answer.status_code == 302, answer.context["errors"]
    guess(own.pk)
    own.refresh_from_db()
    assert own.marked
    assert (own.marks["horizon"], own.marks["centimetres"]) == (-0.25, 90)
    card = as_set(own).card
    assert (card.horizon, card.pixels_per_metre) == (-0.25, pytest.approx(400 / 0.9))


def test_marks_out_of_bounds_are_told_at_their_field(admin_client: Any, own: OwnBackdrop) -> None:
    address = reverse("admin:prodgen_django_ownbackdrop_change", args=[own.pk])
    answer = admin_client.post(
        address, {"label": own.label, "view": "table", **USUAL["table"].as_dict(), "x": 7, "y": "nan"}
    )
    assert answer.status_code == 200
    assert {"x", "y"} <= set(answer.context["adminform"].form.errors)


def test_another_photo_is_guessed_anew(admin_client: Any, own: OwnBackdrop) -> None:
    OwnBackdrop.objects.update(marked=True)
    address = reverse("admin:prodgen_django_ownbackdrop_change", args=[own.pk])
    data = {"label": own.label, "view": "top", "picture": photo(), **USUAL["table"].as_dict()}
    assert admin_client.post(address, data).status_code == 302
    own.refresh_from_db()
    assert own.marks == USUAL["top"].as_dict()
    assert not own.marked


def test_it_is_on_offer_like_a_set_and_forgotten_with_it(own: OwnBackdrop) -> None:
    assert (own.name, own.label) in backdrops.choices()
    assert backdrops.current(own.name) == own.name
    name = own.name
    own.delete()
    assert own_backdrop(name) is None
    assert backdrops.current(name) == backdrops.AUTO
    for odd in ("own-", "own-x", "own-" + "9" * 40, "own-photos"):
        assert own_backdrop(odd) is None


def test_what_is_no_picture_is_refused_in_words(admin_client: Any) -> None:
    bad = SimpleUploadedFile("table.jpg", b"<html>", content_type="image/jpeg")
    answer = admin_client.post(
        reverse("admin:prodgen_django_ownbackdrop_add"), {"label": "x", "view": "table", "picture": bad}
    )
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["picture"]
    assert not OwnBackdrop.objects.exists()


def test_only_who_may_change_backdrops_does(client: Any, own: OwnBackdrop) -> None:
    user = get_user_model().objects.create_user("eve", "eve@example.com", "x", is_staff=True)
    client.force_login(user)
    address = reverse("admin:prodgen_django_ownbackdrop_change", args=[own.pk])
    assert client.get(address).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_ownbackdrop"))
    assert client.get(address).status_code == 200
    assert client.post(address, {"label": "mine", "view": "table"}).status_code == 403
