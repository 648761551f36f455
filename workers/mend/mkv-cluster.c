#include "mkv-cluster.h"
#include "nal.h"

/* A place in the index for every keyframe of two days of MJPEG. */
#define MOST_CUES (1 << 22)
#define KEYFRAME 0x80

typedef struct
{
  MkvClusters *all;
  Element element;
  guint64 limit; /* where it or the file ends */
  guint64 time;
  gboolean first; /* no frame yet */
} Cluster;

typedef struct
{
  guint64 track;
  gint64 time;
  guint8 flags;
  guint64 data;
  guint64 end;
} Block;

/* `element` is what Block and SimpleBlock have alike. */
static gboolean
read_block (DiskWindow *window, const Element *element, Block *block)
{
  const guint8 *data = disk_window_at (window, element->data, 4);

  /* matroskamux knows no numbers of tracks that need more than a byte. */
  if (data == NULL || element->end < element->data + 5 || !(data[0] & 0x80))
    return FALSE;
  *block = (Block){
    .track = data[0] & 0x7F,
    .time = (gint16)bytes_get (data + 1, 2),
    .flags = data[3],
    .data = element->data + 4,
    .end = element->end,
  };
  return TRUE;
}

static void
add_cue (Cluster *self, const Block *block)
{
  const MkvCue cue = { (guint64)MAX (block->time, 0), block->track, self->element.at };

  if (self->all->cues->len < MOST_CUES)
    g_array_append_val (self->all->cues, cue);
}

static void
count (MkvTrack *track, gint64 time, guint64 duration)
{
  gboolean first = track->frames == 0;

  track->step = first ? 0 : ABS (time - track->last);
  track->begins = first ? time : MIN (track->begins, time);
  if (duration == 0)
    duration = track->default_duration != 0 ? track->default_duration : (guint64)track->step;
  track->ends = MAX (track->ends, time + (gint64)MIN (duration, G_MAXINT32));
  track->last = time;
  track->frames++;
}

static void
check (MkvClusters *self, const MkvTrack *track, const Block *block)
{
  if (block->end + NAL_UNSURE > self->size && nal_is_sound (self->window, block->data, block->end, track->encoding))
    self->sound_end = MAX (self->sound_end, block->end);
}

static void
take_block (Cluster *self, Block *block, gboolean keyframe, guint64 duration)
{
  MkvTrack *track = mkv_head_find (self->all->head, block->track);

  self->all->end = MAX (self->all->end, block->end);
  if (track == NULL)
    return;
  check (self->all, track, block);
  block->time += (gint64)MIN (self->time, G_MAXINT64 / 2);
  count (track, block->time, duration);
  track->keyframes += keyframe || !track->video ? 1 : 0;
  if (track->video ? keyframe : self->first && !mkv_head_has_video (self->all->head))
    add_cue (self, block);
  self->first = FALSE;
}

static gboolean
take_simple_block (Cluster *self, const Element *element)
{
  Block block;

  if (!read_block (self->all->window, element, &block))
    return FALSE;
  take_block (self, &block, block.flags & KEYFRAME, 0);
  return TRUE;
}

/* matroskamux does not say in a group whether it is a keyframe. */
static gboolean
is_keyframe (Cluster *self, const Block *block)
{
  const MkvTrack *track = mkv_head_find (self->all->head, block->track);

  return track != NULL && track->video && nal_is_keyframe (self->all->window, block->data, block->end, track->encoding);
}

static gboolean
take_block_group (Cluster *self, const Element *group)
{
  DiskWindow *window = self->all->window;
  guint64 duration = 0;
  Element element, inner = { 0 };
  Block block;
  guint64 at = group->data;

  for (; element_read_within (window, at, group->end, &element); at = element.end)
    if (element.id == MKV_BLOCK)
      inner = element;
    else if (element.id == MKV_BLOCK_DURATION)
      duration = element_number (window, &element);
  if (at != group->end || inner.id == 0 || !read_block (window, &inner, &block))
    return FALSE;
  block.end = group->end;
  take_block (self, &block, is_keyframe (self, &block), duration);
  return TRUE;
}

/* FALSE for what is not whole, and what has no place in a cluster. */
static gboolean
take_element (Cluster *self, const Element *element)
{
  switch (element->id) {
  case MKV_CLUSTER_TIME:
    self->time = element_number (self->all->window, element);
    return TRUE;
  case MKV_CLUSTER_POSITION:
  case MKV_PREVIOUS_SIZE:
  case EBML_VOID:
    return TRUE;
  case MKV_SIMPLE_BLOCK:
    return take_simple_block (self, element);
  case MKV_BLOCK_GROUP:
    return take_block_group (self, element);
  default:
    return FALSE;
  }
}

/* Where the next cluster may begin. */
static guint64
scan_cluster (MkvClusters *all, const Element *element)
{
  Cluster self = { .all = all, .element = *element, .limit = MIN (element->end, all->size), .first = TRUE };
  guint64 at = element->data;
  Element inner;

  while (element_read_within (all->window, at, self.limit, &inner) && take_element (&self, &inner))
    at = inner.end;
  return element->end <= all->size ? element->end : at;
}

static void
repair (MkvClusters *self, const Element *cluster, guint64 end)
{
  const MkvRepair repair = { *cluster, end };

  if (cluster->end != end)
    g_array_append_val (self->repairs, repair);
}

void
mkv_clusters_scan (MkvClusters *self, MkvHead *head, DiskWindow *window, guint64 size)
{
  Element cluster, last = { 0 };
  guint64 at = head->end;

  *self = (MkvClusters){ .head = head, .window = window, .size = size, .end = head->end };
  self->cues = g_array_new (FALSE, FALSE, sizeof (MkvCue));
  self->repairs = g_array_new (FALSE, FALSE, sizeof (MkvRepair));
  while (at < size && element_read (window, at, &cluster) && cluster.id == MKV_CLUSTER) {
    guint64 before = self->end;

    at = scan_cluster (self, &cluster);
    /* One without a frame is no reason to keep it. */
    if (self->end == before)
      continue;
    if (last.id != 0 && last.end > size)
      repair (self, &last, cluster.at);
    last = cluster;
  }
  if (last.id != 0)
    repair (self, &last, self->end);
}

void
mkv_clusters_clear (MkvClusters *self)
{
  g_clear_pointer (&self->cues, g_array_unref);
  g_clear_pointer (&self->repairs, g_array_unref);
}
