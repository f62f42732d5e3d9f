/* What each connection was told of who is there, kept as a status a member, and compared with who is there.
 *
 * A picture begins with everybody offline, and is complete with the first event that is whole.
 */
#include "load.h"

person *persons;
int person_count;
uint64_t updates, presence_frames, presence_bytes;
void (*on_status)(conn *c, person *p, int status);
static int *by_id; /* open addressing: places in persons, and one, or 0 */
static uint32_t cells;

static uint32_t hash(const char *id) {
    uint64_t low;
    uint16_t high;
    memcpy(&low, id, 8);
    memcpy(&high, id + 8, 2);
    return (uint32_t)((low ^ (uint64_t)high << 40) * 0x9e3779b97f4a7c15ull >> 32);
}
static person *find(const char *id) {
    for (uint32_t at = hash(id) & (cells - 1); by_id[at]; at = (at + 1) & (cells - 1))
        if (!memcmp(persons[by_id[at] - 1].id, id, NAME)) return &persons[by_id[at] - 1];
    return 0;
}

/* A line for each member: id and unit; those of a unit stand together. */
static void read_members(void) {
    FILE *file = fopen(opt.members, "r");
    int room = 0;
    if (!file) die("no members: %s", opt.members);
    for (person p = {0}; fscanf(file, "%10s %10s", p.id, p.unit) == 2;) {
        if (person_count == room) persons = realloc(persons, (room = 2 * room + 64) * sizeof *persons);
        persons[person_count++] = p;
    }
    fclose(file);
    for (cells = 64; cells < 4u * person_count; cells *= 2) {}
    by_id = calloc(cells, sizeof *by_id);
    for (int i = 0; i < person_count; i++) {
        uint32_t at = hash(persons[i].id) & (cells - 1);
        while (by_id[at]) at = (at + 1) & (cells - 1);
        by_id[at] = i + 1;
    }
}

/* A line for each connection: the first of the members whom it watches, how many; its units, a slash, units whose counts alone it watches.
 * A line without a slash: it watches nothing. */
static void read_watch(void) {
    static char line[16384];
    FILE *file = fopen(opt.watch, "r");
    if (!file) die("no units to watch: %s", opt.watch);
    for (int i = 0; i < count && fgets(line, sizeof line, file); i++) {
        conn *c = &conns[i];
        char *slash = strchr(line, '/'), *units;
        line[strcspn(line, "\n")] = 0;
        if (!slash) continue;
        *slash = 0;
        c->first = strtol(line, &units, 10);
        c->members = strtol(units, &units, 10);
        c->watched = strdup(units + 1);
        c->counted = strdup(slash + 1);
        c->picture = calloc(c->members + 1, 1);
    }
    fclose(file);
}

void picture_begin(void) {
    if (opt.members) read_members();
    if (opt.watch) read_watch();
}

static void be_told(conn *c, const char *id, int status) {
    person *p = find(id);
    int place = p ? (int)(p - persons) - c->first : -1;
    if (place < 0 || place >= c->members) die("connection %d was told of somebody whom it does not watch: %.10s", c->index, id);
    c->picture[place] = status;
    updates++;
    if (on_status) on_status(c, p, status);
}

/* [id, online, total, [[code, [member …]] …], {member: text}] */
static void unit(conn *c, slice *s) {
    int fields = read_array(s);
    word id = read_word(s);
    uint32_t online = read_number(s);
    if (c->counted && *c->counted && !memcmp(c->counted + strlen(c->counted) - NAME, id.text, NAME)) c->top_online = online;
    skip(s);
    for (int i = 3; i < fields; i++) {
        if (i > 3) { skip(s); continue; }
        for (int groups = read_array(s); groups > 0; groups--) {
            read_array(s);
            int status = read_number(s) & 7;
            for (int members = read_array(s); members > 0; members--) be_told(c, read_word(s).text, status);
        }
    }
}

static int is_whole(slice s, int pairs) {
    while (pairs--) {
        if (is(read_word(&s), "whole")) return *s.at == 0xc3;
        skip(&s);
    }
    return 0;
}

void picture_frame(conn *c, slice s, int pairs) {
    int whole = is_whole(s, pairs);
    presence_frames++;
    presence_bytes += s.end - s.at;
    while (pairs--) {
        if (!is(read_word(&s), "units")) { skip(&s); continue; }
        int units = read_array(&s);
        while (units-- > 0) unit(c, &s);
    }
    if (whole && !c->told) {
        c->told = 1;
        if (on_picture) on_picture(c);
    }
}

int pictures_wrong(int from, int to) {
    int wrong = 0;
    for (int i = from; i < to; i++) {
        conn *c = &conns[i];
        for (int place = 0; place < c->members; place++) wrong += c->picture[place] != persons[c->first + place].status;
    }
    return wrong;
}
