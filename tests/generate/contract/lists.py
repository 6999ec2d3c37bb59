"""What must hold of lists: bounds, pages, filters, order and search."""

from subject import Resource

from layerwise.generate import samples
from layerwise.generate.types import TYPES


async def check_pages(resource: Resource) -> None:
    """A page has its bounds, and pages together are the whole, each row once."""
    spec, api = resource.spec, resource.api
    if not resource.can("list"):
        return
    for _ in range(4):
        await resource.make()
    await api.expect(422, "GET", resource.url, "an unknown parameter", who=resource.reader, params={"unknown": 1})
    whole = await resource.list_all()
    if spec.pagination == "none":
        return
    bounds = [{"limit": 0}, {"limit": 101}, {"limit": -1}, {"limit": "x"}, {"limit": 2**63}]
    bounds += [{"after": "!"}] if spec.pagination == "keyset" else [{"skip": -1}, {"skip": 2**63}, {"skip": "x"}]
    for params in bounds:
        await api.expect(422, "GET", resource.url, f"page {params}", who=resource.reader, params=params)
    small = await resource.list_all(limit=3)
    ids = [row["id"] for row in small]
    if len(set(ids)) != len(ids) or {row["id"] for row in whole} != set(ids):
        api.fault(spec.name, f"pages of 3 give {len(ids)} rows, {len(set(ids))} of them different, of {len(whole)}")
    if spec.pagination == "offset":
        page = await api.expect(200, "GET", resource.url, "a page", who=resource.reader, params={"limit": 2, "skip": 1})
        if (page["total"], page["limit"], page["skip"], len(page["items"])) != (len(whole), 2, 1, 2):
            api.fault(spec.name, f"a page says {page['total']} of {len(whole)} rows and holds {len(page['items'])}")
        beyond = await api.expect(
            200, "GET", resource.url, "beyond the end", who=resource.reader, params={"skip": 2**31 - 1}
        )
        if beyond["items"]:
            api.fault(spec.name, "there are rows beyond the end")


async def check_filters(resource: Resource) -> None:
    """A filter narrows to the rows that have the value; what is no filter is refused."""
    spec, api = resource.spec, resource.api
    if not resource.can("list"):
        return
    made = await resource.make()
    for field in spec.fields:
        if field.secret:
            continue
        if not field.filter:
            taken = {"search", "sort", "skip", "limit", "after"}
            if field.key not in taken:
                value = samples.value(field, 1)
                params = {field.key: str(value)}
                await api.expect(422, "GET", resource.url, "no filter", who=resource.reader, params=params)
            continue
        value = made[field.key]
        text = str(value).lower() if isinstance(value, bool) else value
        found = await resource.list_all(**{field.key: text})
        if made["id"] not in [row["id"] for row in found] or any(row[field.key] != value for row in found):
            api.fault(spec.name, f"the filter {field.key}={text} finds {[row[field.key] for row in found][:5]}")
        if TYPES[field.type].kind != "text":
            params = {field.key: "no such value"}
            await api.expect(422, "GET", resource.url, "a wrong filter", who=resource.reader, params=params)
        for strange in ("\x00", "x" * 3000, "99999999999999999999", "NaN"):
            await api.call("GET", resource.url, who=resource.reader, params={field.key: strange})
    for relation in resource.sent_references():
        if relation.filter and made.get(relation.attribute):
            found = await resource.list_all(**{relation.attribute: made[relation.attribute]})
            if made["id"] not in [row["id"] for row in found]:
                api.fault(spec.name, f"the filter {relation.attribute} does not find its row")


async def check_sorts(resource: Resource) -> None:
    """A list is sorted by what the spec names, both ways and with every row once; by nothing else."""
    spec, api = resource.spec, resource.api
    if not resource.can("list"):
        return
    sortable = [field for field in spec.fields if field.sortable]
    for wrong in ("password", "no_such", "id; drop", "--id"):
        await api.expect(422, "GET", resource.url, "no sort", who=resource.reader, params={"sort": wrong})
    for field in sortable:
        for _ in range(3):
            await resource.make()
        rising = await resource.list_all(sort=field.key, limit=2)
        falling = await resource.list_all(sort=f"-{field.key}", limit=100)
        if len({row["id"] for row in rising}) != len(falling) or len(rising) != len(falling):
            api.fault(spec.name, f"sorted by {field.key} there are {len(rising)} rows, falling {len(falling)}")
        kind = TYPES[field.type].kind
        values = [row[field.key] for row in rising if row[field.key] is not None]
        if kind in ("int", "float", "decimal", "date", "datetime", "bool"):
            key = float if kind in ("int", "float", "decimal") else None
            if values != sorted(values, key=key):
                api.fault(spec.name, f"sorted by {field.key}: {values}")


async def check_search(resource: Resource) -> None:
    """A search finds a part of a text in any case, and takes no wildcard."""
    spec, api = resource.spec, resource.api
    fields = [field for field in spec.fields if field.search]
    if not fields or not resource.can("list"):
        return
    made = await resource.make()
    for field in fields:
        part = str(made[field.key])[1:].swapcase()
        if part and made["id"] not in [row["id"] for row in await resource.list_all(search=part)]:
            api.fault(spec.name, f"the search for {part!r} does not find it in {field.key}")
    for wild in ("%%_no such", "_" * 50):
        if await resource.list_all(search=wild):
            api.fault(spec.name, f"the search for {wild!r} finds something")
    await api.expect(422, "GET", resource.url, "a long search", who=resource.reader, params={"search": "x" * 3000})
