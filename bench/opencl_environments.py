"""Environments in which the OpenCL loader sees exactly one vendor's driver."""

import os
from pathlib import Path

SYSTEM_VENDORS = Path("/etc/OpenCL/vendors")  # where the loader looks by its own standard
# Drivers that name no .icd of their own, for finding out whether any driver was loaded.
KNOWN_DRIVERS = ("libpocl", "libintelocl", "libigdrcl", "libnvidia-opencl", "libamdocl", "libMesaOpenCL", "libRusticl")


def icd_files():
    named = os.environ.get("OCL_ICD_VENDORS")
    place = Path(named) if named else SYSTEM_VENDORS
    if place.is_file():
        return [place]
    return sorted(place.glob("*.icd")) if place.is_dir() else []


def driver_libraries():
    """The names by which a loaded driver would be known."""
    return {Path(path.read_text().strip()).name for path in icd_files()}


def loaded_drivers(libraries):
    named = driver_libraries()
    return sorted(name for name in libraries if name in named or name.startswith(KNOWN_DRIVERS))


def pocl_alone(scratch_folder, cpu_count):
    """The environment with PoCL alone, or None where it is not installed."""
    sources = [path for path in icd_files() if "pocl" in path.name or "pocl" in path.read_text()]
    if not sources:
        return None
    folder = Path(scratch_folder) / "pocl"
    folder.mkdir(exist_ok=True)
    (folder / "pocl.icd").write_text(sources[0].read_text())
    # PoCL counts the machine's CPUs, not those this process may use.
    return {"OCL_ICD_VENDORS": str(folder), "POCL_MAX_PTHREAD_COUNT": str(cpu_count)}


def intel_alone(scratch_folder):
    """The environment with Intel's CPU runtime alone, from the folder that PARSUM_TEST_VENDORS names, or None."""
    vendors = os.environ.get("PARSUM_TEST_VENDORS")
    if not vendors:
        return None
    source, libraries = Path(vendors) / "vendors" / "intel-cpu.icd", Path(vendors) / "lib"
    if not source.is_file() or not libraries.is_dir():
        return None
    folder = Path(scratch_folder) / "intel"
    folder.mkdir(exist_ok=True)
    # The packaged file names a place in the packager's own build; the library's name alone is looked up in lib/.
    driver = Path(source.read_text().split()[0]).name
    (folder / "intel-cpu.icd").write_text(driver + "\n")
    inherited = os.environ.get("LD_LIBRARY_PATH")
    search_path = f"{libraries}:{inherited}" if inherited else str(libraries)
    return {"OCL_ICD_VENDORS": str(folder), "LD_LIBRARY_PATH": search_path}
