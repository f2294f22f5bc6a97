"""The people of the demonstration: four customers with tastes of their own, and two who work in the shop."""

from __future__ import annotations

from dataclasses import dataclass

#: One for all of them; printed by ``make demo``. They exist in the demonstration's database only.
PASSWORD = "alder-and-loom"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in. ``styles`` are the catalogue's words for a taste, strongest first."""

    email: str
    first_name: str
    last_name: str
    about: str
    styles: tuple[str, ...] = ()
    #: Words of styles, materials and colours that this customer walks past.
    avoids: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    role: str = "customer"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


CUSTOMERS = (
    Person(
        "ada@customer.example",
        "Ada",
        "Whitlock",
        "warm, earthy, made by hand",
        ("earthy", "warm", "handmade", "rustic"),
        searches=("terracotta", "stoneware", "oak"),
    ),
    Person(
        "bram@customer.example",
        "Bram",
        "Okafor",
        "modern, minimal, few colours",
        ("modern", "minimal", "geometric", "sculptural"),
        ("warm", "earthy", "handmade", "coastal", "outdoor", "stoneware", "oak", "brass", "mustard"),
        searches=("glass", "white vase", "lamp"),
    ),
    Person(
        "cleo@customer.example",
        "Cleo",
        "Marchetti",
        "playful, plants and colour",
        ("playful", "botanical", "geometric"),
        searches=("flowers", "poster", "coral"),
    ),
    Person(
        "dag@customer.example",
        "Dag",
        "Lindqvist",
        "classic and calm, by the sea",
        ("classic", "coastal", "calm", "outdoor"),
        searches=("linen", "navy", "brass"),
    ),
)
ADMIN = Person(
    "admin@shop.example", "Imogen", "Vale", "runs the shop: generates, reviews, publishes", role="admin"
)
REVIEWER = Person(
    "reviewer@shop.example", "Theo", "Brandt", "approves and rejects, but does not publish", role="reviewer"
)
PEOPLE = (*CUSTOMERS, ADMIN, REVIEWER)
