"""The app on a person's phone: what it shows, given the key that the page shows for typing."""

import re
import time
from base64 import b32decode

from django_otp.oath import hotp

from tests.conftest import PASSWORD


def typed_key(page: str) -> str:
    return re.search(r'<code class="dk-key">([A-Z2-7 ]+)</code>', page)[1]


def code_of(key: str, steps: int = 0) -> str:
    """Now, or so many half minutes later; a half minute is waited out that would end while the test looks."""
    if (left := 30 - time.time() % 30) < 5:
        time.sleep(left)
    return code_at(key, int(time.time()) // 30 + steps)


def code_at(key: str, half_minute: int) -> str:
    """`half_minute` since 1970, as rows count it in `last_t`."""
    return f"{hotp(b32decode(key.replace(' ', '')), half_minute):06}"


def wrong_code(key: str) -> str:
    """Of no half minute near this one."""
    right = {code_of(key, steps) for steps in range(-3, 4)}
    return next(code for code in map("{:06}".format, range(8)) if code not in right)


def recovery_codes(page: str) -> list[str]:
    return re.findall(r"<li><code>([^<]+)</code></li>", page)


def set_up(client, **fields: str) -> tuple[str, list[str]]:
    """By the page, as a person does. The key, and the recovery codes. The code of this half minute is used up."""
    page = client.get("/staf/akun/verifikasi/").content.decode()
    key, signed = typed_key(page), re.search(r'name="key" value="([^"]+)"', page)[1]
    sent = {"key": signed, "new_code": code_of(key), "password": PASSWORD, **fields}
    response = client.post("/staf/akun/verifikasi/", sent)
    return key, recovery_codes(response.content.decode())
