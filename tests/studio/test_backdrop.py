"""Which backdrops there are, which have a place for a product, and which flatter it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prodgen_django.studio import backdrops
from prodgen_django.studio.backdrop import PLAIN, Backdrop, backdrop, colour_of
from prodgen_django.studio.flattery import flattery, ranked
from prodgen_django.studio.goods import POSES, good_of
from prodgen_django.studio.seen import seen_pose

OAK, ROOM = backdrop("oak-morning"), backdrop("lime-room")


def made(name: str, colour: str, *season: str) -> Backdrop:
    return Backdrop(name, name, (), (colour, colour), ("table",), (0.6,), season)


def test_a_set_takes_what_one_of_its_views_shows_and_a_plain_ground_everything() -> None:
    assert OAK.suits("table")
    assert not OAK.suits("floor")
    assert ROOM.suits("floor")
    assert ROOM.suits("leans")
    assert not ROOM.suits("table")
    assert all(one.suits(pose, 900) for one in PLAIN.values() for pose in POSES)


def test_a_thing_much_larger_than_the_view_has_no_place() -> None:
    assert OAK.suits("table", 60)
    assert not OAK.suits("table", 200)
    assert ROOM.suits("floor", 220)


def test_every_colour_is_a_ground_and_nothing_else_unknown_is_one() -> None:
    assert colour_of("#2F4A3C") == "#2f4a3c"
    assert backdrop("#2f4a3c").tags[0] == "dark"
    assert colour_of("oak-morning") is None
    assert {"white", "grey", "transparent", "oak-morning", "lime-room"} <= {one.name for one in backdrops()}
    for wrong in ("walnut", "#12345", "", "#gggggg"):
        with pytest.raises(LookupError):
            backdrop(wrong)


def test_what_a_picture_of_a_set_is_like_is_told_in_the_words_of_tastes() -> None:
    assert {"warm", "wood", "natural"} <= set(OAK.tags)


def test_a_product_does_not_drown_in_the_set_that_is_chosen_for_it() -> None:
    white, black = made("white", "#f4f2ee"), made("black", "#2a2a2c")
    assert ranked(["#f5f5f0"], [white, black], "table")[0] is black
    assert ranked(["#1b1b1d"], [white, black], "table")[0] is white
    assert flattery(["#2a4d8f"], white) > flattery(["#2a4d8f"], black)


def test_of_two_that_set_it_off_the_brighter_is_chosen() -> None:
    bright, dark = made("bright", "#e9e2d6"), made("dark", "#33302c")
    assert ranked(["#c8352e"], [dark, bright], "table")[0] is bright


def test_season_and_place_leave_sets_out() -> None:
    sets = [
        made("year", "#d8d0c4"),
        made("fir", "#d8d0c4", "winter"),
        made("fresh", "#d8d0c4", "spring", "summer"),
    ]
    floor = replace(made("floor", "#d8d0c4"), views=("floor",))
    names = {season: [one.name for one in ranked(["#335577"], [*sets, floor], "table", season)] for season in
             ("", "winter", "spring")}  # fmt: skip
    assert set(names[""]) == {"year", "fresh"}
    assert names["winter"] == ["fir", "year"], "what is of the season comes first"
    assert names["spring"] == ["fresh", "year"]
    assert not ranked(["#335577"], sets, "table", centimetres=400)
    assert not ranked(["#335577"], list(PLAIN.values()), "table")


def test_a_toaster_stands_on_no_bed_whatever_their_colours() -> None:
    bed = replace(made("bed", "#f4f2ee"), goods=("textiles",))
    kitchen = replace(made("kitchen", "#8d8a84"), goods=("kitchen", "food"))
    toaster, cushion = good_of(["2 slice toaster"]), good_of(["Velvet cushion"])
    assert toaster is not None
    assert cushion is not None
    assert ranked(["#1b1b1d"], [bed, kitchen], "table", kinds=toaster.kinds)[0] is kitchen
    assert ranked(["#1b1b1d"], [bed, kitchen], "table", kinds=cushion.kinds)[0] is bed
    assert len(ranked(["#1b1b1d"], [bed, kitchen], "table", kinds=toaster.kinds)) == 2, "for want of others"


def test_products_alike_in_colour_are_not_all_shown_in_one_place() -> None:
    places = [made(f"place-{n}", "#d8d0c4") for n in range(6)]
    first = {ranked([f"#2a4d{n:02x}"], places, "table")[0].name for n in range(0x80, 0x98)}
    assert len(first) > 3
    assert ranked(["#2a4d88"], places, "table") == ranked(["#2a4d88"], places[::-1], "table")


def test_what_is_turned_in_its_photograph_does_not_stand() -> None:
    y, x = np.mgrid[0:300, 0:300] - 150.0
    for degrees, pose in ((0, "table"), (3, "table"), (25, "lies"), (-40, "lies")):
        turn = np.radians(degrees)
        along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        box = ((abs(along) < 50) & (abs(across) < 100)).astype(np.float32)
        assert seen_pose(box) == pose, degrees
    assert seen_pose((np.hypot(x, y) < 80).astype(np.float32)) == "table"
    vase = ((np.hypot(x, (y - 60) * 1.1) < 70) | ((abs(x) < 25) & (y > -120) & (y < 20))).astype(np.float32)
    assert seen_pose(vase) == "table", "a vase's box is turned, the vase is not"
