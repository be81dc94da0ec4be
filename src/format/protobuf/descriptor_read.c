/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A descriptor as the file that it may have come from. Where a descriptor has
 * less than a text, the simplest text is meant: a range a statement, no
 * comments, names as the descriptor spells them. What a compiler made up and a
 * text can say stays as it is (the entry messages of maps); the oneof of an
 * `optional` cannot be said, and goes.
 */
#include "format/protobuf/descriptor_read.h"

#include "base/base64.h"
#include "base/error.h"
#include "format/protobuf/descriptor.h"
#include "format/protobuf/descriptor_number.h"
#include "format/protobuf/load.h"

enum {
    DEPTH_MAX = 256, /* without limits of one's own */
    NAMES_MAX = 65536,
};

/* What is collected for a list of ranges or of extensible things. */
struct ranges {
    struct treaty_proto_ranges *items;
    uint32_t count;
};

/* A definition's lists while they grow. */
struct block {
    struct treaty_proto_file *file;
    struct treaty_proto_message *message; /* NULL: the file */
    struct treaty_proto_message **messages;
    uint32_t message_count;
    struct treaty_proto_enum **enums;
    uint32_t enum_count;
    struct treaty_proto_raw_fields fields;
    struct treaty_proto_raw_fields extensions;
    struct treaty_proto_oneof *oneofs;
    uint32_t oneof_count;
    struct ranges reserved;
    struct ranges ranges;
    struct treaty_proto_service *services;
    uint32_t service_count;
    struct treaty_proto_import *imports;
    uint32_t import_count;
    struct treaty_str options;
};

/* One bound of a range after the other. */
struct bounds {
    int64_t start;
    int64_t end;
    struct treaty_str options;
};

static void take_start(struct treaty_proto_reader *r, void *to,
                       const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct bounds *)to)->start = (int32_t)f->value;
}

static void take_end(struct treaty_proto_reader *r, void *to,
                     const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct bounds *)to)->end = (int32_t)f->value;
}

static void take_range_options(struct treaty_proto_reader *r, void *to,
                               const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct bounds *)to)->options = f->bytes;
}

static const struct treaty_proto_rule bounds_rules[] = {
    {TREATY_RANGE_START, TREATY_WIRE_VARINT, take_start},
    {TREATY_RANGE_END, TREATY_WIRE_VARINT, take_end},
    {TREATY_RANGE_OPTIONS, TREATY_WIRE_LEN, take_range_options},
    {0, TREATY_WIRE_VARINT, NULL},
};

/* A statement of one range. */
static struct treaty_proto_range *add_range(struct treaty_proto_reader *r,
                                            struct ranges *to)
{
    struct treaty_proto_range *range =
        treaty_proto_reader_make(r, sizeof(*range));
    struct treaty_proto_ranges *statement =
        treaty_proto_reader_push(r, &to->items, &to->count, sizeof(*statement));

    if (!range || !statement)
        return NULL;
    treaty_proto_raw_count(r, r->input.data);
    range->pos = TREATY_NO_OFFSET;
    statement->pos = TREATY_NO_OFFSET;
    statement->items = range;
    statement->count = 1;
    return range;
}

/* `behind` is 1 where the end is the first number behind the range. */
static void read_range(struct treaty_proto_reader *r, struct ranges *to,
                       struct treaty_str bytes, int64_t max, int behind)
{
    struct bounds bounds = {0};
    struct treaty_proto_range *range = add_range(r, to);

    treaty_proto_reader_run(r, bytes, bounds_rules, &bounds);
    if (!range || r->code != TREATY_OK)
        return;
    range->first = bounds.start;
    range->last = bounds.end - behind;
    range->to_max = range->last >= max;
    range->has_to = range->to_max || range->first != range->last;
    to->items[to->count - 1].options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_RANGE, bounds.options);
}

static void read_reserved_name(struct treaty_proto_reader *r, struct ranges *to,
                               const struct treaty_proto_file *file,
                               const struct treaty_proto_wire_field *f)
{
    struct treaty_proto_range *range = add_range(r, to);

    if (!range)
        return;
    range->name = treaty_proto_raw_text(r, f);
    range->is_ident = file->syntax == TREATY_PROTO_EDITION;
}

