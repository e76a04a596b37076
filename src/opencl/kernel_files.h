/* kernel_files.h - the kernel files, embedded when the library is built. */
#ifndef PS_KERNEL_FILES_H
#define PS_KERNEL_FILES_H

#include <stddef.h>

typedef struct ps_kernel_file {
    const char *name;
    const char *text;
} ps_kernel_file;

/* As many as CMakeLists.txt lists. */
enum { PS_KERNEL_FILE_COUNT = PS_KERNEL_FILES };
extern const ps_kernel_file ps_kernel_files[PS_KERNEL_FILE_COUNT];

#endif
