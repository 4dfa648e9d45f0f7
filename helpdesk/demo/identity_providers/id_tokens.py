"""Builds ID tokens (OpenID Connect Core, section 2), valid or wrong in one chosen way."""

import base64
import json
import threading

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_ID = "demo-key-1"


_signing_keys: dict[str, rsa.RSAPrivateKey] = {}
_keys_lock = threading.Lock()


def get_signing_key(name: str) -> rsa.RSAPrivateKey:
    """The signing key of this name, generated on first use and shared by all threads."""
    with _keys_lock:
        if name not in _signing_keys:
            _signing_keys[name] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return _signing_keys[name]


def build_jwks() -> dict:
    """The public keys, as a JWK set. Only the valid signing key is in it."""
    return {"keys": [build_jwk(KEY_ID)]}


def build_jwk(name: str) -> dict:
    """The public half of the key of this name."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(get_signing_key(name).public_key()))
    return {**public, "kid": name, "use": "sig", "alg": "RS256"}


def sign_token(claims: dict, alg: str = "RS256", kid: str = KEY_ID, typ: str | None = None) -> str:
    """A token of these claims.

    `alg` none and HS256 (signed with the public key), and a foreign `kid`, are the lies.
    """
    header = {"kid": kid} | ({"typ": typ} if typ else {})
    if alg == "none":
        return jwt.encode(claims, None, algorithm="none", headers=header)
    if alg == "HS256":
        header = {"alg": "HS256", "typ": "JWT", "kid": kid}
        head = f"{_encode_segment(header)}.{_encode_segment(claims)}"
        secret = json.dumps(build_jwk(kid)).encode()
        mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(head.encode(), secret)
        return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    return jwt.encode(claims, get_signing_key(kid), algorithm=alg, headers=header)


def _encode_segment(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
