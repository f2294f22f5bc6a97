"""The main way, as a shop admin goes it, in a real browser with a real worker: from selected products to the
shop.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.worker]
#: A worker's first picture waits for OpenCV to be imported; on a busy machine that takes its time.


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page where PRODGEN_SCREENSHOTS names a folder."""
    folder = os.environ.get("PRODGEN_SCREENSHOTS")
    if folder:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def choose_products(page: Page, action: str, *titles: str) -> None:
    """Tick products in Oscar's own admin and run one of our actions."""
    page.goto("/admin/catalogue/product/")
    for title in titles:
        page.get_by_role("row").filter(has_text=title).locator("input.action-select").check()
    page.select_option("select[name=action]", label=action)
    page.locator("button[name=index]").click()
    page.wait_for_url("**/options/")


def start(page: Page) -> None:
    page.locator("button[value=start]").click()
    page.wait_for_url(re.compile("/change/"))  # after a preview without scripts "#preview" stays behind it


def wait_for_end(page: Page) -> None:
    """Until the page itself, without being loaded again, says that the job is over."""
    page.locator(".pg-buttons .pg-badge").filter(has_text=re.compile("Succeeded|ailed")).wait_for()


def test_from_selected_products_to_the_product_page(page: Page, worker: Site) -> None:
    choose_products(page, "Generate display pictures", "Anello vase", "Apothecary pump")
    expect(page.locator(".pg-products li")).to_have_count(2)

    # The preview comes by itself, and again when an option changes.
    preview = page.locator("#pg-preview-image")
    page.wait_for_selector(".pg-preview[data-state=done]")
    first = preview.get_attribute("src")
    page.locator("input[name=styles][value=white]").uncheck()
    page.locator("input[name=styles][value=oak-morning]").check()
    page.wait_for_function(
        "before => document.getElementById('pg-preview-image').getAttribute('src') !== before",
        arg=first,
    )
    # Moved with the keys it is shown there, and the job will show it there.
    page.wait_for_selector(".pg-preview[data-state=done]")
    before = preview.get_attribute("src")
    page.locator(".pg-preview-frame").press("ArrowRight")
    expect(page.locator("input[name=moves]")).to_have_value(re.compile('"right":0.01'))
    page.wait_for_function(
        "before => document.getElementById('pg-preview-image').getAttribute('src') !== before",
        arg=before,
    )
    page.locator("input[name=styles][value=white]").check()
    shoot(page, "options")

    start(page)
    page.evaluate("window.untouched = true")
    wait_for_end(page)
    assert page.evaluate("window.untouched"), "the page was loaded again"
    assert page.locator(".pg-buttons .pg-badge").inner_text() == "Succeeded"
    expect(page.locator("tr[data-item] .pg-done")).to_have_count(2)
    assert "All 2 done." in page.locator("#pg-announce").inner_text()
    shoot(page, "job")

    # Review by key: approve the first, which goes on to the second; reject that; back; publish.
    page.locator("#pg-to-review").click()
    page.wait_for_url("**/review/")
    cards = page.locator(".pg-candidate")
    expect(cards).to_have_count(4)
    shoot(page, "review")
    cards.first.focus()
    page.keyboard.press("a")
    page.wait_for_selector(".pg-candidate[data-state=approved]")
    page.keyboard.press("r")
    page.wait_for_selector(".pg-candidate[data-state=rejected]")
    page.keyboard.press("u")  # now at the third, about which nothing is decided: nothing happens
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("u")
    page.wait_for_selector(".pg-candidate[data-state=rejected]", state="detached")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("p")
    page.wait_for_selector(".pg-candidate[data-state=published]")
    assert cards.first.get_attribute("data-state") == "published"
    assert page.locator("[data-count=published]").inner_text() == "1"
    title = cards.first.get_attribute("data-title")
    picture = cards.first.get_attribute("id")
    uuid = (cards.first.get_attribute("data-action") or "").split("/")[-3]

    # Compare: keys work there, too, and Esc leads back to the picture.
    page.keyboard.press("Enter")
    page.wait_for_selector("#pg-lightbox[open]")
    assert page.locator("#pg-lightbox-title").inner_text() == title
    page.keyboard.press("z")
    expect(page.locator("#pg-stage.pg-zoomed")).to_have_count(1)
    page.keyboard.press("z")
    page.locator("[data-view=slider][aria-pressed]").click()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == picture
    page.keyboard.press("?")
    page.wait_for_selector("#pg-keys[open]")
    page.keyboard.press("Escape")

    # The customer sees it: the copy in the shop is named by the product and the picture.
    page.goto("/catalogue/")
    page.get_by_role("link", name=title or "").first.click()
    page.locator("h1").filter(has_text=title or "").wait_for()
    sources = page.locator("img").evaluate_all("images => images.map(image => image.src)")
    assert any(f"-{uuid[:8]}" in source for source in sources), (uuid, sources)
    shoot(page, "product")
    assert page.problems == []  # type: ignore[attr-defined]


