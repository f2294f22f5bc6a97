"""What is kept of a visitor's taste, of what they were shown and did, and of what liking a product says."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from prodgen_django.conf import product_model


class TasteSegment(models.Model):
    """A taste with a name, which a shop draws up, for whose likes pictures are made. Of nobody in particular."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    #: {"tag:warm": 0.6, "colour:#c08040": 0.2}
    weights = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("taste segment")
        verbose_name_plural = _("taste segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TasteProfile(models.Model):
    """Styles, colours and categories that a signed-in customer leans to, each decayed by age.

    Made and updated off the request, only for customers who consented; ``prodgen_forget`` erases it.
    """

    user = models.OneToOneField(django_settings.AUTH_USER_MODEL, models.CASCADE, related_name="prodgen_taste")
    #: {"tag:warm": 0.8, "colour:#c08040": 0.3, "category:Mugs": 1.2}
    weights = models.JSONField(default=dict, blank=True)
    #: How many signals it rests on.
    signals = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("taste profile")
        verbose_name_plural = _("taste profiles")

    def __str__(self) -> str:
        return str(self.user)


class ProfilingConsent(models.Model):
    """Whether a customer agreed to be profiled: the answer that tasks go by, who see no request.

    A stored no stands against whatever the shop's hook says, until a yes is stored again.
    """

    user = models.OneToOneField(
        django_settings.AUTH_USER_MODEL, models.CASCADE, related_name="prodgen_consent"
    )
    given = models.BooleanField(_("given"))
    at = models.DateTimeField(_("last confirmed"), default=timezone.now)
    #: Nothing that happened before is used again: the customer was forgotten then.
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, blank=True)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("consent to profiling")
        verbose_name_plural = _("consents to profiling")

    def __str__(self) -> str:
        return f"{self.user}: {'yes' if self.given else 'no'}"


class ProductTraits(models.Model):
    """What liking a product says of a taste: the features of the product itself, in the words of pictures.

    Holds nothing personal. Made off the request from the product's attributes.
    """

    product = models.OneToOneField(product_model(), models.CASCADE, related_name="prodgen_traits")
    #: {"tag:warm": 1.0, "colour:#c08040": 0.5, "category:Mugs": 1.0}
    traits = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("product traits")
        verbose_name_plural = _("product traits")

    def __str__(self) -> str:
        return f"product {self.product_id}"


class PolicyVersion(models.Model):
    """What had been learnt of which pictures suit whom, at one time. Never edited: learning makes the next version.

    Holds sums over many visitors, and of nobody in particular.
    """

    number = models.PositiveIntegerField(_("version"))
    #: `Sums.to_json()`: what the next version is learnt from.
    sums = models.JSONField()
    #: `Policy.to_json()` as text: what a page reads, once a minute and process.
    policy = models.TextField()
    #: The version that pages choose by.
    is_current = models.BooleanField(_("in use"), default=False)
    #: Learnt from made-up visitors; never in use for real ones.
    is_simulated = models.BooleanField(_("simulated"), default=False)
    #: What this version learnt from, beyond the one before.
    impressions = models.PositiveIntegerField(default=0)
    clicks = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("learnt"), default=timezone.now)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["is_simulated", "-number"]
        constraints = [
            # Two workers that learn at the same time would make the same number: the second one fails whole.
            models.UniqueConstraint(fields=["is_simulated", "number"], name="prodgen_policy_number"),
            models.UniqueConstraint(
                fields=["is_simulated"], condition=models.Q(is_current=True), name="prodgen_policy_current"
            ),
        ]

    def __str__(self) -> str:
        return f"s{self.number}" if self.is_simulated else f"{self.number}"


class Exposure(models.Model):
    """That a visitor was shown a picture of a product, how it was chosen, and what came of it.

    Written in batches off the request, of consenting visitors only; ``prodgen_forget`` erases a customer's.
    """

    #: Names one showing: what is reported twice is written once.
    token = models.CharField(max_length=40, unique=True)
    #: A keyed hash of the customer's key or of an anonymous visitor's cookie; 32 hex digits.
    visitor = models.CharField(max_length=32)
    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    #: What the picture is of; None where it is a campaign's.
    product = models.ForeignKey(product_model(), models.CASCADE, null=True, blank=True, related_name="+")
    #: The place of the shop that a campaign's picture stood in; "" for a product's.
    slot = models.CharField(max_length=50, blank=True)
    #: The picture shown; None once it has been deleted.
    image = models.ForeignKey(
        "prodgen_django.GeneratedImage", models.SET_NULL, null=True, blank=True, related_name="exposures"
    )
    #: Keys of all pictures that could have been shown, the one shown among them.
    candidates = models.JSONField(default=list)
    #: The probability, in (0, 1], with which this picture was chosen among the candidates.
    propensity = models.FloatField(default=1.0)
    #: The probabilities of all candidates, in their order; empty where they are not known. What a picture is
    #: compared with is what might have been shown in its place.
    propensities = models.JSONField(default=list, blank=True)
    #: Which version of the policy chose.
    policy_version = models.CharField(max_length=40, blank=True)
    #: The visitor belongs to the comparison group, which sees any of the candidates by chance.
    is_holdout = models.BooleanField(default=False)
    #: The visitor's taste when the picture was chosen: {"tag:warm": 0.8, …}.
    context = models.JSONField(default=dict, blank=True)
    #: Which place on the page it had, from 0.
    position = models.PositiveSmallIntegerField(default=0)
    #: Made up, for a demonstration: never mixed with what real visitors did.
    is_simulated = models.BooleanField(default=False)
    #: The version that learnt from it; None until one has. So nothing is learnt twice.
    learnt_in = models.ForeignKey(
        "prodgen_django.PolicyVersion", models.SET_NULL, null=True, blank=True, related_name="exposures"
    )
    #: A name of the address that reported it, another one every ``STABLE_DAYS``; "" where that is not known. What one
    #: address does counts within bounds (`policy.robust`).
    source = models.CharField(max_length=32, blank=True)
    #: How often the picture came into view while the choice stood.
    shows = models.PositiveIntegerField(default=1)
    #: When it was shown first.
    shown_at = models.DateTimeField()
    clicked_at = models.DateTimeField(null=True, blank=True)
    basket_at = models.DateTimeField(null=True, blank=True)
    ordered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "prodgen_django"
        verbose_name = _("exposure")
        verbose_name_plural = _("exposures")
        ordering = ["pk"]
        indexes = [
            # What a visitor has seen of a page's products; what a basket or an order is put down to.
            models.Index(fields=["visitor", "product", "-shown_at"], name="prodgen_exposure_seen"),
            # What of an address is counted already.
            models.Index(fields=["source", "product"], name="prodgen_exposure_source"),
            # What is learnt from, reported, or past its retention.
            models.Index(fields=["shown_at"], name="prodgen_exposure_time"),
            models.Index(
                fields=["shown_at"],
                condition=models.Q(learnt_in=None, slot=""),
                name="prodgen_exposure_unlearnt",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(product__isnull=False, slot="")
                | (models.Q(product__isnull=True) & ~models.Q(slot="")),
                name="prodgen_exposure_of_one",
            )
        ]

    def __str__(self) -> str:
        return self.token


class PersonalisationReport(Exposure):
    """The exposures as the admin sees them: no list of rows, but what they prove."""

    class Meta:
        app_label = "prodgen_django"
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("personalisation report")
        verbose_name_plural = _("personalisation report")
