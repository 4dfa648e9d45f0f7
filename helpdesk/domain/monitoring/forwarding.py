"""Whether the portal, asked at its public address, knows who asks: the proxy's headers against TRUSTED_PROXIES.

``helpdesk doctor`` sends two requests to ``/healthz/forwarded``, one of them with forged headers, and compares what the
portal took them for. Both sides prove that they have the same SECRET_KEY.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

import requests

from helpdesk import bounded_http, config, key_derivation
from helpdesk.key_derivation import Purpose

PROOF_SECONDS = 300  # the clocks of two nodes may differ
FORGED_ADDRESS = "192.0.2.1"  # of RFC 5737, nobody's
FORGED_HOST = "forged.invalid"
Finding = tuple[bool | None, str]


def new_proof() -> str:
    """Return a proof that a request is ours, accepted for PROOF_SECONDS."""
    moment = str(int(time.time()))
    return f"{moment}.{key_derivation.sign(Purpose.PROXY_CHECK, moment).hex()}"


def is_proof(given: str) -> bool:
    """Whether ``given`` is a proof that was made a moment ago."""
    moment, _, signature = given.partition(".")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        return False
    is_signed = key_derivation.is_signed(Purpose.PROXY_CHECK, moment, signature, bytes.hex)
    return is_signed and abs(time.time() - int(moment)) < PROOF_SECONDS


def answer_proof(proof: str) -> str:
    """Return what only an installation with our SECRET_KEY can answer to ``proof``."""
    return key_derivation.sign(Purpose.PROXY_CHECK, f"answer to {proof}").hex()


def check() -> Iterator[Finding]:
    """Ask the portal at PORTAL_BASE_URL what it takes a request for, and say what is wrong, or that nothing is."""
    base = config.current().PORTAL_BASE_URL.rstrip("/")
    try:
        plain = _ask(base, {})
        scheme = "http" if base.startswith("https") else "https"
        forged = {
            "X-Forwarded-For": FORGED_ADDRESS,
            "X-Forwarded-Host": FORGED_HOST,
            "X-Forwarded-Proto": scheme,
        }
        misled = _ask(base, forged) if plain else None
    except requests.exceptions.SSLError as error:
        yield (
            False,
            f"{base} has no certificate that is trusted here: {_shorten(error)}. Have the proxy send the whole chain "
            "(fullchain.pem); an authority of your own belongs into this machine's store (update-ca-certificates).",
        )
        return
    except (requests.RequestException, ValueError) as error:
        yield None, f"{base} is not reached from this machine, so the proxy was not tried: {_shorten(error)}"
        return
    if plain is None or misled is None:
        yield (
            False,
            f"{base} does not lead to this portal: another server answers there, or one with another SECRET_KEY.",
        )
        return
    problem = _find_problem(base, plain, misled)
    yield not problem, problem or f"{base} leads here, and the portal knows from whom requests come."


def _find_problem(base: str, plain: dict[str, Any], misled: dict[str, Any]) -> str:
    trusted = plain["trusted_proxies"]
    proxies = len([entry for header in plain["forwarded_for"] for entry in header.split(",")])
    if proxies != trusted:
        return (
            f"TRUSTED_PROXIES is {trusted}, but X-Forwarded-For has the addresses of {proxies}: set it to the number "
            "of proxies, and have the first of them set the header (deploy/nginx.conf)."
        )
    if plain["url"].lower() != base.lower():
        return (
            f"The portal takes {base} for {plain['url']}, and would refuse forms: the proxy must set X-Forwarded-Proto "
            f"and X-Forwarded-Host (deploy/nginx.conf)."
        )
    if misled["address"] == FORGED_ADDRESS:
        return "A browser can choose its own address: the proxy must replace X-Forwarded-For (deploy/nginx.conf)."
    if misled["url"].lower() != base.lower():
        return (
            "A browser can choose the portal's address: the proxy must replace X-Forwarded-Host and X-Forwarded-Proto "
            "(deploy/nginx.conf)."
        )
    return ""


def _ask(base: str, headers: dict[str, str]) -> dict[str, Any] | None:
    """What the portal at ``base`` takes a request with ``headers`` for; None if something else answers there."""
    proof = new_proof()
    answer = bounded_http.get(f"{base}/healthz/forwarded", {"Authorization": f"Bearer {proof}", **headers})
    if answer.status_code != 200:
        return None
    found = answer.json()
    return found if isinstance(found, dict) and found.get("proof") == answer_proof(proof) else None


def _shorten(error: Exception) -> str:
    """The innermost cause of an error of requests, in a few words."""
    inner = getattr(error.args[0] if error.args else None, "reason", None) or error
    sentence = re.sub(r" \(_ssl\.c:\d+\)", "", " ".join(str(inner).split()))
    return sentence.rpartition(": ")[2].rstrip("')")[:200]
