"""A resource under test: where it lies, who may use it, and requests that it must take or refuse."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from api import PASSWORD, PREFIX, Api

from layerwise.generate import samples
from layerwise.generate.bonds import Part, find_parts
from layerwise.generate.spec import Field, Relation, Spec
from layerwise.generate.types import TYPES

_PEOPLE = {"public": "", "user": "alice", "superuser": "admin", "owner": "alice"}
_BROKEN = ("nul\x00nul", "\ud800")
_STRANGE: tuple[Any, ...] = (
    float("nan"), float("inf"), 10**400, -(2**63) - 1, 2**63, 2**31, "NaN", "Infinity", "", " ", "x", {}, [], [{}],
    True, 0, -1, "1e400", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "P9999999D", "%", "x" * 20_000,
)  # fmt: skip
_WRONG: Mapping[str, tuple[Any, ...]] = {
    "text": (1, {}, [], True),
    "int": ("x", 1.5, {}, "nan", 10**400),
    "float": ("x", float("nan"), float("inf"), {}),
    "decimal": ("x", float("nan"), "Infinity", {}, "1e400"),
    "bool": ("maybe", 2, {}, []),
    "date": ("2026-13-01", "x", {}, True, "2026-01-01T10:00:00Z"),
    "time": ("25:00", "x", {}, "10:00:00+02:00"),
    "datetime": ("2026-01-02T10:00:00", "x", {}, "2026-13-01T00:00:00Z"),
    "duration": ("x", {}, "P9999999D"),
    "uuid": ("x", 1, {}),
    "enum": ("bogus value", 1, {}),
    "json": ("x", 1, [[{}]], True),
    "bytes": ("%%%", {}, []),
}


class Resource:
    """A spec with the client to reach it; `others` are all resources of the backend by class name."""

    def __init__(self, spec: Spec, api: Api) -> None:
        self.spec = spec
        self.api = api
        self.others: dict[str, Resource] = {}
        self.url = f"{PREFIX}/{spec.path}"
        self.writer = _PEOPLE[spec.auth.write] or ("alice" if spec.owner else "")
        self.reader = _PEOPLE[spec.auth.read]
        self.parts = [part for part in find_parts(spec) if part.in_create]

    def can(self, *operations: str) -> bool:
        """Whether the spec offers all of these."""
        return set(operations) <= set(self.spec.operations)

    def values(self) -> dict[str, Any]:
        """New values of the plain fields of a POST; where they must differ no two are alike."""
        number = next(self.api.numbers)
        together = {column for columns in self.spec.unique_together for column in columns}
        fields = (*self.spec.base_fields, *self.spec.create_only_fields)
        return {field.key: value_of(field, number, differs=field.column in together) for field in fields}

    async def body(self, **overrides: Any) -> dict[str, Any]:
        """A body that a POST must take, with rows made for what it refers to."""
        body = self.values()
        for relation in self.sent_references():
            if relation.target != self.spec.name:
                body[relation.attribute] = await self.find_key(relation.target, fresh=relation.unique)
        for relation in self.spec.references("m2m"):
            if not relation.via:
                links = 0 if relation.target == self.spec.name else 2
                body[relation.attribute] = [await self.find_key(relation.target) for _ in range(links)]
        for part in self.parts:
            body[part.name] = await self.items(part)
        return body | overrides

    async def items(self, part: Part) -> list[dict[str, Any]]:
        """As many items as the bounds ask for, two where they allow it."""
        if part.relation.target == self.spec.name:
            return []
        count = max(part.relation.min or 0, min(2, part.relation.max or 2))
        return [await self.item(part) for _ in range(count)]

    async def item(self, part: Part) -> dict[str, Any]:
        """One item of a part, with a target of its own where the part links to one."""
        number = next(self.api.numbers)
        fields = [field for field in part.relation.fields if not (field.readonly or field.internal)]
        item = {field.key: value_of(field, number) for field in fields}
        for relation in part.spec(self.spec).references("ref"):
            if not relation.internal:
                item[relation.attribute] = await self.find_key(relation.target, fresh=True)
        return item

    async def find_key(self, target: str, *, fresh: bool = False) -> Any:
        """The key of a row of another entity; of a user that is there, or of a new one where `fresh`."""
        if target != "User":
            made = await self.others[target].make() if target != self.spec.name else await self.make()
            return made["id"]
        if not fresh:
            return self.api.people["alice"][0]
        name = f"user-{next(self.api.numbers)}"
        body = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
        return (await self.api.call("POST", f"{PREFIX}/users", body=body)).json()["id"]

    async def make(self, who: str = "", **overrides: Any) -> dict[str, Any]:
        """A new row as the API returns it. Raises RuntimeError where the API does not make one."""
        body = await self.body(**overrides)
        response = await self.api.call("POST", self.url, who=who or self.writer, body=body)
        if response.status_code != 201:
            raise RuntimeError(f"POST {self.url}: {response.status_code} {response.text[:300]} for {str(body)[:300]}")
        return dict(response.json())

    async def list_all(self, **params: Any) -> list[dict[str, Any]]:
        """Every row that the list offers to its reader, page by page."""
        found: list[dict[str, Any]] = []
        if self.spec.pagination == "none":
            params.pop("limit", None)
            listed = await self.api.expect(200, "GET", self.url, "a list", who=self.reader, params=params)
            return list(listed or [])
        params = {"limit": 100, **params}
        while len(found) < 5_000:
            page = await self.api.expect(200, "GET", self.url, "a page", who=self.reader, params=params)
            if not page or not page["items"]:
                break
            found += page["items"]
            if self.spec.pagination == "keyset":
                if page["next"] is None:
                    break
                params["after"] = page["next"]
            else:
                params["skip"] = len(found)
        return found

    def sent_references(self) -> list[Relation]:
        """The references that a request names."""
        found = self.spec.references("ref", "o2o")
        return [relation for relation in found if not (relation.owner or relation.readonly or relation.internal)]

    @property
    def unknown_key(self) -> Any:
        """A key of the right type that no row has."""
        return 2**31 - 1 if self.spec.id_type == "int" else str(uuid4())


def value_of(field: Field, number: int, *, differs: bool = False) -> Any:
    """A value that the field must take; one that may repeat stays small, for some types end soon."""
    return samples.value(field, number if field.unique or differs else number % 60 + 1)


def wrong_values(field: Field) -> Iterator[Any]:
    """JSON values that the field must refuse."""
    kind = TYPES[field.type].kind
    if field.type == "point":
        yield from ({"latitude": 91, "longitude": 0}, {"latitude": 1}, "x")
    elif field.type != "list":
        yield from _WRONG[kind]
    else:
        yield from ("x", 1, {}, [{}], [None])
    yield samples.invalid_value(field)
    if kind == "text":
        yield from _BROKEN


def strange_values() -> Iterator[Any]:
    """JSON values that a field may take or refuse, but never fail on."""
    yield from _BROKEN
    yield from _STRANGE
