"""What must hold of a resource: every check draws its requests and its expectations from the spec."""

from typing import Any

from api import PASSWORD
from bonds import check_deletes, check_links, check_parts, check_references
from lists import check_filters, check_pages, check_search, check_sorts
from subject import Resource, strange_values, value_of, wrong_values

from layerwise.generate import samples
from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES


async def check_resource(resource: Resource) -> None:
    """Every check; one that cannot go on is a fault, and the others are made all the same."""
    if resource.can("create"):
        for check in CHECKS:
            try:
                await check(resource)
            except (RuntimeError, KeyError, TypeError, IndexError, AttributeError) as error:
                resource.api.fault(f"{resource.spec.name} {check.__name__}", f"{type(error).__name__}: {error}")
    await check_unknown(resource)


async def check_create(resource: Resource) -> None:
    """What is created comes back, is read again, and hides what is secret."""
    spec, api = resource.spec, resource.api
    body = await resource.body()
    created = await api.expect(201, "POST", resource.url, "create", who=resource.writer, body=body)
    for field in spec.base_fields:
        if field.type != "duration" and created[field.key] != body[field.key]:
            api.fault(spec.name, f"{field.key} was sent as {body[field.key]!r} and came back as {created[field.key]!r}")
    for relation in resource.sent_references():
        if relation.attribute in body and created[relation.attribute] != body[relation.attribute]:
            api.fault(spec.name, f"{relation.attribute} did not come back")
    if spec.owner and created[spec.owner.attribute] != api.people[resource.writer][0]:
        api.fault(spec.name, "a row does not belong to who created it")
    texts = [str(created)]
    if resource.can("get"):
        read = await api.expect(200, "GET", f"{resource.url}/{created['id']}", "get", who=resource.reader)
        if read != created:
            api.fault(spec.name, f"get gives {read}, create gave {created}")
        texts.append(str(read))
    if resource.can("list"):
        listed = await resource.list_all()
        if created not in listed:
            api.fault(spec.name, "the list lacks what was created")
        texts.append(str(listed))
    for field in spec.secret_fields:
        if any(f"'{name}'" in text for name in {field.key, field.stored} for text in texts):
            api.fault(spec.name, f"{field.name} is shown")
        if field.type == "password" and any(str(body[field.key]) in text or "argon2" in text for text in texts):
            api.fault(spec.name, f"{field.name} is shown by its value")


async def check_create_refuses(resource: Resource) -> None:
    """What is missing, null, unknown, of the wrong type or not to be set is refused; nothing strange breaks it."""
    spec, api = resource.spec, resource.api
    fields = (*spec.base_fields, *spec.create_only_fields)

    async def refuse(why: str, body: Any) -> None:
        await api.expect(422, "POST", resource.url, why, who=resource.writer, body=body)

    body = await resource.body()
    for broken in ([], "x", None, 1, [body]):
        await refuse("no object", broken)
    await refuse("an unknown key", body | {"unknown_key": 1})
    for key in ("id", "created_at", "deleted_at", "version"):
        await refuse(f"{key} is the server's", body | {key: 1})
    for field in spec.fields:
        if field.readonly or field.internal:
            await refuse(f"{field.key} is not to be sent", body | {field.key: samples.value(field, 1)})
    for relation in spec.references("ref"):
        if relation.owner:
            stranger = body | {relation.attribute: api.people["bob"][0]}
            await refuse("the owner is who asks", stranger)
    for field in fields:
        for value in wrong_values(field):
            await refuse(f"{field.key} as {value!r}"[:80], body | {field.key: value})
        for value in strange_values():
            strange = body | resource.values() | {field.key: value}
            await api.call("POST", resource.url, who=resource.writer, body=strange)
        if field.required:
            await refuse(f"{field.key} is missing", {key: value for key, value in body.items() if key != field.key})
            await refuse(f"{field.key} is null", body | {field.key: None})
    few = {field.key for field in fields if not field.required}
    least = {key: value for key, value in (await resource.body()).items() if key not in few}
    await api.expect(201, "POST", resource.url, "only what is required", who=resource.writer, body=least)


