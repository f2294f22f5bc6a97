"""An address is told apart behind proxies, cannot be made up, and reports no more than the shop allows."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import RequestFactory, override_settings

from prodgen_django.models import Exposure
from prodgen_django.personalization.log import versions
from prodgen_django.personalization.log.flush import flush
from prodgen_django.personalization.log.names import user_keys
from prodgen_django.personalization.serve.address import network_of, source_of
from tests.web.conftest import SETTINGS, Shopper

CUSTOMER, ATTACKER = "203.0.113.7", "198.51.100.9"


def asked(peer: str, *forwarded: str) -> Any:
    request = RequestFactory().get("/")
    request.META["REMOTE_ADDR"] = peer
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = ", ".join(forwarded)
    return request


@pytest.mark.parametrize(
    ("peer", "forwarded", "wanted"),
    [
        (CUSTOMER, [], CUSTOMER),
        (ATTACKER, [CUSTOMER], ATTACKER),  # no proxy of ours: what it says is its own
        ("127.0.0.1", [CUSTOMER], CUSTOMER),
        ("", [CUSTOMER], CUSTOMER),  # a proxy at the other end of a socket file
        ("10.0.0.3", [CUSTOMER, "10.0.0.2"], CUSTOMER),
        ("10.0.0.3", ["192.0.2.1", ATTACKER], ATTACKER),  # the first one is made up
        ("10.0.0.3", ["127.0.0.1", ATTACKER, "10.0.0.2"], ATTACKER),
        ("127.0.0.1", [f"{CUSTOMER}:5012"], CUSTOMER),
        ("::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("::1", ["[2001:db8:1:2::9]:443"], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", [], CUSTOMER),
        ("127.0.0.1", [], ""),
        ("127.0.0.1", ["10.1.2.3"], ""),
        ("127.0.0.1", ["unknown"], ""),
        ("127.0.0.1", [CUSTOMER, "unknown"], ""),
        ("\x00", [], ""),
    ],
)  # fmt: skip
def test_the_address_is_the_last_one_that_is_none_of_ours(
    peer: str, forwarded: list[str], wanted: str
) -> None:
    assert network_of(asked(peer, *forwarded)) == wanted
    assert bool(source_of(asked(peer, *forwarded))) == bool(wanted)


def test_a_shop_names_its_own_proxies() -> None:
    with override_settings(PRODGEN={"TRUSTED_PROXIES": ["192.0.2.0/24"]}):
        assert network_of(asked("192.0.2.1", CUSTOMER)) == CUSTOMER
        assert network_of(asked("10.0.0.1", CUSTOMER)) == "10.0.0.1"
    with override_settings(PRODGEN={"TRUSTED_PROXIES": ["nginx"]}):
        assert "prodgen_django.E002" in {message.id for message in run_checks()}


def test_a_name_leads_to_no_address_and_lasts_as_long_as_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    from prodgen_django.personalization.serve import address

    names = []
    for day in (0, 6, 7):
        monkeypatch.setattr(address.time, "time", lambda day=day: 86_400.0 * (7000 + day) + 1)
        names.append(source_of(asked(CUSTOMER)))
    assert names[0] == names[1] != names[2]
    assert CUSTOMER not in names[0]
    assert names[2] != source_of(asked(ATTACKER))


def visits(count: int, address: str, **more: Any) -> None:
    for _visit in range(count):
        shopper = Shopper(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=f"192.0.2.1, {address}")
        shopper.see(seen=[0], click=[0])
    flush()


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many batches"])
def test_new_visitors_of_one_address_are_counted_to_a_bound(site: Any, together: bool) -> None:
    for count in [12] if together else [4, 4, 4]:
        visits(count, ATTACKER)
    assert Exposure.objects.count() == 5
    visits(3, CUSTOMER)
    visits(3, "2001:db8::1")
    visits(3, "2001:db8::2:1")  # of the same /64
    assert Exposure.objects.count() == 5 + 3 + 5
    assert CUSTOMER not in repr(list(Exposure.objects.values()))


def test_the_bounds_are_the_shops_to_set(site: Any) -> None:
    with override_settings(PRODGEN={**SETTINGS, "ADDRESS_PRODUCT_SHOWINGS": 100, "ADDRESS_SHOWINGS": 7}):
        visits(12, ATTACKER)
        assert Exposure.objects.count() == 7


def test_addresses_that_nobody_knows_are_not_bounded_as_one(site: Any) -> None:
    """Where a proxy does not say for whom it speaks, its address is everybody's."""
    for _visit in range(8):
        Shopper(REMOTE_ADDR="10.0.0.1").see()
    flush()
    assert Exposure.objects.count() == 8


def test_what_is_learnt_of_a_flood_is_less_than_of_visitors(site: Any) -> None:
    with override_settings(PRODGEN={**SETTINGS, "LEARN_AFTER_SECONDS": 0, "ADDRESS_PRODUCT_SHOWINGS": 60}):
        visits(40, ATTACKER)
        versions.learn()
        flooded = versions.sums_of(versions.latest()).clicks
        versions.relearn()
        Exposure.objects.update(learnt_in=None)
        for number, row in enumerate(Exposure.objects.all()):
            Exposure.objects.filter(pk=row.pk).update(source=user_keys(number)[0])
        versions.learn()
        assert versions.sums_of(versions.latest()).clicks > 1.5 * flooded > 0
