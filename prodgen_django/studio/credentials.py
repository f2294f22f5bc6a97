"""Content Credentials (C2PA): a signed record in the file of how a picture came to be. Needs the extra `c2pa`.

XMP says the same in one word that anybody can write; a manifest is signed, and shows when a file was changed after.
Trust comes from the certificate: with the shop's own, chained to a root that viewers accept, they name the shop; with
the self-made one of `self_signed` they say that the signer is unknown.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from prodgen_django.imagefile import MIME_TYPES, source_type_uri

__all__ = ["Credentials", "CredentialsError", "Signer", "read_credentials", "self_signed", "sign_image"]

# A thumbnail inside every file would make a picture of 80 kB one of 500.
_PLAIN = {"builder": {"thumbnail": {"enabled": False}}}
_SOURCES = "org.prodgen.sources"


class CredentialsError(ValueError):
    """A picture that could not be signed, or a key that does not fit its certificate."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs. `certificates`: PEM, the signer's own first, then those above it. `key`: PEM of its private key.

    `algorithm`: es256, es384, es512, ps256, ps384, ps512 or ed25519. `time_authority`: the address of a server that
    stamps the time (RFC 3161), or None; with one, signing needs the network.
    """

    certificates: str
    key: str = field(repr=False)
    algorithm: str = "es256"
    time_authority: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a file's manifest says. `valid`: the signature fits the file as it is; `trusted`: and the signer's root is
    one that the library knows."""

    valid: bool
    trusted: bool
    signer: str
    generator: str
    source_types: tuple[str, ...]
    photographs: tuple[str, ...]
    problems: tuple[str, ...]


def sign_image(
    data: bytes,
    file_format: str,
    signer: Signer,
    *,
    source_type: str,
    title: str = "",
    generator: str = "prodgen_django",
    parts: Sequence[str] = (),
) -> bytes:
    """The file with a manifest; its pixels and its XMP stay as they are.

    `data`: a file of `file_format` ("jpeg", "png", "webp", "avif"). `source_type`: as in `encode_image`. `parts`: names
    of the photographs that the picture was made from. Raises CredentialsError.
    """
    import c2pa

    created = {"action": "c2pa.created", "digitalSourceType": source_type_uri(source_type)}
    manifest: dict[str, Any] = {
        "claim_generator_info": [{"name": generator}],
        "title": title or "picture",
        "format": MIME_TYPES[file_format],
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [created]}},
            {"label": _SOURCES, "data": {"photographs": list(parts)}},
        ],
    }
    out = io.BytesIO()
    try:
        builder = c2pa.Builder(json.dumps(manifest), c2pa.Context(c2pa.Settings.from_dict(_PLAIN)))
        told = c2pa.C2paSignerInfo(
            signer.algorithm,
            signer.certificates.encode(),
            signer.key.encode(),
            signer.time_authority.encode() if signer.time_authority else None,
        )
        with c2pa.Signer.from_info(told) as key:
            builder.sign(key, MIME_TYPES[file_format], io.BytesIO(data), out)
    except c2pa.C2paError as error:
        raise CredentialsError(f"The picture could not be signed: {error}") from error
    return out.getvalue()


def read_credentials(data: bytes, file_format: str) -> Credentials | None:
    """The manifest of a file, checked against the file; None where there is none."""
    import c2pa

    try:
        with c2pa.Reader(MIME_TYPES[file_format], io.BytesIO(data)) as reader:
            store = json.loads(reader.json())
            state = str(reader.get_validation_state() or "")
    except c2pa.C2paError as error:
        if "ManifestNotFound" in type(error).__name__ or "ManifestNotFound" in str(error):
            return None
        raise CredentialsError(str(error)) from error
    active = store["manifests"][store["active_manifest"]]
    problems = [str(entry.get("code")) for entry in store.get("validation_status") or ()]
    actions: list[dict[str, Any]] = []
    photographs: list[str] = []
    for assertion in active.get("assertions", ()):
        if assertion["label"].startswith("c2pa.actions"):
            actions += assertion["data"]["actions"]
        elif assertion["label"] == _SOURCES:
            photographs += assertion["data"]["photographs"]
    generator = (active.get("claim_generator_info") or [{}])[0].get("name", "")
    told = [action["digitalSourceType"] for action in actions if action.get("digitalSourceType")]
    return Credentials(
        valid=state in ("Valid", "Trusted"),
        trusted=state == "Trusted",
        signer=str((active.get("signature_info") or {}).get("issuer", "")),
        generator=generator,
        source_types=tuple(dict.fromkeys(uri.rpartition("/")[2] for uri in told)),
        photographs=tuple(photographs),
        problems=tuple(problems),
    )


def self_signed(name: str, days: int = 3650) -> Signer:
    """A key with a certificate of a root made for it: for trying out; viewers will call the signer unknown."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(common: str) -> Any:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
                x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
            ]
        )

    def certificate(subject: Any, key: Any, issuer: Any, issuer_key: Any, root: bool) -> Any:
        now = datetime.now(UTC)
        usage = x509.KeyUsage(
            digital_signature=not root, key_cert_sign=root, crl_sign=root, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
            )
        )
        if not root:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purpose, critical=False)
        return builder.sign(issuer_key, hashes.SHA256())

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = named(f"{name} root")
    root = certificate(root_name, root_key, root_name, root_key, True)
    own = certificate(named(name), key, root_name, root_key, False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Signer((own.public_bytes(pem) + root.public_bytes(pem)).decode(), private.decode())
