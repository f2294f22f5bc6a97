"""Which of a shop's languages this machine has no letters for."""

from __future__ import annotations

from collections.abc import Iterable

_SCRIPTS = {
    "ar": "arabic",
    "fa": "arabic",
    "ur": "arabic",
    "he": "hebrew",
    "zh": "han",
    "ja": "han",
    "ko": "han",
}


def languages_without_letters(languages: Iterable[str]) -> dict[str, str]:
    """Languages whose campaign pictures cannot be set here, each with the Debian package that mends it."""
    wanted = {tag: _SCRIPTS[base] for tag in languages if (base := tag.split("-")[0].lower()) in _SCRIPTS}
    if not wanted:
        return {}
    from prodgen_django.studio.banners import missing_scripts

    lacking = missing_scripts()
    found = {}
    for tag, script in wanted.items():
        if script in lacking:
            found[tag] = lacking[script]
        elif script in ("arabic", "hebrew") and "shaping" in lacking:
            found[tag] = lacking["shaping"]
    return found
