/* MP4 files of our making. While one is written it is fragmented:
 *
 *   ftyp moov [moof mdat] [moof mdat] …
 *
 * and when it is finished it is an ordinary one, with the same bytes in the same places:
 *
 *   ftyp mdat                       moov
 *        \__ what was moov, moof and mdat
 *
 * The end that is not whole is cut off, the moov is appended and brought to the disk, and then one write of 16 bytes
 * makes the first moov the header of an mdat that reaches up to the last one. Whenever that is interrupted, doing it
 * again ends in the same file. */
#pragma once

#include "facts.h"

G_BEGIN_DECLS

typedef struct _Mp4 Mp4;

/* `fd` is open for reading, and stays the caller's. */
Mp4 *mp4_new (int fd);
void mp4_free (Mp4 *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mp4, mp4_free)

/* The end of the last frame that looks like one, where the end of the file may be left by a power cut. For
 * mp4_believe(). */
gboolean mp4_find_sound_end (Mp4 *self, guint64 *end, GError **error);
/* Takes the file for no longer than that. */
void mp4_believe (Mp4 *self, guint64 end);

/* Notes the fragments that were written since the last time, so that little is left to read at the end. */
gboolean mp4_follow (Mp4 *self, GError **error);

/* Finishes the file, which nobody writes any more; `fd` is open for writing, too. It stays fragmented, and can be
 * finished later, when that fails. */
gboolean mp4_finish (Mp4 *self, MendFacts *facts, GError **error);

/* What mp4_finish() would find, without a change. */
gboolean mp4_inspect (Mp4 *self, MendFacts *facts, GError **error);

G_END_DECLS
