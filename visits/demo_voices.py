"""What the made-up visitors of the demo think: survey sheets after their visits, and threads with the office's answers.

The same generator makes the same voices for the same visits and moment. Nothing is saved here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random  # noqa: TID251 - made-up voices, always the same ones; nothing here is secret
from uuid import UUID

from visits.codes import key_hash, private_key
from visits.demo_people import Crowd
from visits.demo_year import DAYS, Scene
from visits.models import Feedback, Message, SurveyResponse, Visit
from visits.models.survey import ELEMENTS
from visits.opening import hours_on
from visits.privacy import notice_version

SEED = 2018
SHARE_ANSWERING = 0.24  # of the visitors who have left
# How often an element gets 1, 2, 3, 4.
USUAL = (1, 4, 45, 50)
ELEMENT_WEIGHTS = {"cost": (0, 1, 9, 90), "facilities": (2, 14, 52, 32), "speed": (1, 8, 50, 41)}
COMMENTS = ["Petugas sabar menjelaskan.", "Ruang tunggu agak panas.", "Cepat dan ramah.", "Mohon ada penunjuk arah."]
DAYS_BETWEEN_THREADS = (1, 5)  # at least, at most
WORKING_DAYS_TO_REPLY = (0, 0, 1, 1, 1, 2, 2, 3, 5)  # one of these, by chance
SHARE_NAMED = 0.4  # of the threads
CLOSED_BY = (Feedback.ClosedBy.STAFF, Feedback.ClosedBy.STAFF, Feedback.ClosedBy.VISITOR, "")  # one of these, by chance
STILL_WAITING = (6, 2, 1)  # days ago that the last threads came; nobody has answered them yet


@dataclass(frozen=True)
class Talk:
    category: str
    body: str
    reply: str
    answer: str = ""  # what the visitor writes back


TALKS = [
    Talk(
        "saran",
        "Petugasnya ramah dan sabar menjelaskan. Sayangnya ruang tunggu kurang kursi, dan ibu saya sempat berdiri "
        "cukup lama. Mohon ditambah, terutama untuk lansia.",
        "Terima kasih sudah memberi tahu kami, dan mohon maaf atas ketidaknyamanannya.\n\nMulai hari ini ada empat "
        "kursi tambahan di ruang tunggu. Dua di antaranya bertanda khusus untuk lansia, ibu hamil, dan penyandang "
        "disabilitas.",
        "Terima kasih, sudah saya lihat kemarin.",
    ),
    Talk(
        "pertanyaan",
        "Apakah permintaan salinan putusan bisa diwakilkan? Saya sedang di luar kota sampai akhir bulan.",
        "Bisa. Wakil Anda cukup membawa surat kuasa. Salinan putusan siap dalam satu hari kerja.",
    ),
    Talk(
        "apresiasi",
        "Terima kasih untuk petugas pagi ini. Urusan saya selesai dalam sepuluh menit dan dijelaskan sampai paham.",
        "Terima kasih atas kata-kata baiknya. Sudah kami sampaikan kepada petugas yang bersangkutan.",
    ),
    Talk(
        "pengaduan",
        "Saya menunggu hampir satu jam padahal nomor saya sudah dipanggil lewat. Tidak ada yang memberi tahu.",
        "Mohon maaf. Siang itu satu loket tutup karena petugas sakit, dan kami lalai mengumumkannya. Sejak pekan ini "
        "nomor yang terlewat dipanggil ulang setiap sepuluh menit.",
    ),
    Talk(
        "saran",
        "Tolong jam istirahat ditulis juga di pintu, jadi yang datang dari jauh tahu harus menunggu.",
        "Usul yang baik. Jam istirahat sekarang tertulis di pintu dan di halaman kantor yang dibuka lewat kode QR.",
    ),
    Talk(
        "pertanyaan",
        "Kalau mau magang, suratnya ditujukan ke siapa?",
        "Surat ditujukan kepada Kepala Sekretariat, paling lambat dua pekan sebelum mulai. Lampirkan proposal dan "
        "surat kampus.",
        "Baik, terima kasih penjelasannya.",
    ),
    Talk(
        "saran",
        "Parkir motor penuh terus setiap Senin. Mungkin halaman samping bisa dipakai.",
        "Halaman samping kami buka untuk parkir motor tamu setiap Senin dan Selasa.",
    ),
]


@dataclass(frozen=True)
class Thread:
    feedback: Feedback
    letters: list[Message]


class Voices:
    def __init__(self, scene: Scene):
        self.scene = scene
        self.rng = Random(SEED)  # noqa: S311
        self.crowd = Crowd(self.rng)

    def sheets(self, visits: list[Visit]) -> list[SurveyResponse]:
        """Of some of those who have left; the id by chance as well, so that it tells no order."""
        ended = [visit for visit in visits if visit.left_at and not visit.excluded_at]
        return [self._sheet(visit) for visit in ended if self.rng.random() < SHARE_ANSWERING]

    def _sheet(self, visit: Visit) -> SurveyResponse:
        answers = {
            element: self.rng.choices((1, 2, 3, 4), ELEMENT_WEIGHTS.get(element, USUAL))[0] for element in ELEMENTS
        }
        return SurveyResponse(
            id=self._uuid(),
            office=self.scene.office,
            day=visit.day,
            purpose=visit.purpose,
            ticket_hash=key_hash(private_key("survey", visit.submission_id)),
            comment=self.rng.choice(COMMENTS) if self.rng.random() < 0.1 else "",
            **answers,
        )

    def threads(self) -> list[Thread]:
        """In the order in which they came, numbered from 1."""
        return [self._thread(number, moment) for number, moment in enumerate(self._moments(), start=1)]

    def _moments(self) -> Iterator[datetime]:
        now = self.scene.now
        moment = now - timedelta(days=DAYS - 10)
        while moment < now - timedelta(days=max(STILL_WAITING) + 2):
            yield moment.replace(hour=self.rng.randint(7, 20), minute=self.rng.randint(0, 59))
            moment += timedelta(days=self.rng.randint(*DAYS_BETWEEN_THREADS))
        for days in STILL_WAITING:
            yield now - timedelta(days=days, hours=1)

    def _thread(self, number: int, moment: datetime) -> Thread:
        talk, submission_id = self.rng.choice(TALKS), self._uuid()
        feedback = Feedback(
            office=self.scene.office,
            point=self.scene.poster,
            submission_id=submission_id,
            key_hash=key_hash(private_key("feedback", submission_id)),
            number=number,
            category=talk.category,
            division=self.rng.choice([None, None, None, *self.scene.divisions.values()]),
            created_at=moment,
            waiting_since=moment,
            notice_version=notice_version(self.scene.office),
            **self._writer(),
        )
        letters = [self._letter(feedback, Message.Author.VISITOR, talk.body, moment, submission_id)]
        if moment < self.scene.now - timedelta(days=max(STILL_WAITING) + 1):
            self._reply(feedback, talk, letters)
        return Thread(feedback, letters)

    def _writer(self) -> dict[str, str]:
        """Most leave neither name nor number."""
        if self.rng.random() >= SHARE_NAMED:
            return {}
        person = self.crowd.visitor(Visit.VisitorKind.INDIVIDUAL)
        return {"name": person.name, "phone": person.phone}

    def _reply(self, feedback: Feedback, talk: Talk, letters: list[Message]) -> None:
        replied_at = self._working_moment(feedback.created_at, self.rng.choice(WORKING_DAYS_TO_REPLY))
        if replied_at >= self.scene.now:
            return
        letters.append(self._letter(feedback, Message.Author.OFFICE, talk.reply, replied_at, self._uuid()))
        feedback.first_replied_at, feedback.waiting_since = replied_at, None
        last = replied_at + timedelta(hours=self.rng.randint(1, 30))
        if last >= self.scene.now:
            return
        closed_by = self.rng.choice(CLOSED_BY)
        if talk.answer:
            letters.append(self._letter(feedback, Message.Author.VISITOR, talk.answer, last, self._uuid()))
            closed_by = Feedback.ClosedBy.STAFF
        if closed_by:
            feedback.closed_at, feedback.closed_by = last + timedelta(minutes=5), closed_by

    def _letter(self, feedback, author: str, body: str, moment: datetime, submission_id: UUID) -> Message:
        by = self.scene.clerk if author == Message.Author.OFFICE else None
        return Message(
            feedback=feedback, submission_id=submission_id, author=author, written_by=by, body=body, created_at=moment
        )

    def _working_moment(self, moment: datetime, working_days: int) -> datetime:
        """Some time in the hours of the office, so many working days later; the same day only after it was written."""
        day, left = moment.date(), working_days
        while left or not self._is_working(day) or (day == moment.date() and moment.hour >= 14):
            day += timedelta(days=1)
            left -= bool(left) and self._is_working(day)
        earliest = moment.hour + 1 if day == moment.date() else 8
        return datetime.combine(day, time(max(8, earliest), self.rng.randint(0, 59)), moment.tzinfo)

    def _is_working(self, day) -> bool:
        return hours_on(day, self.scene.week, self.scene.closed_days) is not None

    def _uuid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)
