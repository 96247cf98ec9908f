"""Greetings, slugs and word counts."""

from .text import count_words, greeting, slug

__all__ = ["count_words", "greeting", "slug"]
