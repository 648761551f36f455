/* What the simulated camera is to simulate: the file of --spec, a JSON object.
 *
 *   {"listen":"127.0.0.1","port":8654,"mounts":[
 *     {"path":"/front-door","name":"front-door","user":"u","password":"p","auth":"digest",
 *      "source":{"kind":"pattern","pattern":"smpte","width":1280,"height":720,"fps":25,"bitrate":2000000,
 *                "gop":25,"encoding":"h264","audio":"aac"}},
 *     {"path":"/lobby","source":{"kind":"file","path":"/media/lobby.mp4"}}]}
 *
 * `auth` is digest (MD5), digest-sha256 or basic. Only `mounts`, `path`, `source` and `kind` must be there. Unknown
 * members are errors: a misspelt one would be a test of something else. */
#pragma once

#include <json-glib/json-glib.h>

#include "codec.h"

G_BEGIN_DECLS

typedef enum
{
  SOURCE_PATTERN,
  SOURCE_FILE
} SourceKind;

typedef enum
{
  AUTH_DIGEST_MD5,
  AUTH_DIGEST_SHA256,
  AUTH_BASIC
} AuthScheme;

/* A test picture with a running clock burnt in, encoded live. */
typedef struct
{
  int pattern; /* value of videotestsrc's `pattern` */
  int width;
  int height;
  int fps_n;
  int fps_d;
  int bitrate; /* bits per second; an upper bound, JPEG ignores it */
  int gop;     /* frames from keyframe to keyframe */
  const Codec *video;
  const Codec *audio; /* NULL: none */
} PatternSpec;

typedef struct
{
  char *path; /* begins with a slash */
  char *name; /* what the picture shows */
  char *user; /* NULL: open to all */
  char *password;
  AuthScheme auth;
  SourceKind kind;
  PatternSpec pattern;
  char *file;
} MountSpec;

typedef struct
{
  char *listen;
  int port;          /* 0: any free one */
  GPtrArray *mounts; /* (element-type MountSpec) */
} Spec;

/* Reads `width`, `height`, `fps` and `encoding` of an order into a pattern, and leaves the rest of it as it is; a new
 * frame rate keeps the time from keyframe to keyframe. FALSE with `error`; `pattern` may have changed then. */
gboolean spec_read_format (JsonObject *order, PatternSpec *pattern, GError **error);

/* (transfer full); NULL with `error`, which names the mount and the member. */
Spec *spec_load (const char *path, GError **error);

void spec_free (Spec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Spec, spec_free)

G_END_DECLS
