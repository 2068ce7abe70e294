"""A year of made-up visits: when who comes for what, how long they stay, what goes wrong.

The same generator makes the same visits for the same moment; only row ids and codes differ. Nothing is saved here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from random import Random  # noqa: TID251 - made-up visits, always the same ones; nothing here is secret
from uuid import UUID

from django.contrib.auth.models import User

from visits.codes import key_hash, private_key
from visits.demo_people import Crowd, Kind, Person
from visits.models import CheckInPoint, District, Division, Office, Purpose, Visit
from visits.models.visit import ANNOUNCEMENT_LASTS
from visits.opening import DayHours, closing_time, hours_on
from visits.privacy import notice_version

SEED = 2017
DAYS = 365
ARRIVALS = 3000  # about as many; chance has its part
INSIDE_NOW = (3, 5)  # at least, at most, while the office is open
PENDING = 5  # announced in the last days, still expected
LAPSED = 40

# How busy a day is, Tuesday to Thursday being about 1; and the months ago in which an election stage doubles the queue.
WEEKDAY_LOAD = {1: 1.4, 2: 1.1, 3: 1.0, 4: 0.95, 5: 0.7}
STAGE_LOAD = {4: 2.0, 5: 1.6}
# Hour -> share of the day's arrivals. On Friday the office empties before prayers.
HOURS = {8: 15, 9: 25, 10: 21, 11: 12, 12: 3, 13: 12, 14: 8, 15: 4}
FRIDAY_HOURS = {8: 20, 9: 28, 10: 20, 11: 4, 12: 1, 13: 10, 14: 10, 15: 7}

# Who comes: in ordinary months, in an election stage.
KINDS = {
    Kind.INDIVIDUAL: (38, 34),
    Kind.PARTY: (15, 27),
    Kind.GOVERNMENT: (14, 10),
    Kind.ACADEMIC: (14, 6),
    Kind.MEDIA: (8, 12),
    Kind.CIVIL_SOCIETY: (7, 7),
    Kind.ELECTION_BODY: (4, 4),
}


@dataclass(frozen=True)
class Errand:
    """One of the starter office's purposes, and what goes with it."""

    purpose: str
    stay: tuple[int, int, int]  # minutes: shortest, usual, longest
    kinds: dict[Kind, int]  # how often each kind of visitor comes for it, against the other errands
    division: str  # where most of them go
    notes: list[str]
    groups: float = 0.0  # share that comes with five to twelve people


SECRETARIAT = "Sekretariat"
OUTREACH = "Pencegahan, Partisipasi Masyarakat dan Humas"
VIOLATIONS = "Penanganan Pelanggaran, Data dan Informasi"
DISPUTES = "Hukum dan Penyelesaian Sengketa"

