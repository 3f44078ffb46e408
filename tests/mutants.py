"""Breaks the code that decides about trust, one small change at a time, and asks the tests whether they see it: `make mutants`.

A mutant that no test kills is printed: it is a rule that nobody has written a test for, or a line that does nothing. Ends with 1 if fewer than 95 of 100 are killed.
"""

import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ("tuf/verify.py", "tuf/trusted_set.py", "tuf/canonical_json.py")
TESTS = ("tests/attacks", "tests/unit/tuf", "tests/unit/client/test_pins.py")
WANTED = 0.95
# several times what the tests take: a mutant that never ends is killed, one on a busy machine is not
SECONDS = 400

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def changes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901 - one branch for each kind of node
    """Yield what a node could become."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARED:
        yield ast.Compare(node.left, [COMPARED[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        for left_out in range(len(node.values)):
            rest = node.values[:left_out] + node.values[left_out + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)  # fmt: skip
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.If):
        yield ast.If(ast.Constant(value=False), node.body, node.orelse)
        yield ast.If(ast.Constant(value=True), node.body, node.orelse)
    elif isinstance(node, ast.Raise | ast.Assign | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, description and source of each mutant of the functions' bodies."""
    tree = ast.parse(source)
    places = [
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
    ]
    seen = set()
    for node in places:
        if id(node) in seen or not hasattr(node, "lineno"):
            continue
        seen.add(id(node))
        for change in changes(copy.deepcopy(node)):
            mutated = _Replace(node, change).visit(copy.deepcopy(tree, {}))
            text = ast.unparse(ast.fix_missing_locations(mutated))
            said = f"{ast.unparse(node)[:70]!r} becomes {ast.unparse(change)[:70]!r}"
            yield node.lineno, said.replace("\\n", " "), text


class _Replace(ast.NodeTransformer):
    def __init__(self, node: ast.AST, change: ast.AST) -> None:
        self.place = (type(node), node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]  # fmt: skip
        self.change = change

    def visit(self, node: ast.AST) -> ast.AST:
        here = tuple(getattr(node, name, None) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))  # fmt: skip
        if (type(node), *here) == self.place:
            return ast.copy_location(self.change, node)
        return self.generic_visit(node)


def is_killed(module: str, text: str) -> bool:
    """Return whether a test fails with a mutant in its module's place."""
    with tempfile.TemporaryDirectory(prefix="inkan-mutant-") as folder:
        shutil.copytree(ROOT / "src", Path(folder) / "src")
        (Path(folder) / "src" / "inkan" / module).write_text(text)
        environment = {**os.environ, "PYTHONPATH": str(Path(folder) / "src"), "HYPOTHESIS_MAX_EXAMPLES": "20"}  # fmt: skip
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *TESTS]  # fmt: skip
        try:
            return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=SECONDS, check=False).returncode != 0  # fmt: skip
        except subprocess.TimeoutExpired:
            return True


def main() -> int:
    """Run every mutant; return 1 if too many live."""
    found = [(module, *one) for module in (sys.argv[1:] or MODULES)
             for one in mutants((ROOT / "src" / "inkan" / module).read_text())]  # fmt: skip
    for module in dict.fromkeys(module for module, *_ in found):
        if is_killed(module, (ROOT / "src" / "inkan" / module).read_text()):
            print(f"the tests fail with {module} as it is, so that they say nothing about mutants")
            return 1
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda one: is_killed(one[0], one[3]), found))
    living = [one for one, killed in zip(found, outcomes, strict=True) if not killed]
    for module, line, said, _ in living:
        print(f"lives: {module}:{line}: {said}")
    share = 1 - len(living) / len(found)
    print(f"{len(found)} mutants, {len(found) - len(living)} killed: {share:.1%}")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
