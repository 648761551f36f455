#include "mount.h"
#include "gate.h"

#include <gst/app/gstappsrc.h>

/* One client's media. It joins the feed as soon as its pipeline runs: before that there is no clock time to count from.
 */
typedef struct
{
  GMutex lock;
  Feed *feed;
  GstElement *tracks[FEED_MAX_TRACKS];
  Viewer *viewer;
  gboolean left;
} Seat;

static void
seat_leave (Seat *seat)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&seat->lock);

  seat->left = TRUE;
  if (seat->viewer != NULL)
    feed_leave (seat->feed, g_steal_pointer (&seat->viewer));
}

static void
seat_free (Seat *seat)
{
  seat_leave (seat);
  for (guint i = 0; i < FEED_MAX_TRACKS; i++)
    gst_clear_object (&seat->tracks[i]);
  g_mutex_clear (&seat->lock);
  g_free (seat);
}

/* The first frame is asked for: on a streaming thread of the media, whose base time is set now. */
static void
join (GstElement *track, guint length, Seat *seat)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&seat->lock);

  g_signal_handlers_disconnect_by_func (track, join, seat);
  if (seat->viewer == NULL && !seat->left)
    seat->viewer = feed_join (seat->feed, seat->tracks);
}

static void
configure_media (GstRTSPMediaFactory *factory, GstRTSPMedia *media, Mount *mount)
{
  g_autoptr (GstElement) bin = gst_rtsp_media_get_element (media);
  Seat *seat = g_new0 (Seat, 1);

  g_mutex_init (&seat->lock);
  seat->feed = mount_feed (mount);
  for (guint i = 0; i < feed_n_tracks (seat->feed); i++) {
    g_autofree char *name = g_strdup_printf ("track%u", i);

    seat->tracks[i] = gst_bin_get_by_name (GST_BIN (bin), name);
  }
  g_object_set_data_full (G_OBJECT (media), "seat", seat, (GDestroyNotify)seat_free);
  g_signal_connect (media, "prepared", G_CALLBACK (gate_install), mount);
  g_signal_connect_swapped (media, "unprepared", G_CALLBACK (seat_leave), seat);
  g_signal_connect (seat->tracks[0], "need-data", G_CALLBACK (join), seat);
}

/* The appsrc queues have no limit of their own: the feed watches them. The tee takes the error out of a track that the
 * client did not set up: it leads nowhere, and without the tee that would be an error of the whole media. */
static char *
media_text (Feed *feed)
{
  GString *text = g_string_new ("( ");

  for (guint i = 0; i < feed_n_tracks (feed); i++) {
    const Codec *codec = feed_codec (feed, i);
    int payload_type = codec->payload_type >= 0 ? codec->payload_type : 96 + (int)i;

    g_string_append_printf (
        text,
        "appsrc name=track%u is-live=true format=time max-bytes=0 ! tee allow-not-linked=true ! %s name=pay%u pt=%d ",
        i, codec->payloader, i, payload_type);
  }
  g_string_append (text, ")");
  return g_string_free (text, FALSE);
}

void
mount_serve (Mount *mount, GstRTSPMountPoints *mount_points)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  g_autofree char *text = media_text (mount->feed);

  mount->factory = gst_rtsp_media_factory_new ();
  gst_rtsp_media_factory_set_launch (mount->factory, text);
  /* What is shared is the feed. A media of its own for each client keeps a client that does not read from stalling the
   * others. */
  gst_rtsp_media_factory_set_shared (mount->factory, FALSE);
  gst_rtsp_media_factory_set_clock (mount->factory, clock);
  gst_rtsp_media_factory_set_protocols (mount->factory, GST_RTSP_LOWER_TRANS_UDP | GST_RTSP_LOWER_TRANS_TCP);
  g_signal_connect (mount->factory, "media-configure", G_CALLBACK (configure_media), mount);
  gst_rtsp_mount_points_add_factory (mount_points, mount->spec->path, g_object_ref (mount->factory));
}

/* The one that encodes so, made at the first need. NULL with `error`. */
static Pattern *
find_pattern (Mount *mount, const PatternSpec *format, GError **error)
{
  Pattern *pattern = g_hash_table_lookup (mount->patterns, format->video);

  if (pattern != NULL)
    return pattern;
  pattern = pattern_new (format, mount->spec->name, error);
  if (pattern != NULL)
    g_hash_table_insert (mount->patterns, (gpointer)format->video, pattern);
  return pattern;
}

static Feed *
make_feed (Mount *mount, Loop *loop, GError **error)
{
  Pattern *pattern;

  if (mount->spec->kind == SOURCE_FILE)
    return loop_add_file (loop, mount->spec->file, error);
  pattern = find_pattern (mount, &mount->spec->pattern, error);
  return pattern != NULL ? pattern_feed (pattern) : NULL;
}

Mount *
mount_new (const MountSpec *spec, Loop *loop, GError **error)
{
  Mount *mount = g_new0 (Mount, 1);

  mount->spec = spec;
  mount->patterns = g_hash_table_new (NULL, NULL);
  mount->credentials = credentials_new (spec->user, spec->password, spec->auth);
  mount->feed = make_feed (mount, loop, error);
  if (mount->feed != NULL)
    return mount;
  g_prefix_error (error, "mount %s: ", spec->path);
  return NULL;
}

Feed *
mount_feed (Mount *mount)
{
  return g_atomic_pointer_get (&mount->feed);
}

static void
rest_if_other (gpointer codec, gpointer pattern, gpointer present)
{
  if (pattern != present)
    pattern_rest (pattern);
}

gboolean
mount_set_format (Mount *mount, const PatternSpec *format, gboolean *ends_sessions, GError **error)
{
  Pattern *pattern = find_pattern (mount, format, error);
  g_autofree char *text = NULL;

  if (pattern == NULL)
    return FALSE;
  pattern_set_format (pattern, format);
  *ends_sessions = pattern_feed (pattern) != mount_feed (mount);
  if (!*ends_sessions)
    return TRUE;
  text = media_text (pattern_feed (pattern));
  g_atomic_pointer_set (&mount->feed, pattern_feed (pattern));
  gst_rtsp_media_factory_set_launch (mount->factory, text);
  g_hash_table_foreach (mount->patterns, rest_if_other, pattern);
  return TRUE;
}

Mount *
mount_find (GPtrArray *mounts, const char *path)
{
  Mount *found = NULL;
  gsize longest = 0;

  for (guint i = 0; i < mounts->len; i++) {
    Mount *mount = mounts->pdata[i];
    gsize length = strlen (mount->spec->path);

    if (length > longest && g_str_has_prefix (path, mount->spec->path)
        && (path[length] == '/' || path[length] == '\0')) {
      found = mount;
      longest = length;
    }
  }
  return found;
}
