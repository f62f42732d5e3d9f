"""One-time codes: drawn first passwords, and digits by which a phone or a mail address is proved (SPEC A4, B10).

A first password is good until its owner chose one of his own, which every session that it opens asks for before anything else, or until an
administrator's reset draws another: whose first sign-in was cut short signs in with it again. It has 59 random bits, so a salted SHA-256
keeps it as well as argon2 keeps what people choose, and a thousand are drawn at once. Digits are kept by nothing but how soon they expire
and how seldom they may be tried.
"""

import hashlib
import hmac
import os
import secrets
import unicodedata

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
LENGTH = 12
DIGITS = 6
PREFIX = "$code$"


def draw_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def draw_digits() -> str:
    """For a person who reads them on one device and types them on another."""
    return "".join(secrets.choice("0123456789") for _ in range(DIGITS))


def stored_code(code: str) -> str:
    """What is kept of a code: ``$code$salt$hash``, both hexadecimal."""
    salt = os.urandom(16)
    return f"{PREFIX}{salt.hex()}${_hash(salt, code)}"


def is_code(stored: str) -> bool:
    return stored.startswith(PREFIX)


def matches(stored: str, typed: str) -> bool:
    """Whether ``typed`` is the code; written with capitals, spaces or hyphens it is the same one."""
    salt, kept = stored.removeprefix(PREFIX).split("$")
    plain = unicodedata.normalize("NFKC", typed).replace("-", "").replace(" ", "").casefold()
    return hmac.compare_digest(_hash(bytes.fromhex(salt), plain), kept)


def _hash(salt: bytes, code: str) -> str:
    return hashlib.sha256(salt + code.encode("utf-8", "surrogatepass")).hexdigest()
