"""Words as people paste them: cleaned, broken where a reader would, and drawn whole, in any of the world's scripts."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodgen_django.campaigns.terms import Price, format_discount, format_price, with_sign
from prodgen_django.studio.banners import (
    FORMATS,
    BannerError,
    Brand,
    Brief,
    Campaign,
    Shown,
    faces,
    fonts,
    lacking_package,
    layered_svg,
    looks,
    missing_scripts,
    shaping,
)
from prodgen_django.studio.banners import gates as checks
from prodgen_django.studio.banners.drawing import rasterised
from prodgen_django.studio.banners.faces import Face
from prodgen_django.studio.banners.lettering import ink_of
from prodgen_django.studio.banners.linebreaks import break_text, clusters, units
from prodgen_django.studio.banners.shaping import Run, extent_of, runs_of
from prodgen_django.studio.banners.typesetting import Setter
from prodgen_django.studio.text import as_drawn, clean_text
from prodgen_django.studio.visible_label import with_label

needs_fonts = pytest.mark.skipif(
    bool(missing_scripts()),
    reason="fonts-noto-core, fonts-noto-cjk, fonts-noto-color-emoji or libfribidi0 is missing",
)

# headline, second sentence, button, currency
WORDS = {
    "en": ("Slow mornings, 20% off 🎉", "Dipped by hand, only 5 left ❤️", "Shop now", "GBP"),
    "de": ("Größte Auswahl: Überraschungs\u00adangebote ab 18,00 €", "Nur 3 kg, 12 × 34 cm", "Jetzt entdecken", "EUR"),
    "fr": ("L’été à –20 % : profitez-en dès aujourd’hui !", "Des œuvres à 1 234,50 €", "J’en profite", "EUR"),
    "vi": ("Ưu đãi TẾT: giảm giá đến 50% mọi sản phẩm", "Miễn phí vận chuyển từ 500.000 ₫", "Mua ngay", "VND"),
    "pl": ("Żółta łódź źródłem radości – tylko 1 234,50 zł", "Zażółć gęślą jaźń", "Zobacz teraz", "PLN"),
    "el": ("Ήρεμα πρωινά, έκπτωση 20 %", "Φτιαγμένο στο χέρι – από 14,40 €", "Αγοράστε τώρα", "EUR"),
    "ru": ("Тихие утра: скидка 20 % на все кружки", "Только 5 кг за 300 руб.", "Купить", "RUB"),
    "uk": ("Їжа й ґанок: знижка 20 % на все", "Тільки 5 кг за 300 грн", "Купити", "UAH"),
    "he": ("מבצע חורף: -20% על כל הספלים של IKEA", "משלוח חינם מעל ₪ 199.90", "לקנייה", "ILS"),
    "ar": ("تخفيضات الشتاء -20% على كل الأكواب", "توصيل مجاني فوق 199 ر.س", "تسوّق الآن", "SAR"),
    "fa": ("حراج زمستانی: ۲۰٪ تخفیف می‌خواهید؟", "ارسال رایگان بالای ۵۰۰٬۰۰۰ تومان", "خرید کنید", "IRR"),
    "ur": ("سردیوں کی سیل: 20% رعایت", "مفت ڈیلیوری ₨ 999 سے زیادہ پر", "ابھی خریدیں", "PKR"),
    "hi": ("सर्दियों की नई शुरुआत: हर मग पर 20% की छूट", "₹ 1,299 से ऊपर मुफ़्त डिलीवरी", "अभी खरीदें", "INR"),
    "bn": ("শীতের অফার: সব মগে ২০% ছাড়", "৳ ১,২৯৯ এর উপরে ফ্রি ডেলিভারি", "এখনই কিনুন", "BDT"),
    "ta": ("குளிர்கால சலுகை: 20% தள்ளுபடி", "₹ 1,299க்கு மேல் இலவச டெலிவரி", "இப்போது வாங்கு", "INR"),
    "th": ("แก้วมัคทำมือใหม่ลดราคา 20% ทุกชิ้นวันนี้เท่านั้น", "ส่งฟรีเมื่อซื้อครบ 1,290 บาท", "ช้อปเลย", "THB"),
    "lo": ("ຫຼຸດລາຄາພິເສດສຳລັບຈອກເຮັດດ້ວຍມື 20%", "ສົ່ງຟຣີທົ່ວປະເທດ", "ຊື້ດຽວນີ້", "LAK"),
    "km": ("បញ្ចុះតម្លៃពិសេសសម្រាប់ពែងធ្វើដោយដៃ 20%", "ដឹកជញ្ជូនឥតគិតថ្លៃ", "ទិញឥឡូវនេះ", "KHR"),
    "my": ("လက်လုပ်ခွက်များ အထူးလျှော့ဈေး 20%", "မြန်မာနိုင်ငံတစ်ဝန်းလုံး အခမဲ့ပို့ဆောင်ပေးသည်", "ယခုဝယ်ပါ", "MMK"),
    "zh-hans": ("冬日上新，手工马克杯全场八折", "全场满299元减50元，限时三天 🎁", "立即选购", "CNY"),
    "zh-hant": ("冬季新品手工馬克杯全面八折", "限時優惠，全館滿千折百", "立即選購", "TWD"),
    "ja": ("冬の新作マグカップが今だけ20%オフ", "毎日使いたくなる、手づくりの器。", "今すぐ見る", "JPY"),
    "ko": ("겨울 신상 머그컵 전 상품 20% 할인", "지금 구매하면 1,000 원 할인 쿠폰 증정", "지금 구매하기", "KRW"),
}  # fmt: skip


GBP = Price(Decimal("14.40"), "GBP")


def brief_in(language: str) -> Brief:
    headline, subline, call, currency = WORDS[language]
    now, before = Price(Decimal("1440.40"), currency), Price(Decimal(1800), currency)
    return Brief(
        headline, subline, format_price(now, language), format_price(before, language),
        format_discount(Decimal(20), language), call, "", language,
    )  # fmt: skip


@pytest.fixture(scope="module")
def mug() -> Shown:
    rng = np.random.default_rng(1)
    photo = np.full((240, 280, 3), 240, np.uint8)
    tiles = cv2.resize(rng.normal(0, 25, (5, 6)), (240, 200), interpolation=cv2.INTER_NEAREST)
    grain = cv2.GaussianBlur(tiles, (0, 0), 1.2)[..., None] + rng.normal(0, 2, (200, 240, 3))
    photo[20:-20, 20:-20] = np.clip(np.array((40, 130, 140)) + grain, 0, 255).astype(np.uint8)
    alpha = np.zeros(photo.shape[:2], np.float32)
    alpha[20:-20, 20:-20] = 1
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    return Shown.of(photo, alpha, "mug\x0b")


def banner_of(mug: Shown, brief: Brief, size: str = "iab_leaderboard"):
    look = replace(looks([mug], Brief("x"), Brand(), count=1, seed=1)[0], ground="split")
    return Campaign([mug], brief, Brand("Alder & Loom")).banner(FORMATS[size], look)


def families(runs: tuple[Run, ...]) -> list[str]:
    return [Path(run.face.path).stem for run in runs]


def seen(text: str, language: str) -> str:
    """The characters as they stand from left to right."""
    runs = runs_of(
        as_drawn(clean_text(text)), language, "sans", True, rtl=Brief("x", language=language).right_to_left
    )
    drawn = "".join("".join(clusters(run.text)[::-1] if run.rtl else run.text) for run in runs)
    return (
        "".join(c for c in drawn if unicodedata.category(c) != "Cf")
        .replace("\u2212", "-")
        .replace("\xa0", " ")
    )


# -- what is pasted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "cleaned"),
    [
        ("Slow\x0bmornings", "Slow\nmornings"),  # Word's line break
        ("Slow\x0cmornings", "Slow\nmornings"),
        ("Slow\u2028mornings\u2029", "Slow\nmornings"),
        ("Slow\x85mornings", "Slow\nmornings"),
        ("Slow\r\n\r\nmornings", "Slow\nmornings"),
        ("Slow_x000D_\nmornings", "Slow\nmornings"),  # Excel's
        ("Sl\x00ow\x01 mor\x7fnings", "Slow mornings"),
        ("\ufeffSlow\t \u2003mornings\u200b", "Slow mornings"),
        ("Sl\u200bow \u202emornings\u202c", "Slow mornings\u202c"),
        ("re\x1eserve\x1fd", "re\u2011serve\u00add"),  # Word's own hyphens
        ("only \x80 12 \x96 now", "only € 12 – now"),  # Windows' letters read as Latin-1
        ("Cafe\u0301", "Café"),
        ("1\u2009234,50\u00a0€", "1\u202f234,50\u00a0€"),
        ("می\u200cخواهید", "می\u200cخواهید"),
        ("แก้ว\u200bมัค", "แก้ว\u200bมัค"),
        ("❤\ufe0f 👩\u200d👩\u200d👧", "❤\ufe0f 👩\u200d👩\u200d👧"),
        ("bro\ud800ken \ufffe", "broken"),
        ("bote\u00ad \u00ad für\u00ad alle", "bote für alle"),  # beside a blank no hyphen is to show
        ("\u200e \u061c\u180e", ""),  # nothing that is seen
    ],
)
def test_blanks_and_controls_of_word_and_excel_are_cleaned_and_letters_kept(
    pasted: str, cleaned: str
) -> None:
    assert clean_text(pasted, lines=True) == cleaned
    assert clean_text(pasted) == cleaned.replace("\n", " ")


ANY = st.text(
    st.characters(codec=None)
    | st.sampled_from("\x00\x0b\x0c\x85\u2028\u200b\u200d\ufeff\u202e\u00ad _x000D_\ud83d"),
    max_size=40,
)


@settings(deadline=None)
@given(text=ANY, lines=st.booleans())
def test_what_is_cleaned_is_normal_has_no_controls_and_stays_as_it_is(text: str, lines: bool) -> None:
    found = clean_text(text, lines=lines)
    assert clean_text(found, lines=lines) == found
    assert unicodedata.normalize("NFC", found) == found
    assert not [
        c for c in found if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and not (lines and c == "\n")
    ]
    assert found == found.strip(" \n")
    letters = [c for c in unicodedata.normalize("NFC", text) if c.isalpha() and c.isascii()]
    if "_" not in text:
        assert [c for c in found if c.isalpha() and c.isascii()] == letters
    assert "".join(clusters(found)) == found
    assert "".join(units(found.replace("\n", " "), "de")) == found.replace("\n", " ")


def test_a_banner_of_pasted_words_is_that_of_clean_ones(mug: Shown) -> None:
    clean = Brief(
        "Slow mornings\nat home",
        "Dipped by hand",
        "£14.40",
        "£18.00",
        "-20%",
        "Shop now",
        "Until 30 November",
        "en",
    )
    pasted = Brief(
        "Slow\x00 mor\u00adnings\x0bat\u2003home\ufeff", "Dipped\u2028by\thand\x85".replace("\u2028", " "),
        "£14\u200b.40\x0c", "\ufeff£18.00", "-20%\u2028", "Shop\x0bnow\x00", "Until 30\u200d\x01 November", "en",
    )  # fmt: skip
    first, second = banner_of(mug, clean), banner_of(mug, pasted)
    assert first.passed, [gate.message for gate in first.failures]
    assert second.passed, [gate.message for gate in second.failures]
    assert np.array_equal(first.image, second.image)
    layered_svg(second, [mug], Brand())  # a vertical tab is no XML


@settings(deadline=None)  # the first rare character has all fonts read
@given(
    text=st.text(
        st.characters(codec="utf-8", categories=["Cc", "Cf", "Zs", "Zl", "Zp", "L", "N"]), max_size=20
    )
)
def test_any_text_is_set_or_refused_in_words(text: str) -> None:
    brief = Brief("Sale " + text)
    try:
        setter = Setter(brief, Brand(), "sans")
        line = setter.line("headline", brief.headline.split("\n")[0], 0, 0, 20)
    except BannerError as error:
        assert error.code in ("no_font", "lost_letter")  # noqa: PT017
    else:
        assert not [c for run in line.runs for c in clusters(run.text) if not faces.has(run.face, c)]


# -- which face ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark", ["\u200d", "\u200c", "\ufe0f", "\ufe0e", "\u00ad", "\u200e", "\u200f", "\u034f"]
)
def test_what_has_no_shape_never_changes_the_font_nor_the_width(mark: str) -> None:
    setter = Setter(Brief("x"), Brand(), "serif")
    plain, marked = (
        setter.set("headline", "Slow mornings"),
        setter.set("headline", f"Slow{mark} mor{mark}nings"),
    )
    assert set(families(marked[0])) == {"SourceSerifPro-Semibold"}
    assert marked[1].advance == pytest.approx(plain[1].advance, abs=0.03)


@needs_fonts
def test_only_the_cluster_that_a_font_lacks_is_set_in_another() -> None:
    def set_in(text: str) -> list[tuple[str, str]]:
        runs = runs_of(text, "en", "sans", True)
        return [(run.text.strip(), family) for run, family in zip(runs, families(runs), strict=True)]

    assert set_in("Big a\u0324\u0308 day")[1] == ("a\u0324\u0308", "NotoSans-Bold")
    assert set_in("Cafe\u0301 Ế") == [("Cafe\u0301 Ế", "Manrope-ExtraBold")]
    assert [family for _text, family in set_in("New 杯 in")] == [
        "Manrope-ExtraBold", "NotoSansCJK-Bold", "Manrope-ExtraBold",
    ]  # fmt: skip
    # In a Chinese line Latin letters are those that were drawn to stand beside Chinese ones.
    assert [family for _text, family in set_in("IKEA 马克杯全场八折")] == ["NotoSansCJK-Bold"]
    assert set_in("Tea ชา ✓")[0] == ("Tea", "Manrope-ExtraBold")
    assert ("ชา", "NotoSansThai-Bold") in set_in("Tea ชา ✓")
    # A brand's font without some letters of an Arabic word does not set the others: they would not join.
    own = (
        next(str(path) for name, path in fonts._system_fonts().items() if name == "NotoSansHebrew-Bold.ttf"),
    )
    assert set(families(runs_of("تخفيضات", "ar", "sans", True, own, rtl=True))) == {"NotoKufiArabic-Bold"}


@needs_fonts
def test_emoji_stand_in_colour_and_text_signs_do_not(mug: Shown) -> None:
    def coloured(text: str) -> bool:
        return any(run.face.strike for run in runs_of(text, "en", "sans", True))

    for text in ("🎉", "❤️", "⭐", "1️⃣", "👩‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👍🏽"):
        assert coloured(text), text
        assert len(runs_of(text, "en", "sans", True)) == 1, text
    for text in ("❤︎", "™", "✓", "©", "№ 1", "★"):
        assert not coloured(text), text
    with_party, without = (banner_of(mug, Brief(words, call="Shop")) for words in ("Sale 🎉", "Sale"))
    assert with_party.passed, [gate.message for gate in with_party.failures]

    def colourful(banner: object) -> int:
        line = next(line for line in banner.layout.block.lines if line.role == "headline")  # type: ignore[attr-defined]
        rows, columns = line.box.pixels(*FORMATS["iab_leaderboard"].size)
        part = banner.image[rows, columns].astype(int)  # type: ignore[attr-defined]
        return int(((part.max(2) - part.min(2)) > 120).sum())

    assert colourful(with_party) > colourful(without) + 20


def test_characters_that_no_font_has_are_all_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(BannerError, match=r"U\+E000.*leave it out") as refused:
        Setter(Brief("Sale \ue000"), Brand(), "sans").width("headline", "Sale \ue000", 20)
    assert "Debian" not in str(refused.value)
    with pytest.raises(BannerError, match="lost on its way") as lost:
        Setter(Brief("Caf\ufffd"), Brand(), "sans").width("headline", "Caf\ufffd", 20)
    assert lost.value.code == "lost_letter"
    # Each of the two has a font, but none has both, and a letter is not drawn apart from its mark.
    with pytest.raises(BannerError, match="“ก\u0301”"):
        shaping.check_letters("ก\u0301", "th")
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    caches = (fonts._system_fonts, fonts._candidates, fonts._any_face)
    try:
        for cache in caches:
            cache.cache_clear()
        with pytest.raises(
            BannerError, match=r"“新”, “ก”, “🎉”.*fonts-noto-cjk fonts-noto-core fonts-noto-color-emoji"
        ):
            shaping.check_letters("新 ก 🎉", "en")
        assert lacking_package("हिन्दी", "hi") == "fonts-noto-core"
        assert lacking_package("日本語", "ja") == "fonts-noto-cjk"
        assert lacking_package("English €", "en") == ""
        assert runs_of("Sale ก", "en", "sans", True)  # a caption is drawn all the same
    finally:
        monkeypatch.undo()
        for cache in caches:
            cache.cache_clear()


def test_a_box_in_the_place_of_a_letter_is_found_on_the_finished_banner(mug: Shown) -> None:
    banner = banner_of(mug, Brief("Sale", price="£14.40", call="Shop now"))
    block, painted, brief = (
        banner.layout.block,
        banner.painted,
        Brief("Sale", price="£14.40", call="Shop now"),
    )
    assert checks.check_letters(block, brief, painted).passed
    latin = block.lines[0].runs[0].face
    boxed = replace(block, lines=(*block.lines, replace(block.lines[0], runs=(Run("杯", latin),))))
    gate = checks.check_letters(boxed, brief, painted)
    assert not gate.passed
    assert "“杯”" in gate.message
    assert "fonts-noto-cjk" in gate.message
    lost = replace(block, lines=tuple(line for line in block.lines if line.role != "call"))
    assert "the call is not drawn" in checks.check_letters(lost, brief, painted).message
    empty = replace(painted, inks=tuple(ink._replace(plane=ink.plane * 0) for ink in painted.inks))
    assert "is empty" in checks.check_letters(block, brief, empty).message


def test_without_fribidi_only_what_needs_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (faces, fonts, shaping):
        monkeypatch.setattr(module, "can_shape", lambda: False)
    for text in ("ส่งฟรี", "חורף", "नई", "تخفيض"):
        with pytest.raises(BannerError, match="libfribidi0") as refused:
            shaping.check_letters(text, "en")
        assert refused.value.code in ("no_shaping", "no_font")
    shaping.check_letters("Größe 1\u202f234 €", "de")
    run = Run("a\u202f\u200db", Face("x"))
    assert shaping.text_of(run) == "a b"


# -- where lines break --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "pieces"),
    [
        ("de", "nur 18,00 € für 5 kg", "nur |18,00 € |für |5 kg"),
        ("pl", "za 1 234,50 zł", "za |1 234,50 zł"),
        ("de", "CHF 20.- statt CHF 40.-", "CHF 20.- |statt |CHF 40.-"),
        ("en", "US$ 12 or € 20 – today", "US$ 12 |or |€ 20 – |today"),
        ("de", "12 × 34 cm groß", "12 × 34 cm |groß"),
        ("de", "10 – 20 % Rabatt", "10 – 20 % |Rabatt"),
        ("fr", "dès 12,00 € !", "dès |12,00 € !"),
        ("ru", "до 31 декабря за 300 руб.", "до |31 декабря |за |300 руб."),
        ("he", "מעל ₪ 49.90", "מעל |₪ 49.90"),
        ("ar", "خصم 20 % على 5 كجم", "خصم |20 % |على |5 كجم"),
        ("hi", "छूट 500 रु. तक", "छूट |500 रु. |तक"),
        ("th", "ราคา 1,290 บาท ต่อ 3 ชิ้น", "ราคา |1,290 บาท |ต่อ |3 ชิ้น"),
        ("ko", "겨울 신상 머그컵 1,000 원 할인", "겨울 |신상 |머그컵 |1,000 원 |할인"),
        ("en", "겨울 신상 머그컵", "겨울 |신상 |머그컵"),
        ("zh-hans", "全场满299元减50元，限时三天", "全场|满299元|减50元，|限时|三天"),
        ("zh-hans", "手工陶瓷茶具买一送一", "手工陶瓷|茶具|买一送一"),
        ("ja", "新生活を応援する春のセール開催中", "新生活を|応援する|春の|セール開催中"),
        ("en", "Sale 🎉🎉 now 👩‍👩‍👧‍👦", "Sale 🎉🎉 |now 👩‍👩‍👧‍👦"),
        ("en", "🎉 Sale now", "🎉 Sale |now"),
        # Where there are no words emoji may stand in lines of their own, families, flags and hearts whole.
        ("en", "🎁🎁🎁", "🎁|🎁|🎁"),
        ("de", "🎄 ✨ 🎁", "🎄 |✨ |🎁"),
        ("en", "👩‍👩‍👧‍👦👍🏽🇩🇪❤️", "👩‍👩‍👧‍👦|👍🏽|🇩🇪|❤️"),
        ("en", "🎁 – 🎁! 🎁", "🎁 – |🎁! |🎁"),
        ("cs", "za 1 299,- Kč", "za |1 299,- Kč"),
        ("de", "ab 5,– € / 5 €/kg bei 120 km/h", "ab |5,– € / |5 €/kg |bei |120 km/h"),
        ("de", "nur 2 x 500 g, 80 g/m²", "nur |2 x 500 g, |80 g/m²"),
        ("de", "nur - 20 % oder + 5 mm", "nur |- 20 % |oder |+ 5 mm"),
        ("en", "10 - 20 % off 1 ½ kg", "10 - 20 % |off |1 ½ kg"),
        ("fr", "garantie 12 mois", "garantie |12 mois"),
        ("tr", "% 20 indirim, 1.299 TL", "% 20 |indirim, |1.299 TL"),
        ("he", 'רק 1,299 ש"ח', 'רק |1,299 ש"ח'),
        ("ko", "3만 원 할인", "3만 원 |할인"),
    ],
)
def test_words_are_whole_and_an_amount_is_one_piece(language: str, text: str, pieces: str) -> None:
    assert "|".join(units(text, language)) == pieces


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("th", "ลดราคาทุกชิ้นวันนี้เท่านั้น", ("ลด", "ราคา", "ทุก", "ชิ้น", "วันนี้", "เท่านั้น")),
        ("th", "แก้วมัคทำมือราคาโปรโมชั่น", ("แก้วมัค", "ทำมือ", "ราคา", "โปรโมชั่น")),
        ("lo", "ສົ່ງຟຣີທົ່ວປະເທດ", ("ສົ່ງ", "ຟຣີ", "ທົ່ວ", "ປະເທດ")),
        ("km", "ដឹកជញ្ជូនឥតគិតថ្លៃ", ("ដឹកជញ្ជូន", "ឥតគិតថ្លៃ")),
        ("my", "အခမဲ့ပို့ဆောင်ပေးသည်", ("အခမဲ့", "ပို့ဆောင်", "ပေးသည်")),
    ],
)
def test_scripts_without_blanks_break_between_words_of_a_dictionary(
    language: str, text: str, words: tuple[str, ...]
) -> None:
    found = units(text, language)
    assert set(words) <= set(found)
    assert "".join(found) == text
    lines = break_text(text, len, 12, 5, language)
    assert lines is not None
    assert "".join(lines) == text


def test_soft_hyphens_show_where_a_word_is_broken_and_nowhere_else() -> None:
    text = "Überraschungs\u00adangebote"
    assert break_text(text, len, 40, 3, "de") == ["Überraschungsangebote"]
    assert break_text(text, len, 15, 3, "de") == ["Überraschungs-", "angebote"]
    assert break_text(text, len, 13, 3, "de") is None  # the hyphen takes room of its own
    # Broken elsewhere where that is possible.
    assert break_text("ein Donau\u00addampfer heute", len, 16, 3, "de") == ["ein Donaudampfer", "heute"]
    line = Setter(Brief("x", call="Über\u00adraschen"), Brand(), "sans").line(
        "call", "Über\u00adraschen", 0, 0, 20
    )
    assert line.text == "Überraschen"
    assert as_drawn("re\u2011order\u200b") == "re-order"


# -- ink ----------------------------------------------------------------------------------------------------------

STACKED = {
    "vi": "Ế Ỗ Ậ giảm ẨỘ", "cs": "ŽŠČŘ Ďábel Ťuk", "th": "ปู่ ที่นี่ ซื้อ ญู่ ฎ ผู้ใหญ่", "lo": "ຫຼຸດ ທົ່ວ ຊື້",
    "mul": "a\u0302\u0301\u0323\u0331 Z\u030c\u0301 x\u0327\u0323", "ur": "خریداری پر لِلّٰہ", "km": "ស្ត្រី ញ៉ាំ ឱ្យ",
    "my": "လျှော့ဈေး ပို့ဆောင် ကျွန်ုပ်", "hi": "र्ट्ट्रू छूट ऊँचाई", "bn": "ছাড় ক্ষ্ণ উঁচু", "ta": "ஸ்ரீ இலவசம்",
    "he": "שָׁלוֹם קָפֶה", "ja": "ガギグ 鷹", "en": "Quickly jumping Ågot 🎉 (Äpfel)",
}  # fmt: skip


@needs_fonts
@pytest.mark.parametrize("language", STACKED)
@pytest.mark.parametrize("size", [10.5, 17.3, 60.0])
@pytest.mark.parametrize("typeface", ["sans", "serif"])
def test_all_ink_lies_in_the_measured_box_and_no_line_touches_the_next(
    language: str, size: float, typeface: str
) -> None:
    text = STACKED[language]
    brief = Brief(text, text, language="en" if language == "mul" else language)
    setter = Setter(brief, Brand(), typeface)  # type: ignore[arg-type]
    for role in ("headline", "subline"):
        lines: list = []
        setter.paragraph(role, [text, text], size, 3.0, lines)
        boxes = []
        for line in lines:
            ink, colours = ink_of(line)
            covered = ink.plane > 24 if colours is None else (ink.plane > 24) | (colours[..., 3] > 24)
            rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
            left, top = ink.corner
            assert line.box.x - 1 <= left + columns[0]
            assert left + columns[-1] <= line.box.right + 1
            assert line.box.y - 1 <= top + rows[0]
            assert top + rows[-1] <= line.box.bottom + 1
            boxes.append((top + rows[0], top + rows[-1]))
        assert boxes[0][1] < boxes[1][0]


@needs_fonts
def test_accents_and_tone_marks_do_not_touch_the_edge_of_a_button() -> None:
    for language, text in STACKED.items():
        block = Setter(Brief("x", badge=text, call=text, language=language), Brand(), "sans").column(
            900, 900, 20, 60, "start"
        )
        assert block is not None
        for line in block.lines:
            shape = next(
                (s for s in block.shapes if (s.role, line.role) in (("button", "call"), ("badge",) * 2)), None
            )
            if shape is not None:
                assert shape.rect.y <= line.box.y
                assert line.box.bottom <= shape.rect.bottom


# -- from right to left -------------------------------------------------------------------------------------------


@needs_fonts
@pytest.mark.parametrize("language", ["he", "ar", "fa", "ur"])
def test_discounts_and_amounts_read_as_they_are_meant(language: str) -> None:
    assert seen(format_discount(Decimal(20), language), language) == "-20%"
    assert seen("-20%", language) == "-20%"  # as somebody types it
    amount = with_sign(format_price(Price(Decimal(-5), "GBP"), language), language)
    assert seen(amount, language) in ("-5.00 UK£", "£ -5.00", "-£ 5.00", "-£5.00")
    assert seen(format_price(GBP, language), language) in ("UK£ 14.40", "£ 14.40", "£14.40")
    word = WORDS[language][0].split()[0]
    for told in ("-20%", "+20%", "£14.40", "20 %", "₪49.90"):
        assert told in seen(f"{word} {told.replace(' ', chr(0xA0))} {word}", language), told
    # With the blanks and hyphens that a keyboard has.
    for told in ("-20 %", "10-20%", "1 299,00", "03-123 456"):
        assert told in seen(f"{word} {told} {word}", language), told
    # The words go from right to left about the amount, and Latin names stay as they are.
    assert seen(f"{word} IKEA (LACK) 20%", language).startswith("IKEA (LACK) 20% ")


@needs_fonts
@pytest.mark.parametrize("language", ["he", "ar", "fa", "ur"])
@pytest.mark.parametrize(
    "text",
    ["2 x 500 g", "3 for 2", "100% Wool!", "- 20 % (today)", "IKEA 2026.", "50 ml / 1,5 l", "USB-C 2.0"],
)
def test_a_line_of_latin_letters_alone_is_drawn_as_it_is_written(language: str, text: str) -> None:
    assert seen(text, language) == seen(text, "en")
    word = WORDS[language][0].split()[0]
    amount = seen("2 x 500 g", language)
    assert amount in seen(f"{word} 2 x 500 g {word}", language)
    assert amount in seen(f"{word} 2 x 500 g", language)
    assert seen("1.5 kg", language) in seen(f"{word} 1.5 kg, {word}", language)


@needs_fonts
def test_a_sign_stands_where_it_stands_from_left_to_right_to_the_pixel() -> None:
    def drawn(text: str, language: str, rtl: bool) -> np.ndarray:
        return rasterised(runs_of(text, language, "sans", True, rtl=rtl), "en", 40, (200, 60), 5, 45)[0]

    wanted = drawn("-20%", "en", False)
    for language in ("he", "fa", "ur", "ar"):
        assert np.array_equal(drawn("-20%", language, True), wanted)
        assert (
            np.array_equal(drawn(format_discount(Decimal(20), language), language, True), wanted)
            or language == "fa"
        )


@needs_fonts
@pytest.mark.parametrize("headline", ["🎁" * 24, "🎄 ✨ 🎁 " * 6, "👩‍👩‍👧‍👦" * 20])
def test_a_headline_of_emoji_alone_goes_on_in_another_line(mug: Shown, headline: str) -> None:
    block = banner_of(mug, Brief(headline, call="Shop"), "meta_square").layout.block
    lines = [line.text for line in block.lines if line.role == "headline"]
    assert len(lines) > 1
    assert "".join(lines).replace(" ", "") == headline.replace(" ", "")


def test_the_drawing_with_layers_says_where_a_sign_belongs(mug: Shown) -> None:
    banner = banner_of(mug, Brief("Sale", badge="-20%", call="Shop", language="he"))
    drawing = layered_svg(banner, [mug], Brand()).decode()
    assert 'direction="rtl">\u200e-20%\u200e</text>' in drawing


def test_other_languages_keep_their_sign_as_babel_writes_it() -> None:
    assert format_discount(Decimal(20), "en") == "-20%"
    assert format_discount(Decimal(20), "de") == "-20\u00a0%"
    assert format_discount(Decimal(20), "tr") == "-%20"
    assert format_discount(Decimal(20), "he") == "\u200e-20%"


# -- whole pictures -----------------------------------------------------------------------------------------------


@needs_fonts
@pytest.mark.parametrize("language", WORDS)
def test_every_language_is_set_whole_at_several_widths(language: str, mug: Shown) -> None:
    brief = brief_in(language)
    banner = banner_of(mug, brief)
    assert banner.passed, [gate.message for gate in banner.failures]
    setter = Setter(brief, Brand("Alder & Loom"), "sans")
    for width, height in ((280, 420), (560, 400), (1000, 500)):
        block = setter.column(width, height, 10.5, 60, "start", 5)
        assert block is not None, width
        told = "".join(line.text for line in block.lines if line.role == "headline")
        # A word that was broken at its soft hyphen shows it.
        assert told.replace(" ", "").replace("s-a", "sa") == as_drawn(brief.headline).replace(" ", "")
        assert max(box.right for box in block.boxes) <= width + 1
        assert max(box.bottom for box in block.boxes) <= block.height + 1


# -- other places where words are drawn -----------------------------------------------------------------------------


@needs_fonts
@pytest.mark.parametrize(
    "text", ["Composed picture", "صورة مركّبة", "合成图片", "ภาพประกอบ", "Složený obrázek"]
)
def test_visible_label_is_written_in_any_script(text: str) -> None:
    image, mask = np.full((600, 600, 3), 200, np.uint8), np.zeros((600, 600), np.float32)
    written = with_label(image, mask, text)
    assert written is not None
    rows, columns = np.nonzero((written != image).any(2))
    field = written[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    bright = (field.min(2) > 200).nonzero()
    # White on dark, and none of it cut off at the field's edge.
    assert len(bright[0]) > 30
    assert bright[0].min() >= 2
    assert bright[0].max() <= field.shape[0] - 3
    runs = runs_of(text, "", "sans", False)
    assert all(faces.has(run.face, part) for run in runs for part in clusters(run.text))
    assert with_label(image, np.ones_like(mask), text) is None


def test_extents_grow_with_what_stands_above_a_letter() -> None:
    low, high = (extent_of(runs_of(text, "vi", "sans", True), "vi") for text in ("E", "Ế"))
    assert high.rise > low.rise + 0.2
