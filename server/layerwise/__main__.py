"""The `layerwise` command and `python -m layerwise`."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code. `detect` runs on every prompt, so it is not kept waiting for the rest."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["detect"]:
        from layerwise.detect.command import main as detect

        return detect(given[1:])
    from layerwise.cli.command import run

    return run(given)


if __name__ == "__main__":
    sys.exit(main())
