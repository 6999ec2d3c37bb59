import marshal
import sys
from pathlib import Path

import pytest

from layerwise.assets import folder
from layerwise.detect.cache import read_compiled, write_compiled
from layerwise.detect.context import Context
from layerwise.detect.engine import match
from layerwise.detect.triggers import load
from layerwise.errors import InvalidInputError

BREW = """\
version = 1
[applies]
extensions = ["brew"]
[words]
kettle = ["kettle*", "boil water", "烧水"]
order = ["order"]
[paths]
recipes = ["recipes/"]
[[trigger]]
name = "boil"
summary = "Hot water"
bias = -4
weights = { kettle = 6, "path:recipes" = 3, "kettle & order" = -9 }
bases = ["brew.Pot"]
"""


def write_skill(home: Path, triggers: str, weights: str = "") -> str:
    skill = home / "brewing"
    skill.mkdir(exist_ok=True)
    (skill / "triggers.toml").write_text(triggers, encoding="utf-8")
    if weights:
        (skill / "weights.toml").write_text(weights, encoding="utf-8")
    return str(skill)


def test_a_skill_gets_its_triggers_without_python(tmp_path: Path) -> None:
    skill = write_skill(tmp_path, BREW)
    (found,) = match(Context(prompt="Fill the kettles"), skill).matches
    assert (found.skill, found.name, found.confidence) == ("brewing", "boil", 0.88)
    assert found.evidence[0].text == "kettles"
    assert match(Context(prompt="请烧水"), skill).matches
    assert match(Context(prompt="boil-water now"), skill).matches
    assert not match(Context(prompt="order a kettle"), skill).matches
    assert match(Context(code="from brew import Pot\nclass Tea(Pot): ..."), skill).matches


def test_two_skills_answer_together(tmp_path: Path) -> None:
    found = match(
        Context(prompt="kettle endpoint"),
        write_skill(tmp_path, BREW),
        str(folder("skills") / "python-backend-patterns"),
    ).matches
    assert {(item.skill, item.name) for item in found} == {("brewing", "boil"), ("python-backend-patterns", "route")}


def test_learned_weights_take_the_place_of_those_in_the_file(tmp_path: Path) -> None:
    skill = write_skill(tmp_path, BREW, "[boil]\nbias = 0\nkettle = -2\n[scope]\nbias = 5\n")
    assert not match(Context(prompt="kettle"), skill).matches


def test_single_words_have_weights_when_they_were_learned(tmp_path: Path) -> None:
    skill = write_skill(tmp_path, BREW, "[boil]\nbias = -1\n[boil.words]\nteapot = 3\n")
    (found,) = match(Context(prompt="Fill the Teapot"), skill).matches
    assert (found.confidence, [evidence.text for evidence in found.evidence]) == (0.88, ["Teapot"])
    with pytest.raises(InvalidInputError, match=r"weights.toml, \[boil\] words teapot: must be a number"):
        load(write_skill(tmp_path, BREW, "[boil.words]\nteapot = true\n"))


