"""A rejected payload as text that can be shown: bounded, whatever its bytes are, without personal data.

It may be no JSON at all, or cut off: so it is not parsed but read token by token. Shown is only what
stands behind a field of the contract that says nothing about who somebody is; all other words and
numbers are dots.
"""

import re
from collections.abc import Mapping

from contracts import events
from contracts.events import EVENT_TYPES

HIDDEN = "•••"
# Fields of the contract that tell who somebody is.
_PERSONAL = frozenset({"nome_usuario", "email_usuario"})
_HARMLESS = frozenset(name for kind in EVENT_TYPES.values() for name in kind.__struct_fields__) - _PERSONAL
_ATTRIBUTES = frozenset({events.SCHEMA_VERSION_ATTRIBUTE, events.PRODUCED_AT_ATTRIBUTE})
_LITERALS = frozenset({"true", "false", "null"})
# A byte or character that cannot be shown, as ``text_of`` writes it.
_ESCAPE = r"\\x[0-9a-f]{2}|\\u\{[0-9a-f]+\}"
# Such a one; a string, closed or cut off; or a run of what is neither space nor JSON's punctuation.
_TOKEN = re.compile(rf'{_ESCAPE}|"(?:[^"\\]|\\.)*(?:"|$)|(?:(?!{_ESCAPE})[^\s"{{}}\[\]:,])+', re.DOTALL)
_COLON = re.compile(r"\s*:")
_ADDRESS = re.compile(r"[^\s\"'<>,;:]+@[^\s\"'<>,;:]+")


def text_of(payload: bytes) -> str:
    """Bytes as text: UTF-8 where it is, escapes where it is not; line breaks stay, nothing invisible does."""
    decoded = payload.decode("utf-8", "backslashreplace")
    return "".join(it if it == "\n" or it.isprintable() else f"\\u{{{ord(it):x}}}" for it in decoded)


def masked(text: str) -> str:
    """The text with all that may be personal as dots; it keeps its shape."""
    shown: list[str] = []
    field, depth, end = "", 0, 0
    for token in _TOKEN.finditer(text):
        gap = text[end : token.start()]
        shown.append(gap)
        end = token.end()
        word = token[0]
        if word.startswith('"') and _COLON.match(text, end):
            field, depth = word.strip('"'), 0
            shown.append(word if field in _HARMLESS | _PERSONAL | _ATTRIBUTES else _ADDRESS.sub(HIDDEN, word))
            continue
        depth = max(0, depth + gap.count("[") - gap.count("]"))
        if "{" in gap or "}" in gap or ("]" in gap and not depth):
            field = ""
        if field in _HARMLESS:
            shown.append(_ADDRESS.sub(HIDDEN, word))
        elif word in _LITERALS or re.fullmatch(_ESCAPE, word):
            shown.append(word)
        else:
            shown.append(f'"{HIDDEN}"' if word.startswith('"') else HIDDEN)
        # A field has one value, or those of its list.
        field = field if depth else ""
    shown.append(text[end:])
    return "".join(shown)


def masked_value(field: str, value: str) -> str:
    """The value that broke a rule, where its field says nothing about who somebody is."""
    name = re.split(r"[.\[]", field, maxsplit=1)[0]
    if name in _HARMLESS or name in _ATTRIBUTES:
        return _ADDRESS.sub(HIDDEN, value)
    return masked(value) if not name else HIDDEN


def masked_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """A message's attributes; of those that are not ours only the names."""
    return {name: value if name in _ATTRIBUTES else HIDDEN for name, value in attributes.items()}


def masked_rule(rule: str) -> str:
    """The rule that was broken, in the decoder's words, which may quote the message's."""
    return _ADDRESS.sub(HIDDEN, re.sub(r"'[^']*'|`[^`]*`", _quoted, rule))


def _quoted(found: re.Match[str]) -> str:
    word = found[0][1:-1]
    is_ours = word in _HARMLESS | _PERSONAL | _ATTRIBUTES | _LITERALS or (word.isdigit() and len(word) < 5)
    return found[0] if is_ours else f"{found[0][0]}{HIDDEN}{found[0][-1]}"
