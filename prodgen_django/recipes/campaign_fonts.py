"""Which of a shop's languages this machine has no letters for."""

from __future__ import annotations

from collections.abc import Iterable


def languages_without_letters(languages: Iterable[str]) -> dict[str, str]:
    """Languages whose campaign pictures cannot be set here, each with the Debian package that mends it.

    A language's own name is tried, in its own letters.
    """
    from babel import Locale

    from prodgen_django.campaigns.terms import babel_locale

    found = {}
    for tag in languages:
        name = Locale.parse(babel_locale(tag)).display_name or ""
        if name.isascii():
            continue  # no look at the fonts where no letter of them is needed
        from prodgen_django.studio.banners import lacking_package

        if package := lacking_package(name, tag):
            found[tag] = package
    return found
