#include "login-header.h"

#include <string.h>

#define MAX_LENGTH 2048
#define SPACE " \t"

static gboolean
is_token (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

static void
skip (const char **at, const char *characters)
{
  *at += strspn (*at, characters);
}

/* A token, or "" where there is none. (transfer full) */
static char *
take_token (const char **at)
{
  const char *begin = *at;

  while (is_token (**at))
    (*at)++;
  return g_strndup (begin, (gsize)(*at - begin));
}

/* Without its quotes and backslashes; NULL where it does not end. (transfer full) */
static char *
take_quoted (const char **at)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for ((*at)++; **at != '"'; (*at)++) {
    if (**at == '\\')
      (*at)++;
    if (**at == '\0')
      return NULL;
    g_string_append_c (text, **at);
  }
  (*at)++;
  return g_strdup (text->str);
}

/* Where a member of that name is kept; NULL: nobody asks for it. */
static char **
place_of (LoginHeader *self, const char *name)
{
  const struct
  {
    const char *name;
    char **place;
  } members[] = {
    { "username", &self->user },     { "nonce", &self->nonce },         { "uri", &self->uri },
    { "response", &self->response }, { "algorithm", &self->algorithm },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    if (g_ascii_strcasecmp (members[i].name, name) == 0)
      return members[i].place;
  return NULL;
}

static gboolean
take_member (LoginHeader *self, const char **at)
{
  g_autofree char *name = take_token (at);

  skip (at, SPACE);
  if (name[0] == '\0' || **at != '=')
    return FALSE;
  (*at)++;
  skip (at, SPACE);
  g_autofree char *value = **at == '"' ? take_quoted (at) : take_token (at);
  char **place = place_of (self, name);
  if (value == NULL || (place != NULL && *place != NULL))
    return FALSE;
  if (place != NULL)
    *place = g_steal_pointer (&value);
  skip (at, SPACE);
  return TRUE;
}

static gboolean
parse_digest (LoginHeader *self, const char *at)
{
  do {
    skip (&at, SPACE ",");
    if (!take_member (self, &at))
      return FALSE;
  } while (*at == ',');
  return *at == '\0' && self->user != NULL && self->nonce != NULL && self->uri != NULL && self->response != NULL;
}

static gboolean
parse_basic (LoginHeader *self, const char *at)
{
  gsize length = 0;
  g_autofree char *encoded = g_strchomp (g_strdup (at));

  if (encoded[0] == '\0'
      || strspn (encoded, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != strlen (encoded))
    return FALSE;
  g_autofree guchar *bytes = g_base64_decode (encoded, &length);
  if (bytes == NULL || memchr (bytes, '\0', length) != NULL)
    return FALSE;
  g_autofree char *pair = g_strndup ((const char *)bytes, length);
  char *colon = strchr (pair, ':');
  if (colon == NULL)
    return FALSE;
  self->user = g_strndup (pair, (gsize)(colon - pair));
  self->password = g_strdup (colon + 1);
  return TRUE;
}

LoginHeader *
login_header_parse (const char *value)
{
  if (strnlen (value, MAX_LENGTH + 1) > MAX_LENGTH)
    return NULL;
  const char *at = value;
  skip (&at, SPACE);
  g_autofree char *scheme = take_token (&at);
  if (*at != ' ' && *at != '\t')
    return NULL;
  skip (&at, SPACE);

  g_autoptr (LoginHeader) self = g_new0 (LoginHeader, 1);
  if (g_ascii_strcasecmp (scheme, "Basic") == 0) {
    self->scheme = LOGIN_SCHEME_BASIC;
    return parse_basic (self, at) ? g_steal_pointer (&self) : NULL;
  }
  if (g_ascii_strcasecmp (scheme, "Digest") == 0) {
    self->scheme = LOGIN_SCHEME_DIGEST;
    return parse_digest (self, at) ? g_steal_pointer (&self) : NULL;
  }
  return NULL;
}

void
login_header_free (LoginHeader *self)
{
  g_free (self->user);
  g_free (self->password);
  g_free (self->nonce);
  g_free (self->uri);
  g_free (self->response);
  g_free (self->algorithm);
  g_free (self);
}
