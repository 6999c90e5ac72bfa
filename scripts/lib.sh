# Shared by the scripts beside it (sourced, not run): where things are, and how the scripts speak.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
python=${PYTHON:-python3}

# What the machine has, under the name that Rust gives it.
case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) host=x86_64-unknown-linux-gnu ;;
    Linux-aarch64 | Linux-arm64) host=aarch64-unknown-linux-gnu ;;
    Darwin-arm64) host=aarch64-apple-darwin ;;
    *) host=unsupported ;;
esac

bold='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Ends a part whose tools are missing; the one line says what to install. scripts/run-parts knows the exit code.
skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}
has() { command -v "$1" >/dev/null 2>&1; }

sha256_of() {
    if has sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# need_python: Python 3.11 or newer is there.
need_python() {
    has "$python" || die "$python not found: install Python 3.11 or newer, or set PYTHON"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "$python is older than 3.11: install a newer one, or set PYTHON"
}
