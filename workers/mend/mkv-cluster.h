/* The clusters of an MKV file: finds its frames, and up to where it is whole. */
#pragma once

#include "mkv-head.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 time;
  guint64 track;
  guint64 cluster; /* where it begins in the file */
} MkvCue;

typedef struct
{
  Element cluster;
  guint64 end; /* where it ends instead */
} MkvRepair;

typedef struct
{
  MkvHead *head;
  DiskWindow *window;
  guint64 size;      /* of the file */
  guint64 end;       /* of the last whole frame */
  guint64 sound_end; /* of the last that looks like one, where that was looked at; 0: none does */
  GArray *cues;      /* MkvCue: the keyframes; without video the beginning of each cluster */
  GArray *repairs;   /* MkvRepair: the clusters that say another size than they have */
} MkvClusters;

void mkv_clusters_scan (MkvClusters *self, MkvHead *head, DiskWindow *window, guint64 size);
void mkv_clusters_clear (MkvClusters *self);

G_END_DECLS
