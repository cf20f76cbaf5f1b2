"""Promises of the workflows: make targets only, least rights, nothing to edit in a fork."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import ROOT

pytestmark = pytest.mark.fast
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
names = [path.name for path in WORKFLOWS]


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_each_step_is_a_make_target_or_a_pinned_action(path):
    targets = re.search(r"^COMMANDS := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for step in job["steps"]:
            if "run" in step and not step["run"].startswith('echo "::notice::'):
                assert re.fullmatch(r"make (\S+)", step["run"].strip()), step["run"]
                assert step["run"].split()[1] in targets
            elif "uses" in step:
                assert re.search(r"@[0-9a-f]{40}$", step["uses"]), f"{step['uses']} is not pinned by commit"


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_a_workflow_may_do_nothing_unless_a_job_says_so(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_a_fork_publishes_itself_without_edits(path):
    """Nothing names an owner or a repository: actions aside, those come from the run itself."""
    text = re.sub(r"uses: \S+", "", path.read_text())
    assert "github.io" not in text
    assert not re.search(r"repository == '", text)


def test_a_change_of_the_code_of_any_edition_is_recorded():
    watched = yaml.safe_load((ROOT / ".github/workflows/gpu.yml").read_text())[True]["push"]["paths"]
    assert {"chapter_computation/use-gpu.md", "locale/**/use-gpu.po", "editions.yml"} <= set(watched)


def test_zizmor_reports_nothing():
    result = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", ".github/workflows"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_ci_runs_the_readmes_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert "\nmake test\n" in (ROOT / "README.md").read_text()
