# Writes OUTPUT, a C file with the text of each of KERNELS (files in KERNEL_DIR) as a table of names and texts.
# Run as a script: cmake -DKERNEL_DIR=... -DKERNELS=a,b -DOUTPUT=... -P embed_kernels.cmake
string(REPLACE "," ";" names "${KERNELS}")
set(arrays "")
set(table "")
foreach(name IN LISTS names)
  file(READ "${KERNEL_DIR}/${name}" bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  string(APPEND arrays "static const char text_${identifier}[] = {\n${bytes}0};\n")
  string(APPEND table "    {\"${name}\", text_${identifier}},\n")
endforeach()
file(WRITE "${OUTPUT}"
  "#include \"opencl/kernel_files.h\"\n\n${arrays}\nconst ps_kernel_file ps_kernel_files[PS_KERNEL_FILE_COUNT] = {\n${table}};\n")
