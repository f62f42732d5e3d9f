/* Clocks, latencies, the CPU that a server's processes took, and how slow its core is at the time. */
#include "load.h"
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t which) {
    struct timespec t;
    clock_gettime(which, &t);
    return (uint64_t)t.tv_sec * SECOND + t.tv_nsec;
}
uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
uint64_t own_cpu_ns(void) { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

void die(const char *form, ...) {
    va_list rest;
    va_start(rest, form);
    fprintf(stderr, "load: ");
    vfprintf(stderr, form, rest);
    fprintf(stderr, "\n");
    va_end(rest);
    exit(2);
}

/* ---- latencies: 128 steps to each doubling, so a quantile is exact within 0.8 % */

#define STEPS 128
static struct histogram { uint32_t buckets[64 * STEPS]; uint64_t count; } waits, arrivals;

static int bucket_of(uint64_t ns) {
    int top = 63 - __builtin_clzll(ns | STEPS);
    return (top - 7) * STEPS + (int)(ns >> (top - 7));
}
static void add(struct histogram *h, uint64_t ns) { h->buckets[bucket_of(ns)]++; h->count++; }
static uint64_t at(const struct histogram *h, double share) {
    uint64_t before = 0, wanted = (uint64_t)(share * (double)h->count);
    for (int i = 0; i < 64 * STEPS; i++) {
        before += h->buckets[i];
        if (before > wanted) {
            uint64_t step = (uint64_t)(i % STEPS) + STEPS; /* the first two rows of buckets are single numbers */
            return i < 2 * STEPS ? (uint64_t)i : step << (i / STEPS - 1);
        }
    }
    return 0;
}
void latency_clear(void) { memset(&waits, 0, sizeof waits); memset(&arrivals, 0, sizeof arrivals); }
void latency_add(uint64_t ns) { add(&waits, ns); }
uint64_t latency_at(double share) { return at(&waits, share); }
void arrival_add(uint64_t ns) { add(&arrivals, ns); }
uint64_t arrival_at(double share) { return at(&arrivals, share); }

/* ---- CPU of a process, its threads and all its children */

static uint64_t first_number(const char *path) {
    unsigned long long value = 0;
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%llu", &value) != 1) value = 0;
        fclose(file);
    }
    return value;
}

/* of children that have ended and were waited for */
static uint64_t ended_children_ns(int pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    long user = 0, system = 0;
    char *rest = strrchr(text, ')');
    if (rest) sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld", &user, &system);
    return (uint64_t)(user + system) * (SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t tree_ns(int pid) {
    char path[128];
    uint64_t total = ended_children_ns(pid);
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks) return 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        int tid = atoi(task->d_name), child;
        if (!tid) continue;
        snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, tid);
        total += first_number(path);
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
        FILE *children = fopen(path, "r");
        while (children && fscanf(children, "%d", &child) == 1) total += tree_ns(child);
        if (children) fclose(children);
    }
    closedir(tasks);
    return total;
}

static long rss_kib(int pid) {
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* ---- calibration: the same piece of work again and again on the server's core, in CPU time of its own */

#define CELLS 4096
static uint64_t cells[CELLS];
static _Atomic uint64_t works, works_ns;

static void __attribute__((noinline)) piece_of_work(void) {
    uint64_t x = 88172645463325252ull;
    for (int i = 0; i < 160000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        cells[x % CELLS] += x ^ cells[(x >> 20) % CELLS];
    }
}

static void work_once(void) {
    uint64_t began = own_cpu_ns();
    piece_of_work();
    uint64_t took = own_cpu_ns() - began;
    works_ns += took;
    works++;
}

static void on_core(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set)) die("core %d cannot be used", core);
}

static void *works_on(void *core) {
    struct timespec pause = {0, 20000000};
    on_core((int)(intptr_t)core);
    for (;;) {
        work_once();
        nanosleep(&pause, 0);
    }
    return 0;
}

static int by_size(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

void calibrate_only(int samples) {
    struct timespec pause = {0, 20000000};
    uint64_t *took = calloc(samples, sizeof *took);
    on_core(opt.core);
    for (int i = 0; i < samples; i++) {
        uint64_t before = works_ns;
        nanosleep(&pause, 0);
        work_once();
        took[i] = works_ns - before;
    }
    qsort(took, samples, sizeof *took, by_size);
    printf("{\"samples\":%d,\"lowest_ns\":%llu,\"tenth_ns\":%llu,\"median_ns\":%llu}\n", samples, (unsigned long long)took[0],
           (unsigned long long)took[samples / 10], (unsigned long long)took[samples / 2]);
    free(took);
}

/* ---- readings */

static int server_pid, database_pid;

void measure_server(int server) { server_pid = server; }

void measure_begin(int server, int database, int core) {
    pthread_t thread;
    server_pid = server;
    database_pid = database;
    if (core >= 0 && pthread_create(&thread, 0, works_on, (void *)(intptr_t)core)) die("no thread for the calibration");
}

reading measure(void) {
    reading r = {.at = now_ns(), .delivered = delivered, .works = works, .works_ns = works_ns, .own_ns = own_cpu_ns()};
    r.server_ns = tree_ns(server_pid);
    r.database_ns = database_pid ? tree_ns(database_pid) : 0;
    r.rss_kib = rss_kib(server_pid);
    return r;
}
