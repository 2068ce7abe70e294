"""A browser without JavaScript, at the TLS door of production.py: it keeps cookies and sends what a page holds."""

import re
from urllib.parse import urlencode

import html5lib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.authenticator import code_of, recovery_codes, typed_key
from tests.production import HOST, Answer, Site

FORM = "application/x-www-form-urlencoded"
CAME_FROM = {"origin": f"https://{HOST}", "referer": f"https://{HOST}/staf/"}


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send: the fields as they are filled in, and the first choice where none has been made."""
    root = html5lib.parse(page, namespaceHTMLElements=False)
    inputs = [field for field in root.iter("input") if field.get("type") not in {"submit", "button", "file"}]
    ticked = [field for field in inputs if field.get("type") in {"radio", "checkbox"}]
    fields = {field.get("name"): field.get("value", "") for field in inputs if field not in ticked}
    fields |= {field.get("name"): field.get("value", "on") for field in ticked if field.get("checked") is not None}
    fields |= {area.get("name"): (area.text or "").removeprefix("\n") for area in root.iter("textarea")}
    for radio in (field for field in ticked if field.get("type") == "radio"):
        fields.setdefault(radio.get("name"), radio.get("value"))
    for choice in root.iter("select"):
        fields[choice.get("name")] = chosen(list(choice.iter("option")))
    return {name: value for name, value in fields.items() if name}


def chosen(options: list) -> str:
    selected = [option.get("value", "") for option in options if option.get("selected") is not None]
    return selected[0] if selected and selected[0] else next(filter(None, (each.get("value") for each in options)), "")


def send(site: Site, path: str, fields: dict[str, str], **headers: str) -> Answer:
    return site.request("POST", path, urlencode(fields), content_type=FORM, sec_fetch_site="same-origin", **headers)


class Browser:
    def __init__(self, site: Site):
        self.site = site
        self.cookies: dict[str, str] = {}  # name -> the whole line that set it

    @property
    def cookie(self) -> str:
        return "; ".join(line.partition(";")[0] for line in self.cookies.values())

    def get(self, path: str) -> Answer:
        return self._keep(self.site.request("GET", path, cookie=self.cookie))

    def fill_in(self, path: str, page: Answer, **fields: str) -> Answer:
        return self._keep(send(self.site, path, fields_of(page.text) | fields, cookie=self.cookie, **CAME_FROM))

    def upload(self, path: str, page: Answer, content: bytes, name: str) -> Answer:
        body = encode_multipart(BOUNDARY, {**fields_of(page.text), "file": SimpleUploadedFile(name, content)})
        headers = {"content_type": MULTIPART_CONTENT, "cookie": self.cookie, **CAME_FROM}
        return self._keep(self.site.request("POST", path, body, **headers))

    def _keep(self, answer: Answer) -> Answer:
        self.cookies |= {line.partition("=")[0]: line for line in answer.headers.get_all("Set-Cookie", [])}
        return answer


def signed_in(site: Site) -> Browser:
    """IT's first account. It sets up its second factor the first time, and needs it ever after."""
    browser, login, code = Browser(site), "/staf/login/", "/staf/login/kode/"
    password = re.search(r"password (\S+)", site.first_account)[1]
    entered = browser.fill_in(login, browser.get(login), username="admin", password=password, next="/staf/")
    if site.recovery_codes:
        assert (entered.status, entered.headers["Location"]) == (302, code)
        entered = browser.fill_in(code, browser.get(code), code=site.recovery_codes.pop())
    assert (entered.status, entered.headers["Location"]) == (302, "/staf/")
    if browser.get("/staf/").status == 302:
        site.recovery_codes = set_up(browser, password)
    return browser


def set_up(browser: Browser, password: str) -> list[str]:
    page = browser.get("/staf/akun/verifikasi/")
    typed = {"new_code": code_of(typed_key(page.text)), "password": password}
    done = browser.fill_in("/staf/akun/verifikasi/", page, **typed)
    return recovery_codes(done.text)
