/* What the parts of file-reader.h share: file-reader.c has the file, file-reader-track.c what comes out of each of its
 * tracks. */
#pragma once

#include "file-guard.h"
#include "file-reader.h"

G_BEGIN_DECLS

typedef struct
{
  FileReader *reader;
  GstElement *chain; /* the pipeline's */
  GstPad *pad;       /* the demuxer's; owned */
  guint index;
} ReaderTrack;

struct _FileReader
{
  char *path;
  char *pipelines;
  FileReaderChanged changed;
  gpointer user_data;
  FileIdentity identity;
  gboolean is_matroska;
  GstElement *pipeline;
  FrameStore *store;
  GPtrArray *per_track; /* ReaderTrack */

  /* Of the demuxer's thread, which all tracks share; others look when the store is at its end. */
  FileGuard guard;
  guint64 byte;  /* where the demuxer reads */
  gint64 newest; /* time of the last frame */
  guint64 newest_byte;

  GMutex lock;
  FileReaderState state;
  JsonNode *failure;
  GArray *tracks; /* Track */
};

/* (transfer full) */
void file_reader_fail (FileReader *self, JsonNode *failure);
/* A pad of the demuxer becomes a track, if dslrs takes it: for "pad-added". */
void reader_track_add (GstElement *demux, GstPad *pad, gpointer user_data);
void reader_track_free (gpointer data);

G_END_DECLS
