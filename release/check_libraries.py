"""Holds shared libraries against libraries.toml: page alignment, needed libraries, exports, sockets, size.

    check_libraries.py ours TARGET FILE      one of our libraries, built for TARGET
    check_libraries.py other NAME FILE.aar   a library of somebody else, every ABI that we ship
    check_libraries.py archive FILE          every library in an AAR or an APK: ours as ours, all others as others

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
OURS = "libgensr_ffi.so"
TARGETS = {
    "arm64-v8a": "aarch64-linux-android",
    "x86_64": "x86_64-linux-android",
    "armeabi-v7a": "armv7-linux-androideabi",
}
"""Rust's names of the processors that the library is built for, by Android's names."""


@dataclass(frozen=True)
class Library:
    """Fields of an ELF file that the checks read."""

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


def needed_problems(library: Library, allowed: list[str]) -> list[str]:
    """Libraries that it needs, and that are not of those."""
    return [f"needs {name}, which the system does not bring" for name in library.needed if not matches(name, allowed)]


def problems_of_ours(library: Library, target: str, rules: dict) -> list[str]:
    """Everything that is wrong with a library of ours."""
    exports, sockets = rules["exports"]["ours"], rules["sockets"]["names"]
    needed = rules["needed"]["android" if "android" in target else "linux"]
    problems = alignment_problems(library) + needed_problems(library, needed)
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


def libraries_of(archive: Path, abis: list[str] | None = None) -> dict[str, bytes]:
    """Shared libraries of an AAR or an APK by their path, of these ABIs; raises ValueError where an ABI is missing."""
    with zipfile.ZipFile(archive) as content:
        found = {name: content.read(name) for name in content.namelist() if name.endswith(".so")}
    kept = {name: data for name, data in found.items() if abis is None or abi_of(name) in abis}
    missing = set(abis or []) - {abi_of(name) for name in kept}
    if missing:
        raise ValueError(f"{archive.name} has nothing for {', '.join(sorted(missing))}")
    return kept


def abi_of(name: str) -> str:
    """The processor that a library of an archive is for: the folder that it is in."""
    return Path(name).parent.name


def problems_of_archive(found: dict[str, bytes], rules: dict, *, whole: bool) -> dict[str, list[str]]:
    """Problems of the libraries of an archive, by their path; `whole`: it must have all that an app needs."""
    problems: dict[str, list[str]] = {}
    together: dict[str, set[str]] = {}
    for name in found:
        together.setdefault(abi_of(name), set()).add(Path(name).name)
    for abi, names in together.items():
        wanted = set(rules["archive"]["libraries"]) if whole else {OURS}
        problems[abi] = [f"{name} is missing" for name in sorted(wanted - names)]
        if abi not in TARGETS:
            problems[abi].append("there is no library of ours for this processor")
    for label, data in found.items():
        library = described(label, data)
        if Path(label).name == OURS and abi_of(label) in TARGETS:
            problems[label] = problems_of_ours(library, TARGETS[abi_of(label)], rules)
        else:
            problems[label] = problems_of_others(library, rules, together[abi_of(label)])
    return problems


def problems_of_others(library: Library, rules: dict, beside: set[str]) -> list[str]:
    """Problems that keep another project's library from being loaded; `beside`: what ships for the same processor."""
    return alignment_problems(library) + needed_problems(library, [*rules["needed"]["others"], *beside])


def described(label: str, data: bytes) -> Library:
    """Reads a library, and prints what it is."""
    library = Library.read(data)
    least, count = min(library.alignments), len(library.exported)
    print(f"  {label}: {library.size:,} bytes, {library.bits} bit, aligned to {least}, {count} exports")
    return library


def main(arguments: list[str]) -> int:
    """Checks one library, or all of one archive."""
    rules = tomllib.loads(Path(__file__).with_name("libraries.toml").read_text(encoding="utf-8"))
    kind, *names, file = arguments
    problems: dict[str, list[str]] = {}
    try:
        if kind == "ours":
            [target] = names
            problems[target] = problems_of_ours(described(target, Path(file).read_bytes()), target, rules)
        elif kind == "archive":
            found = libraries_of(Path(file))
            if not found:
                raise ValueError("it has no shared library")
            problems = problems_of_archive(found, rules, whole=file.endswith(".apk"))
        else:
            found = libraries_of(Path(file), rules["others"][names[0]]["abis"])
            for label, data in found.items():
                beside = {Path(other).name for other in found if abi_of(other) == abi_of(label)}
                problems[label] = problems_of_others(described(label, data), rules, beside)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        problems[file] = [str(error)]
    for label, lines in problems.items():
        for line in lines:
            print(f"error: {label}: {line}", file=sys.stderr)
    return 1 if any(problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
