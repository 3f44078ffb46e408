"""Go templates as `--format` takes them in docker and in `ibmcloud cr`: fields, pipes, `range`, `if`, `with`, and docker's own functions.

```text
{{.Name}}: {{range .Keys}}{{.ID}} {{end}}        {{json .}}        {{join .Signers ", "}}        {{.Name | upper}}
```

Source: Go's text/template; Docker CLI, `templates/templates.go`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inkan.errors import RequestInvalidError

_LENGTH_MOST = 64 * 1024
_DEPTH_MOST = 32
_ACTION = re.compile(r"\{\{(-\s)?(.*?)(\s-)?\}\}", re.DOTALL)
_WORD = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|`([^`]*)`|(-?\d+)|([.$][\w.$]*)|(\w+)|([|()]))')
_ESCAPES = {r"\n": "\n", r"\t": "\t"}
_COMMENT = re.compile(r"/\*.*\*/\Z", re.DOTALL)


def render(template: str, value: Any) -> str:
    r"""Return a value as a template words it.

    Args:
        template: Go's; `\n` and `\t` outside of actions are what a shell could not say.
        value: of dictionaries, lists and texts, named as the template names them.

    Raises:
        RequestInvalidError: if the template cannot be read, or names what the value does not have.
    """
    if len(template) > _LENGTH_MOST:
        raise RequestInvalidError("--format: the template is too long")
    parts = list(_split(template))
    block, end = _parse(parts, 0, 0)
    if end != len(parts):
        raise RequestInvalidError("--format: unexpected {{end}}")
    return "".join(_run(block, value, value))


@dataclass(slots=True)
class _Node:
    """A piece of text, a pipeline, or a block with what is within and what is else."""

    kind: str
    words: list[str] = field(default_factory=list)
    text: str = ""
    inner: "list[_Node]" = field(default_factory=list)
    other: "list[_Node]" = field(default_factory=list)


# --- reading ----------------------------------------------------------------------------------


def _split(template: str) -> Iterator[str | list[str]]:
    """Yield texts and, as lists of words, actions."""
    position, trims = 0, False
    for found in _ACTION.finditer(template):
        text = template[position : found.start()]
        text = text.lstrip() if trims else text
        yield _plain(text.rstrip() if found[1] else text)
        if not _COMMENT.match(found[2].strip()):
            yield _words(found[2])
        position, trims = found.end(), bool(found[3])
    rest = template[position:]
    if "{{" in rest:
        raise RequestInvalidError("--format: unclosed action")
    yield _plain(rest.lstrip() if trims else rest)


def _plain(text: str) -> str:
    for escape, meaning in _ESCAPES.items():
        text = text.replace(escape, meaning)
    return text


def _words(action: str) -> list[str]:
    words, position, text = [], 0, action.strip()
    while position < len(text):
        found = _WORD.match(text, position)
        if not found:
            raise RequestInvalidError(f"--format: {text[position : position + 20]!r} is not understood")  # fmt: skip
        quoted = found[2]
        words.append(json.dumps(quoted) if quoted is not None else found[0].strip())
        position = found.end()
    if not words:
        raise RequestInvalidError("--format: missing value for command")
    return words


def _parse(parts: Sequence[str | list[str]], start: int, depth: int) -> tuple[list[_Node], int]:
    """Return the nodes from one part on, and where they end: behind the last, or at an `end` or `else`."""
    if depth > _DEPTH_MOST:
        raise RequestInvalidError("--format: too deep")
    nodes: list[_Node] = []
    here = start
    while here < len(parts):
        part = parts[here]
        if isinstance(part, str):
            nodes.append(_Node("text", text=part))
        elif part[0] in ("end", "else"):
            break
        elif part[0] in ("range", "if", "with"):
            node, here = _parse_block(parts, here, depth)
            nodes.append(node)
        else:
            nodes.append(_Node("value", part))
        here += 1
    return nodes, here


def _parse_block(parts: Sequence[str | list[str]], here: int, depth: int) -> tuple[_Node, int]:
    kind, words = parts[here][0], list(parts[here][1:])
    inner, here = _parse(parts, here + 1, depth + 1)
    node = _Node(kind, words, inner=inner)
    if here < len(parts) and parts[here][0] == "else":
        if more := list(parts[here][1:]):
            # `else if X` is `else` with an `if` within that shares its end
            nested, here = _parse_block([*parts[:here], more, *parts[here + 1 :]], here, depth + 1)
            node.other = [nested]
            return node, here
        node.other, here = _parse(parts, here + 1, depth + 1)
    if here >= len(parts):
        raise RequestInvalidError(f"--format: {{{{{kind}}}}} has no {{{{end}}}}")
    return node, here


# --- evaluating -------------------------------------------------------------------------------


def _run(nodes: Sequence[_Node], dot: Any, root: Any) -> Iterator[str]:
    for node in nodes:
        if node.kind == "text":
            yield node.text
            continue
        value = _pipeline(node.words, dot, root)
        if node.kind == "value":
            yield _printed(value)
        elif node.kind == "range":
            items = value.values() if isinstance(value, Mapping) else value or ()
            if not isinstance(value, Sequence | Mapping | None) or isinstance(value, str):
                raise RequestInvalidError(f"--format: range can't iterate over {_printed(value)}")
            for item in items:
                yield from _run(node.inner, item, root)
            if not items:
                yield from _run(node.other, dot, root)
        elif value:
            yield from _run(node.inner, value if node.kind == "with" else dot, root)
        else:
            yield from _run(node.other, dot, root)


def _pipeline(words: Sequence[str], dot: Any, root: Any) -> Any:
    """Return the value of commands joined by pipes: each takes what the one before gives as its last argument."""
    commands: list[list[Any]] = [[]]
    stack: list[list[list[Any]]] = []
    for word in words:
        if word == "|":
            commands.append([])
        elif word == "(":
            stack.append(commands)
            commands = [[]]
        elif word == ")":
            if not stack:
                raise RequestInvalidError("--format: unexpected )")
            value, commands = _chain(commands), stack.pop()
            commands[-1].append(value)
        else:
            commands[-1].append(_operand(word, dot, root))
    if stack:
        raise RequestInvalidError("--format: unclosed (")
    return _chain(commands)


def _chain(commands: Sequence[Sequence[Any]]) -> Any:
    value: Any = None
    for number, command in enumerate(commands):
        given = [*command, *([value] if number else [])]
        if not command:
            raise RequestInvalidError("--format: missing value for command")
        if callable(given[0]):
            try:
                value = given[0](*given[1:])
            except (TypeError, LookupError, ValueError, AttributeError) as error:
                raise RequestInvalidError(f"--format: {error}") from error
        elif len(given) == 1:
            value = given[0]
        else:
            raise RequestInvalidError(f"--format: can't give argument to {_printed(given[0])}")
    return value


def _operand(word: str, dot: Any, root: Any) -> Any:
    if word[0] in ".$":
        value = root if word[0] == "$" else dot
        for name in word.lstrip("$").split("."):
            value = _field(value, name) if name else value
        return value
    if word[0] == '"':
        return json.loads(word)  # noqa: TID251 - one quoted word of a person's own
    if word.lstrip("-").isdigit():
        return int(word)
    constants = {"true": True, "false": False, "nil": None}
    if word in constants:
        return constants[word]
    if word not in FUNCTIONS:
        raise RequestInvalidError(f'--format: function "{word}" not defined')
    return FUNCTIONS[word]


def _field(value: Any, name: str) -> Any:
    if isinstance(value, Mapping) and name in value:
        return value[name]
    there = ", ".join(f".{one}" for one in value) if isinstance(value, Mapping) else "no fields"
    raise RequestInvalidError(f"--format: can't evaluate field {name}; there is {there}")


def _printed(value: Any) -> str:
    """Return a value as Go's fmt prints it."""
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{k}:{_printed(v)}' for k, v in sorted(value.items()))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(_printed, value))}]"
    return str(value)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = value[key]
    return value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "json": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "join": lambda values, between: between.join(values),
    "split": lambda text, between: text.split(between),
    "upper": lambda text: text.upper(),
    "lower": lambda text: text.lower(),
    "title": lambda text: text.title(),
    "println": lambda *values: " ".join(map(_printed, values)) + "\n",
    "len": len,
    "index": _index,
    "truncate": lambda text, length: text[:length],
    "eq": lambda first, *others: any(first == one for one in others),
    "ne": lambda first, second: first != second,
    "lt": lambda first, second: first < second,
    "le": lambda first, second: first <= second,
    "gt": lambda first, second: first > second,
    "ge": lambda first, second: first >= second,
    "and": lambda *values: next((one for one in values if not one), values[-1]),
    "or": lambda *values: next((one for one in values if one), values[-1]),
    "not": lambda value: not value,
}
