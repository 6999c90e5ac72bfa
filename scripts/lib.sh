# Shared by the scripts beside it (sourced, not run): where things are, and how the scripts speak.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
python=${PYTHON:-python3}
# Where install-tools puts Swift, unless GENSR_SWIFT_ROOT names another place.
swift_root_default=/opt/gensr-swift
# What every build for this machine selects: cargo unifies features over a selection, so one selection compiles things once.
# GENSR_FEATURES adds to it: `GENSR_FEATURES=gensr-ffi/sqlcipher scripts/swift test bindings/swift`.
workspace=(--workspace --features "gensr-ffi/bindgen${GENSR_FEATURES:+,$GENSR_FEATURES}")
# The shared library as it ships, for `cargo rustc`. Alone: beside an rlib, which Cargo.toml names for the tests, cargo leaves out the
# optimisation across crates that the profile asks for.
shipped=(--package gensr-ffi --lib --crate-type cdylib --profile release-mobile)

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

# compile COMMAND ARGUMENT...: a long compilation. Cargo shows a progress bar on a terminal and a line for each crate elsewhere, where the
# last crates take long: there a line every 20 seconds says that it still works.
compile() {
    if [ -t 2 ]; then
        "$@"
        return
    fi
    local started=$SECONDS
    # The loop ends with this script, whose end it does not see otherwise; sleep holds no pipe of the caller open.
    (while sleep 20 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do printf 'still compiling, %d s\n' $((SECONDS - started)) >&2; done) &
    local ticker=$! code=0
    "$@" || code=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    return "$code"
}

# tool CRATE VERSION [ARGUMENT...]: a program of cargo's registry, compiled into target/tools where none of this name is on PATH.
tool() {
    export PATH="$root/target/tools/bin:$PATH"
    has "$1" || {
        say "compiling $1 $2"
        cargo install --quiet --locked --root target/tools "$1@$2" "${@:3}"
    }
}
# What builds the library for Android.
cargo_ndk_version=4.1.2

sha256_of() {
    if has sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# need_python: Python 3.11 or newer is there.
need_python() {
    has "$python" || die "$python not found: install Python 3.11 or newer, or set PYTHON"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "$python is older than 3.11: install a newer one, or set PYTHON"
}

# maven POM ARGUMENT...: Maven on POM; silent but for warnings.
maven() {
    local pom=$1
    shift
    ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$root/target/onnxruntime/libonnxruntime.so} \
        mvn --batch-mode --no-transfer-progress -Dstyle.color=never -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
        --file "$pom" "$@"
}

# std_for TARGET: whether a standard library for TARGET can be had; says where from in $std_from.
# Debian's own compiler comes with sources to build one from, and with a built one for aarch64-unknown-linux-gnu.
std_for() {
    std_from=
    if has rustc && [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]; then
        std_from=rustup
    elif [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ]; then
        local sysroot
        sysroot=$(/usr/bin/rustc --print sysroot)
        if [ -d "$sysroot/lib/rustlib/$1/lib" ]; then
            std_from=debian
        elif [ -d "$sysroot/lib/rustlib/src/rust/library" ]; then
            std_from=source
        fi
    fi
    [ -n "$std_from" ]
}

# A target folder of its own: another compiler's, so it must not displace what was built for this machine.
target_folder() { printf 'target/cross/%s' "$1"; }

# cargo_for TARGET COMMAND ARGUMENT...: cargo COMMAND for TARGET, after std_for has found a standard library.
cargo_for() {
    local target=$1 command=$2
    shift 2
    set -- "$command" --target "$target" --target-dir target/cross "$@"
    case $std_from in
        rustup) cargo "$@" ;;
        debian) RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc /usr/bin/cargo "$@" ;;
        source) RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo "$@" -Zbuild-std=std,panic_abort ;;
    esac
}
