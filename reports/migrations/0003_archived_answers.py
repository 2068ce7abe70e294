"""The answers behind an archived satisfaction index stay too, as the visits do (0002): none comes, goes or changes.

What the machine has flagged is not counted: it may go, and can't come in any more. What retention erases is in no report,
so it goes on: comment and respondent data. What became of feedback is only told in a report, as it stood then: replies go
on. Answers of today, which are all but those of a script, ask nothing.

The triggers name columns of visits_surveyresponse: a migration that changes the type of one of these has to drop them first.
"""

from django.db import migrations

ANSWERED = [
    *["office_id", "day", "purpose_id", "requirements", "procedure", "speed", "cost", "product"],
    *["competence", "conduct", "facilities", "complaints"],
]
COLUMNS = ", ".join([*ANSWERED, "flagged_reason"])
BEFORE, AFTER = (
    ", ".join([*(f"{row}.{column}" for column in ANSWERED), f"{row}.flagged_reason = ''"]) for row in ("OLD", "NEW")
)

REFUSE = f"""
CREATE FUNCTION reports_refuse_answers(of_office bigint, on_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    archived reports_archivedreport%ROWTYPE;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('reports_archivedreport'), of_office::integer);
    SELECT * INTO archived FROM reports_archivedreport
        WHERE office_id = of_office AND ended_at IS NULL AND on_day BETWEEN first_day AND last_day
        ORDER BY last_day - first_day LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the report of % is archived', archived.period USING ERRCODE = 'check_violation',
            CONSTRAINT = 'survey_of_archived_report', DETAIL = archived.period, HINT = archived.title;
    END IF;
END $$;
CREATE FUNCTION reports_answers_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP != 'INSERT' THEN PERFORM reports_refuse_answers(OLD.office_id, OLD.day); END IF;
    IF TG_OP != 'DELETE' THEN PERFORM reports_refuse_answers(NEW.office_id, NEW.day); END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER archived_answers_get_no_more BEFORE INSERT ON visits_surveyresponse FOR EACH ROW
    WHEN (NEW.flagged_reason = '' AND NEW.day < (now() AT TIME ZONE 'Asia/Jayapura')::date) EXECUTE FUNCTION reports_answers_stay();
CREATE TRIGGER archived_answers_stay BEFORE UPDATE OF {COLUMNS} ON visits_surveyresponse FOR EACH ROW
    WHEN ((OLD.flagged_reason = '' OR NEW.flagged_reason = '') AND ({BEFORE}) IS DISTINCT FROM ({AFTER}))
    EXECUTE FUNCTION reports_answers_stay();
CREATE TRIGGER archived_answers_get_no_less BEFORE DELETE ON visits_surveyresponse FOR EACH ROW
    WHEN (OLD.flagged_reason = '') EXECUTE FUNCTION reports_answers_stay();
"""
ALLOW = """
DROP TRIGGER archived_answers_get_no_more ON visits_surveyresponse;
DROP TRIGGER archived_answers_stay ON visits_surveyresponse;
DROP TRIGGER archived_answers_get_no_less ON visits_surveyresponse;
DROP FUNCTION reports_answers_stay();
DROP FUNCTION reports_refuse_answers(bigint, date);
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_archived_periods"), ("visits", "0007_abuse_budgets")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
