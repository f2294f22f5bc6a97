"""The sizes of a campaign, as data: no NumPy and no OpenCV, so that a form may list them.

Safe zones are where a platform lays its own buttons and names over a picture: no text and no logo may be
there. Sources stand with each rule; what is known from memory alone is advice.
"""

from __future__ import annotations

from dataclasses import dataclass

from prodgen_django.studio.channels import META_ADS, TAOBAO, Channel, Rule

IAB = "iab.com, fixed size ad specifications"


@dataclass(frozen=True, slots=True)
class Format:
    """One size of a campaign.

    `size`: width and height in pixels. `safe`: top, right, bottom, left, as shares of the height or width,
    in which no text may be. `least_text`: the smallest letters in pixels of font size, by how much the
    picture is reduced where it is shown. `keyline`: a line one pixel wide along the rim, which display
    networks ask for so that an advert can be told from the page. `small`: too little room for a second
    sentence.
    """

    name: str
    label: str
    group: str
    size: tuple[int, int]
    channel: Channel
    least_text: float
    safe: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    keyline: bool = False
    small: bool = False
    encoding: str = "jpeg"

    @property
    def aspect(self) -> float:
        return self.size[0] / self.size[1]


_OURS = (Rule("frames"), Rule("private_data"), Rule("source_type", {"required": True, "forbidden": ()}))


def _format(
    name: str,
    label: str,
    group: str,
    size: tuple[int, int],
    least_text: float,
    rules: tuple[Rule, ...],
    *,
    safe_pixels: tuple[int, int, int, int] = (0, 0, 0, 0),
    keyline: bool = False,
    small: bool = False,
    encoding: str = "jpeg",
) -> Format:
    width, height = size
    top, right, bottom, left = safe_pixels
    exact = (Rule("width", (width, width)), Rule("height", (height, height)))
    channel = Channel(name, label, (*exact, *rules, *_OURS), size=size, format=encoding)
    safe = (top / height, right / width, bottom / height, left / width)
    return Format(name, label, group, size, channel, least_text, safe, keyline, small, encoding)


_META = (Rule("format", ("JPEG", "PNG"), source=META_ADS), Rule("bytes", 30_000_000, source=META_ADS))
_WEB = (
    Rule("format", ("JPEG", "PNG", "WEBP", "AVIF"), source="every browser of today"),
    Rule("bytes", 600_000, source="the first picture of a page decides how fast it seems"),
)
_MAIL = (
    Rule("format", ("JPEG", "PNG"), source="mail programs show no newer format"),
    Rule("bytes", 400_000, source="a newsletter is read on a phone"),
)
_TAOBAO = (
    Rule("format", ("JPEG", "PNG"), source=TAOBAO),
    Rule("bytes", 3_000_000, source=TAOBAO),
)


def _iab(most: int) -> tuple[Rule, ...]:
    return (Rule("format", ("JPEG", "PNG", "GIF"), source=IAB), Rule("bytes", most, source=IAB))


# The letters' sizes: a square of 1440 pixels is about 390 points wide on a phone, so 34 of its pixels are 9
# points; a display advert and a hero are shown at their own size.
_ALL = (
    _format("hero", "Home page, wide", "shop", (1920, 720), 20, _WEB),
    _format("hero_phone", "Home page, phone", "shop", (1080, 1200), 30, _WEB),
    _format("email", "E-mail header", "email", (1200, 600), 24, _MAIL),
    _format("meta_square", "Instagram and Facebook 1:1", "meta", (1440, 1440), 36, _META),
    _format("meta_portrait", "Instagram and Facebook 4:5", "meta", (1440, 1800), 36, _META),
    _format(
        "meta_story",
        "Story 9:16",
        "meta",
        (1440, 2560),
        38,
        _META,
        safe_pixels=(250, 0, 340, 0),
    ),
    _format(
        "meta_reel",
        "Reel 9:16",
        "meta",
        (1440, 2560),
        38,
        _META,
        safe_pixels=(358, 86, 896, 86),
    ),
    _format("meta_link", "Link 1.91:1", "meta", (1200, 628), 28, _META),
    _format("taobao_main", "Taobao 800 × 800", "taobao", (800, 800), 26, _TAOBAO),
    _format(
        "iab_rectangle",
        "Advert 300 × 250",
        "iab",
        (300, 250),
        10.5,
        _iab(150_000),
        keyline=True,
        small=True,
    ),
    _format(
        "iab_leaderboard",
        "Advert 728 × 90",
        "iab",
        (728, 90),
        10.5,
        _iab(150_000),
        keyline=True,
        small=True,
    ),
    _format(
        "iab_skyscraper",
        "Advert 160 × 600",
        "iab",
        (160, 600),
        10.5,
        _iab(150_000),
        keyline=True,
        small=True,
    ),
    _format("iab_billboard", "Advert 970 × 250", "iab", (970, 250), 12, _iab(250_000), keyline=True),
)

FORMATS: dict[str, Format] = {one.name: one for one in _ALL}
"""Every size by name."""

GROUPS: dict[str, tuple[str, ...]] = {
    group: tuple(f.name for f in _ALL if f.group == group) for group in dict.fromkeys(f.group for f in _ALL)
}
"""The sizes of each channel."""
