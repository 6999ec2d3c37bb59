"""The walk and the reading of hostile trees: bounded, and open about what was left out."""

import os
from pathlib import Path

import pytest

from layerwise.errors import InvalidInputError
from layerwise.project.index import read_project
from layerwise.project.tree import walk_tree


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(folder))
    return folder


def write(root: Path, path: str, content: str | bytes = "x = 1\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def reasons(root: Path) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in read_project(root).skipped}


def test_environments_packages_and_build_output_are_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path, "app/main.py")
    write(tmp_path, ".venv/lib/x.py")
    write(tmp_path, "env/pyvenv.cfg", "")
    write(tmp_path, "env/lib/x.py")
    write(tmp_path, "web/node_modules/p/setup.py")
    write(tmp_path, "build/lib/x.py")
    write(tmp_path, "app/__pycache__/x.py")
    tree = walk_tree(tmp_path)
    assert tree.files == ("app/main.py",)
    assert {skipped.path for skipped in tree.skipped} == {".venv", "env", "web/node_modules", "build"}


def test_a_package_called_build_is_not_build_output(tmp_path: Path) -> None:
    write(tmp_path, "build/__init__.py")
    assert walk_tree(tmp_path).files == ("build/__init__.py",)


def test_symbolic_links_are_not_followed_so_that_loops_end(tmp_path: Path) -> None:
    write(tmp_path, "app/main.py")
    (tmp_path / "app" / "again").symlink_to(tmp_path)
    (tmp_path / "app" / "twin.py").symlink_to(tmp_path / "app" / "main.py")
    (tmp_path / "app" / "gone.py").symlink_to(tmp_path / "nowhere.py")
    tree = walk_tree(tmp_path)
    assert tree.files == ("app/main.py",)
    assert {skipped.path: skipped.reason for skipped in tree.skipped} == dict.fromkeys(
        ("app/again", "app/gone.py", "app/twin.py"), "symbolic link"
    )


def test_a_pipe_that_is_called_like_a_module_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert reasons(tmp_path) == {"pipe.py": "not a regular file"}


def test_the_bound_keeps_the_nearest_files_and_says_what_lies_beyond(tmp_path: Path) -> None:
    for number in range(6):
        write(tmp_path, f"near_{number}.py")
        write(tmp_path, f"deep/er/far_{number}.py")
    tree = walk_tree(tmp_path, most_files=8)
    assert len(tree.files) == 8
    assert {f"near_{number}.py" for number in range(6)} <= set(tree.files)
    assert len([skipped for skipped in tree.skipped if "beyond" in skipped.reason]) == 4


def test_a_file_is_no_root(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="not a folder"):
        walk_tree(write(tmp_path, "main.py"))


def test_what_cannot_be_read_is_listed_with_the_reason(tmp_path: Path) -> None:
    write(tmp_path, "good.py")
    write(tmp_path, "latin.py", b"name = '\xe9\xff'\n")
    write(tmp_path, "half.py", "def f(:\n")
    write(tmp_path, "nul.py", b"x = 1\0\n")
    write(tmp_path, "huge.py", "x = 1\n" * 350_000)
    write(tmp_path, "deep.py", "x = " + "(" * 5_000 + ")" * 5_000)
    found = reasons(tmp_path)
    assert found["latin.py"] in ("not UTF-8", "cannot be decoded: invalid or missing encoding declaration")
    assert found["half.py"].startswith(("syntax error at line 1", "read in part: syntax error at line 1"))
    assert found["huge.py"] == "larger than 1,000,000 bytes"
    assert set(found) == {"latin.py", "half.py", "nul.py", "huge.py", "deep.py"}


def test_a_declared_encoding_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    write(tmp_path, "old.py", "# -*- coding: latin-1 -*-\nclass Größe: pass\n".encode("latin-1"))
    write(tmp_path, "mark.py", b"\xef\xbb\xbfclass Marked: pass\n")
    project = read_project(tmp_path)
    assert set(project.modules["old.py"].classes) == {"Größe"}
    assert set(project.modules["mark.py"].classes) == {"Marked"}


def test_a_folder_without_permission_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "secret/main.py")
    scan = os.scandir

    def refuse(path: str) -> object:
        # Root may read every folder, so the refusal is given in the system's place.
        if os.fspath(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert reasons(tmp_path)["secret"].startswith("cannot be read")


def test_a_second_look_gives_the_same_project_from_the_cache(tmp_path: Path, own_cache: Path) -> None:
    write(tmp_path, "app/models.py", "class User(Base):\n    pass\n")
    first = read_project(tmp_path)
    (kept,) = (own_cache / "facts").iterdir()
    stamp = kept.stat().st_mtime_ns
    second = read_project(tmp_path)
    assert second.modules["app/models.py"].outline == first.modules["app/models.py"].outline
    assert second.modules["app/models.py"].bodies == first.modules["app/models.py"].bodies
    assert kept.stat().st_mtime_ns == stamp


def test_an_edit_is_seen_although_the_rest_comes_from_the_cache(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "class A: pass\n")
    write(tmp_path, "b.py", "class B: pass\n")
    read_project(tmp_path)
    write(tmp_path, "b.py", "class C: pass\n")
    modules = read_project(tmp_path).modules
    assert (set(modules["a.py"].classes), set(modules["b.py"].classes)) == ({"A"}, {"C"})


@pytest.mark.parametrize(
    "damage", [b"", b"layerwise facts 999\n", b"\xff\xfe", b"{", b"layerwise facts 2\nkey\tno\tjson"]
)
def test_a_damaged_cache_is_ignored(tmp_path: Path, own_cache: Path, damage: bytes) -> None:
    write(tmp_path, "a.py", "class A: pass\n")
    read_project(tmp_path)
    (kept,) = (own_cache / "facts").iterdir()
    kept.write_bytes(damage)
    assert set(read_project(tmp_path).modules["a.py"].classes) == {"A"}


def test_damaged_lines_of_the_cache_are_read_anew(tmp_path: Path, own_cache: Path) -> None:
    write(tmp_path, "a.py", "class A: pass\n")
    read_project(tmp_path)
    (kept,) = (own_cache / "facts").iterdir()
    header, line = kept.read_text().split("\n")
    kept.write_text(f"{header}\n{line.split(chr(9))[0]}\t[]\t[]")
    assert set(read_project(tmp_path).modules["a.py"].classes) == {"A"}


def test_a_cache_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(write(tmp_path, "file.txt", "")))
    write(tmp_path, "a.py", "class A: pass\n")
    assert set(read_project(tmp_path).modules["a.py"].classes) == {"A"}


def test_nothing_is_written_into_the_users_tree(tmp_path: Path) -> None:
    write(tmp_path, "app/main.py", "from fastapi import FastAPI\napp = FastAPI()\n")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    read_project(tmp_path)
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
