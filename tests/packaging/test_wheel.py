"""What is installed is what is in the repository, and it runs on every Python that the machine has."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def installed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no path of the caller's stand in for what is installed."""
    monkeypatch.delenv("PYTHONPATH", raising=False)


ROOT = Path(__file__).parents[2]
HOMES = {
    "server/layerwise": "layerwise",
    "skills": "layerwise/_shipped/skills",
    "templates": "layerwise/_shipped/templates",
}


def find_pythons() -> Iterator[Path]:
    """An interpreter for each supported minor version that this machine has."""
    for minor in (11, 12, 13):
        homes = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
        homes += sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin"))
        for home in homes:
            python = home / f"python3.{minor}"
            if (
                python.is_file()
                and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
            ):
                yield python
                break


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(target.glob("*.whl"))


def test_the_wheel_holds_exactly_the_package_the_skills_and_the_templates(wheel: Path) -> None:
    expected = {
        f"{target}/{file.relative_to(ROOT / source).as_posix()}": file.read_bytes()
        for source, target in HOMES.items()
        for file in (ROOT / source).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    assert packed.keys() == expected.keys()
    assert packed == expected


def test_the_installed_wheel_serves_its_own_skills_and_templates(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", str(wheel)], check=True)
    # Its dependencies are borrowed from this environment, its own files are not.
    borrow = next((tmp_path / "venv").glob("lib/python*/site-packages")) / "borrowed.pth"
    borrow.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    environment = {**os.environ, "LAYERWISE_CACHE_DIR": str(tmp_path / "cache")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(tmp_path / "venv" / "bin" / "layerwise"), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
        )

    where = subprocess.run(
        [python, "-c", "import layerwise; print(layerwise.__file__)"], capture_output=True, text=True, check=True
    )
    assert str(tmp_path) in where.stdout
    preview = run("generate", "create a UserService", "--root", "demo", "--apply", "--json")
    assert preview.returncode == 0, preview.stderr
    assert json.loads(preview.stdout)["applied"]
    assert (tmp_path / "demo" / "backend" / ".env.example").is_file()
    assert run("guide", "sessions").returncode == 0
    assert run("review", "demo").returncode == 0
    assert run("detect", "--prompt", "add an endpoint").returncode == 0


@pytest.mark.parametrize("python", list(find_pythons()), ids=lambda python: python.name)
def test_the_four_jobs_run_on_every_python_here(python: Path, wheel: Path, tmp_path: Path) -> None:
    subprocess.run([python, "-m", "venv", tmp_path / "venv"], check=True)
    bin_folder = tmp_path / "venv" / "bin"
    lock = ROOT / "requirements.lock"
    constraints = tmp_path / "constraints.txt"
    pins = [
        line.split(" \\")[0]
        for line in lock.read_text(encoding="utf-8").splitlines()
        if "==" in line and line[0].isalnum()
    ]
    constraints.write_text("\n".join(pins), encoding="utf-8")
    subprocess.run([bin_folder / "pip", "install", "-q", "-c", constraints, str(wheel)], check=True)
    environment = {**os.environ, "LAYERWISE_CACHE_DIR": str(tmp_path / "cache"), "PYTHONWARNINGS": "error"}

    def run(*arguments: str) -> str:
        command = [str(bin_folder / "layerwise"), *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert json.loads(run("detect", "--prompt", "add an endpoint to list orders", "--json"))["triggers"]
    assert "get_db" in run("guide", "sessions")
    assert json.loads(run("generate", "create a UserService", "--root", "demo", "--apply", "--json"))["applied"]
    assert json.loads(run("review", "demo", "--json"))["findings"] == []
    assert json.loads(run("inspect", "--root", "demo", "--json"))
