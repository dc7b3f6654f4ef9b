"""Telephone numbers as people write them, and as gateways want them. Pure."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from protocol.errors import Refused

_COUNTRY = "DK"
_TAKES_SMS = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def normalise_phone(text: str, field: str = "phone") -> str:
    """Give a number in its one form (E.164, `+4512345678`), Danish if no country is said.

    Raises `Refused("invalid_field")`: it is none, or one that takes no SMS as far as its numbering
    plan tells.
    """
    try:
        number = phonenumbers.parse(text, _COUNTRY)
    except NumberParseException:
        raise Refused("invalid_field", field=field) from None
    if (
        not phonenumbers.is_valid_number(number)
        or number.extension
        or phonenumbers.number_type(number) not in _TAKES_SMS
    ):
        raise Refused("invalid_field", field=field)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def masked(phone: str) -> str:
    """Show enough of a number for its owner to know it: its last two digits."""
    return f"•• •• •• {phone[-2:]}"
