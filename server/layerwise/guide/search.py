"""Which sections answer a question: BM25 over topics and over the sections of a topic, weighted by field."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layerwise.guide.words import count_words
from layerwise.skills import Section, Topic

_SATURATION = 1.2
_LENGTH = 0.6


@dataclass(frozen=True, slots=True)
class Table:
    """Weighted word counts of each document, with what BM25 needs to know of all of them."""

    counts: Mapping[str, Mapping[str, float]]
    rarity: Mapping[str, float]
    mean: float

    def score(self, name: str, words: Iterable[str]) -> float:
        """How well the document `name` answers `words`; 0 when it has none of them."""
        counts = self.counts[name]
        norm = _SATURATION * (1 - _LENGTH + _LENGTH * sum(counts.values()) / self.mean)
        found = ((self.rarity[word], counts[word]) for word in words if word in counts)
        return sum(rarity * count * (_SATURATION + 1) / (count + norm) for rarity, count in found)


@dataclass(frozen=True, slots=True)
class Index:
    """What can be asked of a set of topics. `heads` holds what they are about, `texts` all that they say.

    The two are apart because a word that stands in every text, such as "route", still tells heads from one another.
    """

    topics: Mapping[str, Topic]
    heads: Table
    texts: Table

    def rank_topics(self, query: str) -> list[tuple[str, float]]:
        """Names of the topics that share a word with `query` and their scores, best first."""
        words = count_words(query)
        scored = ((name, self.heads.score(name, words) + self.texts.score(name, words)) for name in self.topics)
        return sorted((pair for pair in scored if pair[1] > 0), key=lambda pair: -pair[1])

    def rank_sections(self, name: str, query: str) -> list[Section]:
        """The sections of topic `name`, best answer first, in file order where none is better."""
        words = count_words(query)
        sections = {section.anchor: section for section in self.topics[name].sections}
        table = _tabulate({anchor: _weigh_section(section) for anchor, section in sections.items()})
        return sorted(sections.values(), key=lambda section: -table.score(section.anchor, words))


def build(topics: Mapping[str, Topic]) -> Index:
    """The index of `topics`, keyed as they are."""
    heads = _tabulate({name: _weigh_head(topic) for name, topic in topics.items()})
    return Index(topics, heads, _tabulate({name: count_words(topic.text) for name, topic in topics.items()}))


def _weigh_head(topic: Topic) -> Counter[str]:
    return _weigh(
        (3, f"{topic.name} {topic.title}"),
        (2, " ".join(topic.keywords)),
        (1, " ".join((topic.summary, *topic.statements, *(section.title for section in topic.sections)))),
    )


def _weigh_section(section: Section) -> Counter[str]:
    return _weigh((4, section.title), (1, section.text))


def _weigh(*fields: tuple[int, str]) -> Counter[str]:
    total: Counter[str] = Counter()
    for weight, text in fields:
        for word, count in count_words(text).items():
            total[word] += weight * count
    return total


def _tabulate(counts: Mapping[str, Counter[str]]) -> Table:
    holders = Counter(word for words in counts.values() for word in words)
    rarity = {word: math.log(1 + (len(counts) - held + 0.5) / (held + 0.5)) for word, held in holders.items()}
    mean = sum(sum(words.values()) for words in counts.values()) / max(len(counts), 1)
    return Table(counts, rarity, mean or 1.0)
