/* The load generator: one thread over epoll that speaks the MessagePack subprotocol as many clients.
 *
 * main.c    options, and which scenario
 * pairs.c   two and two write to each other: closed loop (window) or open loop (rate); a reader that stops; people who arrive
 * storm.c   many come back at once; many catch up; many are idle
 * search.c  members search in a large company, one by one
 * picture.c what a connection was told of who is there, against who is there
 * presence.c members watch one tree and change their status; members come back after a restart
 * client.c  one connection: handshake, hello, resume, sync, and what the server's frames mean
 * wire.c    WebSocket frames and MessagePack, as much of it as the protocol uses here
 * net.c     sockets, TLS, what they did not take
 * measure.c clocks, latencies, the server's CPU, how slow its core is just now
 */
#ifndef LOAD_H
#define LOAD_H
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ull
#define NAME 10  /* characters of an id on the wire */

/* ---- measure.c */
uint64_t now_ns(void);
uint64_t own_cpu_ns(void);
void die(const char *form, ...) __attribute__((noreturn, format(printf, 1, 2)));
void latency_clear(void);
void latency_add(uint64_t ns);
uint64_t latency_at(double share); /* ns */
void arrival_add(uint64_t ns);     /* of those who arrive beside, cleared with the others */
uint64_t arrival_at(double share);

typedef struct {
    uint64_t at, server_ns, database_ns, own_ns, delivered, works, works_ns;
    long rss_kib;
} reading;
void measure_server(int server); /* another process from now on */
void measure_begin(int server, int database, int core); /* process ids (0: none), and the server's core (-1: no calibration) */
reading measure(void);
void calibrate_only(int samples);

/* ---- wire.c */
typedef struct { uint8_t bytes[12288]; int length; } frame;
void map_begin(frame *f, int pairs, const char *type);
void put_text(frame *f, const char *key, const char *value);
void put_text_of(frame *f, const char *key, const char *value, int length);
void put_number(frame *f, const char *key, uint32_t value);
void put_words(frame *f, const char *key, const char *words); /* a list; spaces between them */
void put_raw(frame *f, const char *bytes, int length);
int masked(const uint8_t *payload, int length, uint8_t *out); /* a whole client's frame in out; gives its bytes */
#define MASKED_ROOM(length) ((length) + 16)

typedef struct { const uint8_t *at, *end; } slice;
typedef struct { const char *text; int length; } word;
int read_map(slice *s);   /* pairs, or -1 where something else stands there */
int read_array(slice *s);
word read_word(slice *s);
uint64_t read_number(slice *s);
void skip(slice *s);
int is(word w, const char *text);
/* One server's frame in s: 1 and its payload and opcode; 0 where it is not whole. */
int next_frame(slice *s, slice *payload, int *opcode);

/* ---- net.c and client.c */
enum stage { NEW, CONNECTING, HANDSHAKE, RESUMING, SYNCING, READY, DEAD };

typedef struct conn {
    int fd, index;
    enum stage stage;
    /* from the cast */
    char token[80], conversation[NAME + 1], since[256];
    uint32_t head, expected;
    /* net */
    void *tls;
    uint8_t *carry, *out;
    int carried, carry_room, out_from, out_length, out_room;
    int paused, writing; /* not reading; asked to be told when it can be written to */
    /* client */
    uint32_t request;
    uint64_t began;
    int heads, synced, hold; /* hold: stop before sync */
    /* pairs */
    uint8_t *message;   /* payload of a send command, to be patched */
    int message_length, at_request, at_id, at_stamp;
    uint32_t sent, acknowledged, heard; /* numbers of messages: own, own answered, the peer's */
    int owed;
    uint64_t asked; /* when history was asked */
    /* presence */
    char *watched, *counted; /* units, spaces between: with their members, counts alone; NULL: it watches nothing */
    uint8_t *picture;        /* a status for each member that it watches */
    int first, members;      /* these, of all members */
    uint32_t top_online;     /* of the last unit that it counts */
    int told;                /* it has its first picture */
} conn;

extern conn *conns;
extern int count, ready, dead, under_way;
extern uint64_t last_heard, sent, acknowledged, delivered, marks_sent, marks_done, disordered, errors;

extern struct options {
    const char *mode, *cast, *label, *queries, *watch, *members, *password;
    int port, server, database, core, pairs, window, marks, windows, parallel, body, tls, sample, flood, flood_bytes, steered, returning;
    double seconds, warmup, rate, limit, arrive;
} opt;

void net_begin(void);
void conn_start(conn *c);
void conn_close(conn *c);
void conn_watch(conn *c);            /* after paused or writing changed */
void conn_write(conn *c, const void *bytes, int length);
int turn(int timeout_ms);            /* handle what there is; gives the events */
void turn_at(uint64_t due);          /* wait until due at most */
void check(const char *doing);       /* ends the run where connections are lost or time is up */
void settle(int ms);
extern int steps, said;              /* lines that came on standard input, where it is steered; the number in the last one */

void client_connected(conn *c);
int client_handshake(conn *c, slice *s);       /* 1 when the answer is whole */
void client_frame(conn *c, slice payload);
void client_resume_sync(conn *c);
void client_history(conn *c);
void client_search(conn *c, const char *query);
void client_send(conn *c, const frame *f);
extern void (*on_ready)(conn *c);
extern void (*on_picture)(conn *c);  /* the first one of what it watches */
extern void (*on_message)(conn *c, uint32_t seq, uint64_t stamp, uint32_t number);
extern void (*on_history)(conn *c, int messages);
extern void (*on_found)(conn *c, int members);
extern void (*on_read)(conn *c);     /* everything of one read was handled */
extern void (*on_dead)(conn *c);

/* ---- picture.c */
typedef struct { char id[NAME + 1], unit[NAME + 1]; uint8_t status; uint64_t changed; } person;
extern person *persons;
extern int person_count;
extern uint64_t updates, presence_frames, presence_bytes; /* updates: members' states that were told, also many in one frame */
extern void (*on_status)(conn *c, person *p, int status);
void picture_begin(void);        /* reads members and watch */
void picture_frame(conn *c, slice s, int pairs);
int pictures_wrong(int conns_from, int conns_to); /* states that a connection was told otherwise than they are */

/* ---- scenarios */
void pairs_run(void);
void storm_run(void);
void catch_up_run(void);
void idle_run(void);
void search_run(void);
void presence_run(void);
void restart_run(void);
void window_print(int number, reading from, reading to, const char *more);
void end_print(uint64_t undelivered);
#endif
