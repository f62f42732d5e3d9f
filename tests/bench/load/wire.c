/* WebSocket frames (RFC 6455, section 5) and MessagePack, as much as a client of the protocol needs. */
#include "load.h"

/* ---- writing: a frame's payload grows in place */

static void put_head(frame *f, int length) {
    if (length < 32) {
        f->bytes[f->length++] = 0xa0 | length;
    } else if (length < 256) {
        f->bytes[f->length++] = 0xd9;
        f->bytes[f->length++] = length;
    } else {
        f->bytes[f->length++] = 0xda;
        f->bytes[f->length++] = length >> 8;
        f->bytes[f->length++] = length & 255;
    }
}
void put_raw(frame *f, const char *bytes, int length) {
    memcpy(f->bytes + f->length, bytes, length);
    f->length += length;
}
static void put_string(frame *f, const char *text, int length) {
    put_head(f, length);
    put_raw(f, text, length);
}
void put_text_of(frame *f, const char *key, const char *value, int length) {
    put_string(f, key, strlen(key));
    put_string(f, value, length);
}
void put_text(frame *f, const char *key, const char *value) { put_text_of(f, key, value, strlen(value)); }
void put_number(frame *f, const char *key, uint32_t value) {
    put_string(f, key, strlen(key));
    uint8_t number[5] = {0xce, value >> 24, value >> 16, value >> 8, value};
    put_raw(f, (char *)number, 5);
}
void put_words(frame *f, const char *key, const char *words) {
    put_string(f, key, strlen(key));
    int at = f->length, count = 0;
    f->length += 3;
    while (*words) {
        int length = strcspn(words, " ");
        if (length) put_string(f, words, length), count++;
        words += length + (words[length] == ' ');
    }
    f->bytes[at] = 0xdc;
    f->bytes[at + 1] = count >> 8;
    f->bytes[at + 2] = count & 255;
}
void map_begin(frame *f, int pairs, const char *type) {
    f->length = 0;
    f->bytes[f->length++] = 0x80 | pairs;
    put_text(f, "type", type);
}

static uint32_t next_mask(void) {
    static uint32_t x = 2463534242u;
    x ^= x << 13;
    x ^= x >> 17;
    return x ^= x << 5;
}

int masked(const uint8_t *payload, int length, uint8_t *out) {
    int at = 0;
    uint32_t mask = next_mask();
    out[at++] = 0x82;
    if (length < 126) {
        out[at++] = 0x80 | length;
    } else {
        out[at++] = 0x80 | 126;
        out[at++] = length >> 8;
        out[at++] = length & 255;
    }
    memcpy(out + at, &mask, 4);
    at += 4;
    uint8_t *to = out + at;
    int i = 0;
    for (; i + 4 <= length; i += 4) {
        uint32_t four;
        memcpy(&four, payload + i, 4);
        four ^= mask;
        memcpy(to + i, &four, 4);
    }
    for (; i < length; i++) to[i] = payload[i] ^ out[at - 4 + (i & 3)];
    return at + length;
}

/* ---- reading */

static void short_of(void) { die("a frame of the server ends too early, or is not of the protocol"); }
static uint64_t big(slice *s, int bytes) {
    uint64_t value = 0;
    if (s->end - s->at < bytes) short_of();
    while (bytes--) value = value << 8 | *s->at++;
    return value;
}

int read_map(slice *s) {
    if (s->at >= s->end) return -1;
    uint8_t b = *s->at;
    if ((b & 0xf0) == 0x80) return s->at++, b & 15;
    if (b == 0xde) return s->at++, (int)big(s, 2);
    return -1;
}
int read_array(slice *s) {
    if (s->at >= s->end) return -1;
    uint8_t b = *s->at;
    if ((b & 0xf0) == 0x90) return s->at++, b & 15;
    if (b == 0xdc) return s->at++, (int)big(s, 2);
    if (b == 0xdd) return s->at++, (int)big(s, 4);
    return -1;
}
word read_word(slice *s) {
    uint8_t b = big(s, 1);
    int length = 0;
    if ((b & 0xe0) == 0xa0) length = b & 31;
    else if (b == 0xd9) length = big(s, 1);
    else if (b == 0xda) length = big(s, 2);
    else short_of();
    if (s->end - s->at < length) short_of();
    word w = {(const char *)s->at, length};
    s->at += length;
    return w;
}
uint64_t read_number(slice *s) {
    uint8_t b = big(s, 1);
    if (b < 0x80) return b;
    if (b >= 0xcc && b <= 0xcf) return big(s, 1 << (b - 0xcc));
    short_of();
    return 0;
}
void skip(slice *s) {
    if (s->at >= s->end) short_of();
    uint8_t b = *s->at;
    int items;
    if ((items = read_map(s)) >= 0) {
        while (items--) skip(s), skip(s);
    } else if ((items = read_array(s)) >= 0) {
        while (items--) skip(s);
    } else if ((b & 0xe0) == 0xa0 || b == 0xd9 || b == 0xda) {
        read_word(s);
    } else if (b < 0x80 || b >= 0xe0 || (b >= 0xc0 && b <= 0xc3)) {
        s->at++;
    } else if (b >= 0xcc && b <= 0xd3) {
        s->at++;
        big(s, b >= 0xd0 ? 1 << (b - 0xd0) : 1 << (b - 0xcc));
    } else if (b == 0xca || b == 0xcb) {
        s->at++;
        big(s, b == 0xca ? 4 : 8);
    } else {
        short_of();
    }
}
int is(word w, const char *text) { return (int)strlen(text) == w.length && !memcmp(w.text, text, w.length); }

int next_frame(slice *s, slice *payload, int *opcode) {
    const uint8_t *h = s->at;
    if (s->end - h < 2) return 0;
    uint64_t length = h[1] & 127;
    int head = 2;
    if (length == 126) {
        if (s->end - h < 4) return 0;
        length = h[2] << 8 | h[3];
        head = 4;
    } else if (length == 127) {
        if (s->end - h < 10) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | h[i];
        head = 10;
    }
    if ((uint64_t)(s->end - h) < head + length) return 0;
    *opcode = h[0] & 15;
    *payload = (slice){h + head, h + head + length};
    s->at = payload->end;
    return 1;
}
