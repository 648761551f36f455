/* The table of the router: which bundle serves which mount. It follows spec.json in the working directory, which the
 * supervisor replaces; a spec that cannot be read changes nothing. */
#pragma once

#include "spec.h"

G_BEGIN_DECLS

typedef struct _Routes Routes;

Routes *routes_new (void);
void routes_free (Routes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Routes, routes_free)

/* The spec in force, read first if it changed; before there was one, an empty one. (transfer none), valid until the
 * next call of this or of routes_find(). */
const Spec *routes_get_spec (Routes *self);

/* The bundle of the longest mount that is `path` or leads to it ("/front-door" to "/front-door/stream=0"): (transfer
 * none), valid until the next call, or NULL. Then `away`, if not NULL, is the sentence that says why nothing is at that
 * mount, or NULL where no stream has it. */
const char *routes_find (Routes *self, const char *path, const char **away);

/* An RTSP tunnel is two HTTP connections that share a cookie, and the POST may name another path than the GET. The most
 * recent cookies are remembered with the bundle their GET went to. */
void routes_remember (Routes *self, const char *cookie, const char *bundle);
const char *routes_recall (Routes *self, const char *cookie);

G_END_DECLS