/* An enum while it is read. */
struct enum_block {
    struct treaty_proto_enum *e;
    struct ranges reserved;
};

static void take_constant_name(struct treaty_proto_reader *r, void *to,
                               const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_constant *)to)->name = treaty_proto_raw_name(r, f);
}

static void take_constant_number(struct treaty_proto_reader *r, void *to,
                                 const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct treaty_proto_constant *)to)->number = (int32_t)f->value;
}

static void take_constant_options(struct treaty_proto_reader *r, void *to,
                                  const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_constant *)to)->options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_CONSTANT, f->bytes);
}

static const struct treaty_proto_rule constant_rules[] = {
    {TREATY_CONSTANT_NAME, TREATY_WIRE_LEN, take_constant_name},
    {TREATY_CONSTANT_NUMBER, TREATY_WIRE_VARINT, take_constant_number},
    {TREATY_CONSTANT_OPTIONS, TREATY_WIRE_LEN, take_constant_options},
    {0, TREATY_WIRE_VARINT, NULL},
};

static void take_enum_name(struct treaty_proto_reader *r, void *to,
                           const struct treaty_proto_wire_field *f)
{
    ((struct enum_block *)to)->e->name = treaty_proto_raw_name(r, f);
}

static void take_constant(struct treaty_proto_reader *r, void *to,
                          const struct treaty_proto_wire_field *f)
{
    struct treaty_proto_enum *e = ((struct enum_block *)to)->e;
    struct treaty_proto_constant *constant = treaty_proto_reader_push(
        r, &e->constants, &e->constant_count, sizeof(*constant));

    if (!constant)
        return;
    constant->pos = TREATY_NO_OFFSET;
    constant->number_pos = TREATY_NO_OFFSET;
    treaty_proto_reader_run(r, f->bytes, constant_rules, constant);
    if (!constant->name.data)
        treaty_proto_reader_fail(r, f->start, "an enum's value has no name");
    constant->number_text =
        treaty_arena_printf(r->arena, "%lld", (long long)constant->number);
}

static void take_enum_options(struct treaty_proto_reader *r, void *to,
                              const struct treaty_proto_wire_field *f)
{
    ((struct enum_block *)to)->e->options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_ENUM, f->bytes);
}

static void take_enum_reserved(struct treaty_proto_reader *r, void *to,
                               const struct treaty_proto_wire_field *f)
{
    read_range(r, &((struct enum_block *)to)->reserved, f->bytes, INT32_MAX, 0);
}

static void take_enum_reserved_name(struct treaty_proto_reader *r, void *to,
                                    const struct treaty_proto_wire_field *f)
{
    struct enum_block *block = to;

    read_reserved_name(r, &block->reserved, block->e->file, f);
}

static const struct treaty_proto_rule enum_rules[] = {
    {TREATY_ENUM_NAME, TREATY_WIRE_LEN, take_enum_name},
    {TREATY_ENUM_VALUE, TREATY_WIRE_LEN, take_constant},
    {TREATY_ENUM_OPTIONS, TREATY_WIRE_LEN, take_enum_options},
    {TREATY_ENUM_RESERVED, TREATY_WIRE_LEN, take_enum_reserved},
    {TREATY_ENUM_RESERVED_NAME, TREATY_WIRE_LEN, take_enum_reserved_name},
    {0, TREATY_WIRE_VARINT, NULL},
};

static void take_enum(struct treaty_proto_reader *r, void *to,
                      const struct treaty_proto_wire_field *f)
{
    struct block *block = to;
    struct enum_block inner = {treaty_proto_reader_make(r, sizeof(*inner.e)),
                               {0}};
    struct treaty_proto_enum **slot =
        treaty_proto_reader_push(r, &block->enums, &block->enum_count,
                                 sizeof(struct treaty_proto_enum *));

    if (!inner.e || !slot)
        return;
    *slot = inner.e;
    inner.e->pos = TREATY_NO_OFFSET;
    inner.e->file = block->file;
    inner.e->parent = block->message;
    treaty_proto_reader_run(r, f->bytes, enum_rules, &inner);
    if (!inner.e->name.data)
        treaty_proto_reader_fail(r, f->start, "an enum has no name");
    inner.e->allows_alias =
        treaty_proto_option_true(&inner.e->options, "allow_alias");
    inner.e->reserved = inner.reserved.items;
    inner.e->reserved_count = inner.reserved.count;
}

