"""Which addresses a campaign may lead to: pages of the shop, and other sites by http or https. Nothing that runs."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

__all__ = ["safe_link", "validate_link"]

_SCHEME = re.compile(r"[^/?#]*?:")


def safe_link(text: str | None) -> str:
    """`text` without blanks around it where a page may link to it, else "".

    An address of this shop ("/sale/", "sale?page=2", "#top") or one that begins with http:// or https://. Browsers drop
    control characters and turn backslashes, so an address with any of them is none.
    """
    link = (text or "").strip()
    if not link or "\\" in link or any(unicodedata.category(char)[0] == "C" for char in link):
        return ""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    if _SCHEME.match(link):
        # "https:evil.example" is no address of the shop either.
        is_web = parts.scheme in ("http", "https") and link[len(parts.scheme) :].startswith("://")
        return link if is_web and parts.hostname else ""
    # "//evil.example" leads to another site by whatever scheme the page has.
    return "" if link.startswith("//") else link


def validate_link(value: str) -> None:
    """Raises ValidationError for what `safe_link` does not take."""
    if value.strip() and not safe_link(value):
        raise ValidationError(
            _("Write a page of the shop, such as /sale/, or an address that begins with https://."),
            code="link",
        )
