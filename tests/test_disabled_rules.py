"""Each rule that fault injection can disable patches something the product still has."""

import subprocess
import sys

import pytest

from bench.fault_injection import disable_rule


@pytest.mark.parametrize("rule", sorted(disable_rule.RULES))
def test_disabling_a_rule_patches_existing_names(rule):
    command = [sys.executable, "-m", "bench.fault_injection.disable_rule", rule, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_replacing_a_missing_attribute_is_an_error():
    with pytest.raises(SystemExit, match="has no no_such_name"):
        disable_rule.replace_attribute(disable_rule, "no_such_name", None)
