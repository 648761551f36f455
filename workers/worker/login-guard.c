#include "login-guard.h"

#include <gio/gio.h>
#include <string.h>

/* People mistype, rtspsrc tries a wrong password once for each transport, and a wall of players for each stream. */
#define FREE_TRIES 9
#define FIRST_WAIT_MS 1000
#define LONGEST_WAIT_MS (5 * 60 * 1000)
#define FORGOTTEN_AFTER_US (15 * 60 * G_USEC_PER_SEC)
#define MAX_ADDRESSES 1024
#define V6_NETWORK_BYTES 8

typedef struct
{
  guint refusals;
  gint64 last_us;
  gint64 until_us;
} Suspect;

struct _LoginGuard
{
  GMutex lock;
  GHashTable *suspects; /* address -> Suspect */
};

LoginGuard *
login_guard_new (void)
{
  LoginGuard *self = g_new0 (LoginGuard, 1);

  g_mutex_init (&self->lock);
  self->suspects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
login_guard_free (LoginGuard *self)
{
  g_hash_table_unref (self->suspects);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* (transfer full) */
static char *
key_of (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  static const guint8 mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
    return g_strdup (text);
  guint8 bytes[16];
  memcpy (bytes, g_inet_address_to_bytes (address), sizeof bytes);
  if (memcmp (bytes, mapped, sizeof mapped) == 0)
    return g_strdup_printf ("%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
  memset (bytes + V6_NETWORK_BYTES, 0, sizeof bytes - V6_NETWORK_BYTES);
  g_autoptr (GInetAddress) network = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  return g_inet_address_to_string (network);
}

static gboolean
is_forgotten (gpointer address, gpointer suspect, gpointer now_us)
{
  return *(gint64 *)now_us - ((Suspect *)suspect)->last_us > FORGOTTEN_AFTER_US;
}

static void
make_room (LoginGuard *self, gint64 now_us)
{
  GHashTableIter iter;
  gpointer address;
  gpointer value;
  gpointer oldest = NULL;
  gint64 oldest_us = G_MAXINT64;

  if (g_hash_table_size (self->suspects) < MAX_ADDRESSES
      || g_hash_table_foreach_remove (self->suspects, is_forgotten, &now_us) > 0)
    return;
  g_hash_table_iter_init (&iter, self->suspects);
  while (g_hash_table_iter_next (&iter, &address, &value)) {
    if (((Suspect *)value)->last_us < oldest_us) {
      oldest = address;
      oldest_us = ((Suspect *)value)->last_us;
    }
  }
  g_hash_table_remove (self->suspects, oldest);
}

static guint
wait_ms_after (guint refusals)
{
  guint wait_ms = FIRST_WAIT_MS;

  if (refusals <= FREE_TRIES)
    return 0;
  for (guint i = FREE_TRIES + 1; i < refusals && wait_ms < LONGEST_WAIT_MS; i++)
    wait_ms *= 2;
  return MIN (wait_ms, LONGEST_WAIT_MS);
}

guint
login_guard_wait_ms (LoginGuard *self, const char *address, gint64 now_us)
{
  g_autofree char *key = key_of (address);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Suspect *suspect = g_hash_table_lookup (self->suspects, key);

  if (suspect == NULL || suspect->until_us <= now_us)
    return 0;
  return (guint)((suspect->until_us - now_us + 999) / 1000);
}

guint
login_guard_count (LoginGuard *self, const char *address, gint64 now_us)
{
  g_autofree char *key = key_of (address);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Suspect *suspect = g_hash_table_lookup (self->suspects, key);

  if (suspect == NULL) {
    make_room (self, now_us);
    suspect = g_new0 (Suspect, 1);
    g_hash_table_insert (self->suspects, g_steal_pointer (&key), suspect);
  } else if (now_us - suspect->last_us > FORGOTTEN_AFTER_US) {
    suspect->refusals = 0;
  }
  suspect->refusals++;
  guint wait_ms = wait_ms_after (suspect->refusals);
  suspect->last_us = now_us;
  suspect->until_us = now_us + (gint64)wait_ms * 1000;
  return wait_ms;
}
