/* Members watch a tree. presence: all watch the same one and change their status at random. restart: they come back after the server was
 * started anew, and what they are then told is compared with who is there.
 */
#include "load.h"

static int pictured, measuring;

static uint32_t next_random(void) {
    static uint64_t x = 88172645463325252ull;
    x ^= x << 13;
    x ^= x >> 7;
    return (uint32_t)((x ^= x << 17) >> 24);
}

static void has_picture(conn *c) { (void)c; pictured++; }

/* Who is connected is at his place among the persons: the nth connection is the nth person's. */
static void all_come(int to) {
    for (int next = 0; pictured < to;) {
        while (next < to && under_way < opt.parallel) conn_start(&conns[next++]);
        turn(20);
        check("people sign in and watch");
    }
}

/* Until all have been told how it is. */
static void wait_right(int to, double seconds) {
    uint64_t until = now_ns() + (uint64_t)(seconds * SECOND);
    while (pictures_wrong(0, to)) {
        if (now_ns() > until) die("%d states are told otherwise than they are after %.0f s", pictures_wrong(0, to), seconds);
        for (uint64_t then = now_ns() + SECOND / 10; now_ns() < then;) turn(20), check("pictures become right");
    }
}

/* ---- a status that changes */

static void was_told(conn *c, person *p, int status) {
    (void)c;
    if (!measuring) return;
    delivered++;
    if (status == p->status && p->changed) latency_add(last_heard - p->changed);
}

static void change_one(uint64_t due) {
    conn *c = &conns[next_random() % count];
    person *p = &persons[atoi(c->conversation)];
    frame f;
    p->status = 1 + (p->status + next_random() % 3) % 4; /* another than now: 1 online to 4 do not disturb */
    p->changed = due;
    map_begin(&f, 3, "set_status");
    put_number(&f, "request", ++c->request);
    put_number(&f, "status", p->status);
    client_send(c, &f);
    sent++;
}

static void changes_for(double seconds) {
    static uint64_t begun;
    static double changed;
    uint64_t until = now_ns() + (uint64_t)(seconds * SECOND);
    if (!begun) begun = now_ns();
    while (now_ns() < until) {
        uint64_t due = begun + (uint64_t)(changed / opt.rate * SECOND);
        if (due <= now_ns()) {
            change_one(due);
            changed++;
        } else {
            turn_at(due < until ? due : until);
            check("people change their status");
        }
    }
}

void presence_run(void) {
    picture_begin();
    on_picture = has_picture;
    on_status = was_told;
    for (int i = 0; i < count; i++) persons[atoi(conns[i].conversation)].status = 1;
    all_come(count);
    wait_right(count, 30);
    changes_for(opt.warmup);
    for (int window = 0; window < opt.windows; window++) {
        char more[160];
        uint64_t frames = presence_frames, bytes = presence_bytes, changes = sent;
        latency_clear();
        measuring = 1;
        reading from = measure();
        changes_for(opt.seconds);
        reading to = measure();
        measuring = 0;
        double seconds = (double)(to.at - from.at) / SECOND;
        snprintf(more, sizeof more, "\"changes\":%llu,\"frames_per_second\":%.1f,\"bytes_per_second\":%.0f",
                 (unsigned long long)(sent - changes), (double)(presence_frames - frames) / seconds, (double)(presence_bytes - bytes) / seconds);
        window_print(window, from, to, more);
    }
    wait_right(count, 10);
    sent = 0; /* no messages */
    end_print(0);
}

/* ---- a restart */

static int flapped, restarted;

/* Nobody who comes back may be shown offline, once the server is there again. */
static void flaps(conn *c, person *p, int status) {
    (void)c;
    if (restarted && !status && p->status) flapped++;
}
static void has_picture_again(conn *c) {
    pictured++;
    if (!restarted) return;
    for (int place = 0; place < c->members; place++) flapped += persons[c->first + place].status && !c->picture[place];
}
static void gone(conn *c) { (void)c; }

static void wait_step(int step, const char *doing) {
    while (steps < step) { turn(20); if (!restarted) check(doing); }
}

static int tops_wrong(int to, uint32_t online) {
    int wrong = 0;
    for (int i = 0; i < to; i++) wrong += conns[i].top_online != online;
    return wrong;
}

static void be_offline(conn *c) {
    conn_close(c);
    c->stage = NEW;
    c->told = 0;
    c->top_online = 0;
    memset(c->picture, 0, c->members);
}

/* Steered: "there" is printed when all are; a line says that the server was stopped, the next one that it listens
 * again, with its process. */
void restart_run(void) {
    picture_begin();
    on_picture = has_picture_again;
    on_status = flaps;
    for (int window = 0; window < opt.windows; window++) {
        char more[200];
        for (int i = 0; i < count; i++) persons[atoi(conns[i].conversation)].status = 1;
        pictured = 0, restarted = 0, on_dead = 0;
        all_come(count);
        wait_right(count, 60);
        printf("{\"there\":%d}\n", window);
        fflush(stdout);
        wait_step(2 * window + 1, "they are there");
        on_dead = gone;
        restarted = 1;
        wait_step(2 * window + 2, "");
        measure_server(said);
        for (int i = 0; i < count; i++) be_offline(&conns[i]);
        for (int i = opt.returning; i < count; i++) persons[atoi(conns[i].conversation)].status = 0;
        pictured = flapped = ready = under_way = dead = 0;
        on_dead = 0;
        latency_clear();
        reading from = measure();
        uint64_t came = 0, right = 0;
        for (int next = 0; !right || now_ns() - right < 3 * SECOND;) {
            while (next < opt.returning && now_ns() >= from.at + (uint64_t)(next / opt.arrive * SECOND)) conn_start(&conns[next++]);
            for (uint64_t then = now_ns() + SECOND / 20; now_ns() < then;) turn(5);
            check("they come back");
            if (pictured == opt.returning && !came) came = now_ns();
            int wrong = pictured < opt.returning || pictures_wrong(0, opt.returning) || tops_wrong(opt.returning, opt.returning);
            if (wrong) right = 0;
            else if (!right) right = now_ns();
        }
        reading to = measure();
        snprintf(more, sizeof more, "\"phase\":\"restart\",\"came_seconds\":%.3f,\"right_seconds\":%.3f,\"flapped\":%d",
                 (double)(came - from.at) / SECOND, (double)(right - from.at) / SECOND, flapped);
        window_print(window, from, to, more);
        for (int i = 0; i < count; i++) be_offline(&conns[i]);
        ready = under_way = 0;
    }
    end_print(0);
}
