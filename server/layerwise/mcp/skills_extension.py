"""The Skills extension: skills are listed, fetched and walked like folders, each file with its digest."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, TypeVar

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PaginatedRequestParams, RequestParams

from layerwise.errors import InvalidInputError, LayerwiseError, UnknownNameError, shorten
from layerwise.mcp.resources import locate, media_type
from layerwise.skills import Skill

IDENTIFIER = "io.modelcontextprotocol/skills"
PAGE_SIZE = 100

# Skills change with a release only, so anyone may keep what they got for a while.
_CACHE = {"ttlMs": 300_000, "cacheScope": "public"}
_FOLDER = "inode/directory"

Item = TypeVar("Item")


class SkillParams(RequestParams):
    """Which skill, by the URI of its SKILL.md."""

    uri: str


class FolderParams(PaginatedRequestParams):
    """Which folder of a skill, by its URI without a slash at the end."""

    uri: str


class SkillsExtension(Extension):
    """`skills/list`, `skills/get` and `resources/directory/read` over some skills, in every protocol version."""

    identifier = IDENTIFIER

    def __init__(self, skills: Mapping[str, Skill]) -> None:
        self._skills = {locate(skill, "SKILL.md"): skill for skill in skills.values()}
        self._folders = {uri: children for skill in skills.values() for uri, children in _list_folders(skill).items()}

    def settings(self) -> dict[str, Any]:
        """What is advertised: folders can be read, too."""
        return {"directoryRead": True}

    def methods(self) -> Sequence[MethodBinding]:
        """The extension's three request methods."""
        return (
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", SkillParams, self._get),
            MethodBinding("resources/directory/read", FolderParams, self._read_folder),
        )

    async def advertise(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware: name the extension in the answer to `initialize`, from which the SDK leaves extensions out."""
        result = await call_next(ctx)
        if ctx.method != "initialize" or not isinstance(result, dict):
            return result
        capabilities = {**result["capabilities"], "extensions": {IDENTIFIER: self.settings()}}
        return {**result, "capabilities": capabilities}

    async def _list(self, ctx: ServerRequestContext[Any, Any], params: PaginatedRequestParams) -> HandlerResult:
        page, position = _cut_page(list(self._skills.values()), params.cursor)
        return {"skills": [_describe(skill) for skill in page], **position, **_CACHE, "resultType": "complete"}

    async def _get(self, ctx: ServerRequestContext[Any, Any], params: SkillParams) -> HandlerResult:
        skill = _choose("skill", params.uri, self._skills)
        return {"skill": _describe(skill), **_CACHE, "resultType": "complete"}

    async def _read_folder(self, ctx: ServerRequestContext[Any, Any], params: FolderParams) -> HandlerResult:
        page, position = _cut_page(_choose("skill folder", params.uri, self._folders), params.cursor)
        return {"resources": page, **position, **_CACHE, "resultType": "complete"}


@lru_cache(maxsize=256)
def _describe(skill: Skill) -> dict[str, Any]:
    """The skill's entry: its frontmatter as it stands and every file with the digest of its raw bytes."""
    resources = []
    for name in skill.files:
        content = (skill.folder / name).read_bytes()
        digest = f"sha256:{sha256(content).hexdigest()}"
        resources.append({"uri": locate(skill, name), "digest": digest, "size": len(content)})
    return {"uri": locate(skill, "SKILL.md"), "frontmatter": dict(skill.frontmatter), "resources": resources}


def _list_folders(skill: Skill) -> dict[str, list[dict[str, Any]]]:
    """The direct children of each folder of the skill, by the folder's URI."""
    children: dict[PurePosixPath, dict[PurePosixPath, str]] = {}
    for name in skill.files:
        path = PurePosixPath(name)
        children.setdefault(path.parent, {})[path] = media_type(path)
        for folder in path.parents[:-1]:
            children.setdefault(folder.parent, {})[folder] = _FOLDER
    return {
        locate(skill, folder): [
            {"uri": locate(skill, path), "name": path.name, "mimeType": kind} for path, kind in sorted(inside.items())
        ]
        for folder, inside in children.items()
    }


def _choose(kind: str, uri: str, known: Mapping[str, Item]) -> Item:
    if uri not in known:
        raise _refuse(UnknownNameError(kind, uri, known))
    return known[uri]


def _cut_page(items: Sequence[Item], cursor: str | None) -> tuple[Sequence[Item], dict[str, str]]:
    """The page at `cursor` and, when more follow, where: a cursor is the number of the page's first item."""
    starts = {str(start): start for start in range(PAGE_SIZE, len(items), PAGE_SIZE)}
    if cursor is not None and cursor not in starts:
        raise _refuse(InvalidInputError(f"cursor {shorten(cursor)!r} was not given out; begin again without a cursor."))
    end = starts.get(cursor or "", 0) + PAGE_SIZE
    return items[end - PAGE_SIZE : end], {"nextCursor": str(end)} if end < len(items) else {}


def _refuse(error: LayerwiseError) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=str(error))
