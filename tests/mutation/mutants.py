"""What can be changed in a C file, one place at a time: operators and constants. Knows C's tokens, and nothing of builds.

What changes no answer is left out: what is prefetched, what a branch is expected to do, and whether the lesser or greater one of
two equal numbers is taken (a < b ? a : b).
"""
import re
from typing import NamedTuple

# Each operator and what it becomes; the first that there is. Comparisons move their bound by one.
OPERATORS = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|",
    "&&": "||", "||": "&&", "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
    "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "|=": "&=", "&=": "|=", "^=": "|=", "<<=": ">>=", ">>=": "<<=",
    "++": "--", "--": "++", "!": "", "~": "",
}
WORDS = {"true": "false", "false": "true"}
# An operator of two operands stands behind one: what is left of it tells `a * b` from `*b`.
BINARY = set(OPERATORS) - {"!", "~", "++", "--"}
TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | \s+ | \\\n)
  | (?P<directive>^[ \t]*\#[ \t]*define[ \t]+\w+(?:\([^)\n]*\))? | ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*
      | \b_Pragma\s*\((?:\\.|"(?:\\.|[^"\\])*")\) | \b_Static_assert\b[^;]*; | __attribute__\s*\(\(.*?\)\)\)?
      | \b(?:__builtin_)?prefetch\w*\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))
  | (?P<number>\b(?:0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?(?:[pP][+-]?\d+)? | \d+(?:\.\d*)?(?:[eE][+-]?\d+)?)[uUlLfF]*\b)
  | (?P<word>\w+)
  | (?P<operator><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^<>!~=?:;,.(){}\[\]])
  | (?P<other>.)
""", re.VERBOSE | re.MULTILINE | re.DOTALL)


NAME = r"[\w.\[\]*]+(?:->[\w.\[\]]+)*"
EXTREME_LEFT = re.compile(rf"({NAME}) $")
EXTREME_RIGHT = re.compile(rf" (?P<right>{NAME}) \? (?P<first>{NAME}) : (?P<second>{NAME})\b")
COMPARISONS = {"<", "<=", ">", ">="}


class Site(NamedTuple):
    """One place that can be changed, and into what."""
    path: str           # from the project's folder
    offset: int
    line: int
    before: str
    after: str
    marked: str         # the source's line, with the change in it as {before -> after}

    def apply(self, text):
        return text[:self.offset] + self.after + text[self.offset + len(self.before):]

    def __str__(self):
        return f"{self.path}:{self.line}: {self.marked}"


def _of_number(number):
    """The number and one; a double's or a hexadecimal one's last digit is changed instead."""
    digits = number.rstrip("uUlL")
    if digits.isdigit():
        return str(int(digits) + 1) + number[len(digits):]
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", digits):
        return hex(int(digits, 16) ^ 1) + number[len(digits):]
    match = re.match(r"\d+\.?\d*|0[xX][0-9a-fA-F]+\.?[0-9a-fA-F]*", number)
    last = match.group().rstrip(".")
    return last[:-1] + ("1" if last[-1] != "1" else "3") + number[len(last):]


def _is_binary(match, left):
    """Behind an operand, and with blanks around it, as clang-format sets it: others are pointers and signs."""
    around = match.string[match.start() - 1] + match.string[match.end()]
    return bool(re.fullmatch(r"\w+|\)|\]", left)) and around.isspace()


def _is_hint(match):
    """The second argument of __builtin_expect."""
    line_begin = match.string.rfind("\n", 0, match.start()) + 1
    return "__builtin_expect(" in match.string[line_begin:match.start()] and match.string[match.end():match.end() + 2] == "))"


def _chooses_extreme(match):
    """Of a < b ? a : b, where one of two equal numbers is as good as the other, the comparison."""
    left, right = EXTREME_LEFT.search(match.string[:match.start()]), EXTREME_RIGHT.match(match.string[match.end():])
    return bool(left and right and {left.group(1), right.group("right")} == {right.group("first"), right.group("second")})


def sites(path, text):
    """Every Site of a file's text."""
    found, left = [], ""
    for match in TOKEN.finditer(text):
        kind, token, after = match.lastgroup, match.group(), None
        if kind in ("skip", "directive"):
            left = left if kind == "skip" else ""
            continue
        if kind == "number":
            after = None if _is_hint(match) else _of_number(token)
        elif kind == "word":
            after = WORDS.get(token)
        elif token in COMPARISONS and _chooses_extreme(match):
            pass
        elif token in OPERATORS and (token not in BINARY or _is_binary(match, left)):
            after = OPERATORS[token]
        if after is not None:
            begin, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.start())
            marked = f"{text[begin:match.start()]}{{{token} -> {after}}}{text[match.end():end]}".strip()
            found.append(Site(path, match.start(), text.count("\n", 0, begin) + 1, token, after, marked))
        left = token if token not in ("return", "case") else ""
    return found
