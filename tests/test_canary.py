"""A visitor's name and number after the office's months: in no dump, log, file or session of a whole installation.

What staff do with the name meanwhile leaves it nowhere else: they look for it, correct it, answer, bring in a file,
take reports and tables away, and things go wrong.
"""

import csv
import io
import os
import re
import subprocess
import time
from base64 import b64encode
from contextlib import closing, contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from django.conf import settings

from dilaku import backup, pg_tools
from tests.plain_browser import Browser, fields_of, send, signed_in
from tests.production import Site, however_written, running
from visits.sessions import SessionStore

NAME, NUMBER, OFFICE_OF_VISITOR = "Kenari Jelita Öztürk", "0819-9988-8777", "Sanggar Beringin"
LETTER = f"Saya {NAME}, hubungi {NUMBER}."
LIST, IMPORT, EXPORT = "/staf/visits/visit/", "/staf/visits/visit/import/", "/staf/visits/visit/export/"
# Of the PostgreSQL that the tests start where no DATABASE_URL names another, as in CI.
DATABASE_LOG = settings.VAR_DIR / "postgres" / "server.log"
HOLD_PEOPLE = {f"visits_{name}" for name in ["visit", "feedback", "message", "surveyresponse", "datarequest"]}
TIMES = {
    "visits_visit": ["day", "created_at", "arrived_at", "left_at", "consent_at"],
    "visits_feedback": ["created_at", "first_replied_at", "waiting_since", "closed_at"],
    "visits_message": ["created_at"],
    "visits_surveyresponse": ["day"],
    "visits_datarequest": ["created_at"],
    "visits_staffsession": ["expire_date"],
    "axes_accessattempt": ["attempt_time"],
}


def in_base64(word: bytes) -> list[bytes]:
    """The part that is the same whatever stands before and after it, for each of the three places it may begin at."""
    return [re.escape(b64encode(bytes(begin) + word)[4 if begin else 0 : -4]) for begin in range(3)]


CANARY = re.compile(
    b"|".join(
        [
            b"(?i:kenari)",
            b"(?i:%s)" % b"kenari".hex().encode(),
            however_written("81999888777").encode(),
            *in_base64(b"Kenari Jelita"),
            *in_base64(b"+6281999888777"),
        ]
    )
)


@pytest.fixture
def site(tmp_path):
    """Everything that it writes lies under one folder."""
    var, temporary = tmp_path / "var", tmp_path / "tmp"
    for folder in [var, temporary]:
        folder.mkdir()
    (var / "static").symlink_to(settings.STATIC_ROOT)
    with running(tmp_path, "compose", VAR_DIR=str(var), TMPDIR=str(temporary), BACKUP_KEY="") as site:
        yield site


def test_a_canary_occurs_nowhere_after_its_time(site):
    written = [b"Yth. kenari", b"0819 9988 8777", b"62+819%2D9988%2D8777", b64encode(b"...+6281999888777,")]
    assert found_in(b"0819 9988 8778", *written) == [1, 2, 3, 4]
    visitor_comes(site)
    let_pass(site, days=40)
    staff = signed_in(site)
    staff_work(site, staff)
    things_go_wrong(site, staff)
    said = site.manage("backup")
    assert tables_of(dump(site)) == HOLD_PEOPLE
    [first_dump] = backup.dumps(site.folder / "var" / "backups")
    assert tables_of(restored(site, first_dump)) == HOLD_PEOPLE
    assert files_with_it(site) == ["var/uploads"]
    assert sessions_with_it(site) == []

    let_pass(site, days=400)
    said += site.manage("upkeep")
    said += site.manage("backup")
    assert tables_of(dump(site)) == set()
    [last_dump] = backup.dumps(site.folder / "var" / "backups")
    assert tables_of(restored(site, last_dump)) == set()
    assert files_with_it(site) == []
    assert found_in(said.encode()) == []
    assert OFFICE_OF_VISITOR not in dump(site)


def found_in(*texts: bytes) -> list[int]:
    return [place for place, text in enumerate(texts) if CANARY.search(text)]


