"""A no, and prodgen_forget, reach what a customer's browser showed before anybody knew whose it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model, login
from django.core.management import call_command
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone

from prodgen_django.jobs import worker
from prodgen_django.models import Exposure, ProfilingConsent, TasteProfile
from prodgen_django.personalization import record_consent
from prodgen_django.personalization.log import retention
from prodgen_django.personalization.log.flush import flush
from prodgen_django.personalization.log.privacy import forget, remembers
from tests.web import cached_site
from tests.web.conftest import SETTINGS, Shopper

BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(request: Any) -> HttpResponse:
    login(request, get_user_model().objects.get(username="ada"), BACKEND)
    return HttpResponse()


def say_no(request: Any) -> HttpResponse:
    record_consent(request.user, given=False)
    return HttpResponse()


urlpatterns = [path("sign-in/", sign_in), path("say-no/", say_no), *cached_site.urlpatterns]


@pytest.fixture(autouse=True)
def _addresses(site: Any) -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def ada(db: None) -> Any:
    return get_user_model().objects.create_user("ada", "ada@example.com", "secret")


@pytest.fixture
def others(site: Any) -> None:
    """Somebody else's exposure, which has to stay."""
    Shopper().see()
    flush()


@pytest.mark.parametrize("when", ["written before", "waiting at sign-in", "waiting when forgotten"])
def test_forgetting_reaches_what_was_seen_before_signing_in(ada: Any, others: None, when: str) -> None:
    shopper = Shopper()
    shopper.see()
    if when == "written before":
        flush()
    shopper.client.get("/sign-in/")
    if when != "waiting when forgotten":
        flush()
        assert remembers(ada.pk) == {"prodgen_django.Exposure": 1}
    call_command("prodgen_forget", "ada", verbosity=0)
    flush()
    assert remembers(ada.pk) == {}
    assert Exposure.objects.count() == 1


def test_a_customer_who_was_signed_in_all_along_is_known_by_what_they_look_at(ada: Any, others: None) -> None:
    """A session from before this release: nobody signs in, but pages say what the browser was called."""
    shopper = Shopper()
    shopper.see()
    flush()
    shopper.client.force_login(ada, BACKEND)
    Exposure.objects.filter(user=ada).update(user=None)  # force_login signs in without a browser
    shopper.see("/by-hand/")
    page = shopper.see()
    flush()
    assert page["o"]
    forget(ada.pk)
    assert Exposure.objects.count() == 1


@pytest.mark.parametrize("written", [True, False], ids=["written", "waiting"])
def test_a_customers_no_erases_what_the_browser_showed_before(ada: Any, others: None, written: bool) -> None:
    shopper = Shopper()
    shopper.see()
    if written:
        flush()
    shopper.client.force_login(ada, BACKEND)
    shopper.client.get("/say-no/")
    if written:
        assert Exposure.objects.count() == 1  # at once
    flush()
    assert Exposure.objects.count() == 1
    assert not ProfilingConsent.objects.get(user=ada).given


@pytest.mark.parametrize("written", [True, False], ids=["written", "waiting"])
@pytest.mark.parametrize("how", ["answer", "global privacy control"])
def test_a_visitors_no_erases_what_their_browser_showed(others: None, how: str, written: bool) -> None:
    shopper = Shopper()
    shopper.see()
    if written:
        flush()
    if how == "answer":
        shopper.client.cookies["consent"] = "no"
        reply = shopper.client.get("/plain/")
    else:
        reply = shopper.client.get("/plain/", headers={"sec-gpc": "1"})
    assert reply.cookies["prodgen_id"].value == ""
    assert flush().erased == 1
    assert Exposure.objects.count() == 1


def broken(request: Any) -> bool:
    raise RuntimeError


@pytest.mark.parametrize("hook", [None, f"{__name__}.broken"])
def test_a_shop_whose_hook_is_gone_or_broken_erases_nothing(others: None, hook: str | None) -> None:
    shopper = Shopper()
    shopper.see()
    flush()
    with override_settings(PRODGEN={**SETTINGS, "CONSENT": hook}):
        shopper.client.get("/plain/")
        assert not flush().erased
    assert Exposure.objects.count() == 2


def test_a_no_erases_nothing_of_an_account_and_nothing_that_came_after(ada: Any) -> None:
    shopper = Shopper()
    shopper.client.force_login(ada, BACKEND)
    shopper.see()
    flush()
    cookie = shopper.client.cookies["prodgen_id"].value
    shopper.client.get("/plain/", headers={"sec-gpc": "1"})
    flush()
    assert Exposure.objects.get().user == ada
    assert cookie


def test_who_does_not_consent_is_not_linked_to_an_account(ada: Any) -> None:
    shopper = Shopper()
    shopper.see()
    flush()
    shopper.client.cookies["consent"] = "no"
    shopper.client.get("/sign-in/")
    flush()
    assert not Exposure.objects.exists()


def test_every_worker_keeps_to_the_retention(ada: Any, others: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_next", 0.0)
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    TasteProfile.objects.create(user=ada, weights={"tag:warm": 1})
    old = Exposure.objects.get()
    Exposure.objects.filter(pk=old.pk).update(shown_at=timezone.now() - timedelta(days=181))
    worker._sweep_once()
    assert not Exposure.objects.exists()
    assert not TasteProfile.objects.exists()  # without a stored yes
    TasteProfile.objects.create(user=ada, weights={"tag:warm": 1})
    worker._sweep_once()
    assert TasteProfile.objects.exists()  # looked at now and then only


def test_a_long_arrear_is_erased_in_parts(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_next", 0.0)
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    monkeypatch.setattr("prodgen_django.personalization.log.retention.EXPIRED_AT_ONCE", 1)
    for number in range(3):
        Exposure.objects.create(
            token=f"t{number}", visitor="v", product=site, shown_at=timezone.now() - timedelta(days=400)
        )
    assert [retention.erase_when_due() for _look in range(3)] == [2, 1, 0]
