"""Renders each text of a JSON list on stdin to HTML, with all that a reader of Markdown may have switched on."""

import json
import sys

from markdown_it import MarkdownIt

renderer = MarkdownIt("gfm-like", {"html": True, "linkify": True, "typographer": False})
print(json.dumps([renderer.render(text) for text in json.load(sys.stdin)]))
