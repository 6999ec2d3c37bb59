"""The skill that an author begins with: it is served as it stands, and passes its own check."""

from pathlib import Path

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.paths import locate, resolve_root
from layerwise.errors import InvalidInputError
from layerwise.skill_folders import find_skill_folders
from layerwise.skills import check_name

HOME = ".layerwise/skills"

_INDEX = """\
---
name: "{name}"
description: "What {words} is about, in one sentence. Use when a task touches {words}."
---

# {title}

Say here in a few lines what holds for {words} in this project, and when to read which topic.

- [{title}](references/{name}.md): when code for {words} is written or changed.
"""

_TOPIC = """\
---
title: "{title}"
summary: "What this topic tells, in one line."
triggers: ["{name}"]
---

# {title}

## What to do

The rule, then a short example of it.

## Why

What goes wrong otherwise.
"""

_TRIGGERS = """\
# When this skill speaks up. `layerwise skills check` tries the examples at the end.
version = 1

[words]
# A concept, and the words that name it in a prompt; `word*` is every word that begins so.
{name} = ["{words}"]

[[trigger]]
name = "{name}"
summary = "Work on {words}."
# The odds, as logarithms: the trigger fires when bias and the weights of what was said add up to more than 0.
bias = -4
weights = {{ {name} = 6 }}
# Code fires it, too, by what its names resolve to, such as bases = ["shop.billing.Invoice"].
fires = ["Change how {words} works", "Why does {words} fail?"]
stays_silent = ["Draw a new icon", "Write the release notes"]
"""


def plan_skill(root: Path, name: str) -> ChangeSet:
    """The change set that adds the skill `name` to the project in `root`.

    Raises InvalidInputError for what cannot be a skill's name, or is the name of one already.
    """
    root = resolve_root(root)
    check_name(name)
    for folder in find_skill_folders([str(root)]).folders:
        if Path(folder.path).name == name:
            raise InvalidInputError(f"There is a skill {name!r} already, in {folder.path}. Choose another name.")
    words = name.replace("-", " ")
    texts = {"SKILL.md": _INDEX, f"references/{name}.md": _TOPIC, "triggers.toml": _TRIGGERS}
    base = f"{HOME}/{name}"
    changes = []
    for path, text in texts.items():
        if locate(root, f"{base}/{path}").exists():
            raise InvalidInputError(f"{base}/{path} exists already. Choose another name, or remove the folder.")
        content = text.format(name=name, words=words, title=words.capitalize())
        changes.append(Change(f"{base}/{path}", None, content.encode()))
    return ChangeSet(root, tuple(changes), next_steps=(f"write {base}/SKILL.md", f"layerwise skills check {base}"))
