#include "mkv-element.h"

#include <gst/gst.h>

guint
mkv_begin (GByteArray *out, guint32 id)
{
  ebml_put_id (out, id);
  ebml_put_size (out, 0, MKV_SIZE_LENGTH);
  return out->len;
}

void
mkv_end (GByteArray *out, guint begun)
{
  bytes_set (out->data + begun - 8, (guint64)1 << 56 | (out->len - begun), 8);
}

void
mkv_put_data (GByteArray *out, guint32 id, const void *data, gsize size)
{
  ebml_put_id (out, id);
  ebml_put_size (out, size, MKV_SIZE_LENGTH);
  g_byte_array_append (out, data, (guint)size);
}

void
mkv_put_text (GByteArray *out, guint32 id, const char *text)
{
  mkv_put_data (out, id, text, strlen (text));
}

void
mkv_put_number (GByteArray *out, guint32 id, guint64 value)
{
  guint8 data[8];

  bytes_set (data, value, sizeof data);
  mkv_put_data (out, id, data, sizeof data);
}

void
mkv_put_float (GByteArray *out, guint32 id, gdouble value)
{
  guint8 data[8];

  GST_WRITE_DOUBLE_BE (data, value);
  mkv_put_data (out, id, data, sizeof data);
}

void
mkv_put_void (GByteArray *out, gsize whole)
{
  guint begun = mkv_begin (out, EBML_VOID);

  g_byte_array_set_size (out, begun + (guint)(whole - 9));
  memset (out->data + begun, 0, whole - 9);
  mkv_end (out, begun);
}
