"""What a shop uploads for its brand: read first, and stored under a name that says what it is."""

from __future__ import annotations

import re
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import font_manrope
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from prodgen_django.campaigns import kitfiles
from prodgen_django.campaigns.kitfiles import font_extension
from prodgen_django.imagefile.opening import READABLE
from prodgen_django.models import BrandKit
from prodgen_django.recipes.base import ItemFailed
from prodgen_django.recipes.campaign_brief import brand_of

_FONTS = Path(font_manrope.__file__).parent / "files"
FONT = (_FONTS / "Manrope-SemiBold.ttf").read_bytes()
OTHER_FONT = (_FONTS / "Manrope-Bold.ttf").read_bytes()
COLOURS = {"ground": "", "ink": "", "accent": ""}


def picture(kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (20, 10), "#c08040").save(out, kind)
    return out.getvalue()


def upload(client: Client, **files: tuple[str, bytes]) -> Any:
    sent = {name: SimpleUploadedFile(called, data, "text/html") for name, (called, data) in files.items()}
    return client.post(reverse("admin:prodgen_django_brandkit_add"), {"name": "Alder", **COLOURS, **sent})


@pytest.mark.parametrize(
    ("called", "kind", "extension"),
    [
        ("logo.html", "PNG", "png"),
        ("logo.png.HTM", "WEBP", "webp"),
        ("logo.svg", "JPEG", "jpg"),
        ("logo.php", "GIF", "gif"),
        ("logo", "BMP", "bmp"),
        (".htaccess", "TIFF", "tif"),
    ],
)
def test_a_logo_is_named_by_what_it_is(admin_client: Client, called: str, kind: str, extension: str) -> None:
    data = picture(kind) + b"<script>alert(1)</script>"
    assert upload(admin_client, logo=(called, data)).status_code == 302
    kit = BrandKit.objects.get()
    assert re.fullmatch(rf"prodgen/brand/[0-9a-f]{{2}}/[0-9a-f]{{32}}(_\w+)?\.{extension}", kit.logo.name)
    with kit.logo.open() as stored:
        assert stored.read() == data


def test_a_heic_logo_is_taken_where_it_can_be_read(admin_client: Client) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    out = BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 64), "#c08040")).save(out)
    assert upload(admin_client, logo=("IMG_1.HEIC", out.getvalue())).status_code == 302
    assert BrandKit.objects.get().logo.name.endswith(".heic")


def test_a_logo_is_bounded_as_every_picture_is(admin_client: Client, settings: Any) -> None:
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_BYTES": 60_000}
    reply = upload(admin_client, logo=("logo.png", picture() + bytes(60_000)))
    assert "0.06 MB" in str(reply.context["adminform"].form.errors["logo"])
    settings.PRODGEN = {**settings.PRODGEN, "MAX_IMAGE_BYTES": 50_000_000}
    assert upload(admin_client, logo=("logo.png", picture() + bytes(41_000_000))).status_code == 302


@pytest.mark.parametrize("field", ["headline_font", "text_font"])
def test_a_font_is_named_by_what_it_is(admin_client: Client, field: str) -> None:
    assert upload(admin_client, **{field: ("font.html", FONT)}).status_code == 302
    assert getattr(BrandKit.objects.get(), field).name.endswith(".ttf")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        FONT[:4],
        FONT[:4] + b"<script>alert(1)</script>",
        FONT[: len(FONT) // 2],
        FONT[:12] + bytes(len(FONT) - 12),
        b"ttcf" + b"\xff" * 400,
        b"OTTO" + b"\0" * 400,
    ],
)
def test_what_is_no_font_is_refused_in_words_and_not_stored(admin_client: Client, data: bytes) -> None:
    reply = upload(admin_client, headline_font=("font.ttf", data))
    assert reply.status_code == 200
    assert reply.context["adminform"].form.errors["headline_font"]
    assert not BrandKit.objects.exists()


def test_what_is_no_picture_is_refused(admin_client: Client) -> None:
    reply = upload(admin_client, logo=("logo.png", b"<svg onload='alert(1)'/>"))
    assert "SVG" in str(reply.context["adminform"].form.errors["logo"])
    assert not BrandKit.objects.exists()


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ("logo", picture("BMP")),  # a picture, but not the one that was uploaded
        ("logo_on_dark", picture() + b"more"),
        ("headline_font", OTHER_FONT),
        ("text_font", FONT[: len(FONT) // 2]),
    ],
)
def test_a_file_that_is_not_what_was_uploaded_is_told_and_never_drawn(
    admin_client: Client, field: str, kept: bytes
) -> None:
    is_font = field.endswith("font")
    assert upload(admin_client, **{field: ("a", FONT if is_font else picture())}).status_code == 302
    kit = BrandKit.objects.get()
    assert brand_of({"brand": str(kit.pk)})
    Path(getattr(kit, field).path).write_bytes(kept)
    with pytest.raises(ItemFailed) as told:
        brand_of({"brand": str(kit.pk)})
    assert told.value.code == ("font" if is_font else "logo")


def test_a_kit_is_saved_again_without_its_files(admin_client: Client) -> None:
    upload(admin_client, logo=("a.png", picture()), headline_font=("a.ttf", FONT))
    kit = BrandKit.objects.get()
    address = reverse("admin:prodgen_django_brandkit_change", args=[kit.pk])
    assert admin_client.post(address, {"name": "Elder", **COLOURS}).status_code == 302
    again = BrandKit.objects.get()
    assert (again.name, again.logo.name, again.headline_font.name) == (
        "Elder",
        kit.logo.name,
        kit.headline_font.name,
    )


def test_a_program_that_stores_anything_stores_no_page(db: None) -> None:
    kit = BrandKit.objects.create(name="Alder")
    kit.logo.save("logo.html", ContentFile(b"<script>alert(1)</script>"))
    assert kit.logo.name.endswith(".bin")


def test_collections_are_fonts_too() -> None:
    folder = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
    if not folder.exists():
        pytest.skip("no collection of fonts on this machine")
    assert font_extension(folder.read_bytes()) == "ttc"


@given(st.lists(st.tuples(st.integers(0, len(FONT) - 1), st.integers(0, 255)), min_size=1, max_size=30))
def test_a_damaged_font_is_taken_or_refused_and_nothing_else(changes: list[tuple[int, int]]) -> None:
    data = bytearray(FONT)
    for place, value in changes:
        data[place] = value
    with suppress(ValidationError):
        assert font_extension(bytes(data)) == "ttf"


def test_half_a_picture_is_refused_and_not_stored(admin_client: Client) -> None:
    out = BytesIO()
    Image.effect_noise((200, 200), 90).save(out, "PNG")
    reply = upload(admin_client, logo=("logo.png", out.getvalue()[: len(out.getvalue()) // 2]))
    assert reply.context["adminform"].form.errors["logo"]
    assert not BrandKit.objects.exists()


def test_every_format_that_can_be_read_has_an_end_for_its_name() -> None:
    assert set(READABLE) <= set(kitfiles._PICTURES)


def test_a_heic_photo_is_a_logo_where_it_can_be_read(admin_client: Client) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    assert upload(admin_client, logo=("logo.html", picture("HEIF"))).status_code == 302
    assert BrandKit.objects.get().logo.name.endswith(".heic")
