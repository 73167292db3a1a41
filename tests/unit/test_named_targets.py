"""The file in which an operator sets down what evaluators may run against."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings
from bot.store.store import Store
from evals.errors import TargetError
from evals.targets.named import read_targets
from ui.evaluate.jobs import Jobs

RIVAL = "rival: {target: endpoint, base_url: 'https://m.example/v1', model: large, key_env: KEY}\n"


def test_targets_are_read_by_name_and_nothing_is_named_without_a_file(tmp_path: Path) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(RIVAL + "staging: {target: 'https://s.example'}\n", encoding="utf-8")
    found = read_targets(file)
    assert list(found) == ["rival", "staging"]
    record = found["rival"].record("rival")
    assert (record.name, record.model, record.host) == ("rival", "large", "m.example")
    assert read_targets(None) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rival: {target: endpoint, model: large}", "--base-url"),
        ("rival: {target: 'file:///etc/passwd'}", "expected http"),
        ("rival: {target: endpoint, key: hush}", "rival.key"),
        ("engine: {target: 'https://s.example'}", "another name"),
        ("- rival", "dict"),
        ("rival: [", "YAML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "targets.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TargetError, match=told) as refused:
        read_targets(file)
    assert "hush" not in str(refused.value)  # somebody's key, put where none belongs
    with Store.of(Settings(home=tmp_path)) as store, pytest.raises(SettingsError, match=told):
        Jobs(store, tmp_path, file)
