SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.accounts (
    id bigint NOT NULL,
    password_hash text,
    password_version bigint DEFAULT '0'::bigint NOT NULL,
    must_change_password boolean DEFAULT false NOT NULL,
    only_company bigint,
    created_at bigint NOT NULL,
    password_changed_at bigint
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.audit_entries (
    id bigint NOT NULL,
    company bigint NOT NULL,
    "position" bigint NOT NULL,
    at bigint NOT NULL,
    actor_kind text DEFAULT ''::text NOT NULL,
    actor bigint,
    actor_name text DEFAULT ''::text NOT NULL,
    act text DEFAULT ''::text NOT NULL,
    outcome text DEFAULT 'done'::text NOT NULL,
    details bytea
);
CREATE SEQUENCE public.audit_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_entries_id_seq OWNED BY public.audit_entries.id;
CREATE TABLE public.companies (
    id bigint NOT NULL,
    number text NOT NULL,
    kind text DEFAULT 'company'::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    short_name text DEFAULT ''::text NOT NULL,
    time_zone text DEFAULT 'Asia/Shanghai'::text NOT NULL,
    device_policy text DEFAULT 'one_per_class'::text NOT NULL,
    seats bigint DEFAULT '0'::bigint NOT NULL,
    expires_at bigint,
    suspended boolean DEFAULT false NOT NULL,
    demo boolean DEFAULT false NOT NULL,
    created_at bigint NOT NULL,
    next_number bigint DEFAULT '0'::bigint NOT NULL
);
CREATE SEQUENCE public.companies_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.companies_id_seq OWNED BY public.companies.id;
CREATE TABLE public.company_log (
    company bigint NOT NULL,
    "position" bigint NOT NULL,
    ordinal bigint NOT NULL,
    what bytea NOT NULL
);
CREATE TABLE public.conversations (
    id bigint NOT NULL,
    home bigint NOT NULL,
    kind text DEFAULT ''::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    direct_low bigint,
    direct_high bigint,
    head bigint DEFAULT '0'::bigint NOT NULL,
    change bigint DEFAULT '0'::bigint NOT NULL,
    countable bigint DEFAULT '0'::bigint NOT NULL,
    mention_all bigint DEFAULT '0'::bigint NOT NULL,
    last_at bigint DEFAULT '0'::bigint NOT NULL,
    place bigint DEFAULT '0'::bigint NOT NULL,
    dissolved boolean DEFAULT false NOT NULL,
    muted boolean DEFAULT false NOT NULL,
    created_at bigint NOT NULL
)
WITH (fillfactor='60');
CREATE TABLE public.drafts (
    company bigint NOT NULL,
    member bigint NOT NULL,
    conversation bigint NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    place bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.favourites (
    company bigint NOT NULL,
    member bigint NOT NULL,
    client_id bytea NOT NULL,
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    at bigint NOT NULL,
    removed boolean DEFAULT false NOT NULL,
    place bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.feed (
    "position" bigint NOT NULL,
    batch bytea NOT NULL,
    at bigint NOT NULL,
    payload bytea NOT NULL
);
CREATE TABLE public.hidden_messages (
    member bigint NOT NULL,
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    number bigint NOT NULL
);
CREATE TABLE public.installation (
    name text NOT NULL,
    value bytea NOT NULL
);
CREATE TABLE public.login_names (
    name text NOT NULL,
    kind text DEFAULT ''::text NOT NULL,
    account bigint NOT NULL,
    member bigint,
    verified_at bigint
);
CREATE TABLE public.marks (
    company bigint NOT NULL,
    member bigint NOT NULL,
    conversation bigint NOT NULL,
    read bigint DEFAULT '0'::bigint NOT NULL,
    read_countable bigint DEFAULT '0'::bigint NOT NULL,
    read_mention_all bigint DEFAULT '0'::bigint NOT NULL,
    delivered bigint DEFAULT '0'::bigint NOT NULL,
    hidden bigint DEFAULT '0'::bigint NOT NULL,
    end_seq bigint,
    end_change bigint,
    end_countable bigint,
    end_mention_all bigint,
    end_at bigint,
    is_open boolean DEFAULT false NOT NULL,
    marked_unread boolean DEFAULT false NOT NULL,
    pinned_to_top boolean DEFAULT false NOT NULL,
    muted boolean DEFAULT false NOT NULL,
    archived boolean DEFAULT false NOT NULL,
    silenced boolean DEFAULT false NOT NULL,
    place bigint DEFAULT '0'::bigint NOT NULL
)
WITH (fillfactor='60');
CREATE TABLE public.members (
    id bigint NOT NULL,
    company bigint NOT NULL,
    account bigint,
    kind text DEFAULT 'person'::text NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    state_reason text DEFAULT ''::text NOT NULL,
    number text DEFAULT ''::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    nickname text DEFAULT ''::text NOT NULL,
    gender text DEFAULT ''::text NOT NULL,
    job_title text DEFAULT ''::text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    mail text DEFAULT ''::text NOT NULL,
    signature text DEFAULT ''::text NOT NULL,
    created_at bigint NOT NULL,
    joined_at bigint
);
CREATE TABLE public.memberships (
    company bigint NOT NULL,
    unit bigint NOT NULL,
    member bigint NOT NULL,
    is_primary boolean DEFAULT false NOT NULL,
    sort bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.mentions (
    member bigint NOT NULL,
    conversation bigint NOT NULL,
    seq bigint NOT NULL
);
CREATE TABLE public.messages (
    home bigint NOT NULL,
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    change bigint DEFAULT '0'::bigint NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    member bigint NOT NULL,
    client_id bytea,
    kind text DEFAULT ''::text NOT NULL,
    body bytea,
    salt bytea,
    sent_at bigint NOT NULL,
    countable bigint NOT NULL,
    mention_all bigint NOT NULL,
    reply_to bigint DEFAULT '0'::bigint NOT NULL,
    source_conversation bigint,
    source_seq bigint,
    recalled boolean DEFAULT false NOT NULL,
    reacted boolean DEFAULT false NOT NULL,
    pinned_at bigint
);
CREATE TABLE public.numbers (
    number text DEFAULT ''::text NOT NULL,
    held_from bigint NOT NULL,
    held_to bigint,
    company bigint NOT NULL,
    member bigint NOT NULL
);
CREATE TABLE public.reactions (
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    member bigint NOT NULL,
    emoji text DEFAULT ''::text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.robot_tokens (
    hash bytea NOT NULL,
    member bigint NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint
);
CREATE TABLE public.sessions (
    id bigint NOT NULL,
    member bigint NOT NULL,
    company bigint NOT NULL,
    account bigint,
    device text DEFAULT ''::text NOT NULL,
    device_class text DEFAULT ''::text NOT NULL,
    device_name text DEFAULT ''::text NOT NULL,
    client text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    created_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    token_hash bytea NOT NULL,
    previous_hash bytea,
    rotated_at bigint NOT NULL,
    ended_at bigint,
    end_reason text DEFAULT ''::text NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.sign_in_failures (
    subject bytea NOT NULL,
    failures bigint DEFAULT '0'::bigint NOT NULL,
    window_from bigint NOT NULL,
    locks bigint DEFAULT '0'::bigint NOT NULL,
    locked_until bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.stays (
    home bigint NOT NULL,
    conversation bigint NOT NULL,
    member bigint NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint
);
CREATE TABLE public.units (
    company bigint NOT NULL,
    id bigint NOT NULL,
    parent bigint,
    kind text DEFAULT 'department'::text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    code text DEFAULT ''::text NOT NULL,
    sort bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.versions (
    home bigint NOT NULL,
    conversation bigint NOT NULL,
    seq bigint NOT NULL,
    version integer NOT NULL,
    what text DEFAULT ''::text NOT NULL,
    member bigint NOT NULL,
    body bytea,
    salt bytea,
    reply_to bigint DEFAULT '0'::bigint NOT NULL,
    at bigint NOT NULL
);
ALTER TABLE ONLY public.audit_entries ALTER COLUMN id SET DEFAULT nextval('public.audit_entries_id_seq'::regclass);
ALTER TABLE ONLY public.companies ALTER COLUMN id SET DEFAULT nextval('public.companies_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.companies VALUES (1, 'personal', 'personal', 'personal', 'personal', 'Asia/Shanghai', 'one_per_class', 0, NULL, false, false, 1795458626333, 0);
INSERT INTO public.companies VALUES (2, 'operator', 'operator', 'operator', 'operator', 'Asia/Shanghai', 'one_per_class', 0, NULL, false, false, 1795458626333, 0);
INSERT INTO public.companies VALUES (3, 'acme', 'company', 'acme', 'acme', 'Asia/Shanghai', 'one_per_class', 1000, NULL, false, false, 1767225600000, 0);
INSERT INTO public.companies VALUES (4, 'globex', 'company', 'globex', 'globex', 'Asia/Shanghai', 'one_per_class', 1000, NULL, false, false, 1767225600000, 0);
INSERT INTO public.conversations VALUES (653786432449874871, 3, 'group', 'Group', NULL, NULL, 6, 0, 3, 0, 1767225600000, 8, false, false, 1767225600000);
INSERT INTO public.conversations VALUES (929352091710726087, 3, 'direct', '', 413024016532162168, 1029119127364330065, 3, 4, 3, 0, 1767225600000, 9, false, false, 1767225600000);
INSERT INTO public.drafts VALUES (3, 413024016532162168, 653786432449874871, 'to be said', 9);
INSERT INTO public.feed VALUES (0, '\xaf2eddce5b3c30255d7e0b011560eafe', 1795458626333, '\x90');
INSERT INTO public.feed VALUES (1, '\xb9d086dc6c0ff9b81c265a896ff2be94', 1767225600000, '\x959090909090');
INSERT INTO public.feed VALUES (2, '\x3ff38e40274e30ed0a19245c49482da1', 1767225600000, '\x959090909090');
INSERT INTO public.feed VALUES (3, '\xef9909ea0f11d868b2f897b68415ca7f', 1767225600000, '\x95919acf0ce5b8cdb1af1fc70300000000909292cf05bb5b279d1ac6780192cf0e482a64d21c62510190c290909090');
INSERT INTO public.feed VALUES (4, '\x57b652ce435057fd1ac4642e4865bad8', 1767225600000, '\x95919acf0912b74be1250bb70300010000909292cf05bb5b279d1ac6780192cf0e482a64d21c62510190c290909090');
INSERT INTO public.feed VALUES (5, '\xd6892330c80d7800a7d1b104901e76a3', 1767225600000, '\x95919acf0ce5b8cdb1af1fc7030003000091cf05bb5b279d1ac6789090c290909090');
INSERT INTO public.feed VALUES (6, '\xa81b12a2bde7aeb8ed3edbf3d5744640', 1767225600000, '\x95919acf0912b74be1250bb70301020000909192cf0f314827d85ef1390290c290909090');
INSERT INTO public.feed VALUES (7, '\x89b5102a2e0e625e512df785508d6869', 1767225600000, '\x95919acf0912b74be1250bb7030205000091cf05bb5b279d1ac6789090c290909090');
INSERT INTO public.feed VALUES (8, '\x5fd5b59a6fbfdb4680aaab89390a17c1', 1767225600000, '\x95919acf0912b74be1250bb7030506000090909192cf0f314827d85ef13906c290909090');
INSERT INTO public.feed VALUES (9, '\xd0cc8858c40bee26b6ff780e0952862e', 1767225600000, '\x95929acf0ce5b8cdb1af1fc70303030004909090c29acf0912b74be1250bb7030606000091cf05bb5b279d1ac6789090c29195cf05bb5b279d1ac678a56472616674cf0912b74be1250bb70000909090');
INSERT INTO public.installation VALUES ('epoch', '\xcc84001f0ed72029c6f2d5e11a9d3b8a');
INSERT INTO public.installation VALUES ('token_key', '\x3e760a22008990f0baee05af05c96fb92d72873ef6708803912f87f7b6f556a1');
INSERT INTO public.marks VALUES (3, 1029119127364330065, 929352091710726087, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, false, false, false, false, false, false, 3);
INSERT INTO public.marks VALUES (3, 1029119127364330065, 653786432449874871, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, false, false, false, false, false, false, 4);
INSERT INTO public.marks VALUES (3, 413024016532162168, 929352091710726087, 1, 1, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, false, false, false, false, false, false, 5);
INSERT INTO public.marks VALUES (3, 1094735520398766393, 653786432449874871, 1, 0, 0, 1, 0, 6, 0, 3, 0, 1767225600000, false, false, false, false, false, false, 8);
INSERT INTO public.marks VALUES (3, 413024016532162168, 653786432449874871, 3, 1, 0, 3, 0, NULL, NULL, NULL, NULL, NULL, false, false, false, false, false, false, 9);
INSERT INTO public.members VALUES (413024016532162168, 3, NULL, 'person', 'active', '', 'acme-Li Na', 'Li Na', '', '', '', '', '', '', 1767225600000, NULL);
INSERT INTO public.members VALUES (1029119127364330065, 3, NULL, 'person', 'active', '', 'acme-Wang', 'Wang', '', '', '', '', '', '', 1767225600000, NULL);
INSERT INTO public.members VALUES (1094735520398766393, 3, NULL, 'person', 'active', '', 'acme-Zhao', 'Zhao', '', '', '', '', '', '', 1767225600000, NULL);
INSERT INTO public.members VALUES (1001283995580911338, 4, NULL, 'person', 'active', '', 'globex-Smith', 'Smith', '', '', '', '', '', '', 1767225600000, NULL);
INSERT INTO public.messages VALUES (3, 653786432449874871, 1, 0, 1, 413024016532162168, NULL, 'note', '\x82a46b696e64a46e6f7465a477686174a66f70656e6564', '\xde511c395ac90fecef4aa1dcf785e8ed', 1767225600000, 0, 0, 0, NULL, NULL, false, false, NULL);
INSERT INTO public.messages VALUES (3, 653786432449874871, 2, 0, 1, 1094735520398766393, NULL, 'note', '\x82a46b696e64a46e6f7465a477686174a66a6f696e6564', '\xfe62c5e7e11837065dfba6b8c330f3a7', 1767225600000, 0, 0, 0, NULL, NULL, false, false, NULL);
INSERT INTO public.messages VALUES (3, 653786432449874871, 3, 0, 1, 413024016532162168, '\xe217343cbf64b7887bbe1297ba4a2617', 'text', '\x82a46b696e64a474657874a474657874aa4c69204e612068657265', '\xbb8ab298c0103360a61b1a96f8045c20', 1767225600000, 1, 0, 0, NULL, NULL, false, false, NULL);
INSERT INTO public.messages VALUES (3, 653786432449874871, 4, 0, 1, 1029119127364330065, '\xee38661ae7e217a96d909c9d6fb3796b', 'text', '\x82a46b696e64a474657874a474657874a957616e672068657265', '\x4e97aed0993ff20e0203010522985a63', 1767225600000, 2, 0, 0, NULL, NULL, false, false, NULL);
INSERT INTO public.messages VALUES (3, 653786432449874871, 5, 0, 1, 1094735520398766393, '\xa76dd2380915c5b85680b539ca730e45', 'text', '\x82a46b696e64a474657874a474657874a95a68616f2068657265', '\x4b627899cafd4fec22221e865c025787', 1767225600000, 3, 0, 0, NULL, NULL, false, false, NULL);
INSERT INTO public.messages VALUES (3, 653786432449874871, 6, 0, 1, 1094735520398766393, NULL, 'note', '\x82a46b696e64a46e6f7465a477686174a46c656674', '\x6d1fd9b0da9ee75929951b6bd805bf3d', 1767225600000, 3, 0, 0, NULL, NULL, false, false, NULL);
INSERT INTO public.messages VALUES (3, 929352091710726087, 1, 1, 2, 413024016532162168, '\xee0cf8b2364f0fe5d88416bbd706612c', 'text', '\x82a46b696e64a474657874a474657874a64c756e63683f', '\x02edc7da4b8a950f4b89ab82a5e97056', 1767225600000, 1, 0, 0, NULL, NULL, false, false, NULL);
INSERT INTO public.messages VALUES (3, 929352091710726087, 2, 4, 1, 1029119127364330065, '\x31340e57676ea47aa27bc4bb5e866599', 'text', '\x82a46b696e64a474657874a474657874b0e58d88e9a5ade59083e4bb80e4b9883f', '\xd10421a75bc0335091f2d03eff4b47d2', 1767225600000, 2, 0, 0, NULL, NULL, false, true, 1767225600000);
INSERT INTO public.messages VALUES (3, 929352091710726087, 3, 2, 2, 413024016532162168, '\xc5875efe0caf946d18484aacd8242068', 'text', '\x82a46b696e64a474657874a474657874a6e99da2e69da1', '\x18742ae9732b8fc51ad538abd3dded3e', 1767225600000, 3, 0, 0, NULL, NULL, true, false, NULL);
INSERT INTO public.reactions VALUES (929352091710726087, 2, 413024016532162168, '👍', 1767225600000);
INSERT INTO public.stays VALUES (3, 929352091710726087, 413024016532162168, 1, NULL);
INSERT INTO public.stays VALUES (3, 929352091710726087, 1029119127364330065, 1, NULL);
INSERT INTO public.stays VALUES (3, 653786432449874871, 413024016532162168, 1, NULL);
INSERT INTO public.stays VALUES (3, 653786432449874871, 1029119127364330065, 1, NULL);
INSERT INTO public.stays VALUES (3, 653786432449874871, 1094735520398766393, 2, 6);
INSERT INTO public.versions VALUES (3, 929352091710726087, 1, 2, 'edit', 413024016532162168, '\x82a46b696e64a474657874a474657874ae4c756e6368206174206e6f6f6e3f', '\x72e0f282a3d33f693a7221d4b1b914ec', 0, 1767225600000);
INSERT INTO public.versions VALUES (3, 929352091710726087, 3, 2, 'recall', 413024016532162168, NULL, '\x18fc1c1efe37ed8103d1c6a7c69d2f92', 0, 1767225600000);
SELECT pg_catalog.setval('public.audit_entries_id_seq', 1, false);
SELECT pg_catalog.setval('public.companies_id_seq', 4, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT pk_accounts PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT pk_audit_entries PRIMARY KEY (id);
ALTER TABLE ONLY public.companies
    ADD CONSTRAINT pk_companies PRIMARY KEY (id);
ALTER TABLE ONLY public.company_log
    ADD CONSTRAINT pk_company_log PRIMARY KEY (company, "position", ordinal);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT pk_conversations PRIMARY KEY (id);
ALTER TABLE ONLY public.drafts
    ADD CONSTRAINT pk_drafts PRIMARY KEY (company, member, conversation);
ALTER TABLE ONLY public.favourites
    ADD CONSTRAINT pk_favourites PRIMARY KEY (company, member, client_id);
ALTER TABLE ONLY public.feed
    ADD CONSTRAINT pk_feed PRIMARY KEY ("position");
ALTER TABLE ONLY public.hidden_messages
    ADD CONSTRAINT pk_hidden_messages PRIMARY KEY (member, conversation, seq);
ALTER TABLE ONLY public.installation
    ADD CONSTRAINT pk_installation PRIMARY KEY (name);
ALTER TABLE ONLY public.login_names
    ADD CONSTRAINT pk_login_names PRIMARY KEY (name);
ALTER TABLE ONLY public.marks
    ADD CONSTRAINT pk_marks PRIMARY KEY (company, member, conversation);
ALTER TABLE ONLY public.members
    ADD CONSTRAINT pk_members PRIMARY KEY (id);
ALTER TABLE ONLY public.memberships
    ADD CONSTRAINT pk_memberships PRIMARY KEY (company, member, unit);
ALTER TABLE ONLY public.mentions
    ADD CONSTRAINT pk_mentions PRIMARY KEY (member, conversation, seq);
ALTER TABLE ONLY public.numbers
    ADD CONSTRAINT pk_numbers PRIMARY KEY (number, held_from);
ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT pk_reactions PRIMARY KEY (conversation, seq, emoji, member);
ALTER TABLE ONLY public.robot_tokens
    ADD CONSTRAINT pk_robot_tokens PRIMARY KEY (hash);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (id);
ALTER TABLE ONLY public.sign_in_failures
    ADD CONSTRAINT pk_sign_in_failures PRIMARY KEY (subject);
ALTER TABLE ONLY public.stays
    ADD CONSTRAINT pk_stays PRIMARY KEY (home, conversation, member, from_seq);
ALTER TABLE ONLY public.units
    ADD CONSTRAINT pk_units PRIMARY KEY (company, id);
ALTER TABLE ONLY public.versions
    ADD CONSTRAINT pk_versions PRIMARY KEY (home, conversation, seq, version);
ALTER TABLE ONLY public.companies
    ADD CONSTRAINT uq_companies_number UNIQUE (number);
CREATE INDEX ix_audit_entries_company_at ON public.audit_entries USING btree (company, at);
CREATE INDEX ix_hidden_messages_member_conversation_number ON public.hidden_messages USING btree (member, conversation, number);
CREATE INDEX ix_login_names_account ON public.login_names USING btree (account);
CREATE INDEX ix_members_account ON public.members USING btree (account);
CREATE INDEX ix_members_company_number_id ON public.members USING btree (company, number, id);
CREATE INDEX ix_members_company_state ON public.members USING btree (company, state);
CREATE INDEX ix_memberships_company_unit ON public.memberships USING btree (company, unit);
CREATE INDEX ix_messages_change ON public.messages USING btree (conversation, change) WHERE (change > 0);
CREATE INDEX ix_messages_pinned ON public.messages USING btree (conversation) WHERE (pinned_at IS NOT NULL);
CREATE INDEX ix_robot_tokens_member ON public.robot_tokens USING btree (member);
CREATE INDEX ix_sessions_open ON public.sessions USING btree (member) WHERE (ended_at IS NULL);
CREATE INDEX ix_sign_in_failures_window_from ON public.sign_in_failures USING btree (window_from);
CREATE UNIQUE INDEX uq_conversations_direct ON public.conversations USING btree (direct_low, direct_high);
CREATE UNIQUE INDEX uq_messages_client_id ON public.messages USING btree (client_id, member, conversation);
CREATE UNIQUE INDEX uq_messages_seq ON public.messages USING btree (home, conversation, seq);
