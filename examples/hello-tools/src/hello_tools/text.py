"""What the package does with text; pure functions."""

import re
import unicodedata
from collections import Counter


def greeting(name: str) -> str:
    """A greeting for somebody, or for everybody where the name is blank."""
    return f"Hello, {name.strip() or 'everybody'}!"


def slug(title: str) -> str:
    """A title as it stands in a URL: lower-case ASCII letters and digits, joined by hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


def count_words(text: str) -> "Counter[str]":
    """How often each word occurs, whatever its case."""
    return Counter(re.findall(r"\w+", text.lower()))
