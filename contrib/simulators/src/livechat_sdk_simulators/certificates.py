"""A certificate that a simulator signs itself when it starts, as many vendors' own servers have one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

__all__ = ["SelfSigned"]

_NAMES: Final = ("localhost",)
_ADDRESSES: Final = ("127.0.0.1", "::1")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """Certificate and key in PEM. Whoever trusts the certificate as an authority can verify the server."""

    certificate: bytes
    key: bytes = field(repr=False)

    @classmethod
    def make(cls, days: int = 30) -> Self:
        """A new one, for the names of this machine on loopback; good for ``days`` from now."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "livechat simulator")])
        own = x509.SubjectKeyIdentifier.from_public_key(public)
        hosts: list[x509.GeneralName] = [x509.DNSName(one) for one in _NAMES]
        hosts += [x509.IPAddress(ip_address(one)) for one in _ADDRESSES]
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)  # for callers whose clock is behind
            .not_valid_after(now + days * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .add_extension(own, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        return cls(
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )

    def context(self) -> ssl.SSLContext:
        """What a server needs to speak TLS with it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:  # the library of OpenSSL reads keys from files only
            both = Path(folder) / "both.pem"
            both.touch(mode=0o600)
            both.write_bytes(self.key + self.certificate)
            context.load_cert_chain(both)
        return context

    def client_context(self) -> ssl.SSLContext:
        """What a client needs that trusts it, and nobody else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.certificate.decode())
        return context
