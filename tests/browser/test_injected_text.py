"""Markup in every text of every row, and every page of the staff area opened: whatever was typed stays text.

The rows are written past the forms, which would refuse some of it: an import, old data or another tool may hold it.
"""

import re
from collections import Counter
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import models
from django.utils import timezone

from reports import actions as report_actions
from reports.period import Period
from tests.browser.conftest import log_in
from tests.visits.threads import page_of
from visits import actions
from visits.models import AuditEvent, ClosedDay, DataRequest, Membership, Visit

# It has to break out of any place: an element, an attribute in either kind of quotes, a script, a template.
MARKUP = "\"'><img src=x data-canary onerror=__pwned=1>{{7*7}}"
MORE = f"{MARKUP}</textarea></title><script data-canary>window.__pwned=1</script>'-alert(1)-'"
SHORT = "'><b data-canary>"
# Kept by the database, or chosen from a list, in a form that holds no markup.
NOT_FREE = {"slug", "code", "phone", "whatsapp", "key_hash", "content_digest", "ticket_hash", "notice_version"}
NOT_ALWAYS = {"excluded_reason", "flagged_reason", "answer"}  # they say what has become of the row
NO_TEXT = {"AuditEvent", "AuditSeal", "SubmissionCount", "StaffSession", "Authenticator", "ReplacedCode"}
TIMES = 2  # of addresses that differ in their numbers and choices alone
FILES = re.compile(r"\.(pdf|png|svg|xlsx|csv)$|/unduh/|/whatsapp/|/staf/logout/")
LINKS = "() => [...document.querySelectorAll('a[href]')].map((link) => link.href)"
TRACES = """() => [
    ...[...document.querySelectorAll('[data-canary], [onerror], [onclick]')].map((element) => element.outerHTML),
    ...[...document.querySelectorAll('[href^="javascript:" i], [action^="javascript:" i]')].map((e) => e.outerHTML),
    ...(window.__pwned ? ["a script ran"] : []),
]"""
READ = """() => [
    document.title,
    document.body.innerText,
    ...[...document.querySelectorAll('input, textarea')].map((field) => field.value),
].join()"""


def fill_everything() -> None:
    """Names that have to differ keep the row's number at their end."""
    for model in apps.get_app_config("visits").get_models():
        texts = free_texts(model)
        for row in model.objects.all() if texts and model.__name__ not in NO_TEXT else []:
            model.objects.filter(pk=row.pk).update(**{field.name: fitting(field, row.pk) for field in texts})
    User.objects.exclude(username="root").update(first_name=MARKUP, last_name=MARKUP)
    User.objects.filter(username="alice").update(username=MARKUP)
    Group.objects.filter(name="Pimpinan").update(name=MARKUP)


def free_texts(model) -> list[models.Field]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField) and not (field.choices or field.primary_key)
        if not isinstance(field, models.GeneratedField) and field.name not in NOT_FREE | NOT_ALWAYS
    ]


def fitting(field, pk) -> str:
    number = f" {str(pk)[:10]}"
    if isinstance(field, models.URLField):
        return f"https://contoh.id/?{MARKUP}"
    room = (field.max_length or 500) - len(number)
    return next(text for text in [MORE, MARKUP, SHORT] if len(text) <= room) + number


@pytest.fixture
def infested(office, point, online_point, root, alice, dewi, make_visit, make_feedback, make_survey, answered):
    """An office with something of everything; last month's report is signed. Returns what visitors hold keys for."""
    last_month = timezone.now().replace(day=1) - timedelta(days=2)
    for _ in range(6):
        make_visit(arrived_at=last_month, left_at=last_month, ended_by="tamu", visitor_kind="media", organization="x")
    now, kind = timezone.now(), {"visitor_kind": "media", "organization": "x"}
    visit = make_visit(**kind, division=office.divisions.first())
    make_visit(excluded_at=now, excluded_reason=MORE[:200])
    make_visit(excluded_at=now, excluded_reason="x", flagged_reason=MARKUP[:60])
    make_visit(point=online_point, arrived_at=None)
    ended = actions.close(make_visit(**kind, purpose=office.purposes.get(is_confidential=True)), by=dewi)
    thread = make_feedback(name="x")
    make_feedback(flagged_reason=MARKUP[:60], waiting_since=None)
    make_survey(1, comment="x", purpose=visit.purpose)
    make_survey(1, comment="x", flagged_reason=MARKUP[:60])
    ClosedDay.objects.create(office=office, day=date(now.year, 12, 25), name="x")
    DataRequest.objects.create(office=office, visit=visit, kind="perbaikan", words="x")
    decided = {"decided_at": now, "decided_by": dewi, "is_granted": False, "answer": MORE}
    DataRequest.objects.create(office=office, visit=visit, kind="penghapusan", words="x", **decided)
    Membership.objects.create(user=root, office=office)
    fill_everything()
    for user in User.objects.all():
        actions.record(action="visit.opened", by=user, office_id=office.pk, target=visit, path=MARKUP, filters=[MARKUP])
    AuditEvent.objects.create(
        action=SHORT, actor=MORE, object_type=SHORT, details={"fields": [MARKUP], MARKUP: MARKUP}, office_id=office.pk
    )
    period = Period.parse(f"{last_month:%Y-%m}")
    report_actions.lock(office=office.__class__.objects.get(), period=period, number=MARKUP, by=root)
    return [f"/t/{actions.ticket_key(each)}/" for each in [visit, ended]] + [page_of(thread), page_of(answered)]


