"""The checks on libraries that a compiler makes here: each fault is found, and a sound library passes."""

import shutil
import subprocess
import zipfile

import pytest
from check_libraries import PAGE, Library, abi_of, libraries_of, main, matches, problems_of_archive, problems_of_ours

SOUND = "int uniffi_add(int a) { return a + 1; }"
TARGET = "x86_64-unknown-linux-gnu"
RULES = {
    "sizes": {TARGET: {"limit": 100_000}},
    "needed": {"linux": ["libc.so.6", "ld-linux*.so.*"], "android": ["libc.so"], "others": []},
    "exports": {"ours": ["uniffi_*"]},
    "sockets": {"names": ["socket", "getaddrinfo"]},
}


def compiled(folder, source: str, *options: str, strip: tuple[str, ...] = ("-s",)) -> Library:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    (folder / "a.c").write_text(source)
    command = ["cc", "-shared", "-fPIC", "-nostartfiles", *strip, f"-Wl,-z,max-page-size={PAGE}", *options]
    subprocess.run([*command, "-o", folder / "a.so", folder / "a.c"], check=True)
    return Library.read((folder / "a.so").read_bytes())


def test_a_sound_library_passes(tmp_path):
    assert problems_of_ours(compiled(tmp_path, SOUND), TARGET, RULES) == []


@pytest.mark.parametrize(
    ("source", "options", "problem"),
    [
        (SOUND, ["-Wl,-z,max-page-size=4096"], "aligned to 4096"),
        (SOUND + " int helper(void) { return 2; }", [], "exports helper"),
        ("int socket(int, int, int); int uniffi_a(void) { return socket(1, 1, 1); }", [], "imports socket"),
        (SOUND, ["-Wl,--no-as-needed", "-lm"], "needs libm.so.6"),
        ("static int nothing;", [], "exports nothing"),
    ],
)
def test_each_fault_is_found(tmp_path, source, options, problem):
    library = compiled(tmp_path, source, *options)
    assert any(problem in line for line in problems_of_ours(library, TARGET, RULES))


def test_a_library_with_local_symbols_or_debug_information_is_told(tmp_path):
    for kept in ((), ("-g",)):
        library = compiled(tmp_path, SOUND, strip=kept)
        assert problems_of_ours(library, TARGET, RULES) == ["is not stripped"]


def test_a_library_beyond_its_limit_or_without_one_is_told(tmp_path):
    library = compiled(tmp_path, SOUND)
    tight = RULES | {"sizes": {TARGET: {"limit": library.size - 1}}}
    assert any("the limit is" in line for line in problems_of_ours(library, TARGET, tight))
    assert any("no size for" in line for line in problems_of_ours(library, TARGET, RULES | {"sizes": {}}))


def test_foreign_bytes_are_an_error_and_no_crash(tmp_path, capsys):
    for data in (b"", b"\x7fELF", b"\x7fELF" + bytes(range(256)) * 8, b"MZ" * 100):
        (tmp_path / "a.so").write_bytes(data)
        assert main(["ours", TARGET, str(tmp_path / "a.so")]) == 1
    assert "error: " in capsys.readouterr().err


def test_an_archive_must_have_every_abi(tmp_path):
    compiled(tmp_path, SOUND)
    with zipfile.ZipFile(tmp_path / "a.aar", "w") as archive:
        archive.write(tmp_path / "a.so", "jni/x86_64/liba.so")
        archive.write(tmp_path / "a.so", "jni/mips/liba.so")
    assert list(libraries_of(tmp_path / "a.aar", ["x86_64"])) == ["jni/x86_64/liba.so"]
    with pytest.raises(ValueError, match="arm64-v8a"):
        libraries_of(tmp_path / "a.aar", ["arm64-v8a", "x86_64"])


def archived(folder, *paths: str) -> dict[str, bytes]:
    """An APK with these files, as it is read; each name of a file has a library of its own in `folder`."""
    with zipfile.ZipFile(folder / "a.apk", "w") as archive:
        archive.writestr("classes.dex", b"")
        for path in paths:
            archive.write(folder / path.rpartition("/")[2], path)
    return libraries_of(folder / "a.apk")


def test_every_library_of_an_archive_is_looked_at(tmp_path):
    sources = {
        "libgensr_ffi.so": (SOUND, []),
        "libonnxruntime.so": ("int OrtGetApiBase(void) { return 1; }", ["-Wl,-soname,libonnxruntime.so"]),
        "libjni.so": ("void Java_a(void) { }", ["-Wl,--no-as-needed", f"-L{tmp_path}", "-l:libonnxruntime.so"]),
        "libsmall.so": (SOUND, ["-Wl,-z,max-page-size=4096"]),
    }
    for name, (source, options) in sources.items():
        compiled(tmp_path, source, "-nostdlib", *options)
        (tmp_path / "a.so").rename(tmp_path / name)
    limit = {"x86_64-linux-android": {"limit": 100_000}}
    rules = RULES | {"sizes": limit, "archive": {"libraries": ["libgensr_ffi.so", "libonnxruntime.so"]}}

    found = archived(tmp_path, *(f"lib/x86_64/{name}" for name in sources if name != "libsmall.so"))
    assert list(map(abi_of, found)) == ["x86_64"] * 3
    assert not any(problems_of_archive(found, rules, whole=True).values())
    # The libraries beside it, or for the other processor, make the difference.
    found = archived(tmp_path, "lib/x86_64/libgensr_ffi.so", "lib/x86_64/libjni.so", "lib/arm64-v8a/libonnxruntime.so")
    problems = problems_of_archive(found, rules, whole=True)
    assert problems["lib/x86_64/libjni.so"] == ["needs libonnxruntime.so, which the system does not bring"]
    assert problems["x86_64"] == ["libonnxruntime.so is missing"]
    assert problems["arm64-v8a"] == ["libgensr_ffi.so is missing"]
    assert not problems_of_archive(found, rules, whole=False)["x86_64"], "an AAR has ours alone"
    # Ours is held against its size and its exports, those of others are not; pages count for all.
    found = archived(tmp_path, "lib/x86_64/libgensr_ffi.so", "lib/x86_64/libsmall.so", "lib/mips/libgensr_ffi.so")
    problems = problems_of_archive(found, rules | {"sizes": {}, "exports": {"ours": []}}, whole=False)
    assert any("exports uniffi_add" in line for line in problems["lib/x86_64/libgensr_ffi.so"])
    assert all("aligned to 4096" in line for line in problems["lib/x86_64/libsmall.so"])
    assert problems["mips"] == ["there is no library of ours for this processor"]


def test_an_archive_without_libraries_is_an_error(tmp_path, capsys):
    assert archived(tmp_path) == {}
    assert main(["archive", str(tmp_path / "a.apk")]) == 1
    assert "no shared library" in capsys.readouterr().err


def test_patterns():
    assert matches("libc.so.6", ["libc.so.6"]) and matches("ld-linux-x86-64.so.2", ["ld-linux*.so.*"])
    assert not matches("libcurl.so.4", ["libc.so.*"])
