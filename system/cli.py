"""The `turvavork` command."""


def main() -> None:
    """Run the command line."""
