/* icd_files.h - the files by which the OpenCL loader finds drivers, for a program that must outlive a bad driver: the loader loads
 * all of them in one call, and passes over those that it cannot load in silence. */
#ifndef PS_ICD_FILES_H
#define PS_ICD_FILES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ps_icd_file {
    char *path;    /* of the .icd file; of the library itself where the environment names that */
    char *library; /* what the file names; empty where it names nothing or cannot be read */
} ps_icd_file;

/* Those that the loader would read, sorted by name; *count of them. NULL: there are none, or no memory. */
ps_icd_file *ps_icd_files_list(size_t *count);
void ps_icd_files_destroy(ps_icd_file *files, size_t count);

/* Does with one driver what the loader will do with it: loads it, and asks for its platforms and their devices. It stays loaded.
 * NULL, or the linker's words on why it cannot be loaded. */
const char *ps_icd_try(const ps_icd_file *file);

/* Writes a folder of .icd files for those that are not left out, and its name to folder. False: it cannot be written. */
enum { PS_ICD_FOLDER_SIZE = 4096 };
bool ps_icd_folder_write(const ps_icd_file *files, const bool *left_out, size_t count,
                         char folder[PS_ICD_FOLDER_SIZE]);
void ps_icd_folder_remove(const char *folder, size_t count);

/* The environment variable by which the loader is told of a folder. */
extern const char ps_icd_folder_variable[];

#endif
