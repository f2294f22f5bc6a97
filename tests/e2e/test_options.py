"""The options page in a real browser: a product moved by hand, and how products are shown, said for it and its kind."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.test_studio import choose_products, shoot, start, wait_for_end

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.worker]


def moves(page: Page) -> dict[str, float]:
    """What the page would send of the product that the preview shows."""
    sent: dict[str, dict[str, float]] = json.loads(page.input_value("input[name=moves]") or "{}")
    key = page.locator("#pg-preview-item option:checked").get_attribute("data-product")
    return sent.get(str(key), {})


def slide(page: Page, name: str, value: float) -> None:
    page.locator(f"[data-move={name}]").fill(str(value))


def shown(page: Page) -> str:
    """The address of the preview's picture, once no newer one is on its way."""
    page.wait_for_function(
        "() => document.querySelector('.pg-preview').dataset.state === 'done'"
        " && document.getElementById('pg-preview-image').complete"
    )
    return page.locator("#pg-preview-image").get_attribute("src") or ""


def pixels(page: Page) -> list[int]:
    """The preview's picture as the browser shows it: brightness of 64 × 64 places, row by row."""
    return page.evaluate(
        """() => {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = 64;
          const pen = canvas.getContext("2d");
          pen.drawImage(document.getElementById("pg-preview-image"), 0, 0, 64, 64);
          const {data} = pen.getImageData(0, 0, 64, 64);
          return Array.from({length: 4096}, (_, n) => data[4 * n] + data[4 * n + 1] + data[4 * n + 2]);
        }"""
    )  # type: ignore[no-any-return]


