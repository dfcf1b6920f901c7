"""Names and values of the user's, shown as they are: for the three languages that would read something into them."""

import html
import re
import textwrap

# everything that Markdown, or what streamlit adds to it, gives a meaning to
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>&$:=^\"'/@])")
# streamlit makes arrows, dashes, signs and its own logo of these even where they are escaped: a joiner of no width parts them
_TYPOGRAPHY = re.compile(r"(?<=[-<>=~:])(?=[-<>=~s])")


def markdown(text: str) -> str:
    """The text for a label of streamlit."""
    return _MARKDOWN.sub(r"\\\1", _TYPOGRAPHY.sub("\u2060", text.replace("\n", " ")))


def page(text: str) -> str:
    """The text for HTML."""
    return html.escape(text)


def chart(text: str) -> str:
    """The text for plotly, which reads a few elements of HTML, entities and %{...}."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "%&#123;")


def lines(text: str, width: int) -> str:
    """The text for plotly in three lines of about that many characters at most; what is longer ends in an ellipsis."""
    found = textwrap.wrap(text, width) or [text]
    if len(found) > 3:
        found = [*found[:2], found[2][: width - 1] + "…"]
    return "<br>".join(chart(line) for line in found)
