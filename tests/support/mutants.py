# SPDX-License-Identifier: ISC
"""Small alterations of C sources, each of which a test should notice."""

import collections
import re

Mutant = collections.namedtuple("Mutant", "file line begin end new")

# What is no code: comments, texts, characters, directives but #define.
NO_CODE = re.compile(
    r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|^#[ \t]*(?!define)(?:\\\n|.)*?$|^static_assert\(.*?;", re.S | re.M)

# A token and what stands there instead.
TOKENS = [(re.compile(pattern), new) for pattern, new in (
    (r"(?<= )<(?= )", "<="), (r"(?<= )<=(?= )", "<"),
    (r"(?<= )>(?= )", ">="), (r"(?<= )>=(?= )", ">"),
    (r"(?<= )==(?= )", "!="), (r"(?<= )!=(?= )", "=="),
    (r"(?<= )&&(?=\s)", "||"), (r"(?<= )\|\|(?=\s)", "&&"),
    (r"(?<= )\+(?=\s)", "-"), (r"(?<= )-(?=\s)", "+"),
    (r"(?<=[\w)] )\*(?= \w)", "/"), (r"(?<= )/(?=\s)", "*"),
    (r"(?<= )\+=(?= )", "-="), (r"(?<= )-=(?= )", "+="),
    (r"\+\+", "--"), (r"(?<=[ (])!(?=[\w(])", ""),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"\b(?:break|continue)(?=;)", ""),
)]
NUMBER = re.compile(r"(?<![\w.])(\d+)(?![\w.])")
ARRAY = re.compile(r"^\s+(?:\w+ )+\*?\w+\[\d+\]")  # longer: never noticed
STATEMENT = re.compile(
    r"^\t+(?:\(void\))?\*?(?!return|if|for|while|switch|else|do|case|goto)"
    r"\w[\w.>\[\]-]*(?: [-+|&]?= |\()[^;{}]*;", re.M)
CONDITION = re.compile(r"\bif \((?=[^;{}]*?\)\n)")
COMPARES = re.compile(r" [<>=!]=? |&&|\|\||!")


def code(text):
    """The text with blanks instead of what is no code."""
    return NO_CODE.sub(lambda m: re.sub(r"\S", " ", m[0]), text)


def closing(text, begin):
    depth = 1
    for index in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index
    return len(text)


def alterations(text):
    """(begin, end, new) for each."""
    for pattern, new in TOKENS:
        for match in pattern.finditer(text):
            yield match.start(), match.end(), new
    for match in NUMBER.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1:match.end() + 1]
        if not ARRAY.match(line):
            yield match.start(), match.end(), str(int(match[1]) + 1)
    for match in STATEMENT.finditer(text):
        begin = match.end() - len(match[0].lstrip("\t"))
        # As many lines as before.
        yield begin, match.end(), ";" + "\n" * match[0].count("\n")
    for match in CONDITION.finditer(text):
        end = closing(text, match.end())
        condition = text[match.end():end]
        if not COMPARES.search(condition):
            yield match.end(), end, f"!({condition})"


def of_file(path, name):
    text = code(path.read_text())
    for begin, end, new in sorted(alterations(text)):
        yield Mutant(name, text.count("\n", 0, begin) + 1, begin, end, new)


def apply(text, mutant):
    return text[:mutant.begin] + mutant.new + text[mutant.end:]


def describe(text, mutant):
    def flat(part):
        return " ".join(part.split()) or "nothing"
    old = text[mutant.begin:mutant.end]
    line = text.splitlines()[mutant.line - 1]
    return (f"{mutant.file}:{mutant.line}: {flat(old)} -> "
            f"{flat(mutant.new)}\n        {flat(line)}")