static void take_oneof_name(struct treaty_proto_reader *r, void *to,
                            const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_oneof *)to)->name = treaty_proto_raw_name(r, f);
}

static void take_oneof_options(struct treaty_proto_reader *r, void *to,
                               const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_oneof *)to)->options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_ONEOF, f->bytes);
}

static const struct treaty_proto_rule oneof_rules[] = {
    {TREATY_ONEOF_NAME, TREATY_WIRE_LEN, take_oneof_name},
    {TREATY_ONEOF_OPTIONS, TREATY_WIRE_LEN, take_oneof_options},
    {0, TREATY_WIRE_VARINT, NULL},
};

static void take_oneof(struct treaty_proto_reader *r, void *to,
                       const struct treaty_proto_wire_field *f)
{
    struct block *block = to;
    struct treaty_proto_oneof *oneof = treaty_proto_reader_push(
        r, &block->oneofs, &block->oneof_count, sizeof(*oneof));

    if (!oneof)
        return;
    oneof->pos = TREATY_NO_OFFSET;
    treaty_proto_reader_run(r, f->bytes, oneof_rules, oneof);
    if (!oneof->name.data)
        treaty_proto_reader_fail(r, f->start, "a oneof has no name");
}

static void take_message_name(struct treaty_proto_reader *r, void *to,
                              const struct treaty_proto_wire_field *f)
{
    ((struct block *)to)->message->name = treaty_proto_raw_name(r, f);
}

static void take_field(struct treaty_proto_reader *r, void *to,
                       const struct treaty_proto_wire_field *f)
{
    treaty_proto_raw_read(r, &((struct block *)to)->fields, f->bytes);
}

static void take_extension(struct treaty_proto_reader *r, void *to,
                           const struct treaty_proto_wire_field *f)
{
    treaty_proto_raw_read(r, &((struct block *)to)->extensions, f->bytes);
}

static void take_extension_range(struct treaty_proto_reader *r, void *to,
                                 const struct treaty_proto_wire_field *f)
{
    read_range(r, &((struct block *)to)->ranges, f->bytes,
               TREATY_PROTO_NUMBER_MAX, 1);
}

static void take_reserved(struct treaty_proto_reader *r, void *to,
                          const struct treaty_proto_wire_field *f)
{
    read_range(r, &((struct block *)to)->reserved, f->bytes,
               TREATY_PROTO_NUMBER_MAX, 1);
}

static void take_reserved_name(struct treaty_proto_reader *r, void *to,
                               const struct treaty_proto_wire_field *f)
{
    struct block *block = to;

    read_reserved_name(r, &block->reserved, block->file, f);
}

static void take_options(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct block *)to)->options = f->bytes;
}

static void take_message(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f);

static const struct treaty_proto_rule message_rules[] = {
    {TREATY_MESSAGE_NAME, TREATY_WIRE_LEN, take_message_name},
    {TREATY_MESSAGE_FIELD, TREATY_WIRE_LEN, take_field},
    {TREATY_MESSAGE_MESSAGE, TREATY_WIRE_LEN, take_message},
    {TREATY_MESSAGE_ENUM, TREATY_WIRE_LEN, take_enum},
    {TREATY_MESSAGE_RANGE, TREATY_WIRE_LEN, take_extension_range},
    {TREATY_MESSAGE_EXTENSION, TREATY_WIRE_LEN, take_extension},
    {TREATY_MESSAGE_OPTIONS, TREATY_WIRE_LEN, take_options},
    {TREATY_MESSAGE_ONEOF, TREATY_WIRE_LEN, take_oneof},
    {TREATY_MESSAGE_RESERVED, TREATY_WIRE_LEN, take_reserved},
    {TREATY_MESSAGE_RESERVED_NAME, TREATY_WIRE_LEN, take_reserved_name},
    {0, TREATY_WIRE_VARINT, NULL},
};

