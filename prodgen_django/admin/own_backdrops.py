"""The shop's own backdrops: upload a photo, then mark its horizon, its place and its light."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from prodgen_django.admin.changelist import StrictListMixin
from prodgen_django.broker import QUICK_QUEUE
from prodgen_django.jobs.send import Message, send_on_commit
from prodgen_django.models import OwnBackdrop
from prodgen_django.studio.marks import LIMITS, USUAL

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_LABELS: dict[str, tuple[Any, Any]] = {
    "horizon": (_("Horizon"), _("Where lines that run away from you meet; 0 is the upper edge.")),
    "x": (_("Place, from the left"), _("Where a product stands, or its middle where it hangs or lies.")),
    "y": (_("Place, from above"), ""),
    "centimetres": (_("Width in centimetres"), _("From one side of the picture to the other, at that place.")),
    "azimuth": (_("Light from"), _("Degrees: 0 from the camera, 90 from the right, 180 from behind.")),
    "elevation": (_("Height of the light"), _("Degrees above the ground.")),
    "softness": (_("Softness of the light"), _("0 a bare lamp, 1 a large window or a cloudy sky.")),
    "strength": (_("Depth of the shadow"), ""),
}  # fmt: skip
_STEPS = {"centimetres": 1, "azimuth": 1, "elevation": 1}


class OwnBackdropForm(forms.ModelForm):
    class Meta:
        model = OwnBackdrop
        fields = ("label", "view", "picture")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            return
        usual = USUAL[self.instance.view].as_dict()
        for name, (low, high) in LIMITS.items():
            label, help_text = _LABELS[name]
            step = _STEPS.get(name, 0.01)
            self.fields[name] = forms.FloatField(
                label=label,
                help_text=help_text,
                min_value=low,
                max_value=high,
                initial=self.instance.marks.get(name, usual[name]),
                widget=forms.NumberInput(attrs={"step": step, "data-mark": name}),
            )

    def marks(self) -> dict[str, float]:
        return {name: self.cleaned_data[name] for name in LIMITS if name in self.cleaned_data}


@admin.register(OwnBackdrop)
class OwnBackdropAdmin(StrictListMixin):
    form = OwnBackdropForm
    list_display = ("label", "view", "marked", "by", "at")
    list_filter = ("view",)
    change_form_template = "prodgen_django/admin/own_backdrop.html"

    def get_fieldsets(self, request: HttpRequest, obj: OwnBackdrop | None = None) -> Any:
        about = (None, {"fields": ("label", "view", "picture")})
        return [about] if obj is None else [about, (_("Camera and light"), {"fields": tuple(LIMITS)})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The marks are fields of the form, not of the model.
        return super().get_form(request, obj, change, **{**kwargs, "fields": OwnBackdropForm.Meta.fields})

    def save_model(self, request: HttpRequest, obj: OwnBackdrop, form: Any, change: bool) -> None:
        obj.by = request.user  # type: ignore[assignment]
        fresh = not change or bool({"picture", "view"} & set(form.changed_data))
        if fresh:
            obj.marks, obj.marked = USUAL[obj.view].as_dict(), False  # type: ignore[index]
        else:
            obj.marks, obj.marked = form.marks(), True
        super().save_model(request, obj, form, change)
        if fresh:
            send_on_commit(("backdrop", obj.pk), partial(_to_guess, obj.pk))

    def response_add(
        self, request: HttpRequest, obj: OwnBackdrop, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_addanother" not in request.POST:
            messages.info(
                request,
                gettext(
                    "A worker guesses camera and light: load this page again, then correct them and save."
                ),
            )
            return HttpResponseRedirect(reverse("admin:prodgen_django_ownbackdrop_change", args=[obj.pk]))
        return super().response_add(request, obj, post_url_continue)


def _to_guess(pk: int) -> list[Message]:
    return [Message("prodgen.guess_backdrop", (pk,), QUICK_QUEUE)]
