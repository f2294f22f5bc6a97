"""The dicts inside ``PRODGEN``: another network, a diffusion model, a signing key."""

from __future__ import annotations

from prodgen_django.schema.kinds import REQUIRED, Folder, Key, Nothing, Number, OneOf, Switch, Text, Whole
from prodgen_django.schema.nested import Either, Record

_REMBG = Record(
    {
        "model": Key(
            Either(Nothing(), Text(r"\S+", "a name that rembg knows")),
            None,
            "As `birefnet-general`; it is fetched on first use.",
        ),
        "path": Key(
            Either(Nothing(), Folder("the path of a file")),
            None,
            "An ONNX file of one's own, as `/models/own.onnx`, of BEN2 or BiRefNet for example; nothing is fetched.",
        ),
        "licence": Key(
            Either(Nothing(), Text(r".+", "a licence's name")),
            None,
            "What the weights are under, as `MIT`; known of those that rembg names. One that is not commercial blocks.",
        ),
        "non_commercial": Key(
            Switch(), False, "Whether the shop may use weights that are not for commercial use."
        ),
        "beside": Key(
            Switch(), False, "Make our own cut-out as well and take the one that the inspector trusts more."
        ),
    },
    one_of=("model", "path"),
)
MATTING = Record({"rembg": Key(_REMBG, REQUIRED, "A network of rembg (extra `rembg`).")})

DIFFUSION = Record(
    {
        "model": Key(
            Folder("the path of a folder, or a name"),
            REQUIRED,
            "A folder in the form of diffusers, as `/models/inpainting`, or a name that diffusers fetches on first "
            "use. Only safetensors are loaded.",
        ),
        "steps": Key(Whole(1, 1000), 30, "Steps of denoising."),
        "guidance": Key(Number(0, 100), 7.0, "How closely the words are followed."),
        "side": Key(Whole(64, 8192), 1024, "Longer side in pixels at which the model works."),
        "avoid": Key(
            Text(r"(?s).*", "a text"),
            "text, letters, watermark, logo, people, hands, frame, border, deformed, second product",
            "What is not to be seen, in words.",
        ),
        "dtype": Key(OneOf("auto", "float32", "float16", "bfloat16"), "auto", "`auto`: float16 on a GPU."),
    }
)

C2PA = Record(
    {
        "certificate": Key(
            Folder("the path of a file"), REQUIRED, "PEM, the signer's certificate first, then those above."
        ),
        "key": Key(Folder("the path of a file"), REQUIRED, "PEM, the key of the first."),
        "algorithm": Key(
            OneOf("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"),
            "es256",
            "How the key signs.",
        ),
        "time_authority": Key(
            Either(Nothing(), Text(r"https?://\S+", "an address http(s)://…")),
            None,
            "A server that stamps the time (RFC 3161).",
        ),
    }
)
