"""Loading: what a good folder gives, and that a bad one is refused by its name, its file and the reason."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.errors import InvalidInputError
from layerwise.skills import find_examples, load, load_all

HEAD = '---\nname: "kit"\ndescription: "A kit. Use when testing."\n---\n'
TOPIC = """---
title: "Alpha"
summary: "The first."
statements: ["a.b"]
triggers: ["route"]
versions: ["fastapi>=0.121"]
keywords: ["beginning"]
see_also: ["beta"]
---

# Alpha

## What to do

Do it.

## Do it well

Correct:

```python
## not a heading
x = 1
```

```python
y = 2
```

Incorrect:

```python
x = "1"
```
"""


def write_skill(home: Path, files: dict[str, str | bytes], name: str = "kit") -> Path:
    folder = home / name
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def good(**changes: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {
        "SKILL.md": HEAD + "Read [beta](references/beta.md), then [alpha](references/alpha.md#do-it-well).\n",
        "references/alpha.md": TOPIC,
        "references/beta.md": "# Beta\n\nWritten without frontmatter. See [alpha](alpha.md) and `[no](link.md)`.\n",
    }
    return files | {f"references/{key}.md" if key != "skill" else "SKILL.md": text for key, text in changes.items()}


def test_a_skill_is_read_whole_with_its_topics_in_the_order_of_the_index(tmp_path: Path) -> None:
    skill = load(write_skill(tmp_path, good()))

    assert (skill.name, skill.description) == ("kit", "A kit. Use when testing.")
    assert list(skill.topics) == ["beta", "alpha"]
    assert skill.files == ("SKILL.md", "references/alpha.md", "references/beta.md")
    alpha = skill.topics["alpha"]
    assert (alpha.title, alpha.summary, alpha.statements) == ("Alpha", "The first.", ("a.b",))
    assert (alpha.triggers, alpha.versions, alpha.see_also) == (("route",), ("fastapi>=0.121",), ("beta",))
    assert [section.anchor for section in alpha.sections] == ["what-to-do", "do-it-well"]


def test_a_reference_without_frontmatter_is_a_topic_by_its_heading_and_first_line(tmp_path: Path) -> None:
    beta = load(write_skill(tmp_path, good())).topics["beta"]

    assert (beta.title, beta.triggers) == ("Beta", ())
    assert beta.summary.startswith("Written without frontmatter.")
    assert [section.anchor for section in beta.sections] == ["beta"]


def test_examples_are_all_blocks_under_a_label(tmp_path: Path) -> None:
    right, wrong = find_examples(load(write_skill(tmp_path, good())).topics["alpha"].text)

    assert (right.correct, right.blocks) == (True, ("## not a heading\nx = 1\n", "y = 2\n"))
    assert (wrong.correct, wrong.blocks) == (False, ('x = "1"\n',))


def test_windows_line_ends_are_read_like_others(tmp_path: Path) -> None:
    files = {name: text.replace("\n", "\r\n") for name, text in good().items() if isinstance(text, str)}

    assert load(write_skill(tmp_path, files)).topics["alpha"].text == TOPIC.split("---\n", 2)[2]


def test_a_loaded_skill_is_kept_until_a_file_changes(tmp_path: Path) -> None:
    folder = write_skill(tmp_path, good())
    first = load(folder)
    assert load(folder) is first

    (folder / "references" / "beta.md").write_text("# Beta\n\nChanged.\n", encoding="utf-8")

    assert load(folder).topics["beta"].summary == "Changed."


REFUSED = {
    "no frontmatter": (good(skill="# Kit\n"), "SKILL.md: has no frontmatter"),
    "open frontmatter": (good(skill='---\nname: "kit"\n'), "SKILL.md: its frontmatter is not closed"),
    "broken yaml": (good(skill='---\nname: "kit\n---\n'), "SKILL.md: its frontmatter is not YAML at line"),
    "yaml list": (good(skill="---\n- a\n---\n"), "SKILL.md: its frontmatter is not a list of 'key: value' lines"),
    "no name": (good(skill='---\ndescription: "x"\n---\n'), "SKILL.md: 'name' is missing"),
    "bad name": (good(skill=HEAD.replace('"kit"', '"Kit"')), "SKILL.md: name 'Kit' must be lower-case"),
    "other name": (good(skill=HEAD.replace('"kit"', '"set"')), "name 'set' must equal its folder's name 'kit'"),
    "unknown key": (good(skill=HEAD.replace("description", "descripton")), "Did you mean 'description'?"),
    "key twice": (good(skill=HEAD.replace("---\nname", '---\nname: "a"\nname')), "has 'name' twice"),
    "number as text": (good(skill=HEAD.replace('"A kit. Use when testing."', "3")), "'description' must be a string"),
    "metadata": (good(skill=HEAD[:-4] + "metadata:\n  version: 1.0\n---\n"), "metadata maps strings to strings"),
    "date": (good(skill=HEAD[:-4] + "license: 2026-99-99\n---\n"), "SKILL.md: its frontmatter is not YAML"),
    "long description": (good(skill=HEAD.replace("A kit.", "A kit. " * 200)), "at most 1024 are allowed"),
    "broken link": (good(skill=HEAD + "[gone](references/gone.md)"), "SKILL.md: links to 'references/gone.md'"),
    "link outside": (good(beta="# B\n\nx [up](../../etc/passwd)"), "references/beta.md: links to '../../etc/passwd'"),
    "topic key": (good(alpha=TOPIC.replace("statements", "statments")), "Did you mean 'statements'?"),
    "topic list": (good(alpha=TOPIC.replace('["route"]', '"route"')), "'triggers' must be a list of quoted strings"),
    "topic number": (good(alpha=TOPIC.replace('["a.b"]', "[1.2]")), "'statements' must be a list of quoted strings"),
    "see also": (good(alpha=TOPIC.replace('["beta"]', '["betta"]')), "Did you mean 'beta'?"),
    "no title": (good(beta="only prose\n"), "references/beta.md: 'title' is missing"),
    "no UTF-8": (good(beta=b"# Beta\n\nna\xefve\n"), "references/beta.md: is not UTF-8 (byte 10)"),
    "mark": (good(skill="\ufeff" + HEAD), "SKILL.md: holds a byte-order mark or a NUL"),
    "NUL": (good(beta="# Beta\n\na\0b\n"), "references/beta.md: holds a byte-order mark or a NUL"),
    "too large": (good(beta="# Beta\n\n" + "a" * 262_144), "references/beta.md: is 262152 bytes"),
    "topic name": (good(Beta_2="# Beta\n\nx\n"), "references/Beta_2.md: a topic's file name is"),
    "no skill file": ({"skill.md": HEAD}, "SKILL.md: is missing"),
    "many files": (good() | {f"assets/{number}": "x" for number in range(510)}, "more than 512 files"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_malformed_skill_is_refused_by_name_file_and_reason(case: str, tmp_path: Path) -> None:
    files, reason = REFUSED[case]

    with pytest.raises(InvalidInputError) as refusal:
        load(write_skill(tmp_path, files))

    assert str(refusal.value).startswith("Skill 'kit' is refused: ")
    assert reason in str(refusal.value)


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    folder = write_skill(tmp_path, good())
    (folder / "references" / "gamma.md").symlink_to(tmp_path / "elsewhere.md")

    with pytest.raises(InvalidInputError, match=r"references/gamma.md: is a symbolic link"):
        load(folder)

    (tmp_path / "twin").symlink_to(folder)
    with pytest.raises(InvalidInputError, match=r"'twin' is refused"):
        load(tmp_path / "twin")


def test_all_refusals_are_told_at_once_and_nothing_is_skipped(tmp_path: Path) -> None:
    write_skill(tmp_path, good())
    write_skill(tmp_path, {"notes.txt": "no skill here"}, name="notes")
    write_skill(tmp_path, {"SKILL.md": HEAD}, name="other")

    with pytest.raises(InvalidInputError) as refusal:
        load_all([tmp_path, tmp_path / "missing"])

    assert [line.split(" is refused")[0] for line in str(refusal.value).splitlines()] == [
        "Skill 'notes'",
        "Skill 'other'",
        "Skill 'missing'",
    ]


def test_skills_are_found_in_a_folder_of_skills_and_as_a_folder_of_their_own(tmp_path: Path) -> None:
    folder = write_skill(tmp_path / "many", good())
    (tmp_path / "many" / ".git").mkdir()

    assert list(load_all([tmp_path / "many", folder])) == ["kit"]


def test_a_name_met_twice_is_refused(tmp_path: Path) -> None:
    homes = [write_skill(tmp_path / side, good()).parent for side in ("left", "right")]

    with pytest.raises(InvalidInputError, match="rename or remove one"):
        load_all(homes)


@settings(max_examples=60)
@given(
    head=st.text(max_size=80) | st.binary(max_size=80),
    target=st.sampled_from(["SKILL.md", "references/alpha.md"]),
    closed=st.booleans(),
)
def test_whatever_a_file_holds_the_only_error_is_a_refusal(
    tmp_path: Path, head: str | bytes, target: str, closed: bool
) -> None:
    data = head if isinstance(head, bytes) else head.encode("utf-8", "surrogatepass")
    folder = write_skill(tmp_path, good() | {target: b"---\n" + data + (b"\n---\n" if closed else b"")})

    with pytest.raises(InvalidInputError, match=f"Skill 'kit' is refused: {target}"):
        load(folder)