def visitor_comes(site: Site) -> None:
    [(code,)] = site.sql("SELECT code FROM visits_checkinpoint WHERE kind = 'poster' ORDER BY id LIMIT 1")
    landing = f"/k/{code}/"
    who = {"name": NAME, "phone": NUMBER}
    visit = {**who, "organization": OFFICE_OF_VISITOR, "note": LETTER, "meeting_with": NAME, "consent": "on"}
    form = site.request("GET", f"{landing}kunjungan/").text
    fields = fields_of(form) | visit
    assert send(site, f"{landing}kunjungan/", fields | {"phone": f"{NUMBER}12345678"}).status == 422
    ticket = send(site, f"{landing}kunjungan/", fields).headers["Location"]
    assert send(site, f"{landing}kunjungan/", fields | {"name": f"{NAME} S.H."}).status == 409
    assert send(site, f"{ticket}selesai/", {}).status == 303
    letter = fields_of(site.request("GET", f"{landing}saran/").text) | who | {"body": LETTER}
    thread = send(site, f"{landing}saran/", letter).headers["Location"]
    assert send(site, thread, fields_of(site.request("GET", thread).text) | {"body": LETTER}).status == 303
    corrected = {**who, "organization": OFFICE_OF_VISITOR, "meeting_with": NAME, "note": f"{LETTER} Terima kasih."}
    assert send(site, f"{ticket}data/perbaikan/", corrected).status == 303
    assert send(site, f"{ticket}data/permintaan/", {"kind": "perbaikan", "words": LETTER}).status == 303
    sheet = fields_of(site.request("GET", f"{ticket}penilaian/").text) | {"comment": LETTER}
    assert send(site, f"{ticket}penilaian/", sheet).status == 303


def let_pass(site: Site, days: int) -> None:
    """Everything becomes so much older, files too."""
    with owners(site) as cursor:
        for table, columns in TIMES.items():
            changes = ", ".join(f"{column} = {column} - INTERVAL '{days} days'" for column in columns)
            # A locked report would refuse that its days change.
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET {changes}")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    then = time.time() - days * 86_400
    for path in (site.folder / "var" / "uploads").glob("*"):
        os.utime(path, times=(then, then))
    for path in (site.folder / "var" / "backups").glob("dilaku-*"):
        path.rename(path.with_name(re.sub(r"\d{4}-\d\d-\d\d", partial(earlier, days), path.name, count=1)))


def earlier(days: int, day: re.Match) -> str:
    return f"{date.fromisoformat(day[0]) - timedelta(days=days)}"


@contextmanager
def owners(site: Site):
    """A cursor of whoever owns the tables; what it does is kept."""
    with closing(psycopg2.connect(site.environment["MIGRATE_DATABASE_URL"])) as database, database:
        yield database.cursor()


def staff_work(site: Site, staff: Browser) -> None:
    [(visit, month)] = site.sql("SELECT id, to_char(day, 'YYYY-MM') FROM visits_visit")
    [(thread,)] = site.sql("SELECT id FROM visits_feedback")
    for words in [NAME, NUMBER, "8777"]:
        assert staff.get(f"{LIST}?q={quote(words)}").text.count(NAME) > 0
    change = f"{LIST}{visit}/change/"
    assert staff.fill_in(change, staff.get(change), staff_note=LETTER).status == 302
    assert staff.fill_in(change, staff.get(change), party_size="tiga").status == 422
    assert staff.get(f"{LIST}{visit}/history/").status == 200
    assert staff.fill_in(EXPORT, staff.get(f"{EXPORT}?q={quote(NAME)}")).body.startswith(b"PK")
    answer = f"/staf/visits/feedback/{thread}/change/"
    assert staff.fill_in(answer, staff.get(answer), reply=f"Yth. {NAME}", do="reply").status == 302
    [(purpose,)] = site.sql("SELECT name FROM visits_purpose ORDER BY id LIMIT 1")
    for wanted, status in [(purpose, 200), (NAME, 422)]:
        assert staff.upload(IMPORT, staff.get(IMPORT), old_book(month, wanted), f"{NAME}.csv").status == status
    for file in [f"{month}.xlsx", f"{month}.pdf", f"{month}.csv"]:
        assert staff.get(f"/staf/laporan/{file}").status == 200
    report = f"/staf/laporan/{month}/"
    assert staff.fill_in(f"{report}sahkan/", staff.get(report), number="001").status == 302