def test_a_cut_out_is_mended_with_the_brush(page: Page, worker: Site) -> None:
    choose_products(page, "Generate display pictures", "Clara carafe")
    page.locator("input[name=photo][value=first]").check()
    start(page)
    wait_for_end(page)
    page.locator("#pg-to-review").click()
    page.get_by_role("link", name="Mend the cut-out").click()
    page.wait_for_selector("#pg-cut-canvas[data-ready]")
    canvas = page.locator("#pg-cut-canvas")
    shoot(page, "cutout-found")
    assert page.locator("#pg-cut-save").is_disabled()

    def draw(key: str, across: float) -> None:
        box = canvas.bounding_box()
        assert box is not None
        page.keyboard.press(key)
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.1)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.9, steps=6)
        page.mouse.up()

    page.locator("#pg-cut-size").fill("90")
    draw("e", 0.5)  # rub a stripe through the middle of the product out
    page.keyboard.press("z")
    assert page.locator("#pg-cut-save").is_disabled(), "the undo left a step"
    draw("b", 0.08)  # a stripe of the background is said to be the product
    shoot(page, "cutout-drawn")
    page.locator("#pg-cut-save").click()
    page.wait_for_url(re.compile(r"/job/\d+/change/"))
    wait_for_end(page)
    assert page.locator(".pg-buttons .pg-badge").inner_text() == "Succeeded"
    page.locator("#pg-to-review").click()
    page.get_by_text("Drawn by a person").wait_for()
    shoot(page, "cutout-staged")
    # The drawing is kept: who mends again begins with it.
    page.get_by_role("link", name="Mend the cut-out").click()
    page.wait_for_selector("#pg-cut-canvas[data-ready]")
    page.locator("#pg-cut-alone").check()
    left = page.evaluate(
        "async () => { await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));"
        " const c = document.getElementById('pg-cut-canvas');"
        " return [...c.getContext('2d').getImageData(c.width * 0.08, c.height / 2, 1, 1).data]; }"
    )
    assert left[:3] != [255, 255, 255], "the stripe is not in the outline"
    assert page.problems == []  # type: ignore[attr-defined]


def test_a_stitch_of_several_products(page: Page, worker: Site) -> None:
    choose_products(page, "Stitch pictures", "Brook jug", "Clara carafe")
    page.locator("input[name=mode][value=row]").check()
    page.locator("input[name=together]").check()
    shoot(page, "stitch-options")
    start(page)
    wait_for_end(page)
    expect(page.locator("tr[data-item]")).to_have_count(1)
    expect(page.locator(".pg-newest img")).to_have_count(1)
    shoot(page, "stitch-job")
    assert page.problems == []  # type: ignore[attr-defined]


