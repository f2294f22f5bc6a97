"""Campaign pictures: words and products in every size, measured; drawn products, so that the truth is known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodgen_django.campaigns.terms import Price, format_price
from prodgen_django.imagefile import inspect_image, load_image
from prodgen_django.studio.banners import (
    FAMILIES,
    FORMATS,
    GROUPS,
    BannerError,
    Brand,
    Brief,
    Campaign,
    Look,
    Shown,
    layered_svg,
    looks,
    missing_scripts,
)
from prodgen_django.studio.banners import gates as checks
from prodgen_django.studio.banners.colours import contrast_of, schemes
from prodgen_django.studio.banners.families import GROUNDS, LEAST, MOST, safe_area
from prodgen_django.studio.banners.geometry import Rect
from prodgen_django.studio.banners.linebreaks import break_text, units
from prodgen_django.studio.banners.search import search
from prodgen_django.studio.banners.typesetting import Setter

BRIEF = Brief(
    "Slow mornings, 20% off", "Dipped by hand.", "£14.40", "£18.00", "-20%", "Shop the mugs",
    "Until 30 November", "en-gb",
)  # fmt: skip
BRAND = Brand(name="Alder & Loom")


def made(aspect: float, colour: tuple[int, int, int], seed: int = 0, side: int = 500) -> Shown:
    """A product of one colour with a pattern, width to height `aspect`."""
    width, height = (side, round(side / aspect)) if aspect > 1 else (round(side * aspect), side)
    rng = np.random.default_rng(seed)
    photo = np.full((height + 40, width + 40, 3), 240, np.uint8)
    alpha = np.zeros(photo.shape[:2], np.float32)
    alpha[20:-20, 20:-20] = 1
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    # Tiles with edges, and a camera's noise: in a perfectly flat colour JPEG's own rounding would be seen.
    tiles = cv2.resize(rng.normal(0, 25, (6, 6, 1)), (width, height), interpolation=cv2.INTER_NEAREST)
    tiles = cv2.GaussianBlur(tiles, (0, 0), 1.2)[..., None]
    pattern = np.clip(np.array(colour) + tiles + rng.normal(0, 2, (height, width, 3)), 0, 255)
    photo[20:-20, 20:-20] = pattern.astype(np.uint8)
    return Shown.of(photo, alpha, f"thing {seed}")


MUG, VASE, BENCH = made(1.2, (40, 130, 140), 1), made(0.45, (190, 120, 60), 2), made(2.4, (120, 80, 50), 3)


def look_of(ground: str, products: list[Shown], backdrop: str = "cream") -> Look:
    found = looks(products, BRIEF, BRAND, count=1, seed=1)[0]
    from prodgen_django.studio.backdrop import backdrop as known

    return replace(found, ground=ground, backdrop=known(backdrop))  # type: ignore[arg-type]


# -- every size ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_each_size_passes_its_gates_with_the_products_own_pixels(name: str) -> None:
    products = [MUG, VASE]
    banner = Campaign(products, BRIEF, BRAND).banner(FORMATS[name], look_of("disc", products))
    assert banner.passed, [gate.message for gate in banner.failures]
    assert banner.composed_exact
    assert all(certificate.passed for certificate in banner.fidelity)
    info = inspect_image(banner.data)
    assert (info.width, info.height) == FORMATS[name].size
    assert info.source_type == "compositeCapture"
    said = {line.role for line in banner.layout.block.lines}
    assert {"headline", "price", "call"} <= said
    # Products take a fair share of what they are for.
    share = sum(one.rect.area for one in banner.painted.products) / (info.width * info.height)
    assert share > 0.06


def test_there_are_the_sizes_that_channels_ask_for_and_many_families() -> None:
    sizes = {fmt.size for fmt in FORMATS.values()}
    assert {(300, 250), (728, 90), (160, 600), (970, 250), (800, 800), (1440, 1440), (1440, 1800)} <= sizes
    assert set(GROUPS) == {"shop", "email", "meta", "taobao", "iab"}
    assert len(FAMILIES) >= 12
    found = set()
    products = [MUG, VASE, BENCH]
    setter = Setter(BRIEF, BRAND, "sans")
    for ground in GROUNDS:
        for name in ("hero", "meta_square", "meta_portrait"):
            for layout in search(FORMATS[name], look_of(ground, products), setter, products):
                found.add(layout.plan.family)
    assert len(found) >= 25, sorted(set(FAMILIES) - found)


@pytest.mark.parametrize("ground", GROUNDS)
def test_each_ground_is_painted_and_passes(ground: str) -> None:
    products = [MUG, VASE, BENCH]
    banner = Campaign(products, BRIEF, BRAND).banner(FORMATS["taobao_main"], look_of(ground, products))
    assert banner.passed, [gate.message for gate in banner.failures]
    assert len(banner.painted.products) == 3


def test_same_seed_same_picture_and_another_seed_another() -> None:
    def data(seed: int) -> bytes:
        look = looks([MUG], BRIEF, BRAND, count=1, seed=seed)[0]
        return Campaign([MUG], BRIEF, BRAND).banner(FORMATS["iab_rectangle"], look).data

    assert data(3) == data(3)
    assert len({data(seed) for seed in range(5)}) >= 4


def test_looks_to_compare_differ_in_ground_and_keep_the_brands_colours() -> None:
    brand = Brand(name="N", ground="#123a5c", accent="#ffd166")
    found = looks([MUG, VASE], BRIEF, brand, count=4, seed=0)
    assert len({look.ground for look in found}) == 4
    assert all(look.scheme.ground == "#123a5c" and look.scheme.accent == "#ffd166" for look in found)
    with pytest.raises(BannerError, match="at most 12"):
        looks([MUG] * 13, BRIEF, brand)
    with pytest.raises(BannerError, match="at least one"):
        looks([], BRIEF, brand)


def test_twelve_products_are_all_shown_where_there_is_room() -> None:
    products = [made(0.6 + 0.15 * k, (60 + 12 * k, 120, 200 - 12 * k), k, 260) for k in range(12)]
    look = looks(products, BRIEF, BRAND, count=1)[0]
    assert LEAST.get(look.ground, 1) <= 12 <= MOST[look.ground]
    banner = Campaign(products, BRIEF, BRAND).banner(FORMATS["meta_portrait"], look)
    assert len(banner.painted.products) == 12
    assert banner.passed, [gate.message for gate in banner.failures]


def test_products_stand_out_from_the_ground_that_is_chosen() -> None:
    white = made(0.8, (246, 244, 240), 7)
    assert contrast_of(schemes([white], Brand())[0].ground, "#f6f4f0") > 1.25
    for scheme in schemes([MUG, VASE], Brand()):
        assert contrast_of(scheme.ink, scheme.ground) >= 6
        assert contrast_of(scheme.on_accent, scheme.accent) >= 4.5


def test_logo_is_drawn_and_stays_in_the_safe_zone() -> None:
    logo = np.zeros((60, 180, 4), np.uint8)
    logo[5:-5, 5:-5] = (20, 20, 20, 255)
    brand = Brand(name="N", logo=logo)
    banner = Campaign([MUG], BRIEF, brand).banner(FORMATS["meta_story"], look_of("disc", [MUG]))
    mark = next(shape for shape in banner.layout.block.shapes if shape.role == "logo")
    assert safe_area(FORMATS["meta_story"]).holds(mark.rect)
    assert mark.rect.y >= 250
    rows, columns = mark.rect.pixels(1440, 2560)
    assert banner.image[rows, columns].std() > 3


# -- the gates, each seen to fail -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def square():
    return Campaign([MUG, VASE], BRIEF, BRAND).banner(FORMATS["taobao_main"], look_of("disc", [MUG, VASE]))


def test_contrast_is_measured_on_pixels(square) -> None:
    assert checks.check_contrast(square.painted, square.format).passed
    painted = replace(square.painted, image=square.painted.image.copy())
    line = next(line for line, _plane, _corner in painted.inks if line.role == "subline")
    rows, columns = line.box.grown(6).pixels(800, 800)
    painted.image[rows, columns] = painted.image[rows, columns] // 6 + 100
    gate = checks.check_contrast(painted, square.format)
    assert not gate.passed
    assert "subline" in gate.message


def test_words_on_words_and_on_products_are_found(square) -> None:
    block = square.layout.block
    assert checks.check_overlap(block, square.painted).passed
    price = next(line for line in block.lines if line.role == "price")
    head = next(line for line in block.lines if line.role == "headline")
    on_words = replace(block, lines=(*block.lines, price.moved(0, head.y - price.y)))
    assert "lies on" in checks.check_overlap(on_words, square.painted).message
    product = square.painted.products[0].rect
    dx, dy = product.centre[0] - price.box.centre[0], product.centre[1] - price.box.centre[1]
    on_product = replace(block, lines=(*block.lines, price.moved(dx, dy)))
    assert "product" in checks.check_overlap(on_product, square.painted).message


def test_product_before_another_is_found(square) -> None:
    first, second = square.painted.products
    same = replace(second, rect=Rect(first.rect.x, first.rect.y, second.rect.w, second.rect.h))
    gate = checks.check_overlap(square.layout.block, replace(square.painted, products=(first, same)))
    assert "behind another" in gate.message


def test_words_outside_the_safe_zone_are_found(square) -> None:
    assert checks.check_safe_zone(square.layout.block, square.format).passed
    gate = checks.check_safe_zone(square.layout.block.moved(0, -2000), square.format)
    assert not gate.passed
    # What is safe in a square is not in a reel: its lower third is the platform's own.
    assert not checks.check_safe_zone(square.layout.block.moved(0, 1500), FORMATS["meta_reel"]).passed


def test_small_letters_and_small_products_are_found(square) -> None:
    strict = replace(square.format, least_text=60)
    gate = checks.check_sizes(square.layout.block, square.painted, strict)
    assert "letters" in gate.message
    tiny = replace(square.painted.products[0], rect=Rect(400, 400, 30, 30))
    gate = checks.check_sizes(square.layout.block, replace(square.painted, products=(tiny,)), square.format)
    assert "product of 30 px" in gate.message


@pytest.mark.parametrize(
    ("told", "writes"),
    [("£14,40", "£14.40"), ("14.40 £", "£14.40"), ("£14.4", "£14.40"), ("£14.40", "£14.99"), ("£14.40", "")],
)
def test_price_that_the_shop_writes_otherwise_is_found(told: str, writes: str) -> None:
    brief = replace(BRIEF, price=told, old_price="")
    banner = Campaign([MUG], brief, BRAND).banner(
        FORMATS["iab_rectangle"], look_of("disc", [MUG]), expected=(writes, "")
    )
    assert [gate.name for gate in banner.failures] == ["price"]
    assert told in banner.failures[0].message


def test_product_cut_off_and_product_altered_are_found(square) -> None:
    one = square.painted.products[0]
    out = replace(one, rect=one.rect.moved(-one.rect.x - 20, 0))
    assert not checks.check_whole(replace(square.painted, products=(out,))).passed
    from prodgen_django.studio.banners.making import _certify

    spoilt = replace(square.painted, image=square.painted.image.copy())
    rows, columns = one.rect.pixels(800, 800)
    spoilt.image[rows, columns] = 255 - spoilt.image[rows, columns]
    certificate = _certify([MUG, VASE][one.index], spoilt.image, one)
    assert not checks.check_fidelity([certificate]).passed


def test_files_that_a_channel_refuses_are_found(square) -> None:
    assert checks.check_file(square.data, square.format).passed
    gate = checks.check_file(square.data, FORMATS["iab_rectangle"])
    assert not gate.passed
    assert "300 px" in gate.message


def test_words_that_fit_nowhere_are_refused_in_words() -> None:
    brief = replace(BRIEF, headline="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter")
    with pytest.raises(BannerError, match="shorten the headline"):
        Campaign([MUG], brief, BRAND).banner(FORMATS["iab_skyscraper"], look_of("disc", [MUG]))


# -- languages ------------------------------------------------------------------------------------------------

GBP = Price(Decimal("14.40"), "GBP")
LANGUAGES = {
    "de": ("Zwanzig Prozent auf alles, was auf den Tisch gehört", "Jetzt entdecken"),
    "zh-hans": ("冬日上新，手工马克杯全场八折", "立即选购"),
    "ja": ("冬の新作マグカップが今だけ20%オフ", "今すぐ見る"),
    "ar": ("تخفيضات الشتاء على كل الأكواب", "تسوّق الآن"),
    "he": ("מבצע חורף על כל הספלים", "לקנייה"),
}


@pytest.mark.skipif(
    bool(missing_scripts()), reason="fonts-noto-core, fonts-noto-cjk or libfribidi0 is missing"
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_script_is_set_in_all_shapes_of_picture(language: str) -> None:
    headline, call = LANGUAGES[language]
    brief = Brief(headline, "", format_price(GBP, language), "", "", call, "", language)
    campaign = Campaign([MUG, VASE], brief, BRAND)
    for name in ("iab_rectangle", "iab_leaderboard", "iab_skyscraper", "taobao_main"):
        banner = campaign.banner(FORMATS[name], look_of("disc", [MUG, VASE]))
        assert banner.passed, (name, [gate.message for gate in banner.failures])
        told = "".join(line.text for line in banner.layout.block.lines if line.role == "headline")
        assert told.replace(" ", "") == headline.replace(" ", "")


@pytest.mark.skipif(bool(missing_scripts()), reason="fonts-noto-core or libfribidi0 is missing")
def test_right_to_left_is_mirrored_and_joined() -> None:
    brief = Brief("تخفيضات الشتاء", "", "", "", "", "تسوّق الآن", "", "ar")
    setter = Setter(brief, Brand(), "sans")
    block = setter.column(600, 400, 20, 60, "start")
    assert block is not None
    for line in block.lines:
        if line.role == "headline":
            assert line.x + line.width == pytest.approx(600, abs=1)
    # Joined letters are narrower than the same letters set one by one.
    apart = sum(setter.width("headline", char, 60) for char in "تخفيضات")
    assert setter.width("headline", "تخفيضات", 60) < 0.9 * apart


def test_letters_that_no_font_has_are_told() -> None:
    brief = replace(BRIEF, headline="\ue000\U0001fffd")
    with pytest.raises(BannerError, match="No font on the worker"):
        Campaign([MUG], brief, BRAND).banner(FORMATS["hero"], look_of("disc", [MUG]))


def test_chinese_and_japanese_break_between_phrases_and_prices_nowhere() -> None:
    assert units("今日は天気です。", "ja") == ("今日は", "天気です。")
    assert "グカップ" not in units("新作マグカップが", "ja", phrases=False)
    assert units("18,00\u00a0€", "de") == ("18,00\u00a0€",)
    # Nothing begins with a full stop or ends with an opening bracket.
    for piece in units("你好，世界。（再见）", "zh-hans", phrases=False):
        assert piece[0] not in "，。）"
        assert piece[-1] != "（"


WORDS = st.text(alphabet="abcdefgh ", min_size=1, max_size=60).filter(lambda t: t.strip())


@given(text=WORDS, room=st.integers(4, 40), lines=st.integers(1, 5))
def test_broken_lines_fit_lose_nothing_and_are_as_few_as_can_be(text: str, room: int, lines: int) -> None:
    found = break_text(text, len, room, lines)
    words = text.split()
    if found is None:
        # Greedy filling has the fewest lines there can be: if that fits, so must ours.
        count, length = 0, room + 1
        for word in words:
            if length + 1 + len(word) > room:
                count, length = count + 1, len(word)
            else:
                length += 1 + len(word)
        gaps = "  " in text.strip()
        assert max(map(len, words)) > room or count > lines or gaps
        return
    assert len(found) <= lines
    assert all(len(line) <= room for line in found)
    assert " ".join(found).split() == words


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    aspects=st.lists(st.floats(0.3, 3.2), min_size=1, max_size=6),
    headline=st.lists(st.sampled_from(["New", "mugs", "everything", "20%", "off"]), min_size=1, max_size=8),
    size=st.sampled_from(list(FORMATS)),
    ground=st.sampled_from(list(GROUNDS)),
    price=st.sampled_from(["", "£1.00", "1.234.567,89\u00a0€"]),
    rtl=st.booleans(),
)  # fmt: skip
def test_every_layout_keeps_words_safe_and_nothing_overlaps(
    aspects: list[float], headline: list[str], size: str, ground: str, price: str, rtl: bool
) -> None:
    products = [made(aspect, (200, 60 + 20 * k, 50), k, 120) for k, aspect in enumerate(aspects)]
    brief = Brief(" ".join(headline), "", price, "", "", "Shop", "", "he" if rtl else "en")
    fmt = FORMATS[size]
    area, canvas = safe_area(fmt), Rect(0, 0, *fmt.size)
    setter = Setter(brief, BRAND, "sans")
    for layout in search(fmt, look_of(ground, products), setter, products):
        boxes = [*(line.box for line in layout.block.lines), *(s.rect for s in layout.block.shapes)]
        assert all(area.holds(box, 1.5) for box in boxes), layout.plan.family
        stands = [stand.rect for stand in layout.arrangement.stands]
        assert all(canvas.holds(rect, 1) for rect in stands), layout.plan.family
        for k, rect in enumerate(stands):
            assert all(rect.overlap(other) <= 0.02 * rect.area for other in stands[k + 1 :])
            assert all(rect.overlap(box) <= 1 for box in boxes), layout.plan.family
        assert min(line.size for line in layout.block.lines) >= fmt.least_text - 0.01


# -- layers ---------------------------------------------------------------------------------------------------


def test_drawing_has_editable_words_and_each_product_as_a_layer(square) -> None:
    data = layered_svg(square, [MUG, VASE], BRAND)
    root = ElementTree.fromstring(data)
    space = "{http://www.w3.org/2000/svg}"
    layers = {group.get("id"): group for group in root.findall(f"{space}g")}
    assert list(layers) == ["ground", "products", "shapes", "words"]
    texts = [text.text for text in layers["words"]]
    assert "£14.40" in texts
    assert len(layers["products"]) == 2
    assert b"compositeCapture" in data
    import base64

    link = layers["products"][0].get("{http://www.w3.org/1999/xlink}href")
    pixels = load_image(base64.b64decode(link.partition(",")[2]))
    assert pixels.shape[2] == 4


@pytest.mark.parametrize("odd", ["\x0b", "\x00", "\x1b[1m", "\ufffe", "\ud83d", "]]>&<\"'"])
def test_drawing_is_xml_whatever_a_products_title_holds(square, odd: str) -> None:
    data = layered_svg(square, [replace(MUG, title=f"Tidal{odd} mug"), VASE], BRAND)
    titles = [title.text for title in ElementTree.fromstring(data).iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("Tidal") and title.endswith(" mug") for title in titles if title)
