"""Whether this installation can work: each part tried once, with what to do where it cannot.

`examine` for ``manage.py prodgen_doctor``; `unfit` for a Celery worker that starts. An app adds a part of its own with
`examination`.
"""

from .findings import Finding, bounded, examination, examine

__all__ = ["Finding", "bounded", "examination", "examine"]
