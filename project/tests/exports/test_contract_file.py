"""The data contract as a file: a JSON Schema, of this run or of one of before."""

from __future__ import annotations

import json

import jsonschema

from app.exports import contract_file


def test_it_is_the_contract_that_the_run_keeps(bench, binary):
    content = json.loads(contract_file.make(bench.context(binary, "linear")))
    jsonschema.Draft202012Validator.check_schema(content)
    assert content == bench.runs.result(binary, "contract", dict)


def test_of_a_run_of_before_it_tells_what_is_known(bench, binary):
    kept = bench.runs.result(binary, "contract", dict)
    bench.runs.remove_result(binary, "contract")
    try:
        content = json.loads(contract_file.make(bench.context(binary, "linear")))
    finally:
        bench.runs.write_result(binary, "contract", kept)
    assert content["required"] == kept["required"]
    assert "x-training-rows" not in content
