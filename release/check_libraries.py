"""Holds shared libraries against libraries.toml: page alignment, needed libraries, exports, sockets, size.

    check_libraries.py ours TARGET FILE      one of our libraries, built for TARGET
    check_libraries.py other NAME FILE.aar   a library of somebody else, every ABI that we ship

Prints a line for each library; every problem is a line of its own on stderr, and then the exit code is 1.
"""

from __future__ import annotations

import io
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

PAGE = 16384
"""Google Play wants 64-bit libraries to load on systems with pages of this many bytes."""


@dataclass(frozen=True)
class Library:
    """What the checks read of an ELF file."""

    bits: int
    size: int
    alignments: tuple[int, ...]  # of the segments that are loaded
    needed: tuple[str, ...]
    exported: tuple[str, ...]
    imported: tuple[str, ...]
    stripped: bool  # neither debug information nor a table of local symbols

    @classmethod
    def read(cls, data: bytes) -> Library:
        """Reads an ELF shared library; raises ValueError where it is none."""
        try:
            elf = ELFFile(io.BytesIO(data))
        except Exception as error:  # whatever the parser meets in foreign bytes
            raise ValueError(f"not an ELF file: {error}") from error
        names: dict[bool, list[str]] = {True: [], False: []}
        if isinstance(table := elf.get_section_by_name(".dynsym"), SymbolTableSection):
            for symbol in table.iter_symbols():
                if symbol.name and symbol["st_info"]["bind"] != "STB_LOCAL":
                    names[symbol["st_shndx"] == "SHN_UNDEF"].append(symbol.name)
        dynamic = elf.get_section_by_name(".dynamic")
        if not isinstance(dynamic, DynamicSection):
            raise ValueError("not a shared library: it has no dynamic section")
        return cls(
            bits=elf.elfclass,
            size=len(data),
            alignments=tuple(s["p_align"] for s in elf.iter_segments("PT_LOAD")),
            needed=tuple(tag.needed for tag in dynamic.iter_tags("DT_NEEDED")),
            exported=tuple(names[False]),
            imported=tuple(names[True]),
            stripped=not elf.has_dwarf_info(strict=True) and elf.get_section_by_name(".symtab") is None,
        )


def matches(name: str, patterns: list[str]) -> bool:
    """Whether a name fits one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def alignment_problems(library: Library) -> list[str]:
    """Segments of a 64-bit library that a system with large pages cannot map."""
    if library.bits == 32:
        return []
    return [f"a segment is aligned to {a} bytes, not to {PAGE}" for a in library.alignments if a % PAGE]


def needed_problems(library: Library, target: str, rules: dict) -> list[str]:
    """Libraries that the target's system does not have."""
    allowed = rules["needed"]["android" if "android" in target else "linux"]
    return [f"needs {name}, which the system does not bring" for name in library.needed if not matches(name, allowed)]


def problems_of_ours(library: Library, target: str, rules: dict) -> list[str]:
    """Everything that is wrong with a library of ours."""
    exports, sockets = rules["exports"]["ours"], rules["sockets"]["names"]
    problems = alignment_problems(library) + needed_problems(library, target, rules)
    problems += [f"exports {name}" for name in library.exported if not matches(name, exports)]
    problems += [f"imports {name}: the engine opens no socket" for name in library.imported if matches(name, sockets)]
    if not library.exported:
        problems.append("exports nothing")
    if not library.stripped:
        problems.append("is not stripped")
    limit = rules["sizes"].get(target, {}).get("limit")
    if limit is None:
        problems.append(f"libraries.toml has no size for {target}: it is {library.size} bytes")
    elif library.size > limit:
        problems.append(f"has {library.size} bytes, the limit is {limit}")
    return problems


def libraries_of(archive: Path, abis: list[str]) -> dict[str, bytes]:
    """Shared libraries of an AAR by their path, of these ABIs; raises ValueError where an ABI is missing."""
    with zipfile.ZipFile(archive) as content:
        found = {name: content.read(name) for name in content.namelist() if name.endswith(".so")}
    kept = {name: data for name, data in found.items() if name.split("/")[-2] in abis}
    missing = set(abis) - {name.split("/")[-2] for name in kept}
    if missing:
        raise ValueError(f"{archive.name} has nothing for {', '.join(sorted(missing))}")
    return kept


def main(arguments: list[str]) -> int:
    """Checks one library, or all of one archive."""
    rules = tomllib.loads(Path(__file__).with_name("libraries.toml").read_text(encoding="utf-8"))
    kind, name, file = arguments
    problems: dict[str, list[str]] = {}
    try:
        if kind == "ours":
            found = {name: Path(file).read_bytes()}
        else:
            found = libraries_of(Path(file), rules["others"][name]["abis"])
        for label, data in found.items():
            library = Library.read(data)
            if kind == "ours":
                problems[label] = problems_of_ours(library, name, rules)
            else:
                problems[label] = alignment_problems(library) + needed_problems(library, "android", rules)
            least, count = min(library.alignments), len(library.exported)
            print(f"  {label}: {library.size:,} bytes, {library.bits} bit, aligned to {least}, {count} exports")
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        problems[file] = [str(error)]
    for label, lines in problems.items():
        for line in lines:
            print(f"error: {label}: {line}", file=sys.stderr)
    return 1 if any(problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
