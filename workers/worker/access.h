/* Who may watch what one output serves: the users with their secrets, and which of them are viewers. Never changes; an
 * edit makes another. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The realm of every digest: MD5 (user ":" realm ":" password) is a user's secret, and what the config holds. */
#define ACCESS_REALM "dslrs"
/* Hex digits of a secret. */
#define ACCESS_SECRET_LENGTH 32

typedef struct _Access Access; /* counted references */

/* As whom somebody was let in. */
typedef struct
{
  char *user;
  char *secret;
} Login;

/* Reads `access` of an output (docs/worker-protocol.md) into `access`: NULL where it has none, and everybody may watch.
 * FALSE with `error` if it is not valid. */
gboolean access_read (JsonObject *settings, Access **access, GError **error);
Access *access_ref (Access *self);
void access_unref (Access *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Access, access_unref)

/* NULL: there is no such user, or nobody can log in as him. */
const char *access_secret (const Access *self, const char *user);
gboolean access_is_viewer (const Access *self, const char *user);
/* Whether who was let in as that would be let in now. `self` NULL: everybody is; `login` NULL: nobody in particular. */
gboolean access_admits (const Access *self, const Login *login);

Login *login_new (const char *user, const char *secret); /* counted references */
Login *login_ref (Login *self);
void login_unref (Login *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Login, login_unref)

G_END_DECLS
