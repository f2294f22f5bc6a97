"""What a worker needs on its own machine: the libraries that do the work, and the package's own weights."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from django.db import DatabaseError

from prodgen_django.conf import settings
from prodgen_django.doctor.findings import Finding, examination
from prodgen_django.schema import where

WEIGHTS = Path(__file__).resolve().parent.parent / "checkpoints"
#: A name and hash a line, as ``sha256sum *.safetensors`` writes them.
SUMS = "SHA256SUMS"
#: Each library by the name it is imported under, with what installs it.
LIBRARIES = {"torch": "torch", "cv2": "opencv-python"}
REINSTALL = f"{Path(sys.executable).name} -m pip install --force-reinstall --no-deps prodgen-django"

_IMPORT = "import sys, {name}; print(getattr({name}, '__version__', ''))"
_DEVICE = "import sys, torch; torch.zeros(1, device=sys.argv[1])"


@examination("engines")
def engines_run(seconds: float) -> Iterator[Finding]:
    # In processes of their own: this one may be a web server's, which must load neither.
    fine = True
    for name, package in LIBRARIES.items():
        version, problem = _run(_IMPORT.format(name=name))
        if problem:
            fine = False
            yield Finding(
                "engines", "fault", f"{name} cannot be imported: {problem}", _install(name, package)
            )
        else:
            yield Finding("engines", "ok", f"{name} {version}".strip())
    if fine and settings.DEVICE != "auto":
        _, problem = _run(_DEVICE, settings.DEVICE)
        if problem:
            yield Finding(
                "device",
                "fault",
                f"{where('DEVICE')} is {settings.DEVICE!r}, which torch cannot use here: {problem}",
                'Set it to "auto", or install the build of torch that fits the machine (pytorch.org).',
            )
        else:
            yield Finding("device", "ok", f"torch computes on {settings.DEVICE!r}.")


@examination("extras")
def what_the_settings_ask_for_is_there(seconds: float) -> Iterator[Finding]:
    painter, matting, signer = settings.DIFFUSION, settings.MATTING, settings.C2PA
    network = matting["rembg"] if matting != "own" else None
    wanted = {
        "MATTING": (network, "rembg", [network and network["path"]]),
        "DIFFUSION": (
            painter,
            "diffusers",
            [painter and Path(painter["model"]).is_absolute() and painter["model"]],
        ),
        "C2PA": (signer, "c2pa", [signer["certificate"], signer["key"]] if isinstance(signer, dict) else []),
    }
    for name, (value, package, paths) in wanted.items():
        if value is None:
            continue
        missing = [str(path) for path in paths if path and not Path(path).exists()]
        if find_spec(package) is None:
            extra = {"diffusers": "diffusion"}.get(package, package)
            advice = f"Install it: {Path(sys.executable).name} -m pip install 'prodgen-django[{extra}]'"
            yield Finding(
                "extras", "fault", f"{where(name)} needs {package}, which is not installed.", advice
            )
        elif missing:
            text = f"{where(name)} names {', '.join(missing)}, which is not on this machine."
            yield Finding("extras", "fault", text, "Put it there, or correct the path.")
        else:
            yield Finding("extras", "ok", f"What {where(name)} asks for is there.")


@examination("weights")
def weights_are_whole(seconds: float) -> Iterator[Finding]:
    faults = damaged_weights()
    for fault in faults:
        yield Finding("weights", "fault", fault, f"Install the package anew: {REINSTALL}")
    if not faults:
        yield Finding("weights", "ok", "All weights that come with the package are whole.")


@examination("models")
def active_models_are_whole(seconds: float) -> Iterator[Finding]:
    from prodgen_django.models import Checkpoint
    from prodgen_django.storage import read_file

    try:
        models = list(Checkpoint.objects.filter(is_active=True))
    except DatabaseError:
        return  # which the examination of the database has told
    for model in models:
        advice = "Choose another model on its page in the admin, or train it anew."
        try:
            data = read_file(model.file)
        except (OSError, ValueError) as error:
            yield Finding(
                "models", "fault", f"The file of the model “{model.name}” cannot be read: {error}", advice
            )
            continue
        if hashlib.sha256(data).hexdigest() == model.sha256:
            yield Finding("models", "ok", f"The active model “{model.name}” ({model.task}) is whole.")
        else:
            yield Finding(
                "models", "fault", f"The file of the model “{model.name}” has been changed.", advice
            )


def damaged_weights(folder: Path = WEIGHTS) -> list[str]:
    """What is missing or not as it was packed, a sentence each."""
    try:
        lines = (folder / SUMS).read_text(encoding="ascii").splitlines()
    except OSError as error:
        return [f"The list of the package's weights cannot be read: {error}."]
    faults = []
    for line in lines:
        wanted, _, name = line.partition("  ")
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            faults.append(f"The weights {name} cannot be read: {error.strerror}.")
        else:
            if found != wanted:
                faults.append(f"The weights {name} are damaged ({(folder / name).stat().st_size} bytes).")
    return faults


def unfit() -> str:
    """Why a worker on this machine could not work, with the command that mends it; "" where it can.

    Quick: torch is looked for and not loaded, since a worker's parent process must not load it before it forks.
    """
    for name, package in LIBRARIES.items():
        if find_spec(name) is None:
            return f"{name} is not installed. {_install(name, package)}"
    # OpenCV is there and cannot be loaded on machines without a library of the system's: the commonest fault.
    _, problem = _run(_IMPORT.format(name="cv2"))
    if problem:
        return f"cv2 cannot be imported: {problem}. {_install('cv2', LIBRARIES['cv2'])}"
    faults = damaged_weights()
    return f"{faults[0]} Install the package anew: {REINSTALL}" if faults else ""


def _install(name: str, package: str) -> str:
    advice = f"Install it: {Path(sys.executable).name} -m pip install {package}"
    if name == "cv2" and find_spec("cv2") is not None:
        return "Debian: apt install libgl1 libglib2.0-0; or install opencv-python-headless in its place."
    return advice


def _run(code: str, *arguments: str) -> tuple[str, str]:
    """What a short program printed, and the last line of its complaint where it failed."""
    done = subprocess.run(  # noqa: S603  (our own code and a checked setting)
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    problem = (
        (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1] if done.returncode else ""
    )
    return done.stdout.strip(), problem.rstrip(".")
