"""WCAG 2.2 AA by axe-core, and no sideways scrolling: every page, light and dark, phone and desk."""

import re
from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.utils import timezone

from tests.browser.conftest import log_in
from tests.browser.phone import fill_in, rewrite_waiting, send, wait_for_signal
from tests.visits.own_data import own_data_of
from tests.visits.threads import page_of
from visits import actions, rights
from visits.models import CheckInPoint

# What hangs on the colours alone; the rest of a page is the same by day and by night.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDTHS = [1440, 390]  # it stays a phone
AXE = Axe().axe_script
LONG = "Rahmawatisaptaningtyas" * 4 + "Prawirodirjo"  # one word, as long as a name may be
TYPED = {"name": LONG, "organization": LONG, "note": LONG, "meeting_with": LONG[:80]}


def complaints_about(page) -> list[str]:
    """As it is seen now."""
    problems = _violations(page, RULES)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        problems.append(f"{page.url} scrolls sideways")
    for table in page.locator(".results, .dk-scroll:has(.dk-found)").all():
        if table.evaluate("table => table.scrollWidth > table.clientWidth"):
            problems.append(f"{page.url} has a table that scrolls sideways")
    return problems


def complaints_on_any_screen(page) -> list[str]:
    """On a desk and on a phone, by day and by night."""
    problems = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        problems += complaints_about(page)
        page.emulate_media(color_scheme="dark")
        problems += _violations(page, COLOURS)
        page.emulate_media(color_scheme="light")
    return problems