def middle(brightness: list[int]) -> tuple[float, float]:
    """Column and row, as shares, of the middle of what is not white."""
    dark = [(n % 64, n // 64) for n, value in enumerate(brightness) if value < 735]
    assert dark, "nothing is shown"
    return sum(x for x, _y in dark) / len(dark) / 64, sum(y for _x, y in dark) / len(dark) / 64


def renewed(page: Page, before: str) -> None:
    page.wait_for_function(
        "before => document.getElementById('pg-preview-image').getAttribute('src') !== before", arg=before
    )
    shown(page)


def save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("button[value=save]").click()


def made_with(site: Site) -> list[dict[str, Any]]:
    """How each picture was made, from the site's own database, oldest first."""
    with sqlite3.connect(site.folder / "e2e.sqlite3") as database:
        rows = database.execute("select recipe from prodgen_django_generatedimage order by id").fetchall()
    return [json.loads(recipe) for (recipe,) in rows]


def test_a_product_is_moved_by_hand_and_the_job_makes_it_so(page: Page, worker: Site) -> None:
    choose_products(page, "Generate display pictures", "Anello vase", "Apothecary pump")
    expect(page.locator("#pg-preview-item option:checked")).to_have_text("Apothecary pump")
    first = shown(page)
    x, y = middle(pixels(page))

    # Dragged to the right and up, it is shown there, as far as it was dragged.
    image = page.locator("#pg-preview-image")
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.6 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.65 * box["width"], box["y"] + 0.55 * box["height"], steps=5)
    page.mouse.up()
    assert moves(page) == pytest.approx({"right": 0.15, "down": -0.05}, abs=0.01)
    renewed(page, first)
    moved_x, moved_y = middle(pixels(page))
    assert (moved_x - x, moved_y - y) == pytest.approx((0.15, -0.05), abs=0.02)

    # The arrow keys go a hundredth each.
    before, dragged = shown(page), moves(page)
    frame = page.locator(".pg-preview-frame")
    frame.press("ArrowLeft")
    frame.press("ArrowLeft")
    frame.press("ArrowDown")
    assert moves(page) == pytest.approx(
        {"right": dragged["right"] - 0.02, "down": dragged["down"] + 0.01}, abs=1e-4
    )
    renewed(page, before)

    before = shown(page)
    page.locator("input[name=styles][value=oak-morning]").check()
    page.locator("input[name=styles][value=white]").uncheck()
    renewed(page, before)

    # Slides: smaller, turned, lit from the left, a paler shadow; each is seen.
    for name, value in {"scale": 0.7, "turn": -20, "light": -0.8, "shadow": 0.5}.items():
        before = shown(page)
        slide(page, name, value)
        renewed(page, before)
    wanted = moves(page)
    assert {name: wanted[name] for name in ("scale", "turn", "light", "shadow")} == {
        "scale": 0.7, "turn": -20, "light": -0.8, "shadow": 0.5,
    }  # fmt: skip
    shoot(page, "move-it")

    # The other product is where it was; the first is found again as it was left.
    before = shown(page)
    page.select_option("#pg-preview-item", label="Anello vase")
    renewed(page, before)
    assert moves(page) == {}
    assert page.input_value("[data-move=scale]") == "1"
    page.select_option("#pg-preview-item", label="Apothecary pump")
    assert page.input_value("[data-move=turn]") == "-20"

    # A kept draft has it, and so has the job that is started.
    save(page)
    page.select_option("#pg-preview-item", label="Apothecary pump")
    expect(page.locator("[data-move=scale]")).to_have_value("0.7")
    assert moves(page) == pytest.approx(wanted, abs=1e-4)
    start(page)
    wait_for_end(page)
    assert page.locator(".pg-buttons .pg-badge").inner_text() == "Succeeded"
    pump, vase = sorted(made_with(worker)[-2:], key=lambda recipe: "move" not in recipe)
    assert pump["move"] == pytest.approx(wanted, abs=1e-4)
    assert "move" not in vase
    assert page.problems == []  # type: ignore[attr-defined]


def test_put_back_it_stands_where_it_stood(page: Page, worker: Site) -> None:
    choose_products(page, "Generate display pictures", "Anello vase")
    first = shown(page)
    page.locator(".pg-preview-frame").press("ArrowRight")
    renewed(page, first)
    before = shown(page)
    page.locator("#pg-move-reset").click()
    assert moves(page) == {}
    renewed(page, before)
    page.locator(".pg-textbutton").filter(has_text="Discard").click()
    assert page.problems == []  # type: ignore[attr-defined]


def test_how_products_are_shown_is_said_and_kept(page: Page, site: Site) -> None:
    choose_products(page, "Generate display pictures", "Brook jug", "Clara carafe")
    jug, carafe = (page.locator(".pg-products li").filter(has_text=title) for title in ("Brook", "Clara"))
    expect(jug.locator(".pg-pose-known")).to_contain_text("Stands on a table")
    jug.locator("summary").click()
    jug.get_by_label("How it is shown").select_option(label="Stands on the floor")
    jug.get_by_label("Longer side in cm").fill("60")
    save(page)
    expect(jug.locator(".pg-pose-known")).to_have_text("Stands on the floor · 60 cm")
    jug.locator("summary").click()
    expect(jug).to_contain_text("Said for this product")
    expect(carafe.locator(".pg-pose-known")).to_contain_text("Stands on a table")

    # Said of the whole category it holds for both, and for the product alone no longer.
    jug.get_by_label("How it is shown").select_option(label="Lies, seen from above")
    jug.get_by_label("Holds for").select_option(label="all of “Vessels”")
    shoot(page, "poses")
    save(page)
    for product in (jug, carafe):
        expect(product.locator(".pg-pose-known")).to_contain_text("Lies, seen from above")
        product.locator("summary").click()
        expect(product).to_contain_text("Said for its category")

    # A later draft knows it.
    page.locator(".pg-textbutton").filter(has_text="Discard").click()
    choose_products(page, "Generate display pictures", "Clara carafe")
    expect(carafe.locator(".pg-pose-known")).to_contain_text("Lies, seen from above")
    # Taken back, its name speaks again.
    page.goto("/admin/prodgen_django/pose/")
    page.get_by_role("row").filter(has_text=re.compile("Vessels")).locator("input.action-select").check()
    page.select_option("select[name=action]", "delete_selected")
    page.locator("button[name=index]").click()
    page.locator("[type=submit]").last.click()
    page.wait_for_url("**/pose/", timeout=PATIENCE)
    choose_products(page, "Generate display pictures", "Clara carafe")
    expect(carafe.locator(".pg-pose-known")).to_contain_text("Stands on a table")
    page.locator(".pg-textbutton").filter(has_text="Discard").click()
    assert page.problems == []  # type: ignore[attr-defined]