def test_an_attribute_of_a_class_is_a_term(tmp_path: Path) -> None:
    skill = write_skill(tmp_path, BREW.replace('"boil water"', '"{attribute}"'))
    assert match(Context(prompt="rename Pot.lid"), skill).matches
    assert not match(Context(prompt="call Pot.lid() on pot.lid"), skill).matches


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    assert match(Context(prompt="kettle"), write_skill(tmp_path, BREW)).matches
    assert not match(Context(prompt="kettle"), write_skill(tmp_path, BREW.replace("bias = -4", "bias = -44"))).matches


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("version = 1", "version = 2"), "triggers.toml, version: must be 1"),
        (("version = 1", "version ="), "triggers.toml, the file: is not TOML"),
        (("[words]", "[wrods]"), "'wrods' is not known. Did you mean 'words'?"),
        (('order = ["order"]', 'order = "order"'), "[words] order: must be a list of strings"),
        (('order = ["order"]', 'order = ["kettle*"]'), "'kettle*' stands for both 'kettle' and 'order'"),
        (('order = ["order"]', 'order = ["a *"]'), "'a *' has a * alone, which stands for any word"),
        (('order = ["order"]', 'order = ["  "]'), "[words] order: must be a list of strings with something in them"),
        (("{ kettle = 6", "{ kettel = 6"), "'boil' weights: 'kettel' is not known. Did you mean 'kettle'?"),
        (("kettle = 6", "kettle = true"), "'boil' kettle: must be a number"),
        (('"path:recipes"', '"path:recipe"'), "Did you mean 'path:recipes'?"),
        (('name = "boil"', 'name = "Boil!"'), "must be lower-case letters and hyphens"),
        (('name = "boil"', 'names = "boil"'), "[[trigger]] 1 name: must be a string"),
        (("bases =", "bassess ="), "[[trigger]] 'boil': 'bassess' is not known. Did you mean 'bases'?"),
        (("[[trigger]]", "[trigger]"), "[[trigger]]: must stand at least once"),
        (('extensions = ["brew"]', 'silent_paths = ["recipe"]'), "[applies] silent_paths: 'recipe' is not known"),
    ],
)
def test_a_malformed_file_is_refused_by_file_row_and_key(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert change[0] in BREW
    with pytest.raises(InvalidInputError) as refused:
        load(write_skill(tmp_path, BREW.replace(*change)))
    assert told in str(refused.value)


def test_a_trigger_that_stands_twice_is_refused(tmp_path: Path) -> None:
    row = BREW[BREW.index("[[trigger]]") :]
    with pytest.raises(InvalidInputError, match="'boil' stands twice"):
        load(write_skill(tmp_path, BREW + row))


def test_weights_for_an_unknown_trigger_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"weights.toml, \[boyl\]: 'boyl' is not known. Did you mean 'boil'"):
        load(write_skill(tmp_path, BREW, "[boyl]\nkettle = 1\n"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"triggers.toml is missing"):
        load(str(tmp_path))


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "triggers.toml").write_bytes(b"version = 1 # \xff")
    with pytest.raises(InvalidInputError, match=r"triggers.toml, the file: is not UTF-8 \(byte 14\)"):
        load(str(tmp_path))


def test_the_compiled_form_is_kept_and_a_corrupt_one_is_made_again(tmp_path: Path, cache: Path) -> None:
    skill = write_skill(tmp_path, BREW)
    compiled = load(skill)
    kept = find_kept(cache)
    for damage in (b"", b"\xff\x00", kept.read_bytes()[:-9], kept.read_bytes().replace(b"kettle", b"kettel")):
        kept.write_bytes(damage)
        (Path(skill) / "triggers.toml").touch()
        (Path(skill) / "weights.toml").write_text("", encoding="utf-8")
        assert load(skill) == compiled
        (Path(skill) / "weights.toml").unlink()
        assert load(skill) == compiled


def test_what_is_kept_is_what_compiling_gives(tmp_path: Path, cache: Path) -> None:
    compiled = load(write_skill(tmp_path, BREW))
    assert marshal.loads(find_kept(cache).read_bytes().partition(b"\n")[2]) == compiled


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps others out of a user's folders itself")
def test_what_others_may_have_written_is_made_again_and_not_read(tmp_path: Path, cache: Path) -> None:
    sources = [(Path(write_skill(tmp_path, BREW)) / "triggers.toml").read_bytes(), b""]
    write_compiled("brewing", sources, {"planted": True})
    assert read_compiled("brewing", sources) == {"planted": True}
    assert find_kept(cache).stat().st_mode & 0o777 == 0o600
    find_kept(cache).chmod(0o620)
    assert read_compiled("brewing", sources) is None
    assert load(write_skill(tmp_path, BREW))["skill"] == "brewing"
    assert find_kept(cache).stat().st_mode & 0o777 == 0o600


def find_kept(cache: Path) -> Path:
    """The file in which the compiled triggers of the skill are kept for this Python."""
    [kept] = (cache / "triggers").glob("brewing.*")
    return kept


def test_a_cache_folder_that_cannot_be_made_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(blocked))
    assert match(Context(prompt="kettle"), write_skill(tmp_path, BREW)).matches
