/* Options as name=value, the cast, and what is printed: one JSON object a line for each window and one at the end. */
#include "load.h"
#include <sys/resource.h>

struct options opt = {.mode = "pairs", .label = "", .port = 0, .core = -1, .window = 1, .windows = 3, .parallel = 50, .body = 100,
                      .seconds = 5, .warmup = 2, .limit = 300, .sample = 200, .flood_bytes = 8192};

static void option(const char *text) {
    const char *value = strchr(text, '=');
    int length = value ? value++ - text : 0;
#define NUMBER(name) if (length == sizeof #name - 1 && !memcmp(text, #name, length)) { opt.name = atof(value); return; }
#define TEXT(name) if (length == sizeof #name - 1 && !memcmp(text, #name, length)) { opt.name = value; return; }
    TEXT(mode) TEXT(cast) TEXT(label) TEXT(queries) TEXT(watch) TEXT(members) TEXT(password)
    NUMBER(port) NUMBER(server) NUMBER(database) NUMBER(core) NUMBER(pairs) NUMBER(window) NUMBER(marks) NUMBER(windows)
    NUMBER(parallel) NUMBER(body) NUMBER(tls) NUMBER(sample) NUMBER(flood) NUMBER(flood_bytes) NUMBER(steered) NUMBER(returning)
    NUMBER(seconds) NUMBER(warmup) NUMBER(rate) NUMBER(limit) NUMBER(arrive)
    die("there is no option %s", text);
}

/* A line for each connection: session token (or @ and a login name, with the password of all), conversation, its head, sync token, how
 * many conversations have news since (-: any) */
static void read_cast(void) {
    FILE *file = fopen(opt.cast ? opt.cast : "", "r");
    int room = 0;
    char news[16];
    if (!file) die("no cast: %s", opt.cast ? opt.cast : "name one");
    for (conn c = {.fd = -1};;) {
        int fields = fscanf(file, "%79s %10s %u %255s %15s", c.token, c.conversation, &c.head, c.since, news);
        if (fields == EOF) break;
        if (fields != 5) die("the cast's line %d has %d fields", count + 1, fields);
        c.expected = news[0] == '-' ? UINT32_MAX : (uint32_t)atoi(news);
        if (count == room) conns = realloc(conns, (room = 2 * room + 64) * sizeof *conns);
        c.index = count;
        conns[count++] = c;
    }
    fclose(file);
}

void window_print(int number, reading from, reading to, const char *more) {
    double seconds = (double)(to.at - from.at) / SECOND;
    uint64_t works = to.works - from.works;
    printf("{\"window\":%d,\"seconds\":%.4f,\"connections\":%d,\"delivered\":%llu,\"server_ns\":%llu,\"database_ns\":%llu,\"load_ns\":%llu,"
           "\"work_ns\":%.0f,\"works\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"highest_us\":%.1f,%s}\n",
           number, seconds, count, (unsigned long long)(to.delivered - from.delivered),
           (unsigned long long)(to.server_ns - from.server_ns), (unsigned long long)(to.database_ns - from.database_ns),
           (unsigned long long)(to.own_ns - from.own_ns), works ? (double)(to.works_ns - from.works_ns) / works : 0.0,
           (unsigned long long)works, latency_at(.5) / 1e3, latency_at(.99) / 1e3, latency_at(.999) / 1e3, latency_at(1.0 - 1e-12) / 1e3,
           more);
    fflush(stdout);
}

void end_print(uint64_t undelivered) {
    printf("{\"end\":true,\"sent\":%llu,\"acknowledged\":%llu,\"delivered\":%llu,\"undelivered\":%llu,\"disordered\":%llu,"
           "\"marks_sent\":%llu,\"marks_done\":%llu}\n",
           (unsigned long long)sent, (unsigned long long)acknowledged, (unsigned long long)delivered, (unsigned long long)undelivered,
           (unsigned long long)disordered, (unsigned long long)marks_sent, (unsigned long long)marks_done);
}

int main(int count_of_words, char **words) {
    struct rlimit files;
    for (int i = 1; i < count_of_words; i++) option(words[i]);
    if (!strcmp(opt.mode, "calibrate")) { calibrate_only(opt.sample); return 0; }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    read_cast();
    net_begin();
    measure_begin(opt.server, opt.database, opt.core);
    if (!strcmp(opt.mode, "pairs")) pairs_run();
    else if (!strcmp(opt.mode, "storm")) storm_run();
    else if (!strcmp(opt.mode, "idle")) idle_run();
    else if (!strcmp(opt.mode, "catch_up")) catch_up_run();
    else if (!strcmp(opt.mode, "search")) search_run();
    else if (!strcmp(opt.mode, "presence")) presence_run();
    else if (!strcmp(opt.mode, "restart")) restart_run();
    else die("there is no mode %s", opt.mode);
    return 0;
}
