"""From an offer to its picture on the home page, and away again when the offer ends."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone
from oscar.core.loading import get_model
from oscar.test.factories import create_product

from prodgen_django.campaigns import terms
from prodgen_django.catalog import get_catalog
from prodgen_django.contrib.oscar.campaigns import start_campaign
from prodgen_django.imagefile import read_source_type
from prodgen_django.jobs import create_job, queue_job, update_draft
from prodgen_django.jobs.run import run_here
from prodgen_django.jobs.sweep import sweep
from prodgen_django.models import BrandKit, Campaign, CutOutCorrection, GeneratedImage, Job
from prodgen_django.personalization import Visitor
from prodgen_django.personalization.log.versions import remember
from prodgen_django.personalization.serve.campaigns import CampaignPicture
from prodgen_django.personalization.serve.known import Known
from prodgen_django.personalization.serve.page import Page
from prodgen_django.pictures import review
from prodgen_django.recipes import ItemFailed
from prodgen_django.recipes.campaign_brief import brief_of, offered

Offer, Range = get_model("offer", "ConditionalOffer"), get_model("offer", "Range")
Condition, Benefit = get_model("offer", "Condition"), get_model("offer", "Benefit")
OPTIONS: dict[str, Any] = {
    "headline": "Slow mornings", "formats": ["iab_rectangle"], "variations": 1, "photo": "first",
}  # fmt: skip
YES = {
    "CONSENT": "tests.campaigns.test_campaigns.yes", "HOLDOUT": 0, "POLICY_EXPLORE": 0,
}  # fmt: skip


def yes(request: Any) -> bool:
    return True


@pytest.fixture(autouse=True)
def _shop(settings: Any, tmp_path: Any, remembered_cutouts: None) -> None:
    settings.PRODGEN = {
        "CATALOG": "tests.campaigns.catalog.PhotoCatalog", "RETRY_SECONDS": 0, "WORK_DIR": str(tmp_path),
    }  # fmt: skip
    settings.LANGUAGES = [("en-gb", "English"), ("de", "German"), ("ja", "Japanese"), ("ar", "Arabic")]


@pytest.fixture
def mug(db: None) -> Any:
    return create_product(upc="tidal-mug", title="Tidal mug", price=Decimal("18.00"), num_in_stock=9)


def offer_on(
    *products: Any, kind: str = Benefit.PERCENTAGE, value: int = 20, count: int = 1, **more: Any
) -> Any:
    chosen = Range.objects.create(name=f"Range {uuid.uuid4().hex[:6]}", is_public=True)
    for product in products:
        chosen.add_product(product)
    values = {"end_datetime": timezone.now() + timedelta(days=5), **more}
    return Offer.objects.create(
        name=f"Offer {uuid.uuid4().hex[:6]}",
        condition=Condition.objects.create(range=chosen, type=Condition.COUNT, value=count),
        benefit=Benefit.objects.create(range=chosen, type=kind, value=value),
        **values,
    )


def finished(products: list[Any], **options: Any) -> Job:
    job = create_job("campaign", products=products, options={**OPTIONS, **options})
    run_here(job.pk)
    job.refresh_from_db()
    return job


def brief(products: list[Any], source: str = "", language: str = "en-gb", **options: Any) -> Any:
    asked = {**OPTIONS, "languages": [language], "say_until": True, "source": source, **options}
    promotion = get_catalog().promotion(source) if source else None
    return brief_of(asked, language, offered(products, promotion), promotion)


# -- words and prices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "price", "old"),
    [("en-gb", "£14.40", "£18.00"), ("de", "14,40\u00a0£", "18,00\u00a0£"), ("ja", "£14.40", "£18.00")],
)
def test_prices_are_read_from_the_offer_as_the_shop_writes_them(
    mug: Any, language: str, price: str, old: str
) -> None:
    offer = offer_on(mug)
    words, expected = brief([mug], f"offer:{offer.pk}", language)
    # The shop's currency here is pounds, and Oscar's own filter is what its pages use.
    assert (words.price, words.old_price) == expected == (price, old)
    assert words.badge.replace("\u00a0", "").replace(" ", "") in ("-20%", "−20%")
    assert words.call == terms.call(language)
    assert words.until


def test_shop_with_a_format_of_its_own_is_followed(mug: Any, settings: Any) -> None:
    settings.OSCAR_CURRENCY_FORMAT = "¤¤ #,##0.00"
    words, _expected = brief([mug])
    assert words.price == "GBP 18.00"


def test_discount_that_holds_for_no_single_piece_promises_no_lower_price(mug: Any) -> None:
    three_for = offer_on(mug, count=3)
    words, _ = brief([mug], f"offer:{three_for.pk}")
    assert (words.price, words.old_price) == ("£18.00", "")
    assert words.badge == "-20%"
    absolute = offer_on(mug, kind=Benefit.FIXED, value=5)
    words, _ = brief([mug], f"offer:{absolute.pk}")
    assert (words.price, words.badge) == ("£18.00", "-£5.00")


def test_lowest_of_several_prices_is_told_as_such(mug: Any) -> None:
    jug = create_product(upc="brook-jug", title="Brook jug", price=Decimal("32.00"), num_in_stock=2)
    words, _ = brief([jug, mug])
    assert words.price == "from £18.00"
    words, _ = brief([jug, mug], language="de")
    assert words.price == "ab 18,00\u00a0£"


def test_discounts_are_rounded_as_oscar_rounds_them(db: None) -> None:
    thing = create_product(upc="x", price=Decimal("9.99"), num_in_stock=1)
    offer = offer_on(thing, value=33)
    words, _ = brief([thing], f"offer:{offer.pk}")
    # 3.2967 is rounded down to 3.29 by the offer itself.
    assert words.price == "£6.70"


def test_words_of_other_languages_and_lines_that_are_none(mug: Any) -> None:
    words, _ = brief(
        [mug], language="de", languages=["en-gb", "de"], translations="de | Ruhige Morgen | Von Hand"
    )
    assert (words.headline, words.subline, words.call) == ("Ruhige Morgen", "Von Hand", "Jetzt entdecken")
    with pytest.raises(ValidationError, match="no line of words"):
        create_job("campaign", products=[mug], options={**OPTIONS, "translations": "xx | Hallo"})
    with pytest.raises(ValidationError, match="Write the price"):
        create_job("campaign", products=[mug], options={**OPTIONS, "price": "typed"})


@pytest.mark.parametrize("control", ["\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\ufeff", "\u200b"])
def test_words_pasted_from_word_or_excel_are_cleaned_not_refused(mug: Any, control: str) -> None:
    job = create_job(
        "campaign", products=[mug],
        options={
            **OPTIONS, "headline": f"Slow {control}mornings", "subline": f"By{control} hand",
            "call": f"Shop{control} now", "languages": ["en-gb", "de"],
            "translations": f"de | Ruhige {control}Morgen | Von{control} Hand\r\n\r\n",
        },
    )  # fmt: skip
    kept = {name: job.options[name] for name in ("headline", "subline", "call", "translations")}
    assert kept == {
        "headline": "Slow\nmornings" if control in "\x0b\x0c\x85\u2028\u2029" else "Slow mornings",
        "subline": "By hand", "call": "Shop now", "translations": "de | Ruhige Morgen | Von Hand",
    }  # fmt: skip


def test_discount_stands_with_its_mark_where_reading_begins_at_the_right(mug: Any) -> None:
    offer = offer_on(mug)
    for language in ("he", "ar"):
        words, _ = brief([mug], f"offer:{offer.pk}", language=language)
        assert words.badge == "\u200e-20%"
    absolute = offer_on(mug, kind=Benefit.FIXED, value=5)
    words, _ = brief([mug], f"offer:{absolute.pk}", language="he")
    assert words.badge == "\u200f\u200e-5.00\u00a0\u200f£"


def test_voucher_names_its_code(mug: Any) -> None:
    voucher = get_model("voucher", "Voucher").objects.create(
        name="Friends", code="FRIENDS20", start_datetime=timezone.now(),
        end_datetime=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    voucher.offers.add(offer_on(mug, offer_type=Offer.VOUCHER))
    words, _ = brief([mug], f"voucher:{voucher.pk}")
    assert words.until.startswith("FRIENDS20 · Until ")
    assert words.price == "£14.40"


# -- making ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_campaign_is_made_measured_marked_and_can_be_made_again(mug: Any) -> None:
    offer = offer_on(mug)
    asked = {"source": f"offer:{offer.pk}", "variations": 2, "layers": True, "slot": "hero"}
    job = finished([mug], **asked)
    assert job.state == Job.State.SUCCEEDED, [item.error for item in job.items.all()]
    first, second = job.images.order_by("item__position")
    assert first.sha256 != second.sha256
    for image in (first, second):
        assert image.blockers == []
        assert image.product_id is None
        assert image.scores["fidelity"]["passed"]
        assert image.scores["fidelity"]["composed_exact"]
        assert {gate["name"] for gate in image.scores["campaign"]["gates"]} == {
            "contrast", "overlap", "safe_zone", "minimum_size", "price", "letters", "whole_product", "fidelity",
            "channel",
        }  # fmt: skip
        assert image.recipe["words"]["price"] == "£14.40"
        with image.file.open("rb") as file:
            assert read_source_type(file.read()) == "compositeCapture"
    placed = Campaign.objects.get(job=job)
    assert (placed.slot, placed.source_kind, placed.source_id) == ("hero", "offer", offer.pk)
    assert placed.link == offer.get_absolute_url()
    again = finished([mug], **asked)
    assert [i.sha256 for i in again.images.order_by("item__position")] == [first.sha256, second.sha256]


@pytest.mark.django_db(transaction=True)
def test_campaign_uses_the_outline_that_a_person_drew(mug: Any) -> None:
    import numpy as np

    from prodgen_django.imagefile import encode_image
    from prodgen_django.storage import save_content

    before = finished([mug]).images.get()
    assert not before.scores["cut_out"]["corrected"]
    drawn = np.zeros((500, 500), np.uint8)
    drawn[150:350, 150:350] = 255
    data = encode_image(drawn, format="png", source_type=None)
    CutOutCorrection.objects.create(photo="tidal-mug-1.jpg", mask=save_content("cutouts", data, "png"))
    after = finished([mug]).images.get()
    assert after.scores["cut_out"]["corrected"]
    assert after.sha256 != before.sha256


@pytest.mark.django_db(transaction=True)
def test_campaign_is_cut_out_by_what_the_shop_has_set(mug: Any, settings: Any, tmp_path: Path) -> None:
    pytest.importorskip("rembg")
    assert finished([mug]).images.exists()
    # What was found and kept by another method is not taken for this one's.
    settings.PRODGEN = {**settings.PRODGEN, "MATTING": {"rembg": {"path": str(tmp_path / "gone.onnx")}}}
    assert "There is no model at gone.onnx" in finished([mug]).items.get().error


@pytest.mark.django_db(transaction=True)
def test_price_typed_otherwise_than_the_shop_writes_it_cannot_be_published(mug: Any) -> None:
    job = finished([mug], price="typed", price_text="£18,00")
    image = job.images.get()
    assert [blocker["code"] for blocker in image.blockers] == ["campaign:price"]
    assert "the shop writes £18.00" in image.blockers[0]["message"]


@pytest.mark.django_db(transaction=True)
def test_product_without_a_photo_is_left_out_and_alone_fails_in_words(mug: Any) -> None:
    bare = create_product(upc="nothing", title="Bare", price=Decimal("5"), num_in_stock=1)
    job = finished([mug, bare])
    assert "Bare is left out" in " ".join(job.items.get().report["sentences"])
    assert job.images.get().recipe["shown"] == [mug.pk]
    assert "Bare is left out" in finished([bare]).items.get().error
    gone = finished([mug], source="offer:99999")
    assert "promotion is not there any more" in gone.items.get().error
    with pytest.raises(ValidationError, match="the most is 12"):
        create_job("campaign", products=[mug] * 13, options=OPTIONS)


@pytest.mark.django_db(transaction=True)
def test_draft_of_an_offer_becomes_one_item_a_design_and_language(mug: Any, admin_user: User) -> None:
    offer = offer_on(mug)
    # Only what has a photograph of its own in the shop can be shown.
    get_model("catalogue", "ProductImage").objects.create(
        product=mug, original=ContentFile(b"x", name="x.jpg"), code="own"
    )
    request = RequestFactory().post("/")
    request.user = admin_user
    response = start_campaign(request, "offer", offer)
    job = Job.objects.get(kind="campaign")
    assert response is not None
    assert response.url == reverse("admin:prodgen_job_options", args=[job.pk])
    assert job.options["source"] == f"offer:{offer.pk}"
    assert job.options["headline"] == offer.name
    update_draft(
        job, {**OPTIONS, "source": job.options["source"], "variations": 3, "languages": ["en-gb", "de"]}
    )
    queue_job(job)
    assert [item.title for item in job.items.order_by("position")][:2] == [
        "Design 1 (en-gb)",
        "Design 1 (de)",
    ]
    assert job.items.count() == 6


def test_actions_stand_on_products_offers_vouchers_and_ranges(db: None) -> None:
    for label in (
        ("catalogue", "Product"),
        ("offer", "ConditionalOffer"),
        ("voucher", "Voucher"),
        ("offer", "Range"),
    ):
        model_admin = admin.site.get_model_admin(get_model(*label))
        names = [getattr(action, "__name__", action) for action in model_admin.actions]
        assert names.count("prodgen_campaign") == 1, label


@pytest.mark.django_db(transaction=True)
def test_whole_campaign_once_more_in_another_size_and_language(mug: Any, admin_client: Any) -> None:
    job = finished([mug], translations="de | Ruhige Morgen")
    page = admin_client.get(job.get_absolute_url())
    assert "once more" in page.content.decode()
    answer = admin_client.post(
        reverse("admin:prodgen_campaign_again", args=[job.pk]),
        {"format": "iab_leaderboard", "language": "de"},
    )
    made = Job.objects.exclude(pk=job.pk).get()
    assert answer.url == made.get_absolute_url()
    run_here(made.pk)
    image, before = made.images.get(), job.images.get()
    assert (image.width, image.height) == (728, 90)
    assert image.recipe["words"]["headline"] == "Ruhige Morgen"
    assert image.recipe["words"]["price"] == "18,00\u00a0£"
    assert image.recipe["look"] == before.recipe["look"]


@pytest.mark.django_db(transaction=True)
def test_command_makes_a_campaign_and_says_what_it_does_not_know(mug: Any) -> None:
    out = io.StringIO()
    call_command(
        "prodgen_campaign", "tidal-mug", "--headline", "New", "--size", "iab_leaderboard", "--designs", "1",
        "--inline", stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    assert "728×90" in out.getvalue()
    from django.core.management import CommandError

    with pytest.raises(CommandError, match="no size"):
        call_command("prodgen_campaign", "tidal-mug", "--size", "poster")
    with pytest.raises(CommandError, match="no promotion"):
        call_command("prodgen_campaign", "tidal-mug", "--source", "offer:77")


@pytest.mark.django_db(transaction=True)
def test_brand_kit_gives_colours_and_logo(mug: Any) -> None:
    import numpy as np

    from prodgen_django.imagefile import encode_image

    logo = np.zeros((40, 120, 4), np.uint8)
    logo[4:-4, 4:-4] = (200, 30, 40, 255)
    kit = BrandKit.objects.create(name="Alder", ground="#20344a", is_default=True)
    kit.logo.save("logo.png", ContentFile(encode_image(logo, format="png", source_type=None)))
    job = finished([mug])
    image = job.images.get()
    assert job.options["brand"] == str(kit.pk)
    assert image.blockers == []
    assert "brand" in image.recipe["look"]
    with pytest.raises(ValidationError):
        BrandKit(name="x", ground="blue").full_clean()
    kit.headline_font.save("broken.ttf", ContentFile(b"no font"))
    assert "cannot be used" in finished([mug]).items.get().error


@pytest.mark.django_db(transaction=True)
def test_brand_kit_that_is_gone_is_told_and_not_left_out(mug: Any) -> None:
    kit = BrandKit.objects.create(name="Alder", ground="#20344a", is_default=True)
    job = create_job("campaign", products=[mug], options=OPTIONS)
    kit.delete()
    run_here(job.pk)
    assert "brand kit is not there any more" in job.items.get().error
    assert not job.images.exists()


# -- in the shop ----------------------------------------------------------------------------------------------

TAGS = {"warm": ["light", "warm", "wood"], "cool": ["light", "cool", "marble"]}


def placed(
    slot: str = "hero", *, language: str = "en-gb", source: str = "", look: str = "warm", **dates: Any
) -> Any:
    kind, _, key = source.partition(":")
    job = Job.objects.create(kind="campaign", title="c")
    item = job.items.create(title="Design 1")
    Campaign.objects.create(
        job=job, slot=slot, link="/offers/x/", source=source, source_kind=kind,
        source_id=int(key) if key else None, **dates,
    )  # fmt: skip
    images = {}
    for place, (name, size) in enumerate({"hero": (1920, 720), "hero_phone": (1080, 1200)}.items()):
        images[name] = GeneratedImage.objects.create(
            job=job, item=item, slot=place, kind="campaign", title="Slow mornings",
            file=f"prodgen/{uuid.uuid4().hex}.jpg", sha256="0", width=size[0], height=size[1], tags=TAGS[look],
            palette=["#c08040" if look == "warm" else "#4080c0"],
            recipe={"format": name, "language": language, "alt": "Slow & <calm>", "words": {"headline": "S"}},
            state="published", published_at=timezone.now(),
            renditions=[
                {"name": f"r/{look}-{name}-{w}.{f}", "format": f, "width": w, "height": w // 2, "bytes": 1}
                for w in (640, size[0]) for f in ("avif", "webp", "jpeg")
            ],
        )  # fmt: skip
    return images["hero"]


def shown(slot: str = "hero", user: Any = None, language: str = "en-gb") -> str:
    request = RequestFactory().get("/")
    request.user = user or AnonymousUser()
    template = Template(
        '{% load prodgen %}{% prodgen_campaign "' + slot + '" as c %}{% if c %}{{ c }}{% endif %}'
    )
    return template.render(Context({"request": request, "LANGUAGE_CODE": language}))


def test_published_campaign_is_shown_linked_and_for_phones_in_its_own_shape(db: None) -> None:
    placed()
    html = shown()
    assert '<a class="prodgen-campaign" href="/offers/x/">' in html
    assert 'media="(max-width: 640px)"' in html
    assert "warm-hero_phone-1080.avif 1080w" in html
    assert 'alt="Slow &amp; &lt;calm&gt;"' in html
    assert shown("sidebar") == ""


def banner(page: Page) -> CampaignPicture | None:
    return page.campaign("hero", language="en-gb", wide="hero", phone="hero_phone")


def test_campaign_is_one_query_and_one_for_who_consents(
    db: None, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    placed()
    placed(look="cool")
    with django_assert_num_queries(1):
        assert shown()
    with override_settings(PRODGEN=YES), django_assert_max_num_queries(2):
        assert banner(Page(Visitor(True, key="a:1")))


@pytest.mark.parametrize("change", ["ended", "future", "suspended", "deleted", "withdrawn", "own dates"])
def test_campaign_disappears_with_its_offer(mug: Any, change: str) -> None:
    offer = offer_on(mug)
    image = placed(source=f"offer:{offer.pk}")
    assert shown()
    day = timedelta(days=1)
    if change == "ended":
        Offer.objects.filter(pk=offer.pk).update(end_datetime=timezone.now() - day)
    elif change == "future":
        Offer.objects.filter(pk=offer.pk).update(start_datetime=timezone.now() + day)
    elif change == "suspended":
        offer.suspend()
    elif change == "deleted":
        offer.delete()
    elif change == "withdrawn":
        GeneratedImage.objects.filter(job=image.job).update(state="approved")
    else:
        Campaign.objects.update(ends_at=timezone.now() - day)
    assert shown() == ""


def test_campaign_speaks_the_visitors_language_or_the_shops(db: None) -> None:
    placed(language="en-gb", look="warm")
    placed(language="de", look="cool")
    assert "cool" in shown(language="de")
    assert "warm" in shown(language="en-gb")
    # There is none in Arabic: the shop's own language stands in.
    assert "warm" in shown(language="ar")


def test_policy_chooses_by_the_visitors_taste(db: None) -> None:
    placed(look="warm")
    placed(look="cool")
    with override_settings(PRODGEN=YES):
        for look in TAGS:
            taste = {f"tag:{tag}": 1.0 for tag in TAGS[look]} | dict.fromkeys(TAGS[look], 1.0)
            found = banner(Page(Visitor(True, key="a:1"), known=Known(remember(None), taste=taste)))
            assert found is not None
            assert look in found.picture.url
            assert found.is_personal
        nobody = banner(Page(Visitor()))
        assert nobody is not None
        assert not nobody.is_personal


@pytest.mark.django_db(transaction=True)
def test_publishing_a_campaign_copies_nothing_to_a_product_and_can_be_undone(
    mug: Any, admin_user: User
) -> None:
    job = finished([mug], slot="hero", formats=["hero"])
    image = job.images.get()
    review.approve(image, admin_user)
    image.refresh_from_db()
    review.publish(image, admin_user)
    assert not get_model("catalogue", "ProductImage").objects.exists()
    assert "<picture>" in shown()
    review.undo(image, admin_user)
    assert shown() == ""


def test_promotion_that_is_gone_stops_the_making(db: None) -> None:
    from prodgen_django.recipes.campaign_brief import promotion_of

    with pytest.raises(ItemFailed, match="not there any more"):
        promotion_of({"source": "range:4"})


def test_language_without_letters_is_told_at_start_up(settings: Any, monkeypatch: Any) -> None:
    from django.core.checks import run_checks

    from prodgen_django.studio.banners import fonts

    def told() -> list[str]:
        return [message.msg for message in run_checks() if message.id == "prodgen_django.W008"]

    fonts._system_fonts.cache_clear()
    fonts._candidates.cache_clear()
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    try:
        assert [message.split()[-1] for message in told()] == ["'ja'.", "'ar'."]
        settings.LANGUAGES = [("en", "English")]
        assert told() == []
    finally:
        fonts._system_fonts.cache_clear()
        fonts._candidates.cache_clear()


@pytest.mark.django_db
def test_draft_of_an_offer_that_nobody_saved_is_left_behind_as_any_other(mug: Any, admin_user: User) -> None:
    get_model("catalogue", "ProductImage").objects.create(
        product=mug, original=ContentFile(b"x", name="x.jpg"), code="own"
    )
    request = RequestFactory().post("/")
    request.user = admin_user
    for _draft in range(2):
        assert start_campaign(request, "offer", offer_on(mug)) is not None
    _left, saved = Job.objects.order_by("pk")
    update_draft(saved, {**OPTIONS, "source": saved.options["source"]})
    Job.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert sweep().drafts == 1
    assert Job.objects.get() == saved
