import logging

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation

from dilaku.logs import BriefRefusals, WithoutPrivateKeys, without_private_keys

KEY = "MFRGGZDFMZTWQ2LKNNWG23TPOB"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"/t/{KEY}/", "/t/***/"),
        (f"/t/{KEY}", "/t/***"),
        (f"/s/{KEY.lower()}/", "/s/***/"),
        (f"/T/{KEY}/SELESAI/", "/t/***/SELESAI/"),
        (f"/t/{KEY}/penilaian/?x=1", "/t/***/penilaian/?x=1"),
        (f"/s/{KEY}?x=1", "/s/***?x=1"),
        (f'"GET /t/{KEY} HTTP/1.1"', '"GET /t/*** HTTP/1.1"'),
        (f"('/t/{KEY}',)", "('/t/***',)"),
        (f"https://dilaku.test/t/{KEY}/data/", "https://dilaku.test/t/***/data/"),
        (f"?next=%2Ft%2F{KEY}%2Fdata", "?next=/t/***%2Fdata"),
        (f"?next=%252fs%252f{KEY}%252f", "?next=/s/***%252f"),
        (f"/%74/{KEY}/", "/t/***/"),
        (f"/%53/{KEY}/", "/s/***/"),
        (f"//t//{KEY}/", "/t/***/"),
        (f"/t/%4D{KEY}/", "/t/***/"),
        (f"Not Found: /s/{KEY[:4]} {KEY[4:8]}  {KEY[8:]}/cukup/", "Not Found: /s/***/cukup/"),
        (f"/t/{KEY}/ and /s/{KEY}/", "/t/***/ and /s/***/"),
        (f"{{'path': 'T/{KEY}/'}}", "{'path': '/t/***/'}"),
        ("/t/", "/t/"),
        ("/kantor/visit/7/", "/kantor/visit/7/"),
        ("/static/css/public.css", "/static/css/public.css"),
        ("/staf/visits/visit/7/", "/staf/visits/visit/7/"),
        ("/k/5B3BQ2/kunjungan/", "/k/5B3BQ2/kunjungan/"),
    ],
)
def test_what_follows_t_and_s_is_left_out(text, expected):
    assert without_private_keys(text) == expected


def logged(message, *args, **kwargs) -> str:
    """The line that a handler with the filters would write."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(handler.format(record))
    handler.addFilter(BriefRefusals())
    handler.addFilter(WithoutPrivateKeys())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.error(message, *args, **kwargs)
    [line] = lines
    return line


def test_arguments_are_cleaned_too():
    assert logged("%s: %s", "Not Found", f"/t/{KEY}/") == "Not Found: /t/***/"


def test_percent_signs_of_the_message_survive():
    assert logged("100%% of %s", "/t/x") == "100% of /t/***"


def test_tracebacks_are_cleaned():
    try:
        raise LookupError(f"/s/{KEY}/")
    except LookupError:
        line = logged("failed", exc_info=True)
    assert line.endswith("LookupError: /s/***/")
    assert KEY not in line


@pytest.mark.parametrize("refusal", [PermissionDenied, SuspiciousOperation, BadRequest])
def test_a_refusal_is_one_line(refusal):
    try:
        raise refusal("no")
    except refusal:
        assert logged("Forbidden: %s", "/staf/", exc_info=True) == "Forbidden: /staf/"


def test_stacks_are_cleaned():
    assert KEY not in logged("failed", stack_info=True, extra={"address": f"/t/{KEY}/"})


def test_rows_quoted_by_postgresql_are_left_out():
    text = (
        'null value in column "name" violates not-null constraint\n'
        "DETAIL:  Failing row contains (7, Siti, 0812,\n\nbaris kedua).\n"
    )
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise RuntimeError("wrapped") from error
    except RuntimeError:
        line = logged("failed", exc_info=True)
    assert "Siti" not in line
    assert "baris kedua" not in line
    assert "DETAIL: ***\n\nThe above exception was the direct cause" in line
    assert line.endswith("RuntimeError: wrapped")


def test_statements_quoted_by_postgresql_are_left_out():
    line = logged("syntax error\nLINE 1: INSERT INTO visit VALUES ('Siti')\n                 ^\n")
    assert line == "syntax error\nLINE 1: ***"
