"""A banner from products, words and a look: search, paint, measure; the best layout that passes every gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio.color import Pixels, palette, style_tags
from prodgen_django.studio.fidelity import Fidelity, certify, thresholds_for
from prodgen_django.studio.provenance import combined_source_type

from . import gates
from .brief import BannerError, Brand, Brief, Shown
from .colours import with_ground
from .directions import Look, panel_for
from .formats import Format
from .gates import Gate
from .geometry import Rect
from .grounds import Studio
from .painting import Painted, Placed, paint
from .saliency import Busyness
from .search import Layout, search
from .typesetting import Setter

_TRIES = 4
# Fine patterns of small products need more than a photograph does; then what a small file allows.
_QUALITIES = (91, 96, 99, 86, 78, 70, 60)


@dataclass(frozen=True)
class Banner:
    """A finished banner. `image`: uint8 h×w×3; `data`: the file. `gates`: what was measured; `passed`:
    nothing stands against publishing it. `fidelity`: one certificate for each product shown, of the stored
    file; `composed_exact`: before it was encoded, every opaque pixel of every product was its photograph's."""

    format: Format
    look: Look
    layout: Layout
    painted: Painted
    data: bytes
    gates: tuple[Gate, ...]
    fidelity: tuple[Fidelity, ...]
    composed_exact: bool
    source_type: str
    palette: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def image(self) -> Pixels:
        return self.painted.image

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def failures(self) -> list[Gate]:
        return [gate for gate in self.gates if not gate.passed]

    def as_dict(self) -> dict[str, Any]:
        """Everything but the pixels, as plain JSON values."""
        return {
            "format": self.format.name,
            "family": self.layout.plan.family,
            "look": self.look.name,
            "score": self.layout.score,
            "parts": {k: round(v, 4) for k, v in self.layout.parts.items()},
            "gates": [gate.as_dict() for gate in self.gates],
            "dropped": list(self.layout.block.dropped),
            "shown": [one.index for one in self.painted.products],
            "text": [
                {"role": line.role, "text": line.text, "size": round(line.size, 2),
                 "box": [round(v, 1) for v in line.box]}
                for line in self.layout.block.lines
            ],
        }  # fmt: skip


@dataclass(frozen=True)
class _Try:
    """A painted layout with what was measured of it."""

    look: Look
    layout: Layout
    painted: Painted
    measured: list[Gate]
    certificates: list[Fidelity]

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.measured)


