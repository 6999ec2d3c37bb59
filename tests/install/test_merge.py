"""Texts that no host ever wrote: any JSON with comments, any layout, and what is not JSON at all."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.errors import InvalidInputError
from layerwise.install.jsonc import read_document
from layerwise.install.merge import Entry, put_in, take_out
from layerwise.install.splice import Splice, compare, invert, splice
from layerwise.install.toml import put_table, take_table

SERVER = Entry(("mcpServers", "layerwise"), {"command": "layerwise", "args": ["serve"]})
HOOK = Entry(("hooks", "Stop"), {"hooks": [{"type": "command", "command": "layerwise hook stop"}]}, "layerwise hook ")
HOOK_OF_CURSOR = Entry(("hooks", "stop"), {"command": "layerwise hook stop"}, "layerwise hook ")

keys = st.sampled_from(["mcpServers", "hooks", "Stop", "stop", "other", "", "//", "é\n", '"'])
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("/* no comment */")
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
gaps = st.lists(st.sampled_from(["", " ", "\n", "\r\n  ", "\t", "/* note */", "// note, }\n"]), max_size=2).map("".join)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, Any]:
    """A text and what it says; the places of servers and hooks hold what they may hold."""
    value = draw(st.dictionaries(keys, values, max_size=4))
    for name in {"mcpServers", "hooks"} & value.keys():
        value[name] = draw(st.dictionaries(keys, st.lists(values, max_size=2), max_size=3))
    return draw(gaps) + draw(spellings(value)) + draw(gaps), value


def spellings(value: Any) -> st.SearchStrategy[str]:
    """Ways to spell a value, with gaps and trailing commas."""
    if not isinstance(value, dict | list):
        return st.just(json.dumps(value, ensure_ascii=False))

    @st.composite
    def spell(draw: st.DrawFn) -> str:
        items = [
            f"{draw(gaps)}{json.dumps(key) + draw(gaps) + ':' + draw(gaps) if isinstance(value, dict) else ''}"
            f"{draw(spellings(value[key] if isinstance(value, dict) else key))}{draw(gaps)}"
            for key in value
        ]
        opener, closer = "{}" if isinstance(value, dict) else "[]"
        comma = draw(st.sampled_from(["", ","])) if items else ""
        return opener + ",".join(items) + comma + draw(gaps) + closer

    return spell()


def say(text: str) -> Any:
    node = read_document(text, "file")
    return node.value if node else {}


@settings(max_examples=60)
@given(documents(), st.sampled_from([SERVER, HOOK, HOOK_OF_CURSOR]))
def test_an_entry_goes_in_once_and_comes_out_whole(document: tuple[str, Any], entry: Entry) -> None:
    text, value = document
    assert say(text) == value
    step = put_in(text, entry, "file")
    new = splice(text, step.splices)
    parent, last = entry.path
    said = say(new)[parent][last]
    assert (said[-1] if entry.marker else said) == entry.value
    assert splice(new, invert(text, step.splices)) == text
    assert put_in(new, entry, "file").splices == ()
    assert new.count("note") == text.count("note")
    back = splice(new, take_out(new, entry, step.made, "file"))
    assert say(back) == value
    assert back.count("note") == text.count("note")


@settings(max_examples=60)
@given(st.text(max_size=40) | st.text(alphabet='{}[]",:/*\n a1', max_size=30))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    said = attempt(text)
    assert "settings.json" in said if isinstance(said, str) else said["mcpServers"]["layerwise"] == SERVER.value


def attempt(text: str) -> Any:
    """What the text says with the server in it, or why it is refused."""
    try:
        return say(splice(text, put_in(text, SERVER, "settings.json").splices))
    except InvalidInputError as error:
        return str(error)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "holds no object"),
        ('{"mcpServers": []}', "no object at mcpServers"),
        ('{"mcpServers": {"layerwise": "x"}}', "no object at mcpServers.layerwise"),
        ('{\n"a": 1\n"b": 2}', "lacks a comma or '}' (line 3)"),
        ('{\n"a": tru}', "(line 2)"),
        ("{a: 1}", "double quotes"),
        ("{} {}", "after its end"),
        ('{"a": "\\x"}', "is not JSON"),
        ('{"a": ' + "[" * 5000, "nested deeper"),
        ("{/* never closed", "(line 1)"),
    ],
)
def test_what_is_in_the_way_is_named(text: str, told: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        put_in(text, SERVER, "settings.json")
    assert told in str(refusal.value)
    assert "settings.json" in str(refusal.value)


def test_keys_that_the_user_added_to_our_server_stay() -> None:
    text = '{"mcpServers": {"layerwise": {"command": "old", "env": {"A": "b"}}}}'
    new = say(splice(text, put_in(text, SERVER, "file").splices))
    assert new["mcpServers"]["layerwise"] == {"command": "layerwise", "env": {"A": "b"}, "args": ["serve"]}


def test_a_group_that_the_user_made_of_our_hook_and_another_is_left_alone() -> None:
    text = '{"hooks": {"Stop": [{"hooks": [{"command": "say done"}, {"command": "layerwise hook stop"}]}]}}'
    assert put_in(text, HOOK, "file").splices == ()
    assert take_out(text, HOOK, (), "file") == ()


def test_of_two_equal_keys_the_one_that_counts_is_edited() -> None:
    text = '{"mcpServers": {"a": {}}, "mcpServers": {}}'
    assert say(splice(text, put_in(text, SERVER, "file").splices))["mcpServers"] == {"layerwise": SERVER.value}


@settings(max_examples=60)
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_comparison_leads_there_and_back(before: str, after: str) -> None:
    way = compare(before, after)
    assert splice(before, way) == after
    assert splice(after, invert(before, way)) == before
    assert all(isinstance(each, Splice) and len(each.text) <= len(after) for each in way)


PATH = ("mcp_servers", "layerwise")
TABLE = {"command": "layerwise", "args": ["serve"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        'model = "x" # why\n',
        '[mcp_servers.a]\ncommand = "b"\n\n# for the next\n[profiles.x]\nm = 1\n',
        'mcp_servers = { a = { command = "x" } } # in one line\n',
        'mcp_servers.a.command = "x"\nz = 1\n',
        "[mcp_servers]\n# none yet\n\n[z]\nq = 1\n",
    ],
)
def test_a_table_goes_in_once_and_comes_out_whole(text: str) -> None:
    new = put_table(text, PATH, TABLE, "config.toml")
    assert put_table(new, PATH, TABLE, "config.toml") == new
    assert take_table(new, PATH, "config.toml") == text
    assert take_table(new + "# since then\n", PATH, "config.toml") == text + "# since then\n"


def test_a_text_that_looks_like_the_table_is_not_cut() -> None:
    text = '[z]\nq = """\n[mcp_servers.layerwise]\n"""\n'
    assert take_table(put_table(text, PATH, TABLE, "f"), PATH, "f").rstrip() == text.rstrip()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = [", "is not TOML"),
        ("mcp_servers = 3", "no table at mcp_servers"),
        ("[[mcp_servers]]\na = 1\n", "no table at mcp_servers"),
        ('[mcp_servers]\nlayerwise = "x"\n', "no table at mcp_servers.layerwise"),
    ],
)
def test_a_toml_file_that_cannot_take_the_table_is_named(text: str, told: str) -> None:
    with pytest.raises(InvalidInputError, match=told):
        put_table(text, PATH, TABLE, "config.toml")