def _violations(page, rules: dict) -> list[str]:
    page.wait_for_load_state()
    # With preload axe copies stylesheets into <style>, which our policy refuses, and complains in the console.
    options = {"runOnly": rules, "preload": False, "resultTypes": ["violations"]}
    page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("(options) => axe.run(options).then(({ violations }) => violations)", options)
    return [f"{page.url} {rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]


def complaints_after(page, addresses) -> list[str]:
    problems = []
    for address in addresses:
        page.goto(address)
        problems += complaints_on_any_screen(page)
    return problems


def ticket(visit) -> str:
    return f"/t/{actions.ticket_key(visit)}/"


def test_public_pages(browse, point, online_point, other_office, make_visit, make_feedback, answered):
    revoked = CheckInPoint.objects.create(office=point.office, name="Lama", is_active=False)
    closed, restricted = make_visit(), make_visit(restricted_at=timezone.now(), consent_at=timezone.now())
    actions.close(closed)
    rights.ask(restricted, kind="perbaikan", words="Jam datang keliru")
    page = browse()

    problems = complaints_after(
        page,
        [
            "/",
            f"/k/{point.code}/",
            f"/k/{point.code}/?lang=en",
            f"/k/{point.code}/kunjungan/",
            f"/k/{online_point.code}/kunjungan/",
            f"/k/{point.code}/saran/",
            f"/k/{point.code}/syarat/",
            f"/k/{revoked.code}/",
            "/privasi/",
            f"/publik/{point.office.slug}/",
            f"/publik/{point.office.slug}/sematan/",
            f"/privasi/?kantor={point.office.slug}",
            ticket(make_visit()),
            ticket(closed),
            own_data_of(make_visit()),
            f"{own_data_of(restricted)}?sudah=pembatasan&lang=en",
            ticket(make_visit(point=online_point, arrived_at=None)),
            page_of(make_feedback(body="Antre lama.\n\nشكرا")),
            page_of(answered),
            "/tidak-ada/",
            "/t/salah/",
            "/s/salah/",
        ],
    )
    page.goto(page_of(answered))
    page.get_by_role("button", name="Ya, sudah cukup").click()
    page.get_by_text("Percakapan ini sudah selesai.").wait_for()
    problems += complaints_on_any_screen(page)
    page.goto(f"/k/{point.code}/saran/")
    page.get_by_text("Layanan kami yang mengecewakan Anda").click()
    page.get_by_role("button", name="Kirim saran").click()
    page.get_by_role("alert").wait_for()
    problems += complaints_on_any_screen(page)
    page.goto(own_data_of(closed))
    page.get_by_text("Perbaiki data").click()
    page.get_by_role("textbox", name="Nama lengkap").fill("")
    page.get_by_role("button", name="Simpan perbaikan").click()
    page.get_by_role("alert").wait_for()
    problems += complaints_on_any_screen(page)
    page.goto(f"/k/{point.code}/kunjungan/")
    page.locator("main form button[type=submit]").click()
    page.get_by_role("alert").wait_for()
    problems += complaints_on_any_screen(page)

    assert problems == []


def test_what_the_phone_itself_has_to_say(browse, point):
    """Somebody known, a draft, no signal, a form that waits, on the form and on the landing; a shared screen."""
    page = browse()
    form = f"/k/{point.code}/kunjungan/"
    page.goto(form)
    fill_in(page)
    page.get_by_text("Ingat saya di ponsel ini").click()
    send(page)
    page.wait_for_url("**/t/**")
    page.goto(form)
    fill_in(page)
    page.reload()
    page.context.set_offline(True)
    page.locator("[data-offline]").wait_for()
    problems = complaints_on_any_screen(page)
    send(page)
    wait_for_signal(page)
    problems += complaints_on_any_screen(page)
    rewrite_waiting(page, tapped=0)
    page.context.set_offline(False)
    for address in [form, f"/k/{point.code}/?lang=en", f"/k/{point.code}/"]:
        page.goto(address)
        page.get_by_role("heading", name=re.compile("belum terkirim|not been sent")).wait_for()
        problems += complaints_on_any_screen(page)
    problems += complaints_after(page, [f"/k/{point.code}/?layar=bersama"])

    assert problems == []


def test_public_pages_with_large_text_on_a_narrow_phone(browse, point, make_visit, answered):
    """320 px wide and text at 200 %: nothing is cut off and nothing scrolls sideways."""
    page = browse(width=320)
    problems = []
    form, feedback = f"/k/{point.code}/kunjungan/", f"/k/{point.code}/saran/"
    private = [ticket(make_visit()), own_data_of(make_visit()), page_of(answered)]
    for address in ["/", f"/k/{point.code}/", form, feedback, "/privasi/", *private]:
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        problems += complaints_about(page)

    assert problems == []


def test_staff_pages(browse, point, dewi, make_visit, make_feedback, make_survey, answered, online_point):
    visit = make_visit(**TYPED)
    for number in range(5):
        make_survey(number % 4 + 1, purpose=visit.purpose)
    make_visit(point=online_point, arrived_at=None, **TYPED)
    actions.close(make_visit(name="Budi Santoso"), by=dewi)
    late = make_feedback(name=LONG, body=LONG, phone="+6281234567890", created_at=visit.arrived_at - timedelta(days=14))
    asked = rights.ask(visit, kind="penghapusan", words="Mohon dihapus.")
    page = browse()
    page.goto("/staf/login/")
    problems = complaints_on_any_screen(page)
    log_in(page, "dewi")

    problems += complaints_after(
        page,
        [
            "/staf/",
            "/staf/visits/visit/",
            "/staf/visits/visit/?q=tidak-ada",
            f"/staf/visits/visit/{visit.pk}/change/",
            f"/staf/visits/visit/{visit.pk}/kecualikan/",
            "/staf/visits/visit/99999999/change/",
            "/staf/visits/visit/add/",
            "/staf/visits/visit/export/?status=selesai",
            "/staf/visits/visit/import/",
            "/staf/di-dalam/",
            "/staf/visits/feedback/",
            f"/staf/visits/feedback/{late.pk}/change/",
            f"/staf/visits/feedback/{answered.pk}/change/",
            "/staf/visits/datarequest/",
            f"/staf/visits/datarequest/{asked.pk}/change/",
            "/staf/visits/replytemplate/",
            "/staf/visits/replytemplate/add/",
            "/staf/laporan/2026-06/",
            f"/staf/laporan/{visit.day:%Y-%m}/",
            "/staf/poster/",
            "/staf/poster/periksa/",
            "/staf/diperiksa/",
            f"/staf/poster/{point.code}/",
            f"/staf/visits/office/{point.office.pk}/change/",
            "/staf/visits/purpose/",
            f"/staf/visits/purpose/{visit.purpose_id}/change/",
            "/staf/visits/closedday/add/",
            "/staf/visits/closedday/libur-nasional/",
            "/staf/visits/district/tempel/",
            "/staf/rekan/",
            "/staf/rekan/tambah/",
            f"/staf/rekan/{dewi.pk}/",
            "/staf/visits/checkinpoint/add/",
            "/staf/password_change/",
            "/staf/akun/",
            "/staf/akun/verifikasi/",
        ],
    )

    page.goto(f"/staf/visits/feedback/{late.pk}/change/")
    page.get_by_text("Tulis catatan internal").click()
    page.get_by_role("button", name="Simpan catatan").click()
    page.get_by_role("alert").wait_for()
    problems += complaints_on_any_screen(page)
    problems += complaints_while_erasing_by_phone(page)

    assert problems == []


def complaints_while_erasing_by_phone(page) -> list[str]:
    """The empty page, half a number, what was found, and the question before it is erased."""
    page.goto("/staf/hak-data/")
    problems = complaints_on_any_screen(page)
    page.get_by_label("Nomor kunjungan").fill("014")
    page.get_by_role("button", name="Cari").click()
    page.get_by_role("link", name="Isi juga hari kunjungannya.").wait_for()
    problems += complaints_on_any_screen(page)
    page.get_by_label("Nomor kunjungan").fill("")
    page.get_by_label("Nomor HP tamu").fill("0812-3456-7890")
    page.get_by_role("button", name="Cari").click()
    page.get_by_label("Identitas pemohon sudah saya pastikan.").check()
    page.get_by_label("Kunjungan 001").check()
    problems += complaints_on_any_screen(page)
    page.get_by_role("button", name="Hapus").click()
    page.get_by_role("heading", name="Hapus 1 data?").wait_for()
    return problems + complaints_on_any_screen(page)


def test_staff_pages_on_the_narrowest_phone(browse, office, root, make_visit, make_survey, answered):
    """320 px wide: tables may scroll in themselves, a page never does."""
    visit, _sheet, page = make_visit(), make_survey(), browse(width=320)
    asked = rights.ask(visit, kind="penghapusan", words="Mohon dihapus.")
    log_in(page, "root")

    assert [
        address
        for address in [
            "/staf/",
            "/staf/visits/visit/",
            f"/staf/visits/visit/{visit.pk}/change/",
            "/staf/visits/visit/add/",
            "/staf/visits/visit/export/",
            "/staf/visits/visit/import/",
            f"/staf/visits/office/{office.pk}/change/",
            f"/staf/visits/purpose/{visit.purpose_id}/change/",
            "/staf/visits/auditevent/",
            "/staf/visits/feedback/",
            f"/staf/visits/feedback/{answered.pk}/change/",
            "/staf/visits/surveyresponse/",
            "/staf/visits/datarequest/",
            f"/staf/visits/datarequest/{asked.pk}/change/",
            "/staf/hak-data/",
            "/staf/di-dalam/",
            "/staf/rekan/",
            f"/staf/auth/user/{root.pk}/change/",
            "/staf/auth/user/add/",
            "/staf/akun/",
            "/staf/akun/verifikasi/",
            f"/staf/auth/group/{Group.objects.first().pk}/change/",
            f"/staf/laporan/{visit.day:%Y-%m}/",
            "/staf/poster/",
        ]
        if scrolls_sideways(page, address)
    ] == []
    page.goto(f"/staf/auth/group/{Group.objects.first().pk}/change/")
    boxes = page.get_by_role("checkbox").evaluate_all("boxes => boxes.map((box) => box.getBoundingClientRect())")
    assert {(box["left"], box["width"]) for box in boxes} == {(33, 22)}, "they stand in one column, before their words"


def scrolls_sideways(page, address) -> bool:
    page.goto(address)
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