async def check_update(resource: Resource) -> None:
    """PATCH tells what is left out from null from a value, and changes nothing else."""
    spec, api = resource.spec, resource.api
    if not resource.can("update"):
        return
    made = await resource.make()
    url = f"{resource.url}/{made['id']}"
    same = await api.expect(200, "PATCH", url, "nothing", who=resource.writer, body={})
    if same != made:
        api.fault(spec.name, f"an empty PATCH changed {made} to {same}")
    for field in spec.update_fields:
        value = value_of(field, next(api.numbers))
        before = made
        made = await api.expect(200, "PATCH", url, "a value", who=resource.writer, body={field.key: value})
        _check_changed(resource, field, before, made, value)
        for wrong in wrong_values(field):
            await api.expect(422, "PATCH", url, "a wrong value", who=resource.writer, body={field.key: wrong})
        for value in strange_values():
            await api.call("PATCH", url, who=resource.writer, body={field.key: value})
        expected = 200 if field.null else 422
        await api.expect(expected, "PATCH", url, "null", who=resource.writer, body={field.key: None})
        made = (await api.call("PATCH", url, who=resource.writer, body={})).json()
        if field.null and made.get(field.key) is not None:
            api.fault(spec.name, f"null did not empty {field.key}")
    fixed = [field for field in spec.fields if field not in spec.update_fields]
    for field in fixed:
        await api.expect(
            422, "PATCH", url, "not to be set", who=resource.writer, body={field.key: samples.value(field, 1)}
        )
    for key in ("unknown_key", "id", "created_at"):
        await api.expect(422, "PATCH", url, "an unknown key", who=resource.writer, body={key: 1})


def _check_changed(resource: Resource, field: Field, before: Any, after: Any, value: Any) -> None:
    moving = {field.key, "updated_at", "version"}
    if {key: before[key] for key in before if key not in moving} != {k: after[k] for k in after if k not in moving}:
        resource.api.fault(resource.spec.name, f"PATCH of {field.key} changed more: {before} to {after}")
    if field in resource.spec.base_fields and field.type != "duration" and after[field.key] != value:
        resource.api.fault(resource.spec.name, f"PATCH of {field.key} to {value!r} gave {after[field.key]!r}")


async def check_unique(resource: Resource) -> None:
    """What must differ does: in turn, at once, and in a change."""
    spec, api = resource.spec, resource.api
    keys = {field.column: field.key for field in spec.fields}
    groups = [(field.key,) for field in spec.unique_fields if field in spec.base_fields]
    groups += [(relation.attribute,) for relation in resource.sent_references() if relation.unique]
    groups += [tuple(keys.get(column, column) for column in columns) for columns in spec.unique_together]
    sent = (await resource.body()).keys()
    for group in groups:
        if not set(group) <= sent:
            continue
        first = await resource.make()
        taken = {key: first[key] for key in group}
        await api.expect(
            409, "POST", resource.url, f"taken {group}", who=resource.writer, body=await resource.body(**taken)
        )
        if resource.can("update") and not any(field.immutable for field in spec.fields if field.key in group):
            other = await resource.make()
            url = f"{resource.url}/{other['id']}"
            await api.expect(409, "PATCH", url, f"taken {group}", who=resource.writer, body=taken)
            await api.expect(200, "PATCH", url, "its own", who=resource.writer, body={k: other[k] for k in group})
        shared = await resource.body()
        again = {key: shared[key] for key in group}
        bodies = [shared, *[await resource.body(**again) for _ in range(4)]]
        calls = [{"method": "POST", "path": resource.url, "who": resource.writer, "body": body} for body in bodies]
        statuses = await api.together(calls)
        if statuses != [201, 409, 409, 409, 409]:
            api.fault(spec.name, f"of five at once with the same {group}: {statuses}")


