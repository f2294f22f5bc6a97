"""A photo of an empty table, uploaded and marked with mouse and keys in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.test_studio import choose_products, shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.worker
def test_a_backdrop_is_marked_by_dragging_by_keys_and_by_typing_and_used_like_a_set(
    page: Page, worker: Site, tmp_path: Path
) -> None:
    photo = np.full((600, 800, 3), (202, 208, 212), np.uint8)
    photo[300:] = (96, 132, 168)
    file = tmp_path / "table.jpg"
    cv2.imwrite(str(file), photo)
    page.goto("/admin/prodgen_django/ownbackdrop/add/")
    page.fill("#id_label", "Our oak table")
    page.select_option("#id_view", "table")
    page.set_input_files("#id_picture", str(file))
    page.locator("[name=_save]").click()
    page.wait_for_url(re.compile("/change/"))

    picture, line = page.locator("#pg-own img"), page.locator(".pg-own-line")
    page.wait_for_function(
        "() => { const i = document.querySelector('#pg-own img'); return i.complete && i.naturalWidth > 0; }"
    )
    # The horizon is dragged to a quarter of the height.
    line.hover(position={"x": 200, "y": 14})
    box = picture.bounding_box()  # only now: the pointer may have scrolled the page
    assert box is not None
    assert box["width"] > 300
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 0.25 * box["height"], steps=4)
    page.mouse.up()
    expect(page.locator("#id_horizon")).to_have_value(re.compile(r"0\.2[45]\d"))
    # The place is moved with the keys, the light is turned by typing.
    before = float(page.input_value("#id_x"))
    page.locator(".pg-own-place").press("ArrowRight")
    page.locator(".pg-own-place").press("Shift+ArrowRight")
    assert float(page.input_value("#id_x")) == pytest.approx(before + 0.055, abs=0.002)
    lamp = page.locator(".pg-own-light").bounding_box()
    page.fill("#id_azimuth", "-90")
    turned = page.locator(".pg-own-light").bounding_box()
    assert lamp is not None
    assert turned is not None
    assert turned["x"] < lamp["x"] - 50
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        shoot(page, f"own-backdrop-{scheme}")
    page.emulate_media(color_scheme="light")
    page.locator("[name=_continue]").click()
    expect(page.locator("#id_azimuth")).to_have_value("-90.0")
    expect(page.locator("#id_horizon")).to_have_value(re.compile(r"0\.2[45]"))

    # It stands among the backdrops of a job, and the preview shows a product before it.
    choose_products(page, "Generate display pictures", "Anello vase")
    page.get_by_label("Our oak table").check()
    page.locator("input[name=styles][value=white]").uncheck()
    # An earlier answer, before white, may come first: until the wood is at the lower left.
    page.wait_for_function(
        """() => {
          const image = document.getElementById("pg-preview-image");
          if (!image.complete || !image.naturalWidth) return false;
          const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0, canvas.width, canvas.height);
          const [red, green, blue] = pen.getImageData(2, canvas.height - 3, 1, 1).data;
          return red > green + 20 && green > blue + 20;
        }""",
        polling=200,
    )
    shoot(page, "own-backdrop-used")
    page.locator(".pg-textbutton").filter(has_text="Discard").click()
    assert page.problems == []  # type: ignore[attr-defined]
