"""Every variable that the project reads is explained, and nothing else is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READERS = {"env", "env_flag", "env_number", "env_list", "secret", "os.environ.get"}
# The shell's, not ours.
FOREIGN = {"PATH"}


def variables_read() -> set[str]:
    """The first argument of whatever reads the environment under dilaku/. NAME_FILE belongs to NAME."""
    files = (ROOT / "dilaku").glob("*.py")
    calls = [node for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    arguments = [call.args[0] for call in calls if ast.unparse(call.func) in READERS]
    names = {argument.value for argument in arguments if isinstance(argument, ast.Constant)}
    return {name.removesuffix("_FILE") for name in names} - FOREIGN


def test_the_search_finds_what_is_known_to_be_there():
    known = {
        "SITE_URL",
        "HOST",
        "PORT",
        "DEBUG",
        "SECRET_KEY",
        "LINK_SECRET",
        "DATABASE_URL",
        "BIND",
        "WEB_CONCURRENCY",
    }
    assert known - variables_read() == set()


def test_env_example_holds_every_variable_and_no_other():
    named = re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert {name.removesuffix("_FILE") for name in named} == variables_read()


@pytest.mark.parametrize("name", sorted(variables_read()))
def test_readme_explains_every_variable(name):
    assert f"`{name}`" in (ROOT / "README.md").read_text(), f"README.md says nothing about {name}"
