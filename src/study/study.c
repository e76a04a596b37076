/* study.c - the table of rows, and running them one after another. A new row is one new file and one line here. */
#include "study/study.h"

#include <stdio.h>
#include <string.h>

#include "base/cpus.h"
#include "base/error.h"
#include "study/apart.h"
#include "study/rows.h"

/* Far above what any of these takes: a row that hangs must not hang the study. */
enum { LIMIT_SECONDS = 60 };

static const struct {
    const char *name, *title, *unit;
    size_t seen_size_bytes;
    double limit_seconds; /* 0: as long as the user asked for */
    bool of_python;       /* only with --python */
    ps_study_measure *measure;
    ps_study_tell *tell;
} rows[] = {
    {"count", "Counting", "s", sizeof(ps_study_count_seen), 0, false, ps_study_measure_count,
     ps_study_tell_count},
    {"count_python", "Counting in Python", "s", sizeof(ps_study_python_seen), 0, true,
     ps_study_measure_python, ps_study_tell_python},
    {"create", "Beginning and ending", "s", sizeof(ps_study_create_seen), LIMIT_SECONDS, false,
     ps_study_measure_create, ps_study_tell_create},
    {"memory", "Memory", "bytes", sizeof(ps_study_memory_seen), LIMIT_SECONDS, false, ps_study_measure_memory,
     ps_study_tell_memory},
    {"handback", "Handing a result back", "s", sizeof(ps_study_handback_seen), LIMIT_SECONDS, false,
     ps_study_measure_handback, ps_study_tell_handback},
    {"isolation", "A bad pointer", "workers", sizeof(ps_study_isolation_seen), LIMIT_SECONDS, false,
     ps_study_measure_isolation, ps_study_tell_isolation},
    {"visibility", "A variable that one worker writes", "workers", sizeof(ps_study_visibility_seen),
     LIMIT_SECONDS, false, ps_study_measure_visibility, ps_study_tell_visibility},
    {"scaling", "Scaling of a real sum", "s", sizeof(ps_study_scaling_seen), 0, false,
     ps_study_measure_scaling, ps_study_tell_scaling},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static parsum_status run_row(ps_study *study, size_t index, ps_study_row *row, parsum_error *error) {
    parsum_error why = {0};
    void *seen = ps_study_share(rows[index].seen_size_bytes);
    if (seen == NULL)
        return ps_fail_memory(error, "a row of the study");
    *row = (ps_study_row){.name = rows[index].name, .title = rows[index].title, .unit = rows[index].unit};
    const parsum_status status =
        ps_study_run_apart(&study->request, rows[index].measure, seen, rows[index].limit_seconds, &why);
    if (status == PARSUM_CANCELLED) {
        ps_study_unshare(seen, rows[index].seen_size_bytes);
        return ps_fail(error, status, "%s", why.message);
    }
    if (status == PARSUM_OK)
        rows[index].tell(study, seen, row);
    else
        snprintf(row->error, sizeof row->error, "%.*s", ps_error_line_length(&why), why.message);
    if (row->error[0] != '\0')
        snprintf(row->sentence, sizeof row->sentence, "This could not be measured here: %s.", row->error);
    ps_study_unshare(seen, rows[index].seen_size_bytes);
    return PARSUM_OK;
}

parsum_status ps_study_run(const ps_study_request *request, ps_study *study, parsum_error *error) {
    memset(study, 0, sizeof *study);
    study->request = *request;
    study->cpus = ps_usable_cpus();
    if (study->request.workers == 0)
        study->request.workers =
            study->cpus < PS_STUDY_WORKERS_MAX / 2 ? 2 * study->cpus : PS_STUDY_WORKERS_MAX;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].of_python && !request->python)
            continue;
        if (request->progress != NULL)
            request->progress(&(parsum_progress){i, ROW_COUNT, "rows"}, request->user);
        const parsum_status status = run_row(study, i, &study->rows[study->row_count], error);
        if (status != PARSUM_OK)
            return status;
        study->row_count++;
    }
    return PARSUM_OK;
}

void ps_study_doubt(const ps_study *study, double speedup, char *text, size_t size) {
    if (speedup >= PS_STUDY_GAIN * study->cpus)
        ps_study_append(
            text, size,
            " But %.2f times is more than %u CPU%s can give: the machine was busy with something else "
            "meanwhile, so measure again.",
            speedup, study->cpus, study->cpus == 1 ? "" : "s");
}

const char *ps_study_workers_text(ps_study_way way, double count, char text[PS_STUDY_NAME_SIZE]) {
    static const char *const one[] = {"worker", "thread", "process"};
    static const char *const many[] = {"workers", "threads", "processes"};
    snprintf(text, PS_STUDY_NAME_SIZE, "%.0f %s", count, count == 1 ? one[way] : many[way]);
    return text;
}
