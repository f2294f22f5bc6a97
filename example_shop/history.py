"""What the customers of the demonstration did over months: looked, searched, wished, filled baskets, ordered.

Everything goes through Oscar's own models, so the shop knows of it what a shop would know.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone
from oscar.core.loading import get_class, get_model

from example_shop.catalogue import ProductSpec
from example_shop.people import ADMIN, CUSTOMERS, PASSWORD, REVIEWER, Person
from prodgen_django.personalization import record_consent

Basket = get_model("basket", "Basket")
Country = get_model("address", "Country")
Order = get_model("order", "Order")
Product = get_model("catalogue", "Product")
ShippingAddress = get_model("order", "ShippingAddress")
UserAddress = get_model("address", "UserAddress")
UserProductView = get_model("analytics", "UserProductView")
UserSearch = get_model("analytics", "UserSearch")
WishList = get_model("wishlists", "WishList")
Free = get_class("shipping.methods", "Free")
OrderCreator = get_class("order.utils", "OrderCreator")
OrderTotalCalculator = get_class("checkout.calculators", "OrderTotalCalculator")
Selector = get_class("partner.strategy", "Selector")

#: How long ago the customers came to the shop first.
MONTHS = 5
#: What a reviewer may do: see, approve and reject. Publishing and generating are for others.
REVIEWER_PERMISSIONS = (
    ("prodgen_django", "view_job"),
    ("prodgen_django", "view_generatedimage"),
    ("prodgen_django", "review"),
    ("catalogue", "view_product"),
)
ADDRESSES = (
    ("14 Kiln Lane", "Bristol", "BS1 6TR", "GB"),
    ("Prinsengracht 301", "Amsterdam", "1016 GX", "NL"),
    ("8 rue des Lilas", "Lyon", "69003", "FR"),
    ("Strandvägen 22", "Göteborg", "413 19", "SE"),
)


def welcome_everybody(specs: Sequence[ProductSpec]) -> int:
    """Make the people and what they did; returns how many customers got a history. Done once a person."""
    _staff(ADMIN, is_superuser=True)
    reviewer = _staff(REVIEWER)
    for app_label, codename in REVIEWER_PERMISSIONS:
        reviewer.user_permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )
    told = 0
    for place, person in enumerate(CUSTOMERS):
        user = _user(person)
        favourites = favourites_of(person, specs)
        if len(favourites) >= 4 and not UserProductView.objects.filter(user=user).exists():
            with transaction.atomic():
                _History(user, person, favourites, place).write()
                record_consent(user, True)
            told += 1
    return told


def favourites_of(person: Person, specs: Sequence[ProductSpec]) -> list[Any]:
    """The products that share styles with a person, best first."""
    weights = {style: len(person.styles) - place for place, style in enumerate(person.styles)}
    ranked = sorted(specs, key=lambda spec: (-sum(weights.get(s, 0) for s in spec.style), spec.upc))
    liked = [
        spec.upc
        for spec in ranked
        if any(style in weights for style in spec.style) and not _words(spec).intersection(person.avoids)
    ]
    products = {product.upc: product for product in Product.objects.filter(upc__in=liked)}
    return [products[upc] for upc in liked if upc in products]


def _words(spec: ProductSpec) -> set[str]:
    return set(" ".join((*spec.style, *spec.colours, spec.material)).replace(",", " ").split())


def _user(person: Person) -> Any:
    model = get_user_model()
    user = model.objects.filter(email=person.email).first()
    if user is None:
        user = model.objects.create_user(
            username=person.email.partition("@")[0],
            email=person.email,
            password=PASSWORD,
            first_name=person.first_name,
            last_name=person.last_name,
        )
    return user


def _staff(person: Person, *, is_superuser: bool = False) -> Any:
    user = _user(person)
    user.is_staff, user.is_superuser = True, is_superuser
    user.save(update_fields=["is_staff", "is_superuser"])
    return user


class _History:
    """The months of one customer, the same at every run on the same day."""

    def __init__(self, user: Any, person: Person, favourites: Sequence[Any], place: int) -> None:
        self.user, self.person, self.favourites, self.place = user, person, favourites, place
        self.random = random.Random(person.email)
        self.now = timezone.now()

    def write(self) -> None:
        best = self.favourites[:8]
        for product in best:
            for _look in range(self.random.randint(2, 5)):
                self._view(product, self._moment(MONTHS * 30))
        # Everybody looks at other things as well.
        others = Product.objects.browsable().exclude(pk__in=[p.pk for p in self.favourites]).order_by("upc")
        for product in self.random.sample(list(others), min(3, others.count())):
            self._view(product, self._moment(60))
        for query in self.person.searches:
            search = UserSearch.objects.create(user=self.user, query=query)
            UserSearch.objects.filter(pk=search.pk).update(date_created=self._moment(90))
        address = self._address()
        self._order(address, best[:2], days_ago=95 + 9 * self.place)
        self._order(address, best[2:3], days_ago=21 + 5 * self.place)
        wishes, _new = WishList.objects.get_or_create(owner=self.user, name="For the flat")
        for product in best[3:6]:
            wishes.add(product)
        self._basket(best[1:2] if len(best) < 7 else best[6:7])

    def _moment(self, days: int) -> datetime:
        """A moment of the last days, more likely a recent one."""
        return self.now - timedelta(
            days=days * self.random.random() ** 2, minutes=self.random.randint(5, 600)
        )

    def _view(self, product: Any, at: datetime) -> None:
        view = UserProductView.objects.create(user=self.user, product=product)
        UserProductView.objects.filter(pk=view.pk).update(date_created=at)

    def _address(self) -> Any:
        line, city, postcode, country = ADDRESSES[self.place % len(ADDRESSES)]
        return UserAddress.objects.create(
            user=self.user,
            first_name=self.user.first_name,
            last_name=self.user.last_name,
            line1=line,
            line4=city,
            postcode=postcode,
            country=Country.objects.get(pk=country),
            is_default_for_shipping=True,
            is_default_for_billing=True,
        )

    def _order(self, address: Any, products: Sequence[Any], days_ago: int) -> None:
        basket = Basket.objects.create(owner=self.user)
        basket.strategy = Selector().strategy(user=self.user)
        for product in products:
            basket.add_product(product, quantity=self.random.randint(1, 2))
        shipping_address = ShippingAddress()
        address.populate_alternative_model(shipping_address)
        shipping_address.save()
        method = Free()
        charge = method.calculate(basket)
        order = OrderCreator().place_order(
            basket=basket,
            total=OrderTotalCalculator().calculate(basket, charge),
            shipping_method=method,
            shipping_charge=charge,
            user=self.user,
            shipping_address=shipping_address,
            status="Sent",
        )
        basket.submit()
        placed = self.now - timedelta(days=days_ago, hours=self.random.randint(0, 12))
        Order.objects.filter(pk=order.pk).update(date_placed=placed)

    def _basket(self, products: Sequence[Any]) -> None:
        basket, _new = Basket.objects.get_or_create(owner=self.user, status=Basket.OPEN)
        basket.strategy = Selector().strategy(user=self.user)
        for product in products:
            basket.add_product(product)
