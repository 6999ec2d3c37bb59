"""What must hold between resources: references, links, parts, and what a delete does to them."""

from typing import Any
from uuid import uuid4

from subject import Resource

from layerwise.generate.bonds import Part


async def check_references(resource: Resource) -> None:
    """A reference leads to a row that is there, and no row is above itself."""
    spec, api = resource.spec, resource.api
    for relation in resource.sent_references():
        target = resource.others.get(relation.target)
        unknown: Any = target.unknown_key if target else api.people["alice"][0]
        unknown = 2**31 - 1 if isinstance(unknown, int) else str(uuid4())
        body = await resource.body(**{relation.attribute: unknown})
        await api.expect(404, "POST", resource.url, f"unknown {relation.name}", who=resource.writer, body=body)
        for wrong in ("x", {}, 2**40 if isinstance(unknown, int) else 1, True if not isinstance(unknown, int) else "y"):
            body = await resource.body(**{relation.attribute: wrong})
            await api.expect(422, "POST", resource.url, f"no {relation.name}", who=resource.writer, body=body)
        if relation.target == spec.name and resource.can("update") and not relation.immutable:
            await _check_cycle(resource, relation.attribute)


async def _check_cycle(resource: Resource, key: str) -> None:
    first = await resource.make()
    second = await resource.make(**{key: first["id"]})
    third = await resource.make(**{key: second["id"]})
    url = f"{resource.url}/{first['id']}"
    for above in (first, second, third):
        body = {key: above["id"]}
        await resource.api.expect(422, "PATCH", url, "a row above itself", who=resource.writer, body=body)
    url = f"{resource.url}/{third['id']}"
    await resource.api.expect(200, "PATCH", url, "a new parent", who=resource.writer, body={key: first["id"]})


async def check_links(resource: Resource) -> None:
    """Links are set, replaced and taken away as a whole; an unknown one is refused and changes nothing."""
    api = resource.api
    for relation in resource.spec.references("m2m"):
        if relation.via:
            continue
        key = relation.attribute
        first, second = await resource.find_key(relation.target), await resource.find_key(relation.target)
        twice = [first, second] if first != second else [first]
        made = await resource.make(**{key: twice})
        if sorted(map(str, made[key])) != sorted(map(str, twice)):
            api.fault(resource.spec.name, f"{key} sent as {twice} came back as {made[key]}")
        unknown = 2**31 - 1 if isinstance(first, int) else str(uuid4())
        for wrong in ([unknown], [first, unknown], ["x"], "x", None, [None], [first] * 101):
            body = await resource.body(**{key: wrong})
            await api.expect(422, "POST", resource.url, f"{key} {wrong}"[:60], who=resource.writer, body=body)
        body = await resource.body(**{key: [first, first]})
        again = await api.expect(201, "POST", resource.url, "the same twice", who=resource.writer, body=body)
        if again and again[key] != [first]:
            api.fault(resource.spec.name, f"{key} sent twice came back as {again[key]}")
        if resource.can("update"):
            url = f"{resource.url}/{made['id']}"
            for wanted in ([], [second], twice, [first]):
                changed = await api.expect(200, "PATCH", url, f"{key}", who=resource.writer, body={key: wanted})
                if sorted(map(str, changed[key])) != sorted(map(str, wanted)):
                    api.fault(resource.spec.name, f"{key} changed to {wanted} came back as {changed[key]}")
            await api.expect(422, "PATCH", url, "an unknown link", who=resource.writer, body={key: [unknown]})
            await api.expect(422, "PATCH", url, "null links", who=resource.writer, body={key: None})


async def check_parts(resource: Resource) -> None:
    """Parts come with their owner in their order, all or none; a change replaces them all."""
    for part in resource.parts:
        body = await resource.body()
        made = await resource.api.expect(201, "POST", resource.url, "with parts", who=resource.writer, body=body)
        _compare(resource, part, body, made)
        await _check_refused_parts(resource, part)
        if resource.can("update"):
            await _check_replaced_parts(resource, part, made)


def _compare(resource: Resource, part: Part, body: dict[str, Any], answer: dict[str, Any] | None) -> None:
    if not part.in_response or answer is None:
        return
    sent, got = body[part.name], answer[part.name]
    shown = {field.key for field in part.relation.fields if not field.secret and field.type != "duration"}
    kept = [{key: item.get(key) for key in shown} for item in got]
    wanted = [{key: item.get(key) for key in shown} for item in sent]
    same = kept == wanted if part.counted else sorted(map(str, kept)) == sorted(map(str, wanted))
    if not same:
        resource.api.fault(resource.spec.name, f"{part.name} sent as {wanted} came back as {kept}")


