"""A photo of an empty table, uploaded and marked with mouse and keys in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.test_studio import shoot

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_backdrop_is_marked_by_dragging_by_keys_and_by_typing(
    page: Page, site: Site, tmp_path: Path
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
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 300
    # The horizon is dragged to a quarter of the height.
    line.hover(position={"x": 200, "y": 14})
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
    shoot(page, "own-backdrop")
    page.locator("[name=_continue]").click()
    expect(page.locator("#id_azimuth")).to_have_value("-90.0")
    expect(page.locator("#id_horizon")).to_have_value(re.compile(r"0\.2[45]"))
    assert page.problems == []  # type: ignore[attr-defined]
