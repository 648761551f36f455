#include "segment-file-private.h"
#include "disk-error.h"
#include "segment-name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SAME_NAMES 1000
#define PART ".part"
#define NEW ".new"
/* Until the wanted mode is set. */
#define OWNER_ONLY 0700

/* The umask must not have a say. A filesystem without modes (FAT, some network shares) records all the same. */
static void
set_mode (const char *path, mode_t mode)
{
  if (chmod (path, mode) != 0)
    GST_DEBUG ("cannot set the mode of %s: %s", path, g_strerror (errno));
}

/* FALSE when somebody who looks for leftovers was faster. Where there are no locks nobody finds leftovers by them. */
static gboolean
lock (int fd)
{
  return flock (fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

const SegmentNames *
segment_file_names (const SegmentFile *self)
{
  return &self->names[g_atomic_int_get (&self->given)];
}

const char *
segment_file_path (const SegmentFile *self)
{
  return segment_file_names (self)->path;
}

const char *
segment_file_part (const SegmentFile *self)
{
  return segment_file_names (self)->part;
}

gboolean
segment_file_is_named (const SegmentFile *self)
{
  return g_atomic_int_get (&self->named);
}

static void
names_clear (SegmentNames *self)
{
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->part, g_free);
  g_clear_pointer (&self->folder, g_free);
}

static gboolean
exists (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* FALSE without an error when the name is in use. */
static gboolean
reserve (SegmentFile *self, const SegmentNames *names, GError **error)
{
  mode_t mode = self->place.mode;

  int fd = open (names->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ONLY & mode);
  if (fd < 0)
    return errno == EEXIST ? FALSE : disk_error (error, "create", names->part);
  /* The file before may have got its final name, and given up this one, since the first look. */
  gboolean taken = exists (names->path);
  if (taken)
    unlink (names->part);
  if (taken || !lock (fd)) {
    close (fd);
    return FALSE;
  }
  self->fd = fd;
  set_mode (names->part, mode);
  return TRUE;
}

/* What a crash left of a file that was begun anew must not be taken for that of another one. */
static gboolean
reserve_unused (SegmentFile *self, const SegmentNames *names, GError **error)
{
  g_autofree char *other = g_strconcat (names->path, NEW, NULL);

  return !exists (other) && reserve (self, names, error);
}

/* Some network filesystems do not know the flag, and some others have no second names. */
gboolean
segment_file_rename_new (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return FALSE;
  if (link (from, to) == 0)
    return unlink (from) == 0;
  if (errno == EEXIST || exists (to)) {
    errno = EEXIST;
    return FALSE;
  }
  return rename (from, to) == 0;
}

/* The same for a file that has a name already, which may be the one: it was made when another had it. */
static gboolean
move (SegmentFile *self, const SegmentNames *names, GError **error)
{
  const char *part = segment_file_part (self);

  if (g_str_equal (part, names->part))
    return TRUE;
  if (!segment_file_rename_new (part, names->part))
    return errno == EEXIST ? FALSE : disk_error (error, "rename", part);
  if (!exists (names->path))
    return TRUE;
  return segment_file_rename_new (names->part, part) ? FALSE : disk_error (error, "rename", names->part);
}

/* Folders that are there stay as they are. */
static gboolean
make_folders (const char *path, gsize root_length, mode_t mode, GError **error)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (strlen (path) <= root_length) {
    errno = ENOENT;
    return disk_error (error, "find", path);
  }
  g_autofree char *parent = g_path_get_dirname (path);
  if (!make_folders (parent, root_length, mode, error))
    return FALSE;
  if (mkdir (path, OWNER_ONLY & mode) == 0)
    set_mode (path, mode);
  else if (errno != EEXIST)
    return disk_error (error, "create", path);
  return TRUE;
}

/* Takes a name that is free; `take` says FALSE without an error when it is not. */
static gboolean
take_any (SegmentFile *self, SegmentNames *names, gint64 ms,
          gboolean (*take) (SegmentFile *, const SegmentNames *, GError **), GError **error)
{
  g_autofree char *expanded = segment_name_expand (self->place.name, ms);
  g_autofree char *name = g_build_filename (self->place.root, expanded, NULL);
  GError *failure = NULL;

  names->folder = g_path_get_dirname (name);
  if (!make_folders (names->folder, strlen (self->place.root), self->place.directory_mode, error))
    return FALSE;
  for (guint i = 0; i < MAX_SAME_NAMES && failure == NULL; i++) {
    g_autofree char *suffix = i == 0 ? g_strdup ("") : g_strdup_printf ("-%u", i);

    g_free (names->path);
    g_free (names->part);
    names->path = g_strdup_printf ("%s%s.%s", name, suffix, self->extension);
    names->part = g_strconcat (names->path, PART, NULL);
    if (!exists (names->path) && take (self, names, &failure))
      return TRUE;
  }
  if (failure == NULL) {
    errno = EEXIST;
    disk_error (&failure, "create", names->part);
  }
  g_propagate_error (error, failure);
  return FALSE;
}

static SegmentFile *
file_new (const SegmentPlace *place, const char *extension)
{
  SegmentFile *self = g_new0 (SegmentFile, 1);

  g_mutex_init (&self->lock);
  self->fd = -1;
  self->place = *place;
  self->place.root = g_strdup (place->root);
  self->place.name = g_strdup (place->name);
  self->extension = g_strdup (extension);
  return self;
}

SegmentFile *
segment_file_create (const SegmentPlace *place, const char *extension, gint64 ms, GError **error)
{
  g_autoptr (SegmentFile) self = file_new (place, extension);

  return take_any (self, &self->names[0], ms, reserve_unused, error) ? g_steal_pointer (&self) : NULL;
}

static void
names_copy (SegmentNames *self, const SegmentNames *other)
{
  self->path = g_strdup (other->path);
  self->part = g_strdup (other->part);
  self->folder = g_strdup (other->folder);
}

SegmentFile *
segment_file_create_beside (const SegmentFile *draft, GError **error)
{
  g_autoptr (SegmentFile) self = file_new (&draft->place, draft->extension);
  SegmentNames *names = &self->names[0];
  GError *failure = NULL;

  names_copy (names, segment_file_names (draft));
  g_free (names->part);
  names->part = g_strconcat (names->path, NEW, NULL);
  if (reserve (self, names, &failure))
    return g_steal_pointer (&self);
  if (failure == NULL) {
    errno = EEXIST;
    disk_error (&failure, "create", names->part);
  }
  g_propagate_error (error, failure);
  return NULL;
}

void
segment_file_free (SegmentFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_mutex_clear (&self->lock);
  for (guint i = 0; i < SEGMENT_FILE_NAMES; i++)
    names_clear (&self->names[i]);
  g_free (self->extension);
  g_free ((char *)self->place.root);
  g_free ((char *)self->place.name);
  g_free (self);
}

gboolean
segment_file_name (SegmentFile *self, gint64 started_ms, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  SegmentNames *next = &self->names[g_atomic_int_get (&self->given) + 1];

  if (segment_file_is_named (self))
    return TRUE;
  names_clear (next);
  if (!take_any (self, next, started_ms, move, error))
    return FALSE;
  if (!g_str_equal (segment_file_names (self)->part, next->part))
    self->entry_synced = FALSE;
  g_atomic_int_inc (&self->given);
  g_atomic_int_set (&self->named, TRUE);
  return TRUE;
}

void
segment_file_take_names (SegmentFile *self, const SegmentFile *other)
{
  names_copy (&self->names[g_atomic_int_get (&self->given) + 1], segment_file_names (other));
  g_atomic_int_inc (&self->given);
}