async def _check_refused_parts(resource: Resource, part: Part) -> None:
    api = resource.api
    before = len(await resource.list_all()) if resource.can("list") else 0
    good = await resource.item(part)
    wrong: list[Any] = [[good] * 101, [good | {"unknown_key": 1}], [None], "x", None, [good, {"id": 1}]]
    wrong += [[good] * ((part.relation.max or 100) + 1)]
    wrong += [[]] if part.relation.min else []
    for items in wrong:
        body = await resource.body(**{part.name: items})
        await api.expect(422, "POST", resource.url, f"{part.name} {items}"[:80], who=resource.writer, body=body)
    for field in part.relation.fields:
        if field.unique:
            clash = await resource.body(**{part.name: [good, good]})
            await api.expect(409, "POST", resource.url, "the same item twice", who=resource.writer, body=clash)
    for relation in part.spec(resource.spec).references("ref"):
        if not relation.internal:
            clash = await resource.body(**{part.name: [good, good]})
            await api.expect(409, "POST", resource.url, "the same target twice", who=resource.writer, body=clash)
            unknown = good | {
                relation.attribute: 2**31 - 1 if isinstance(good[relation.attribute], int) else str(uuid4())
            }
            lost = await resource.body(**{part.name: [good, unknown]})
            await api.expect(422, "POST", resource.url, "an unknown target", who=resource.writer, body=lost)
    if resource.can("list") and len(await resource.list_all()) != before:
        api.fault(resource.spec.name, f"a create with refused {part.name} left something behind")


async def _check_replaced_parts(resource: Resource, part: Part, made: dict[str, Any]) -> None:
    url = f"{resource.url}/{made['id']}"
    for _ in range(2):
        body = {part.name: list(reversed(await resource.items(part)))}
        changed = await resource.api.expect(200, "PATCH", url, "new parts", who=resource.writer, body=body)
        _compare(resource, part, body, changed)
        # The same once more: an item that stays must not clash with itself.
        again = await resource.api.expect(200, "PATCH", url, "the same parts", who=resource.writer, body=body)
        _compare(resource, part, body, again)
    await resource.api.expect(422, "PATCH", url, "null parts", who=resource.writer, body={part.name: None})


async def check_deletes(resource: Resource) -> None:
    """A delete removes the row, and what refers to it follows the rule of the reference."""
    spec, api = resource.spec, resource.api
    if not resource.can("delete"):
        return
    made = await resource.make()
    url = f"{resource.url}/{made['id']}"
    await api.expect(204, "DELETE", url, "delete", who=resource.writer)
    await api.expect(404, "DELETE", url, "delete again", who=resource.writer)
    if resource.can("get"):
        await api.expect(404, "GET", url, "get what is deleted", who=resource.reader)
    if resource.can("list") and made["id"] in [row["id"] for row in await resource.list_all()]:
        api.fault(spec.name, "a deleted row is listed")
    if "soft_delete" in spec.mixins:
        body = await resource.body()
        first = await api.expect(201, "POST", resource.url, "create", who=resource.writer, body=body)
        await api.expect(204, "DELETE", f"{resource.url}/{first['id']}", "delete", who=resource.writer)
        await api.expect(201, "POST", resource.url, "create what was deleted", who=resource.writer, body=body)
    for relation in resource.sent_references():
        target = resource.others.get(relation.target)
        if target and target.can("delete") and target is not resource and "soft_delete" not in target.spec.mixins:
            made = await resource.make()
            gone = f"{target.url}/{made[relation.attribute]}"
            if relation.on_delete == "restrict":
                await api.expect(409, "DELETE", gone, "what is referred to", who=target.writer)
                continue
            await api.expect(204, "DELETE", gone, "what is referred to", who=target.writer)
            if resource.can("get"):
                status = 404 if relation.on_delete == "cascade" else 200
                read = await api.expect(
                    status, "GET", f"{resource.url}/{made['id']}", relation.on_delete, who=resource.reader
                )
                if status == 200 and read and read[relation.attribute] is not None:
                    api.fault(spec.name, f"{relation.attribute} still leads to what was deleted")