def test_a_stitch_shows_how_it_came_about(page: Page, worker: Site) -> None:
    choose_products(page, "Stitch pictures", "Azrou rug")
    page.locator("summary").filter(has_text="More options").click()
    page.locator("input[name=explain]").check()
    start(page)
    wait_for_end(page)
    assert page.locator(".pg-buttons .pg-badge").inner_text() == "Succeeded"
    assert "Photo 1 is left out" in page.locator(".pg-report").inner_text()
    page.locator("summary").filter(has_text="How it was stitched").click()
    steps = page.locator(".pg-steps figure")
    captions = steps.locator("figcaption").all_inner_texts()
    assert "Photo 4 in its place" in captions  # the first three show the whole rug and are left out
    assert "Where the seams run" in captions
    for number in range(steps.count()):
        image = steps.nth(number).locator("img")
        image.scroll_into_view_if_needed()
        page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())
    shoot(page, "stitch-steps")
    assert page.problems == []  # type: ignore[attr-defined]


def test_a_job_can_be_cancelled_while_no_worker_runs(page: Page, site: Site) -> None:
    choose_products(page, "Generate display pictures", "Brook jug")
    page.wait_for_selector(".pg-preview[data-silent]")
    assert "No worker serves the queue" in page.locator(".pg-preview-status").inner_text()
    start(page)
    assert "Waiting for a worker" in page.locator(".pg-sentence").inner_text()
    page.locator("#pg-cancel").click()
    page.get_by_text("The job is being cancelled").wait_for()
    assert page.locator(".pg-buttons .pg-badge").inner_text() == "Cancelled"


def test_everything_but_the_live_part_works_without_javascript(browser: Browser, worker: Site) -> None:
    from tests.e2e.conftest import sign_in

    context = browser.new_context(base_url=worker.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    sign_in(page, "owner")
    choose_products(page, "Generate display pictures", "Anello vase")
    with page.expect_navigation():
        page.locator("#pg-preview-button").click()
    assert page.locator(".pg-preview-status").inner_text().strip()
    page.locator("input[name=styles][value=cream]").check()
    start(page)
    for _look in range(PATIENCE // 1000):
        page.reload()
        if page.locator(".pg-buttons .pg-badge").inner_text() not in ("Queued", "Running"):
            break
        page.wait_for_timeout(1000)
    page.locator("#pg-to-review").click()
    page.locator(".pg-do-approve").nth(1).click()  # the first is the bulk action's
    page.get_by_text("is approved").wait_for()
    page.locator(".pg-tabs a").filter(has_text="Approved").click()
    page.locator(".pg-actions .pg-do-publish").first.click()
    page.get_by_text("is published in the shop").wait_for()
    page.locator(".pg-tabs a").filter(has_text="Published").click()
    page.locator(".pg-actions .pg-do-undo").first.click()
    page.get_by_text("is undone").wait_for()
    page.locator(".pg-tabs a").filter(has_text="To review").click()
    page.locator(".pg-pick input").first.check()
    page.locator(".pg-bulk .pg-do-reject").click()
    page.get_by_text("1 picture is rejected.").wait_for()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1300])
def test_no_page_is_wider_than_the_window(browser: Browser, site: Site, scheme: str, width: int) -> None:
    from tests.e2e.conftest import sign_in

    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": 850},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    sign_in(page, "owner")
    choose_products(page, "Generate display pictures", "Anello vase")
    draft = page.url
    jobs = page.goto("/admin/prodgen_django/job/?state__exact=succeeded")
    assert jobs is not None
    finished = page.locator(".field-name a")
    addresses = [draft, "/admin/prodgen_django/job/review/?state=all"]
    if finished.count():
        addresses.append(finished.first.get_attribute("href") or "")
    for number, address in enumerate(addresses):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        shoot(page, f"{scheme}-{width}-{number}")
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{address} is {over} px too wide"
    page.goto(draft)
    page.locator(".pg-textbutton[formaction]").click()
    context.close()
