"""What a report has to say, in plain SQL. Written apart: imports nothing from `reports`."""

from datetime import date

from django.db import connection

COUNTED = """
    SELECT *, arrived_at AT TIME ZONE (SELECT time_zone FROM visits_office WHERE id = office_id) AS clock
    FROM visits_visit
    WHERE office_id = %(office)s AND arrived_at IS NOT NULL AND excluded_at IS NULL
"""
IN_SPAN = "to_char(clock, 'YYYY-MM-DD') BETWEEN %(first)s AND %(last)s"

FIGURES = f"""
    WITH v AS (SELECT * FROM ({COUNTED}) c WHERE {IN_SPAN}),
    d AS (
        SELECT day::date FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS day
        WHERE extract(isodow FROM day) IN (SELECT weekday FROM visits_servicehours WHERE office_id = %(office)s)
    ),
    w AS (SELECT day FROM d EXCEPT SELECT day FROM visits_closedday WHERE office_id = %(office)s)
    SELECT
        (SELECT count(*) FROM v) AS visits,
        (SELECT coalesce(sum(party_size), 0) FROM v) AS people,
        (SELECT count(*) FROM w) AS working_days,
        (SELECT count(*) FROM d) - (SELECT count(*) FROM w) AS closed_days,
        (SELECT round((SELECT count(*) FROM v)::numeric / nullif((SELECT count(*) FROM w), 0), 1)) AS per_working_day,
        (SELECT round(avg(extract(epoch FROM left_at) - extract(epoch FROM arrived_at)) / 60)
            FROM v WHERE left_at IS NOT NULL AND ended_by != 'otomatis') AS minutes,
        (SELECT count(*) FROM v WHERE ended_by IN ('tamu', 'petugas')) AS timed,
        (SELECT count(*) FROM v WHERE ended_by = 'otomatis') AS auto_closed,
        (SELECT count(*) FROM v WHERE left_at IS NULL) AS still_open,
        (SELECT count(DISTINCT phone) FROM v WHERE phone != '') AS visitors,
        (SELECT count(DISTINCT a.phone) FROM v a JOIN v b ON a.phone = b.phone AND a.id < b.id
            WHERE a.phone != '') AS returning,
        (SELECT count(*) FROM v WHERE phone = '') AS without_phone,
        (SELECT count(*) FROM v WHERE entered_by_id IS NOT NULL) AS entered_by_staff,
        (SELECT count(*) FROM v JOIN visits_checkinpoint p ON p.id = point_id WHERE p.kind = 'online')
            AS announced_online,
        (SELECT count(*) FROM ({COUNTED.replace("excluded_at IS NULL", "excluded_at IS NOT NULL")}) x
            WHERE {IN_SPAN}) AS excluded
"""
GROUPS = {
    "days": "to_char(clock, 'YYYY-MM-DD')",
    "people": "to_char(clock, 'YYYY-MM-DD')",
    "cells": "extract(isodow FROM clock)::int || ' ' || extract(hour FROM clock)::int",
    "purposes": "(SELECT name FROM visits_purpose p WHERE p.id = purpose_id)",
    "kinds": """CASE visitor_kind WHEN 'perorangan' THEN 'Perorangan' WHEN 'parpol' THEN 'Partai politik'
        WHEN 'pemerintah' THEN 'Instansi pemerintah' WHEN 'media' THEN 'Media' WHEN 'akademisi' THEN
        'Mahasiswa/akademisi' WHEN 'ormas' THEN 'Ormas/LSM' ELSE 'Penyelenggara pemilu' END""",
    "districts": "coalesce((SELECT name FROM visits_district d WHERE d.id = district_id), 'Tidak diisi')",
    "divisions": "coalesce((SELECT name FROM visits_division d WHERE d.id = division_id), 'Tanpa divisi')",
    "points": "coalesce((SELECT name FROM visits_checkinpoint p WHERE p.id = point_id), 'Dicatat petugas')",
}
ORGANIZATIONS = f"""
    SELECT lower(trim(regexp_replace(organization, ' +', ' ', 'g'))) COLLATE "C" AS key, count(*)
    FROM ({COUNTED}) v JOIN visits_purpose p ON p.id = purpose_id AND NOT is_confidential
    WHERE {IN_SPAN} AND organization != ''
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10
"""


def rows(sql: str, office_id: int, first: date, last: date, **more) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"office": office_id, "first": str(first), "last": str(last), **more})
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def figures(office_id: int, first: date, last: date) -> dict:
    return rows(FIGURES, office_id, first, last)[0]


def counts(group: str, office_id: int, first: date, last: date) -> dict[str, int]:
    figure = "sum(party_size)" if group == "people" else "count(*)"
    sql = f"SELECT {GROUPS[group]} AS key, {figure} AS n FROM ({COUNTED}) v WHERE {IN_SPAN} GROUP BY 1"
    return {row["key"]: row["n"] for row in rows(sql, office_id, first, last)}


def organizations(office_id: int, first: date, last: date) -> dict[str, int]:
    return {row["key"]: row["count"] for row in rows(ORGANIZATIONS, office_id, first, last)}
