/* MP4 and Matroska files as a camera would send them: in real time, and when looped without a seam. A thread of its own
 * hands out the frames when they are due; the next pass is opened while the last frames of the present one still wait
 * for their time.
 *
 * Where a reader gives up before the file's end, the rest is sought by time, in growing steps. */
#include "file-position.h"
#include "file-reader.h"
#include "ingest-private.h"
#include "json-read.h"
#include "loop-merge.h"
#include "pace.h"

#define KEEP_EVERY_US G_USEC_PER_SEC
/* Searches in one pass for what lies behind damage. A search that finds nothing makes the next one reach twice as
 * far. */
#define MAX_SEARCHES 8
#define SEARCH_STEP ((gint64)GST_SECOND)

typedef struct
{
  Ingest *ingest;
  char *path;
  gboolean loop;
  gboolean resume;
  GThread *thread;

  GMutex lock;
  GCond wake;
  guint changes; /* counts calls of on_changed() */
  gboolean stopping;
  gint64 position; /* of the last frame, in the file's time; HUB_NO_TIME before the first and after the end */

  /* Of the thread alone. */
  FileReader *reader;
  FileReader *next;
  LoopMerge *merge;
  DamageLog *log;
  gint64 begin;         /* where the reader was to begin */
  gboolean has_resumed; /* this pass did not begin at the file's beginning */
  guint frames;         /* in this pass, like the rest */
  guint searches;
  guint found_nothing; /* searches in a row */
  gint64 kept_us;      /* when the position was kept */
  Pace pace;
} FileState;

static void
on_changed (gpointer user_data)
{
  FileState *state = user_data;

  g_mutex_lock (&state->lock);
  state->changes++;
  g_cond_signal (&state->wake);
  g_mutex_unlock (&state->lock);
}

/* Waits for a change after `seen` or until `until_us` (0: no limit). FALSE when the ingest is to stop. */
static gboolean
wait_for_change (FileState *state, guint seen, gint64 until_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&state->lock);

  while (!state->stopping && state->changes == seen) {
    if (until_us == 0)
      g_cond_wait (&state->wake, &state->lock);
    else if (!g_cond_wait_until (&state->wake, &state->lock, until_us))
      break;
  }
  return !state->stopping;
}

static guint
changes_seen (FileState *state)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&state->lock);

  return state->changes;
}

/* ---- the position ---- */

static void
set_position (FileState *state, gint64 position)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&state->lock);

  state->position = position;
}

static gint64
position_of (FileState *state)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&state->lock);

  return state->position;
}

static void
keep_position (FileState *state)
{
  gint64 position = position_of (state);

  if (state->resume && state->reader != NULL && position != HUB_NO_TIME)
    file_position_write (state->path, file_reader_identity (state->reader), position);
  state->kept_us = g_get_monotonic_time ();
}

static void
forget_position (FileState *state)
{
  set_position (state, HUB_NO_TIME);
  if (state->resume)
    file_position_forget ();
}

static gint64
position_ms (Ingest *ingest)
{
  gint64 position = position_of (ingest->state);

  return position == HUB_NO_TIME ? -1 : MAX (position, 0) / GST_MSECOND;
}

/* ---- readers ---- */

static FileReader *
reader_new (FileState *state)
{
  const FileReaderSettings settings = {
    .pipelines = state->ingest->settings.pipelines,
    .path = state->path,
    .log = state->log,
    .changed = on_changed,
    .user_data = state,
  };

  return file_reader_new (&settings);
}

static void
open_ahead (FileState *state)
{
  if (state->loop && state->next == NULL && frame_store_at_end (file_reader_store (state->reader)))
    state->next = reader_new (state);
}

/* The reader that was opened ahead, unless the file has been changed since. */
static FileReader *
take_next (FileState *state)
{
  g_autoptr (FileReader) next = g_steal_pointer (&state->next);
  FileIdentity identity;

  if (next != NULL && file_identity_read (state->path, &identity)
      && file_identity_equal (&identity, file_reader_identity (next)))
    return g_steal_pointer (&next);
  return reader_new (state);
}

static gboolean
wait_until_open (FileState *state)
{
  for (;;) {
    guint seen = changes_seen (state);
    if (file_reader_state (state->reader) != FILE_READER_OPENING)
      return TRUE;
    if (!wait_for_change (state, seen, 0))
      return FALSE;
  }
}

static void
take_tracks (FileState *state)
{
  const GArray *tracks = file_reader_tracks (state->reader);

  if (loop_merge_has_tracks (state->merge, tracks))
    return;
  loop_merge_set_tracks (state->merge, tracks);
  ingest_begin_life (state->ingest, (Track *)tracks->data, tracks->len);
}

/* A reader at the file's beginning in the place of the present one. FALSE when the life is over. */
static gboolean
open_reader (FileState *state)
{
  FileReader *next = take_next (state);

  g_clear_pointer (&state->reader, file_reader_free);
  state->reader = next;
  state->begin = 0;
  if (!wait_until_open (state))
    return FALSE;
  if (file_reader_state (state->reader) == FILE_READER_FAILED) {
    ingest_fail (state->ingest, file_reader_take_failure (state->reader));
    return FALSE;
  }
  take_tracks (state);
  return TRUE;
}

static gboolean
seek (FileState *state, gint64 position, SeekTarget target)
{
  state->begin = position;
  return file_reader_seek (state->reader, position, target);
}

