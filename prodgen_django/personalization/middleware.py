"""The address that a shop's ``MIDDLEWARE`` names: see `serve.middleware`."""

from prodgen_django.personalization.serve.middleware import PersonalizationMiddleware

__all__ = ["PersonalizationMiddleware"]
