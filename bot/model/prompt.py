"""Prompts: Markdown files with a front matter that declares what is filled in.

Placeholders (`{{ name }}`) are filled by the standard library's `string.Template` under a pattern
of our own: it fills in one pass, so that a value is never read as a template again, and it lists
the names it finds. Jinja would bring expressions and loops that a prompt must not have. The front
matter is YAML between two lines of `---`.
"""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from bot.errors import AdvisorError
from bot.nearest import nearest_names
from knowledge.card import Bilingual, Frozen, PassageLang

PROMPTS_DIR = Path(__file__).parents[2] / "prompts"
"""Home of the shipped prompts: `<id>.<lang>.md`."""
_FENCE = "---"


class PromptError(AdvisorError):
    """A prompt file cannot be used, or was not given what it declares."""

    code = "bad-prompt"


class _Body(string.Template):
    """A text with placeholders; two braces that open none are refused."""

    flags = re.NOFLAG
    pattern = r"""
        \{\{(?:
            [ ]*(?P<named>[a-z][a-z_]*)[ ]*\}\} |
            (?P<braced>(?!)) | (?P<escaped>(?!)) |
            (?P<invalid>)
        )"""  # type: ignore[assignment]  # compiled, in verbose mode, when the class is made


class Prompt(Frozen):
    """A prompt in one language, and the variables that it is filled with."""

    id: str
    version: Annotated[str, Field(coerce_numbers_to_str=True, pattern=r"^[1-9][0-9]*$")]
    """Counted up whenever the wording changes: answers and judgements record it."""
    lang: PassageLang
    variables: tuple[str, ...]
    body: str = Field(min_length=1)

    @property
    def name(self) -> str:
        """Id, language and version, for records: `writer.zh@1`."""
        return f"{self.id}.{self.lang}@{self.version}"

    def render(self, **values: str) -> str:
        """Fill in the variables, each value as it stands.

        Raises:
            PromptError: a declared variable is missing, or one is given that is not declared.
        """
        declared = set(self.variables)
        if values.keys() != declared:
            missing, unknown = declared - values.keys(), values.keys() - declared
            told = f"missing {_list(missing)}, unknown {_list(unknown)}"
            raise _error(f"{self.id}.{self.lang}.md", told, f"values for {_list(declared)}")
        return _Body(self.body).substitute(values)

    @model_validator(mode="after")
    def _declares_what_it_uses(self) -> Self:
        body = _Body(self.body)
        if not body.is_valid():
            raise ValueError("'{{' opens no placeholder; expected {{ name }} in small letters")
        used, declared = set(body.get_identifiers()), set(self.variables)
        if used != declared:
            raise ValueError(
                f"placeholders not declared: {_list(used - declared)}; "
                f"declared but not used: {_list(declared - used)}"
            )
        return self


@cache
def load_prompt(prompt_id: str, lang: PassageLang) -> Prompt:
    """Return a shipped prompt.

    Raises:
        PromptError: there is no such prompt, or its file cannot be used.
    """
    path = PROMPTS_DIR / f"{prompt_id}.{lang}.md"
    if not path.is_file():
        near = nearest_names(path.name, [known.name for known in PROMPTS_DIR.glob("*.md")])
        raise _error(
            path.name, "no such file", f"one of {', '.join(near) or 'the shipped prompts'}"
        )
    return read_prompt(path)


def read_prompt(path: Path) -> Prompt:
    """Read one prompt file.

    Raises:
        PromptError: no front matter, a key that is missing or not known, an id or language other
            than the file's name says, or placeholders other than declared.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise _error(path.name, f"not UTF-8 ({error.reason})", "a file saved as UTF-8") from error
    if not lines or lines[0] != _FENCE or _FENCE not in lines[1:]:
        seen = f"first line {lines[0]!r}" if lines else "an empty file"
        raise _error(path.name, seen, "YAML between two lines of ---, then the prompt")
    end = lines.index(_FENCE, 1)
    expected = "front matter with id, version, lang, variables"
    try:
        head = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        raise _error(
            path.name, f"not valid YAML: {' '.join(str(error).split())}", expected
        ) from error
    if not isinstance(head, dict):
        raise _error(path.name, f"front matter {head!r}", expected)
    try:
        prompt = Prompt.model_validate(head | {"body": "\n".join(lines[end + 1 :]).strip()})
    except ValidationError as error:
        raise _error(path.name, _problems(error), expected) from error
    if path.name != f"{prompt.id}.{prompt.lang}.md":
        seen = f"id {prompt.id!r}, lang {prompt.lang!r}"
        raise _error(path.name, seen, "the id and language of the file's name")
    return prompt


def fence(name: str, text: str) -> str:
    """Put a text that is data between markers; it cannot close them or open others.

    An angle bracket that could begin a marker becomes its full-width form.
    """
    return f"<{name}>\n{_MARKER.sub('＜', text.strip())}\n</{name}>"


_MARKER = re.compile(r"<(?=[/\s]*[A-Za-z])")


def _problems(error: ValidationError) -> str:
    """Say in one line what pydantic objects to."""
    return "; ".join(
        f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}".removeprefix(": ")
        for one in error.errors()
    )


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _error(file: str, seen: str, expected: str) -> PromptError:
    return PromptError(
        Bilingual(
            zh=f"提示词文件{file}：{seen}；应为：{expected}。",
            en=f"prompts/{file}: {seen}; expected {expected}.",
        )
    )
