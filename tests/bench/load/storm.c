/* Many come back at once; many are idle; many catch up with what they missed. */
#include "load.h"

static int done, started;
static uint64_t rows;

static void count_done(conn *c) {
    latency_add(now_ns() - c->began);
    done++;
}

static void wait_for(const char *doing, int most) {
    while (done < most) {
        while (started < most && under_way < opt.parallel) conn_start(&conns[started++]);
        turn(20);
        check(doing);
    }
}

static void all_leave(void) {
    for (int i = 0; i < count; i++) conn_close(&conns[i]);
    uint64_t until = now_ns() + 2 * SECOND;
    while (now_ns() < until) turn(50);
    done = started = 0;
}

/* From the first connection to the last page of heads. */
void storm_run(void) {
    on_ready = count_done;
    for (int window = 0; window < opt.windows; window++) {
        latency_clear();
        reading from = measure();
        wait_for("people come back", count);
        reading to = measure();
        window_print(window, from, to, "\"phase\":\"storm\"");
        all_leave();
    }
    end_print(0);
}

void idle_run(void) {
    int few = count / 100;
    on_ready = count_done;
    wait_for("the first come", few);
    settle(1000);
    reading from = measure();
    wait_for("all come", count);
    settle(1000);
    reading there = measure();
    window_print(-1, from, there, "\"phase\":\"coming\"");
    for (int window = 0; window < opt.windows; window++) {
        char more[128];
        reading begun = measure();
        uint64_t until = begun.at + (uint64_t)(opt.seconds * SECOND);
        while (now_ns() < until) {
            turn(50);
            check("people are idle");
        }
        reading to = measure();
        snprintf(more, sizeof more, "\"kib_each\":%.3f,\"rss_kib\":%ld", (double)(to.rss_kib - from.rss_kib) / (count - few), to.rss_kib);
        window_print(window, begun, to, more);
    }
    end_print(0);
}

/* ---- sync and one page of history for each; signed in before the window begins */

static void ask_history(conn *c) { client_history(c); }

static void history_came(conn *c, int messages) {
    rows += messages;
    delivered += messages;
    latency_add(now_ns() - c->asked);
    done++;
}

static void came(conn *c) {
    if (c->hold) done++;
    else ask_history(c);
}

void catch_up_run(void) {
    on_ready = came;
    on_history = history_came;
    for (int window = 0; window < opt.windows; window++) {
        for (int i = 0; i < count; i++) conns[i].hold = 1;
        wait_for("people sign in", count);
        settle(500);
        latency_clear();
        done = 0;
        int asked = 0;
        reading from = measure();
        while (done < count) {
            while (asked < count && asked - done < opt.window) {
                conn *c = &conns[asked++];
                c->hold = 0;
                c->asked = now_ns();
                ready--;
                under_way++;
                client_resume_sync(c);
            }
            turn(20);
            check("people catch up");
        }
        reading to = measure();
        window_print(window, from, to, "\"phase\":\"catch_up\"");
        if (rows != (uint64_t)count * opt.sample) die("%llu messages came, not %d", (unsigned long long)rows, count * opt.sample);
        rows = 0;
        all_leave();
    }
    end_print(0);
}