/* Only a oneof with a member that is not a mere `optional` can be written. */
static void settle_oneofs(struct treaty_proto_reader *r, struct block *block)
{
    struct treaty_proto_message *m = block->message;
    struct treaty_proto_oneof **kept =
        treaty_arena_calloc(r->arena, block->oneof_count + 1, sizeof(*kept));

    m->oneofs = treaty_arena_calloc(r->arena, block->oneof_count + 1,
                                    sizeof(*m->oneofs));
    if (!kept || !m->oneofs) {
        (void)treaty_proto_reader_make(r, SIZE_MAX); /* says so */
        return;
    }
    for (uint32_t i = 0; i < block->fields.count; i++) {
        struct treaty_proto_raw_field *raw = &block->fields.items[i];

        if (raw->oneof >= block->oneof_count) {
            treaty_proto_reader_fail(r, raw->start, "there is no oneof %lld",
                                     (long long)raw->oneof);
            return;
        }
        if (raw->oneof >= 0 && !raw->is_optional_3)
            kept[raw->oneof] = &block->oneofs[raw->oneof];
    }
    for (uint32_t i = 0; i < block->oneof_count; i++) {
        if (!kept[i])
            continue;
        kept[i] = &m->oneofs[m->oneof_count];
        *kept[i] = block->oneofs[i];
        kept[i]->index = m->oneof_count++;
    }
    for (uint32_t i = 0; i < block->fields.count; i++) {
        struct treaty_proto_raw_field *raw = &block->fields.items[i];
        struct treaty_proto_field **slot;

        if (raw->oneof < 0 || raw->is_optional_3)
            continue;
        raw->field->oneof = kept[raw->oneof];
        slot = treaty_proto_reader_push(r, &raw->field->oneof->fields,
                                        &raw->field->oneof->field_count,
                                        sizeof(struct treaty_proto_field *));
        if (slot)
            *slot = raw->field;
    }
}

static void settle_message(struct treaty_proto_reader *r, struct block *block)
{
    struct treaty_proto_message *m = block->message;
    struct treaty_proto_owner owner = {block->file, m, block->messages,
                                       block->message_count};

    m->fields = treaty_arena_calloc(r->arena, block->fields.count + 1,
                                    sizeof(struct treaty_proto_field *));
    if (!m->fields)
        (void)treaty_proto_reader_make(r, SIZE_MAX); /* says so */
    for (uint32_t i = 0; i < block->fields.count && r->code == TREATY_OK; i++) {
        treaty_proto_raw_settle(r, &owner, &block->fields.items[i]);
        m->fields[m->field_count++] = block->fields.items[i].field;
    }
    treaty_proto_raw_extends(r, &owner, &block->extensions, &m->extends,
                             &m->extend_count);
    m->messages = block->messages;
    m->message_count = block->message_count;
    m->enums = block->enums;
    m->enum_count = block->enum_count;
    m->reserved = block->reserved.items;
    m->reserved_count = block->reserved.count;
    m->extensions = block->ranges.items;
    m->extensions_count = block->ranges.count;
    m->options = treaty_proto_raw_options(r, TREATY_PROTO_TARGET_MESSAGE,
                                          block->options);
    m->is_map_entry = treaty_proto_option_true(&m->options, "map_entry");
}

static void take_message(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    struct block *outer = to;
    struct treaty_proto_message *m = treaty_proto_reader_make(r, sizeof(*m));
    struct block block = {.file = outer->file, .message = m};
    struct treaty_proto_message **slot =
        treaty_proto_reader_push(r, &outer->messages, &outer->message_count,
                                 sizeof(struct treaty_proto_message *));

    if (!m || !slot)
        return;
    *slot = m;
    m->pos = TREATY_NO_OFFSET;
    m->file = outer->file;
    m->parent = outer->message;
    treaty_proto_reader_run(r, f->bytes, message_rules, &block);
    if (!m->name.data)
        treaty_proto_reader_fail(r, f->start, "a message has no name");
    if (r->code == TREATY_OK)
        settle_oneofs(r, &block);
    if (r->code == TREATY_OK)
        settle_message(r, &block);
}

