"""The certificates of a picture's products: measured as composed, and on the stored file read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prodgen_django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from prodgen_django.studio import Fidelity

#: Qualities tried in turn where the shop's own costs a product its fine structure.
GENTLER = (94, 97)


@dataclass(frozen=True)
class Proof:
    """One product of a picture: its certificate as composed, and how the stored pixels are measured under limits."""

    composed: Fidelity
    certify: Callable[[np.ndarray, dict[str, float]], Fidelity]


def stored(
    pixels: np.ndarray, file_format: str, source_type: str, proofs: Sequence[Proof]
) -> tuple[bytes, list[dict[str, Any]]]:
    """A picture (uint8 h×w×3) as a file, and the certificate of each of its products.

    Fine grooves and flutes can lose too much to the shop's usual compression: such a picture alone is compressed less.
    """
    from prodgen_django.imagefile import encode_image, load_made

    lossy = file_format != "png"
    for quality in (settings.QUALITY, *(q for q in GENTLER if q > settings.QUALITY and lossy)):
        data = encode_image(
            pixels, format=file_format, source_type=source_type, quality=quality if lossy else None
        )
        back = load_made(data)
        found = [_certificate(proof, back, file_format) for proof in proofs]
        # Another file mends nothing where the composition itself is at fault.
        if all(one["passed"] or not one["composed_exact"] for one in found):
            break
    return data, found


def _certificate(proof: Proof, pixels: np.ndarray, file_format: str) -> dict[str, Any]:
    """Composed, every opaque pixel must be the photo's own: a difference that no eye would see is still a fault."""
    from prodgen_django.studio import thresholds_for

    found = proof.certify(pixels, thresholds_for(file_format)).as_dict()
    if not proof.composed.exact:
        told = proof.composed.failures or ("its pixels are not the photo's own",)
        found["failures"] = [*told, *found["failures"]]
        found["passed"] = False
    return {**found, "composed_exact": proof.composed.exact}


def worst(certificates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The certificate that stands for all: one that failed, else that of the least likeness."""
    return dict(min(certificates, key=lambda one: (one["passed"], one["composed_exact"], one["ssim"])))
