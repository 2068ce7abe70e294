"""Offices, staff, and visits by the million: made in SQL, held to every constraint of the table. All of it made up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.contrib.auth.models import Group, User
from django.db import connection, transaction

from bench.measure import progress
from visits import roles
from visits.models import Feedback, Membership, Office, Visit
from visits.models.survey import ELEMENTS
from visits.starter import make_office

SPREAD_OFFICES = 200
DAYS = 3650
# What a report compares reaches 13 months back. In these days the measured office has about 400 visits a month at any
# size of the history: as many as 200 offices have in ten years of ten million visits.
RECENT_DAYS, RECENT_VISITS = 430, 5600
ROWS_AT_ONCE = 250_000
WORTH_NO_INDEX = 400_000  # rows from which it is faster to make the indexes anew
RARE_NAME, COMMON_NAME, LAST_DIGITS, MISSING_KIND = "Zulkarnaini", "Siti", "4321", "media"

PLACES = """
CREATE TEMPORARY TABLE bench_place AS
SELECT office.id AS office_id,
    (SELECT min(id) FROM visits_checkinpoint WHERE office_id = office.id) AS point_id,
    (SELECT array_agg(id ORDER BY id) FROM visits_purpose WHERE office_id = office.id) AS purposes,
    (SELECT array_agg(id ORDER BY id) FROM visits_district WHERE office_id = office.id) AS districts,
    (SELECT array_agg(id ORDER BY id) FROM visits_division WHERE office_id = office.id) AS divisions
