"""Jobs and steps follow each other here as they do on GitHub."""

from __future__ import annotations

import textwrap

import pytest

from tests.workflows.events import dispatch
from tests.workflows.expressions import ExpressionError
from tests.workflows.runner import run_workflow
from tests.workflows.steps import Repository


@pytest.fixture
def run(tmp_path):
    """Runs the jobs of a workflow given as text."""

    def run_jobs(jobs: str, **repository):
        path = tmp_path / "workflow.yml"
        path.write_text(
            "on: workflow_dispatch\njobs:\n"
            + textwrap.indent(textwrap.dedent(jobs), "  ")
        )
        return run_workflow(
            path,
            dispatch(who="me"),
            Repository(tmp_path, **repository),
            tmp_path / "run",
        )

    return run_jobs


def test_an_output_that_holds_a_secret_does_not_arrive(run):
    result = run(
        """
        one:
          outputs:
            image: ${{ steps.it.outputs.image }}
          steps:
            - {name: image, id: it, run: 'cat >>"$GITHUB_OUTPUT" <<<"image=gcr.io/hidden/app"'}
        two:
          needs: one
          steps:
            - name: prints
              run: echo "[$IMAGE]"
              env: {IMAGE: "${{ needs.one.outputs.image }}"}
        """,
        secrets={"PROJECT": "hidden"},
    )
    assert "image" not in result.jobs["one"].outputs
    assert result.log == "[]\n"


def test_a_condition_cannot_use_a_secret(run):
    with pytest.raises(ExpressionError, match="secrets"):
        run("one: {steps: [{name: x, if: secrets.KEY != '', run: 'true'}]}")
    with pytest.raises(ExpressionError, match="secrets"):
        run("one: {if: secrets.KEY != '', steps: [{name: x, run: 'true'}]}")


def test_what_no_workflow_of_the_repository_uses_is_refused(run):
    with pytest.raises(AssertionError, match="strategy"):
        run("one: {strategy: {matrix: {}}, steps: []}")
    with pytest.raises(AssertionError, match="continue-on-error"):
        run("one: {steps: [{name: x, continue-on-error: true, run: 'true'}]}")


def test_after_a_failure_only_steps_that_say_always_run(run):
    job = run("""
        one:
          steps:
            - {name: breaks, run: "false | true"}
            - {name: next, run: "true"}
            - {name: cleans, if: always(), run: "true"}
        """).jobs["one"]
    assert job.result == "failure"
    assert [step.outcome for step in job.steps] == ["failure", "skipped", "success"]


def test_a_job_is_skipped_with_the_one_that_it_needs(run):
    results = run("""
        one: {if: "inputs.who == 'you'", steps: [{name: x, run: "true"}]}
        two: {needs: [one], steps: [{name: x, run: "true"}]}
        three: {needs: two, steps: [{name: x, run: "true"}]}
        """).results
    assert set(results.values()) == {"skipped"}


def test_variables_and_inputs_reach_the_commands(run):
    result = run("""
        one:
          env: {WHO: "${{ inputs.who }}", LEVEL: job}
          steps:
            - {name: x, run: 'echo "$WHO $LEVEL"', env: {LEVEL: step}}
        """)
    assert result.log == "me step\n"


def test_every_job_begins_in_an_empty_folder(run):
    result = run("""
        one: {steps: [{name: x, run: touch left-behind}]}
        two: {needs: one, steps: [{name: x, run: ls}]}
        """)
    assert result.jobs["two"].steps[0].log == ""


@pytest.mark.parametrize("before, is_signalled", [("", False), ("exec ", True)])
def test_cancelling_signals_only_the_first_process_of_a_step_and_then_runs_always_steps(
    run, tmp_path, before, is_signalled
):
    program = tmp_path / "program"
    program.write_text(
        "trap 'touch signalled; exit 1' INT\n"
        f"touch {tmp_path}/run/cancelled\n"
        "while sleep 0.1; do :; done\n"
    )
    result = run(f"""
        one:
          steps:
            - {{name: works, run: {before}bash {program}}}
            - {{name: next, run: "true"}}
            - {{name: cleans, if: always(), run: ls}}
        two: {{steps: [{{name: x, run: "true"}}]}}
        """)
    assert result.results == {"one": "cancelled", "two": "skipped"}
    _, following, cleaning = result.jobs["one"].steps
    assert following.outcome == "skipped"
    assert ("signalled" in cleaning.log) == is_signalled