ERRANDS = [
    Errand(
        "Konsultasi hukum pemilu",
        (10, 35, 100),
        {Kind.INDIVIDUAL: 26, Kind.PARTY: 32, Kind.GOVERNMENT: 10, Kind.MEDIA: 10, Kind.CIVIL_SOCIETY: 20},
        DISPUTES,
        ["Menanyakan syarat pindah memilih", "Soal netralitas ASN", "Tata cara pemasangan alat peraga kampanye"],
    ),
    Errand(
        "Laporan dugaan pelanggaran",
        (25, 60, 150),
        {Kind.INDIVIDUAL: 16, Kind.PARTY: 14, Kind.CIVIL_SOCIETY: 14},
        VIOLATIONS,
        ["Membawa foto dan dua saksi", "Kejadian hari Minggu di lapangan desa", "Melengkapi bukti laporan kemarin"],
    ),
    Errand(
        "Penyelesaian sengketa proses",
        (30, 75, 180),
        {Kind.INDIVIDUAL: 2, Kind.PARTY: 18},
        DISPUTES,
        ["Menyerahkan surat kuasa", "Konsultasi sebelum pengajuan permohonan"],
    ),
    Errand(
        "Permintaan data dan informasi",
        (8, 20, 60),
        {Kind.INDIVIDUAL: 12, Kind.PARTY: 6, Kind.MEDIA: 40, Kind.ACADEMIC: 26, Kind.CIVIL_SOCIETY: 20},
        OUTREACH,
        ["Data hasil pengawasan pemilu terakhir", "Mengambil salinan putusan", "Konfirmasi berita"],
    ),
    Errand(
        "Koordinasi antarlembaga",
        (30, 80, 200),
        {Kind.GOVERNMENT: 46, Kind.ELECTION_BODY: 70, Kind.PARTY: 8},
        SECRETARIAT,
        ["Rapat persiapan pukul 10", "Membahas jadwal sosialisasi bersama"],
        groups=0.12,
    ),
    Errand(
        "Audiensi atau kerja sama",
        (40, 75, 150),
        {Kind.GOVERNMENT: 6, Kind.ACADEMIC: 10, Kind.CIVIL_SOCIETY: 26, Kind.MEDIA: 8, Kind.PARTY: 4},
        "Ketua",
        ["Undangan diskusi publik", "Rencana nota kesepahaman", "Perkenalan pengurus baru"],
        groups=0.45,
    ),
    Errand(
        "Penelitian atau magang",
        (15, 40, 120),
        {Kind.ACADEMIC: 54, Kind.INDIVIDUAL: 2},
        "SDM, Organisasi dan Diklat",
        ["Wawancara untuk skripsi", "Mengantar surat izin magang", "Mengambil data kuesioner"],
        groups=0.04,
    ),
    Errand(
        "Antar surat atau dokumen",
        (2, 6, 20),
        {Kind.INDIVIDUAL: 26, Kind.PARTY: 16, Kind.GOVERNMENT: 32, Kind.ELECTION_BODY: 25, Kind.CIVIL_SOCIETY: 10},
        SECRETARIAT,
        ["Undangan rapat", "Surat balasan", "Minta tanda terima"],
    ),
    Errand(
        "Keperluan lain",
        (5, 20, 90),
        {Kind.INDIVIDUAL: 16, Kind.GOVERNMENT: 6, Kind.MEDIA: 14, Kind.ACADEMIC: 10, Kind.ELECTION_BODY: 5},
        SECRETARIAT,
        ["Ambil barang yang tertinggal", "Menanyakan lowongan pengawas", "Servis pendingin ruangan"],
    ),
]
ENGLISH_NOTES = ["Interview about election supervision", "Courtesy visit", "Letter of introduction attached"]
# Whom people ask for when they don't name a division.
ASKED_FOR = ["Pak Ketua", "Bu Sekretaris", "Staf PPID", "Bagian Humas", "Pak Rudi", "Bu Ratna", "siapa saja"]
STAFF_NOTES = ["Sudah diantar ke ruang rapat.", "Minta dihubungi lagi minggu depan.", "Surat diterima bagian umum."]

PARTY_SIZES = {1: 66, 2: 22, 3: 8, 4: 4}
SHARE_ONLINE = 0.05  # announced through Instagram or the web site before they came
SHARE_BY_STAFF = 0.08  # entered at the desk, most of them without a phone
SHARE_NAMING_WHOM = 0.45
SHARE_WITH_NOTE = 0.30
SHARE_WITH_STAFF_NOTE = 0.03
SHARE_CONSENTING = 0.42
SHARE_FORGOTTEN = 0.09  # left without "Selesai": closed at closing time, as is whoever stays that long
SHARE_CLOSED_BY_STAFF = 0.3
SHARE_EXCLUDED = 0.015

# (reason, what stands in the name); None: the visitor before sent the form twice
EXCLUSIONS = [("Entri ganda", None), ("Uji coba petugas", "Tes"), ("Isian iseng", "asdf"), ("Salah kantor", "")]
SENT_TWICE = ["name", "phone", "visitor_kind", "organization", "district", "purpose", "meeting_with", "division"]


@dataclass(frozen=True)
class Scene:
    """The office that the visits happen in, and the moment that they lead up to."""

    office: Office
    now: datetime  # in the office's zone
    clerk: User
    poster: CheckInPoint
    channels: list[CheckInPoint]
    week: dict[int, DayHours]
    closed_days: dict[date, str]
    purposes: dict[str, Purpose]
    divisions: dict[str, Division]
    districts: dict[str, District]


