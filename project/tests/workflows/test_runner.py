"""Jobs and steps follow each other here as they do on GitHub."""

from __future__ import annotations

import textwrap

import pytest

from tests.workflows.events import dispatch
from tests.workflows.expressions import ExpressionError
from tests.workflows.runner import Repository, run_workflow


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
            digest: ${{ steps.it.outputs.digest }}
          steps:
            - id: it
              run: |
                echo "image=gcr.io/hidden/app" >>"$GITHUB_OUTPUT"
                echo "digest=sha256:1" >>"$GITHUB_OUTPUT"
        two:
          needs: one
          steps:
            - run: echo "[$IMAGE] [$DIGEST]"
              env:
                IMAGE: ${{ needs.one.outputs.image }}
                DIGEST: ${{ needs.one.outputs.digest }}
        """,
        secrets={"PROJECT": "hidden"},
    )
    assert result.jobs["one"].dropped == ["image"]
    assert "[] [sha256:1]" in result.jobs["two"].steps[0].log


def test_a_secret_is_masked_in_the_log(run):
    result = run(
        """
        one:
          steps:
            - run: echo "it is $PROJECT"
              env:
                PROJECT: ${{ secrets.PROJECT }}
        """,
        secrets={"PROJECT": "hidden"},
    )
    assert result.log == "it is ***\n"


def test_a_condition_may_not_ask_for_a_secret(run):
    with pytest.raises(ExpressionError, match="secrets"):
        run("one: {steps: [{if: secrets.KEY != '', run: 'true'}]}")
    with pytest.raises(ExpressionError, match="secrets"):
        run("one: {if: secrets.KEY != '', steps: [{run: 'true'}]}")


def test_after_a_failure_only_those_steps_run_that_ask_for_it(run):
    job = run("""
        one:
          steps:
            - {name: breaks, run: exit 3}
            - {name: next, run: "true"}
            - {name: cleans, if: always(), run: "true"}
            - {name: reports, if: failure(), run: "true"}
        """).jobs["one"]
    assert job.result == "failure"
    assert job.ran() == ["breaks", "cleans", "reports"]


def test_a_job_is_skipped_with_those_it_needs_and_those_need(run):
    results = run("""
        three: {needs: two, steps: [{run: "true"}]}
        two: {needs: [one], steps: [{run: "true"}]}
        one: {if: "false", steps: [{run: "true"}]}
        always: {needs: three, if: always(), steps: [{run: "true"}]}
        """).results
    assert results == {
        "one": "skipped",
        "two": "skipped",
        "three": "skipped",
        "always": "success",
    }


def test_a_pipe_that_breaks_fails_the_step(run):
    assert run("one: {steps: [{run: 'false | true'}]}").results == {"one": "failure"}


def test_variables_and_inputs_reach_the_commands(run):
    result = run("""
        one:
          env: {WHO: "${{ inputs.who }}", LEVEL: job}
          steps:
            - run: echo "LATER=yes" >>"$GITHUB_ENV"
            - {run: 'echo "$WHO $LEVEL $LATER"', env: {LEVEL: step}}
        """)
    assert result.log == "me step yes\n"


def test_every_job_begins_in_an_empty_folder(run):
    result = run("""
        one: {steps: [{run: touch left-behind}]}
        two: {needs: one, steps: [{run: ls}]}
        """)
    assert result.jobs["two"].steps[0].log == ""


def test_a_circle_of_needs_is_an_error(run):
    with pytest.raises(AssertionError, match="circle"):
        run("one: {needs: two, steps: []}\ntwo: {needs: one, steps: []}")


def test_a_cancelled_run_does_only_what_is_always_done(run, tmp_path):
    result = run(f"""
        one:
          steps:
            - {{name: works, run: "touch {tmp_path}/run/cancelled; sleep 60"}}
            - {{name: next, run: "true"}}
            - {{name: reports, if: failure(), run: "true"}}
            - {{name: cleans, if: always(), run: "true"}}
        two: {{steps: [{{run: "true"}}]}}
        """)
    assert result.results == {"one": "cancelled", "two": "skipped"}
    assert result.jobs["one"].ran() == ["works", "cleans"]


@pytest.mark.parametrize("before, is_told", [("", False), ("exec ", True)])
def test_who_cancels_tells_only_the_first_process_of_the_step(
    run, tmp_path, before, is_told
):
    program = tmp_path / "program"
    program.write_text(
        "trap 'touch told; exit 1' INT\n"
        f"touch {tmp_path}/run/cancelled\n"
        "while sleep 0.1; do :; done\n"
    )
    result = run(f"""
        one:
          steps:
            - run: {before}bash {program}
            - {{if: always(), run: ls}}
        """)
    job = result.jobs["one"]
    assert job.result == "cancelled"
    assert ("told" in job.steps[1].log) == is_told
