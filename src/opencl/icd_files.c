/* icd_files.c - .icd files, where ocl-icd looks for them, and the drivers that they name. */
#include "opencl/icd_files.h"

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl_icd.h>
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char ps_icd_folder_variable[] = "OCL_ICD_VENDORS";

/* The value of a variable that is set and not empty, else otherwise. */
static const char *variable(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static bool is_icd_name(const char *name) {
    const size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".icd") == 0;
}

static int is_icd_entry(const struct dirent *entry) {
    return is_icd_name(entry->d_name);
}

/* The first line of the file, or nothing. NULL: out of memory. */
static char *read_library(const char *path) {
    char line[4096] = "";
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fgets(line, sizeof line, file) == NULL)
            line[0] = '\0';
        fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    return strdup(line);
}

static bool append(ps_icd_file **files, size_t *count, const char *path, bool is_library) {
    ps_icd_file *grown = realloc(*files, (*count + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    *files = grown;
    grown[*count] = (ps_icd_file){strdup(path), is_library ? strdup(path) : read_library(path)};
    (*count)++;
    return grown[*count - 1].path != NULL && grown[*count - 1].library != NULL;
}

static bool append_folder(ps_icd_file **files, size_t *count, const char *folder) {
    struct dirent **entries = NULL;
    const int found = scandir(folder, &entries, is_icd_entry, alphasort);
    bool kept = true;
    for (int i = 0; i < found; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        kept = kept && append(files, count, path, false);
        free(entries[i]);
    }
    free(entries);
    return kept;
}

ps_icd_file *ps_icd_files_list(size_t *count) {
    const char *usual = variable("OPENCL_VENDOR_PATH", "/etc/OpenCL/vendors");
    const char *asked = variable(ps_icd_folder_variable, usual);
    ps_icd_file *files = NULL;
    struct stat about;
    char path[4096];
    bool kept;
    *count = 0;
    snprintf(path, sizeof path, "%s/%s", usual, asked);
    if (stat(asked, &about) == 0 && S_ISDIR(about.st_mode))
        kept = append_folder(&files, count, asked);
    else if (is_icd_name(asked) && strchr(asked, '/') == NULL && access(path, R_OK) == 0)
        kept = append(&files, count, path, false);
    else
        kept = append(&files, count, asked, !is_icd_name(asked));
    if (kept)
        return files;
    ps_icd_files_destroy(files, *count);
    *count = 0;
    return NULL;
}

void ps_icd_files_destroy(ps_icd_file *files, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(files[i].path);
        free(files[i].library);
    }
    free(files);
}

/* The driver's own functions are called by the names that the loader calls them by. */
typedef void *(CL_API_CALL *find_function)(const char *name);
typedef cl_int(CL_API_CALL *list_function)(cl_uint room, cl_platform_id *platforms, cl_uint *count);

static void count_devices(cl_platform_id platform) {
    const cl_icd_dispatch *functions = *(cl_icd_dispatch *const *)(const void *)platform;
    cl_uint count = 0;
    if (functions != NULL && functions->clGetDeviceIDs != NULL)
        functions->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
}

const char *ps_icd_try(const ps_icd_file *file) {
    enum { PLATFORMS_MAX = 64 };
    cl_platform_id platforms[PLATFORMS_MAX];
    cl_uint count = 0;
    find_function find;
    list_function list;
    if (file->library[0] == '\0')
        return "the file names no library";
    void *handle = dlopen(file->library, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL)
        return dlerror();
    *(void **)&find = dlsym(handle, "clGetExtensionFunctionAddress");
    if (find == NULL)
        return "it is no OpenCL driver";
    *(void **)&list = find("clIcdGetPlatformIDsKHR");
    if (list == NULL || list(0, NULL, &count) != CL_SUCCESS || count == 0)
        return NULL;
    count = count < PLATFORMS_MAX ? count : PLATFORMS_MAX;
    if (list(count, platforms, NULL) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count; i++)
        count_devices(platforms[i]);
    return NULL;
}

static void name_file(char path[PS_ICD_FOLDER_SIZE + 32], const char *folder, size_t index) {
    snprintf(path, PS_ICD_FOLDER_SIZE + 32, "%s/%zu.icd", folder, index);
}

bool ps_icd_folder_write(const ps_icd_file *files, const bool *left_out, size_t count,
                         char folder[PS_ICD_FOLDER_SIZE]) {
    char path[PS_ICD_FOLDER_SIZE + 32];
    snprintf(folder, PS_ICD_FOLDER_SIZE, "%s/parsum-drivers-XXXXXX", variable("TMPDIR", "/tmp"));
    if (mkdtemp(folder) == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (left_out[i])
            continue;
        name_file(path, folder, i);
        FILE *file = fopen(path, "w");
        const bool written = file != NULL && fprintf(file, "%s\n", files[i].library) > 0;
        if ((file != NULL && fclose(file) != 0) || !written) {
            ps_icd_folder_remove(folder, count);
            return false;
        }
    }
    return true;
}

void ps_icd_folder_remove(const char *folder, size_t count) {
    char path[PS_ICD_FOLDER_SIZE + 32];
    for (size_t i = 0; i < count; i++) {
        name_file(path, folder, i);
        unlink(path);
    }
    rmdir(folder);
}
