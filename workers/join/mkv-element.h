/* Writing elements of MKV whose sizes are set afterwards: those are eight bytes long, whatever they are. */
#pragma once

#include "ebml.h"

G_BEGIN_DECLS

#define MKV_SIZE_LENGTH 8

/* What mkv_end() is given. */
guint mkv_begin (GByteArray *out, guint32 id);
void mkv_end (GByteArray *out, guint begun);

void mkv_put_data (GByteArray *out, guint32 id, const void *data, gsize size);
void mkv_put_text (GByteArray *out, guint32 id, const char *text);
/* The element has one length, whatever the number is. */
void mkv_put_number (GByteArray *out, guint32 id, guint64 value);
void mkv_put_float (GByteArray *out, guint32 id, gdouble value);
/* Of `whole` bytes, at least 9. */
void mkv_put_void (GByteArray *out, gsize whole);

G_END_DECLS
