# shellcheck shell=bash disable=SC2154
# The packages that ./dev needs: which, whether they are there, and how to get them. Part of dev, which has
# the messages and the folders.

# One row a package: the group of commands that needs it, its Debian name, how to see that it is there on a
# system without Debian's packages (-: not looked for, as a build does without), and what it is for.
packages='
run     gcc                 command:cc            the C compiler
run     libc6-dev           header:stdio.h        the C library, to compile and link with
run     cmake               command:cmake         the build, 3.22 or later
run     ninja-build         command:ninja         the build
run     pkg-config          command:pkg-config    finding libraries
run     ocl-icd-opencl-dev  module:OpenCL         the OpenCL loader and its headers
run     pocl-opencl-icd     -                     an OpenCL driver for the CPU, where there is no other
run     libgmp-dev          module:gmp            big integers
run     libjansson-dev      module:jansson        JSON
run     zlib1g-dev          module:zlib           input compressed by gzip
run     libzstd-dev         module:libzstd        input compressed by zstd
test    libcmocka-dev       module:cmocka         unit tests
test    libmpfr-dev         module:mpfr           correctly rounded numbers to test against
test    oclgrind            command:oclgrind      a simulated GPU that finds races
test    python3             command:python3       tests of the command line
test    valgrind            command:valgrind      reads of memory that was never written
test    zstd                command:zstd          files for these tests
long    chromium            -                     looking at the page of study; tests do without
venv    python3-venv        python:ensurepip      folders for Python packages
bench   python3-dev         -                     a peer that pip compiles
bench   g++                 command:c++           likewise
bench   datamash            command:datamash      a peer
format  clang-format        command:clang-format  the layout of the sources
'

# need GROUP...: on return, what these groups need is there.
need() {
    local -a missing
    if has_apt; then
        mapfile -t missing < <(missing_packages "$@")
        [ ${#missing[@]} -gt 0 ] || return 0
        if as_root true 2>/dev/null; then
            notice "installing ${missing[*]}"
            mkdir -p "$build"
            quietly "installing packages" install_packages "${missing[@]}"
            return
        fi
    fi
    need_tools "$@"
}

# need_tools GROUP...: where nothing can be installed, what counts is the tool itself, wherever it came from.
need_tools() {
    local package probe purpose lines='' names=() blocked=no
    while read -r package probe purpose; do
        if [ "$probe" != - ]; then
            ! found "$probe" || continue
            blocked=yes
        fi
        names+=("$package")
        printf -v lines '%s  %-20s %s\n' "$lines" "$package" "$purpose"
    done < <(rows_of "$@")
    [ $blocked = yes ] || return 0
    printf 'dev: missing, by the names of their Debian packages:\n%s' "$lines" >&2
    ! has_apt || fail "as root: apt-get install --no-install-recommends ${names[*]}"
    fail "install them, by whatever name they have on this system, and try again"
}

# rows_of GROUP...: their rows of the table, without the group.
rows_of() {
    local group row
    while read -r group row; do
        case " $* " in *" $group "*) echo "$row" ;; esac
    done <<<"$packages"
}

missing_packages() {
    local -a wanted
    local installed package format="\${db:Status-Status} \${Package} "
    mapfile -t wanted < <(rows_of "$@" | cut -d ' ' -f 1)
    # It fails where it does not know one of them, and still lists the others.
    installed=$(dpkg-query --show --showformat="$format" "${wanted[@]}" 2>/dev/null) || true
    for package in "${wanted[@]}"; do
        case " $installed" in *" installed $package "*) ;; *) echo "$package" ;; esac
    done
}

# found PROBE: as in the third column of the table.
found() {
    local name=${1#*:}
    case $1 in
        command:*) command -v "$name" ;;
        module:*) pkg-config --exists "$name" ;;
        header:*) cc -E -include "$name" -x c /dev/null ;;
        python:*) "$(python)" -c "import $name" ;;
    esac >/dev/null 2>&1
}

has_apt() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# A source of packages that cannot be refreshed does not matter if the others have what is needed.
install_packages() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    as_root "${apt[@]}" update || echo "apt-get update failed; trying to install all the same"
    as_root "${apt[@]}" install --yes --no-install-recommends "$@"
}