@dataclass
class Campaign:
    """One brief's banners in any size and look. Keeps scenes and measured texts between sizes."""

    products: Sequence[Shown]
    brief: Brief
    brand: Brand = field(default_factory=Brand)
    studio: Studio = field(default_factory=Studio)
    _setters: dict[str, Setter] = field(default_factory=dict)

    def banner(self, fmt: Format, look: Look, *, expected: Sequence[str] | None = None) -> Banner:
        """The best layout of this size, painted and measured.

        `expected`: prices as the shop writes them now; by default those of the brief. A layout whose pixels
        fail a gate gives way to the next best; if all do, the best is returned with its failures.
        Raises BannerError (no_layout) where the words fit into no layout.
        """
        wanted = expected if expected is not None else (self.brief.price, self.brief.old_price)
        best: _Try | None = None
        for one in _ways(look, fmt):
            found = self._tried(fmt, one, wanted)
            if found is not None and (best is None or found.passed):
                best = found
            if best is not None and best.passed:
                break
        if best is None:
            raise BannerError(
                "no_layout",
                f"The words do not fit into {fmt.label}: shorten the headline, or leave something out.",
            )
        return self._finished(fmt, best)

    def _tried(self, fmt: Format, look: Look, wanted: Sequence[str]) -> _Try | None:
        """The best layout of a look whose pixels pass every gate; else the best; None where nothing fits."""
        setter = self._setters.setdefault(look.typeface, Setter(self.brief, self.brand, look.typeface))
        best: _Try | None = None
        for layout in search(fmt, look, setter, self.products, lambda: self._busyness(fmt, look))[:_TRIES]:
            painted = paint(fmt, look, layout, self.products, self.brand, self.studio)
            certificates = [
                _certify(self.products[one.index], painted.image, one) for one in painted.products
            ]
            measured = self._measured(fmt, layout, painted, certificates, wanted)
            this = _Try(look, layout, painted, measured, certificates)
            if best is None or this.passed:
                best = this
            if this.passed:
                break
        return best

    def _busyness(self, fmt: Format, look: Look) -> Busyness:
        return Busyness(self.studio.scene(look, fmt.size))

    def _measured(
        self, fmt: Format, layout: Layout, painted: Painted, certificates: list[Fidelity],
        wanted: Sequence[str],
    ) -> list[Gate]:  # fmt: skip
        return [
            gates.check_contrast(painted, fmt),
            gates.check_overlap(layout.block, painted),
            gates.check_safe_zone(layout.block, fmt),
            gates.check_sizes(layout.block, painted, fmt),
            gates.check_price(layout.block, self.brief, wanted),
            gates.check_letters(layout.block, self.brief, painted),
            gates.check_whole(painted),
            gates.check_fidelity(certificates),
        ]

    def _finished(self, fmt: Format, best: _Try) -> Banner:
        look, layout, painted, certificates = best.look, best.layout, best.painted, best.certificates
        source = combined_source_type(["digitalCapture", "algorithmicMedia"])
        most = next((rule.limit for rule in fmt.channel.rules if rule.name == "bytes"), None)
        limits = thresholds_for(fmt.encoding)
        kept: tuple[bytes, tuple[Fidelity, ...]] | None = None
        for number, quality in enumerate(_QUALITIES):
            data = encode_image(painted.image, format=fmt.encoding, source_type=source, quality=quality)
            if most is not None and len(data) > most and number < len(_QUALITIES) - 1:
                if kept is not None and number >= 2:
                    break
                continue
            pixels = load_image(data, background=(255, 255, 255))
            stored = tuple(
                _certify(self.products[one.index], pixels, one, limits) for one in painted.products
            )
            true = all(certificate.passed for certificate in stored)
            # The first that fits, or a later one of which the products come out truer.
            if kept is None or true:
                kept = (data, stored)
            if true or number >= 2:
                break
        assert kept is not None
        data, stored = kept
        file_gate = gates.check_file(data, fmt)
        measured = [gate for gate in best.measured if gate.name != "fidelity"]
        # As composed, a difference that no eye would see is still a fault; as stored, the format's loss is not.
        fidelity = gates.check_fidelity(certificates, stored)
        return Banner(
            fmt, look, layout, painted, data, (*measured, fidelity, file_gate), stored,
            all(certificate.exact for certificate in certificates), source,
            tuple(palette(painted.image)), tuple(dict.fromkeys([*style_tags(painted.image), *look.tags])),
        )  # fmt: skip


def _ways(look: Look, fmt: Format) -> list[Look]:
    """The look, and what stands for it where words cannot be read on its scene: a plain panel beside it."""
    if look.ground != "scene":
        return [look]
    beside = replace(look, ground="split", scheme=with_ground(look.scheme, panel_for(look.backdrop)))
    # A strip is too low for words to stand above the edge of a table.
    return [beside] if fmt.aspect >= 4.5 else [look, beside]


def _certify(shown: Shown, image: Pixels, one: Placed, limits: dict[str, float] | None = None) -> Fidelity:
    """The certificate of one product, measured on its own part of the picture."""
    rows, columns = Rect(*one.rect).pixels(image.shape[1], image.shape[0])
    shift = np.array([[1, 0, -columns.start], [0, 1, -rows.start], [0, 0, 1]], np.float64)
    return certify(shown.photo, shown.alpha, image[rows, columns], shift @ one.transform, thresholds=limits)