def old_book(month: str, purpose: str) -> bytes:
    """Checked, and never stored: its page is closed before "Simpan"."""
    book = io.StringIO()
    rows = csv.writer(book, delimiter=";")
    rows.writerow(["Tanggal", "Datang", "Pulang", "Nama", "Nomor HP", "Asal tamu", "Keperluan"])
    rows.writerow([f"{month}-02", "08.30", "09.15", NAME, NUMBER, "Media", purpose])
    return book.getvalue().encode()


def things_go_wrong(site: Site, staff: Browser) -> None:
    [(visit,)] = site.sql("SELECT id FROM visits_visit")
    change = f"{LIST}{visit}/change/"
    assert staff.get(f"/staf/tidak-ada/?q={quote(NAME)}").status == 404
    stranger, login = Browser(site), "/staf/login/"
    assert stranger.fill_in(login, stranger.get(login), username=NAME, password=NUMBER).status == 422
    [(code,)] = site.sql("SELECT code FROM visits_checkinpoint WHERE kind = 'poster' ORDER BY id LIMIT 1")
    path = f"/k/{code}/kunjungan/"
    fields = fields_of(site.request("GET", path).text) | {"name": NAME, "phone": NUMBER, "note": LETTER}
    fields |= {"organization": OFFICE_OF_VISITOR}
    with site.open_database() as cursor:
        cursor.execute("LOCK TABLE visits_visit IN ACCESS EXCLUSIVE MODE")
        assert send(site, path, fields).status == 503
    with owners(site) as cursor:  # PostgreSQL quotes the row that it refuses
        cursor.execute("ALTER TABLE visits_visit ADD CONSTRAINT no_canary CHECK (name NOT LIKE 'Kenari%') NOT VALID")
    assert send(site, path, fields).status == 422
    assert staff.fill_in(change, staff.get(change), staff_note=LETTER * 2).status == 500
    with owners(site) as cursor:
        cursor.execute("ALTER TABLE visits_visit DROP CONSTRAINT no_canary")


def dump(site: Site) -> str:
    return run(site, "pg_dump", f"--dbname={site.environment['MIGRATE_DATABASE_URL']}")


def restored(site: Site, path: Path) -> str:
    return run(site, "pg_restore", "--file=-", str(path))


def run(site: Site, program: str, *arguments: str) -> str:
    with owners(site) as cursor:
        tool = pg_tools.find(program, cursor.connection.server_version // 10_000)
    return subprocess.run([tool, *arguments], check=True, capture_output=True, text=True).stdout


def tables_of(text: str) -> set[str]:
    """Where it stands."""
    found, table = set(), ""
    for line in text.splitlines():
        begun = re.match(r"COPY public\.(\w+)", line)
        table = begun[1] if begun else table
        if CANARY.search(line.encode()):
            found.add(table)
    return found


def files_with_it(site: Site) -> list[str]:
    """Their folders; logs and what a file is called too. The dumps are packed: they are looked into above."""
    paths = [Path(folder, name) for folder, _folders, names in os.walk(site.folder) for name in names]
    files = [path for path in [*paths, DATABASE_LOG] if path.is_file() and path.suffix != ".dump"]
    assert {path.name for path in files} >= {"server.log", "proxy.log"}
    found = [path for path in files if CANARY.search(path.name.encode() + b"\n" + path.read_bytes())]
    return sorted(os.path.relpath(path.parent, site.folder) for path in found)


def sessions_with_it(site: Site) -> list[str]:
    """Those that are open, unpacked: what people look at is not remembered for them."""
    rows = site.sql("SELECT session_key, session_data FROM visits_staffsession")
    assert len(rows) > 0
    return [key for key, data in rows if CANARY.search(repr(SessionStore().decode(data)).encode())]
