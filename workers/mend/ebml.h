/* The elements of an MKV file. */
#pragma once

#include "bytes.h"
#include "disk.h"

G_BEGIN_DECLS

#define EBML_UNKNOWN G_MAXUINT64

enum
{
  EBML_HEADER = 0x1A45DFA3,
  EBML_VOID = 0xEC,
  MKV_SEGMENT = 0x18538067,
  MKV_SEEK_HEAD = 0x114D9B74,
  MKV_SEEK = 0x4DBB,
  MKV_SEEK_ID = 0x53AB,
  MKV_SEEK_POSITION = 0x53AC,
  MKV_INFO = 0x1549A966,
  MKV_TIMESCALE = 0x2AD7B1,
  MKV_DURATION = 0x4489,
  MKV_TRACKS = 0x1654AE6B,
  MKV_TRACK_ENTRY = 0xAE,
  MKV_TRACK_NUMBER = 0xD7,
  MKV_TRACK_TYPE = 0x83,
  MKV_CODEC_ID = 0x86,
  MKV_CODEC_PRIVATE = 0x63A2,
  MKV_DEFAULT_DURATION = 0x23E383,
  MKV_CLUSTER = 0x1F43B675,
  MKV_CLUSTER_TIME = 0xE7,
  MKV_CLUSTER_POSITION = 0xA7,
  MKV_PREVIOUS_SIZE = 0xAB,
  MKV_SIMPLE_BLOCK = 0xA3,
  MKV_BLOCK_GROUP = 0xA0,
  MKV_BLOCK = 0xA1,
  MKV_BLOCK_DURATION = 0x9B,
  MKV_CUES = 0x1C53BB6B,
  MKV_CUE_POINT = 0xBB,
  MKV_CUE_TIME = 0xB3,
  MKV_CUE_POSITIONS = 0xB7,
  MKV_CUE_TRACK = 0xF7,
  MKV_CUE_CLUSTER = 0xF1,
  MKV_CHAPTERS = 0x1043A770,
  MKV_TAGS = 0x1254C367,
};

typedef struct
{
  guint64 at;
  guint32 id;
  guint64 size_at; /* where its size is written, in `size_length` bytes */
  guint size_length;
  guint64 data;
  guint64 end; /* may be beyond the end of the file; EBML_UNKNOWN */
} Element;

/* FALSE where no whole header of an element is. */
gboolean element_read (DiskWindow *window, guint64 at, Element *element);
/* The same, of one that ends at `end` at the latest. */
gboolean element_read_within (DiskWindow *window, guint64 at, guint64 end, Element *element);
/* Its number; 0 where it has none. */
guint64 element_number (DiskWindow *window, const Element *element);

void ebml_put_id (GByteArray *out, guint32 id);
/* `length` bytes long, at most 8. */
void ebml_put_size (GByteArray *out, guint64 size, guint length);
void ebml_put_number (GByteArray *out, guint32 id, guint64 value);
/* An element with others in it. */
void ebml_put_master (GByteArray *out, guint32 id, const GByteArray *content);

G_END_DECLS
