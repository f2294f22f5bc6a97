"""The picture of docs/how-to/campaigns.md: six campaigns in thirteen sizes and six languages, 78 banners.

python -m benchmarks.campaign --sheet docs/images/campaigns.jpg
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.campaign.work import PHOTOS, cut
from prodgen_django.imagefile import encode_image
from prodgen_django.studio.banners import FORMATS, Brand, Brief, Campaign, looks

HEIGHT, GAP = 240, 8
#: Columns of a row: sizes one above the other, and the column's width.
COLUMNS = (
    (("meta_story",), 135), (("meta_reel",), 135), (("iab_skyscraper",), 64), (("meta_portrait",), 192),
    (("hero_phone",), 216), (("meta_square",), 240), (("taobao_main", "iab_rectangle"), 130),
    (("email", "meta_link"), 226), (("hero", "iab_billboard", "iab_leaderboard"), 318),
)  # fmt: skip
#: Products, ground, seed and words.
CAMPAIGNS = (
    (
        ("tidal-mug", "ember-tea-bowl", "reed-cup"), 0, 4,
        Brief("Slow mornings, 20% off", "Mugs, bowls and cups, dipped by hand.", "from £14.40", "", "-20%",
              "See the offer", "Until 30 November", "en-gb"),
    ),
    (
        ("linnet-chair",), 1, 1,
        Brief("Ein Stuhl für lange Abende", "Esche, gedämpft und von Hand gebogen.", "189,00\u00a0€", "249,00\u00a0€",
              "-24\u00a0%", "Jetzt entdecken", "Bis 24. Dezember", "de"),
    ),
    (
        ("corda-vase", "anello-vase"), 2, 2,
        Brief("冬日上新，手工花瓶全场八折", "每一只都独一无二", "¥288.00", "¥360.00", "-20%", "立即选购",
              "截至11月30日", "zh-hans"),
    ),
    (
        ("orchard-table-lamp", "luna-globe-lamp", "heron-desk-lamp"), 0, 9,
        Brief("秋の夜長に、やさしい灯り", "吹きガラスと真鍮のランプ", "¥12,800から", "", "", "今すぐ見る", "", "ja"),
    ),
    (
        ("marrakesh-pouf", "canopy-cushion", "azrou-rug", "quay-bench", "linnet-chair", "luna-globe-lamp"), 0, 3,
        Brief("تخفيضات الشتاء على كل البيت", "قطع مصنوعة يدويًا", "من \u200f19.90\u00a0€", "", "\u200e-20%\u200e",
              "تسوّق الآن", "حتى 30 نوفمبر", "ar"),
    ),
    (
        ("deckchair-cushion", "arcade-cushion"), 1, 6,
        Brief("כריות חדשות לסלון", "פשתן וכותנה בעבודת יד", "\u200f129.00\u00a0\u200f₪", "", "", "לקנייה",
              "עד 30 בנובמבר", "he"),
    ),
)  # fmt: skip


def write(path: Path, folder: Path) -> int:
    """Draw all banners into one JPEG; returns how many passed every gate."""
    width = sum(wide for _names, wide in COLUMNS) + GAP * (len(COLUMNS) + 1)
    whole = Image.new("RGB", (width, (HEIGHT + GAP) * len(CAMPAIGNS) + GAP), (236, 236, 234))
    passed = 0
    for row, (names, number, seed, brief) in enumerate(CAMPAIGNS):
        shown = [cut(name, folder) for name in names]
        brand = Brand(name="Alder & Loom")
        look = looks(shown, brief, brand, count=number + 1, seed=seed)[number]
        campaign = Campaign(shown, replace(brief), brand)
        x, top = GAP, GAP + row * (HEIGHT + GAP)
        for sizes, wide in COLUMNS:
            y = top
            for name in sizes:
                banner = campaign.banner(FORMATS[name], look)
                passed += banner.passed
                if not banner.passed:
                    print(brief.language, name, [gate.message for gate in banner.failures])
                small = Image.fromarray(banner.image)
                tall = min(round(wide / FORMATS[name].aspect), HEIGHT)
                whole.paste(small.resize((wide, tall), Image.Resampling.LANCZOS), (x, y))
                y += tall + GAP // 2
            x += wide + GAP
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        encode_image(np.asarray(whole), format="jpeg", source_type="compositeCapture", quality=84)
    )
    return passed


__all__ = ["CAMPAIGNS", "PHOTOS", "write"]
