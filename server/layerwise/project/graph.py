"""Which layers import which, and where an import goes up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE, Layer
from layerwise.project.module import JOINT
from layerwise.project.resolution import Place

# From the doors down; an import may only go to the right.
_ORDER: tuple[Layer, ...] = ("endpoint", "dependency", "service", "repository", "model")


@dataclass(frozen=True, slots=True)
class LayerImport:
    """One import from a module of a layer to one of another; `module` is the path that is imported."""

    source: Layer
    target: Layer
    place: Place
    module: str
    typing_only: bool

    @property
    def is_upward(self) -> bool:
        """Whether a lower layer imports a higher one at run time."""
        if self.typing_only or self.source not in _ORDER:
            return False
        if self.target == "schema":
            return self.source == "model"
        return self.target in _ORDER and _ORDER.index(self.target) < _ORDER.index(self.source)


def read_layer_graph(project: Project) -> tuple[LayerImport, ...]:
    """Every import that crosses layers, tests, migrations and scripts aside."""
    return tuple(_imports(project))


def _imports(project: Project) -> Iterator[LayerImport]:
    for path, module in project.modules.items():
        source = project.layers[path]
        if source in ASIDE or source == "other":
            continue
        for item in module.outline.imports:
            target_path, joint, _ = project.resolve(path, item.name).partition(JOINT)
            target = project.layers.get(target_path, "other") if joint else "other"
            if target != source and target != "other" and target not in ASIDE:
                yield LayerImport(source, target, Place(path, item.line), target_path, item.typing_only)


def draw_mermaid(graph: tuple[LayerImport, ...]) -> str:
    """The layers and the number of imports between them; upward ones are dotted."""
    counts = Counter((edge.source, edge.target, edge.is_upward) for edge in graph)
    lines = ["graph TD"]
    for (source, target, upward), count in sorted(counts.items()):
        arrow = f"-. {count} up .->" if upward else f"-->|{count}|"
        lines.append(f"    {source} {arrow} {target}")
    return "\n".join(lines)
