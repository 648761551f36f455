#include "file-check.h"
#include "reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_SIZE 12
/* Every box is looked at once; a fragmented file of hours has tens of thousands, but its moov is among the first. */
#define MAX_BOXES 100000

static void
take_identity (FileIdentity *identity, const struct stat *info)
{
  *identity = (FileIdentity){
    .device = info->st_dev,
    .inode = info->st_ino,
    .size = info->st_size,
    .modified_ns = info->st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + info->st_mtim.tv_nsec,
  };
}

gboolean
file_identity_read (const char *path, FileIdentity *identity)
{
  struct stat info;

  if (stat (path, &info) != 0)
    return FALSE;
  take_identity (identity, &info);
  return TRUE;
}

gboolean
file_identity_equal (const FileIdentity *a, const FileIdentity *b)
{
  return a->device == b->device && a->inode == b->inode && a->size == b->size && a->modified_ns == b->modified_ns;
}

/* Without a debug text: these are sentences for people. */
JsonNode *
file_failure (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autoptr (GError) error = g_error_new_valist (GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, format, arguments);
  va_end (arguments);
  return failure_from_error ("source", error, NULL);
}

/* An ISO base media file begins with a box: four bytes of length, four of type. */
static gboolean
begins_mp4 (const guint8 *head)
{
  static const char *const types[] = { "ftyp", "styp", "moov", "mdat", "free", "skip", "wide", "pnot" };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (memcmp (head + 4, types[i], 4) == 0)
      return TRUE;
  return FALSE;
}

/* ISO/IEC 14496-12, 4.2: a length of 1 stands for a 64-bit one after the type, 0 for "to the end". FALSE when the moov
 * is missing or cut off. */
static gboolean
has_moov (int fd, gint64 size)
{
  guint8 head[16];
  gint64 at = 0;

  for (guint i = 0; i < MAX_BOXES && at + 8 <= size; i++) {
    if (pread (fd, head, sizeof head, at) < 8)
      return FALSE;
    guint64 length = GST_READ_UINT32_BE (head);
    if (length == 1)
      length = GST_READ_UINT64_BE (head + 8);
    else if (length == 0)
      length = (guint64)(size - at);
    if (length < 8 || length > (guint64)(size - at))
      return FALSE;
    if (memcmp (head + 4, "moov", 4) == 0)
      return TRUE;
    at += (gint64)length;
  }
  return FALSE;
}

static const char *
check_content (int fd, const char *path, gint64 size, JsonNode **failure)
{
  static const guint8 ebml[] = { 0x1a, 0x45, 0xdf, 0xa3 };
  guint8 head[HEAD_SIZE] = { 0 };
  gssize length = pread (fd, head, sizeof head, 0);

  if (length < 0)
    *failure = file_failure ("%s cannot be read: %s.", path, g_strerror (errno));
  else if (length == 0)
    *failure = file_failure ("%s is empty.", path);
  else if (memcmp (head, ebml, sizeof ebml) == 0)
    return "source-mkv";
  else if (length < HEAD_SIZE || !begins_mp4 (head))
    *failure = file_failure ("%s is no MP4 or Matroska file.", path);
  else if (!has_moov (fd, size))
    *failure = file_failure ("%s is cut off or damaged: an MP4 file cannot be played without its index (moov).", path);
  else
    return "source-mp4";
  return NULL;
}

const char *
file_check (const char *path, FileIdentity *identity, JsonNode **failure)
{
  /* Opening a pipe would wait for its other end. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info;
  const char *launch = NULL;

  if (fd < 0) {
    *failure = errno == ENOENT ? file_failure ("There is no file %s.", path)
                               : file_failure ("%s cannot be opened: %s.", path, g_strerror (errno));
    return NULL;
  }
  if (fstat (fd, &info) != 0) {
    *failure = file_failure ("%s cannot be read: %s.", path, g_strerror (errno));
  } else if (!S_ISREG (info.st_mode)) {
    *failure = file_failure (S_ISDIR (info.st_mode) ? "%s is a folder, not a file." : "%s is no ordinary file.", path);
  } else {
    take_identity (identity, &info);
    launch = check_content (fd, path, info.st_size, failure);
  }
  close (fd);
  return launch;
}
