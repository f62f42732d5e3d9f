/* Two and two write to each other: connections 2k and 2k + 1 share a conversation.
 *
 * Closed loop: each has `window` messages on their way to the other; what arrives lets its sender send again.
 * Open loop: `rate` messages a second by all in turn, each stamped with the time that it was due, so that waiting counts.
 * With flood: one more pair, whose reader reads in every other window and stops reading in those between.
 * With arrive: whoever else is in the cast comes, so many a second, and watches his units, while the pairs write.
 */
#include "load.h"
#include <time.h>

#define STAMP 26 /* ~, time, number, which of the two wrote it */
static int sending, measuring, live, standing; /* live: the connections that are measured; standing: with the flood's, there before */
static uint64_t stalls, flood_sent;

static void digits(char *to, uint64_t value, int length) {
    while (length--) to[length] = "0123456789abcdef"[value & 15], value >>= 4;
}

static uint64_t next_random(void) {
    static uint64_t x;
    if (!x) x = now_ns() | 1;
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
}

static void build(conn *c, int characters) {
    static const char filler[] = "Shall we go over the plan once more before lunch? 午饭之前再看一遍计划吧。";
    frame f;
    map_begin(&f, 5, "send");
    put_number(&f, "request", 0);
    c->at_request = f.length - 4;
    put_text(&f, "id", "00000000000000000000000000000000");
    c->at_id = f.length - 32;
    put_text(&f, "conversation", c->conversation);
    put_raw(&f, "\xa4" "body" "\x82\xa4" "kind" "\xa4" "text", 16);
    char *text = calloc(1, characters + sizeof filler);
    for (int at = STAMP; at < characters; at += sizeof filler - 1) memcpy(text + at, filler, sizeof filler - 1);
    while ((text[characters] & 0xc0) == 0x80) characters--; /* no half a character */
    text[0] = '~';
    text[STAMP - 1] = '0' + (c->index & 1);
    put_text_of(&f, "text", text, characters);
    c->at_stamp = f.length - characters + 1;
    free(text);
    free(c->message);
    c->message = malloc(f.length);
    memcpy(c->message, f.bytes, f.length);
    c->message_length = f.length;
}

