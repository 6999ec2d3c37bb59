"""Guidance: the right sections first, whole, within the budget in both of its forms."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerwise import assets
from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.guide.answer import answer
from layerwise.guide.guidance import Guidance, as_dict, as_text
from layerwise.skills import find_examples, load, load_all

SKILLS = load_all([assets.folder("skills") / "python-backend-patterns"])
TOPICS = SKILLS["python-backend-patterns"].topics
ADDRESSES = [*TOPICS, *(f"{name}#{section.anchor}" for name, topic in TOPICS.items() for section in topic.sections)]


def ask(query: str = "", **wishes: Any) -> Guidance:
    return answer(SKILLS, query, **wishes)


def sections_of(guidance: Guidance) -> list[str]:
    return [f"{piece.topic}#{piece.section}" for piece in guidance.pieces]


def test_nothing_asked_answers_the_index_of_all_topics_with_their_summaries() -> None:
    guidance = ask()

    assert [read.address for read in guidance.next_reads] == list(TOPICS)
    assert all(read.summary for read in guidance.next_reads)
    assert guidance.pieces == ()
    assert as_text(guidance).startswith("Topics:\n- project-structure (")


def test_a_small_budget_keeps_the_names_in_the_index_and_tells_when_some_are_missing() -> None:
    names = ask(max_tokens=500)
    few = ask(max_tokens=100)

    assert {read.summary for read in names.next_reads} == {""}
    assert 2 < len(few.next_reads) < len(TOPICS)
    assert few.notices == ("Not all of the index fits; raise max_tokens.",)


def test_a_question_is_answered_by_what_to_do_and_the_section_in_question() -> None:
    guidance = ask("lost updates of a stock counter")

    assert sections_of(guidance)[:2] == [
        "transactions#what-to-do",
        "transactions#change-a-counter-without-losing-updates",
    ]
    assert guidance.pieces[0].text.startswith("# Transactions, savepoints and races\n\nHolds for sqlalchemy>=2.0.\n")


def test_sections_are_handed_out_in_full_or_without_their_incorrect_examples() -> None:
    for name, topic in TOPICS.items():
        for piece in ask(topics=[name], max_tokens=700).pieces:
            section = next(section for section in topic.sections if section.anchor == piece.section)
            right = [code for shown in find_examples(section.text) if shown.correct for code in shown.blocks]
            assert all(code in piece.text for code in right)
            assert section.text in piece.text or "Incorrect:" not in piece.text


def test_a_tight_budget_drops_the_incorrect_example_and_keeps_the_correct_one() -> None:
    wide = ask(topics=["configuration#the-settings"])
    tight = ask(topics=["configuration#the-settings"], max_tokens=280)

    assert "Incorrect:" in wide.pieces[0].text
    assert "Incorrect:" not in tight.pieces[0].text
    assert "class Settings(BaseSettings):" in tight.pieces[0].text


def test_a_topic_is_read_by_name_in_file_order_and_a_section_by_address() -> None:
    whole = ask(topics=["sessions"], max_tokens=5000)

    assert [piece.section for piece in whole.pieces] == [section.anchor for section in TOPICS["sessions"].sections]
    assert sections_of(ask("sessions")) == sections_of(ask(topics=["sessions"]))
    assert sections_of(ask(topics=["sessions#why"])) == ["sessions#why"]
    assert sections_of(ask("sessions#why")) == ["sessions#why"]


def test_pieces_of_a_topic_stand_together_under_one_title() -> None:
    guidance = ask(topics=["sessions", "queries", "async"], max_tokens=4000)
    names = [piece.topic for piece in guidance.pieces]

    assert names == sorted(names, key=["sessions", "queries", "async"].index)
    assert as_text(guidance).count("\nHolds for ") == 3


@pytest.mark.parametrize(
    ("trigger", "first"), [("route", "endpoints"), ("model", "models"), ("async", "async"), ("schema", "schemas")]
)
def test_a_trigger_brings_what_to_do_of_its_own_topic_first(trigger: str, first: str) -> None:
    guidance = ask(triggers=[trigger])

    assert sections_of(guidance)[0] == f"{first}#what-to-do"
    assert len({piece.topic for piece in guidance.pieces}) >= 4


def test_a_trigger_brings_nothing_but_topics_that_serve_it() -> None:
    guidance = ask(triggers=["schema"])

    assert {"schemas", "schema-validation", "partial-updates"} <= {piece.topic for piece in guidance.pieces}
    shown = {piece.topic for piece in guidance.pieces}
    assert shown <= {name for name, topic in TOPICS.items() if "schema" in topic.triggers}


def test_a_trigger_beside_a_question_lifts_the_topics_that_serve_it() -> None:
    plain = [read.address for read in ask("session", max_tokens=300).next_reads]
    lifted = ask("session", triggers=["async"], max_tokens=1500)

    assert plain
    assert "async" in TOPICS[lifted.pieces[0].topic].triggers


def test_a_statement_id_leads_to_the_topics_that_serve_it() -> None:
    guidance = ask("session.commit")

    assert sections_of(guidance)[0] == "sessions#what-to-do"
    assert {piece.topic for piece in guidance.pieces} <= {"sessions", "transactions"}


def test_what_to_read_next_has_addresses_that_can_be_asked_for_and_true_sizes() -> None:
    for read in ask("session", max_tokens=900).next_reads:
        found = ask(topics=[read.address], max_tokens=20_000)
        assert found.pieces
        size = sum(len(piece.text) for piece in found.pieces) / 4
        assert 0.7 * read.tokens <= size <= 1.3 * read.tokens + 40


def test_a_question_that_nothing_answers_gets_the_index_and_a_guess() -> None:
    guidance = ask("sesions")

    assert guidance.pieces == ()
    assert "Did you mean the topic 'sessions'?" in guidance.notices[0]
    assert {read.address for read in guidance.next_reads} == set(TOPICS)


def test_a_budget_that_no_section_fits_says_so() -> None:
    guidance = ask(topics=["models"], max_tokens=150)

    assert guidance.pieces == ()
    assert guidance.notices[0].startswith("No section fits; the first costs ")
    assert guidance.next_reads[0].address == "models#what-to-do"


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"topics": ["sesions"]}, "No topic is called 'sesions'. Did you mean 'sessions'?"),
        ({"topics": ["sessions#wy"]}, "No section of topic 'sessions' is called 'wy'. Did you mean 'why'?"),
        ({"triggers": ["routes"]}, "No trigger is called 'routes'. Did you mean 'route'?"),
        ({"topics": [""]}, "No topic is called ''."),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(wishes: dict[str, Any], told: str) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        ask(**wishes)

    assert str(refusal.value).startswith(told)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"max_tokens": -5}, "max_tokens is -5; it must be 100 to 20000"),
        ({"max_tokens": 99}, "max_tokens is 99"),
        ({"max_tokens": True}, "max_tokens must be a whole number, not bool"),
        ({"max_tokens": "many"}, "max_tokens must be a whole number, not str"),
        ({"topics": "sessions"}, "topics must be a list of names, not str"),
        ({"topics": [7]}, "topics must be a list of names; 7 is no text"),
        ({"topics": [["sessions"]]}, "topics must be a list of names; ['sessions'] is no text"),
        ({"triggers": None}, "triggers must be a list of names, not NoneType"),
        ({"query": 3}, "query must be text, not int"),
        ({"query": "a" * 10_001}, "query has 10001 characters"),
    ],
)
def test_input_of_the_wrong_kind_is_refused(wishes: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        ask(**wishes)

    assert str(refusal.value).startswith(told)


def test_a_budget_beyond_the_cap_is_capped_with_a_notice() -> None:
    guidance = ask(topics=list(TOPICS), max_tokens=10**9)

    assert guidance.notices == ("max_tokens was capped at 20000.",)
    assert guidance.tokens <= 20_000


@settings(max_examples=60)
@given(
    query=st.sampled_from(["", "how do I commit a session", "n+1", "sessions", "do.async", "zzz"])
    | st.text(max_size=200),
    topics=st.lists(st.sampled_from(ADDRESSES), max_size=4),
    triggers=st.lists(st.sampled_from(["route", "model", "async", "schema"]), max_size=2),
    max_tokens=st.integers(100, 6000),
)
@example(query='\\"\n\0\ud800' * 100, topics=[], triggers=[], max_tokens=100)
@example(query="", topics=[], triggers=["route", "model", "async", "schema"], max_tokens=100)
def test_the_whole_answer_keeps_to_its_budget_in_both_forms(
    query: str, topics: list[str], triggers: list[str], max_tokens: int
) -> None:
    guidance = ask(query, topics=topics, triggers=triggers, max_tokens=max_tokens)

    assert len(as_text(guidance)) <= 4 * max_tokens
    assert len(json.dumps(as_dict(guidance), ensure_ascii=False)) <= 4 * max_tokens
    assert guidance.tokens <= max_tokens
    assert guidance.pieces or guidance.next_reads


def test_both_forms_carry_the_same_facts() -> None:
    guidance = ask("session", max_tokens=1200)
    text, document = as_text(guidance), as_dict(guidance)

    assert all(piece["text"].strip() in text for piece in document["pieces"])
    assert all(f"- {read['address']} ({read['tokens']} tokens)" in text for read in document["next"])
    assert json.loads(json.dumps(document)) == document


def test_of_two_topics_of_one_name_the_first_keeps_it_and_the_other_is_addressed_with_its_skill(tmp_path: Path) -> None:
    folder = tmp_path / "other-patterns"
    (folder / "references").mkdir(parents=True)
    (folder / "SKILL.md").write_text('---\nname: "other-patterns"\ndescription: "Others."\n---\n', encoding="utf-8")
    (folder / "references" / "sessions.md").write_text("# Sessions\n\nElsewhere.\n", encoding="utf-8")
    skills = SKILLS | {"other-patterns": load(folder)}

    found = answer(skills, topics=["other-patterns/sessions"])

    assert "Elsewhere." in found.pieces[0].text
    assert answer(skills, topics=["queries"]).pieces
    assert "Elsewhere." not in answer(skills, topics=["sessions"]).pieces[0].text
    with pytest.raises(UnknownNameError, match="other-patterns/sessions"):
        answer(skills, topics=["other-patterns/session"])
