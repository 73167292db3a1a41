"""A process that tests start and kill: on command it forks children that build an index.

Reads JSON lines from standard input, answers in JSON lines on standard output:

    {"n": 1, "home": "…", "first": 0, "count": 10, "changed": true, "halt": "dense:0"}

forks child number `n` that builds an index of those cards; `halt` names the moment at which it stands still
and waits to be killed: a report (`<stage>:0`, `<stage>:end`) or a step of publishing. The libraries
are loaded once, before forking, so that a kill costs no two seconds of imports.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import knowledge.search.index as index_module
from knowledge.corpus import Corpus
from knowledge.load import load_corpus
from knowledge.progress import Progress
from knowledge.search.embed import open_embedder
from knowledge.search.index import IndexHome, ensure_index
from knowledge.search.segment import Segmenter


def some_cards(corpus: Corpus, first: int, count: int, *, changed: bool = False) -> Corpus:
    """Take a few of the shipped cards; `changed` gives the first fact texts nobody embedded."""
    cards = dict(list(corpus.instruments.items())[first : first + count])
    if changed:
        card_id, card = next(iter(cards.items()))
        fact = card.facts[0].model_copy(update={"zh": "改写的一句。", "en": "A changed sentence."})
        cards[card_id] = card.model_copy(update={"facts": (fact, *card.facts[1:])})
    digest = f"{first:05x}{count:05x}{int(changed):02x}"
    version = corpus.version.model_copy(update={"digest": digest})
    return Corpus(cards, {}, corpus.issuers, version)


def tell(**message: Any) -> None:
    """Write one JSON line in one piece, also when several children write."""
    os.write(1, (json.dumps(message) + "\n").encode())


def main() -> None:
    """Serve commands until standard input ends."""
    import chromadb.api.client  # noqa: F401  (loaded before forking)
    import tantivy  # noqa: F401

    corpus, segmenter = load_corpus(), Segmenter()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    tell(n=0, ready=True)
    for line in sys.stdin:
        command = json.loads(line)
        pid = os.fork()
        if pid == 0:
            try:
                _build(command, corpus, segmenter)
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                os._exit(0)
        tell(n=command["n"], pid=pid)


def _build(command: dict[str, Any], corpus: Corpus, segmenter: Segmenter) -> None:
    home = IndexHome(Path(command["home"]))
    cards = some_cards(corpus, command["first"], command["count"], changed=command["changed"])

    parent = os.getppid()

    def reach(moment: str) -> None:
        if moment == command.get("halt"):
            tell(n=command["n"], reached=moment)
            while os.getppid() == parent:  # never outlive the tests
                time.sleep(0.05)
            os._exit(1)

    def report(progress: Progress) -> None:
        if progress.done == 0:
            reach(f"{progress.stage}:0")
        if progress.done == progress.total:
            reach(f"{progress.stage}:end")

    synced = index_module.sync

    def sync(path: Path) -> None:
        reach(f"before sync:{path.name}")
        synced(path)
        reach(f"after sync:{path.name}")

    index_module.sync = sync  # type: ignore[assignment]
    with ensure_index(home, cards, open_embedder(), segmenter, report) as index:
        tell(n=command["n"], built=index.version)


if __name__ == "__main__":
    main()
