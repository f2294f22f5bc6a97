"""Actions on products, option forms, the job pages and the review gallery, inside Django's own admin.

Nothing here imports torch, OpenCV or an engine, and no request waits for one: pages show what workers have
written.
"""

from prodgen_django.admin.actions import ProductGenerationMixin, add_product_actions, make_job_action
from prodgen_django.admin.campaigns import BrandKitAdmin, CampaignAdmin
from prodgen_django.admin.checkpoints import CheckpointAdmin
from prodgen_django.admin.jobs import JobAdmin
from prodgen_django.admin.own_backdrops import OwnBackdropAdmin
from prodgen_django.admin.pictures import GeneratedImageAdmin
from prodgen_django.admin.poses import PoseAdmin, PoseInline
from prodgen_django.admin.report import PersonalisationReportAdmin, PolicyVersionAdmin

__all__ = [
    "BrandKitAdmin",
    "CampaignAdmin",
    "CheckpointAdmin",
    "GeneratedImageAdmin",
    "JobAdmin",
    "OwnBackdropAdmin",
    "PersonalisationReportAdmin",
    "PolicyVersionAdmin",
    "PoseAdmin",
    "PoseInline",
    "ProductGenerationMixin",
    "add_product_actions",
    "make_job_action",
]
