"""The command line: ``hello-tools [NAME]``."""

import argparse
from typing import Optional, Sequence

from .text import greeting


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="hello-tools", description="Greets somebody.")
    parser.add_argument("name", nargs="?", default="")
    print(greeting(parser.parse_args(arguments).name))
    return 0
