"""What a person is told when a picture cannot be used."""

from __future__ import annotations

from prodgen_django.common.errors import CodedError


class ImageRejected(CodedError):
    """A picture that is not let in; docs/reference/bad-images.md lists the codes."""
