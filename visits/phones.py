"""Phone numbers: any usual writing in, E.164 in the database, the Indonesian way on the screen."""

import phonenumbers

REGION = "ID"


def parse(text: str) -> str | None:
    """E.164 (`+6281234567890`) of an Indonesian mobile or landline or a foreign number; None when it is none."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    if number.country_code == 62 and not _is_indonesian(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_indonesian(number: phonenumbers.PhoneNumber) -> bool:
    """Mobiles by their length alone: a new prefix is in people's pockets before it is in the library's tables."""
    national = str(number.national_number)
    if national.startswith("8"):
        return 9 <= len(national) <= 12
    return phonenumbers.is_valid_number(number)


def display(e164: str) -> str:
    """`0812-3456-7890` for Indonesia, the international form otherwise, nothing for nothing."""
    if not e164:
        return ""
    number = phonenumbers.parse(e164, REGION)
    if number.country_code != 62:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
