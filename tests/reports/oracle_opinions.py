"""What a report has to say about the survey and about suggestions, in plain SQL. Imports nothing from `reports`."""

from datetime import date

from tests.reports.oracle import rows

ELEMENTS = [
    *["requirements", "procedure", "speed", "cost", "product"],
    *["competence", "conduct", "facilities", "complaints"],
]
TOTAL = " + ".join(ELEMENTS)
GIVEN = """
    FROM visits_surveyresponse
    WHERE office_id = %(office)s AND day::text BETWEEN %(first)s AND %(last)s AND flagged_reason = ''
"""

SURVEY = f"""
    SELECT count(*) AS n, round(25.0 * sum({TOTAL}) / nullif(9 * count(*), 0), 2) AS index,
        {", ".join(f"coalesce(sum({element}), 0) AS {element}" for element in ELEMENTS)}
    {GIVEN}
"""
PURPOSES = f"""
    SELECT coalesce((SELECT name FROM visits_purpose p WHERE p.id = purpose_id), 'Tidak disebutkan') AS label,
        count(*) AS n, round(25.0 * sum({TOTAL}) / (9 * count(*)), 2) AS index
    {GIVEN} GROUP BY 1
"""
SHEETS = f"SELECT {', '.join(ELEMENTS)} {GIVEN} ORDER BY {', '.join(ELEMENTS)}"

# A thread, its two days by the office's clock, the working days between them (or until today), and those before today.
THREADS = """
    WITH zone AS (SELECT time_zone FROM visits_office WHERE id = %(office)s),
    thread AS (
        SELECT f.*, (created_at AT TIME ZONE time_zone)::date AS came,
            (first_replied_at AT TIME ZONE time_zone)::date AS replied
        FROM visits_feedback f, zone WHERE office_id = %(office)s AND flagged_reason = ''
    ),
    working AS (
        SELECT day::date FROM generate_series(
            %(first)s::date, (SELECT greatest(%(today)s::date, max(replied)) FROM thread), '1 day'
        ) AS day
        WHERE extract(isodow FROM day) IN (SELECT weekday FROM visits_servicehours WHERE office_id = %(office)s)
            AND day NOT IN (SELECT day FROM visits_closedday WHERE office_id = %(office)s)
    ),
    counted AS (
        SELECT *, (
            SELECT count(*) FROM working WHERE day > came AND day <= coalesce(replied, %(today)s::date)
        ) AS days, (
            SELECT count(*) FROM working WHERE day > came AND day < %(today)s::date
        ) AS days_before
        FROM thread WHERE came::text BETWEEN %(first)s AND %(last)s
    )
"""
FEEDBACK = f"""
    {THREADS}
    SELECT count(*) AS received, count(replied) AS answered,
        count(*) FILTER (WHERE waiting_since IS NOT NULL) AS waiting,
        count(*) FILTER (WHERE waiting_since IS NULL AND closed_at IS NULL) AS open,
        count(*) FILTER (WHERE closed_at IS NOT NULL) AS closed,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE replied IS NOT NULL) AS median_days,
        max(days) FILTER (WHERE replied IS NOT NULL) AS slowest_days,
        count(*) FILTER (WHERE replied IS NOT NULL AND days <= 3) AS in_time,
        count(*) FILTER (WHERE CASE WHEN replied IS NULL THEN days_before >= 3 ELSE days > 3 END) AS late
    FROM counted
"""
CATEGORIES = f"""
    {THREADS}
    SELECT category, count(*) AS received, count(replied) AS answered, count(waiting_since) AS waiting
    FROM counted GROUP BY 1
"""


def survey(office_id: int, first: date, last: date) -> dict:
    return rows(SURVEY, office_id, first, last)[0]


def purposes(office_id: int, first: date, last: date) -> dict[str, tuple]:
    """Label -> (n, index), small ones included."""
    return {row["label"]: (row["n"], row["index"]) for row in rows(PURPOSES, office_id, first, last)}


def sheets(office_id: int, first: date, last: date) -> list[tuple]:
    return [tuple(row.values()) for row in rows(SHEETS, office_id, first, last)]


def feedback(office_id: int, first: date, last: date, today: date) -> dict:
    return rows(FEEDBACK, office_id, first, last, today=today)[0]


def categories(office_id: int, first: date, last: date, today: date) -> dict[str, tuple]:
    """Category -> (received, answered, waiting)."""
    found = rows(CATEGORIES, office_id, first, last, today=today)
    return {row["category"]: (row["received"], row["answered"], row["waiting"]) for row in found}
