"""Login names as they are compared, and the subjects by which wrong passwords are counted.

Folding decides nothing about who exists: it gives a name for anything that is typed. Numbers have four to ten digits
(``server.companies.rules``), so none of them can be taken for a phone.
"""

import hashlib
import re
import unicodedata
from ipaddress import IPv6Address, IPv6Network, ip_address

_MOBILE = re.compile(r"(?:00?86)?(1[3-9][0-9]{9})|86(1[3-9][0-9]{9})")
_INTERNATIONAL = re.compile(r"\+([1-9][0-9]{6,14})")
_SEPARATORS = re.compile(r"[\s().-]")
_SPECIAL = r"@\s\x00-\x1f\x7f()<>\[\]:;,\\\""  # RFC 5322, 3.2.3: in a header these make several addresses, or another one
_MAIL = re.compile(rf"[^{_SPECIAL}]{{1,64}}@[^.{_SPECIAL}]+(?:\.[^.{_SPECIAL}]+)+")
MAIL_CHARACTERS = 254  # RFC 5321, 4.5.3.1.3
_NETWORK_BITS = 64  # a household has so many addresses of IPv6 that each attempt could come from another


def fold(typed: str) -> str:
    """The login name behind what was typed: full width to half, no case; a phone in any of its spellings as ``+8613…``."""
    name = unicodedata.normalize("NFKC", typed).strip().casefold()
    return phone(name) or name


def phone(typed: str) -> str:
    """As ``+`` and digits (E.164); Chinese mobile numbers also without their country. Empty where it is no such number."""
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed))
    if mobile := _MOBILE.fullmatch(digits):
        return f"+86{mobile[1] or mobile[2]}"
    abroad = _INTERNATIONAL.fullmatch(digits)
    return f"+{abroad[1]}" if abroad else ""


def mail(typed: str) -> str:
    """A mail address as it is kept, without spaces around and in half width. Empty where it is none."""
    plain = unicodedata.normalize("NFKC", typed).strip()
    return plain if plain.isprintable() and len(plain) <= MAIL_CHARACTERS and _MAIL.fullmatch(plain) else ""


def shown_phone(folded: str) -> str:
    """A phone as cards have it: of a Chinese mobile number its eleven digits."""
    return folded.removeprefix("+86") if _MOBILE.fullmatch(folded.removeprefix("+")) else folded


def of_codes(account: int) -> bytes:
    """The subject of an account that asks for codes."""
    return _subject("codes", str(account))


def of_codes_to(folded: str) -> bytes:
    """The subject of a phone or an address that codes are sent to, by whomever."""
    return _subject("codes to", folded)


def of_codes_from(address: str) -> bytes:
    """The subject of an address that asks for codes, as ``of_address``."""
    return _subject("codes from", _network(address))


def of_name(folded: str) -> bytes:
    """The subject of a login name, whether anybody has it or not."""
    return _subject("name", folded)


def of_address(address: str) -> bytes:
    """The subject of an address; of IPv6 its network of 64 bits."""
    return _subject("address", _network(address))


def of_account(account: int) -> bytes:
    """The subject of an account whose old password is asked for again."""
    return _subject("account", str(account))


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed), _NETWORK_BITS), strict=False))
    return str(parsed)


def _subject(kind: str, of: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{of}".encode("utf-8", "surrogatepass")).digest()