/* FALSE when the life is over. */
static gboolean
open_first (FileState *state)
{
  if (!open_reader (state))
    return FALSE;
  gint64 kept = state->resume ? file_position_read (state->path, file_reader_identity (state->reader)) : 0;
  if (kept == 0)
    return TRUE;
  if (!seek (state, kept, SEEK_KEYFRAME_BEFORE))
    return open_reader (state);
  state->has_resumed = TRUE;
  reporter_log (state->ingest->settings.reporter, "info", "file", "%s goes on at %.2f s, where it was", state->path,
                (double)kept / GST_SECOND);
  return TRUE;
}

/* ---- playing ---- */

static void
push (FileState *state, guint track)
{
  LoopFrame *frame = loop_merge_pop (state->merge, track);

  hub_push_frame (state->ingest->settings.hub, state->ingest->settings.life, track, frame->buffer, frame->caps,
                  frame->pts, frame->dts);
  if (loop_merge_leads (state->merge, track))
    set_position (state, frame->position);
  loop_frame_free (frame);
  if (state->resume && g_get_monotonic_time () - state->kept_us >= KEEP_EVERY_US)
    keep_position (state);
}

/* FALSE when the ingest is to stop. */
static gboolean
play_stretch (FileState *state)
{
  for (;;) {
    guint seen = changes_seen (state);
    guint track = 0;
    const LoopFrame *head = loop_merge_peek (state->merge, &track);
    open_ahead (state);
    if (head == NULL && loop_merge_is_over (state->merge))
      return TRUE;
    gint64 due = head == NULL ? 0 : pace_due_us (&state->pace, head->dts);
    if (head == NULL || due > g_get_monotonic_time ()) {
      if (!wait_for_change (state, seen, due))
        return FALSE;
    } else {
      push (state, track);
    }
  }
}

/* All of the reader. FALSE when the ingest is to stop. */
static gboolean
play_reader (FileState *state, guint *frames)
{
  FrameStore *store = file_reader_store (state->reader);

  *frames = 0;
  do {
    loop_merge_begin (state->merge, store);
    if (!play_stretch (state))
      return FALSE;
    *frames += loop_merge_end (state->merge);
  } while (frame_store_next_stretch (store));
  return TRUE;
}

/* ---- what comes next ---- */

/* FALSE: the life is over. */
static gboolean
end_pass (FileState *state)
{
  if (state->frames == 0 && !state->has_resumed) {
    forget_position (state);
    ingest_fail (state->ingest, file_failure ("%s holds no frame that can be played.", state->path));
    return FALSE;
  }
  if (!state->loop) {
    wait_for_change (state, changes_seen (state), pace_due_us (&state->pace, loop_merge_latest_end (state->merge)));
    forget_position (state);
    ingest_fail (state->ingest, failure_new ("fileEnded", "%s has ended.", state->path));
    return FALSE;
  }
  state->has_resumed = FALSE;
  state->frames = 0;
  state->searches = 0;
  state->found_nothing = 0;
  return open_reader (state);
}

static void
tell_broken_off (FileState *state, gint64 broke_off)
{
  gint64 from = broke_off != HUB_NO_TIME ? broke_off : position_of (state);

  damage_log_tell (state->log, file_reader_identity (state->reader), from,
                   "unreadable after %.2f s (near byte %" G_GUINT64_FORMAT ")", (double)from / GST_SECOND,
                   file_reader_byte (state->reader));
}

/* The reader has nothing more. FALSE when the life is over. */
static gboolean
go_on (FileState *state, guint frames)
{
  g_autoptr (JsonNode) failure = file_reader_take_failure (state->reader);
  gint64 broke_off = file_reader_broke_off_at (state->reader);

  state->frames += frames;
  state->found_nothing = frames > 0 ? 0 : state->found_nothing + 1;
  if (frames > 0 && (failure != NULL || broke_off != HUB_NO_TIME))
    tell_broken_off (state, broke_off);
  if (broke_off == HUB_NO_TIME || state->searches == MAX_SEARCHES)
    return end_pass (state);
  gint64 position = MAX (broke_off, state->begin) + (SEARCH_STEP << state->found_nothing);
  state->searches++;
  if (!open_reader (state))
    return FALSE;
  return seek (state, position, SEEK_KEYFRAME_AFTER) || end_pass (state);
}

static gpointer
run (gpointer user_data)
{
  FileState *state = user_data;
  guint frames = 0;

  if (!open_first (state))
    return NULL;
  while (play_reader (state, &frames) && go_on (state, frames))
    continue;
  return NULL;
}

static void
start (Ingest *ingest, JsonObject *source)
{
  FileState *state = g_new0 (FileState, 1);

  ingest->state = state;
  state->ingest = ingest;
  state->path = g_strdup (json_read_string (source, "path", ""));
  state->loop = json_read_boolean (source, "loop", FALSE);
  state->resume = json_read_boolean (source, "resume", FALSE);
  state->position = HUB_NO_TIME;
  g_mutex_init (&state->lock);
  g_cond_init (&state->wake);
  state->merge = loop_merge_new (state->loop);
  state->log = damage_log_new (ingest->settings.reporter, state->path);
  state->thread = g_thread_new ("file", run, state);
}

static void
stop (Ingest *ingest)
{
  FileState *state = ingest->state;

  g_mutex_lock (&state->lock);
  state->stopping = TRUE;
  g_cond_signal (&state->wake);
  g_mutex_unlock (&state->lock);
  g_thread_join (state->thread);
  keep_position (state);
  g_clear_pointer (&state->reader, file_reader_free);
  g_clear_pointer (&state->next, file_reader_free);
  loop_merge_free (state->merge);
  damage_log_free (state->log);
  g_cond_clear (&state->wake);
  g_mutex_clear (&state->lock);
  g_free (state->path);
  g_free (state);
}

const IngestKind ingest_file = { .start = start, .stop = stop, .position_ms = position_ms };
