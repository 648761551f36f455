/* What a line of lines.h says: an object with a member `type`, built member by member. */
#pragma once

#include "lines.h"

G_BEGIN_DECLS

/* Begins an object of that type; message_send() ends it. (transfer full) */
JsonBuilder *message_new (const char *type);
void message_add_int (JsonBuilder *builder, const char *name, gint64 value);
void message_add_string (JsonBuilder *builder, const char *name, const char *value);
void message_send (Lines *lines, JsonBuilder *builder);

G_END_DECLS
