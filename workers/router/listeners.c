#include "listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* So many clients wait while the working process is restarted. */
#define BACKLOG 1024

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

void
listener_free (Listener *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->address);
  g_free (self);
}

/* Splits at the last colon; the brackets of an IPv6 literal are needed. Returns the length of the address, or 0. */
static socklen_t
parse_address (const char *text, Address *address)
{
  memset (address, 0, sizeof *address);
  const char *colon = strrchr (text, ':');
  guint64 port;
  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return 0;

  gsize length = colon - text;
  if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
    g_autofree char *host = g_strndup (text + 1, length - 2);
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons (port);
    return inet_pton (AF_INET6, host, &address->v6.sin6_addr) == 1 ? sizeof address->v6 : 0;
  }
  g_autofree char *host = g_strndup (text, length);
  address->v4.sin_family = AF_INET;
  address->v4.sin_port = htons (port);
  return inet_pton (AF_INET, host, &address->v4.sin_addr) == 1 ? sizeof address->v4 : 0;
}

static const char *
port_of (const char *address)
{
  const char *colon = strrchr (address, ':');
  return colon != NULL ? colon + 1 : "";
}

static gboolean
has_v4_port (char **addresses, const char *port)
{
  for (; *addresses != NULL; addresses++) {
    if ((*addresses)[0] != '[' && strcmp (port_of (*addresses), port) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
describe (GPtrArray *wanted, const Spec *spec, gboolean tls)
{
  for (char **address = tls ? spec->tls_listen : spec->listen; *address != NULL; address++) {
    Listener *listener = g_new0 (Listener, 1);
    const char *port = port_of (*address);
    listener->fd = -1;
    listener->tls = tls;
    listener->address = g_strdup (*address);
    listener->only_v6
        = (*address)[0] == '[' && (has_v4_port (spec->listen, port) || has_v4_port (spec->tls_listen, port));
    g_ptr_array_add (wanted, listener);
  }
}

static gboolean
is_same (gconstpointer a, gconstpointer b)
{
  const Listener *one = a, *other = b;
  return one->tls == other->tls && one->only_v6 == other->only_v6 && strcmp (one->address, other->address) == 0;
}

/* -1 with errno set; EINVAL where the address is not a literal one. */
static int
open_socket (const Listener *listener)
{
  Address address;
  socklen_t length = parse_address (listener->address, &address);
  if (length == 0) {
    errno = EINVAL;
    return -1;
  }
  int on = 1, only_v6 = listener->only_v6;
  int fd = socket (address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
      && (address.any.sa_family != AF_INET6
          || setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6) == 0)
      && bind (fd, &address.any, length) == 0 && listen (fd, BACKLOG) == 0)
    return fd;
  int code = errno;
  if (fd >= 0)
    close (fd);
  errno = code;
  return -1;
}

static ListenersResult
describe_problem (const Listener *listener, int code, char **problem)
{
  const char *why
      = code == EINVAL ? "not ADDRESS:PORT with an IPv4 address or an IPv6 one in brackets" : g_strerror (code);
  *problem = g_strdup_printf ("cannot listen on %s: %s", listener->address, why);
  if (code == EINVAL)
    return LISTENERS_USAGE;
  return code == EADDRINUSE ? LISTENERS_IN_USE : LISTENERS_FAILED;
}

/* A change under way. */
typedef struct
{
  GPtrArray *gone;   /* Listener; fd -1 of those that had to make room */
  ListenerLast last; /* to be called before one of them is closed */
  gpointer user_data;
} Change;

static void
shut (Change *change, Listener *listener)
{
  change->last (listener, change->user_data);
  /* The process that keeps it has a copy for a while yet. */
  shutdown (listener->fd, SHUT_RDWR);
  close (listener->fd);
  listener->fd = -1;
}

/* 0.0.0.0 cannot be bound while 127.0.0.1 with the same port is: ours that goes anyway makes room. */
static gboolean
make_room (Change *change, const char *port)
{
  gboolean made = FALSE;
  for (guint i = 0; i < change->gone->len; i++) {
    Listener *listener = change->gone->pdata[i];
    if (listener->fd < 0 || strcmp (port_of (listener->address), port) != 0)
      continue;
    shut (change, listener);
    made = TRUE;
  }
  return made;
}

static gboolean
open_all (GPtrArray *fresh, Change *change, ListenersResult *result, char **problem)
{
  for (guint i = 0; i < fresh->len; i++) {
    Listener *listener = fresh->pdata[i];
    listener->fd = open_socket (listener);
    if (listener->fd < 0 && errno == EADDRINUSE && make_room (change, port_of (listener->address)))
      listener->fd = open_socket (listener);
    if (listener->fd < 0) {
      *result = describe_problem (listener, errno, problem);
      return FALSE;
    }
  }
  return TRUE;
}

/* Back to what was; the port of a listener that made room has been free for moments only. */
static void
take_back (GPtrArray *listeners, GPtrArray *fresh, GPtrArray *gone)
{
  g_ptr_array_set_size (fresh, 0);
  while (gone->len > 0) {
    Listener *listener = g_ptr_array_steal_index (gone, 0);
    if (listener->fd < 0)
      listener->fd = open_socket (listener);
    if (listener->fd >= 0) {
      g_ptr_array_add (listeners, listener);
    } else {
      g_printerr ("dslrs-router: cannot listen on %s again: %s\n", listener->address, g_strerror (errno));
      listener_free (listener);
    }
  }
}

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)listener_free);
}

