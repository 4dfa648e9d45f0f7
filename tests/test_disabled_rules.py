"""Each rule that fault injection can disable patches something the product still has."""

import subprocess
import sys

import pytest

from bench.fault_injection import disable_rule

DISABLE_ALL = "from bench.fault_injection.disable_rule import RULES\nfor rule in RULES.values(): rule.disable()"


def test_disabling_each_rule_patches_existing_names():
    done = subprocess.run([sys.executable, "-c", DISABLE_ALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_replacing_a_missing_attribute_is_an_error():
    with pytest.raises(SystemExit, match="has no no_such_name"):
        disable_rule.replace_attribute(disable_rule, "no_such_name", None)
