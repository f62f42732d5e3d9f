/* Members search in a large company, one by one: the next one asks when the one before has his answer. */
#include "load.h"

static char *queries[4096];
static int number_of, waiting;

static void read_queries(void) {
    char line[256];
    FILE *file = fopen(opt.queries ? opt.queries : "", "r");
    if (!file) die("no queries: %s", opt.queries ? opt.queries : "name a file");
    while (fgets(line, sizeof line, file) && number_of < 4096) {
        line[strcspn(line, "\n")] = 0;
        queries[number_of++] = strdup(line);
    }
    fclose(file);
    if (!number_of) die("no queries in %s", opt.queries);
}

static void found(conn *c, int members) {
    (void)members;
    latency_add(last_heard - c->asked);
    delivered++;
    waiting = 0;
}

static void ask(conn *c, const char *query) {
    waiting = 1;
    c->asked = now_ns();
    client_search(c, query);
    while (waiting) { turn(20); check("people search"); }
}

void search_run(void) {
    uint64_t asked = 0;
    on_found = found;
    read_queries();
    for (int i = 0; i < count; i++) conns[i].hold = 1;
    for (int next = 0; ready < count;) {
        while (next < count && under_way < opt.parallel) conn_start(&conns[next++]);
        turn(20);
        check("people sign in");
    }
    for (int i = 0; i < count; i++) ask(&conns[i], queries[0]); /* the first search of a view class settles whom it finds */
    for (int window = -1; window < opt.windows; window++) { /* this one warms up */
        latency_clear();
        reading from = measure();
        uint64_t until = from.at + (uint64_t)((window < 0 ? opt.warmup : opt.seconds) * SECOND);
        while (now_ns() < until) {
            ask(&conns[asked % count], queries[asked % number_of]);
            asked++;
        }
        reading to = measure();
        if (window >= 0) window_print(window, from, to, "\"kind\":\"search\"");
    }
    end_print(0);
}
