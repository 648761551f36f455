/* dslrs-crowd: any number of RTSP viewers over TCP in one process and one thread, for tests and benchmarks. They decode
 * nothing; they count.
 *
 * JSON objects, a line each, on standard input:
 *
 *   {"type":"add","group":…,"url":"rtsp://…","count":N,"does":…}
 *       watch   stays; with bytesPerSecond it reads no faster than that
 *       hop     leaves stayMs after its first frame, in order or without a word by turns, and comes again
 *       knock   one OPTIONS a connection, again and again
 *     times: visits of the whole group after which nobody comes again. receiveBuffer: of the sockets, in bytes.
 *     arrivals: true keeps when each frame came.
 *   {"type":"relay","group":…,"url":"rtsp://…"}
 *       listens; whoever comes there gets to that camera, and it is kept when each frame went to him
 *   {"type":"report"}
 *
 * Each is answered on standard output: `add` and `relay` with {"ok":true} (`relay`: and its `port`) or
 * {"ok":false,"message":…}, `report` with an array of the groups. It ends with its standard input. */
#include "crowd.h"
#include "relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_EVENTS 64
#define ONE_READ 65536

typedef struct
{
  int epoll;
  GPtrArray *groups; /* Group */
  GPtrArray *relays; /* Relay */
  GString *typed;    /* what came of the next line */
  gboolean over;
} Crowd;

static void
say (JsonNode *answer)
{
  g_autofree char *text = json_to_string (answer, FALSE);

  puts (text);
  fflush (stdout);
}

static void
say_done (const GError *error, guint16 port)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  json_object_set_boolean_member (object, "ok", error == NULL);
  if (error != NULL)
    json_object_set_string_member (object, "message", error->message);
  if (port > 0)
    json_object_set_int_member (object, "port", port);
  say (node);
}

static void
say_report (const Crowd *self)
{
  JsonArray *groups = json_array_new ();
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), groups);

  json_array_unref (groups);
  for (guint i = 0; i < self->groups->len; i++)
    json_array_add_element (groups, group_report (g_ptr_array_index (self->groups, i)));
  for (guint i = 0; i < self->relays->len; i++)
    json_array_add_element (groups, relay_report (g_ptr_array_index (self->relays, i)));
  say (node);
}

static void
add_group (Crowd *self, JsonObject *order)
{
  g_autoptr (GError) error = NULL;
  Group *group = group_new (order, self->epoll, &error);

  if (group != NULL)
    g_ptr_array_add (self->groups, group);
  say_done (error, 0);
}

static void
add_relay (Crowd *self, JsonObject *order)
{
  g_autoptr (GError) error = NULL;
  const char *name = json_object_get_string_member_with_default (order, "group", "relay");
  const char *url = json_object_get_string_member_with_default (order, "url", "");
  Relay *relay = relay_new (name, url, self->epoll, &error);

  if (relay != NULL)
    g_ptr_array_add (self->relays, relay);
  say_done (error, relay != NULL ? relay_port (relay) : 0);
}

static void
obey (Crowd *self, const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (line, &error);
  JsonObject *order = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *type = order != NULL ? json_object_get_string_member_with_default (order, "type", "") : "";

  if (g_str_equal (type, "report")) {
    say_report (self);
  } else if (g_str_equal (type, "add")) {
    add_group (self, order);
  } else if (g_str_equal (type, "relay")) {
    add_relay (self, order);
  } else {
    if (error == NULL)
      g_set_error (&error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_UNKNOWN, "there is no order \"%s\"", type);
    say_done (error, 0);
  }
}

static void
read_orders (Crowd *self)
{
  char bytes[ONE_READ];
  ssize_t n_read = read (STDIN_FILENO, bytes, sizeof bytes);
  char *end;

  if (n_read <= 0) {
    self->over = n_read == 0 || errno != EINTR;
    return;
  }
  g_string_append_len (self->typed, bytes, n_read);
  while ((end = strchr (self->typed->str, '\n')) != NULL) {
    *end = '\0';
    obey (self, self->typed->str);
    g_string_erase (self->typed, 0, end + 1 - self->typed->str);
  }
}

static int
milliseconds_until (gint64 due_us)
{
  gint64 left_us = due_us - g_get_monotonic_time ();

  return due_us == G_MAXINT64 ? -1 : (int)CLAMP ((left_us + 999) / 1000, 0, G_MAXINT);
}

static void
turn (Crowd *self)
{
  struct epoll_event events[MAX_EVENTS];
  gint64 next_us = G_MAXINT64;

  for (guint i = 0; i < self->groups->len; i++)
    next_us = MIN (next_us, group_tick (g_ptr_array_index (self->groups, i), g_get_monotonic_time ()));
  int n_events = epoll_wait (self->epoll, events, MAX_EVENTS, milliseconds_until (next_us));
  for (int i = 0; i < n_events; i++) {
    Watcher *watcher = events[i].data.ptr;

    if (watcher == NULL)
      read_orders (self);
    else
      watcher->event (watcher, events[i].events, g_get_monotonic_time ());
  }
}

int
main (void)
{
  struct epoll_event orders = { .events = EPOLLIN };
  Crowd self = {
    .epoll = epoll_create1 (EPOLL_CLOEXEC),
    .groups = g_ptr_array_new_with_free_func ((GDestroyNotify)group_free),
    .relays = g_ptr_array_new_with_free_func ((GDestroyNotify)relay_free),
    .typed = g_string_new (NULL),
  };

  if (epoll_ctl (self.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &orders) < 0) {
    perror ("dslrs-crowd");
    return 1;
  }
  while (!self.over)
    turn (&self);
  g_ptr_array_unref (self.groups);
  g_ptr_array_unref (self.relays);
  g_string_free (self.typed, TRUE);
  close (self.epoll);
  return 0;
}
