"""An installed copy has everything that is read at run time, not only the modules."""

import tomllib
from pathlib import Path

MODELS = Path(__file__).resolve().parents[1]


def test_every_file_that_is_no_module_is_package_data():
    settings = tomllib.loads((MODELS / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    package = MODELS / "gensr_models"
    files = [p for p in package.rglob("*") if p.is_file() and p.suffix != ".py" and "__pycache__" not in p.parts]
    assert package / "instructions" / "texts.yaml" in files
    for path in files:
        patterns = settings["package-data"].get(".".join(path.parent.relative_to(MODELS).parts), [])
        assert any(path.relative_to(path.parent).match(pattern) for pattern in patterns), path
        assert (path.parent / "__init__.py").is_file(), f"{path.parent} is no package: nothing of it is installed"
    # Every folder of modules is found: setuptools takes a package only where there is an __init__.py.
    assert settings["packages"]["find"]["include"] == ["gensr_models*"]
    assert all((path.parent / "__init__.py").is_file() for path in package.rglob("*.py"))
