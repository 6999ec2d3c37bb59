"""The composition root of the MCP server: skills, roots and tools put together, and served."""

import gc
import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerwise.mcp.server import Server
    from layerwise.roots import Roots


class ShortFormatter(logging.Formatter):
    """Formats a record in at most 4,000 characters: what a client sends cannot flood the log."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's head and tail, which of a traceback are the parts that tell."""
        text = super().format(record)
        return text if len(text) <= 4_000 else f"{text[:1_000]} … {text[-2_990:]}"


def build(roots: "Roots", *, team_rules: bool = False) -> "Server":
    """The MCP server over `roots`, ready to run on any transport. With `team_rules` it runs the projects' own rules."""
    from layerwise.jobs import Jobs
    from layerwise.mcp import (
        apply_changes,
        detect_triggers,
        generate_code,
        get_guidance,
        inspect_project,
        review_code,
    )
    from layerwise.mcp.server import build_server

    jobs = Jobs(roots, team_rules)
    for told in (*jobs.recover(), *jobs.catalog.refusals):
        logging.getLogger(__name__).warning("%s", told)
    modules = (detect_triggers, get_guidance, inspect_project, generate_code, review_code, apply_changes)
    return build_server(jobs.catalog.skills, [module.build_tool(jobs) for module in modules])


def serve(roots: "Roots", http: str = "", allowed: "Sequence[str]" = (), *, team_rules: bool = False) -> None:
    """Serve over stdio until the client closes it, or over Streamable HTTP at `http` (HOST:PORT) until interrupted.

    Over HTTP, requests may name one of the `allowed` hosts besides the server's own. With `team_rules` reviews run the
    rules of the projects' own, which are code of the projects. Raises InvalidInputError when `http` is no address or
    is taken.
    """
    # Collecting garbage while hundreds of modules load costs a fifth of the start; what is loaded stays.
    gc.disable()
    _set_up_log()
    server = build(roots, team_rules=team_rules)
    gc.freeze()
    gc.enable()
    if http:
        from layerwise.mcp.http import serve as serve_http

        serve_http(server, http, allowed)
        return
    server.run("stdio")
    sys.stderr.flush()
    # Nothing is left to save, and tearing down the interpreter takes longer than the last answer did.
    os._exit(0)


def _set_up_log() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ShortFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
