#include "box.h"

#define SHORT_HEADER 8
#define LONG_HEADER 16

gboolean
box_next (Span *rest, Box *box)
{
  if (rest->size < SHORT_HEADER)
    return FALSE;

  guint header = SHORT_HEADER;
  guint64 size = bytes_u32 (rest->data);
  if (size == 1 && rest->size >= LONG_HEADER) {
    header = LONG_HEADER;
    size = bytes_get (rest->data + SHORT_HEADER, 8);
  }
  if (size < header || size > rest->size)
    return FALSE;
  *box = (Box){
    .type = bytes_u32 (rest->data + 4),
    .whole = { rest->data, size },
    .body = { rest->data + header, size - header },
  };
  rest->data += size;
  rest->size -= size;
  return TRUE;
}

gboolean
box_find (Span in, guint32 type, Box *box)
{
  while (box_next (&in, box))
    if (box->type == type)
      return TRUE;
  return FALSE;
}

guint
box_begin (GByteArray *out, guint32 type)
{
  guint begun = out->len;

  bytes_put (out, 0, 4);
  bytes_put (out, type, 4);
  return begun;
}

void
box_end (GByteArray *out, guint begun)
{
  bytes_set (out->data + begun, out->len - begun, 4);
}

gboolean
file_box_read (DiskWindow *window, guint64 at, FileBox *box)
{
  const guint8 *data = disk_window_at (window, at, SHORT_HEADER);

  if (data == NULL)
    return FALSE;
  guint64 size = bytes_u32 (data);
  *box = (FileBox){ .at = at, .type = bytes_u32 (data + 4), .header = SHORT_HEADER };
  if (size == 1) {
    data = disk_window_at (window, at, LONG_HEADER);
    if (data == NULL)
      return FALSE;
    box->header = LONG_HEADER;
    size = bytes_get (data + SHORT_HEADER, 8);
  }
  if (size < box->header || size > G_MAXINT64 - at)
    return FALSE;
  box->end = at + size;
  return TRUE;
}