class Look:
    """One browser that goes from page to page; keeps what became of the markup."""

    def __init__(self, page):
        self.page, self.traces, self.told_on = page, [], set()
        page.on("dialog", lambda dialog: (self.traces.append(dialog.message), dialog.dismiss()))

    def at(self, address: str) -> list[str]:
        """The links on the page."""
        self.page.goto(address)
        return self.here()

    def here(self) -> list[str]:
        self.traces += [(self.page.url, trace) for trace in self.page.evaluate(TRACES)]
        if "data-canary" in self.page.evaluate(READ):
            self.told_on.add(shape(self.page.url))
        return self.page.evaluate(LINKS)


def shape(address: str) -> str:
    """`/staf/visits/visit/0/change/?q`: what pages of one kind have in common."""
    parts = urlsplit(address)
    names = "&".join(sorted({name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}))
    return re.sub(r"/(\d[\dST-]*|[0-9A-Z]{6})(?=/)", "/0", parts.path) + (f"?{names}" if names else "")


def crawl(look: Look, start: str, within: str) -> Counter:
    """Every link from page to page that stays within; how often each shape was opened."""
    waiting, known, opened = [start], {start}, Counter()
    while waiting:
        address = waiting.pop(0)
        if opened[shape(address)] >= TIMES:
            continue
        opened[shape(address)] += 1
        links = {link.partition("#")[0] for link in look.at(address)} - known
        known |= links
        waiting += sorted(link for link in links if link.startswith(within) and not FILES.search(link.split("?")[0]))
    return opened


def test_no_page_of_the_staff_area_takes_text_for_markup(browse, site, infested):
    page = browse(width=1440)
    log_in(page, "root")
    page.set_extra_http_headers({"X-Forwarded-For": MARKUP, "X-Request-ID": SHORT})
    look = Look(page)

    opened = crawl(look, f"{site}/staf/", f"{site}/staf/")

    assert look.traces == []
    rows = ["visit", "feedback", "office", "purpose", "division", "district", "closedday", "checkinpoint"]
    wanted = {f"/staf/visits/{model}/0/change/" for model in [*rows, "replytemplate", "datarequest"]}
    wanted |= {"/staf/", "/staf/rekan/", "/staf/rekan/0/", "/staf/auth/user/0/change/", "/staf/laporan/0/"}
    wanted |= {"/staf/visits/auditevent/", "/staf/diperiksa/", "/staf/poster/0/", "/staf/visits/visit/0/history/"}
    assert (wanted - set(opened), wanted - look.told_on) == (set(), set())


def test_no_page_for_visitors_takes_text_for_markup(browse, point, office, infested):
    page = browse()
    look = Look(page)
    own = [f"/k/{point.code}/{name}" for name in ["", "kunjungan/", "saran/", "syarat/", "penilaian/"]]
    others = ["/", "/privasi/", f"/publik/{office.slug}/", f"/publik/{office.slug}/sematan/", "/staf/login/"]
    for address in [*own, *others, *infested, *[f"{address}penilaian/" for address in infested[:2]]]:
        look.at(address)
        look.at(f"{address}?lang=en&kantor={MARKUP}&next={MARKUP}")
    assert look.traces == []
    assert {f"/k/0/{name}" for name in ["", "kunjungan/", "saran/", "syarat/"]} | {"/privasi/"} <= look.told_on

    page.goto(own[1])
    page.get_by_label("Nama lengkap").fill(MARKUP)
    page.get_by_label("Nomor HP atau WhatsApp").fill(SHORT)
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    look.here()
    assert page.get_by_label("Nama lengkap").input_value() == MARKUP
    assert (look.traces, Visit.objects.filter(name=MARKUP).exists()) == ([], False)
