"""Targets that an operator has set down by name: what may be run against from the web app.

The file is YAML, a name for each target and what `hugang eval run` would be told of it:

```yaml
rival:
  target: endpoint
  base_url: https://models.example.com/v1
  model: rival-large
  key_env: RIVAL_KEY
staging:
  target: https://staging.example.com
```

A page never names an address: whoever may start a run must not make this server call any host.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from evals.errors import TargetError
from evals.targets.choice import record_of
from evals.targets.target import TargetRecord
from knowledge.card import Frozen

ENGINE = "engine"
"""The engine of this installation; needs no entry."""


class NamedTarget(Frozen):
    """What is told of a target; as the options of `hugang eval run`."""

    target: str
    """`endpoint`, or the address of a running Hugang."""
    base_url: str | None = None
    model: str | None = None
    with_retrieval: bool = False
    key_env: str | None = None
    """Variable that holds the key; the file holds none."""
    key_file: Path | None = None
    temperature: float = 0.0
    max_tokens: int | None = Field(default=None, ge=1)
    price_in: float | None = Field(default=None, ge=0)
    price_out: float | None = Field(default=None, ge=0)

    def record(self, name: str) -> TargetRecord:
        """Return the record that runs keep of it.

        Raises:
            TargetError: something is missing, or is no address.
        """
        return record_of(
            self.target,
            base_url=self.base_url,
            model=self.model,
            with_retrieval=self.with_retrieval,
            name=name,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            price_in=self.price_in,
            price_out=self.price_out,
        )


_FILE = TypeAdapter(dict[str, NamedTarget])


def read_targets(path: Path | None) -> Mapping[str, NamedTarget]:
    """Read the file; nothing is named where there is none.

    Raises:
        TargetError: it cannot be read, or a target in it is not one.
    """
    if path is None:
        return {}
    try:
        named = _FILE.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        # Not what was seen: somebody may have put a key there.
        raise TargetError(
            f"{path.name}, {place or 'the file'}: cannot be used; expected: {first['msg']}. Mend it."
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TargetError(
            f"{path.name}: cannot be read ({type(error).__name__}); expected YAML, a name for each "
            "target. Mend the file, or unset HUGANG_EVAL_TARGETS."
        ) from error
    if ENGINE in named:
        raise TargetError(f"{path.name}: {ENGINE} is this installation; take another name.")
    for name, one in named.items():
        one.record(name)
    return named
