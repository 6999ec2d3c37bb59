import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKILL = ROOT / "skills" / "python-backend-patterns"


@pytest.mark.slow
def test_the_script_reproduces_the_shipped_weights(tmp_path: Path) -> None:
    shutil.copy(SKILL / "triggers.toml", tmp_path)
    script = ROOT / "tests" / "evals" / "train_triggers.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
    subprocess.run([sys.executable, str(script), "--skill", str(tmp_path)], env=environment, check=True)
    assert (tmp_path / "weights.toml").read_bytes() == (SKILL / "weights.toml").read_bytes()
