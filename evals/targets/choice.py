"""Choosing a target: from what is named on a command line, or from the record of a run to go on with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from evals.errors import TargetError
from evals.targets.target import (
    MAX_TOKENS,
    Engine,
    Target,
    TargetRecord,
    read_address,
)
from evals.targets.target import (
    TIMEOUT_S as TIMEOUT_S,
)


def record_of(
    target: str,
    *,
    base_url: str | None = None,
    model: str | None = None,
    with_retrieval: bool = False,
    name: str | None = None,
    temperature: float = 0.0,
    model_seed: int = 0,
    max_tokens: int | None = None,
    price_in: float | None = None,
    price_out: float | None = None,
) -> TargetRecord:
    """Return the record of a target that is named.

    Args:
        target: `engine`, `endpoint`, or the address of a running Hugang.
        base_url: of an endpoint, up to and with `/v1`.
        model: as the endpoint calls it.
        with_retrieval: whether the model of an endpoint is shown our evidence.
        name: what people are shown; None = one made of model and host.
        temperature: sent to an endpoint.
        model_seed: sent to an endpoint.
        max_tokens: most tokens of an endpoint's answer; None = the usual ones.
        price_in: price of a million tokens sent.
        price_out: price of a million tokens received.

    Raises:
        TargetError: something is missing, of another kind of target, or no address.
    """
    given = {
        "--base-url": base_url,
        "--model": model,
        "--with-retrieval": with_retrieval,
        "--max-tokens": max_tokens,
        "--price-in": price_in,
        "--price-out": price_out,
    }
    if target != "endpoint" and (strange := [option for option, value in given.items() if value]):
        raise TargetError(
            f"target {target}: seen {', '.join(strange)}; expected these with `--target endpoint` "
            "only. Leave them out, or name that target."
        )
    if (price_in is None) != (price_out is None):
        raise TargetError(
            "target endpoint: seen one price; expected both, --price-in and --price-out."
        )
    if target == "engine":
        return TargetRecord(name=name or TargetRecord().name)
    if target == "endpoint":
        if not base_url or not model:
            missing = " and ".join(
                option for option in ("--base-url", "--model") if not given[option]
            )
            raise TargetError(
                f"target endpoint: seen no {missing}; expected both, as in --target endpoint "
                "--base-url http://127.0.0.1:9000/v1 --model NAME"
            )
        address = read_address(base_url)
        host = urlsplit(address).netloc
        how = "with our evidence" if with_retrieval else "bare"
        return TargetRecord(
            kind="endpoint",
            name=name or f"{model} ({how})",
            model=model,
            retrieval=with_retrieval,
            host=host,
            address=address,
            temperature=temperature,
            model_seed=model_seed,
            max_tokens=max_tokens or MAX_TOKENS,
            price_in=price_in,
            price_out=price_out,
        )
    address = read_address(target)
    host = urlsplit(address).netloc
    return TargetRecord(kind="hugang", name=name or f"Hugang at {host}", host=host, address=address)


@contextmanager
def opened(
    record: TargetRecord, *, key: SecretStr | None = None, timeout_s: float
) -> Iterator[Target]:
    """Open the target that a record tells of; closed at the end.

    Args:
        record: of `record_of`, or of a run to go on with.
        key: for a server or an endpoint; kept nowhere.
        timeout_s: longest time of one attempt at a server or an endpoint.

    Raises:
        TargetError: it cannot be reached or used.
    """
    if record.kind == "hugang":
        from evals.targets.server import HugangServer
        from knowledge.load import load_corpus

        server = HugangServer(
            record.address or "", load_corpus(), key=key, name=record.name, timeout_s=timeout_s
        )
        try:
            yield server.greet()
        finally:
            server.close()
        return
    from bot.advisor import Advisor
    from bot.settings import Settings

    if record.kind == "engine":
        advisor = Advisor.open()
        try:
            yield Engine(advisor, record.name)
        finally:
            advisor.close()
        return
    from evals.targets.endpoint import Endpoint

    advisor = Advisor.open(Settings().model_copy(update={"model": None}))
    try:
        endpoint = Endpoint.open(record, advisor, key=key, timeout_s=timeout_s)
        try:
            yield endpoint
        finally:
            endpoint.close()
    finally:
        advisor.close()


def read_key(variable: str | None, file: Path | None) -> SecretStr | None:
    """Read a key from an environment variable or a file; None where neither is named.

    Raises:
        TargetError: both are named, or there is no key there.
    """
    if variable and file:
        raise TargetError("key: seen --key-env and --key-file; expected one of them.")
    if variable:
        if key := os.environ.get(variable, "").strip():
            return SecretStr(key)
        raise TargetError(f"key: seen no environment variable {variable}; expected the key in it.")
    if file is None:
        return None
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(f"key: {file.name} cannot be read ({type(error).__name__}).") from error
    if not key or len(key.split()) != 1:
        raise TargetError(f"key: seen no single word in {file.name}; expected the key alone.")
    return SecretStr(key)
