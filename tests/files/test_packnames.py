"""Names of exported files: each once on every file system, readable, and no product's under another's number."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prodgen_django.pictures.packs import LONGEST_NAME, Names

NUMBERS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["MUG", "MUG-2", "mug", "Mug-2", "CON", "con.", "NUL.x", "A1", "a1", "ТОВАР-7", "杯子", "-"]),
    st.text(alphabet="aA1-.", max_size=4),
    st.text(min_size=70, max_size=200),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Lo", "So"]), max_size=6),
)  # fmt: skip


def stems(*codes: str, title: str = "", channel: str = "ebay") -> list[str]:
    names = Names(codes)
    return [
        names.take(channel, code, title, "jpg").removeprefix(f"{channel}/")[: -len(".jpg")] for code in codes
    ]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["MUG", "MUG", "MUG-2"], ["MUG", "MUG-3", "MUG-2"]),
        (["MUG-2", "MUG", "MUG"], ["MUG-2", "MUG", "MUG-3"]),
        (["MUG", "MUG", "MUG-2", "MUG-2"], ["MUG", "MUG-3", "MUG-2", "MUG-2-2"]),
        (["A1", "a1", "A1"], ["A1", "a1-2", "A1-3"]),
        (["CON", "aux.7", "COM1", "lpt¹", "NULL"], ["_CON", "_aux.7", "_COM1", "_lpt1", "NULL"]),
        (["ТОВАР-7", "杯子", "كوب", "Tasse à café", "½"], ["TOVAR-7", "BeiZi", "kwb", "Tasse-a-cafe", "1-2"]),
        (["mug.", " mug ", "mug/..", ".mug", "mu\0g"], ["mug", "mug-2", "mug-3", "mug-4", "mu-g"]),
        (["../../etc/passwd", "C:\\mug", "-rf"], ["etc-passwd", "C-mug", "rf"]),
        (["x" * 200, "x" * 199], ["x" * 80, "x" * 78 + "-2"]),
    ],
)  # fmt: skip
def test_names(codes: list[str], expected: list[str]) -> None:
    assert stems(*codes) == expected


def test_what_has_no_number_is_called_by_its_title_and_never_by_anothers_number() -> None:
    names = Names(["mug-1", "Чашка"])
    taken = [names.take("ebay", "", title, "jpg") for title in ("Mug 1", "Чашка", "☕", "", "...")]
    assert taken == [
        "ebay/mug-1-2.jpg", "ebay/chashka-2.jpg", "ebay/coffee.jpg", "ebay/picture.jpg", "ebay/picture-2.jpg",
    ]  # fmt: skip
    assert names.take("ebay", "mug-1", "", "jpg") == "ebay/mug-1.jpg"
    assert names.take("amazon", "mug-1", "", "jpg") == "amazon/mug-1.jpg"


@given(
    st.lists(st.tuples(st.sampled_from(["ebay", "web"]), NUMBERS, NUMBERS, st.sampled_from(["jpg", "png"])))
)
@example([("ebay", "MUG", "", "jpg"), ("ebay", "MUG", "", "png"), ("ebay", "MUG-2", "", "jpg")])
def test_any_numbers_and_titles(asked: list[tuple[str, str, str, str]]) -> None:
    codes = [code for _channel, code, _title, _extension in asked]
    names = Names(codes)
    taken = [names.take(*one) for one in asked]
    assert taken == [Names(codes).take(*asked[0]), *taken[1:]] if asked else taken == []
    assert len({name.casefold() for name in taken}) == len(taken)
    # Also for a program that does not look at extensions.
    assert len({name.rpartition(".")[0].casefold() for name in taken}) == len(taken)
    for name, (channel, _code, _title, extension) in zip(taken, asked, strict=True):
        stem = name.removeprefix(f"{channel}/").removesuffix(f".{extension}")
        assert re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?", stem), stem
        assert len(stem) <= LONGEST_NAME
        assert ".." not in stem
        device = stem.partition(".")[0].upper()
        assert device not in {"CON", "PRN", "AUX", "NUL"}
        assert not re.fullmatch(r"(COM|LPT)\d", device)


@given(st.lists(NUMBERS, max_size=8))
def test_no_order_of_pictures_gives_a_product_anothers_name(codes: list[str]) -> None:
    """Where the numbers are told apart by their letters, each product's first picture has its own."""
    own = {code: stems(code)[0] for code in codes}
    if len({name.casefold() for name in own.values()}) == len(own) and "picture" not in own.values():
        names = Names(codes)
        taken: dict[str, str] = {}
        for code in codes + codes[::-1]:
            taken.setdefault(code, names.take("ebay", code, "", "jpg"))
        assert taken == {code: f"ebay/{name}.jpg" for code, name in own.items()}
