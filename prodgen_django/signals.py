"""Signals, each sent after the change has been committed. Receivers that raise are logged and stop nobody."""

from __future__ import annotations

from django.dispatch import Signal

#: A job is over. Arguments: ``job``.
job_finished = Signal()
#: A picture was approved. Arguments: ``image``, ``by`` (the user, or None).
image_approved = Signal()
#: A picture stands in the shop. Arguments: ``image``, ``by``.
image_published = Signal()
#: A published picture was taken back. Arguments: ``image``, ``by``.
image_withdrawn = Signal()
