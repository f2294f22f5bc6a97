"""The generative adversarial network: learn a shop's own photos, prove it, generate.

dataset = PhotoDataset.from_folder("photos", 64)
result = train(GanConfig.preset("cpu-64"), dataset, "run", budget_seconds=1800)
pictures = Sampler.load(result.checkpoint).sample(8, label="dress", seed=1)   # uint8 8×64×64×3
"""

from prodgen_django.common.weights import CheckpointError
from prodgen_django.gan.config import GanConfig
from prodgen_django.gan.dataset import PhotoDataset, PreparationReport
from prodgen_django.gan.inpainting import inpaint
from prodgen_django.gan.inpainting_training import train_inpainter
from prodgen_django.gan.sampling import Neighbour, Sampler, Selection
from prodgen_django.gan.training import TrainProgress, TrainResult, train

__all__ = [
    "CheckpointError", "GanConfig", "Neighbour", "PhotoDataset", "PreparationReport", "Sampler", "Selection",
    "TrainProgress", "TrainResult", "inpaint", "train", "train_inpainter",
]  # fmt: skip
