/* One connection of a client: handshake, hello and resume, sync, and what the server's frames mean. */
#include "load.h"

uint64_t sent, acknowledged, delivered, marks_sent, marks_done, disordered, errors;
void (*on_ready)(conn *c), (*on_picture)(conn *c), (*on_history)(conn *c, int messages), (*on_found)(conn *c, int members);
void (*on_message)(conn *c, uint32_t seq, uint64_t stamp, uint32_t number);

void client_send(conn *c, const frame *f) {
    uint8_t out[MASKED_ROOM(sizeof f->bytes)];
    conn_write(c, out, masked(f->bytes, f->length, out));
}

void client_connected(conn *c) {
    char text[400];
    int length = snprintf(text, sizeof text,
                          "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: eWl6aGFuLWJlbmNobWFyaw==\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Protocol: yizhan.v1.msgpack\r\n\r\n", opt.port);
    conn_write(c, text, length);
}

/* By the session's token, or by name and password on a device of its own. */
static void come_in(conn *c, frame *f) {
    char device[32];
    map_begin(f, c->token[0] == '@' ? 5 : 3, c->token[0] == '@' ? "sign_in" : "resume");
    put_number(f, "request", ++c->request);
    if (c->token[0] != '@') { put_text(f, "token", c->token); return; }
    snprintf(device, sizeof device, "bench-other-%d", c->index);
    put_text(f, "name", c->token + 1);
    put_text(f, "password", opt.password);
    put_raw(f, "\xa6" "device" "\x82", 8);
    put_text(f, "id", device);
    put_text(f, "class", "desktop");
}

int client_handshake(conn *c, slice *s) {
    uint8_t *end = memmem(s->at, s->end - s->at, "\r\n\r\n", 4);
    frame f;
    if (!end) return 0;
    if (!memmem(s->at, 13, " 101 ", 5)) die("no WebSocket: %.*s", (int)(end - s->at), (const char *)s->at);
    s->at = end + 4;
    c->stage = RESUMING;
    map_begin(&f, 5, "hello");
    put_number(&f, "request", ++c->request);
    put_number(&f, "version", 1);
    put_text(&f, "client", "bench/1.0");
    put_text(&f, "language", "en");
    uint8_t out[2 * sizeof f.bytes];
    int length = masked(f.bytes, f.length, out);
    come_in(c, &f);
    length += masked(f.bytes, f.length, out + length);
    conn_write(c, out, length);
    return 1;
}

static void sync_page(conn *c, word page) {
    frame f;
    map_begin(&f, 3 + (page.length > 0), "sync");
    put_number(&f, "request", ++c->request);
    put_text(&f, "token", c->since);
    if (page.length) put_text_of(&f, "page", page.text, page.length);
    client_send(c, &f);
}

void client_resume_sync(conn *c) {
    c->stage = SYNCING;
    sync_page(c, (word){"", 0});
}

void client_history(conn *c) {
    frame f;
    map_begin(&f, 5, "history");
    put_number(&f, "request", ++c->request);
    put_text(&f, "conversation", c->conversation);
    put_number(&f, "after", c->head);
    put_number(&f, "limit", 200);
    client_send(c, &f);
}

void client_search(conn *c, const char *query) {
    frame f;
    map_begin(&f, 3, "search_members");
    put_number(&f, "request", ++c->request);
    put_text(&f, "query", query);
    client_send(c, &f);
}

/* What a client's first screen asks for. */
static void watch(conn *c) {
    frame f;
    map_begin(&f, 2, "get_tree_top");
    put_number(&f, "request", ++c->request);
    client_send(c, &f);
    map_begin(&f, 4, "watch_units");
    put_number(&f, "request", ++c->request);
    put_words(&f, "units", c->watched);
    put_words(&f, "counts", c->counted);
    client_send(c, &f);
}

static void became_ready(conn *c) {
    c->stage = READY;
    under_way--;
    ready++;
    c->synced = 1;
    if (c->watched) watch(c);
    if (on_ready) on_ready(c);
}

static void resumed(conn *c) {
    if (c->hold) became_ready(c);
    else client_resume_sync(c);
}

static void synced(conn *c, slice s, int pairs) {
    word page = {"", 0};
    while (pairs--) {
        word key = read_word(&s);
        if (is(key, "conversations")) {
            int heads = read_array(&s);
            c->heads += heads;
            while (heads--) skip(&s);
        } else if (is(key, "page")) {
            page = read_word(&s);
        } else {
            skip(&s);
        }
    }
    if (page.length) { sync_page(c, page); return; }
    if (c->expected != UINT32_MAX && c->heads != (int)c->expected)
        die("connection %d was told of %d conversations, %u have news", c->index, c->heads, c->expected);
    became_ready(c);
}

static uint64_t hexadecimal(const char *digits, int length) {
    uint64_t value = 0;
    while (length--) {
        int d = *digits++;
        value = value << 4 | (uint64_t)(d <= '9' ? d - '0' : d - 'a' + 10);
    }
    return value;
}

/* One message of an event or page; a text of ours begins with ~, 16 digits of time, 8 of its number, 0 or 1 for who of the two wrote it.
 * Where both wrote within one batch, each is told of his own, too. */
static void message(conn *c, slice *s) {
    int pairs = read_map(s);
    uint32_t seq = 0;
    word text = {"", 0};
    while (pairs-- > 0) {
        word key = read_word(s);
        if (is(key, "seq")) {
            seq = read_number(s);
        } else if (is(key, "body")) {
            int fields = read_map(s);
            while (fields-- > 0) {
                if (is(read_word(s), "text")) text = read_word(s);
                else skip(s);
            }
        } else {
            skip(s);
        }
    }
    if (on_message && text.length >= 26 && text.text[0] == '~' && text.text[25] != '0' + (c->index & 1))
        on_message(c, seq, hexadecimal(text.text + 1, 16), hexadecimal(text.text + 17, 8));
}

static int messages(conn *c, slice s, int pairs, int ours) {
    int found = 0;
    while (pairs--) {
        if (!is(read_word(&s), "messages")) { skip(&s); continue; }
        found = read_array(&s);
        for (int i = 0; i < found; i++) {
            if (ours) message(c, &s);
            else skip(&s);
        }
    }
    return found;
}

static int members(slice s, int pairs) {
    while (pairs--) {
        if (is(read_word(&s), "members")) return read_array(&s);
        skip(&s);
    }
    return 0;
}

static void error(conn *c, slice s, int pairs) {
    errors++;
    while (pairs--) {
        word key = read_word(&s);
        if (errors < 4 && (is(key, "code") || is(key, "text"))) {
            word said = read_word(&s);
            fprintf(stderr, "load: connection %d: %.*s: %.*s\n", c->index, key.length, key.text, said.length, said.text);
        } else {
            skip(&s);
        }
    }
}

void client_frame(conn *c, slice s) {
    int pairs = read_map(&s);
    if (pairs < 1 || !is(read_word(&s), "type")) die("a frame without a type");
    word type = read_word(&s);
    pairs--;
    if (is(type, "messages")) messages(c, s, pairs, 1);
    else if (is(type, "sent")) acknowledged++, c->acknowledged++;
    else if (is(type, "done")) marks_done++;
    else if (is(type, "resumed") || is(type, "signed_in")) resumed(c);
    else if (is(type, "units_presence")) picture_frame(c, s, pairs);
    else if (is(type, "sync_page")) synced(c, s, pairs);
    else if (is(type, "history_page")) on_history(c, messages(c, s, pairs, 0));
    else if (is(type, "members_found")) on_found(c, members(s, pairs));
    else if (is(type, "error")) error(c, s, pairs);
}
