/* handback.c - how long one result takes from the worker that has it to the parent that waits for it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/units.h"
#include "run/result.h"
#include "study/apart.h"
#include "study/rows.h"
#include "study/workers.h"

enum { ROUNDS_MAX = 300 };
static const double enough_seconds = 0.15; /* of each of the four */

/* A result, and when the worker had it: the clock is the same in all processes. */
typedef struct handed_result {
    uint64_t value;
    double ready_seconds;
} handed_result;

/* Shared by the parent and a worker that answers every question with a result. */
typedef struct answering {
    sem_t asked, answered;
    atomic_bool ending;
    handed_result result;
    int question_ends[2], answer_ends[2]; /* pipes */
} answering;

/* Gives back the next result in *received: the parent's side of one way. False: it failed. */
typedef bool hand_back(answering *run, uint64_t value, handed_result *received);

static uint64_t result_of(uint64_t question) {
    return question * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static void wait_semaphore(sem_t *semaphore) {
    while (sem_wait(semaphore) != 0 && errno == EINTR)
        continue;
}

static void answer_in_memory(unsigned index, void *context) {
    answering *run = context;
    (void)index;
    for (uint64_t question = 0;; question++) {
        wait_semaphore(&run->asked);
        if (atomic_load(&run->ending))
            return;
        run->result.value = result_of(question);
        run->result.ready_seconds = ps_clock_seconds();
        sem_post(&run->answered);
    }
}

static bool take_from_memory(answering *run, uint64_t value, handed_result *received) {
    (void)value;
    sem_post(&run->asked);
    wait_semaphore(&run->answered);
    *received = run->result;
    return true;
}

/* Both ends fit into a pipe's atomic write, so neither reads nor writes are cut. */
static bool read_whole(int file, void *data, size_t size) {
    ssize_t length;
    do
        length = read(file, data, size);
    while (length < 0 && errno == EINTR);
    return length == (ssize_t)size;
}

static void answer_by_pipe(unsigned index, void *context) {
    answering *run = context;
    uint64_t question;
    (void)index;
    /* Its own copy of the end that the parent writes to would keep the pipe open. */
    close(run->question_ends[1]);
    while (read_whole(run->question_ends[0], &question, sizeof question)) {
        const handed_result result = {result_of(question), ps_clock_seconds()};
        if (write(run->answer_ends[1], &result, sizeof result) != sizeof result)
            return;
    }
}

static bool take_from_pipe(answering *run, uint64_t value, handed_result *received) {
    return write(run->question_ends[1], &value, sizeof value) == sizeof value &&
           read_whole(run->answer_ends[0], received, sizeof *received);
}

static void *answer_by_ending(void *context) {
    handed_result *result = context;
    result->value = result_of(result->value);
    result->ready_seconds = ps_clock_seconds();
    return result;
}

static bool take_by_join(answering *run, uint64_t value, handed_result *received) {
    pthread_t thread;
    void *returned;
    run->result.value = value;
    if (pthread_create(&thread, NULL, answer_by_ending, &run->result) != 0)
        return false;
    pthread_join(thread, &returned);
    *received = *(const handed_result *)returned;
    return true;
}

/* Takes results, one after another; the median of their journeys, 0 where one failed or was wrong. The first is not
 * counted. */
static double time_journeys(answering *run, hand_back *take, unsigned *rounds) {
    double seconds[ROUNDS_MAX];
    const double start = ps_clock_seconds();
    unsigned count = 0;
    for (uint64_t round = 0; round <= ROUNDS_MAX && ps_clock_seconds() - start < enough_seconds; round++) {
        handed_result received;
        if (!take(run, round, &received))
            return 0;
        const double now = ps_clock_seconds();
        if (received.value != result_of(round))
            return 0;
        if (round > 0)
            seconds[count++] = now - received.ready_seconds;
    }
    *rounds = *rounds == 0 || count < *rounds ? count : *rounds;
    return count > 0 ? ps_median(seconds, count) : 0;
}

static double time_shared(answering *run, ps_study_way way, unsigned *rounds) {
    ps_study_workers workers;
    sem_init(&run->asked, 1, 0);
    sem_init(&run->answered, 1, 0);
    atomic_store(&run->ending, false);
    ps_study_workers_start(&workers, way, 1, answer_in_memory, run);
    const double seconds = workers.count == 1 ? time_journeys(run, take_from_memory, rounds) : 0;
    atomic_store(&run->ending, true);
    sem_post(&run->asked);
    ps_study_workers_end(&workers);
    return seconds;
}

static double time_pipe(answering *run, unsigned *rounds) {
    ps_study_workers workers;
    if (pipe(run->question_ends) != 0)
        return 0;
    if (pipe(run->answer_ends) != 0)
        return 0;
    ps_study_workers_start(&workers, PS_STUDY_PROCESSES, 1, answer_by_pipe, run);
    /* So that the parent reads an end where the worker died. */
    close(run->answer_ends[1]);
    const double seconds = workers.count == 1 ? time_journeys(run, take_from_pipe, rounds) : 0;
    close(run->question_ends[1]);
    ps_study_workers_end(&workers);
    close(run->question_ends[0]);
    close(run->answer_ends[0]);
    return seconds;
}

void ps_study_measure_handback(const ps_study_request *request, void *context) {
    ps_study_handback_seen *seen = context;
    answering *run = ps_study_share(sizeof *run);
    double(*median)[PS_STUDY_HANDS] = seen->median_seconds;
    (void)request;
    if (run == NULL) {
        snprintf(seen->why_not, sizeof seen->why_not, "there is no memory to share");
        return;
    }
    median[PS_STUDY_THREADS][PS_STUDY_SHARED] = time_shared(run, PS_STUDY_THREADS, &seen->rounds);
    median[PS_STUDY_THREADS][PS_STUDY_JOIN] = time_journeys(run, take_by_join, &seen->rounds);
    median[PS_STUDY_PROCESSES][PS_STUDY_SHARED] = time_shared(run, PS_STUDY_PROCESSES, &seen->rounds);
    median[PS_STUDY_PROCESSES][PS_STUDY_PIPE] = time_pipe(run, &seen->rounds);
    ps_study_unshare(run, sizeof *run);
}

/* The four, in the order in which they are measured and shown. */
static const struct {
    ps_study_way way;
    unsigned hand;
    const char *key, *label, *words;
} journeys[] = {
    {PS_STUDY_THREADS, PS_STUDY_SHARED, "shared_memory", "shared memory", "a thread's shared memory"},
    {PS_STUDY_THREADS, PS_STUDY_JOIN, "join", "join", "joining a thread"},
    {PS_STUDY_PROCESSES, PS_STUDY_SHARED, "shared_memory", "shared memory", "a process's shared memory"},
    {PS_STUDY_PROCESSES, PS_STUDY_PIPE, "pipe", "pipe", "a pipe from a process"},
};
enum { JOURNEYS = sizeof journeys / sizeof journeys[0] };

/* Which took how long, the quickest first. */
static void say(const double *seconds, char *text, size_t size) {
    unsigned order[JOURNEYS];
    for (unsigned i = 0; i < JOURNEYS; i++) {
        unsigned place = i;
        for (; place > 0 && seconds[order[place - 1]] > seconds[i]; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
    const double span = seconds[order[JOURNEYS - 1]] / seconds[order[0]];
    ps_study_append(text, size, "One result is back ");
    for (unsigned i = 0; i < JOURNEYS; i++) {
        char amount[UNITS_SIZE];
        units_seconds(seconds[order[i]], amount);
        ps_study_append(text, size, "%sby %s in %s",
                        i == 0             ? ""
                        : i + 1 < JOURNEYS ? ", "
                                           : " and ",
                        journeys[order[i]].words, amount);
    }
    if (span < PS_STUDY_GAIN)
        ps_study_append(text, size, ": all about alike.");
    else
        ps_study_append(text, size, ": the quickest is %.1f times as quick as the slowest.", span);
}

void ps_study_tell_handback(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_handback_seen *seen = context;
    double seconds[JOURNEYS];
    (void)study;
    snprintf(
        row->method, sizeof row->method,
        "From the moment a worker has its result (16 bytes) to the moment the parent, which waits for it, "
        "has it: through memory that both share with a semaphore to wake the parent, through a pipe, as "
        "what a thread returns when it is joined. The median of %u each.",
        seen->rounds);
    for (unsigned i = 0; i < JOURNEYS; i++) {
        seconds[i] = seen->median_seconds[journeys[i].way][journeys[i].hand];
        if (row->error[0] == '\0' && seconds[i] <= 0)
            snprintf(row->error, sizeof row->error, "no right result came back by %s", journeys[i].words);
    }
    if (seen->why_not[0] != '\0')
        snprintf(row->error, sizeof row->error, "%s", seen->why_not);
    if (row->error[0] != '\0')
        return;
    row->one_scale = true;
    for (unsigned i = 0; i < JOURNEYS; i++)
        ps_study_add_number(row, journeys[i].way, journeys[i].key, journeys[i].label, PS_STUDY_SECONDS,
                            seconds[i])
            ->charted = true;
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++)
        ps_study_add_number(row, (ps_study_way)way, "rounds", NULL, PS_STUDY_NUMBER, seen->rounds);
    say(seconds, row->sentence, sizeof row->sentence);
}
