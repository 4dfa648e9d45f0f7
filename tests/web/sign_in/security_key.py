"""A security key in software: what an authenticator answers by WebAuthn level 2, sections 6.1 to 6.5."""

import base64
import hashlib
import json
import secrets
import struct

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, ATTESTED = 0x01, 0x40  # flags of the authenticator data (6.1)


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SecurityKey:
    """One key pair on P-256. ``origin`` and ``rp_id`` are what the browser tells; ``count`` is its counter."""

    def __init__(self, origin: str = "http://localhost", rp_id: str = "localhost") -> None:
        self.origin, self.rp_id = origin, rp_id
        self.id = secrets.token_bytes(32)
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def make(self, options: dict, **client) -> str:
        """The answer to ``navigator.credentials.create`` with attestation "none"."""
        numbers = self.private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(PRESENT | ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._client_data("webauthn.create", options["challenge"], **client)
        return self._answer({"clientDataJSON": encode(said), "attestationObject": encode(statement)})

    def sign(self, options: dict, flags: int = PRESENT, **client) -> str:
        """The answer to ``navigator.credentials.get``."""
        self.count += 1
        data, said = self._data(flags), self._client_data("webauthn.get", options["challenge"], **client)
        signature = self.private.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": encode(said), "authenticatorData": encode(data), "signature": encode(signature)}
        )

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client_data(self, kind: str, challenge: str, **changes) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin} | changes).encode()

    def _answer(self, response: dict) -> str:
        return json.dumps({"id": encode(self.id), "rawId": encode(self.id), "type": "public-key", "response": response})
