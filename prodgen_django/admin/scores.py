"""What was measured of a picture, as a shop admin would say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prodgen_django.admin.reports import WELL_MET
from prodgen_django.admin.words import file_url, kind_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prodgen_django.models import GeneratedImage

#: How much a verdict weighs: nothing to worry about, look at it, in the way of publishing.
GOOD, LOOK, BAD = "good", "look", "bad"
#: CIEDE2000 difference under which nobody sees one.
UNSEEN = 1.0


@dataclass(frozen=True)
class Verdict:
    """One thing that was checked: its name, the outcome in a few words, and what stands behind it."""

    level: str
    name: str
    short: str
    details: tuple[str, ...] = field(default=())


def verdicts(image: GeneratedImage) -> list[Verdict]:
    """Every check of a picture, the worst first."""
    scores = image.scores
    found = [
        *_fidelity(scores.get("fidelity")),
        *_cut_out(scores.get("cut_out")),
        *_channels(image),
        *_stitch(scores),
        *_concept(image),
        *_campaign(scores.get("campaign")),
    ]
    notes = tuple(str(note) for note in scores.get("notes") or ())
    if notes:
        found.append(Verdict(LOOK, _("To look at"), notes[0], notes))
    order = {BAD: 0, LOOK: 1, GOOD: 2}
    return sorted(found, key=lambda verdict: order[verdict.level])


def _fidelity(score: Mapping[str, Any] | None) -> Iterator[Verdict]:
    if not score:
        return
    name = _("Product unaltered")
    # Certificates of earlier versions know only the mean by pixel.
    seen = float(score.get("seen_delta_e", score.get("mean_delta_e", 0.0)))
    if not score.get("passed", True):
        yield Verdict(
            BAD, name, _("No: it differs from its photo"), tuple(map(str, score.get("failures", ())))
        )
    elif score.get("exact"):
        yield Verdict(GOOD, name, _("Every pixel is the photo's own"), _certificate(score))
    elif seen < UNSEEN:
        yield Verdict(GOOD, name, _("No difference that an eye sees"), _certificate(score))
    else:
        yield Verdict(GOOD, name, _("Within what compression alone does"), _certificate(score))


def _certificate(score: Mapping[str, Any]) -> tuple[str, ...]:
    """The figures of a fidelity certificate, each with what it means."""
    told = []
    if score.get("composed_exact"):
        told.append(_("Before it was compressed, every pixel inside the outline was the photo's own."))
    if "seen_delta_e" in score:
        told.append(
            _(
                "Colour difference as an eye averages it: mean %(mean).2f, largest %(worst).2f (under 1 is not seen)."
            )
            % {"mean": score["seen_delta_e"], "worst": score["local_delta_e"]}
        )
    told.append(
        _("By single pixel, CIEDE2000: mean %(mean).2f, largest %(worst).1f.")
        % {"mean": score.get("mean_delta_e", 0.0), "worst": score.get("max_delta_e", 0.0)}
    )
    if "ssim" in score:
        told.append(
            _("Structure (SSIM): mean %(mean).3f, lowest %(low).3f. Edges agree to %(edges).3f (1 is equal).")
            % {
                "mean": score["ssim"],
                "low": score.get("local_ssim", 0.0),
                "edges": score.get("edge_agreement", 0.0),
            }
        )
    return tuple(told)


def _cut_out(score: Mapping[str, Any] | None) -> Iterator[Verdict]:
    if not score:
        return
    sure = round(100 * float(score.get("confidence", 0.0)))
    reasons = tuple(str(reason) for reason in score.get("reasons", ()))
    name = _("Cut-out")
    if score.get("corrected"):
        yield Verdict(GOOD, name, _("Drawn by a person"))
    elif score.get("brought") and not reasons:
        yield Verdict(GOOD, name, _("The photo's file had it"))
    elif score.get("poor"):
        yield Verdict(LOOK, name, _("Uncertain (%d %%): compare the edges") % sure, reasons)
    elif reasons:
        yield Verdict(LOOK, name, _("%d %% sure, with a reservation") % sure, reasons)
    else:
        yield Verdict(GOOD, name, _("%d %% sure") % sure)


def _channels(image: GeneratedImage) -> Iterator[Verdict]:
    """A channel's broken rules are in the way where the picture carries them as blockers; elsewhere they say
    that it is not for that channel.
    """
    for channel, report in (image.scores.get("channels") or {}).items():
        blocks = any(
            str(blocker.get("code", "")).startswith(f"channel:{channel}:") for blocker in image.blockers
        )
        results = report.get("results") or ()
        broken = [result for result in results if not result["passed"]]
        hard = [result for result in broken if result.get("hard", True)]
        name = channel_name(channel)
        details = tuple(str(result.get("message") or result.get("rule")) for result in hard or broken)
        if hard:
            short = ngettext("%d rule is broken", "%d rules are broken", len(hard)) % len(hard)
            yield Verdict(BAD if blocks else LOOK, name, short, details)
        elif broken:
            short = ngettext(
                "rules kept, with %d piece of advice", "rules kept, with %d pieces of advice", len(broken)
            )
            yield Verdict(LOOK, name, short % len(broken), details)
        else:
            yield Verdict(GOOD, name, _("all %d rules are kept") % len(results))


def channel_name(channel: str) -> str:
    """What a channel is called; one that is known no more goes by its key."""
    from prodgen_django.studio.channels import CHANNELS

    known = CHANNELS.get(channel)
    return str(known.label) if known else channel


def _stitch(scores: Mapping[str, Any]) -> Iterator[Verdict]:
    if "stitch" not in scores:
        return
    distance = (scores["stitch"] or {}).get("residual_px")
    if distance is None:
        return
    if distance < WELL_MET:
        yield Verdict(GOOD, _("Stitching"), _("the photos meet to within %.1f px") % distance)
    else:
        yield Verdict(
            LOOK, _("Stitching"), _("look at the seams: the photos meet to within %.1f px") % distance
        )


def _campaign(score: Mapping[str, Any] | None) -> Iterator[Verdict]:
    """The gates of a campaign picture but for fidelity, which every picture has."""
    names = {
        "contrast": _("Words can be read"),
        "overlap": _("Nothing covered"),
        "safe_zone": _("Safe zone"),
        "minimum_size": _("Size of words and products"),
        "price": _("Price"),
        "whole_product": _("Whole products"),
        "channel": _("The channel's rules"),
    }
    for gate in (score or {}).get("gates", ()):
        if gate["name"] in names:
            level = GOOD if gate["passed"] else BAD
            yield Verdict(level, names[gate["name"]], str(gate["message"]))


def _concept(image: GeneratedImage) -> Iterator[Verdict]:
    if image.kind != "concept":
        return
    details = []
    if "discriminator" in image.scores:
        details.append(
            _("The model's own judgement: %.2f (higher looks more real to it).")
            % image.scores["discriminator"]
        )
    if image.scores.get("agreement") is not None:
        details.append(
            _("%d %% sure that it shows what was asked for.") % round(100 * image.scores["agreement"])
        )
    yield Verdict(LOOK, kind_name("concept"), _("invented by a model: no real product"), tuple(details))


def facts(image: GeneratedImage) -> list[tuple[str, str]]:
    """How the picture came to be: (label, value), for the details below it."""
    recipe = image.recipe
    found = [(_("Size"), f"{image.width} × {image.height}")]
    if recipe.get("style"):
        found.append((_("Backdrop"), str(recipe["style"]).replace("-", " ")))
    if recipe.get("mode"):
        found.append((_("Way"), str(recipe["mode"])))
    if recipe.get("look"):
        found.append((_("Layout"), f"{recipe.get('family', '')} ({recipe['look']})"))
        found.append((_("Language"), str(recipe.get("language", ""))))
    found.append((_("Seed"), str(image.seed)))
    if recipe.get("layers"):
        link = format_html('<a href="{}" download>SVG</a>', file_url(recipe["layers"]))
        found.append((_("Drawing with layers"), link))
    if image.checkpoint:
        found.append((_("Model"), str(image.checkpoint)))
    source = image.provenance.get("digital_source_type")
    if source:
        found.append((_("Marked in the file as"), str(source)))
    return found
