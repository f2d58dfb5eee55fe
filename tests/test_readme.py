"""The README's Python runs as it is written."""

import re
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict = {}
    exec(compile(block, "README.md", "exec"), names)
    assert (tmp_path / "path.html").stat().st_size > 100_000
    assert 0 < names["result"].seals["wiring"].controls["SCR"].ratio < 100
