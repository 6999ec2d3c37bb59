"""What must hold of the application as a whole: its description, and requests that fit no route."""

from collections import Counter

from api import PREFIX, Api

from layerwise.generate.spec import Spec

_METHODS = {"list": "GET", "create": "POST", "get": "GET", "update": "PATCH", "delete": "DELETE"}


async def check_surface(api: Api, specs: list[Spec]) -> None:
    """The OpenAPI document offers what the specs ask for and no more; odd requests are answered as problems."""
    document = (await api.call("GET", "/openapi.json")).json()
    operations = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    for name, times in Counter(operations).items():
        if times > 1:
            api.fault("openapi", f"{times} operations are called {name}")
    for spec in specs:
        found = set()
        for path, methods in document["paths"].items():
            if path.startswith(f"{PREFIX}/{spec.path}") and path.removeprefix(f"{PREFIX}/{spec.path}")[:1] in ("", "/"):
                found |= {(path.endswith("}"), method.upper()) for method in methods}
        wanted = {(operation not in ("list", "create"), _METHODS[operation]) for operation in spec.operations}
        if found != wanted:
            api.fault(spec.name, f"routes {sorted(found)} where {sorted(wanted)} are asked for")
        for field in spec.secret_fields:
            shown = document["components"]["schemas"].get(f"{spec.name}Response", {}).get("properties", {})
            if field.key in shown or field.stored in shown:
                api.fault(spec.name, f"{field.name} stands in the response schema")
    await api.expect(404, "GET", "/no/such/route", "an unknown route")
    await api.expect(405, "PUT", f"{PREFIX}/users", "an unknown method")
    headers = {"Content-Type": "application/json"}
    response = await api.client.post(f"{PREFIX}/users", content=b"{", headers=headers)
    api._check_problem("half a body", response)
    response = await api.client.post(f"{PREFIX}/users", content=b"[" * 1_100_000, headers=headers)
    api._check_problem("a huge body", response)
    if response.status_code != 413:
        api.fault("a huge body", response.status_code)
