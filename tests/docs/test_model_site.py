from __future__ import annotations

from pathlib import Path

import pytest

from docs import model_site


def test_the_site_of_the_model_shows_where_everything_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_site, "FILE", tmp_path / "build" / "model.html")
    text = model_site.write().read_text(encoding="utf-8")
    for name in ("stg_shopify__orders", "fulfillment_lines", "net_revenue", "push_metrics_to_bi"):
        assert name in text
