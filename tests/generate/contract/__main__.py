"""Drive a generated backend over HTTP, and print what does not hold, a line each.

`python contract < specs.json` runs in the backend's folder, with DATABASE_URL of a migrated database and SECRET_KEY in
the environment. The specs are those of the resources in it, as objects. Nothing else is known of the code: every
request and every expectation follows from the specs.
"""

import asyncio
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path.cwd())]

from account import check_account  # noqa: E402
from api import open_api  # noqa: E402
from checks import check_resource  # noqa: E402
from subject import Resource  # noqa: E402
from surface import check_surface  # noqa: E402

from layerwise.generate.reader import parse_document  # noqa: E402


async def main() -> None:
    """Check the account, then each resource, then what the application offers as a whole."""
    specs = [parse_document(document) for document in json.load(sys.stdin)]
    async with open_api() as api:
        resources = {spec.name: Resource(spec, api) for spec in specs}
        for resource in resources.values():
            resource.others = resources
        await check_account(api)
        for resource in resources.values():
            await check_resource(resource)
        await check_surface(api, [resource.spec for resource in resources.values()])
    for fault in dict.fromkeys(api.faults):
        print(" ".join(fault.split()))


asyncio.run(main())
