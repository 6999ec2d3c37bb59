"""Paths: what may be written, and what a user may name."""

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.changes.paths import check_path, check_paths, locate, resolve_inside, resolve_root
from layerwise.errors import ConflictError, InvalidInputError, LayerwiseError, OutsideRootError

OUTSIDE = ["/etc/passwd", "../up.py", "app/../../up.py", "app/..", "~/x.py", "~root/x.py", "//host/share"]
UNFIT = [
    "",
    "app\\x.py",
    "C:/x.py",
    "app/\0.py",
    "app/a\nb.py",
    "app/\u200d.py",
    "app/\ud800.py",
    "./app.py",
    "app//x.py",
    "app/",
    "app/x.py.",
    "app /x.py",
    ".git/hooks/pre-commit",
    "sub/.GIT/config",
    "GIT~1/config",
    ".layerwise/journal/000001-0123456789ab/entry.json",
    ".Layerwise/Journal",
    ".layerwise/manifest.json",
    "a" * 256,
    "é" * 128,
    "/".join(["folder"] * 200),
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_out_of_the_root_is_refused(path: str) -> None:
    with pytest.raises(OutsideRootError, match="relative to the project root"):
        check_path(path)


@pytest.mark.parametrize("path", UNFIT, ids=range(len(UNFIT)))
def test_a_path_that_is_unfit_to_write_is_refused(path: str) -> None:
    with pytest.raises(InvalidInputError, match="relative to the project root") as refusal:
        check_path(path)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    "path", ["app/main.py", ".gitignore", ".github/workflows/ci.yml", "a b/é.py", ".layerwise/conventions.toml", "x~"]
)
def test_an_ordinary_path_is_accepted(path: str) -> None:
    check_path(path)


def test_a_path_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="must be text, not bytes"):
        check_path(b"app.py")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="must be text, not int"):
        resolve_inside(Path(), 3)  # type: ignore[arg-type]


PARTS = st.sampled_from(
    ["..", ".", "", "~", ".git", ".Git ", "app", "\\", "\0", "con", "é", "a:b", ".layerwise", "journal"]
)


@given(st.one_of(st.text(max_size=300), st.lists(PARTS | st.text(max_size=4), max_size=6).map("/".join)))
def test_any_text_is_refused_or_lies_inside_the_root(path: str) -> None:
    try:
        check_path(path)
    except LayerwiseError:
        return
    assert PurePosixPath(path).as_posix() == path
    assert os.path.normpath(f"/root/{path}") == f"/root/{path}"
    assert not {".git", ".."} & set(path.casefold().split("/"))


@pytest.mark.parametrize("pair", [("app/User.py", "app/user.py"), ("App/x.py", "app/x.py"), ("é.py", "e\u0301.py")])
def test_two_paths_that_are_one_file_elsewhere_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="one file where case is ignored"):
        check_paths(pair)


@pytest.mark.parametrize("pair", [("app", "app/x/y.py"), ("app/x/y.py", "APP")])
def test_a_path_that_is_file_and_folder_at_once_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="both a file and the folder"):
        check_paths(pair)


def test_no_symbolic_link_is_written_through(root: Path) -> None:
    (root / "link").symlink_to(root / "app")
    (root / "app" / "self.py").symlink_to("self.py")
    for path in ("link/x.py", "app/self.py"):
        with pytest.raises(OutsideRootError, match="symbolic link"):
            locate(root, path)


def test_a_file_on_the_way_is_named(root: Path) -> None:
    with pytest.raises(ConflictError, match=r"'app/main.py' is a file, so 'app/main.py/x.py'"):
        locate(root, "app/main.py/x.py")


def test_a_user_may_name_a_place_inside_the_root_in_any_form(root: Path) -> None:
    (root / "alias").symlink_to("app")
    expected = root.resolve() / "app" / "main.py"
    for given_path in ("app/main.py", "./app/../app/main.py", root / "app/main.py", "alias/main.py"):
        assert resolve_inside(root, given_path) == expected
    assert resolve_inside(root, ".") == root.resolve()
    assert resolve_inside(root, "not/there.py") == root.resolve() / "not/there.py"


def test_a_user_may_not_name_a_place_outside_the_root(root: Path) -> None:
    (root / "out").symlink_to(root.parent)
    (root / "around").symlink_to("about")
    (root / "about").symlink_to("around")
    for path in ("..", "app/../../x", "/etc/passwd", "out/x.py", "around", "around/x.py", "~/x"):
        with pytest.raises(OutsideRootError, match="relative to the project root"):
            resolve_inside(root, path)
    for path in ("", "a\0b", "\ud800"):
        with pytest.raises(InvalidInputError, match="is not a path"):
            resolve_inside(root, path)


@given(st.text(max_size=60))
def test_any_text_a_user_gives_resolves_inside_or_is_refused(path: str) -> None:
    root = Path(__file__).parent
    try:
        place = resolve_inside(root, path)
    except LayerwiseError:
        return
    assert place.is_relative_to(root.resolve())


def test_a_root_must_be_a_folder_or_a_free_name_in_one(root: Path) -> None:
    assert resolve_root(root / "new") == root.resolve() / "new"
    for wrong in (root / "run.sh", root / "not" / "there", root / "run.sh" / "x"):
        with pytest.raises(InvalidInputError, match="Name an existing folder"):
            resolve_root(wrong)
