"""What a training run is: one dataclass, presets by purpose."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

__all__ = ["PRESETS", "GanConfig"]


@dataclass(frozen=True, kw_only=True)
class GanConfig:
    """Every number of a training run. Validated on construction: a value that cannot work raises
    `ValueError`."""

    name: str = "custom"
    # -- networks
    architecture: Literal["residual", "dense", "dcgan", "fill"] = "residual"
    resolution: int = 64  # side of the square picture, pixels
    channels: int = 3  # 3: colour, 1: grey
    latent: int = 64  # numbers in one z
    embedding: int = 64  # numbers that stand for a class
    widths: tuple[int, ...] = (
        128,
        128,
        96,
        48,
    )  # channels at 4, 8, 16, … px; the last stage is resolution / 2
    blocks: int = 1  # residual blocks a stage
    conditional: bool = True  # labels steer the generator
    # -- adversarial training
    loss: Literal["relativistic", "bce"] = "relativistic"
    batch: int = 16  # pictures a step
    accumulate: int = 1  # a step's batch is worked through in this many parts (memory)
    images: int | None = 100_000  # length of the schedule in real photographs shown; None: see `epochs`
    epochs: float | None = None  # the same in passes over the training photos
    learning_rate: tuple[float, float] = (1e-3, 2e-4)  # start, end (cosine)
    beta1: float = 0.0
    beta2: tuple[float, float] = (0.9, 0.99)
    gamma: tuple[float, float] = (2.0, 0.5)  # weight of R1 and R2, start, end; 0: no penalty
    penalty_every: int = 4  # R1 and R2 on every n-th step, n times as strong
    ema_images: int = 5_000  # half-life of the averaged generator
    adversarial: float = 1.0  # weight of the generator's adversarial loss; 0: no discriminator
    adversarial_from: float = 0.0  # share of the budget before which the discriminator rests
    reconstruction: float = 0.0  # weight of the distance to the photograph, where there is one to be met
    # -- data
    flip: bool = True  # mirror half of the photographs
    balance: float = 0.7  # 0: classes as frequent as in the shop, 1: all equally frequent
    holdout: float = 0.1  # share of the photos kept from training, to judge by (0 < holdout < 1)
    augment_max: float = 0.6  # largest probability of colour, translation and cutout; 0: never
    augment_target: float = 0.25  # overfitting that is tolerated before the probability grows
    augment_images: int = 50_000  # the probability moves by 1 in this many images
    # -- how
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    compile: bool = False
    evaluate_every: int = 5_000  # images between two judgements of the averaged generator
    evaluate_samples: int = 512  # generated pictures a judgement
    seed: int = 0

    def __post_init__(self) -> None:
        # JSON gives lists back; a frozen dataclass compares by value, so normalise.
        for name in ("widths", "learning_rate", "beta2", "gamma"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        problems: list[str] = []

        def must(condition: bool, sentence: str) -> None:
            if not condition:
                problems.append(sentence)

        must(
            self.architecture in ("residual", "dense", "dcgan", "fill"),
            f"unknown architecture {self.architecture!r}",
        )
        must(self.loss in ("relativistic", "bce"), f"unknown loss {self.loss!r}")
        must(self.precision in ("auto", "float32", "bfloat16"), f"unknown precision {self.precision!r}")
        must(self.channels in (1, 3), "channels is 1 (grey) or 3 (colour)")
        must(len(self.widths) > 0 and all(w > 0 for w in self.widths), "widths are positive")
        if self.architecture == "residual":
            expected = 4 * 2 ** len(self.widths)
            must(
                self.resolution == expected,
                f"{len(self.widths)} widths (4 px upwards, the head doubles) make {expected} px, "
                f"not {self.resolution}",
            )
        if self.architecture == "dcgan":
            must(self.resolution == 64, "the DCGAN of the paper is 64 px")
        if self.architecture == "fill":
            step = 2 ** len(self.widths)
            must(self.resolution % step == 0, f"{len(self.widths)} widths need a side that divides by {step}")
        must(8 <= self.resolution <= 1024, "resolution lies between 8 and 1024")
        must(
            (self.images is None) != (self.epochs is None), "give the length as images or as epochs, not both"
        )
        must(self.images is None or self.images > 0, "images is positive")
        must(self.epochs is None or self.epochs > 0, "epochs is positive")
        must(self.accumulate >= 1 and self.batch >= 2, "batch is at least 2, accumulate at least 1")
        must(self.batch % max(1, self.accumulate) == 0, "batch is a multiple of accumulate")
        must(
            self.latent > 0 and self.embedding > 0 and self.blocks > 0,
            "latent, embedding, blocks are positive",
        )
        must(all(rate > 0 for rate in self.learning_rate), "learning rates are positive")
        must(all(g >= 0 for g in self.gamma) and self.penalty_every >= 1, "gamma >= 0 and penalty_every >= 1")
        must(all(0 <= b < 1 for b in (self.beta1, *self.beta2)), "Adam's betas lie in [0, 1)")
        must(self.adversarial >= 0 and self.reconstruction >= 0, "weights of losses are not negative")
        must(self.adversarial > 0 or self.reconstruction > 0, "there is no loss to train by")
        must(0 <= self.adversarial_from < 1, "adversarial_from lies in [0, 1)")
        must(0 < self.holdout < 1, "holdout lies between 0 and 1")
        must(0 <= self.balance <= 1, "balance lies in [0, 1]")
        must(0 <= self.augment_max <= 1, "augment_max lies in [0, 1]")
        must(self.evaluate_every > 0 and self.evaluate_samples >= 8, "evaluate on at least 8 samples")
        if problems:
            raise ValueError("; ".join(problems))

    @classmethod
    def preset(cls, name: str, /, **overrides: Any) -> GanConfig:
        """A preset by its name, with single values replaced. Raises `ValueError` for a name that is not
        one."""
        if name not in PRESETS:
            raise ValueError(f"unknown preset {name!r}; there are {', '.join(PRESETS)}")
        return replace(PRESETS[name], **overrides)

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> GanConfig:
        """The reverse of `to_dict`; a key that is not a field raises `ValueError`."""
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown configuration keys: {', '.join(sorted(unknown))}")
        return cls(**values)


_GPU = {
    "blocks": 2,
    "batch": 64,
    "precision": "bfloat16",
    "compile": True,
    "learning_rate": (2e-4, 5e-5),
    "ema_images": 20_000,
    "augment_images": 200_000,
    "evaluate_every": 20_000,
    "evaluate_samples": 1_000,
}

#: Presets by purpose. The `gpu-*` ones have never met a GPU; their numbers come from R3GAN's schedules,
#: scaled.
PRESETS: dict[str, GanConfig] = {
    # The article's own example: 28×28 grey, dense layers, binary cross-entropy, Adam, 100 epochs, batch 128.
    "article-28": GanConfig(
        name="article-28",
        architecture="dense",
        resolution=28,
        channels=1,
        latent=100,
        conditional=False,
        loss="bce",
        batch=128,
        images=None,
        epochs=100,
        learning_rate=(2e-4, 2e-4),
        beta1=0.5,
        beta2=(0.999, 0.999),
        gamma=(0.0, 0.0),
        ema_images=1,
        flip=False,
        balance=0.0,
        augment_max=0.0,
        precision="float32",
    ),
    # The peer that everybody knows (arXiv 1511.06434), with its paper's settings, narrow enough for a CPU.
    "dcgan-64": GanConfig(
        name="dcgan-64",
        architecture="dcgan",
        latent=100,
        widths=(256, 128, 64, 32),
        conditional=False,
        loss="bce",
        batch=64,
        learning_rate=(2e-4, 2e-4),
        beta1=0.5,
        beta2=(0.999, 0.999),
        gamma=(0.0, 0.0),
        ema_images=1,
        balance=0.0,
        augment_max=0.0,
    ),
    # Concept thumbnails from a shop's photos on two CPU cores in about half an hour.
    "cpu-64": GanConfig(name="cpu-64"),
    # Fills holes: image-conditioned, trained on crops; half an hour of one CPU core.
    "inpaint-128": GanConfig(
        name="inpaint-128",
        architecture="fill",
        resolution=128,
        widths=(32, 48, 64, 96),  # at 1/2, 1/4, 1/8, 1/16 of the picture
        conditional=False,
        batch=8,
        images=100_000,
        learning_rate=(1e-3, 1e-4),
        gamma=(1.0, 1.0),
        ema_images=2_000,
        adversarial=0.01,
        adversarial_from=0.5,
        reconstruction=1.0,
        balance=0.0,
        augment_max=0.0,
        evaluate_every=6_000,
        evaluate_samples=128,
    ),
    "gpu-128": GanConfig(
        name="gpu-128",
        resolution=128,
        widths=(256, 256, 256, 192, 128),
        images=400_000,
        gamma=(20.0, 2.0),
        **_GPU,  # type: ignore[arg-type]
    ),
    "gpu-256": GanConfig(
        name="gpu-256",
        resolution=256,
        widths=(256, 256, 256, 192, 128, 96),
        images=600_000,
        gamma=(150.0, 15.0),
        accumulate=2,
        **_GPU,  # type: ignore[arg-type]
    ),
    "gpu-512": GanConfig(
        name="gpu-512",
        resolution=512,
        widths=(256, 256, 256, 192, 128, 96, 64),
        images=800_000,
        gamma=(300.0, 30.0),
        accumulate=4,
        **_GPU,  # type: ignore[arg-type]
    ),
}
