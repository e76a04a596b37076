/* command_study.c - threads against processes: the study, printed, and as a page where --html names a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/whole_file.h"
#include "cli/commands.h"
#include "report/study_report.h"

/* What cannot be written is said before seconds are spent on measuring. That it can be is known only when it is. */
static parsum_status check_page(const char *path, parsum_error *error) {
    const char *const slash = strrchr(path, '/');
    char *const folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    parsum_status status = PARSUM_OK;
    if (folder == NULL)
        status = ps_fail_memory(error, "a name");
    else if (access(folder, W_OK | X_OK) != 0)
        status = ps_fail(error, PARSUM_FAILED, "%s cannot be written (%s)", path, strerror(errno));
    else
        status = ps_whole_file_check(path, error);
    free(folder);
    return status;
}

static parsum_status write_page(const char *path, const ps_study *study, parsum_error *error) {
    char *page = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&page, &size);
    if (stream == NULL)
        return ps_fail_memory(error, "the page");
    report_study_html(stream, study);
    const bool whole = ferror(stream) == 0;
    const parsum_status status = fclose(stream) == 0 && whole ? ps_whole_file_write(path, page, size, error)
                                                              : ps_fail_memory(error, "the page");
    free(page);
    return status;
}

static parsum_status print(const ps_settings *settings, const ps_study *study, parsum_error *error) {
    if (settings->format != FORMAT_JSON) {
        report_study_text(stdout, study);
        return PARSUM_OK;
    }
    return report_study_json(stdout, study) ? PARSUM_OK : ps_fail_memory(error, "the answer");
}

int command_study(const ps_settings *settings) {
    const parsum_options options = with_callbacks(settings);
    const ps_study_request request = {
        .tasks = settings->tasks,
        .count = settings->count,
        .workers = options.workers,
        .python = settings->python,
        .isa = options.isa,
        .progress = options.progress,
        .cancelled = options.cancelled,
        .user = options.user,
    };
    parsum_error error = {0};
    ps_study *study = malloc(sizeof *study);
    parsum_status status = study == NULL ? ps_fail_memory(&error, "the study") : PARSUM_OK;
    if (status == PARSUM_OK && settings->html_path != NULL)
        status = check_page(settings->html_path, &error);
    if (status == PARSUM_OK)
        status = ps_study_run(&request, study, &error);
    progress_clear();
    if (status == PARSUM_OK && settings->html_path != NULL && signals_caught() == 0)
        status = write_page(settings->html_path, study, &error);
    if (signals_caught() != 0)
        status = PARSUM_CANCELLED;
    else if (status == PARSUM_OK)
        status = print(settings, study, &error);
    if (status != PARSUM_OK && signals_caught() == 0)
        complain("%s", error.message);
    free(study);
    return (int)status;
}
