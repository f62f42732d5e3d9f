/* Sockets: connecting, TLS where it is asked for, reading whole frames, and what a socket did not take at once. */
#include "load.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SOURCES 16 /* addresses 127.0.0.2 …, so that ports do not run out */
#define ROOM (1 << 20)

conn *conns;
int count, ready, dead, under_way;
uint64_t last_heard;
void (*on_read)(conn *c), (*on_dead)(conn *c);
int steps, said;
static int loop, timer, steering;
static uint8_t *room;
static uint64_t limit_at;

/* ---- TLS: OpenSSL's few functions by name, so that no header is needed to compile this */

static struct {
    void *context;
    void *(*TLS_client_method)(void), *(*SSL_CTX_new)(void *), *(*SSL_new)(void *);
    int (*SSL_set_fd)(void *, int), (*SSL_read)(void *, void *, int), (*SSL_write)(void *, const void *, int);
    int (*SSL_get_error)(void *, int);
    void (*SSL_set_connect_state)(void *), (*SSL_free)(void *);
    long (*SSL_ctrl)(void *, int, long, void *);
} tls;
#define SSL_WANTS(e) ((e) == 2 || (e) == 3)
#define SSL_MODES 33, 1 | 2 /* SSL_CTRL_MODE: partial writes, a buffer that moves */

static void tls_begin(void) {
    void *library = dlopen("libssl.so.3", RTLD_NOW);
    if (!library) die("libssl.so.3 is missing: install OpenSSL 3 for the scenario with TLS");
#define FIND(name) if (!(*(void **)&tls.name = dlsym(library, #name))) die("libssl has no " #name)
    FIND(TLS_client_method); FIND(SSL_CTX_new); FIND(SSL_new); FIND(SSL_set_fd); FIND(SSL_read); FIND(SSL_write);
    FIND(SSL_get_error); FIND(SSL_set_connect_state); FIND(SSL_free); FIND(SSL_ctrl);
    tls.context = tls.SSL_CTX_new(tls.TLS_client_method());
}

/* Bytes; -1 where it would have to wait; 0 where it is over. */
static int pull(conn *c, void *into, int most) {
    if (c->tls) {
        int got = tls.SSL_read(c->tls, into, most);
        return got > 0 ? got : SSL_WANTS(tls.SSL_get_error(c->tls, got)) ? -1 : 0;
    }
    ssize_t got = recv(c->fd, into, most, MSG_DONTWAIT);
    return got >= 0 ? (int)got : errno == EAGAIN ? -1 : 0;
}
static int push(conn *c, const void *from, int length) {
    if (c->tls) {
        int took = tls.SSL_write(c->tls, from, length);
        return took > 0 ? took : SSL_WANTS(tls.SSL_get_error(c->tls, took)) ? -1 : 0;
    }
    ssize_t took = send(c->fd, from, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    return took >= 0 ? (int)took : errno == EAGAIN ? -1 : 0;
}

/* ---- connections */

void net_begin(void) {
    loop = epoll_create1(0);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = 0};
    epoll_ctl(loop, EPOLL_CTL_ADD, timer, &e);
    if (opt.steered) {
        struct epoll_event told = {.events = EPOLLIN, .data.ptr = &steering};
        epoll_ctl(loop, EPOLL_CTL_ADD, 0, &told);
    }
    room = malloc(ROOM);
    limit_at = now_ns() + (uint64_t)(opt.limit * SECOND);
    if (opt.tls) tls_begin();
}

void conn_start(conn *c) {
    int one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(opt.port)};
    from.sin_addr.s_addr = htonl(0x7f000002u + c->index % SOURCES);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("no socket: %s (ulimit -n)", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(c->fd, (void *)&from, sizeof from)) die("bind: %s", strerror(errno));
    c->carried = c->out_from = c->out_length = c->synced = c->heads = c->paused = 0;
    c->request = 0;
    c->stage = CONNECTING;
    c->writing = 1;
    c->began = now_ns();
    under_way++;
    if (connect(c->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) die("connect: %s", strerror(errno));
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    epoll_ctl(loop, EPOLL_CTL_ADD, c->fd, &e);
}

void conn_close(conn *c) {
    if (c->stage == DEAD || c->stage == NEW) return;
    if (c->stage == READY) ready--;
    else under_way--;
    if (c->tls) tls.SSL_free(c->tls), c->tls = 0;
    close(c->fd);
    c->stage = DEAD;
}

static void lost(conn *c) {
    conn_close(c);
    if (on_dead) on_dead(c);
    else dead++;
}

