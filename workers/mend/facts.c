#include "facts.h"

#include <errno.h>

G_DEFINE_QUARK (mend - error, mend_error)

gboolean
mend_fail_io (GError **error, const char *doing)
{
  int code = errno;
  gboolean full = code == ENOSPC || code == EDQUOT;

  g_set_error (error, MEND_ERROR, full ? MEND_ERROR_FULL : MEND_ERROR_IO, "cannot %s: %s", doing, g_strerror (code));
  return FALSE;
}

gboolean
mend_fail (GError **error, MendError code, const char *message)
{
  g_set_error_literal (error, MEND_ERROR, code, message);
  return FALSE;
}

void
mend_facts_add_encoding (MendFacts *self, const char *encoding, gboolean video)
{
  guint n = 0;

  while (self->encodings[n] != NULL)
    n++;
  if (encoding == NULL || n == MEND_MAX_TRACKS)
    return;
  for (; video && n > 0; n--)
    self->encodings[n] = self->encodings[n - 1];
  self->encodings[n] = encoding;
}
