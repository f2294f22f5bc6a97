"""A shop that changes its secret key, the old one among the fallbacks, loses nothing that it knows or waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import override_settings
from django.utils import timezone

from prodgen_django.models import Exposure
from prodgen_django.personalization import Visitor
from prodgen_django.personalization.log.buffer import get_buffer
from prodgen_django.personalization.log.flush import flush
from prodgen_django.personalization.log.names import user_keys
from prodgen_django.personalization.log.privacy import forget, remembers
from prodgen_django.personalization.serve.tell import report_bought
from tests.web.conftest import Shopper

OLD = django_settings.SECRET_KEY


@contextmanager
def rotated(*, fallbacks: tuple[str, ...] = ("another", OLD)) -> Iterator[None]:
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=list(fallbacks)):
        yield


def signed_in(shopper: Shopper) -> Shopper:
    user = get_user_model().objects.create_user("ada", "ada@example.com", "secret")
    shopper.client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    shopper.user = user  # type: ignore[attr-defined]
    return shopper


@pytest.fixture(params=["anonymous", "customer"])
def shopper(request: Any, site: Any) -> Shopper:
    return signed_in(Shopper()) if request.param == "customer" else Shopper()


def test_events_that_wait_are_written(site: Any) -> None:
    Shopper().see()
    with rotated():
        assert get_buffer().waiting() > 0
        Shopper().see()
        assert flush().exposures == 2
        assert get_buffer().waiting() == 0
    assert flush().events == 0


@pytest.mark.parametrize("written", [True, False], ids=["written", "waiting"])
def test_a_decision_is_the_same_one_afterwards(shopper: Shopper, written: bool) -> None:
    first = shopper.see()
    if written:
        flush()
    with rotated():
        # The session of a customer is Django's own matter; it knows the fallbacks as well.
        again = shopper.see()
        assert again["i"][0][1] == first["i"][0][1]
        flush()
        assert Exposure.objects.get().shows == 2


def test_a_page_that_was_made_before_is_told_afterwards(shopper: Shopper) -> None:
    page = (
        shopper.client.get("/uncached/")
        .content.decode()
        .partition('data-prodgen-page="')[2]
        .partition('"')[0]
    )
    with rotated():
        assert shopper.tell(page, seen=[0], click=[0]) == 204
        flush()
        assert Exposure.objects.get().clicked_at is not None


def test_an_order_is_put_down_to_what_was_shown_before(shopper: Shopper, rf: Any, site: Any) -> None:
    record = shopper.see()
    flush()
    with rotated():
        request = rf.get("/")
        request.COOKIES = {name: one.value for name, one in shopper.client.cookies.items()}
        request.user = getattr(shopper, "user", None)
        visitor = Visitor.from_request(request)
        assert record["v"] in visitor.other_keys
        assert report_bought("order", visitor, [site.pk])
        flush()
    assert Exposure.objects.get().ordered_at is not None


def test_a_customer_is_forgotten_under_every_name(site: Any) -> None:
    user = get_user_model().objects.create_user("ada", "ada@example.com", "secret")
    for number, name in enumerate([user_keys(user.pk)[0], "f" * 32]):
        Exposure.objects.create(token=f"t{number}", visitor=name, product=site, shown_at=timezone.now())
    with rotated():
        Exposure.objects.create(
            token="t2", visitor=user_keys(user.pk)[0], product=site, shown_at=timezone.now()
        )
        assert remembers(user.pk) == {"prodgen_django.Exposure": 2}
        forget(user.pk)
        assert remembers(user.pk) == {}
    assert Exposure.objects.get().visitor == "f" * 32


def test_a_key_that_is_no_fallback_any_more_is_forgotten(shopper: Shopper, rf: Callable[..., Any]) -> None:
    record = shopper.see()
    with rotated(fallbacks=()):
        assert record["v"] not in (
            Visitor.from_request(shopper.client.get("/uncached/").wsgi_request).other_keys
        )