void conn_watch(conn *c) {
    struct epoll_event e = {.events = (c->paused ? 0 : EPOLLIN) | (c->writing ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(loop, EPOLL_CTL_MOD, c->fd, &e);
}

void conn_write(conn *c, const void *bytes, int length) {
    const uint8_t *from = bytes;
    if (c->stage == DEAD) return;
    if (!c->out_length) {
        int took = push(c, from, length);
        if (took == length) return;
        if (!took) { lost(c); return; }
        if (took > 0) from += took, length -= took;
        c->writing = 1;
        conn_watch(c);
    }
    if (c->out_from + c->out_length + length > c->out_room) {
        memmove(c->out, c->out + c->out_from, c->out_length);
        c->out_from = 0;
        c->out_room = 2 * (c->out_length + length) + 4096;
        c->out = realloc(c->out, c->out_room);
    }
    memcpy(c->out + c->out_from + c->out_length, from, length);
    c->out_length += length;
}

static void writable(conn *c) {
    if (c->out_length) {
        int took = push(c, c->out + c->out_from, c->out_length);
        if (!took) { lost(c); return; }
        if (took > 0) c->out_from += took, c->out_length -= took;
    }
    if (!c->out_length) {
        c->out_from = c->writing = 0;
        conn_watch(c);
    }
}

static void connected(conn *c) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) die("connect: %s", strerror(error));
    c->writing = 0;
    conn_watch(c);
    if (opt.tls) {
        c->tls = tls.SSL_new(tls.context);
        tls.SSL_ctrl(c->tls, SSL_MODES, 0);
        tls.SSL_set_fd(c->tls, c->fd);
        tls.SSL_set_connect_state(c->tls);
    }
    c->stage = HANDSHAKE;
    client_connected(c);
}

static void keep(conn *c, slice rest) {
    int length = rest.end - rest.at;
    if (length > c->carry_room) {
        c->carry_room = 2 * length;
        c->carry = realloc(c->carry, c->carry_room);
    }
    memmove(c->carry, rest.at, length);
    c->carried = length;
}

/* Gives whether there may be more: TLS holds bytes that epoll does not know of. */
static int readable(conn *c) {
    memcpy(room, c->carry, c->carried);
    int got = pull(c, room + c->carried, ROOM - c->carried), opcode;
    if (got < 0) return 0;
    if (!got) { lost(c); return 0; }
    last_heard = now_ns();
    slice s = {room, room + c->carried + got}, payload;
    if (c->stage == HANDSHAKE && !client_handshake(c, &s)) { keep(c, s); return 1; }
    while (c->stage != DEAD && next_frame(&s, &payload, &opcode)) {
        if (opcode == 2) {
            client_frame(c, payload);
        } else if (opcode == 9) {
            uint8_t pong[] = {0x8a, 0x80, 1, 2, 3, 4};
            conn_write(c, pong, sizeof pong);
        } else if (opcode == 8) {
            lost(c);
        }
    }
    if (c->stage == DEAD) return 0;
    keep(c, s);
    if (on_read) on_read(c);
    return 1;
}

static void told(void) {
    static int number;
    char text[64];
    ssize_t got = read(0, text, sizeof text);
    if (got <= 0) die("whoever steers has gone");
    for (ssize_t i = 0; i < got; i++) {
        if (text[i] == '\n') said = number, number = 0, steps++;
        else number = 10 * number + text[i] - '0';
    }
}

int turn(int timeout_ms) {
    struct epoll_event events[256];
    int n = epoll_wait(loop, events, 256, timeout_ms);
    for (int i = 0; i < n; i++) {
        conn *c = events[i].data.ptr;
        if (!c) {
            uint64_t times;
            if (read(timer, &times, sizeof times) < 0) continue;
            continue;
        }
        if ((void *)c == &steering) { told(); continue; }
        uint32_t what = events[i].events;
        if (c->stage == DEAD || c->stage == NEW) continue;
        if (c->stage == CONNECTING) {
            connected(c);
            continue;
        }
        if (c->paused && what & (EPOLLHUP | EPOLLERR)) { lost(c); continue; }
        if (!c->paused && what & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
            while (readable(c) && c->tls) {}
        }
        if (c->stage != DEAD && what & EPOLLOUT) writable(c);
    }
    return n;
}

void turn_at(uint64_t due) {
    struct itimerspec at = {.it_value = {due / SECOND, due % SECOND}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, 0);
    turn(1000);
}

void check(const char *doing) {
    if (errors) die("%llu commands were answered by errors while %s", (unsigned long long)errors, doing);
    if (dead) die("%d connections were lost while %s", dead, doing);
    if (now_ns() > limit_at)
        die("time is up while %s: %d of %d ready, sent %llu, acknowledged %llu, delivered %llu", doing, ready, count,
            (unsigned long long)sent, (unsigned long long)acknowledged, (unsigned long long)delivered);
}

void settle(int ms) {
    last_heard = now_ns();
    while (now_ns() - last_heard < (uint64_t)ms * 1000000) {
        turn(20);
        check("it settles");
    }
}
