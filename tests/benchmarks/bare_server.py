"""The floor that the SDK sets: a server with six empty tools and nothing else."""

from mcp.server import MCPServer

server = MCPServer("bare", version="0")


@server.tool()
def one(text: str = "") -> str:
    """Nothing."""
    return text


@server.tool()
def two(text: str = "") -> str:
    """Nothing."""
    return text


@server.tool()
def three(text: str = "") -> str:
    """Nothing."""
    return text


@server.tool()
def four(text: str = "") -> str:
    """Nothing."""
    return text


@server.tool()
def five(text: str = "") -> str:
    """Nothing."""
    return text


@server.tool()
def six(text: str = "") -> str:
    """Nothing."""
    return text


if __name__ == "__main__":
    server.run("stdio")
