# shellcheck shell=bash disable=SC2154
# What ./dev gets from the Python package index: the second OpenCL vendor of the tests, the peers of the
# benchmarks. Part of dev, which has the messages and the folders.

# Intel's OpenCL runtime for CPUs, the libraries that it loads, and what these two depend on.
vendor_runtime=(
    intel-opencl-rt==2026.2.0
    intel-cmplr-lib-rt==2026.2.0
    intel-cmplr-lic-rt==2026.2.0
    tbb==2023.2.0
    tcmlib==1.6.0
)

# The tests and the benchmarks find the second vendor by this variable.
use_vendors() {
    make_vendors
    export PARSUM_TEST_VENDORS=$build/vendors
}

# make_vendors: build/vendors, with vendors/ to be named by OCL_ICD_VENDORS and lib/ by LD_LIBRARY_PATH. The
# runtime's own OpenCL loader and hwloc are left out of lib/: a program with both vendors uses the system's.
make_vendors() {
    [ "$(uname -m)" = x86_64 ] || fail "--vendors: Intel's OpenCL runtime is made for x86-64 only"
    local folder=$build/vendors library libraries=()
    local driver=$folder/vendors/intel-cpu.icd
    make_venv "$folder/venv" "${vendor_runtime[*]}" "${vendor_runtime[@]}"
    [ ! "$driver" -nt "$folder/venv/stamp" ] || return 0
    for library in "$folder"/venv/lib/*.so "$folder"/venv/lib/*.so.[0-9]*; do
        case ${library##*/} in libOpenCL* | libhwloc*) ;; *) libraries+=("../venv/lib/${library##*/}") ;; esac
    done
    rm -rf "${folder:?}/lib" "${folder:?}/vendors"
    mkdir "$folder/lib" "$folder/vendors"
    ln -s "${libraries[@]}" "$folder/lib/"
    # The .icd file that comes with the runtime names a folder of the machine that packed it.
    echo "$folder/lib/libintelocl.so" >"$driver"
}

# make_venv FOLDER WANTED PIP-ARGS...: a virtual environment in which pip has installed PIP-ARGS, which WANTED
# describes. A stamp, written last, tells a finished environment from an interrupted, outdated or moved one.
make_venv() {
    local folder=$1 stamp=$1/stamp wanted="$1 $2"
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
    notice "downloading into $folder"
    rm -rf --one-file-system "$folder"
    mkdir -p "$folder"
    quietly "making the virtual environment" "$(python)" -m venv "$folder"
    quietly "the download" twice "$folder/bin/python" -m pip install --quiet --no-input \
        --disable-pip-version-check --only-binary=:all: --timeout=60 "${@:3}"
    echo "$wanted" >"$stamp"
}

# The Python that Debian's python3-venv belongs to; another that comes first in PATH may lack the module.
python() {
    if has_apt && [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else echo python3; fi
}

twice() {
    "$@" || { sleep 5; "$@"; }
}
