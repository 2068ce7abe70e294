"""pytest plugin: a test that did not run is no pass. Anything skipped or expected to fail fails the run."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # xdist's workers have no reporter; their results arrive at the one of the controlling process.
    if reporter and not_run(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    if count := not_run(terminalreporter):
        terminalreporter.write_line(f"{count} tests skipped or expected to fail: that fails the run", red=True)


def not_run(reporter) -> int:
    return sum(len(reporter.stats.get(outcome, [])) for outcome in ("skipped", "xfailed", "xpassed"))