@dataclass
class Year:
    scene: Scene
    rng: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 - see the import

    def __post_init__(self):
        self.today = self.scene.now.date()
        self.notice = notice_version(self.scene.office)
        self.crowd = Crowd(self.rng)

    def months(self) -> Iterator[tuple[date, list[Visit]]]:
        """First of the month and its arrivals, in their order; the last month ends now."""
        loads = {day: self._load(day) for day in self._working_days()}
        visits_per_load = ARRIVALS / sum(loads.values())
        for month, days in groupby(loads, key=lambda day: day.replace(day=1)):
            yield month, [visit for day in days for visit in self._day(day, loads[day] * visits_per_load)]

    def announcements(self) -> list[Visit]:
        """Announced and not come: a few are still expected, the others have lapsed."""
        last_days = [self.scene.now - self._minutes(20, 3 * 24 * 60) for _ in range(PENDING)]
        earlier = [self.scene.now - self._minutes(8 * 24 * 60, DAYS * 24 * 60) for _ in range(LAPSED)]
        visits = [self._announcement(created_at) for created_at in sorted(earlier + last_days)]
        for visit in visits[:LAPSED]:
            visit.lapsed_at = visit.created_at + ANNOUNCEMENT_LASTS + self._minutes(1, 15)
        return visits

    def _working_days(self) -> list[date]:
        days = [self.today - timedelta(days=ago) for ago in reversed(range(DAYS))]
        return [day for day in days if hours_on(day, self.scene.week, self.scene.closed_days)]

    def _months_ago(self, day: date) -> int:
        return (self.today.year - day.year) * 12 + self.today.month - day.month

    def _load(self, day: date) -> float:
        return WEEKDAY_LOAD.get(day.isoweekday(), 1) * STAGE_LOAD.get(self._months_ago(day), 1)

    def _day(self, day: date, expected: float) -> list[Visit]:
        hours = hours_on(day, self.scene.week, self.scene.closed_days)
        closes_at = closing_time(day, self.scene.week, self.scene.closed_days, self.scene.office.zone)
        count = round(expected * self.rng.uniform(0.7, 1.3))
        moments = [self._moment(day, hours) for _ in range(count)]
        if day == self.today:
            moments = self._until_now(moments, hours)
        visits = [self._arrival(moment, closes_at) for moment in sorted(moments)]
        for number, visit in enumerate(visits, start=1):
            visit.day, visit.number = day, number
        self._exclude_some(visits)
        if day == self.today:
            self._leave_some_inside(visits, closes_at)
        return visits

    def _moment(self, day: date, hours: DayHours) -> datetime:
        shares = FRIDAY_HOURS if day.isoweekday() == 5 else HOURS
        open_hours = [hour for hour in shares if hours.opens_at <= time(hour) and time(hour + 1) <= hours.closes_at]
        [hour] = self.rng.choices(open_hours, [shares[hour] for hour in open_hours])
        start = datetime.combine(day, time(hour), self.scene.office.zone)
        return start + timedelta(seconds=self.rng.randrange(3600))

    def _until_now(self, moments: list[datetime], hours: DayHours) -> list[datetime]:
        """Today's arrivals so far. However early it is, a few are there as soon as the door is open."""
        now = self.scene.now
        opens_at = datetime.combine(self.today, hours.opens_at, now.tzinfo)
        so_far = [moment for moment in moments if moment <= now]
        missing = INSIDE_NOW[0] - len(so_far) if opens_at <= now else 0
        return so_far + [opens_at + self._part_of(now - opens_at) for _ in range(missing)]

    def _arrival(self, arrived_at: datetime, closes_at: datetime) -> Visit:
        person, errand = self._person_with_errand(arrived_at.date())
        visit = self._request(person, errand, arrived_at)
        visit.arrived_at = arrived_at
        chance = self.rng.random()
        if chance < SHARE_ONLINE:
            self._announced_before(visit)
        elif chance < SHARE_ONLINE + SHARE_BY_STAFF:
            self._entered_by_staff(visit)
        self._end(visit, errand, closes_at)
        return visit

    def _announcement(self, created_at: datetime) -> Visit:
        visit = self._request(*self._person_with_errand(created_at.date()), created_at)
        visit.point = self.rng.choice(self.scene.channels)
        return visit

    def _person_with_errand(self, day: date) -> tuple[Person, Errand]:
        is_stage = self._months_ago(day) in STAGE_LOAD
        [kind] = self.rng.choices(list(KINDS), [shares[is_stage] for shares in KINDS.values()])
        person = self.crowd.visitor(kind)
        [errand] = self.rng.choices(ERRANDS, [errand.kinds.get(person.kind, 0) for errand in ERRANDS])
        return person, errand

    def _request(self, person: Person, errand: Errand, created_at: datetime) -> Visit:
        """What the form at the front door holds."""
        submission_id = UUID(int=self.rng.getrandbits(128), version=4)
        meeting_with = self._meeting_with(errand) if self._happens(SHARE_NAMING_WHOM) else ""
        notes = ENGLISH_NOTES if person.language == "en" else errand.notes
        return Visit(
            office=self.scene.office,
            point=self.scene.poster,
            submission_id=submission_id,
            key_hash=key_hash(private_key("visit", submission_id)),
            name=person.name,
            phone=person.phone,
            visitor_kind=person.kind,
            organization=person.organization,
            district=self.scene.districts[person.district],
            purpose=self.scene.purposes[errand.purpose],
            meeting_with=meeting_with,
            division=self.scene.divisions.get(meeting_with),
            party_size=self._party_size(errand),
            note=self.rng.choice(notes) if self._happens(SHARE_WITH_NOTE) else "",
            staff_note=self.rng.choice(STAFF_NOTES) if self._happens(SHARE_WITH_STAFF_NOTE) else "",
            language=person.language,
            created_at=created_at,
            notice_version=self.notice,
            consent_at=created_at if self._happens(SHARE_CONSENTING) else None,
        )

    def _meeting_with(self, errand: Errand) -> str:
        return errand.division if self._happens(0.6) else self.rng.choice(ASKED_FOR)

    def _party_size(self, errand: Errand) -> int:
        if self._happens(errand.groups):
            return self.rng.randint(5, 12)
        return self.rng.choices(list(PARTY_SIZES), list(PARTY_SIZES.values()))[0]

    def _announced_before(self, visit: Visit) -> None:
        visit.point = self.rng.choice(self.scene.channels)
        visit.created_at -= self._minutes(60, 4 * 24 * 60)
        visit.consent_at = visit.consent_at and visit.created_at

    def _entered_by_staff(self, visit: Visit) -> None:
        visit.point, visit.entered_by = None, self.scene.clerk
        visit.consent_at, visit.language = None, "id"
        if self._happens(0.75):
            visit.phone = ""

    def _end(self, visit: Visit, errand: Errand, closes_at: datetime) -> None:
        shortest, usual, longest = errand.stay
        left_at = visit.arrived_at + timedelta(seconds=round(60 * self.rng.triangular(shortest, longest, usual)))
        if self._happens(SHARE_FORGOTTEN) or left_at >= closes_at:
            visit.left_at, visit.ended_by = closes_at, Visit.EndedBy.AUTOMATIC
        elif visit.entered_by or self._happens(SHARE_CLOSED_BY_STAFF):
            visit.left_at, visit.ended_by = left_at, Visit.EndedBy.STAFF
        else:
            visit.left_at, visit.ended_by = left_at, Visit.EndedBy.VISITOR

    def _exclude_some(self, visits: list[Visit]) -> None:
        """Not the day's first: whoever is a twin has somebody to be the twin of."""
        for before, visit in pairwise(visits):
            if self._happens(SHARE_EXCLUDED):
                self._exclude(visit, before)

    def _exclude(self, visit: Visit, before: Visit) -> None:
        reason, name = self.rng.choice(EXCLUSIONS if before.phone else EXCLUSIONS[1:])
        if name is None:
            for column in SENT_TWICE:
                setattr(visit, column, getattr(before, column))
        elif name:
            visit.name = name
        visit.excluded_reason = reason
        visit.excluded_at = min(visit.left_at + self._minutes(1, 90), self.scene.now)

    def _leave_some_inside(self, visits: list[Visit], closes_at: datetime) -> None:
        """Today: the last to arrive are still here, unless the office has closed; the others have gone by now."""
        now = self.scene.now
        inside = visits[-self.rng.randint(*INSIDE_NOW) :] if now < closes_at else []
        for visit in visits:
            if visit.left_at > now:
                visit.left_at = visit.arrived_at + self._part_of(now - visit.arrived_at)
                visit.ended_by = Visit.EndedBy.VISITOR
        for visit in inside:
            visit.left_at, visit.ended_by = None, ""
            visit.excluded_at, visit.excluded_reason = None, ""

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share

    def _minutes(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self.rng.randint(least * 60, most * 60))

    def _part_of(self, span: timedelta) -> timedelta:
        return timedelta(seconds=self.rng.randint(0, int(span.total_seconds())))
