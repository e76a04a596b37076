/* array_build.c - the kernels of arrays that a plan asks for, in one program. */
#include <string.h>

#include "fold/float_array.h"
#include "opencl/float_part.h"
#include "opencl/session_parts.h"

static bool is_wanted(const ps_array_kernel *kernel, const ps_session_plan *plan) {
    const unsigned types = plan->types != 0 ? plan->types : PS_ARRAY_INTEGERS;
    if (plan->every_need)
        return kernel->types & types;
    for (unsigned type = 0; type < PARSUM_TYPE_COUNT; type++) {
        if (types & 1u << type && ps_array_kernel_find((parsum_type)type, plan->needs) == kernel)
            return true;
    }
    return false;
}

/* The program of the files that the kernels wanted are in, behind those that they share. */
static parsum_status build_program(ps_session *session, const ps_session_plan *plan, parsum_error *error) {
    const char *names[PS_PROGRAM_FILES_MAX] = {"array_bins.h", "reduction.cl", "lanes.cl", "array.cl",
                                               "array_terms.cl"};
    const char *const of_floats[] = {"float_bins.h", "float.cl", "float_spans.cl",
                                     ps_float_part_file(session, plan->no_fp64), "float_tiles.cl"};
    size_t count = 5;
    bool floats = false;
    const ps_array_kernel *kernel;
    for (size_t i = 0; (kernel = ps_array_kernel_at(i)) != NULL; i++)
        floats = floats || (kernel->types & PS_ARRAY_FLOATS && is_wanted(kernel, plan));
    for (size_t i = 0; i < sizeof of_floats / sizeof of_floats[0] && floats; i++)
        names[count++] = of_floats[i];
    for (size_t i = 0; (kernel = ps_array_kernel_at(i)) != NULL; i++) {
        bool listed = !is_wanted(kernel, plan);
        for (size_t k = 0; k < count && !listed; k++)
            listed = strcmp(names[k], kernel->file) == 0;
        if (!listed && count < PS_PROGRAM_FILES_MAX)
            names[count++] = kernel->file;
    }
    return ps_opencl_program_build(session->context, &session->device, plan->kernel_dir, names, count,
                                   &session->arrays.program, error);
}

parsum_status ps_array_part_build(ps_session *session, const ps_session_plan *plan, parsum_error *error) {
    ps_array_part *part = &session->arrays;
    part->float_path = plan->float_path != NULL ? plan->float_path : ps_float_portable;
    parsum_status status = build_program(session, plan, error);
    const ps_array_kernel *kernel;
    for (size_t i = 0; (kernel = ps_array_kernel_at(i)) != NULL && status == PARSUM_OK; i++) {
        if (is_wanted(kernel, plan))
            status = ps_session_add_kernel(session, part->program, kernel->name,
                                           kernel->bins * sizeof(cl_ulong), &part->kernels[i], error);
    }
    return status;
}
