"""How a product is shown: who is believed, for how long, and what it decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from prodgen_django.catalog import Category
from prodgen_django.models import BrandKit, Pose
from prodgen_django.recipes import ItemFailed, WorkItem, get_recipe
from prodgen_django.recipes.backdrops import RENAMED, choices, chosen, current
from prodgen_django.recipes.poses import keep, known_poses, pose_of
from prodgen_django.studio import sets
from tests.recipes.test_recipes import product


class Shop:
    """A catalog of two levels of categories, with a size for what has one in its title."""

    def prepare(self, products: Any) -> None:
        return None

    def title(self, one: Any) -> str:
        return str(one.title)

    def categories_for(self, products: Any) -> dict[Any, Any]:
        near = {one.pk: "cups" if "mug" in one.title else "things" for one in products}
        return {pk: [Category(name, name.title()), Category("home", "Home")] for pk, name in near.items()}

    def longest_cm_for(self, products: Any) -> dict[Any, Any]:
        return {one.pk: 33.0 if "sized" in one.title else None for one in products}


@pytest.fixture
def shop(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodgen_django.catalog.get_catalog", Shop)


def known(one: Any) -> tuple[str, float | None, str, str]:
    found = known_poses([one])[one.pk]
    return found.pose, found.centimetres, found.pose_by, found.size_by


def test_the_nearest_word_counts(shop: None) -> None:
    mug = product("blue mug")
    assert known(mug) == ("table", 11, "name", "name")
    assert known(product("sized mug")) == ("table", 33, "name", "catalogue")
    keep(None, category=Category("home", "Home"), pose="floor", centimetres=90.0)
    assert known(mug) == ("floor", 90, "category", "category")
    keep(None, category=Category("cups", "Cups"), pose="table")
    assert known(mug) == ("table", 90, "category", "category"), "pose and size are looked for apart"
    keep(None, product=mug, centimetres=12.5)
    assert known(mug) == ("table", 12.5, "category", "product")
    keep(None, product=mug)
    assert not Pose.objects.filter(product=mug).exists(), "nothing said takes back what was said"
    assert known(mug)[1] == 90
    keep(None, category=Category("cups", "Cups"), pose="lies")
    assert Pose.objects.get(category="cups").pose == "lies"


def test_what_no_one_knows_is_left_to_the_photo(shop: None) -> None:
    assert known(product("qwerty")) == ("", None, "", "")


def test_many_products_take_no_more_queries_than_one(shop: None, django_assert_num_queries: Any) -> None:
    many = [product(f"mug {n}") for n in range(12)]
    for some in (many[:1], many):
        with django_assert_num_queries(2):
            known_poses(some)


def test_a_pose_is_of_a_product_or_of_a_category(db: None) -> None:
    from django.db import IntegrityError, transaction

    for wrong in ({}, {"product": product("mug"), "category": "cups"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Pose.objects.create(pose="table", **wrong)


def item(**options: Any) -> WorkItem:
    return WorkItem(1, None, "thing", "", (), options, 0, 1)


COLOURS = ("#c8352e",)


def test_a_set_without_a_place_is_told_and_the_others_are_made(db: None) -> None:
    wanted, notes = chosen(item(styles=["white", "oak-morning"], candidates=2), "wall", None, COLOURS)
    assert wanted == [("white", 0)]
    assert "Morning on oak" in notes[0]
    assert "hangs on a wall" in notes[0]
    wanted, notes = chosen(item(styles=["white", "oak-morning"], candidates=2), "table", 12, COLOURS)
    assert wanted == [("white", 0), ("oak-morning", 0), ("oak-morning", 1)]
    assert not notes
    with pytest.raises(ItemFailed, match="Choose another backdrop") as caught:
        chosen(item(styles=["oak-morning"]), "floor", None, COLOURS)
    assert caught.value.code == "no_place"
    with pytest.raises(ItemFailed, match="far too small"):
        chosen(item(styles=["oak-morning"]), "table", 300, COLOURS)


def test_chosen_to_suit_gives_each_picture_another_set(db: None) -> None:
    wanted, _notes = chosen(item(styles=["auto"], candidates=3), "table", 12, COLOURS)
    names = [name for name, _number in wanted]
    assert len(set(names)) == len(names) >= 1
    assert all("table" in sets.views(name) for name in names)
    assert chosen(item(styles=["auto"]), "lies", 900, COLOURS)[0] == [("cream", 0)], (
        "where no set has a place"
    )


def test_names_of_other_times_have_successors(db: None) -> None:
    assert current("oak") == "oak-morning"
    for old in RENAMED:
        assert current(old) == "auto" or current(old).startswith("#") or current(old) in dict(choices())
    options = get_recipe("display").clean_options({"styles": ["white", "oak", "leaf-shadow", "oak"]})
    assert options["styles"][:2] == ["white", "oak-morning"]
    assert get_recipe("campaign").clean_options({"backdrop": "oak"})["backdrop"] == "oak-morning"


def test_a_brands_colours_are_grounds(db: None) -> None:
    BrandKit.objects.create(name="Alder", ground="#F4EFE6", accent="#2f4a3c")
    assert dict(choices())["#2f4a3c"] == "Alder, #2f4a3c"
    assert get_recipe("display").clean_options({"styles": ["#2f4a3c"]})["styles"] == ["#2f4a3c"]


def test_what_was_moved_stays_within_bounds_and_what_is_no_move_is_refused(db: None) -> None:
    clean = get_recipe("display").clean_options
    sent = {"7": {"right": 0.2, "scale": 9, "light": "x", "shadow": float("nan"), "jump": 1}, "8": {}}
    assert clean({"moves": sent})["moves"] == {"7": {"right": 0.2, "scale": 2.0}}
    assert clean({"moves": '{"7": {"down": -3}}'})["moves"] == {"7": {"down": -0.5}}
    assert "moves" not in clean({})
    for wrong in ("[1]", "{", '{"7": 3}', {str(n): {"right": 0.1} for n in range(500)}):
        with pytest.raises(ValidationError):
            clean({"moves": wrong})


def test_what_was_photographed_lying_askew_is_not_stood_up_by_its_name(shop: None) -> None:
    y, x = np.mgrid[0:300, 0:300] - 150.0
    along, across = x * 0.9 + y * 0.44, y * 0.9 - x * 0.44
    askew = ((abs(along) < 60) & (abs(across) < 100)).astype(np.float32)
    bag = product("blue bag")
    one = replace(item(), product=bag)
    assert pose_of(one, askew)[0] == "lies"
    assert pose_of(one, (abs(x) < 60).astype(np.float32) * (abs(y) < 100))[0] == "table"
    keep(None, product=bag, pose="table")
    assert pose_of(one, askew)[0] == "table", "the shop knows better"
    assert pose_of(replace(one, options={"pose": "floor", "centimetres": 40}), askew) == ("floor", 40.0)