async def check_sources(resource: Resource) -> None:
    """A slug is made from its source, and made to differ where it must."""
    for field in resource.spec.fields:
        source = resource.spec.field(field.source) if field.source else None
        if source is None or field not in resource.spec.base_fields:
            continue
        body = await resource.body()
        body.pop(field.key)
        made = await resource.api.expect(201, "POST", resource.url, "no slug", who=resource.writer, body=body)
        if not made or not made[field.key]:
            resource.api.fault(resource.spec.name, f"{field.key} was not made from {source.key}")


async def check_access(resource: Resource) -> None:
    """Nobody, users and strangers reach what the spec says and no more."""
    spec, api = resource.spec, resource.api
    made = await resource.make()
    one = f"{resource.url}/{made['id']}"
    for operation, method, url in (
        ("create", "POST", resource.url), ("update", "PATCH", one), ("delete", "DELETE", one),
        ("list", "GET", resource.url), ("get", "GET", one),
    ):  # fmt: skip
        side = spec.auth.read if operation in ("list", "get") else spec.auth.write
        guarded = side != "public" or (operation == "create" and spec.owner)
        if not resource.can(operation) or not guarded:
            continue
        body = {"body": {}} if method == "PATCH" else {"body": await resource.body()} if method == "POST" else {}
        await api.expect(401, method, url, "nobody", **body)
        if side == "superuser":
            await api.expect(403, method, url, "a user", who="alice", **body)
        elif side == "owner" and operation in ("update", "delete", "get"):
            await api.expect(404, method, url, "a stranger", who="bob", **body)
    if spec.auth.read == "owner" and resource.can("list"):
        theirs = await api.expect(200, "GET", resource.url, "a stranger's list", who="bob")
        rows = theirs if isinstance(theirs, list) else theirs["items"]
        if any(row["id"] == made["id"] for row in rows):
            api.fault(spec.name, "a stranger's list shows another's row")


async def check_version(resource: Resource) -> None:
    """A change on top of a stale version is refused; of several at once on one version a single one wins."""
    if "versioned" not in resource.spec.mixins or not resource.can("update"):
        return
    field = next(field for field in resource.spec.update_fields if TYPES[field.type].kind != "bool")
    made = await resource.make()
    url = f"{resource.url}/{made['id']}"
    calls: list[dict[str, Any]] = []
    for _ in range(4):
        body = {field.key: value_of(field, next(resource.api.numbers)), "version": made["version"]}
        calls.append({"method": "PATCH", "path": url, "who": resource.writer, "body": body})
    statuses = await resource.api.together(calls)
    if statuses != [200, 409, 409, 409]:
        resource.api.fault(resource.spec.name, f"of four changes at once on one version: {statuses}")
    stale = {field.key: value_of(field, next(resource.api.numbers)), "version": made["version"]}
    await resource.api.expect(409, "PATCH", url, "a stale version", who=resource.writer, body=stale)


async def check_unknown(resource: Resource) -> None:
    """Keys that no row has, and keys that none can have."""
    for operation, method in (("get", "GET"), ("update", "PATCH"), ("delete", "DELETE")):
        if not resource.can(operation):
            continue
        who = resource.reader if operation == "get" else resource.writer
        body = {"body": {}} if method == "PATCH" else {}
        url = f"{resource.url}/{resource.unknown_key}"
        await resource.api.expect(404, method, url, "an unknown key", who=who, **body)
        for key in ("x", "1.5", "%00", "99999999999999999999", "-1" if resource.spec.id_type != "int" else "1e3"):
            await resource.api.expect(422, method, f"{resource.url}/{key}", "no key", who=who, **body)


async def check_secrets_in_errors(resource: Resource) -> None:
    """A password that is refused does not come back in the refusal."""
    for field in resource.spec.create_only_fields:
        if field.type == "password":
            body = await resource.body(**{field.key: PASSWORD * 20})
            await resource.api.expect(422, "POST", resource.url, "a long password", who=resource.writer, body=body)


CHECKS = (
    check_create, check_create_refuses, check_update, check_unique, check_sources, check_access, check_version,
    check_secrets_in_errors, check_pages, check_filters, check_sorts, check_search, check_references, check_links,
    check_parts, check_deletes,
)  # fmt: skip