static void take_rpc_name(struct treaty_proto_reader *r, void *to,
                          const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_rpc *)to)->name = treaty_proto_raw_name(r, f);
}

static void take_request(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_rpc *)to)->request.name =
        treaty_proto_raw_full_name(r, f);
}

static void take_response(struct treaty_proto_reader *r, void *to,
                          const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_rpc *)to)->response.name =
        treaty_proto_raw_full_name(r, f);
}

static void take_rpc_options(struct treaty_proto_reader *r, void *to,
                             const struct treaty_proto_wire_field *f)
{
    struct treaty_proto_rpc *rpc = to;

    rpc->has_block = true;
    rpc->options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_RPC, f->bytes);
}

static void take_streams_request(struct treaty_proto_reader *r, void *to,
                                 const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct treaty_proto_rpc *)to)->streams_request = f->value != 0;
}

static void take_streams_response(struct treaty_proto_reader *r, void *to,
                                  const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct treaty_proto_rpc *)to)->streams_response = f->value != 0;
}

static const struct treaty_proto_rule rpc_rules[] = {
    {TREATY_RPC_NAME, TREATY_WIRE_LEN, take_rpc_name},
    {TREATY_RPC_REQUEST, TREATY_WIRE_LEN, take_request},
    {TREATY_RPC_RESPONSE, TREATY_WIRE_LEN, take_response},
    {TREATY_RPC_OPTIONS, TREATY_WIRE_LEN, take_rpc_options},
    {TREATY_RPC_STREAMS_REQUEST, TREATY_WIRE_VARINT, take_streams_request},
    {TREATY_RPC_STREAMS_RESPONSE, TREATY_WIRE_VARINT, take_streams_response},
    {0, TREATY_WIRE_VARINT, NULL},
};

static void take_service_name(struct treaty_proto_reader *r, void *to,
                              const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_service *)to)->name = treaty_proto_raw_name(r, f);
}

static void take_rpc(struct treaty_proto_reader *r, void *to,
                     const struct treaty_proto_wire_field *f)
{
    struct treaty_proto_service *service = to;
    struct treaty_proto_rpc *rpc = treaty_proto_reader_push(
        r, &service->rpcs, &service->rpc_count, sizeof(*rpc));

    if (!rpc)
        return;
    rpc->pos = TREATY_NO_OFFSET;
    rpc->request.pos = TREATY_NO_OFFSET;
    rpc->response.pos = TREATY_NO_OFFSET;
    treaty_proto_reader_run(r, f->bytes, rpc_rules, rpc);
    if (!rpc->name.data || !rpc->request.name.data || !rpc->response.name.data)
        treaty_proto_reader_fail(r, f->start,
                                 "a method lacks its name or types");
}

static void take_service_options(struct treaty_proto_reader *r, void *to,
                                 const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_service *)to)->options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_SERVICE, f->bytes);
}

static const struct treaty_proto_rule service_rules[] = {
    {TREATY_SERVICE_NAME, TREATY_WIRE_LEN, take_service_name},
    {TREATY_SERVICE_RPC, TREATY_WIRE_LEN, take_rpc},
    {TREATY_SERVICE_OPTIONS, TREATY_WIRE_LEN, take_service_options},
    {0, TREATY_WIRE_VARINT, NULL},
};

static void take_service(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    struct block *block = to;
    struct treaty_proto_service *service = treaty_proto_reader_push(
        r, &block->services, &block->service_count, sizeof(*service));

    if (!service)
        return;
    service->pos = TREATY_NO_OFFSET;
    treaty_proto_reader_run(r, f->bytes, service_rules, service);
    if (!service->name.data)
        treaty_proto_reader_fail(r, f->start, "a service has no name");
}

