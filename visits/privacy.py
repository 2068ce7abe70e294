"""Which privacy notice a visitor saw. Its text is templates/visits/privacy.html, with the office's own values."""

import hashlib

# Raise it with every change of the notice's text. UU 27/2022 art. 21 says what it must hold.
NOTICE_TEXT_VERSION = 3


def notice_version(office) -> str:
    """Changes with the text and with every value of the office that the notice shows: `3-3f2a9c01`."""
    values = [office.name, office.address, office.privacy_contact, str(office.retention_months)]
    return f"{NOTICE_TEXT_VERSION}-{hashlib.sha256(chr(31).join(values).encode()).hexdigest()[:8]}"
