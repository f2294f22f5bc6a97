"""Fetch an export job's pack."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from prodgen_django.admin.permissions import requires
from prodgen_django.models import Job
from prodgen_django.pictures.packs import Entry, Names, write_zip
from prodgen_django.storage import DamagedFile, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.admin import AdminSite
    from django.http import HttpRequest

IN_MEMORY = 16_000_000


@require_GET
@requires("generate", "publish")  # type: ignore[arg-type]  # a FileResponse is answered as any other
def pack(request: HttpRequest, pk: int, *, site: AdminSite) -> FileResponse:
    """The files that the job's items left, in one ZIP. They are only copied, never decoded, here."""
    job = get_object_or_404(Job, pk=pk, kind="export")
    if not job.items.filter(state="done").exists():
        raise Http404(_("Nothing has been exported yet."))
    # Open until the answer is sent: closed by FileResponse.
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    write_zip(_entries(job), file)  # type: ignore[arg-type]
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"export-{job.pk}.zip", content_type="application/zip"
    )


def _entries(job: Job) -> Iterator[Entry]:
    names = Names(_codes(job))
    for item in job.items.order_by("position").iterator(chunk_size=200):
        if item.error:
            yield Entry(channel="", title=item.title, code="", image=0, refused=item.error)
        for stored in item.report.get("files", ()):
            entry = Entry(**stored)
            if entry.name:
                # Products may share a number, and items know nothing of each other.
                entry.path = names.take(entry.channel, entry.code, entry.title, entry.path.rpartition(".")[2])
                try:
                    entry.data = read_file(entry.name)
                except DamagedFile:
                    entry.refused = _("The file is damaged in the storage; export it again.")
                except OSError:
                    entry.refused = _("The file is gone from the storage; export it again.")
            yield entry


def _codes(job: Job) -> Iterator[str]:
    """The numbers of all products of the pack."""
    for report in job.items.values_list("report", flat=True).iterator(chunk_size=200):
        yield from (stored["code"] for stored in report.get("files", ()))