static void take_package(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    if (f->bytes.len)
        ((struct block *)to)->file->package = treaty_proto_raw_full_name(r, f);
}

/* Paths stand between quotes in the text as they are. */
static bool is_path(struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.data[i] < 0x20 || s.data[i] == '"' ||
            s.data[i] == '\\' || s.data[i] == 0x7f)
            return false;
    return s.len > 0;
}

static void take_dependency(struct treaty_proto_reader *r, void *to,
                            const struct treaty_proto_wire_field *f)
{
    struct block *block = to;
    struct treaty_proto_import *import = treaty_proto_reader_push(
        r, &block->imports, &block->import_count, sizeof(*import));

    if (!import)
        return;
    treaty_proto_raw_count(r, f->start);
    import->path = treaty_proto_raw_text(r, f);
    if (!is_path(import->path))
        treaty_proto_reader_fail(r, f->start, "a dependency is not a path");
    import->pos = TREATY_NO_OFFSET;
    if (treaty_str_eq_z(import->path, "confluent/meta.proto"))
        r->knows_confluent = true;
}

/* Dependencies come first in every descriptor that a compiler wrote. */
static void mark_import(struct treaty_proto_reader *r, struct block *block,
                        const struct treaty_proto_wire_field *f,
                        enum treaty_proto_import_kind kind)
{
    if (f->value < block->import_count)
        block->imports[f->value].kind = kind;
    else
        treaty_proto_reader_fail(r, f->start, "there is no dependency %lld",
                                 (long long)f->value);
}

static void take_public(struct treaty_proto_reader *r, void *to,
                        const struct treaty_proto_wire_field *f)
{
    mark_import(r, to, f, TREATY_PROTO_IMPORT_PUBLIC);
}

static void take_weak(struct treaty_proto_reader *r, void *to,
                      const struct treaty_proto_wire_field *f)
{
    mark_import(r, to, f, TREATY_PROTO_IMPORT_WEAK);
}

static const struct treaty_proto_rule file_rules[] = {
    {TREATY_FILE_PACKAGE, TREATY_WIRE_LEN, take_package},
    {TREATY_FILE_DEPENDENCY, TREATY_WIRE_LEN, take_dependency},
    {TREATY_FILE_MESSAGE, TREATY_WIRE_LEN, take_message},
    {TREATY_FILE_ENUM, TREATY_WIRE_LEN, take_enum},
    {TREATY_FILE_SERVICE, TREATY_WIRE_LEN, take_service},
    {TREATY_FILE_EXTENSION, TREATY_WIRE_LEN, take_extension},
    {TREATY_FILE_OPTIONS, TREATY_WIRE_LEN, take_options},
    {TREATY_FILE_PUBLIC, TREATY_WIRE_VARINT, take_public},
    {TREATY_FILE_WEAK, TREATY_WIRE_VARINT, take_weak},
    {0, TREATY_WIRE_VARINT, NULL},
};

static void take_syntax(struct treaty_proto_reader *r, void *to,
                        const struct treaty_proto_wire_field *f)
{
    static const struct {
        const char *name;
        enum treaty_proto_syntax syntax;
    } known[] = {{"", TREATY_PROTO_UNSAID},
                 {"proto2", TREATY_PROTO_2},
                 {"proto3", TREATY_PROTO_3},
                 {"editions", TREATY_PROTO_EDITION}};
    struct treaty_proto_file *file = ((struct block *)to)->file;

    (void)treaty_proto_raw_text(r, f);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (treaty_str_eq_z(f->bytes, known[i].name)) {
            file->syntax = known[i].syntax;
            return;
        }
    treaty_proto_reader_fail(r, f->start, "there is no syntax \"%.*s\"",
                             TREATY_STR_ARG(f->bytes));
}

static void take_edition(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    if (f->value < 1000 || f->value > 1100) /* 2023 is 1000 */
        treaty_proto_reader_fail(r, f->start, "there is no edition %llu",
                                 (unsigned long long)f->value);
    ((struct block *)to)->file->edition = treaty_arena_printf(
        r->arena, "%llu", (unsigned long long)f->value + 1023);
}

