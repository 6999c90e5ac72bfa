"""The folders of the package are layers: each imports only those named here, so that no circle can come up."""

import ast
from pathlib import Path

import gensr_models

ROOT = Path(gensr_models.__file__).parent
LAYERS = {
    "data": "",
    "demo": "",
    "metrics": "",
    "model": "",
    "config": "data",
    "pack": "data",
    "export": "model",
    "engine": "data model pack",
    "convert": "data engine",
    "text": "config data export pack",
    "training": "config data export metrics model pack text",
    "instructions": "config data engine metrics model text training",
    "quality": "config data engine instructions metrics pack text training",
    "signals": "data engine instructions metrics model pack",
    "baselines": "config data engine metrics model pack signals text training",
    "build": "config data engine export instructions metrics model pack quality signals text training",
    "report": "baselines build config data engine metrics pack quality training",
    "research": "build config data engine metrics model pack signals training",
    "cli": "baselines build config convert data engine instructions pack quality report research signals training",
}


def modules_of(folder: Path):
    """Every file below a folder with the modules of the package that it names."""
    for file in folder.rglob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                package = ".".join(("gensr_models", *file.relative_to(ROOT).parent.parts)) if node.level else ""
                module = ".".join(part for part in (package, node.module) if part)
                if module.startswith("gensr_models"):
                    names |= {f"{module}.{name.name}" for name in node.names}
        yield file, names


def test_no_module_stands_outside_the_layers():
    assert {path.name for path in ROOT.iterdir() if path.name != "__pycache__"} == {"__init__.py", *LAYERS}


def test_layers_import_only_what_is_below_them():
    below = set()
    for layer, allowed in LAYERS.items():
        assert set(allowed.split()) <= below, f"{layer} is named before what it imports"
        below.add(layer)
        for file, names in modules_of(ROOT / layer):
            found = {name.split(".")[1] for name in names} - {layer}
            assert found <= set(allowed.split()), f"{file.relative_to(ROOT)} imports {sorted(found)}"


def test_modules_import_each_other_in_no_circle():
    files = {".".join(("gensr_models", *f.relative_to(ROOT).with_suffix("").parts)): n for f, n in modules_of(ROOT)}
    edges = {
        module: {target for name in names for target in (name, name.rpartition(".")[0]) if target in files}
        for module, names in files.items()
    }
    done, path = set(), []

    def visit(module: str) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            path.append(module)
            for target in edges[module]:
                visit(target)
            done.add(path.pop())

    for module in files:
        visit(module)
