/* One client until it has a worker: looks at its first request without taking it from the socket, and hands the socket
 * over or refuses it. */
#pragma once

#include "guests.h"
#include "routes.h"

#include <glib.h>
#include <netinet/in.h>

G_BEGIN_DECLS

/* For the whole head of a request to arrive. */
#define CLIENT_HEAD_WITHIN_MS 5000
/* For a refused client to read why. */
#define CLIENT_FAREWELL_MS 1000
/* So many OPTIONS are answered before there must be a request with a mount. */
#define CLIENT_MAX_OPTIONS 8

typedef struct _Client Client;

typedef struct
{
  char text[INET6_ADDRSTRLEN];
  guint16 port;
  gboolean tls;
} ClientAddress;

typedef struct
{
  Routes *routes;
  Guests *guests;
  guint64 clients; /* so far */
} ClientContext;

typedef enum
{
  CLIENT_HANDED_OVER,
  CLIENT_REFUSED, /* or it left, or was too slow */
} ClientEnd;

/* Comes once, from client_start() or from the main loop; the client is to be freed. */
typedef void (*ClientEnded) (Client *client, ClientEnd end, gpointer user_data);

/* Takes over the connected, non-blocking `fd`: (transfer full). `context` and what it holds must outlive the client. */
Client *client_new (int fd, const ClientAddress *address, ClientContext *context, ClientEnded ended,
                    gpointer user_data);
void client_free (Client *self);

/* Begins, with what has already arrived. */
void client_start (Client *self);

const ClientAddress *client_get_address (const Client *self);
/* Larger than that of every client that came before. */
guint64 client_get_number (const Client *self);

/* The client is what holds things up, not a worker. */
gboolean client_is_half_open (const Client *self);

G_END_DECLS