FROM visits_office AS office
"""
# A number for each visit and question, the same in every run.
CHANCE = """
CREATE FUNCTION pg_temp.chance(i bigint, question bigint, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
'SELECT abs(hashint8extended(i, question) % below)';
CREATE FUNCTION pg_temp.one_of(choices anyarray, i bigint, question bigint) RETURNS anyelement LANGUAGE sql IMMUTABLE AS
'SELECT choices[1 + abs(hashint8extended(i, question) % cardinality(choices))]'
"""
VISITS = """
INSERT INTO visits_visit (office_id, point_id, submission_id, key_hash, content_digest, day, number, name, phone,
    visitor_kind, organization, district_id, purpose_id, meeting_with, division_id, party_size, note, staff_note,
    language, created_at, arrived_at, left_at, ended_by, notice_version, excluded_reason, flagged_reason)
SELECT office_id, point_id, id, encode(sha256(id::text::bytea), 'hex'), encode(sha256(id::text::bytea), 'hex'),
    day, number, name, '+628' || 1000000000 + pg_temp.chance(office_id * 100000 + pg_temp.chance(i, 1, 3000), 2,
    8999999999), kind, CASE kind WHEN 'perorangan' THEN '' ELSE pg_temp.one_of(%(organizations)s, i, 3) END,
    pg_temp.one_of(districts, i, 4), pg_temp.one_of(purposes, i, 5), '', pg_temp.one_of(divisions, i, 6),
    1 + pg_temp.chance(i, 7, 4), pg_temp.one_of(%(notes)s, i, 8), '', 'id', arrived_at, arrived_at,
    arrived_at + make_interval(mins => 5 + pg_temp.chance(i, 9, 90)::integer),
    CASE pg_temp.chance(i, 10, 10) WHEN 0 THEN 'otomatis' ELSE 'tamu' END, '1-00000000', '', ''
FROM (
    SELECT i, place.*, gen_random_uuid() AS id, day, number,
        pg_temp.one_of(%(kinds)s, i, 11) AS kind,
        CASE i %% 400000 WHEN 7 THEN %(rare)s ELSE pg_temp.one_of(%(first_names)s, i, 12) END
            || ' ' || pg_temp.one_of(%(last_names)s, i, 13) AS name,
        (day + time '08:00' + make_interval(secs => pg_temp.chance(i, 14, 28800))) AT TIME ZONE 'Asia/Jakarta'
            AS arrived_at
    FROM generate_series(%(first)s::bigint, %(last)s) AS i
    CROSS JOIN LATERAL (SELECT
        (%(offices)s::bigint[])[1 + i %% %(how_many)s] AS office_id,
        %(until)s::date - (i / %(how_many)s %% %(days)s)::integer AS day,
        1 + i / (%(how_many)s * %(days)s) AS number) AS slot
    JOIN bench_place AS place USING (office_id)
) AS made
"""
# Every tenth visitor answers the survey, every fiftieth writes a letter; nine of ten letters are answered the next day.
OPINIONS = [
    f"""
INSERT INTO visits_surveyresponse (id, office_id, day, purpose_id, sex, education, job, comment, flagged_reason,
    {", ".join(ELEMENTS)})
SELECT gen_random_uuid(), office_id, day, purpose_id, '', '', '', '', '',
    {", ".join(f"2 + pg_temp.chance(id, {question}, 3)" for question in range(20, 20 + len(ELEMENTS)))}
FROM visits_visit WHERE id > %(after)s AND id %% 10 = 0
""",  # noqa: S608
    """
INSERT INTO visits_feedback (office_id, point_id, content_digest, number, category, name, phone, language, created_at,
    first_replied_at, waiting_since, closed_by, notice_version, flagged_reason)
SELECT office_id, point_id, '', id, pg_temp.one_of(%(categories)s, id, 30), '', '', 'id', arrived_at,
    CASE WHEN answered THEN arrived_at + interval '1 day' END, CASE WHEN NOT answered THEN arrived_at END, '', '', ''
FROM (SELECT *, pg_temp.chance(id, 31, 10) > 0 AS answered FROM visits_visit) AS visit
WHERE id > %(after)s AND id %% 50 = 0
""",
]
SECONDARY_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'visits_visit'::regclass AND NOT indisunique
"""
CHOICES = {
    "rare": RARE_NAME,
    "first_names": [
        *[COMMON_NAME, "Ahmad", "Dewi", "Budi", "Rina", "Hasan", "Nur", "Agus", "Ratna", "Eko", "Fitri", "Yusuf"],
        *["Lestari", "Bambang", "Wulan", "Hendra", "Ayu", "Rizky", "Sari", "Joko", "Maya", "Fajar", "Indah", "Doni"],
    ],
    "last_names": [
        *["Rahmawati", "Santoso", "Wijaya", "Kusuma", "Saputra", "Utami", "Hidayat", "Permata", "Nugroho", "Anggraini"],
        *["Siregar", "Hutapea", "Lubis", "Effendi", "Marlina", "Setiawan", "Pratama", "Handayani", "Maulana", "Putri"],
    ],
    # None from the media: what a filter has to look for in vain.
    "kinds": ["perorangan", "perorangan", "parpol", "pemerintah", "akademisi", "ormas", "penyelenggara"],
    "organizations": [f"{kind} Contoh {name}" for kind in ["Lembaga", "Dinas", "Partai"] for name in "ABCDEFGHIJ"],
    "notes": ["", "", "Membawa surat dari pimpinan dan dua lampiran untuk bagian hukum, mohon diterima hari ini."],
}


class History:
    """The offices, and how many visits each group of them has been given."""

    def __init__(self):
        self.measured = make_office(slug="terukur", name="Kantor Terukur")
        self.large = make_office(slug="besar", name="Kantor Besar")  # all of its visits are exported
        self.spread = _spread_offices()
        self.visits = 0
        self._told = 0  # the last visit that has been asked for its opinion
        self._given: dict[tuple, int] = {}
        with connection.cursor() as cursor:
            cursor.execute(PLACES)
            cursor.execute(CHANCE)

    def grow(self, total: int) -> None:
        """Up to `total` visits. The recent ones of the measured office come first, and stay as they are."""
        if not self.visits:
            self._give([self.measured], min(RECENT_VISITS, total // 2), days=RECENT_DAYS)
        missing = total - self.visits
        with _without_indexes(missing):
            older = missing // SPREAD_OFFICES
            self._give([self.measured], older, days=DAYS, until=timedelta(days=RECENT_DAYS))
            self._give(self.spread, missing - older, days=DAYS)
        self._told = _opinions(after=self._told)
        _vacuum()

    def fill_large_office(self, rows: int) -> None:
        self._give([self.large], rows, days=DAYS)
        _vacuum()

    def _give(self, offices: list[Office], rows: int, *, days: int, until: timedelta = timedelta()) -> None:
        """`rows` more visits in the `days` before yesterday, less `until`."""
        group = (offices[0].pk, days)
        first = self._given.get(group, 0)
        last_day = date.today() - timedelta(days=2) - until
        for start in range(first, first + rows, ROWS_AT_ONCE):
            end = min(start + ROWS_AT_ONCE, first + rows)
            _insert(offices, start, end - 1, days, last_day)
            self.visits += end - start
            if rows > ROWS_AT_ONCE:
                progress(f"  {self.visits:,} visits")
        self._given[group] = first + rows


def make_staff(history: History) -> dict[str, User]:
    """Who looks: a clerk and an office admin of the measured office, an admin of the large one, and IT."""
    people = {"it": User.objects.create_superuser("bench-it")}
    for name, role, office in [
        ("clerk", roles.STAFF, history.measured),
        ("admin", roles.OFFICE_ADMIN, history.measured),
        ("exporter", roles.OFFICE_ADMIN, history.large),
    ]:
        people[name] = User.objects.create_user(f"bench-{name}", is_staff=True)
        people[name].groups.add(Group.objects.get(name=role))
        Membership.objects.create(user=people[name], office=office)
    return people


@transaction.atomic
def _spread_offices() -> list[Office]:
    progress(f"Making {SPREAD_OFFICES} offices.")
    return [make_office(slug=f"kantor-{number}", name=f"Kantor {number}") for number in range(SPREAD_OFFICES)]


def _insert(offices: list[Office], first: int, last: int, days: int, until: date) -> None:
    ids = [office.pk for office in offices]
    where = {"first": first, "last": last, "offices": ids, "how_many": len(ids), "days": days, "until": until}
    with transaction.atomic(), connection.cursor() as cursor:
        # Foreign keys and the archive's triggers, row by row, would take most of the time. CHECKs hold as ever.
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        cursor.execute(VISITS, where | CHOICES)


def _opinions(*, after: int) -> int:
    """What visitors after that one think of their visit; the last of them."""
    where = {"after": after, "categories": Feedback.Category.values}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
        for statement in OPINIONS:
            cursor.execute(statement, where)
    return Visit.objects.latest("pk").pk


@contextmanager
def _without_indexes(rows: int) -> Iterator[None]:
    """Drops the indexes that hold no constraint, and makes them anew; only where that pays."""
    if rows < WORTH_NO_INDEX:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(SECONDARY_INDEXES)
        names, definitions = zip(*cursor.fetchall(), strict=True)
        cursor.execute(f"DROP INDEX {', '.join(names)}")
        yield
        cursor.execute("SET statement_timeout = 0")
        for number, definition in enumerate(definitions, start=1):
            progress(f"  index {number} of {len(definitions)}")
            cursor.execute(definition)
        cursor.execute("RESET statement_timeout")


def _vacuum() -> None:
    """As autovacuum leaves it after some quiet minutes: with statistics, and words in their index."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("RESET statement_timeout")