/* Read before all others: what a field's label means depends on them. */
static const struct treaty_proto_rule syntax_rules[] = {
    {TREATY_FILE_SYNTAX, TREATY_WIRE_LEN, take_syntax},
    {TREATY_FILE_EDITION, TREATY_WIRE_VARINT, take_edition},
    {0, TREATY_WIRE_VARINT, NULL},
};

static void settle_file(struct treaty_proto_reader *r, struct block *block)
{
    struct treaty_proto_file *file = block->file;
    struct treaty_proto_owner owner = {file, NULL, block->messages,
                                       block->message_count};

    treaty_proto_raw_extends(r, &owner, &block->extensions, &file->extends,
                             &file->extend_count);
    file->imports = block->imports;
    file->import_count = block->import_count;
    file->messages = block->messages;
    file->message_count = block->message_count;
    file->enums = block->enums;
    file->enum_count = block->enum_count;
    file->services = block->services;
    file->service_count = block->service_count;
    file->options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_FILE, block->options);
    if (file->syntax == TREATY_PROTO_EDITION && !file->edition.data)
        treaty_proto_reader_fail(r, r->input.data, "the edition is missing");
}

enum treaty_code treaty_proto_read_descriptor(
    struct treaty_arena *arena, struct treaty_str bytes,
    const struct treaty_limits *limits, struct treaty_proto_file **ret,
    struct treaty_error *err)
{
    struct treaty_proto_reader r = {
        .arena = arena,
        .input = bytes,
        .depth_max = limits->depth_max ? limits->depth_max : DEPTH_MAX,
        .names_max = limits->names_max ? limits->names_max : NAMES_MAX,
        .err = err};
    struct block block = {
        .file = treaty_proto_reader_make(&r, sizeof(*block.file))};

    if (!block.file)
        return r.code;
    block.file->text = TREATY_STR("");
    block.file->path = TREATY_STR("");
    block.file->syntax_pos = TREATY_NO_OFFSET;
    block.file->package_pos = TREATY_NO_OFFSET;
    treaty_proto_reader_run(&r, bytes, syntax_rules, &block);
    treaty_proto_reader_run(&r, bytes, file_rules, &block);
    if (r.code == TREATY_OK)
        settle_file(&r, &block);
    if (r.code == TREATY_OK)
        *ret = block.file;
    return r.code;
}

bool treaty_proto_is_base64(struct treaty_str text)
{
    struct treaty_str trimmed = treaty_str_trim(text);

    if (trimmed.len == 0 || treaty_str_starts(trimmed, TREATY_STR("//")))
        return false;
    for (size_t i = 0; i < trimmed.len; i++) {
        char c = trimmed.data[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool is_digit = c >= '0' && c <= '9';

        if (!is_letter && !is_digit && c != '+' && c != '/' && c != '=')
            return false;
    }
    return true;
}

enum treaty_code treaty_proto_read_base64(struct treaty_arena *arena,
                                          struct treaty_str text,
                                          const struct treaty_limits *limits,
                                          struct treaty_proto_file **ret,
                                          struct treaty_error *err)
{
    struct treaty_buf bytes;
    struct treaty_error local;
    enum treaty_code code;

    treaty_buf_init(&bytes, 0);
    if (!treaty_base64_get(&bytes, TREATY_BASE64, treaty_str_trim(text)))
        code = treaty_fail(err, TREATY_ESCHEMA, 0,
                           "neither a .proto text nor a descriptor in base64");
    else
        code = treaty_buf_status(&bytes, err);
    if (code == TREATY_OK)
        code = treaty_proto_read_descriptor(arena, treaty_buf_str(&bytes),
                                            limits, ret, &local);
    else
        local.code = TREATY_OK;
    treaty_buf_release(&bytes);
    if (code == TREATY_OK || local.code == TREATY_OK || !err)
        return code;
    /* Four characters stand for three bytes. */
    return treaty_fail(err, code, local.offset / 3 * 4,
                       "not a descriptor: %s (at byte %zu of it)",
                       local.message, local.offset);
}
