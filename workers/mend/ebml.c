#include "ebml.h"

#define LONGEST_ID 4
#define LONGEST_NUMBER 8

/* How many bytes a number has by its first one; more than 8 when that is none. */
static guint
length_of (guint8 first)
{
  return first == 0 ? LONGEST_NUMBER + 1 : (guint)__builtin_clz (first) - 23;
}

static gboolean
read_id (DiskWindow *window, guint64 at, Element *element)
{
  const guint8 *data = disk_window_at (window, at, 1);
  guint length = data != NULL ? length_of (*data) : 0;

  if (length == 0 || length > LONGEST_ID)
    return FALSE;
  data = disk_window_at (window, at, length);
  if (data == NULL)
    return FALSE;
  element->at = at;
  element->id = (guint32)bytes_get (data, length);
  element->size_at = at + length;
  return TRUE;
}

static gboolean
read_size (DiskWindow *window, Element *element)
{
  const guint8 *data = disk_window_at (window, element->size_at, 1);
  guint length = data != NULL ? length_of (*data) : 0;

  if (length == 0 || length > LONGEST_NUMBER)
    return FALSE;
  data = disk_window_at (window, element->size_at, length);
  if (data == NULL)
    return FALSE;
  guint64 most = (G_GUINT64_CONSTANT (1) << 7 * length) - 1;
  guint64 size = bytes_get (data, length) & most;
  element->size_length = length;
  element->data = element->size_at + length;
  element->end = size == most ? EBML_UNKNOWN : element->data + size;
  return TRUE;
}

gboolean
element_read (DiskWindow *window, guint64 at, Element *element)
{
  return read_id (window, at, element) && read_size (window, element);
}

gboolean
element_read_within (DiskWindow *window, guint64 at, guint64 end, Element *element)
{
  return at < end && element_read (window, at, element) && element->end <= end;
}

guint64
element_number (DiskWindow *window, const Element *element)
{
  guint64 size = element->end - element->data;
  const guint8 *data = size <= LONGEST_NUMBER ? disk_window_at (window, element->data, size) : NULL;

  return data != NULL ? bytes_get (data, (guint)size) : 0;
}

void
ebml_put_id (GByteArray *out, guint32 id)
{
  bytes_put (out, id, id > 0xFFFFFF ? 4 : id > 0xFFFF ? 3 : id > 0xFF ? 2 : 1);
}

void
ebml_put_size (GByteArray *out, guint64 size, guint length)
{
  bytes_put (out, G_GUINT64_CONSTANT (1) << 7 * length | size, length);
}

/* All ones would say that the size is not known. */
static guint
shortest_size (guint64 size)
{
  guint length = 1;

  while (length < LONGEST_NUMBER && size >= (G_GUINT64_CONSTANT (1) << 7 * length) - 1)
    length++;
  return length;
}

void
ebml_put_number (GByteArray *out, guint32 id, guint64 value)
{
  guint length = 1;

  while (length < LONGEST_NUMBER && value >> 8 * length != 0)
    length++;
  ebml_put_id (out, id);
  ebml_put_size (out, length, 1);
  bytes_put (out, value, length);
}

void
ebml_put_master (GByteArray *out, guint32 id, const GByteArray *content)
{
  ebml_put_id (out, id);
  ebml_put_size (out, content->len, shortest_size (content->len));
  g_byte_array_append (out, content->data, content->len);
}
