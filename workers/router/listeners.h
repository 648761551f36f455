/* The public listening sockets. They are opened once and kept by the parent process; when the spec asks for others,
 * only those that differ are closed and opened. */
#pragma once

#include "kept.h"
#include "spec.h"

G_BEGIN_DECLS

typedef enum
{
  LISTENERS_OK = 0,
  LISTENERS_FAILED = 1,
  LISTENERS_USAGE = 2,
  LISTENERS_IN_USE = 98 /* another program has the port */
} ListenersResult;

typedef struct
{
  int fd;
  gboolean tls;
  gboolean only_v6; /* an IPv4 address has the same port */
  char *address;    /* as the spec has it */
} Listener;

void listener_free (Listener *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Listener, listener_free)

/* Those that a former process had kept. (element-type Listener) (transfer full) */
GPtrArray *listeners_from_kept (const Kept *kept);
void listeners_to_kept (GPtrArray *listeners, Kept *kept);

/* Called for a listener whose address is given up, before it is closed. */
typedef void (*ListenerLast) (Listener *listener, gpointer user_data);

/* Makes `listeners` those that the spec asks for. Where one cannot be opened, all stay as they were, and `problem` says
 * which and why: (out) (transfer full). */
ListenersResult listeners_change (GPtrArray *listeners, const Spec *spec, ListenerLast last, gpointer user_data,
                                  char **problem);

G_END_DECLS