ListenersResult
listeners_change (GPtrArray *listeners, const Spec *spec, ListenerLast last, gpointer user_data, char **problem)
{
  g_autoptr (GPtrArray) fresh = new_list ();
  g_autoptr (GPtrArray) gone = new_list ();
  Change change = { .gone = gone, .last = last, .user_data = user_data };
  ListenersResult result = LISTENERS_OK;
  describe (fresh, spec, FALSE);
  describe (fresh, spec, TRUE);
  for (guint i = listeners->len; i-- > 0;) {
    guint same;
    if (g_ptr_array_find_with_equal_func (fresh, listeners->pdata[i], is_same, &same))
      g_ptr_array_remove_index (fresh, same);
    else
      g_ptr_array_add (gone, g_ptr_array_steal_index (listeners, i));
  }
  if (!open_all (fresh, &change, &result, problem)) {
    take_back (listeners, fresh, gone);
    return result;
  }
  for (guint i = 0; i < gone->len; i++) {
    Listener *listener = gone->pdata[i];
    if (listener->fd >= 0)
      shut (&change, listener);
  }
  g_ptr_array_extend_and_steal (listeners, g_steal_pointer (&fresh));
  return LISTENERS_OK;
}

/* A line for each: "tls" or "rtsp", "6" where it is for IPv6 alone or "-", and the address. */
void
listeners_to_kept (GPtrArray *listeners, Kept *kept)
{
  g_autoptr (GString) text = g_string_new (NULL);
  kept->count = 0;
  for (guint i = 0; i < MIN (listeners->len, KEPT_MOST); i++) {
    const Listener *listener = listeners->pdata[i];
    g_string_append_printf (text, "%s %c %s\n", listener->tls ? "tls" : "rtsp", listener->only_v6 ? '6' : '-',
                            listener->address);
    kept->fds[kept->count++] = listener->fd;
  }
  g_strlcpy (kept->text, text->str, sizeof kept->text);
}

GPtrArray *
listeners_from_kept (const Kept *kept)
{
  GPtrArray *listeners = new_list ();
  g_auto (GStrv) lines = g_strsplit (kept->text, "\n", -1);
  for (guint i = 0; i < kept->count && lines[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (lines[i], " ", 3);
    if (g_strv_length (words) != 3)
      continue;
    Listener *listener = g_new0 (Listener, 1);
    listener->fd = kept->fds[i];
    listener->tls = strcmp (words[0], "tls") == 0;
    listener->only_v6 = words[1][0] == '6';
    listener->address = g_strdup (words[2]);
    g_ptr_array_add (listeners, listener);
  }
  return listeners;
}