/* `times` messages in one write */
static void post(conn *c, int times, uint64_t stamp) {
    static uint8_t out[64 * 1024];
    struct timespec t;
    int length = 0;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t ms = (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    for (; times--; sent++) {
        char *id = (char *)c->message + c->at_id, *text = (char *)c->message + c->at_stamp;
        uint32_t request = ++c->request;
        uint8_t number[4] = {request >> 24, request >> 16, request >> 8, request};
        memcpy(c->message + c->at_request, number, 4);
        digits(id, ms, 12);
        digits(id + 12, 0x7000 | (next_random() & 0xfff), 4);
        digits(id + 16, 1ull << 63 | next_random() >> 2, 16);
        digits(text, stamp, 16);
        digits(text + 16, ++c->sent, 8);
        if (length + MASKED_ROOM(c->message_length) > (int)sizeof out) conn_write(c, out, length), length = 0;
        length += masked(c->message, c->message_length, out + length);
    }
    conn_write(c, out, length);
}

static void mark(conn *c, uint32_t seq) {
    frame f;
    map_begin(&f, 5, "mark");
    put_number(&f, "request", ++c->request);
    put_text(&f, "conversation", c->conversation);
    put_number(&f, "read", seq);
    put_number(&f, "delivered", seq);
    client_send(c, &f);
    marks_sent++;
}

static uint32_t to_mark[4096];
static int marks;

static void heard(conn *c, uint32_t seq, uint64_t stamp, uint32_t number) {
    if (c->index >= live) { c->heard = number; return; } /* a reader that stopped fetches the rest by history */
    if (number != ++c->heard) disordered++, c->heard = number;
    delivered++;
    if (measuring && last_heard > stamp) latency_add(last_heard - stamp);
    c->owed++;
    if (opt.marks && marks < 4096) to_mark[marks++] = seq;
}

/* All that one read brought is answered with one write for each direction. */
static void after_read(conn *c) {
    int owed = c->owed;
    c->owed = 0;
    for (int i = 0; i < marks; i++) mark(c, to_mark[i]);
    marks = 0;
    if (owed && sending && !opt.rate) post(&conns[c->index ^ 1], owed, now_ns());
}

/* ---- the reader that stops */

static conn *reader;
static int stalling;

static void stop_reading(conn *c) {
    if (c != reader || !stalling) return;
    c->paused = 1;
    conn_watch(c);
}
static void reader_gone(conn *c) {
    if (c != reader) { dead++; return; }
    stalls += stalling;
    if (sending) conn_start(c);
}
static void stall(int yes) {
    stalling = yes;
    if (yes) {
        stop_reading(reader);
    } else if (reader->stage != NEW) {
        conn_close(reader);
        conn_start(reader);
        while (reader->stage != READY) { turn(20); check("the reader comes back"); }
    }
}

/* ---- people who arrive */

static int arrived, entered; /* began to; have their first picture */

static void has_entered(conn *c) {
    entered++;
    if (measuring) arrival_add(now_ns() - c->began);
}

/* When the next one is due; all that are by now have come. */
static uint64_t arrive_until(uint64_t t) {
    static uint64_t begun;
    if (!begun) begun = t;
    for (;;) {
        if (standing + arrived == count) return UINT64_MAX;
        uint64_t due = begun + (uint64_t)(arrived / opt.arrive * SECOND);
        if (due > t) return due;
        conn_start(&conns[standing + arrived++]);
        conns[standing + arrived - 1].began = due; /* waiting counts */
    }
}

/* ---- windows */

static void open_loop_until(uint64_t until) {
    static uint64_t begun, flood_begun;
    static double done, flood_done;
    static int next;
    if (!begun) begun = flood_begun = now_ns();
    for (uint64_t t = now_ns(); t < until; t = now_ns()) {
        uint64_t due = begun + (uint64_t)(done / opt.rate * SECOND);
        while (due <= t) {
            post(&conns[next], 1, due);
            next = (next + 1) % live;
            due = begun + (uint64_t)(++done / opt.rate * SECOND);
        }
        if (opt.flood) {
            uint64_t more = flood_begun + (uint64_t)(flood_done / opt.flood * SECOND);
            for (; more <= t; more = flood_begun + (uint64_t)(++flood_done / opt.flood * SECOND)) {
                post(&conns[live], 1, t);
                flood_sent++;
                sent--;
            }
            if (more < due) due = more;
        }
        if (opt.arrive && measuring) {
            uint64_t next_one = arrive_until(t);
            if (next_one < due) due = next_one;
        }
        turn_at(due < until ? due : until);
        check("messages are sent");
    }
}

static void closed_loop_until(uint64_t until) {
    while (now_ns() < until) {
        turn(20);
        check("messages are sent");
    }
}

static void run_for(double seconds) {
    uint64_t until = now_ns() + (uint64_t)(seconds * SECOND);
    if (opt.rate) open_loop_until(until);
    else closed_loop_until(until);
}

/* As long as a window is wished, or until whoever steers says so. */
static void run_window(int window) {
    if (!opt.steered) { run_for(opt.seconds); return; }
    printf("{\"begun\":%d}\n", window);
    fflush(stdout);
    for (int before = steps; steps == before;) run_for(.05);
}

static int all_answered(void) { return entered >= arrived && delivered >= sent && acknowledged >= sent + flood_sent && marks_done >= marks_sent; }

void pairs_run(void) {
    live = 2 * opt.pairs;
    on_message = heard;
    on_read = after_read;
    standing = opt.arrive ? live : count;
    if (opt.watch) picture_begin();
    on_picture = has_entered;
    for (int i = 0; i < standing; i++) build(&conns[i], i < live ? opt.body : opt.flood_bytes);
    for (int next = 0; ready < standing;) {
        while (next < standing && under_way < opt.parallel) conn_start(&conns[next++]);
        turn(20);
        check("people sign in");
    }
    settle(500);
    if (opt.flood) reader = &conns[live + 1], on_dead = reader_gone, on_ready = stop_reading;
    sending = 1;
    if (!opt.rate)
        for (int i = 0; i < live; i++) post(&conns[i], opt.window, now_ns());
    run_for(opt.warmup);
    for (int window = 0; window < opt.windows * (opt.flood ? 2 : 1); window++) {
        char more[256];
        uint64_t before = sent;
        int came = arrived;
        if (opt.flood) stall(window & 1), run_for(1);
        latency_clear();
        measuring = 1;
        reading from = measure();
        run_window(window);
        reading to = measure();
        measuring = 0;
        snprintf(more, sizeof more, "\"sent\":%llu,\"stalled\":%d,\"stalls\":%llu,\"arrived\":%d,\"waiting\":%d,\"arrival_p50_us\":%.1f,"
                 "\"arrival_p99_us\":%.1f", (unsigned long long)(sent - before), stalling, (unsigned long long)stalls, arrived - came,
                 arrived - entered, arrival_at(.5) / 1e3, arrival_at(.99) / 1e3);
        window_print(window, from, to, more);
    }
    sending = 0;
    uint64_t patience = now_ns() + 20 * SECOND;
    while (!all_answered() && now_ns() < patience) turn(20);
    uint64_t all = sent + flood_sent;
    end_print((uint64_t)(arrived - entered) + (delivered < sent ? sent - delivered : 0) + (acknowledged < all ? all - acknowledged : 0));
}
