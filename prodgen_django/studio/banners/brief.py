"""What a campaign says, whose it is, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from prodgen_django.studio.color import Float, Pixels, palette
from prodgen_django.studio.goods import Pose
from prodgen_django.studio.matting import foreground
from prodgen_django.studio.text import clean_text

from .errors import BannerError

__all__ = ["MOST_PRODUCTS", "RIGHT_TO_LEFT", "BannerError", "Brand", "Brief", "Shown"]

MOST_PRODUCTS = 12
# Words that may stand in several lines, and those that stand in one.
_PARAGRAPHS = ("headline", "subline", "until")
_LINES = ("price", "old_price", "badge", "call")
RIGHT_TO_LEFT = ("ar", "he", "fa", "ur", "ps", "yi", "dv", "sd", "ug", "ckb")


@dataclass(frozen=True, slots=True)
class Brief:
    """The words of a banner, each as it is to be read. Prices come formatted, as the shop writes them.

    All are cleaned (`studio.text.clean_text`). `headline` is needed; a line break in it, in the second sentence and
    in the small print is kept. `language`: a tag such as "en", "zh-hans", "ar".
    `badge`: a discount, such as "−20 %". `until`: small print, such as the last day.
    """

    headline: str
    subline: str = ""
    price: str = ""
    old_price: str = ""
    badge: str = ""
    call: str = ""
    until: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        for role in (*_PARAGRAPHS, *_LINES):
            object.__setattr__(self, role, clean_text(getattr(self, role), lines=role in _PARAGRAPHS))

    @property
    def right_to_left(self) -> bool:
        return self.language.replace("_", "-").split("-")[0].lower() in RIGHT_TO_LEFT

    def texts(self) -> dict[str, str]:
        """What is said, by role; empty ones left out."""
        roles = ("headline", "subline", "price", "old_price", "badge", "call", "until")
        return {role: text for role in roles if (text := getattr(self, role))}


@dataclass(frozen=True, eq=False)
class Brand:
    """A shop's kit. `logo` and `logo_on_dark`: uint8 h×w×4. Colours: "#rrggbb"; what is left empty is chosen
    by the products. `fonts`: paths of font files, first choice first, for headlines and for all else."""

    name: str = ""
    logo: Pixels | None = None
    logo_on_dark: Pixels | None = None
    ground: str = ""
    ink: str = ""
    accent: str = ""
    headline_fonts: Sequence[str] = ()
    text_fonts: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text(self.name))


@dataclass(frozen=True, eq=False)
class Shown:
    """A product to show: its photograph (uint8 h×w×3), its alpha (float32 h×w in [0, 1]) and how it is shown.

    Made with `Shown.of`, which cuts both down to the product, so that every size is one resampling of few
    pixels.
    """

    photo: Pixels
    alpha: Float
    title: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    pose: Pose = "table"

    @classmethod
    def of(cls, photo: Pixels, alpha: Float, title: str = "", *, pose: Pose = "table", **extra: Any) -> Shown:
        """Raises BannerError (empty_cut_out) where alpha marks nothing."""
        solid = alpha >= 0.5
        if not solid.any():
            raise BannerError("empty_cut_out", f"No product was found in the photograph of {title}.")
        reach = 3
        rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
        top, left = max(0, rows[0] - reach), max(0, columns[0] - reach)
        bottom, right = rows[-1] + 1 + reach, columns[-1] + 1 + reach
        alpha = np.ascontiguousarray(alpha[top:bottom, left:right], np.float32)
        photo = np.ascontiguousarray(photo[top:bottom, left:right])
        return cls(foreground(photo, alpha), alpha, title, extra, pose)

    @property
    def aspect(self) -> float:
        """Width to height."""
        return self.photo.shape[1] / self.photo.shape[0]

    @cached_property
    def palette(self) -> tuple[str, ...]:
        return tuple(palette(self.photo, self.alpha, 4))
