#include "nal.h"
#include "bytes.h"

#define LENGTH 4
#define MOST_UNITS 1024
#define ZEROS 16

/* TRUE when the unit is a slice, which decides. */
static gboolean
decides (guint8 header, gboolean h265, gboolean *keyframe)
{
  guint type = h265 ? header >> 1 & 0x3F : header & 0x1F;

  *keyframe = h265 ? type >= 16 && type <= 23 : type == 5;
  return h265 ? type < 32 : type >= 1 && type <= 5;
}

static gboolean
has_units (const char *encoding)
{
  return g_strcmp0 (encoding, "h264") == 0 || g_strcmp0 (encoding, "h265") == 0;
}

gboolean
nal_is_keyframe (DiskWindow *window, guint64 at, guint64 end, const char *encoding)
{
  gboolean h265 = g_strcmp0 (encoding, "h265") == 0;
  gboolean keyframe = FALSE;

  if (!has_units (encoding))
    return TRUE;
  for (guint i = 0; i < MOST_UNITS && at + LENGTH < end; i++) {
    const guint8 *data = disk_window_at (window, at, LENGTH + 1);

    if (data == NULL || decides (data[LENGTH], h265, &keyframe))
      break;
    at += LENGTH + bytes_u32 (data);
  }
  return keyframe;
}

static gboolean
is_zero (DiskWindow *window, guint64 at, gsize size)
{
  const guint8 *data = disk_window_at (window, at, size);

  for (gsize i = 0; data != NULL && i < size; i++)
    if (data[i] != 0)
      return FALSE;
  return TRUE;
}

/* The lengths of the units lead to the end of the frame. */
static gboolean
has_sound_units (DiskWindow *window, guint64 at, guint64 end)
{
  for (guint i = 0; i < MOST_UNITS && at < end; i++) {
    const guint8 *data = disk_window_at (window, at, LENGTH);

    if (data == NULL || bytes_u32 (data) == 0)
      return FALSE;
    at += LENGTH + bytes_u32 (data);
  }
  return at == end;
}

gboolean
nal_is_sound (DiskWindow *window, guint64 at, guint64 end, const char *encoding)
{
  gsize zeros = (gsize)MIN (ZEROS, end - at);

  if (has_units (encoding) && !has_sound_units (window, at, end))
    return FALSE;
  return !is_zero (window, at, zeros) && !is_zero (window, end - zeros, zeros);
}
